"""The only module that knows every concrete class: settings in, a running service out."""

from __future__ import annotations

import functools
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import structlog
import uvicorn
from fastapi import FastAPI

from bot import directory as directory_file
from bot import doctor, intake, logs, pages, web
from bot.clock import SecretChance, WallClock
from bot.settings import DatabaseSettings, MemorySettings, ServiceSettings
from bot.slack import app as slack_app
from bot.slack.messenger import SlackMessenger, web_client
from bot.worker import Worker
from handlers import calls, callbacks, cases, claims, desk, findings, halts, hands, texts
from handlers import directory as directories
from handlers import intake as intake_verbs
from handlers.dispatcher import Vendors
from handlers.domain.directory import Directory
from handlers.domain.errors import RadrelayError
from handlers.ports import Chance, Clock, House
from sandbox import launch
from store import audit, schema
from store.appender import Appender
from store.cipher import Cipher
from store.database import Database, DatabaseBusyElsewhere
from store.memory import SqlMemory
from store.queues import Pace
from store.wakeup import Listener
from telephony import door
from telephony.account import Account
from telephony.dialer import TwilioDialer
from telephony.recordings import TwilioRecordings
from telephony.script import CallScript
from telephony.signature import SignatureVerifier, signer
from telephony.texter import TwilioTexter
from telephony.twiml import Speaker
from telephony.urls import Urls

log = structlog.get_logger(__name__)

#: Slack takes about one post a second per channel and a short burst ("Rate limits"); a little less than a second lets a
#: lane that was late once catch up again.
SLACK_EVERY = timedelta(milliseconds=900)
TEXT_EVERY = timedelta(seconds=1)
KEEP_DELIVERIES = timedelta(days=30)


class CannotStart(RadrelayError):
    """Something that a start needs is not so; the text says what to do."""


class DirectoryRefused(RadrelayError):
    """The directory file has errors; the text names each with its line."""


def read_directory(text: str) -> Directory:
    """Read a directory's text, with its problems as an error of ours."""
    try:
        return directory_file.read(text)
    except directory_file.DirectoryProblems as problems:
        lines = "\n".join(f"  {problem}" for problem in problems.problems)
        raise DirectoryRefused(
            f"The directory has errors; `radrelay directory check FILE` shows them:\n{lines}"
        ) from None


def pacing(calls_per_second: float) -> Callable[[str], Pace]:
    """Return how each lane leaves, by the vendors' limits."""
    paces = {
        "voice": Pace(timedelta(seconds=1 / calls_per_second), alone=False),
        "text": Pace(TEXT_EVERY, alone=False),
        "control": Pace(timedelta(), alone=False),
    }
    slack = Pace(SLACK_EVERY, alone=True)
    return lambda lane: paces.get(lane, slack)


@dataclass(frozen=True, slots=True)
class Store:
    """The opened store of a deployment."""

    database: Database
    memory: SqlMemory
    directory: directories.CurrentDirectory


def open_store(settings: MemorySettings, clock: Clock, chance: Chance, calls_per_second: float = 1.0) -> Store:
    """Open the store; nothing is migrated and nothing is locked yet."""
    database = Database(settings.database_url.get_secret_value())
    keys = [key.get_secret_value() for key in settings.encryption_keys]
    cipher = Cipher(keys, settings.index_key.get_secret_value())
    memory = SqlMemory(database, cipher, clock, chance, pacing(calls_per_second))
    return Store(database, memory, directories.CurrentDirectory(memory, read_directory, clock))


def load_directory(store: Store, chance: Chance, path: Path, by: str) -> int | None:
    """Load the directory file when it differs from the one in force; return its number, or None."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise DirectoryRefused(f"The directory file {path} cannot be read ({type(error).__name__}).") from None
    number = directories.load(store.memory, read_directory, chance, text, by)
    store.directory.refresh()
    return number


def call_verbs(house: House) -> door.CallVerbs:
    """Bind the telephone's verbs to a house."""
    heard = calls.Heard
    bound: Any = SimpleNamespace(
        answer=lambda token, turn, *, digits, speech: calls.answer(
            house, token, turn, heard(digits=digits, speech=speech)
        ),
        whispered=lambda token, leg, turn, *, digits, speech: calls.whispered(
            house, token, leg, turn, heard(digits=digits, speech=speech)
        ),
        **_bound(house, calls.inbound, calls.dialed, calls.recorded, calls.voicemail),
        **_bound(house, callbacks.recording_ready, callbacks.status, callbacks.machine, callbacks.text_status),
        **_bound(house, texts.texted),
    )
    verbs: door.CallVerbs = bound
    return verbs


def _bound(house: House, *verbs: Callable[..., Any]) -> dict[str, Callable[..., Any]]:
    return {verb.__name__: functools.partial(verb, house) for verb in verbs}


def slack_verbs(house: House) -> Any:
    """Bind Slack's verbs to a house (`bot.slack.verbs.SlackVerbs`)."""
    return SimpleNamespace(
        **_bound(house, claims.claim, claims.release, claims.worklist, findings.phrases, findings.report),
        **_bound(house, hands.withdraw, hands.redirect, hands.status_lines, desk.take, desk.take_case, desk.finish),
        **_bound(house, halts.halt, halts.resume, cases.open_link, cases.open_link_for_read, cases.open_link_for_task),
    )


def page_verbs(house: House) -> Any:
    """Bind the case page's verbs to a house (`bot.pages.verbs.CaseVerbs`)."""
    return SimpleNamespace(
        **_bound(house, cases.redeem, cases.session, cases.view, cases.start, cases.recording),
        **_bound(house, hands.log, hands.redirect, hands.withdraw, hands.close),
    )


class Service:
    """One process of a deployment: its doors, its worker, or both."""

    def __init__(
        self,
        settings: ServiceSettings,
        *,
        doors: bool,
        works: bool,
        clock: Clock | None = None,
        chance: Chance | None = None,
    ) -> None:
        self.settings = settings
        self.clock: Clock = clock or WallClock()
        self.chance: Chance = chance or SecretChance()
        self._doors = doors
        self._works = works
        self.store = open_store(settings, self.clock, self.chance, settings.twilio_calls_per_second)
        self.urls = Urls(settings.public_url)
        self.house = House(
            memory=self.store.memory,
            directory=self.store.directory,
            clock=self.clock,
            chance=self.chance,
            script=CallScript(),
            our_number=settings.twilio_from_number,
            pin_pepper=settings.pin_pepper.get_secret_value(),
        )
        self.refusals = web.Refusals()
        self.appender = Appender(self.store.memory)
        self.client = web_client(settings.slack_bot_token.get_secret_value(), settings.slack_api_url)
        self.account = Account(
            account_sid=settings.twilio_account_sid,
            auth_token=settings.twilio_auth_token.get_secret_value(),
            from_number=settings.twilio_from_number,
            api_url=settings.twilio_api_url,
        )
        self.slack = slack_app.slack_app(
            slack_verbs(self.house),
            client=self.client,
            signing_secret=settings.slack_signing_secret.get_secret_value(),
            public_url=settings.public_url,
        )
        self.worker = Worker(self.house, self._vendors(), intake.parse, self.store.memory)

    def _vendors(self) -> Vendors:
        return Vendors(
            messenger=SlackMessenger(self.client, desk.OUTCOMES),
            dialer=TwilioDialer(self.account, self.urls),
            texter=TwilioTexter(self.account, self.urls),
            recordings=TwilioRecordings(self.account),
        )

    def prepare(self) -> None:
        """Migrate and load a changed directory: what `serve` does at its start and `release` before one."""
        schema.migrate(self.store.database)
        number = load_directory(self.store, self.chance, self.settings.directory, "start")
        log.info("directory_loaded" if number else "directory_unchanged", count=len(self.store.directory().facilities))

    def application(self) -> FastAPI:
        """Return the web application with every door."""
        settings = self.settings
        speaker = Speaker(self.urls, our_number=settings.twilio_from_number, staffed_number=self._front_number())
        verifier = SignatureVerifier(settings.public_url, settings.twilio_auth_token.get_secret_value())
        routers = [
            intake.router(
                directory=self.store.directory,
                secret=settings.secret,
                append=self.appender.append,
                clock=self.clock,
                on_refused=self.refusals.at("webhooks"),
                on_baa_refused=lambda facility, source: intake_verbs.baa_refused(self.house, facility, source),
            ),
            slack_app.slack_router(self.slack.bolt),
            door.router(call_verbs(self.house), verifier, speaker, self.refusals.at("twilio")),
            pages.router(page_verbs(self.house), public_url=settings.public_url, now=self.clock.now),
        ]
        return web.application(routers, health=self._health(), refusals=self.refusals, running=self.running)

    def _front_number(self) -> str:
        facilities = list(self.store.directory().facilities.values())
        return facilities[0].callback_number if len(facilities) == 1 else ""

    @contextmanager
    def running(self) -> Iterator[None]:
        """Run this process's threads while the body runs; they stop in reverse."""
        self.appender.start()
        listener = self._listener() if self._works else None
        socket = None
        if self._works:
            self.worker.start([(self.settings.anchor_every, self.anchor), (timedelta(hours=6), self._forget)])
        if self._doors and self.settings.slack_app_token is not None:
            socket = slack_app.socket_mode(self.slack.bolt, self.settings.slack_app_token.get_secret_value())
        try:
            yield
        finally:
            if socket is not None:
                socket.stop()
            if self._works:
                self.worker.stop()
            if listener is not None:
                listener.stop()
            self.appender.stop()
            if self._works:
                self.anchor()
            self.slack.close()

    def _listener(self) -> Listener | None:
        if self.store.database.is_sqlite:
            return None
        listener = Listener(self.settings.database_url.get_secret_value(), self.worker.wake)
        listener.start()
        return listener

    def anchor(self) -> None:
        """Write the chains' heads outside the database."""
        with self.store.database.reading() as connection:
            audit.anchor(connection, self.settings.anchor_file, self.clock.now())

    def _forget(self) -> None:
        self.store.memory.forget_deliveries(self.clock.now() - KEEP_DELIVERIES)

    def close(self) -> None:
        """Close connections."""
        self.account.close()
        self.store.database.close()

    # --- health ------------------------------------------------------------------------------------------------------

    def _health(self) -> web.Health:
        return web.Health(
            checks={
                "database": self._database_answers,
                "migrations": self._at_head,
                "worker": self._worker_lives,
                "deadlines": self._nothing_overdue,
                "directory": self._directory_is_there,
            }
        )

    def _database_answers(self) -> str | None:
        with self.store.database.reading() as connection:
            connection.exec_driver_sql("SELECT 1")
        return None

    def _at_head(self) -> str | None:
        current, head = schema.head_of(self.store.database)
        return None if current == head else f"the database is at {current}, not {head}: run `radrelay migrate`"

    def _worker_lives(self) -> str | None:
        beat = self.store.memory.last_beat()
        if beat is None:
            return "no worker has ever gone round"
        late = self.clock.now() - beat
        return None if late <= web.LATE else f"no worker has gone round for {int(late.total_seconds())} s"

    def _nothing_overdue(self) -> str | None:
        oldest = self.store.memory.oldest_overdue()
        late = timedelta() if oldest is None else self.clock.now() - oldest
        return None if late <= web.LATE else f"a deadline is overdue by {int(late.total_seconds())} s"

    def _directory_is_there(self) -> str | None:
        return None if self.store.directory().version else "no directory is loaded: run `radrelay directory load`"


def anchored_at(path: Path) -> datetime | None:
    """Return when the heads were last anchored."""
    lines = audit.anchors(path)
    return datetime.fromisoformat(lines[-1]["at"]).astimezone(UTC) if lines else None


# --- commands --------------------------------------------------------------------------------------------------------


def _uvicorn(service: Service) -> None:
    uvicorn.run(
        service.application(),
        host=service.settings.host,
        port=service.settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=10,
        proxy_headers=False,
    )


def serve(settings: ServiceSettings) -> None:
    """Serve everything in one process on SQLite."""
    logs.configure(settings.log_level)
    service = Service(settings, doors=True, works=True)
    try:
        with service.store.database.alone():
            service.prepare()
            _uvicorn(service)
    except DatabaseBusyElsewhere as busy:
        raise CannotStart(str(busy)) from None
    finally:
        service.close()


def web_process(settings: ServiceSettings) -> None:
    """Serve the doors on PostgreSQL."""
    logs.configure(settings.log_level)
    service = Service(settings, doors=True, works=False)
    try:
        _uvicorn(service)
    finally:
        service.close()


def worker_process(settings: ServiceSettings) -> None:
    """Do the work on PostgreSQL until SIGTERM or SIGINT."""
    logs.configure(settings.log_level)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    service = Service(settings, doors=False, works=True)
    try:
        with service.running():
            stop.wait()
    finally:
        service.close()


def migrate(settings: DatabaseSettings) -> str:
    """Bring the database to head."""
    database = Database(settings.database_url.get_secret_value())
    try:
        schema.migrate(database)
        return f"The database is at {schema.head_of(database)[0]}."
    finally:
        database.close()


def load(settings: MemorySettings, file: Path | None) -> str:
    """Load a directory file."""
    chance = SecretChance()
    store = open_store(settings, WallClock(), chance)
    try:
        number = load_directory(store, chance, file or settings.directory, "command line")
        return "This directory is in force already." if number is None else f"Loaded as version {number}."
    finally:
        store.database.close()


def statement(settings: MemorySettings, case: str) -> str:
    """Return a case's statement."""
    clock, chance = WallClock(), SecretChance()
    store = open_store(settings, clock, chance)
    house = House(
        memory=store.memory, directory=store.directory, clock=clock, chance=chance, script=CallScript(),
        our_number="", pin_pepper=settings.pin_pepper.get_secret_value(),
    )
    try:
        return cases.statement(house, case)
    finally:
        store.database.close()


def examine(settings: ServiceSettings) -> tuple[str, int]:
    """Examine a deployment; return the table and the exit status."""
    database = Database(settings.database_url.get_secret_value())
    with httpx.Client(timeout=10, trust_env=False) as http:
        ports = doctor.Ports(
            database=lambda: _database_state(database),
            directory=lambda: read_directory(settings.directory.read_text(encoding="utf-8")),
            scopes=slack_app.BOT_SCOPES,
            sign=signer(settings.twilio_auth_token.get_secret_value()),
            http=http,
            now=WallClock().now,
        )
        checks = doctor.examine(settings, ports)
    database.close()
    return doctor.table(checks), doctor.exit_code(checks)


def _database_state(database: Database) -> str:
    current, head = schema.head_of(database)
    if current != head:
        raise CannotStart(f"the database is at {current or 'nothing'}, not {head}: run `radrelay migrate`")
    return f"at migration {head}"


def sandbox(state: Path, page_port: int, product_port: int, *, browser: bool) -> None:
    """Run the sandbox."""
    launch.run(state, page_port, product_port, open_browser=browser)
