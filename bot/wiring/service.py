"""One process of a deployment: settings in, a running service out."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from pathlib import Path

import structlog
from fastapi import FastAPI

from bot import directory as directory_file
from bot import intake, pages, web
from bot.calendars import CalendarFeeds
from bot.clock import SecretChance, WallClock
from bot.settings import MemorySettings, ServiceSettings, SettingsProblem
from bot.sinks import WebhookSender
from bot.slack import app as slack_app
from bot.slack.messenger import SlackMessenger, web_client
from bot.wiring import verbs
from bot.worker import Worker
from handlers import calendars, expiring, retention, tasks_told
from handlers import directory as directories
from handlers import intake as intake_verbs
from handlers.dispatcher import Telephone, Vendors
from handlers.domain.directory import Directory
from handlers.domain.errors import RadrelayError
from handlers.domain.sinks import LANES as SINKS
from handlers.ports import Chance, Clock, House
from store import audit, schema
from store.appender import Appender
from store.cipher import Cipher
from store.database import Database
from store.memory import SqlMemory
from store.queues import Pace
from store.wakeup import Listener
from telephony import door, playing, vendor_codes
from telephony.account import Account
from telephony.dialer import TwilioDialer
from telephony.recordings import TwilioRecordings
from telephony.script import CallScript
from telephony.signature import SignatureVerifier
from telephony.texter import TwilioTexter
from telephony.twiml import Speaker
from telephony.urls import Urls

log = structlog.get_logger(__name__)

#: Slack takes about one post a second per channel and a short burst ("Rate limits"); a little less than a second lets a
#: lane that was late once catch up again.
SLACK_EVERY = timedelta(milliseconds=900)
TEXT_EVERY = timedelta(seconds=1)
#: How soon a change in a calendar is known.
CALENDARS_EVERY = timedelta(minutes=5)
KEEP_DELIVERIES = timedelta(days=30)
#: How often what ends soon is looked for; each warning is given once.
WARN_EVERY = timedelta(hours=1)
#: How often recordings whose time has passed are destroyed.
DESTROY_EVERY = timedelta(days=1)


class CannotStart(RadrelayError):
    """Something that a start needs is not so; the text says what to do."""


class DirectoryRefused(RadrelayError):
    """The directory file has errors; the text names each with its line."""


@lru_cache(maxsize=2)
def read_directory(text: str) -> Directory:
    """Read a directory's text, with its problems as an error of ours.

    What was read is kept: a start reads the same text when it loads it and again when it comes into force.
    """
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
    slack, sink = Pace(SLACK_EVERY, alone=True), Pace(timedelta(), alone=True)
    return lambda lane: paces.get(lane, sink if lane.startswith(SINKS) else slack)


def second_account(settings: ServiceSettings) -> Account | None:
    """Return the second account, or None where none is configured."""
    sid, token = settings.twilio_fallback_account_sid, settings.twilio_fallback_auth_token
    number = settings.twilio_fallback_from_number
    if sid is None or token is None or number is None:
        return None
    return Account(
        account_sid=sid, auth_token=token.get_secret_value(), from_number=number, api_url=settings.twilio_api_url
    )


def telephone(account: Account, urls: Urls) -> Telephone:
    """Return one account's telephone, texts and recordings."""
    return Telephone(
        dialer=TwilioDialer(account, urls), texter=TwilioTexter(account, urls), recordings=TwilioRecordings(account)
    )


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


def directory_text(path: Path) -> str:
    """Return a directory file's text, or refuse with a sentence."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise DirectoryRefused(f"The directory file {path} cannot be read: it is not UTF-8 text.") from None
    except OSError as error:
        raise DirectoryRefused(f"The directory file {path} cannot be read ({type(error).__name__}).") from None


def load_directory(store: Store, chance: Chance, text: str, by: str) -> int | None:
    """Load a directory when it differs from the one in force; return its number, or None."""
    number = directories.load(store.memory, read_directory, chance, text, by)
    store.directory.refresh()
    return number


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
        pepper = settings.pin_pepper.get_secret_value()
        self.urls = Urls(settings.public_url, hmac.digest(pepper, b"radrelay played recording", "sha256"))
        self.house = House(
            memory=self.store.memory,
            directory=self.store.directory,
            clock=self.clock,
            chance=self.chance,
            script=CallScript(),
            our_number=settings.twilio_from_number,
            pin_pepper=pepper,
            trouble_of=vendor_codes.trouble_of,
            second_number=settings.twilio_fallback_from_number or "",
            concurrent_calls=settings.twilio_concurrent_calls,
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
        self.second = second_account(settings)
        keys = [key.get_secret_value() for key in settings.encryption_keys]
        self.pictures = pages.pictures.Pictures(keys, self.clock.now)
        self.slack = slack_app.slack_app(
            verbs.slack_verbs(self.house, self.pictures.path),
            client=self.client,
            signing_secret=settings.slack_signing_secret.get_secret_value(),
            public_url=settings.public_url,
        )
        self.worker = Worker(self.house, self._vendors(), intake.parse, self.store.memory)

    def _vendors(self) -> Vendors:
        return Vendors(
            messenger=SlackMessenger(self.client, tasks_told.OUTCOMES),
            dialer=TwilioDialer(self.account, self.urls),
            texter=TwilioTexter(self.account, self.urls),
            recordings=TwilioRecordings(self.account),
            subscribers=WebhookSender(self.settings.secret),
            second=None if self.second is None else telephone(self.second, self.urls),
        )

    def prepare(self) -> None:
        """Migrate and load a changed directory: what `serve` does at its start and `release` before one.

        A directory whose secrets are not there is not loaded: a start that fails changes nothing.
        """
        text = directory_text(self.settings.directory)
        self.check_secrets(read_directory(text))
        schema.migrate(self.store.database)
        if self.store.database.is_sqlite:
            self.store.memory.recover()
        number = load_directory(self.store, self.chance, text, "start")
        log.info("directory_loaded" if number else "directory_unchanged", count=len(self.store.directory().facilities))

    def application(self) -> FastAPI:
        """Return the web application with every door, or refuse where a source has no key to it."""
        settings = self.settings
        self.check_secrets()
        speaker = Speaker(self.urls, our_number=settings.twilio_from_number, staffed_number=self._front_number())
        tokens = [settings.twilio_auth_token, settings.twilio_fallback_auth_token]
        verifier = SignatureVerifier(
            settings.public_url, *(one.get_secret_value() for one in tokens if one is not None)
        )
        routers = [
            intake.router(
                directory=self.store.directory,
                secret=settings.secret,
                append=self.appender.append,
                clock=self.clock,
                on_refused=self.refusals.at("webhooks"),
                on_baa_refused=lambda facility, source: intake_verbs.baa_refused(self.house, facility, source),
            ),
            slack_app.slack_router(self.slack.bolt, self.refusals.at("slack")),
            door.router(verbs.call_verbs(self.house), verifier, speaker, self.refusals.at("twilio")),
            playing.router(verbs.play(self.house), self.urls, self.clock.now, self.refusals.at("twilio")),
            pages.router(
                verbs.page_verbs(self.house),
                public_url=settings.public_url,
                now=self.clock.now,
                on_refused=self.refusals.at("pages"),
            ),
            pages.pickup.router(
                verbs.pickup_verbs(self.house), public_url=settings.public_url, on_refused=self.refusals.at("pages")
            ),
            pages.pictures.router(self.pictures, self.refusals.at("pages")),
        ]
        return web.application(routers, health=self._health(), refusals=self.refusals, running=self.running)

    def check_secrets(self, fresh: Directory | None = None) -> None:
        """Refuse to start where a source has no key to our doors, or a sink none to sign with: of the directory in force.

        ``fresh`` is one that is to be loaded.
        """
        directory, secret = fresh or self.store.directory(), self.settings.secret
        unusable = intake.secret_problems(directory.sources.values(), secret) if self._doors else {}
        if self._works:
            unusable |= intake.secret_problems(directory.sinks.values(), secret)
        if unusable:
            raise SettingsProblem(unusable)

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
            self.worker.start(
                [
                    (self.settings.anchor_every, self.anchor),
                    (timedelta(hours=6), self._forget),
                    (CALENDARS_EVERY, self.read_calendars),
                    (WARN_EVERY, self.warn),
                    (DESTROY_EVERY, self.destroy_old),
                ],
                at_once=[self.read_calendars, self.warn],
            )
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
        with self.store.database.snapshot() as connection:
            audit.anchor(connection, self.settings.anchor_file, self.clock.now())

    def warn(self) -> None:
        """Tell the desks of licenses, privileges and agreements that end soon."""
        expiring.warn(self.house)

    def destroy_old(self) -> None:
        """Destroy recordings whose time has passed and which no legal hold keeps."""
        log.info("recordings_destroyed", count=retention.destroy_old(self.house))

    def read_calendars(self) -> None:
        """Read the calendars of the directory's rotas."""
        calendars.refresh(self.house, CalendarFeeds(self.settings.secret))

    def _forget(self) -> None:
        self.store.memory.forget_deliveries(self.clock.now() - KEEP_DELIVERIES)

    def close(self) -> None:
        """Close connections."""
        self.account.close()
        if self.second is not None:
            self.second.close()
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
