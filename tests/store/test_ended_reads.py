"""What turnaround figures are made of: the reads that a report ended in a span, and the clocks that older reads were given."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import text

from handlers.domain.classes import Priority
from handlers.domain.studies import Read, ReadBy, ReadState, Study
from handlers.domain.turnaround import EndedRead
from store import schema, transactions
from store.database import Database
from store.memory import SqlMemory
from tests.clock import NOON
from tests.databases import sqlite_url
from tests.store.test_values import example_of

MINE = "0006_problem"
MINUTE = timedelta(minutes=1)
READ = Read(
    id="r",
    facility="north",
    study_id="s",
    case_code="48210934",
    pool="night",
    priority=Priority.STROKE,
    state=ReadState.REPORTED,
    opened_at=NOON,
    due_at=NOON + 18 * MINUTE,
    clock_started_at=NOON,
    target_seconds=900,
    reported_at=NOON + 10 * MINUTE,
)


def kept(memory: SqlMemory, key: str, *, test: bool = False, **changed: Any) -> None:
    """Store a read with a study of its own."""
    study: Study = example_of(Study, id=f"s-{key}", test=test, case_code=key, accession_number=key)
    with memory.transaction("north") as tx:
        tx.add(study)
        tx.add(replace(READ, id=key, study_id=study.id, **changed))


def found(memory: SqlMemory, *facilities: str) -> list[EndedRead]:
    """Return the reads of half an hour after noon."""
    with memory.reading() as look:
        return look.ended_reads(NOON, NOON + 30 * MINUTE, facilities)


def test_an_ended_read_is_its_work_its_pauses_and_its_target(memory: SqlMemory) -> None:
    """Due eighteen minutes after its start with a target of fifteen: it stood still for three of its ten."""
    kept(memory, "1")
    assert found(memory, "north") == [
        EndedRead(priority=Priority.STROKE, working=7 * MINUTE, paused=3 * MINUTE, target=15 * MINUTE)
    ]


def test_only_reads_of_the_span_and_the_sites_that_are_no_tests(memory: SqlMemory) -> None:
    """Both ends are in it; one that waits, was canceled, is the client's own, or ended before or after is not."""
    given: dict[str, dict[str, Any]] = {
        "first": {"reported_at": NOON},
        "last": {"reported_at": NOON + 30 * MINUTE},
        "before": {"reported_at": NOON - MINUTE},
        "after": {"reported_at": NOON + 31 * MINUTE},
        "open": {"reported_at": None, "state": ReadState.OPEN},
        "canceled": {"reported_at": None, "state": ReadState.CANCELED},
        "elsewhere": {"facility": "south"},
        "the client's own": {"by": ReadBy.CLIENT},
        "a test": {"test": True},
    }
    for key, changed in given.items():
        kept(memory, key, **changed)
    assert len(found(memory, "north")) == 2
    assert len(found(memory, "north", "south")) == 3
    assert found(memory) == []


def test_a_report_signed_before_the_clock_began_took_no_time(memory: SqlMemory) -> None:
    """Clocks of other systems run differently; nothing is negative."""
    kept(memory, "1", clock_started_at=NOON + 20 * MINUTE, due_at=NOON + 35 * MINUTE)
    assert [read.working for read in found(memory, "north")] == [timedelta(0)]


def test_a_split_study_counts_once_when_all_of_it_has_ended_as_its_last_region(memory: SqlMemory) -> None:
    """Not while a region waits; two that ended at one instant are one, and what was superseded holds nothing up."""
    kept(memory, "1", region="head")
    with memory.transaction("north") as tx:
        of = replace(READ, study_id="s-1", region="chest", split_from="1")
        waiting = tx.add(replace(of, id="2", state=ReadState.CLAIMED, reported_at=None))
        tx.add(replace(of, id="3", region="neck"))
        tx.add(replace(of, id="4", region="spine", state=ReadState.SUPERSEDED, reported_at=None))
    assert found(memory, "north") == []
    with memory.transaction("north") as tx:
        tx.put(replace(waiting, state=ReadState.REPORTED, reported_at=NOON + 14 * MINUTE))
    assert [read.working for read in found(memory, "north")] == [11 * MINUTE]
    kept(memory, "5", region="head")
    with memory.transaction("north") as tx:
        tx.add(replace(READ, id="6", study_id="s-5", region="neck", split_from="5"))
    assert len(found(memory, "north")) == 2


def test_reads_that_were_here_before_have_the_clock_they_were_given(database: Database) -> None:
    """Begun with the last image, else with the study's arrival; the target is what lay between that and the due instant."""
    with database.writing() as connection:
        config = schema._config(connection)
        before = ScriptDirectory.from_config(config).get_revision(MINE).down_revision
        assert isinstance(before, str)
        command.downgrade(config, before)
        columns = "id, facility, study_id, case_code, pool, priority, state, opened_at, due_at, version"
        for key, opened in (("r1", "12:02:00"), ("r2", "12:03:00")):
            connection.execute(
                text(
                    f"INSERT INTO read ({columns}) VALUES ('{key}', 'north', 's', '1', 'night', 'stroke', 'open',"  # noqa: S608
                    f" '2026-03-01 {opened}.000000', '2026-03-01 12:17:30.000000', 0)"
                )
            )
        connection.execute(text("UPDATE read SET study_id = 'gone' WHERE id = 'r2'"))
        _study(connection, "2026-03-01 12:01:30.000000")
        command.upgrade(schema._config(connection), "head")
        rows = connection.execute(text("SELECT id, clock_started_at, target_seconds FROM read ORDER BY id")).all()
    started = [(row[0], _instant(row[1]), row[2]) for row in rows]
    day = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert started == [("r1", day + 1.5 * MINUTE, 16 * 60), ("r2", day + 3 * MINUTE, 14 * 60 + 30)]


def _study(connection: Any, last_image: str) -> None:
    """Insert the least of a study into the older schema."""
    texts = "facility case_code accession_number_index study_instance_uid_index modality priority patient_class"
    texts += " patient_state group_index status"
    names = ["id", *texts.split(), "sealed", "ready", "test", "instance_count", "version"]
    values = ["'s'", *["''"] * len(texts.split()), "''", "false", "false", "0", "0"]
    names += ["last_image_at", "received_at", "event_at"]
    values += [f"'{last_image}'", "'2026-03-01 12:00:00.000000'", "'2026-03-01 12:00:00.000000'"]
    connection.execute(text(f"INSERT INTO study ({', '.join(names)}) VALUES ({', '.join(values)})"))  # noqa: S608


def _instant(stored: Any) -> datetime:
    found = datetime.fromisoformat(stored) if isinstance(stored, str) else stored
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def test_a_months_reads_are_found_by_their_instant(tmp_path: Any) -> None:
    """SQLite, which has no statistics, takes the index of reports and not that of the worklist."""
    database = Database(sqlite_url(tmp_path / "plan.db"))
    schema.migrate(database)
    asked = transactions._ENDED.params(since=NOON, until=NOON, facilities=["north", "south"])
    query = asked.compile(database.engine, compile_kwargs={"literal_binds": True})
    with database.reading() as connection:
        plan = str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}").all())
    database.close()
    assert "read_reported" in plan
