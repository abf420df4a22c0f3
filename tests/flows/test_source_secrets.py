"""A source that nobody could sign for stops the start, by its name and its variable's; a rotation does not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.settings import SettingsProblem
from bot.wiring.service import Service
from tests.flows.stage import SECRETS, Stage

ROOT = Path(__file__).parents[2]
EVENTS, NEXT, MODALITY = (f"RADRELAY_SOURCE_{one}" for one in ("DEMO_SECRET", "DEMO_SECRET_NEXT", "MODALITY_SECRET"))
GOOD = SECRETS[EVENTS]
BAD = {
    "too short": ("whsec_c2VjcmV0LWNhbmFyeQ==", "holds fewer than 24 bytes"),
    "no base64": ("correct horse battery staple, secret-canary", "is not base64 after whsec_"),
    "another alphabet": ("whsec_" + "-_" * 20 + "secret-canary", "is not base64 after whsec_"),
}


def problems(stage: Stage) -> dict[str, str]:
    """Open the doors with the environment as it is; return what is told instead."""
    service = Service(stage.service.settings, doors=True, works=False, clock=stage.clock)
    found: dict[str, str] = {}
    try:
        service.application()
    except SettingsProblem as problem:
        found = problem.problems
    finally:
        service.close()
    assert "canary" not in str(found)
    assert "c2VjcmV0" not in str(found)
    return found


def test_a_rotation_s_second_name_may_be_unset(stage: Stage) -> None:
    """The demo names two for its hospital, of which one is set."""
    assert os.environ.get(NEXT) is None
    assert problems(stage) == {}


def test_both_of_a_rotation_may_be_set(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the middle of it, and at its end, when only the new one is left."""
    monkeypatch.setenv(NEXT, SECRETS[MODALITY])
    assert problems(stage) == {}
    monkeypatch.delenv(EVENTS)
    assert problems(stage) == {}


@pytest.mark.parametrize("value", ["", None], ids=["empty", "unset"])
def test_a_source_without_a_secret_stops_the_start(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    """Every variable that it names is told, and so are all such sources at once."""
    for name in (EVENTS, MODALITY):
        monkeypatch.setenv(name, value) if value is not None else monkeypatch.delenv(name)
    found = problems(stage)
    assert set(found) == {f"{EVENTS} or {NEXT}", MODALITY}
    assert "the source demo-hospital" in found[f"{EVENTS} or {NEXT}"]
    assert "the source demo-modality" in found[MODALITY]


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("name", [EVENTS, NEXT, MODALITY])
def test_a_bad_secret_stops_the_start(stage: Stage, monkeypatch: pytest.MonkeyPatch, name: str, bad: str) -> None:
    """By its variable and its source, never its value; also where the source has another one that is good."""
    value, words = BAD[bad]
    monkeypatch.setenv(name, value)
    found = problems(stage)
    assert set(found) == {name}
    assert words in found[name]
    assert "demo-" in found[name]


def test_the_process_ends_with_the_sentence(stage: Stage) -> None:
    """``serve`` or ``web``: exit status 2, the variable on stderr, no value and no traceback."""
    mode = "serve" if stage.service.store.database.is_sqlite else "web"
    environment = {**os.environ, **stage.environment, "RADRELAY_PORT": "1", MODALITY: BAD["too short"][0]}
    line = [sys.executable, "-m", "bot", mode]
    done = subprocess.run(line, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2, done.stderr
    assert f"{MODALITY}: holds fewer than 24 bytes" in done.stderr
    assert "canary" not in done.stderr
    assert "Traceback" not in done.stderr


def test_work_without_doors_needs_none(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker verifies no source's signature: it starts without their secrets."""
    monkeypatch.delenv(MODALITY)
    worker = Service(stage.service.settings, doors=False, works=True, clock=stage.clock)
    with worker.running():
        assert worker.store.memory.last_beat() is not None
    worker.close()
