"""Real processes are killed with signal 9 in the middle of a relay, in real time; started again, they go on."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import httpx
import pytest

from bot.clock import SecretChance, WallClock
from bot.settings import ServiceSettings
from bot.wiring.service import open_store
from handlers.domain.relays import Attempt, AttemptState, Ending, Relay, RelayState
from handlers.domain.tasks import DeskTask, TaskState
from sandbox.exchange import Call
from sandbox.hospital import Hospital, Site
from sandbox.serving import Servers
from sandbox.timeline import Timeline
from store import audit
from tests import web
from tests.contract.watching import Watch
from tests.flows.acts import created_per_attempt, token_of
from tests.flows.stage import (
    DESK_PHONE,
    DESK_PHONE_2,
    DIRECTORY,
    KIM,
    SECRETS,
    _environ,
    _environment,
    _exchange,
    _workspace,
)

ROOT = Path(__file__).parents[2]
SECONDS = 20.0
#: The lease of whoever was killed while it told the vendor (30 s), and two looks whether the vendor heard of it.
LEASE_AND_LOOKS = 60.0
V = TypeVar("V")


def until(found: Callable[[], V | None], what: str, seconds: float = SECONDS) -> V:
    """Wait for something that really takes time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = found()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"within {seconds:.0f} s there was no {what}")


class Deployment:
    """The product as processes of its own, between a Slack and an exchange that live in this one, on wall time."""

    def __init__(self, servers: Servers, database_url: str, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        ours = replace(servers, urls={**servers.urls, "product": self.url})
        directory = folder / "directory.yaml"
        directory.write_text(DIRECTORY.replace("desk: {who: $desk, every: 10m}", "desk: {who: $desk, every: 6s}"))
        self.environment = _environment(ours, database_url, directory, folder)
        self.environment |= {"RADRELAY_PORT": str(port), "RADRELAY_LOG_LEVEL": "warning"}
        self.modes = ("serve",) if database_url.startswith("sqlite") else ("web", "worker")
        self.timeline = Timeline()
        self.workspace = _workspace(self.timeline, ours)
        self.exchange = _exchange(self.timeline, ours)
        self.contract = Watch(self.exchange.app)
        servers.slack.app, servers.exchange.app = self.workspace.app, self.contract
        secrets = list(SECRETS.values())
        site = Site("mercy", "IL", "lee", {"emergency": "mercy-ed-physician"})
        self.hospital = Hospital(self.url, events_secret=secrets[0], dicom_secret=secrets[1], site=site)
        self.running: list[subprocess.Popen[bytes]] = []
        with _environ(self.environment):
            self.store = open_store(ServiceSettings(), WallClock(), SecretChance())

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run one of the product's commands to its end."""
        line = [sys.executable, "-m", "bot", *words]
        return subprocess.run(line, env=self._env, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)

    def start(self) -> None:
        """Start the processes and wait until the doors answer."""
        for mode in self.modes:
            self.running.append(subprocess.Popen([sys.executable, "-m", "bot", mode], env=self._env, cwd=ROOT))
        until(self._answers, "answer of the doors")

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Kill every process; with signal 9 none of them hears of it."""
        for process in self.running:
            process.send_signal(number)
        for process in self.running:
            process.wait(30)
        self.running.clear()

    @property
    def _env(self) -> dict[str, str]:
        return {**os.environ, **self.environment}

    def _answers(self) -> bool:
        assert all(process.poll() is None for process in self.running), "a process ended by itself"
        try:
            return web.get(f"{self.url}/open/nothing").status_code == 200
        except httpx.HTTPError:
            return False

    def ringing(self, number: str, seconds: float = SECONDS) -> Call:
        """Wait until a number rings."""
        return until(lambda: next(iter(self.exchange.ringing(number)), None), f"call that rings at {number}", seconds)

    def all(self, kind: type[V]) -> list[V]:
        """Return stored values, read beside the running processes."""
        with self.store.memory.reading() as look:
            return look.all(kind)

    def close(self) -> None:
        """End everything."""
        self.kill(signal.SIGTERM)
        self.timeline.stop()
        self.exchange.close()
        self.workspace.stop()
        self.hospital.stop()
        self.store.database.close()
        assert not self.contract.violations, self.contract.violations


@pytest.fixture
def deployment(servers: Servers, database_url: str, tmp_path: Path) -> Iterator[Deployment]:
    """Start a deployment that is ended whatever happens."""
    with ExitStack() as ends:
        made = Deployment(servers, database_url, tmp_path)
        ends.callback(made.close)
        if "web" in made.modes:
            done = made.command("directory", "load", made.environment["RADRELAY_DIRECTORY"])
            assert done.returncode == 0, done.stderr
        made.timeline.start()
        made.start()
        yield made


def hear_the_finding(call: Call) -> None:
    """Answer and press 1; words are laid out ahead and keys work during speech, so nobody has to wait."""
    call.answer()
    until(lambda: call.waiting_for == "gather", "question on the line")
    call.press("1")
    until(lambda: "hematoma" in call.last_heard, "finding on the line")


def newest(deployment: Deployment, category: int) -> Relay:
    """Return the relay of a category."""
    return next(one for one in deployment.all(Relay) if one.category == category)


def test_killed_while_a_call_rings_and_a_desk_round_is_pending(deployment: Deployment) -> None:
    """One relay rings a physician, another waits for the desk's next round: both go on, nothing is dialed twice."""
    hospital = deployment.hospital
    assert hospital.send_stroke_ct(ordering_contact="mercy-hospitalist")[0] == 202
    assert hospital.report_critical_finding(category=3)[0] == 202
    for number in (DESK_PHONE, DESK_PHONE_2):
        deployment.ringing(number).decline()
    assert hospital.send_stroke_ct()[0] == 202
    assert hospital.report_critical_finding()[0] == 202
    call = deployment.ringing(KIM)
    until(lambda: bool(deployment.exchange.messages), "text beside the call")
    time.sleep(0.3)  # what was begun is written down; what is killed in the middle of that is another story
    deployment.kill()
    assert call.status == "ringing"
    assert [one.state for one in deployment.all(DeskTask)] == [TaskState.OPEN]

    deployment.start()
    assert hospital.update_study(description="CT head, second series")[0] == 202
    hear_the_finding(call)
    code = next(one.code for one in deployment.all(Attempt) if one.sid == call.sid)
    call.press(code)
    until(lambda: newest(deployment, 1).ending is Ending.CONFIRMED_BY_CODE, "confirmation")
    desk = deployment.ringing(DESK_PHONE)
    desk.answer()
    until(lambda: desk.waiting_for == "gather", "question on the desk's line")
    desk.press("1")
    until(lambda: [one.state for one in deployment.all(DeskTask)] == [TaskState.TAKEN], "task that is taken")
    assert newest(deployment, 3).state is RelayState.AT_DESK
    assert [one for one in deployment.exchange.calls if one.to == KIM] == [call]
    assert set(created_per_attempt(deployment.exchange).values()) == {1}
    assert len(deployment.exchange.messages) == 1

    deployment.kill(signal.SIGTERM)
    verified = deployment.command("audit", "verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr


def right_after_the_202(deployment: Deployment) -> None:
    """Kill as soon as the finding is accepted: whatever was made of it by then, it is not forgotten."""
    assert deployment.hospital.report_critical_finding()[0] == 202
    deployment.kill()


def while_the_vendor_is_asked(deployment: Deployment) -> None:
    """Kill between the vendor's taking of the call and its answer; its callback may have been quicker than the kill."""
    deployment.exchange.faults.next_create("mute")
    assert deployment.hospital.report_critical_finding()[0] == 202
    deployment.ringing(KIM)
    deployment.kill()
    (asked,) = [one for one in deployment.all(Attempt) if one.channel == "call"]
    assert asked.state in (AttemptState.SUBMITTING, AttemptState.RINGING)


@pytest.mark.parametrize("moment", [right_after_the_202, while_the_vendor_is_asked])
def test_killed_at_an_unquiet_moment(deployment: Deployment, moment: Callable[[Deployment], None]) -> None:
    """An accepted finding is one relay and one call, which is answered and confirmed after the start."""
    assert deployment.hospital.send_stroke_ct()[0] == 202
    moment(deployment)
    deployment.start()
    call = deployment.ringing(KIM, LEASE_AND_LOOKS)
    hear_the_finding(call)
    tokens = {one.token: one.code for one in deployment.all(Attempt)}
    call.press(tokens[token_of(call)])
    until(lambda: [one.ending for one in deployment.all(Relay)] == [Ending.CONFIRMED_BY_CODE], "confirmation")
    assert [one for one in deployment.exchange.calls if one.to == KIM] == [call]
    assert set(created_per_attempt(deployment.exchange).values()) == {1}
    with deployment.store.database.snapshot() as connection:
        assert not [problem for chain in audit.verify(connection, []) for problem in chain.problems]
