"""The world of a night: the real product between its stand-ins, and time that is moved from one due instant to the next."""

from __future__ import annotations

import os
import random
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.fernet import Fernet

from benchmarks.night.town import (
    BEGINS,
    DESK_CHANNEL,
    DESK_USER,
    EVENTS_SECRET,
    EVENTS_SECRET_NAME,
    POOLS,
    SCANNER_SECRET,
    SCANNER_SECRET_NAME,
    Town,
)
from bot.settings import ServiceSettings
from bot.wiring.service import WARN_EVERY, Service
from sandbox.exchange import Exchange, NumberConfig
from sandbox.hospital import Hospital, Site
from sandbox.motion import Clock, Motion
from sandbox.serving import Servers, serving
from sandbox.timeline import Timeline
from sandbox.workspace import Workspace

OURS = "+15035550100"
BOT_TOKEN, SIGNING_SECRET = "xoxb-1-sandbox", "a1b2c3d4e5f60718293a4b5c6d7e8f90"
ACCOUNT, AUTH_TOKEN = "AC" + "1" * 32, "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
#: Nobody's patience is measured here: on a busy machine an answer may take longer than Slack would wait.
PATIENCE = 60.0


class SeededChance:
    """The product's chance, out of one seed: the same tokens and codes in every run."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def token(self) -> str:
        """Return an opaque URL-safe token of 144 bits."""
        return urlsafe_b64encode(self._random.getrandbits(144).to_bytes(18, "big")).decode()

    def digits(self, count: int, alphabet: str) -> str:
        """Return digits drawn from an alphabet."""
        return "".join(self._random.choice(alphabet) for _ in range(count))


@dataclass(frozen=True)
class World:
    """Everything that people of a night may use, and what moves it."""

    clock: Clock
    timeline: Timeline
    workspace: Workspace
    hospital: Hospital
    service: Service
    motion: Motion

    def hear(self) -> None:
        """Wait until everybody has been answered: no thread of the product decides what comes before what."""
        _answered(self.service)

    def at(self, instant: datetime, act: Callable[[], object]) -> None:
        """Let somebody do something at an instant; what it brings about is over before the next does anything."""

        def acted() -> None:
            act()
            self.hear()

        self.timeline.at(instant, acted)

    def after(self, seconds: float, act: Callable[[], object]) -> None:
        """Let somebody do something a little later, to the millisecond."""
        self.at(self.clock.instant + timedelta(seconds=round(seconds, 3)), act)


@contextmanager
def world(town: Town, seed: int, database_url: str, folder: Path) -> Iterator[World]:
    """Open a night's world, and end everything of it afterwards."""
    directory = folder / "directory.yaml"
    directory.write_text(town.written(), encoding="utf-8")
    clock = Clock(BEGINS)
    timeline = Timeline(clock.now)
    with serving() as servers, _environ(_environment(servers, database_url, directory, folder)):
        workspace, exchange = _workspace(timeline, servers, town), _exchange(timeline, servers)
        workspace.ack_seconds = PATIENCE
        servers.slack.app, servers.exchange.app = workspace.app, exchange.app
        hospital = Hospital(
            servers.urls["product"],
            events_secret=EVENTS_SECRET,
            dicom_secret=SCANNER_SECRET,
            site=Site(town.scanner_site),
            now=clock.now,
        )
        service = Service(ServiceSettings(), doors=True, works=False, clock=clock, chance=SeededChance(seed))
        service.prepare()
        servers.product.app = service.application()
        motion = Motion(
            clock,
            work=lambda: _work(service, timeline),
            upcoming=lambda: (service.store.memory.next_instant(), timeline.next_due()),
        )
        opened = World(clock, timeline, workspace, hospital, service, motion)
        _warn_every_so_often(opened)
        try:
            with service.running():
                yield opened
        finally:
            service.close()
            exchange.close()
            workspace.stop()
            hospital.stop()


def _work(service: Service, timeline: Timeline) -> int:
    busy = service.worker.drain() + timeline.run_due()
    _answered(service)
    return busy


def _answered(service: Service) -> None:
    if not service.slack.settle(PATIENCE):
        raise TimeoutError(f"the product did not answer within {PATIENCE:.0f} s")


def _warn_every_so_often(opened: World) -> None:
    """Do what the worker's cron does: tell what ends soon."""

    def warn() -> None:
        opened.service.warn()
        opened.at(opened.clock.instant + WARN_EVERY, warn)

    opened.at(BEGINS + WARN_EVERY, warn)


def _environment(servers: Servers, database_url: str, directory: Path, folder: Path) -> dict[str, str]:
    return {
        "RADRELAY_DATABASE_URL": database_url,
        "RADRELAY_PUBLIC_URL": servers.urls["product"],
        "RADRELAY_DIRECTORY": str(directory),
        "RADRELAY_ANCHOR_FILE": str(folder / "anchors.jsonl"),
        "RADRELAY_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
        "RADRELAY_INDEX_KEY": "00112233445566778899aabbccddeeff" * 2,
        "RADRELAY_PIN_PEPPER": "ffeeddccbbaa99887766554433221100" * 2,
        "SLACK_BOT_TOKEN": BOT_TOKEN,
        "SLACK_SIGNING_SECRET": SIGNING_SECRET,
        "SLACK_API_URL": f"{servers.urls['slack']}/api/",
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
        "TWILIO_FROM_NUMBER": OURS,
        "TWILIO_API_URL": servers.urls["exchange"],
        EVENTS_SECRET_NAME: EVENTS_SECRET,
        SCANNER_SECRET_NAME: SCANNER_SECRET,
    }


def _workspace(timeline: Timeline, servers: Servers, town: Town) -> Workspace:
    rooms = {channel: f"{pool}-reads" for pool, channel in POOLS.items() if pool in town.directory["pools"]}
    return Workspace(
        timeline,
        bot_token=BOT_TOKEN,
        signing_secret=SIGNING_SECRET,
        app_token="xapp-none",
        product_url=servers.urls["product"],
        channels=rooms | {DESK_CHANNEL: "desk"},
        users={one.slack_user: one.name for one in town.readers} | {DESK_USER: "Pat Quinn"},
        url=servers.urls["slack"],
    )


def _exchange(timeline: Timeline, servers: Servers) -> Exchange:
    product = servers.urls["product"]
    line = NumberConfig(
        voice_url=f"{product}/twilio/inbound",
        sms_url=f"{product}/twilio/sms",
        voice_fallback_url=f"{product}/twilio/fallback",
        status_url=f"{product}/twilio/status/inbound",
    )
    return Exchange(timeline, ACCOUNT, AUTH_TOKEN, {OURS: line}, base_url=servers.urls["exchange"])


@contextmanager
def _environ(values: dict[str, str]) -> Iterator[None]:
    """Set environment variables for the body only."""
    before = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
