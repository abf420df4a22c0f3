"""The schema at head: what the tables say, with the triggers that keep the record, however often it is migrated."""

from __future__ import annotations

import multiprocessing
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel

from handlers.domain.classes import Priority, ReadKind
from handlers.domain.machinery import AuditFact, Deadline, DeadlineKind
from handlers.domain.studies import Read, ReadBy, ReadState
from store import deadlines, schema
from store.database import Database
from store.memory import SqlMemory
from tests.databases import PostgresqlServer, sqlite_url

REFUSED = (
    "UPDATE audit_entry SET action = 'read:release'",
    "UPDATE audit_entry SET hash = 'x', body = '{}' WHERE seq = 1",
    "DELETE FROM audit_entry",
    "DELETE FROM audit_entry WHERE seq = 1",
    "UPDATE chain SET seq = seq - 1",
    "UPDATE chain SET hash = 'x'",
    "UPDATE chain SET facility = 'south', seq = seq + 1",
    "DELETE FROM chain",
)
ON_SQLITE = (
    "INSERT OR REPLACE INTO audit_entry SELECT * FROM audit_entry WHERE seq = 1",
    "INSERT OR REPLACE INTO audit_entry (rowid,chain,seq,at,action,case_code,body,hash) VALUES (1,'n',9,'','','','','')",
    "INSERT OR REPLACE INTO chain VALUES ('north', 1, '')",
    "INSERT OR REPLACE INTO chain (rowid, facility, seq, hash) VALUES (1, 'south', 1, '')",
)
ON_POSTGRESQL = ("TRUNCATE audit_entry", "TRUNCATE chain", "TRUNCATE chain, audit_entry CASCADE")


def kept(memory: SqlMemory) -> Database:
    """Record two facts, so that there is something to tamper with."""
    with memory.transaction("north") as tx:
        tx.audit(AuditFact(action="read:claim", actor="radiologist:ann"))
        tx.audit(AuditFact(action="read:release", actor="radiologist:ann"))
    return memory.database


def record_of(database: Database) -> list[tuple[object, ...]]:
    """Return all of the record."""
    with database.reading() as connection:
        rows = [
            connection.execute(text(f"SELECT * FROM {table} ORDER BY 1, 2")).all()  # noqa: S608 - two fixed names
            for table in ("audit_entry", "chain")
        ]
    return [tuple(row) for part in rows for row in part]


def test_the_tables_and_the_newest_migration_say_the_same(database: Database) -> None:
    """Alembic finds no difference between head and the tables' own metadata."""
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_there_are_no_foreign_keys(database: Database) -> None:
    """Facts may arrive before what they belong to, and nothing is deleted in cascades."""
    tables = inspect(database.engine)
    assert [table for table in tables.get_table_names() if tables.get_foreign_keys(table)] == []


def test_a_fresh_database_is_at_head_and_a_second_migration_changes_nothing(database: Database) -> None:
    """``migrate`` may run at every start."""
    assert schema.is_at_head(database)
    schema.migrate(database)
    assert schema.head_of(database) == ("0028_recordings", "0028_recordings")


def test_reads_of_an_earlier_release_are_final_ones_by_us(memory: SqlMemory) -> None:
    """Before coverage there was one kind of read; its rows are found again as what they always were."""
    noon = datetime(2026, 6, 1, 12, tzinfo=UTC)
    read = Read(
        id="read-1",
        facility="north",
        study_id="study-1",
        case_code="48210934",
        pool="night",
        priority=Priority.STAT,
        state=ReadState.OPEN,
        opened_at=noon,
        due_at=noon,
        clock_started_at=noon,
        target_seconds=0,
    )
    assert (read.kind, read.by, read.coverage, read.subspecialty) == (ReadKind.FINAL, ReadBy.US, "", "")
    with memory.transaction("north") as tx:
        tx.add(read)
    earlier = ScriptDirectory.from_config(schema._config()).get_revision("0004_coverage").down_revision
    with schema._one_at_a_time(memory.database) as connection:
        command.downgrade(schema._config(connection), str(earlier))
        columns = {column["name"] for column in inspect(connection).get_columns("read")}
    assert not {"kind", "by", "coverage", "subspecialty"} & columns
    schema.migrate(memory.database)
    with memory.reading() as look:
        assert look.get(Read, "read-1") == read


def test_an_empty_database_is_not_at_head(tmp_path: Path) -> None:
    """Before the first migration there is no current schema, and the folder is made by migrating."""
    database = Database(sqlite_url(tmp_path / "empty.db"))
    assert schema.head_of(database) == (None, "0028_recordings")
    assert not schema.is_at_head(database)
    database.close()
    deeper = Database(sqlite_url(tmp_path / "made" / "here" / "a 100% new.db"))
    schema.migrate(deeper)
    assert schema.is_at_head(deeper)
    deeper.close()


def test_a_database_of_a_newer_release_is_left_alone(database: Database) -> None:
    """An unknown schema stops the migration with a sentence that says what to do."""
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0099_from_the_future'"))
    with pytest.raises(schema.SchemaProblem, match=r"0099_from_the_future.*newer radrelay"):
        schema.migrate(database)
    assert not schema.is_at_head(database)


def test_every_trigger_exists_at_head(database: Database) -> None:
    """Alembic's SQLite batch mode drops triggers silently: they are named here one by one."""
    query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    wanted = {"audit_entry_no_update", "audit_entry_no_delete", "audit_entry_no_replace"}
    wanted |= {"chain_forward_only", "chain_no_delete", "chain_no_replace"}
    if not database.is_sqlite:
        query = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'O'"
        wanted = {"audit_entry_no_change", "audit_entry_no_truncate"}
        wanted |= {"chain_forward_only", "chain_no_delete", "chain_no_truncate"}
    with database.reading() as connection:
        assert set(connection.execute(text(query)).scalars()) == wanted


def test_the_database_itself_refuses_to_change_the_record(memory: SqlMemory) -> None:
    """UPDATE, DELETE, REPLACE and TRUNCATE of the record fail, and a chain's head never goes back."""
    database = kept(memory)
    before = record_of(database)
    for statement in (*REFUSED, *(ON_SQLITE if database.is_sqlite else ON_POSTGRESQL)):
        with pytest.raises(DBAPIError, match=r"append-only|only moves forward"), database.writing() as connection:
            connection.execute(text(statement))
        assert record_of(database) == before, statement


def test_the_record_still_grows(memory: SqlMemory) -> None:
    """What the triggers let through is an append."""
    database = kept(memory)
    kept(memory)
    assert len(record_of(database)) == 4 + 1


def migrate_at(url: str, at: float) -> None:
    """Migrate at an instant, as one of several processes."""
    import time

    time.sleep(max(0.0, at - time.time()))
    database = Database(url)
    schema.migrate(database)
    database.close()


def all_at_once(target: Callable[[str, float], None], url: str, count: int) -> list[int | None]:
    """Run a function in several processes at one instant and return their exit codes."""
    at = datetime.now(UTC).timestamp() + 2.0
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=target, args=(url, at)) for _ in range(count)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    return [process.exitcode for process in processes]


def test_processes_that_migrate_at_once_do_not_meet_on_sqlite(tmp_path: Path) -> None:
    """The second waits for the first's IMMEDIATE transaction and finds nothing to do."""
    url = sqlite_url(tmp_path / "together.db")
    assert all_at_once(migrate_at, url, 4) == [0, 0, 0, 0]
    with sqlite3.connect(tmp_path / "together.db") as raw:
        assert raw.execute("SELECT version_num FROM alembic_version").fetchall() == [("0028_recordings",)]
    raw.close()


@pytest.mark.postgresql
def test_processes_that_migrate_at_once_do_not_meet_on_postgresql(postgresql_server: PostgresqlServer) -> None:
    """The second waits for the first's advisory lock and finds nothing to do."""
    url = postgresql_server.create(template="template0")
    assert all_at_once(migrate_at, url, 4) == [0, 0, 0, 0]
    database = Database(url)
    assert schema.is_at_head(database)
    database.close()
    postgresql_server.drop(url)


@pytest.mark.postgresql
def test_a_migration_that_never_ends_is_told(postgresql_database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits for the advisory lock too long says what to look for."""
    monkeypatch.setattr(schema, "LOCK_SECONDS", 1)
    database = Database(postgresql_database_url)
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001_initial'"))
    with database.writing() as holder:
        holder.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": schema.LOCK_KEY})
        with pytest.raises(schema.SchemaProblem, match="another process has been migrating"):
            schema.migrate(database)
    database.close()


def test_claims_of_before_they_were_judged_again_are_judged_now(memory: SqlMemory) -> None:
    """One that has no such deadline gets it with the migration; one that has it keeps it, and an open read needs none."""
    noon = datetime(2026, 6, 1, 12, tzinfo=UTC)
    read = Read(
        id="held", facility="north", study_id="study-1", case_code="48210934", pool="night", priority=Priority.STAT,
        state=ReadState.CLAIMED, opened_at=noon, due_at=noon, clock_started_at=noon, target_seconds=0,
        claimed_by="ann", claimed_at=noon,
    )  # fmt: skip
    with memory.transaction("north") as tx:
        tx.add(read)
        tx.add(replace(read, id="planned"))
        tx.add(replace(read, id="open", state=ReadState.OPEN, claimed_by=None, claimed_at=None))
        tx.deadline(Deadline(kind=DeadlineKind.CLAIM_STANDING, subject="planned", due_at=noon + timedelta(hours=1)))
    earlier = ScriptDirectory.from_config(schema._config()).get_revision("0012_closed").down_revision
    with schema._one_at_a_time(memory.database) as connection:
        command.downgrade(schema._config(connection), str(earlier))
    schema.migrate(memory.database)
    with memory.database.reading() as connection:
        due = {one.subject: one.due_at for one in deadlines.due_deadlines(connection, noon + timedelta(hours=2), 10)}
    assert due == {"held": noon, "planned": noon + timedelta(hours=1)}
