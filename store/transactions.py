"""Looking at what is stored, and the one transaction of a facility that begins by locking its chain's head."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from handlers.domain.errors import StaleWrite
from handlers.domain.machinery import (
    WAKE_CLOCK,
    AuditFact,
    Deadline,
    DeadlineKind,
    Effect,
)
from handlers.ports import Chance, Clock, Delivered, Due, Sending
from store import audit, deadlines, queues
from store.cipher import Cipher
from store.mapping import KEPT, columns_of, criterion, value_of
from store.queue_tables import DeliveryRow, Heartbeat, MessageRow
from store.wakeup import CHANNEL

V = TypeVar("V")
DELIVERY: Any = DeliveryRow.__table__  # type: ignore[attr-defined]
MESSAGE: Any = MessageRow.__table__  # type: ignore[attr-defined]
HEARTBEAT: Any = Heartbeat.__table__  # type: ignore[attr-defined]
#: A lane's name, like those of the other two that are woken, has no space in it.
NOTIFY = text(f"SELECT pg_notify('{CHANNEL}', :touched)")


class SqlReading:
    """Looking at what is stored."""

    def __init__(self, connection: Connection, cipher: Cipher, now: datetime) -> None:
        self.connection = connection
        self.cipher = cipher
        self.now = now

    def get(self, kind: type[V], key: str, /) -> V | None:
        """Return the value with this id."""
        table = KEPT[kind].table
        row = self.connection.execute(select(table).where(table.c.id == key)).mappings().first()
        return None if row is None else value_of(kind, dict(row), self.cipher)

    def one(self, kind: type[V], /, **equal: Any) -> V | None:
        """Return the newest value whose fields equal these."""
        kept = KEPT[kind]
        newest = (kept.table.c[kept.born].desc(), kept.table.c.id.desc())
        query = select(kept.table).where(*self._where(kind, equal)).order_by(*newest).limit(1)
        row = self.connection.execute(query).mappings().first()
        return None if row is None else value_of(kind, dict(row), self.cipher)

    def all(self, kind: type[V], /, **equal: Any) -> list[V]:
        """Return every value whose fields equal these (a tuple means any of them), oldest first."""
        kept = KEPT[kind]
        query = select(kept.table).where(*self._where(kind, equal)).order_by(kept.table.c[kept.born], kept.table.c.id)
        return [value_of(kind, dict(row), self.cipher) for row in self.connection.execute(query).mappings()]

    def newest(self, kind: type[V], /, *, after: int) -> V | None:
        """Return the numbered value with the greatest ``number`` above ``after``, or None."""
        table = KEPT[kind].table
        query = select(table).where(table.c.number > after).order_by(table.c.number.desc()).limit(1)
        row = self.connection.execute(query).mappings().first()
        return None if row is None else value_of(kind, dict(row), self.cipher)

    def count_since(self, kind: type[Any], field: str, since: datetime, /, **equal: Any) -> int:
        """Count values whose ``field`` lies at or after ``since``."""
        table = KEPT[kind].table
        query = select(func.count()).select_from(table).where(table.c[field] >= since, *self._where(kind, equal))
        return int(self.connection.execute(query).scalar_one())

    def message(self, subject: str) -> tuple[str, str] | None:
        """Return (channel, ts) of the Slack message that shows a subject."""
        row = self.connection.execute(select(MESSAGE).where(MESSAGE.c.subject == subject)).mappings().first()
        return None if row is None else (row["channel"], row["ts"])

    def _where(self, kind: type[Any], equal: dict[str, Any]) -> Iterator[Any]:
        columns = KEPT[kind].table.c
        for field, wanted in equal.items():
            if isinstance(wanted, tuple):
                pairs = [criterion(kind, field, one, self.cipher) for one in wanted]
                yield columns[pairs[0][0] if pairs else field].in_([value for _, value in pairs])
            else:
                column, value = criterion(kind, field, wanted, self.cipher)
                yield columns[column].is_(None) if value is None else columns[column] == value


class SqlTransaction(SqlReading):
    """One transaction of one facility."""

    def __init__(
        self,
        connection: Connection,
        cipher: Cipher,
        clock: Clock,
        facility: str,
        chance: Chance,
        touched: set[str],
    ) -> None:
        super().__init__(connection, cipher, clock.now())
        self.facility = facility
        self._chance = chance
        self._touched = touched
        self._facts: list[AuditFact] = []
        self._head = self._lock_chain()
        self.now = clock.now()  # after waiting for the lock: the chain's instants never go back

    def _lock_chain(self) -> tuple[int, str]:
        query = (
            select(audit.CHAIN.c.seq, audit.CHAIN.c.hash)
            .where(audit.CHAIN.c.facility == self.facility)
            .with_for_update()
        )
        row = self.connection.execute(query).first()
        if row is None:
            statement = queues.upsert(self.connection, audit.CHAIN).values(facility=self.facility, seq=0, hash="")
            self.connection.execute(statement.on_conflict_do_nothing())
            row = self.connection.execute(query).one()
        return int(row[0]), str(row[1])

    def add(self, value: V) -> V:
        """Insert a value; one that a unique key refuses raises ``StaleWrite``: somebody else was first."""
        try:
            self.connection.execute(insert(KEPT[type(value)].table), columns_of(value, self.cipher))
        except IntegrityError as error:
            raise _taken(value, error) from None
        return value

    def put(self, value: V) -> V:
        """Write a changed value back: compare the version and set, or raise ``StaleWrite``."""
        changed: Any = dataclasses.replace(value, version=value.version + 1)  # type: ignore[type-var, attr-defined]
        table = KEPT[type(value)].table
        row = columns_of(changed, self.cipher)
        mine = (table.c.id == row.pop("id"), table.c.version == changed.version - 1)
        try:
            written = self.connection.execute(update(table).where(*mine).values(**row))
        except IntegrityError as error:
            raise _taken(value, error) from None
        if written.rowcount != 1:
            raise StaleWrite(f"this {type(value).__name__} was changed meanwhile; run the transaction again")
        return changed  # type: ignore[no-any-return]

    def effect(self, effect: Effect) -> None:
        """Record something to be sent after the commit."""
        queues.add_effect(self.connection, self._chance.token(), self.facility, effect, self.now)
        later = effect.due_at is not None and effect.due_at > self.now
        self._touched.add(WAKE_CLOCK if later else effect.lane)

    def deadline(self, deadline: Deadline) -> None:
        """Record an instant."""
        deadlines.put_deadline(self.connection, self.facility, deadline.kind, deadline.subject, deadline.due_at)
        self._touched.add(WAKE_CLOCK)

    def forget(self, subject: str, *kinds: DeadlineKind) -> None:
        """Drop the undone deadlines of a subject."""
        deadlines.drop_deadlines(self.connection, subject, kinds)

    def audit(self, fact: AuditFact) -> None:
        """Append to the facility's chain, in this transaction."""
        self._facts.append(fact)

    def earlier_answer(self, delivery: str) -> str | None:
        """Return the answer that an inbound message got before, or None when it is new."""
        mine = (DELIVERY.c.facility == self.facility, DELIVERY.c.id == delivery)
        return self.connection.execute(select(DELIVERY.c.answer).where(*mine)).scalar()

    def keep_answer(self, delivery: str, answer: str) -> None:
        """Record an inbound message as handled, with its answer."""
        row = {"facility": self.facility, "id": delivery, "answer": answer, "at": self.now}
        self.connection.execute(insert(DELIVERY), row)

    def remember_message(self, subject: str, channel: str, ts: str) -> None:
        """Keep where a subject is shown."""
        values = {"channel": channel, "ts": ts}
        statement = queues.upsert(self.connection, MESSAGE).values(subject=subject, **values)
        self.connection.execute(statement.on_conflict_do_update(index_elements=["subject"], set_=values))

    def sent(self, sending: Sending) -> None:
        """Mark an effect as sent, together with what came of it."""
        queues.done_effect(self.connection, sending)
        self._touched.add(sending.effect.lane)

    def is_due(self, due: Due) -> bool:
        """Mark a deadline done; False when it was done or moved already."""
        return deadlines.finish_deadline(self.connection, due)

    def handled(self, item: Delivered) -> None:
        """Mark an inbox item handled and erase its body."""
        queues.finish_delivery(self.connection, item.id)

    def flush_audit(self) -> None:
        """Write the audit entries; called once, before the commit."""
        if self._facts:
            audit.append(self.connection, self.facility, self._head, self.now, self._facts)
            self._facts = []


def _taken(value: Any, error: IntegrityError) -> Exception:
    """Return what a refused write means: a unique key that is taken is somebody who was quicker, the rest is a bug."""
    unique = getattr(error.orig, "sqlstate", "") == "23505" or "UNIQUE" in str(error.orig)
    return StaleWrite(f"another {type(value).__name__} with the same unique key exists") if unique else error
