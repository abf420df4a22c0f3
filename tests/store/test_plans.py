"""What is asked before every claim, and a worklist, do not look through every read there ever was."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, text

from handlers.domain.studies import Read, ReadState, Study
from store.database import Database
from store.memory import SqlMemory
from store.transactions import SqlReading
from tests.clock import NOON
from tests.store.test_values import example_of

MANY = 20_000
_COPIES = """
INSERT INTO read ({columns}) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {many})
SELECT {values} FROM read, n WHERE read.id = 'r'
"""


def filled(memory: SqlMemory, database: Database) -> None:
    """Put in many reported reads, and let PostgreSQL count them as it does by itself."""
    long_ago = NOON - timedelta(days=200)
    with memory.transaction("north") as tx:
        tx.add(example_of(Study, id="s", facility="north"))
        tx.add(
            example_of(
                Read,
                id="r",
                facility="north",
                study_id="s",
                state=ReadState.REPORTED,
                claimed_by="lee",
                claimed_at=long_ago,
            )
        )
    with database.writing() as connection:
        names = list(connection.execute(text("SELECT * FROM read")).keys())
        values = ["'r-' || i" if name == "id" else f"read.{name}" for name in names]
        connection.execute(text(_COPIES.format(columns=", ".join(names), values=", ".join(values), many=MANY)))
        if not database.is_sqlite:  # where nothing of ours ever gathers statistics
            connection.execute(text("ANALYZE"))


@pytest.mark.parametrize(
    "ask",
    [
        lambda look: look.claimed_since(NOON - timedelta(hours=10)),
        lambda look: look.all(Read, state=ReadState.CLAIMED, claimed_by="lee"),
        lambda look: look.alike(["north"], "lee"),
        lambda look: look.worklist(["north"], "lee", many=40, past=0),
        lambda look: look.worklist(["north"], "lee", many=40, past=0, open_to=[]),
    ],
    ids=["claimed_since", "held_by", "alike", "worklist", "worklist of what is alike"],
)
def test_no_read_of_long_ago_is_looked_at(
    memory: SqlMemory, database: Database, ask: Callable[[SqlReading], Any]
) -> None:
    """On either database an index leads to what is held and what was claimed lately."""
    filled(memory, database)
    asked: list[tuple[str, Any]] = []
    event.listen(memory.database.engine, "before_cursor_execute", lambda *call: asked.append((call[2], call[3])))
    with memory.reading() as look:
        assert ask(look) == []
    statement, values = asked[-1]
    explain = "EXPLAIN QUERY PLAN " if database.is_sqlite else "EXPLAIN "
    with database.reading() as connection:
        plan = [str(row[-1]) for row in connection.exec_driver_sql(explain + statement, values)]
    assert [line for line in plan if "read_worklist" in line]
    assert not [line for line in plan if "Seq Scan on read" in line or line.startswith("SCAN read")]
