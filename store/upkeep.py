"""What an operator does to the store by hand: seal rows anew after a key rotation, look at what was set aside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update

from store.cipher import Cipher
from store.database import Database
from store.mapping import KEPT
from store.queues import INBOX, OUTBOX

BATCH = 500


@dataclass(frozen=True, slots=True)
class SetAside:
    """An accepted event that could not be handled, or an effect that was given up; ids and codes only."""

    id: str
    what: str
    facility: str
    kind: str
    at: datetime
    tries: int
    reason: str


def reseal(database: Database, cipher: Cipher) -> Iterator[tuple[str, int]]:
    """Seal every sealed row with the first key; yields (table, rows so far) after each batch. May be run again."""
    tables = [kept.table for kept in KEPT.values() if kept.sealed]
    for table, column in [*((table, "sealed") for table in tables), (INBOX, "body")]:
        done, after = 0, ""
        while rows := _batch(database, table, column, after):
            with database.writing() as connection:
                for key, sealed in rows:
                    same = (table.c.id == key, table.c[column] == sealed)
                    fresh = {column: cipher.rotate(sealed)}
                    connection.execute(update(table).where(*same).values(**fresh))
            done, after = done + len(rows), rows[-1][0]
            yield table.name, done


def _batch(database: Database, table: Any, column: str, after: str) -> list[tuple[str, bytes]]:
    query = (
        select(table.c.id, table.c[column])
        .where(table.c.id > after, func.length(table.c[column]) > 0)
        .order_by(table.c.id)
        .limit(BATCH)
    )
    with database.reading() as connection:
        return [(key, bytes(sealed)) for key, sealed in connection.execute(query)]


def set_aside(database: Database) -> list[SetAside]:
    """Return the events that were set aside and the effects that were given up, oldest first."""
    with database.reading() as connection:
        events = connection.execute(select(INBOX).where(INBOX.c.state == "aside")).mappings().all()
        effects = connection.execute(select(OUTBOX).where(OUTBOX.c.state == "dropped")).mappings().all()
    found = [
        SetAside(row["id"], "event", row["facility"], row["kind"], row["received_at"], row["tries"], row["reason"])
        for row in events
    ]
    found += [
        SetAside(row["id"], "effect", row["facility"], row["kind"], row["due_at"], row["tries"], row["reason"])
        for row in effects
    ]
    return sorted(found, key=lambda one: one.at)


def try_again(database: Database, key: str, now: datetime) -> bool:
    """Put one that was set aside back to be handled; False when there is no such one."""
    with database.writing() as connection:
        fresh = {"state": "pending", "tries": 0, "due_at": now, "reason": ""}
        event = update(INBOX).where(INBOX.c.id == key, INBOX.c.state == "aside").values(**fresh)
        effect = update(OUTBOX).where(OUTBOX.c.id == key, OUTBOX.c.state == "dropped").values(**fresh)
        return bool(connection.execute(event).rowcount + connection.execute(effect).rowcount)
