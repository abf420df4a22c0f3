"""Looking at what is stored, and the one transaction of a facility that begins by locking its chain's head."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import Connection, Select, Update, and_, bindparam, func, insert, or_, select, text, update
from sqlalchemy.exc import IntegrityError

from handlers.domain.classes import Priority
from handlers.domain.errors import StaleWrite
from handlers.domain.machinery import (
    WAKE_CLOCK,
    AuditFact,
    Deadline,
    DeadlineKind,
    Effect,
)
from handlers.domain.studies import Read, ReadBy, ReadState, Study
from handlers.domain.turnaround import EndedRead
from handlers.domain.worklists import ORDER, Alike, Claimed, Waiting
from handlers.ports import Chance, Clock, Delivered, Due, Sending
from store import audit, deadlines, queues, worklist
from store.cipher import Cipher
from store.mapping import KEPT, Kept, columns_of, criterion, value_of
from store.queue_tables import DeliveryRow, Heartbeat, MessageRow
from store.wakeup import CHANNEL

V = TypeVar("V")
DELIVERY: Any = DeliveryRow.__table__  # type: ignore[attr-defined]
MESSAGE: Any = MessageRow.__table__  # type: ignore[attr-defined]
HEARTBEAT: Any = Heartbeat.__table__  # type: ignore[attr-defined]
#: A lane's name, like those of the other two that are woken, has no space in it.
NOTIFY = text(f"SELECT pg_notify('{CHANNEL}', :touched)")

#: Asked so often that they are made once.
_BY_ID: Mapping[type[Any], Select[Any]] = {
    kind: select(kept.table).where(kept.table.c.id == bindparam("key")) for kind, kept in KEPT.items()
}
_HEAD = (
    select(audit.CHAIN.c.seq, audit.CHAIN.c.hash).where(audit.CHAIN.c.facility == bindparam("chain")).with_for_update()
)
#: Held until the transaction ends; names that share a digest wait for each other once in a while, which harms nobody.
_ALONE = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")

#: The columns of a comparison, each with how it is compared: ``is`` a value, is ``null``, is ``in`` a list.
_Shape = tuple[tuple[str, str], ...]


def _fitting(kept: Kept, shape: _Shape) -> Iterator[Any]:
    columns = kept.table.c
    for number, (name, how) in enumerate(shape):
        if how == "null":
            yield columns[name].is_(None)
        elif how == "in":
            yield columns[name].in_(bindparam(f"p{number}", expanding=True))
        else:
            yield columns[name] == bindparam(f"p{number}")


@cache
def _newest(kept: Kept, shape: _Shape) -> Select[Any]:
    order = (kept.table.c[kept.born].desc(), kept.table.c.id.desc())
    return select(kept.table).where(*_fitting(kept, shape)).order_by(*order).limit(1)


@cache
def _oldest_first(kept: Kept, shape: _Shape) -> Select[Any]:
    return select(kept.table).where(*_fitting(kept, shape)).order_by(kept.table.c[kept.born], kept.table.c.id)


@cache
def _changing(kept: Kept) -> Update:
    columns = kept.table.c
    return update(kept.table).where(columns.id == bindparam("mine"), columns.version == bindparam("seen"))


@cache
def _counting(kept: Kept, shape: _Shape, field: str) -> Select[Any]:
    table = kept.table
    since = table.c[field] >= bindparam("since")
    return select(func.count()).select_from(table).where(since, *_fitting(kept, shape))


@cache
def _since(kept: Kept, shape: _Shape, field: str) -> Select[Any]:
    return _oldest_first(kept, shape).where(kept.table.c[field] >= bindparam("since"))


#: What figures need of a read, and no more: a month of many sites is tens of thousands. Only what was reported has the
#: instant; asking for the state as well would have SQLite look through every read that ever was.
_READ, _STUDY = KEPT[Read].table.c, KEPT[Study].table.c
#: A study that was split ends with the last of its regions, and counts once: as that one.
_OTHER = KEPT[Read].table.alias("other")
_IS_SPLIT_OFF = and_(_OTHER.c.study_id == _READ.study_id, _OTHER.c.kind == _READ.kind, _OTHER.c.region != "")
_ENDS_LATER = or_(
    _OTHER.c.state.in_((ReadState.OPEN.value, ReadState.CLAIMED.value)),
    _OTHER.c.reported_at > _READ.reported_at,
    and_(_OTHER.c.reported_at == _READ.reported_at, _OTHER.c.id > _READ.id),
)
_ENDED = (
    select(_READ.priority, _READ.clock_started_at, _READ.reported_at, _READ.due_at, _READ.target_seconds)
    .join_from(KEPT[Read].table, KEPT[Study].table, _STUDY.id == _READ.study_id)
    .where(
        _READ.reported_at >= bindparam("since"),
        _READ.reported_at <= bindparam("until"),
        _READ.facility.in_(bindparam("facilities", expanding=True)),
        _READ.by == ReadBy.US.value,
        _STUDY.test.is_(False),
        or_(_READ.region == "", ~select(_OTHER.c.id).where(_IS_SPLIT_OFF, _ENDS_LATER).exists()),
    )
)


def _ended(priority: str, started: datetime, reported: datetime, due: datetime, target: timedelta) -> EndedRead:
    paused = due - started - target
    working = max(reported - started - paused, timedelta(0))
    return EndedRead(priority=Priority(priority), working=working, paused=paused, target=target)


class SqlReading:
    """Looking at what is stored."""

    def __init__(self, connection: Connection, cipher: Cipher, now: datetime) -> None:
        self.connection = connection
        self.cipher = cipher
        self.now = now

    def get(self, kind: type[V], key: str, /) -> V | None:
        """Return the value with this id."""
        row = self.connection.execute(_BY_ID[kind], {"key": key}).mappings().first()
        return None if row is None else value_of(kind, dict(row), self.cipher)

    def one(self, kind: type[V], /, **equal: Any) -> V | None:
        """Return the newest value whose fields equal these."""
        shape, wanted = self._criteria(kind, equal)
        row = self.connection.execute(_newest(KEPT[kind], shape), wanted).mappings().first()
        return None if row is None else value_of(kind, dict(row), self.cipher)

    def all(self, kind: type[V], /, **equal: Any) -> list[V]:
        """Return every value whose fields equal these (a tuple means any of them), oldest first."""
        shape, wanted = self._criteria(kind, equal)
        return [
            value_of(kind, dict(row), self.cipher)
            for row in self.connection.execute(_oldest_first(KEPT[kind], shape), wanted).mappings()
        ]

    def newest(self, kind: type[V], /, *, after: int) -> V | None:
        """Return the numbered value with the greatest ``number`` above ``after``, or None."""
        table = KEPT[kind].table
        query = select(table).where(table.c.number > after).order_by(table.c.number.desc()).limit(1)
        row = self.connection.execute(query).mappings().first()
        return None if row is None else value_of(kind, dict(row), self.cipher)

    def count_since(self, kind: type[Any], field: str, since: datetime, /, **equal: Any) -> int:
        """Count values whose ``field`` lies at or after ``since``."""
        shape, wanted = self._criteria(kind, equal)
        return int(
            self.connection.execute(_counting(KEPT[kind], shape, field), {**wanted, "since": since}).scalar_one()
        )

    def since(self, kind: type[V], field: str, since: datetime, /, **equal: Any) -> list[V]:
        """Return the values whose ``field`` lies at or after ``since``, oldest first."""
        shape, wanted = self._criteria(kind, equal)
        rows = self.connection.execute(_since(KEPT[kind], shape, field), {**wanted, "since": since})
        return [value_of(kind, dict(row), self.cipher) for row in rows.mappings()]

    def worklist(
        self,
        facilities: Collection[str],
        holder: str,
        *,
        many: int,
        past: int,
        open_to: Collection[Alike] | None = None,
        also: Collection[str] = (),
        classes: Collection[Priority] = ORDER,
    ) -> list[Waiting]:
        """Return a page of the open and claimed reads of these facilities, in the worklist's order for ``holder``."""
        asked = worklist.Asked(facilities, holder, self.now, many, past, open_to, also, classes)
        return worklist.page(self.connection, self.cipher, asked)

    def alike(self, facilities: Collection[str], holder: str) -> list[Alike]:
        """Return how many reads of that worklist are alike in everything that is judged."""
        return worklist.alike(self.connection, facilities, holder, self.now)

    def claimed_since(self, since: datetime) -> list[Claimed]:
        """Return what is held by anybody, and what was claimed since an instant."""
        return worklist.claimed_since(self.connection, since)

    def ended_reads(self, since: datetime, until: datetime, facilities: Collection[str]) -> list[EndedRead]:
        """Return the reads of these facilities that a report of ours ended in a span, those of test studies left out."""
        asked = {"since": since, "until": until, "facilities": list(facilities)}
        return [
            _ended(priority, started, reported, due, timedelta(seconds=target))
            for priority, started, reported, due, target in self.connection.execute(_ENDED, asked)
        ]

    def message(self, subject: str) -> tuple[str, str] | None:
        """Return (channel, ts) of the Slack message that shows a subject."""
        row = self.connection.execute(select(MESSAGE).where(MESSAGE.c.subject == subject)).mappings().first()
        return None if row is None else (row["channel"], row["ts"])

    def _criteria(self, kind: type[Any], equal: dict[str, Any]) -> tuple[_Shape, dict[str, Any]]:
        """Return which columns are compared how, and with what."""
        shape, wanted = [], {}
        for number, (field, value) in enumerate(equal.items()):
            if isinstance(value, tuple):
                pairs = [criterion(kind, field, one, self.cipher) for one in value]
                shape.append((pairs[0][0] if pairs else field, "in"))
                wanted[f"p{number}"] = [one for _, one in pairs]
            else:
                column, one = criterion(kind, field, value, self.cipher)
                shape.append((column, "null" if one is None else "is"))
                wanted |= {} if one is None else {f"p{number}": one}
        return tuple(shape), wanted


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
        row = self.connection.execute(_HEAD, {"chain": self.facility}).first()
        if row is None:
            statement = queues.upsert(self.connection.dialect.name, audit.CHAIN).values(
                facility=self.facility, seq=0, hash=""
            )
            self.connection.execute(statement.on_conflict_do_nothing())
            row = self.connection.execute(_HEAD, {"chain": self.facility}).one()
        return int(row[0]), str(row[1])

    def alone(self, name: str) -> None:
        """Wait until no other transaction holds this name; SQLite has one writer, and nobody to wait for."""
        if self.connection.dialect.name == "postgresql":
            self.connection.execute(_ALONE, {"name": name})

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
        row = columns_of(changed, self.cipher)
        mine = {"mine": row.pop("id"), "seen": changed.version - 1}
        try:
            written = self.connection.execute(_changing(KEPT[type(value)]), row | mine)
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

    def first_time(self, kind: str, value: str) -> bool:
        """Tell whether a value is met for the first time here, and remember it by its keyed digest."""
        delivery = f"{kind}:{self.cipher.index(f'delivery.{kind}', value)}"
        if self.earlier_answer(delivery) is not None:
            return False
        self.keep_answer(delivery, "")
        return True

    def remember_message(self, subject: str, channel: str, ts: str) -> None:
        """Keep where a subject is shown."""
        values = {"channel": channel, "ts": ts}
        statement = queues.upsert(self.connection.dialect.name, MESSAGE).values(subject=subject, **values)
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
