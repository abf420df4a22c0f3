"""Settings: all problems at once, by name, without a secret's value; and `.env.example` that agrees with the class."""

from __future__ import annotations

import os
import re
from datetime import timedelta
from pathlib import Path

import pytest

from bot import settings
from bot.settings import Mode, SettingsProblem

ROOT = Path(__file__).parents[2]
KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="  # fixed: xdist compares the names of cases
GOOD = {
    "RADRELAY_DATABASE_URL": "sqlite:////tmp/radrelay.db",
    "RADRELAY_PUBLIC_URL": "https://radrelay.test/",
    "RADRELAY_DIRECTORY": "/etc/radrelay/directory.yaml",
    "RADRELAY_ENCRYPTION_KEYS": KEY,
    "RADRELAY_INDEX_KEY": "00112233445566778899aabbccddeeff" * 2,
    "RADRELAY_PIN_PEPPER": "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=",
    "SLACK_BOT_TOKEN": "xoxb-canary-bot",
    "SLACK_SIGNING_SECRET": "8f742231b10e8888abcd99yyyzzz85a5",
    "TWILIO_ACCOUNT_SID": "AC0123456789abcdef0123456789abcdef",
    "TWILIO_AUTH_TOKEN": "fedcba9876543210fedcba9876543210",
    "TWILIO_FROM_NUMBER": "+1 503 555 0100",
}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in [n for n in os.environ if n.startswith(("RADRELAY_", "SLACK_", "TWILIO_"))]:
        monkeypatch.delenv(name)
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def problems(mode: Mode = Mode.SERVE) -> dict[str, str]:
    with pytest.raises(SettingsProblem) as caught:
        settings.for_service(mode)
    return caught.value.problems


def test_a_good_environment_is_read_with_its_defaults() -> None:
    found = settings.for_service(Mode.SERVE)
    assert found.public_url == "https://radrelay.test"
    assert found.twilio_from_number == "+15035550100"
    assert (found.host, found.port, found.log_level) == ("127.0.0.1", 8080, "INFO")
    assert found.anchor_every == timedelta(minutes=15)
    assert found.slack_app_token is None
    assert len(found.index_key.get_secret_value()) == 32
    assert found.engine == "sqlite"


def test_every_problem_is_told_at_once_and_by_name(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("SLACK_BOT_TOKEN")
    environment.setenv("TWILIO_AUTH_TOKEN", "")
    environment.setenv("RADRELAY_PORT", "99999")
    environment.setenv("RADRELAY_ANCHOR_EVERY", "soon")
    found = problems()
    assert set(found) == {"SLACK_BOT_TOKEN", "TWILIO_AUTH_TOKEN", "RADRELAY_PORT", "RADRELAY_ANCHOR_EVERY"}
    assert "not set" in found["TWILIO_AUTH_TOKEN"]
    assert "15m" in found["RADRELAY_ANCHOR_EVERY"]


SECOND = {
    "TWILIO_FALLBACK_ACCOUNT_SID": "AC" + "2" * 32,
    "TWILIO_FALLBACK_AUTH_TOKEN": "ffee1d3c4b5a69788796a5b4c3d2e1f0",
    "TWILIO_FALLBACK_FROM_NUMBER": "+15035550101",
}


@pytest.mark.parametrize("left_out", SECOND)
def test_half_a_second_account_stops_the_start(environment: pytest.MonkeyPatch, left_out: str) -> None:
    """Half an account would call nobody on the night when it is needed."""
    for name, value in SECOND.items():
        environment.setenv(name, "" if name == left_out else value)
    assert set(problems()) == {left_out}
    environment.setenv(left_out, SECOND[left_out])
    assert settings.for_service(Mode.SERVE).twilio_fallback_from_number == "+15035550101"


def test_the_second_account_is_another_one(environment: pytest.MonkeyPatch) -> None:
    """The same account is out with itself."""
    for name, value in SECOND.items():
        environment.setenv(name, value)
    environment.setenv("TWILIO_ACCOUNT_SID", SECOND["TWILIO_FALLBACK_ACCOUNT_SID"])
    assert set(problems()) == {"TWILIO_FALLBACK_ACCOUNT_SID"}


BAD = [
    ("TWILIO_CONCURRENT_CALLS", "0"),
    ("RADRELAY_DATABASE_URL", "mysql://u:canary@h/x"),
    ("RADRELAY_DATABASE_URL", "sqlite://"),
    ("RADRELAY_DATABASE_URL", "sqlite:///:memory:"),
    ("RADRELAY_PUBLIC_URL", "http://canary.example.org"),
    ("RADRELAY_PUBLIC_URL", "https://user:canary@example.org"),
    ("RADRELAY_PUBLIC_URL", "https://example.org/canary"),
    ("RADRELAY_ENCRYPTION_KEYS", f"{KEY},canary"),
    ("RADRELAY_ENCRYPTION_KEYS", f"{KEY},{KEY}"),
    ("RADRELAY_INDEX_KEY", "canary"),
    ("RADRELAY_INDEX_KEY", "ab" * 31),
    ("RADRELAY_INDEX_KEY", "00" * 32),
    ("RADRELAY_PIN_PEPPER", "canarycanarycanary!"),
    ("SLACK_BOT_TOKEN", "xoxp-canary"),
    ("SLACK_BOT_TOKEN", "xoxb-…"),
    ("SLACK_SIGNING_SECRET", "changeme-canary"),
    ("SLACK_APP_TOKEN", "xoxb-canary"),
    ("SLACK_API_URL", "http://slack.canary/api/"),
    ("TWILIO_ACCOUNT_SID", "ACcanary"),
    ("TWILIO_AUTH_TOKEN", "canary"),
    ("TWILIO_FROM_NUMBER", "canary"),
    ("TWILIO_CALLS_PER_SECOND", "0"),
    ("RADRELAY_LOG_LEVEL", "canary"),
    ("RADRELAY_PORT", "canary"),
]


@pytest.mark.parametrize(("name", "value"), BAD)
def test_a_malformed_variable_stops_the_start_without_echoing_it(
    environment: pytest.MonkeyPatch, name: str, value: str
) -> None:
    environment.setenv(name, value)
    with pytest.raises(SettingsProblem) as caught:
        settings.for_service(Mode.SERVE)
    assert set(caught.value.problems) == {name}
    assert "canary" not in str(caught.value)
    assert KEY not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    ("mode", "url", "fits"),
    [
        (Mode.SERVE, "sqlite:////tmp/x.db", True),
        (Mode.SERVE, "postgresql://u:p@h/x", False),
        (Mode.WEB, "sqlite:////tmp/x.db", False),
        (Mode.WORKER, "sqlite:////tmp/x.db", False),
        (Mode.WEB, "postgresql://u:p@h/x", True),
        (Mode.WORKER, "postgresql+psycopg://u:p@h/x", True),
        (Mode.DOCTOR, "postgresql://u:p@h/x", True),
        (Mode.DOCTOR, "sqlite:////tmp/x.db", True),
    ],
)
def test_serve_is_for_sqlite_and_web_and_worker_for_postgresql(
    environment: pytest.MonkeyPatch, mode: Mode, url: str, fits: bool
) -> None:
    environment.setenv("RADRELAY_DATABASE_URL", url)
    if fits:
        assert settings.for_service(mode).database_shown.startswith(url.partition(":")[0])
    else:
        assert set(problems(mode)) == {"RADRELAY_DATABASE_URL"}


def test_the_database_is_shown_without_its_password(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("RADRELAY_DATABASE_URL", "postgresql://who:canary@db.test:5432/radrelay?password=canary")
    assert settings.for_service(Mode.WEB).database_shown == "postgresql://db.test:5432/radrelay"


def test_migrate_and_audit_need_only_the_database(environment: pytest.MonkeyPatch) -> None:
    for name in GOOD:
        if name != "RADRELAY_DATABASE_URL":
            environment.delenv(name)
    assert settings.for_database(Mode.AUDIT).anchor_file == Path("anchors.jsonl")
    with pytest.raises(SettingsProblem) as caught:
        settings.for_memory(Mode.REPORT)
    assert set(caught.value.problems) == {
        "RADRELAY_DIRECTORY",
        "RADRELAY_ENCRYPTION_KEYS",
        "RADRELAY_INDEX_KEY",
        "RADRELAY_PIN_PEPPER",
    }


def test_one_key_has_one_use(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("RADRELAY_PIN_PEPPER", GOOD["RADRELAY_INDEX_KEY"].upper())
    assert "same key as RADRELAY_INDEX_KEY" in problems()["RADRELAY_PIN_PEPPER"]


def test_a_misspelled_variable_is_named(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("RADRELAY_ANCHOR_EVRY", "1m")
    environment.setenv("RADRELAY_SECRET_MERCY_PACS", "whsec_x")
    assert problems() == {"RADRELAY_ANCHOR_EVRY": "is not a setting; did you mean RADRELAY_ANCHOR_EVERY?"}


def test_a_sources_secret_is_read_by_the_name_the_directory_gives(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("MERCY_SECRET", "whsec_canary")
    found = settings.for_service(Mode.SERVE)
    secret = found.secret("MERCY_SECRET")
    assert secret is not None
    assert secret.get_secret_value() == "whsec_canary"
    assert found.secret("NOT_THERE") is None


def test_no_secret_is_in_the_settings_representation() -> None:
    shown = repr(settings.for_service(Mode.SERVE))
    for name in ("RADRELAY_ENCRYPTION_KEYS", "SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "TWILIO_AUTH_TOKEN"):
        assert GOOD[name] not in shown


def test_the_pepper_can_be_read_alone(environment: pytest.MonkeyPatch) -> None:
    assert settings.pin_pepper() == bytes(range(1, 33))
    environment.delenv("RADRELAY_PIN_PEPPER")
    with pytest.raises(SettingsProblem, match="RADRELAY_PIN_PEPPER: not set"):
        settings.pin_pepper()


def test_the_example_file_and_the_settings_name_the_same_variables() -> None:
    lines = re.findall(r"^(#?)([A-Z][A-Z0-9_]+)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE)
    known = settings.documented()
    assert sorted(name for _, name, _ in lines) == sorted(known)
    assert {name for hash_, name, _ in lines if not hash_} == {name for name, (_, _, needed) in known.items() if needed}


def test_the_example_file_shows_the_real_defaults(environment: pytest.MonkeyPatch) -> None:
    plain = settings.for_service(Mode.SERVE)
    for name, value in re.findall(r"^#([A-Z][A-Z0-9_]+)=([^…\n]*)$", (ROOT / ".env.example").read_text(), re.MULTILINE):
        environment.setenv(name, value)
    assert settings.for_service(Mode.SERVE) == plain
