"""What each command of the command line does, with everything it needs."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import httpx
import uvicorn
from fastapi import FastAPI

from bot import audit_cli, doctor, logs, setting_shapes
from bot.calendars import CalendarFeeds
from bot.clock import SecretChance, WallClock
from bot.directory import inspect
from bot.settings import DatabaseSettings, MemorySettings, ServiceSettings
from bot.shutdown import on_signals
from bot.slack import app as slack_app
from bot.wiring.service import (
    CannotStart,
    DirectoryRefused,
    Service,
    directory_text,
    load_directory,
    open_store,
    read_directory,
)
from handlers import cases, retention
from handlers.ports import House
from store import record, schema, upkeep
from store.database import Database, DatabaseBusyElsewhere
from telephony.script import CallScript
from telephony.signature import signer
from telephony.twiml import Speaker
from telephony.urls import Urls

T = TypeVar("T")
#: New objects before the collector looks at the young ones; with the default of 700 it takes a seventh of a busy web.
_YOUNG = 10_000


def _keep_what_is_loaded() -> None:
    """Spare the collector what lives as long as the process: modules, the application, the directory."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, 20, 20)


def listen(app: FastAPI, settings: ServiceSettings) -> None:
    """Serve an application until a signal."""
    _keep_what_is_loaded()
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
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
            listen(service.application(), settings)
    except DatabaseBusyElsewhere as busy:
        raise CannotStart(str(busy)) from None
    finally:
        service.close()


def web_process(settings: ServiceSettings) -> None:
    """Serve the doors on PostgreSQL."""
    logs.configure(settings.log_level)
    service = Service(settings, doors=True, works=False)
    try:
        listen(service.application(), settings)
    finally:
        service.close()


def worker_process(settings: ServiceSettings) -> None:
    """Do the work on PostgreSQL until SIGTERM or SIGINT."""
    logs.configure(settings.log_level)
    with on_signals() as shutdown:
        service = Service(settings, doors=False, works=True)
        try:
            service.check_secrets()
            _keep_what_is_loaded()
            with service.running():
                shutdown.wait()
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


def load(settings: MemorySettings, file: Path | None) -> Iterator[str]:
    """Load a directory file, and yield what is wrong with it and what came of it."""
    path = file or settings.directory
    text = directory_text(path)
    found = inspect(text)
    said = [f"{path}:{problem}" for problem in found.problems]
    if found.directory is None:
        raise DirectoryRefused("\n".join([*said, "This directory has errors: it was not loaded."]))
    chance = SecretChance()
    store = open_store(settings, WallClock(), chance)
    try:
        number = load_directory(store, chance, text, "command line")
    finally:
        store.database.close()
    yield from said
    yield "This directory is in force already." if number is None else f"Loaded as version {number}."
    if path.resolve() != settings.directory.resolve():
        yield f"The next start of `serve` loads RADRELAY_DIRECTORY again: {settings.directory}."


def statement(settings: MemorySettings, case: str) -> str:
    """Return a case's statement."""
    return _in_house(settings, lambda house: cases.statement(house, case))


def hold(settings: MemorySettings, case: str, reason: str) -> str:
    """Keep a case's recordings."""
    return _in_house(settings, lambda house: retention.hold(house, case, reason))


def release(settings: MemorySettings, case: str) -> str:
    """Let a case's recordings go."""
    return _in_house(settings, lambda house: retention.release(house, case))


def holds(settings: MemorySettings) -> Sequence[str]:
    """Return the holds in force."""
    return _in_house(settings, retention.holds)


def _in_house(settings: MemorySettings, act: Callable[[House], T]) -> T:
    clock, chance = WallClock(), SecretChance()
    store = open_store(settings, clock, chance)
    house = House(
        memory=store.memory,
        directory=store.directory,
        clock=clock,
        chance=chance,
        script=CallScript(),
        our_number="",
        pin_pepper=settings.pin_pepper.get_secret_value(),
    )
    try:
        return act(house)
    finally:
        store.database.close()


def fallback_twiml(number: str) -> str:
    """Return the static apology as TwiML; it needs no setting, no directory and no database."""
    if number:
        try:
            setting_shapes.e164(number)
        except ValueError as error:
            raise CannotStart(f"--number: {error}") from None
    return Speaker(Urls("https://radrelay.invalid"), our_number="", staffed_number=number).fallback()


def examine(settings: ServiceSettings) -> tuple[str, int]:
    """Examine a deployment; return the table and the exit status."""
    database = Database(settings.database_url.get_secret_value())
    with httpx.Client(timeout=10, trust_env=False) as http:
        ports = doctor.Ports(
            database=lambda: _database_state(database),
            directory=lambda: read_directory(settings.directory.read_text(encoding="utf-8")),
            scopes=slack_app.BOT_SCOPES,
            sign=signer(settings.twilio_auth_token.get_secret_value()),
            sign_slack=slack_app.signer(settings.slack_signing_secret.get_secret_value()),
            http=http,
            now=WallClock().now,
            shifts=CalendarFeeds(settings.secret).shifts,
        )
        checks = doctor.examine(settings, ports)
    database.close()
    return doctor.table(checks), doctor.exit_code(checks)


def _database_state(database: Database) -> str:
    current, head = schema.head_of(database)
    if current != head:
        raise CannotStart(f"the database is at {current or 'nothing'}, not {head}: run `radrelay migrate`")
    return f"at migration {head}"


def reseal(settings: MemorySettings) -> Iterator[str]:
    """Seal every row with the newest key; yields a line of progress per batch."""
    store = open_store(settings, WallClock(), SecretChance())
    try:
        for table, rows in upkeep.reseal(store.database, store.memory.cipher):
            yield f"{table}: {rows}"
    finally:
        store.database.close()


def set_aside(settings: MemorySettings) -> list[str]:
    """Return what was set aside, a line each."""
    store = open_store(settings, WallClock(), SecretChance())
    try:
        return [
            f"{one.id}  {one.at.isoformat(timespec='seconds')}  {one.what} {one.kind} of {one.facility}, "
            f"{one.tries} tries: {one.reason}"
            for one in upkeep.set_aside(store.database)
        ]
    finally:
        store.database.close()


def try_again(settings: MemorySettings, key: str) -> str:
    """Let one that was set aside be handled again."""
    clock = WallClock()
    store = open_store(settings, clock, SecretChance())
    try:
        if not upkeep.try_again(store.database, key, clock.now()):
            raise CannotStart(f"nothing with the id {key[:40]} was set aside; `radrelay aside list` shows what was")
        return "It is handled again, within seconds."
    finally:
        store.database.close()


def sandbox(state: Path, page_port: int, product_port: int, *, browser: bool) -> None:
    """Run the sandbox."""
    from sandbox import launch  # noqa: PLC0415 - every other command starts sooner without it

    with on_signals() as shutdown:
        launch.run(shutdown, state, page_port, product_port, open_browser=browser)


def use_record() -> None:
    """Let the audit commands read the store."""
    audit_cli.use(record.opened)
