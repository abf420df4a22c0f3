"""Recording facts, verifying them, and doing to the record what an attacker with every right could do."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import orjson
from sqlalchemy import text

from handlers.domain.machinery import AuditFact
from store import audit
from store.audit import ChainReport
from store.database import Database
from store.memory import SqlMemory
from tests.clock import NOON, ManualClock


def record(memory: SqlMemory, count: int = 6, facility: str = "north", clock: ManualClock | None = None) -> None:
    """Record facts, two in a transaction."""
    for number in range(0, count, 2):
        with memory.transaction(facility) as tx:
            for one in (number, number + 1)[: count - number]:
                facts: dict[str, str | int | bool | None] = {
                    "number": one,
                    "name": "Zoë \u2028 \x00",
                    "yes": True,
                    "none": None,
                }
                tx.audit(AuditFact(action="read:claim", actor="radiologist:ann", case_code="48210934", facts=facts))
        if clock is not None:
            clock.advance(timedelta(seconds=1))


def verified(memory: SqlMemory, anchors: Path | None = None) -> dict[str, ChainReport]:
    """Verify the record against an anchor file."""
    lines = audit.anchors(anchors) if anchors is not None else []
    with memory.database.snapshot() as connection:
        return {report.chain: report for report in audit.verify(connection, lines)}


def problems(memory: SqlMemory, anchors: Path | None = None) -> list[str]:
    """Return every problem."""
    return [problem for report in verified(memory, anchors).values() for problem in report.problems]


def anchor(memory: SqlMemory, path: Path) -> None:
    """Anchor the heads at noon."""
    with memory.database.snapshot() as connection:
        audit.anchor(connection, path, NOON)


def untie(database: Database) -> None:
    """Remove the guards, as an attacker with every right would."""
    with database.writing() as connection:
        if database.is_sqlite:
            names = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all()
            for name in names:
                connection.execute(text(f"DROP TRIGGER {name}"))
        else:
            for table in ("audit_entry", "chain"):
                connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))


def tamper(memory: SqlMemory, *statements: str) -> None:
    """Run statements against an unguarded record."""
    untie(memory.database)
    with memory.database.writing() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def rewritten(memory: SqlMemory, seq: int, actor: str) -> list[str]:
    """Return statements that change an entry's bytes and its hash."""
    with memory.database.reading() as connection:
        query = text("SELECT body FROM audit_entry WHERE chain = 'north' AND seq = :seq")
        body = json.loads(connection.execute(query, {"seq": seq}).scalar_one())
    changed = orjson.dumps(body | {"actor": actor, "facts": {}}, option=orjson.OPT_SORT_KEYS)
    values = f"body = '{changed.decode()}', hash = '{audit.digest(changed)}'"
    return [f"UPDATE audit_entry SET {values} WHERE chain = 'north' AND seq = {seq}"]  # noqa: S608 - a test's own words


def cut_to(memory: SqlMemory, seq: int) -> None:
    """Cut the tail and set the head back to fit."""
    head = f"SELECT hash FROM audit_entry WHERE chain = 'north' AND seq = {seq}"  # noqa: S608 - a number
    tamper(
        memory,
        f"DELETE FROM audit_entry WHERE chain = 'north' AND seq > {seq}",  # noqa: S608
        f"UPDATE chain SET seq = {seq}, hash = ({head}) WHERE facility = 'north'",  # noqa: S608
    )


def rewrite_from(memory: SqlMemory, first: int, actor: str) -> None:
    """Rewrite a chain from an entry to its end so that it is whole again, hashes, head and all."""
    untie(memory.database)
    with memory.database.writing() as connection:
        rows = connection.execute(text("SELECT seq, body, hash FROM audit_entry ORDER BY seq")).all()
        prev = ""
        for seq, body, hashed in rows:
            if seq >= first:
                said = json.loads(body) | {"actor": actor, "prev": prev}
                body = orjson.dumps(said, option=orjson.OPT_SORT_KEYS).decode()  # noqa: PLW2901
                hashed = audit.digest(body.encode())  # noqa: PLW2901
                change = text("UPDATE audit_entry SET body = :body, hash = :hash WHERE seq = :seq")
                connection.execute(change, {"body": body, "hash": hashed, "seq": seq})
            prev = hashed
        connection.execute(text("UPDATE chain SET hash = :hash"), {"hash": prev})
