"""Opening a database: SQLite with one fair writer, PostgreSQL with many."""

from __future__ import annotations

import fcntl
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry

BUSY_SECONDS = 30
#: So much of a SQLite file is read where the system has it in memory already; with copies of its pages a worklist of 10,000
#: reads takes twice as long. The map is not memory of the process's own.
MAPPED_BYTES = 256 * 1024 * 1024
#: A PostgreSQL connection that rested longer is asked whether it still lives before it is used.
RESTED_SECONDS = 1.0


class FairLock:
    """A lock that is handed over in the order in which it was asked for, so that no writer starves."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._held = False

    def acquire(self) -> None:
        """Wait for the turn."""
        with self._mutex:
            if not self._held:
                self._held = True
                return
            turn = threading.Lock()
            turn.acquire()
            self._waiting.append(turn)
        turn.acquire()

    def release(self) -> None:
        """Hand the lock to whoever has waited longest."""
        with self._mutex:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._held = False


class DatabaseBusyElsewhere(Exception):
    """Another process serves this SQLite file."""


class Database:
    """An engine with the two ways of beginning: to read, and to write."""

    def __init__(self, url: str, rested: float = RESTED_SECONDS) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine: Engine = _sqlite(url) if self.is_sqlite else _postgresql(url, rested)
        self._writer = FairLock()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Begin a write: on SQLite after the other writers of this process, IMMEDIATE; commits unless it raises."""
        if not self.is_sqlite:
            with self.engine.begin() as connection:
                yield connection
            return
        self._writer.acquire()
        try:
            with self.engine.connect() as connection:
                connection = connection.execution_options(begin="IMMEDIATE")  # noqa: PLW2901
                with connection.begin():
                    yield connection
        finally:
            self._writer.release()

    @contextmanager
    def stating(self) -> Iterator[Connection]:
        """Begin a write of one statement; on PostgreSQL that commits by itself, and saves two round trips."""
        if self.is_sqlite:
            with self.writing() as connection:
                yield connection
            return
        with self.engine.connect() as connection:
            yield connection.execution_options(isolation_level="AUTOCOMMIT")

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Begin a look, for statements that change nothing.

        On PostgreSQL each statement sees what is committed when it begins, in a transaction (READ COMMITTED) or without:
        so there is none, which saves the two round trips of its beginning and end.
        """
        with self.engine.connect() as connection:
            if not self.is_sqlite:
                connection = connection.execution_options(isolation_level="AUTOCOMMIT")  # noqa: PLW2901
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Begin a look that changes nothing and sees one instant, however long it takes."""
        with self.engine.connect() as connection:
            if not self.is_sqlite:
                connection = connection.execution_options(  # noqa: PLW2901
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
            yield connection

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the one flock of a SQLite file, or say who may not: two services on one file would double calls."""
        if not self.is_sqlite or self.url.database in (None, "", ":memory:"):
            yield
            return
        path = Path(f"{self.url.database}.lock")
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise DatabaseBusyElsewhere(
                    f"another radrelay already serves {self.url.database}; stop it first, or use PostgreSQL"
                ) from None
            yield

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def _sqlite(url: str) -> Engine:
    engine = create_engine(
        url,
        hide_parameters=True,
        pool_size=32,
        max_overflow=64,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def _configure(raw: Any, _record: Any) -> None:
        raw.isolation_level = None  # SQLAlchemy's own BEGIN below, not the driver's
        _use_wal(raw)
        raw.execute("PRAGMA synchronous=FULL")
        raw.execute("PRAGMA foreign_keys=ON")
        raw.execute(f"PRAGMA mmap_size={MAPPED_BYTES}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        kind = connection.get_execution_options().get("begin", "DEFERRED")
        connection.exec_driver_sql(f"BEGIN {kind}")

    return engine


def _use_wal(raw: Any) -> None:
    """Turn the journal on; a new file that others open at this moment is locked, and SQLite does not wait for that."""
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            raw.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.01)
        else:
            return


def _postgresql(url: str, rested: float) -> Engine:
    engine = create_engine(url, hide_parameters=True, pool_size=16, max_overflow=32, pool_use_lifo=True)

    @event.listens_for(engine, "checkin")
    def _rest(_raw: Any, record: ConnectionPoolEntry) -> None:
        record.info["since"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def _look_whether_it_lives(raw: Any, record: ConnectionPoolEntry, _fairy: Any) -> None:
        """Ask as ``pool_pre_ping`` does, which asks before each transaction; the pool goes on with a new connection."""
        if time.monotonic() - record.info.get("since", time.monotonic()) < rested:
            return
        try:
            engine.dialect.do_ping(raw)
        except psycopg.Error:
            raise DisconnectionError from None

    return engine
