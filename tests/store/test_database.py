"""Opening a database: one service a SQLite file, a fair writer, durable by default, and queues found by index."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event, text
from sqlalchemy.exc import DBAPIError

from handlers.domain.machinery import Deadline, DeadlineKind
from store.columns import Instant
from store.database import Database, DatabaseBusyElsewhere, FairLock
from store.memory import SqlMemory
from tests.clock import NOON
from tests.databases import sqlite_url
from tests.store.test_inbox import accepted
from tests.store.test_outbox import effect
from tests.store.threads import PATIENCE

HOLDER = """
import sys
from store.database import Database
database = Database(sys.argv[1])
with database.alone():
    print("held", flush=True)
    sys.stdin.read()
database.close()
"""


def test_a_second_service_on_one_file_is_refused(sqlite_database_url: str) -> None:
    """Two would call twice. The lock is the kernel's: it goes with its process, however that ends."""
    database = Database(sqlite_database_url)
    command = [sys.executable, "-c", HOLDER, sqlite_database_url]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(DatabaseBusyElsewhere, match="another radrelay already serves"), database.alone():
            pass
        other.kill()
        other.wait(PATIENCE)
    with database.alone(), pytest.raises(DatabaseBusyElsewhere), database.alone():
        pass
    with database.alone():
        pass
    database.close()


def test_the_lock_does_not_hinder_who_only_looks(sqlite_database_url: str) -> None:
    """`audit verify` reads while the service runs, also in the middle of a write."""
    service, auditor = Database(sqlite_database_url), Database(sqlite_database_url)
    with service.alone(), service.writing() as connection:
        connection.execute(text("INSERT INTO chain (facility, seq, hash) VALUES ('north', 0, '')"))
        with auditor.reading() as look:
            assert look.execute(text("SELECT count(*) FROM chain")).scalar_one() == 0
    service.close()
    auditor.close()


@pytest.mark.postgresql
def test_postgresql_has_no_such_lock(postgresql_database_url: str) -> None:
    """Any number of processes serve one PostgreSQL database."""
    one, two = Database(postgresql_database_url), Database(postgresql_database_url)
    with one.alone(), two.alone():
        pass
    one.close()
    two.close()


def _cut(database: Database) -> None:
    """Leave one connection of the database in its pool, ended by the server meanwhile: a restart, a failover."""
    other = Database(database.url.render_as_string(hide_password=False))
    with database.reading() as mine:
        process = mine.execute(text("SELECT pg_backend_pid()")).scalar_one()
    with other.reading() as look:
        assert look.execute(text("SELECT pg_terminate_backend(:process, 5000)"), {"process": process}).scalar_one()
    other.close()


@pytest.mark.postgresql
@pytest.mark.parametrize("begin", ["reading", "writing", "stating", "snapshot"])
def test_a_connection_that_died_at_rest_is_replaced(postgresql_database_url: str, begin: str) -> None:
    """PostgreSQL was restarted in a quiet hour: the first event after it is accepted as any other."""
    database = Database(postgresql_database_url, rested=0)
    _cut(database)
    with getattr(database, begin)() as connection:
        assert connection.execute(text("SELECT count(*) FROM inbox")).scalar_one() == 0
    database.close()


@pytest.mark.postgresql
def test_a_connection_in_use_is_not_asked_each_time(postgresql_database_url: str) -> None:
    """One that died within the second fails its transaction, as one in the middle of it would; the next goes on."""
    database = Database(postgresql_database_url, rested=60)
    _cut(database)
    with pytest.raises(DBAPIError), database.writing() as connection:
        connection.execute(text("SELECT 1"))
    with database.writing() as connection:
        assert connection.execute(text("SELECT 1")).scalar_one() == 1
    database.close()


def test_sqlite_is_durable_from_its_first_connection(tmp_path: Path) -> None:
    """WAL, and FULL: a commit that was answered survives a power cut."""
    database = Database(sqlite_url(tmp_path / "new.db"))
    with database.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2
    database.close()


def test_a_fair_lock_is_handed_over_in_the_order_of_asking() -> None:
    """Ten who wait get it one after the other, first come, first served; it is free again at the end."""
    lock = FairLock()
    lock.acquire()
    order: list[int] = []

    def wait(number: int) -> None:
        lock.acquire()
        order.append(number)
        lock.release()

    threads = []
    for number in range(10):
        threads.append(threading.Thread(target=wait, args=(number,)))
        threads[-1].start()
        until_waiting(lock, number + 1)
    lock.release()
    for thread in threads:
        thread.join(PATIENCE)
    assert order == list(range(10))
    lock.acquire()
    lock.release()


def until_waiting(lock: FairLock, count: int) -> None:
    """Return once so many wait."""
    pause = threading.Event()
    for _ in range(1000):
        if len(lock._waiting) == count:
            return
        pause.wait(0.005)
    raise AssertionError("they do not wait")


def test_a_failed_write_hands_the_lock_on(sqlite_database_url: str) -> None:
    """An exception inside a write leaves the writer free."""
    database = Database(sqlite_database_url)
    for _ in range(3):
        with pytest.raises(DBAPIError), database.writing() as connection:
            connection.execute(text("SELECT no_such_column"))
    with database.writing():
        pass
    database.close()


def test_a_snapshot_changes_nothing_on_postgresql_and_sees_one_instant(database: Database) -> None:
    """What is committed while it lasts is not in it."""
    with database.snapshot() as look:
        assert look.execute(text("SELECT count(*) FROM chain")).scalar_one() == 0
        with database.writing() as connection:
            connection.execute(text("INSERT INTO chain (facility, seq, hash) VALUES ('north', 0, '')"))
        assert look.execute(text("SELECT count(*) FROM chain")).scalar_one() == 0
        if not database.is_sqlite:
            with pytest.raises(DBAPIError, match="read-only"):
                look.execute(text("DELETE FROM chain"))
    with database.writing() as connection:
        connection.execute(text("INSERT INTO chain (facility, seq, hash) VALUES ('south', 0, '')"))


def test_an_instant_without_a_zone_is_refused(database: Database) -> None:
    """A naive time would mean another instant on another machine."""
    kind = Instant()
    dialect = database.engine.dialect
    with pytest.raises(ValueError, match="an instant needs a zone"):
        kind.process_bind_param(datetime(2026, 3, 2), dialect)  # noqa: DTZ001
    stored = kind.process_bind_param(datetime.fromisoformat("2026-03-02T13:00:00+01:00"), dialect)
    assert kind.process_result_value(stored, dialect) == NOON
    assert kind.process_bind_param(None, dialect) is kind.process_result_value(None, dialect) is None
    assert datetime.now(UTC).tzinfo is UTC


@contextmanager
def statements(database: Database) -> Iterator[list[tuple[str, Any]]]:
    """Collect what is sent to the database, with its parameters."""
    sent: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        sent.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", note)
    yield sent
    event.remove(database.engine, "before_cursor_execute", note)


def plan_of(connection: Connection, statement: str, parameters: Any) -> str:
    """Return a statement's plan in words."""
    explain = "EXPLAIN QUERY PLAN " if connection.dialect.name == "sqlite" else "EXPLAIN "
    rows = connection.exec_driver_sql(explain + statement, parameters).all()
    return "\n".join(str(row[-1]) for row in rows)


def crowd(memory: SqlMemory) -> None:
    """Fill every queue with what is done, what lies ahead and a little that is due."""
    memory.accept(accepted(f"done {number}", facility=f"f{number % 20}") for number in range(2000))
    with memory.database.writing() as connection:
        connection.execute(text("UPDATE inbox SET state = 'done'"))
    memory.accept(accepted(f"due {number}", facility=f"f{number % 20}") for number in range(40))
    with memory.transaction("north") as tx:
        for number in range(2000):
            tx.effect(effect(f"dropped {number}"))
            due = NOON + timedelta(seconds=number)
            tx.deadline(Deadline(kind=DeadlineKind.RUNG_OVER, subject=f"relay-{number}", due_at=due))
    with memory.database.writing() as connection:
        connection.execute(text("UPDATE outbox SET state = 'dropped'"))
    with memory.transaction("north") as tx:
        for number in range(10):
            tx.effect(effect(f"due {number}"))
    with memory.database.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))


def take_delivery(memory: SqlMemory) -> None:
    """Take one delivery."""
    with memory.next_delivery() as work:
        assert work is not None


def take_effect(memory: SqlMemory) -> None:
    """Take one effect."""
    assert memory.take_effect("") is not None


def take_due(memory: SqlMemory) -> None:
    """Look at what is due."""
    assert len(memory.take_due()) == 1


def next_instant(memory: SqlMemory) -> None:
    """Look for the next instant."""
    assert memory.next_instant() == NOON


QUEUES: list[tuple[Callable[[SqlMemory], None], tuple[str, ...]]] = [
    (take_due, ("deadline",)),
    (next_instant, ("inbox", "outbox", "deadline")),
    (take_delivery, ("inbox",)),
    (take_effect, ("outbox",)),
]


def test_what_is_due_is_found_by_an_index(memory: SqlMemory) -> None:
    """Among thousands that are done or lie ahead, no queue is read from one end to the other."""
    crowd(memory)
    for take, tables in QUEUES:
        with statements(memory.database) as sent:
            take(memory)
        for table in tables:
            plans = plans_of(memory, sent, table)
            assert plans, (take, table)
            for plan in plans:
                assert f"SCAN {table}" not in plan.replace(f"SCAN {table} USING", ""), (take, plan)
                assert f"Seq Scan on {table}" not in plan, (take, plan)
            assert any("USING" in plan or "Index" in plan for plan in plans), (take, plans)


def plans_of(memory: SqlMemory, sent: list[tuple[str, Any]], table: str) -> list[str]:
    """Return the plans of the statements that look into a table."""
    looks = [one for one in sent if table in one[0] and not one[0].startswith(("BEGIN", "INSERT"))]
    with memory.database.reading() as connection:
        return [plan_of(connection, statement, parameters) for statement, parameters in looks]
