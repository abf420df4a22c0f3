"""The store's face: one transaction per facility that begins by locking its chain's head, and the three queues."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, delete, func, select, text
from sqlalchemy.exc import OperationalError

from handlers.domain.errors import StaleWrite
from handlers.domain.machinery import (
    SYSTEM,
    WAKE_INBOX,
    Accepted,
    Verdict,
)
from handlers.ports import Chance, Clock, Delivered, Due, Sending, Transaction
from store import audit, deadlines, queues
from store.cipher import Cipher
from store.database import Database
from store.queue_tables import DeliveryRow, Heartbeat, MessageRow
from store.transactions import SqlReading, SqlTransaction
from store.wakeup import CHANNEL

V = TypeVar("V")
DELIVERY: Any = DeliveryRow.__table__  # type: ignore[attr-defined]
MESSAGE: Any = MessageRow.__table__  # type: ignore[attr-defined]
HEARTBEAT: Any = Heartbeat.__table__  # type: ignore[attr-defined]
#: A lane's name, like those of the other two that are woken, has no space in it.
NOTIFY = text(f"SELECT pg_notify('{CHANNEL}', :touched)")


class SqlMemory:
    """The store's face, on either database."""

    def __init__(
        self, database: Database, cipher: Cipher, clock: Clock, chance: Chance, pace_of: Callable[[str], queues.Pace]
    ) -> None:
        self.database = database
        self.cipher = cipher
        self._clock = clock
        self._chance = chance
        self._pace_of = pace_of
        self._holder = chance.token()
        #: Called after each commit with what it touched; a wake-up hint, lost without harm.
        self.on_commit: list[Callable[[Collection[str]], None]] = []
        #: Facilities that are known to have a chain: it is never removed.
        self._chained: set[str] = set()

    @contextmanager
    def _write(self, touched: Collection[str] = ()) -> Iterator[Connection]:
        """Begin a write, and tell other processes what it touched; one that touched nothing wakes nobody."""
        try:
            with self.database.writing() as connection:
                yield connection
                if touched and not self.database.is_sqlite:
                    connection.execute(NOTIFY, {"touched": " ".join(sorted(touched))})
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", "") in {"40001", "40P01"}:
                raise StaleWrite("the database asked to run the transaction again") from None
            raise

    def _committed(self, touched: Collection[str]) -> None:
        for hint in self.on_commit:
            hint(touched)

    @contextmanager
    def transaction(self, facility: str) -> Iterator[Transaction]:
        """Open the facility's one transaction."""
        # On PostgreSQL whoever looked for events meanwhile has passed over this facility, whose chain we hold.
        touched = set() if self.database.is_sqlite else {WAKE_INBOX}
        with self._write(touched) as connection:
            tx = SqlTransaction(connection, self.cipher, self._clock, facility, self._chance, touched)
            yield tx
            tx.flush_audit()
        self._committed(touched)

    @contextmanager
    def reading(self) -> Iterator[SqlReading]:
        """Open a look that changes nothing."""
        with self.database.reading() as connection:
            yield SqlReading(connection, self.cipher, self._clock.now())

    def facility_of(self, kind: type[Any], /, **equal: Any) -> str | None:
        """Return the facility of the newest value whose fields equal these."""
        with self.reading() as look:
            found = look.one(kind, **equal)
        return None if found is None else str(found.facility)

    def accept(self, deliveries: Iterable[Accepted]) -> list[Verdict | Exception]:
        """Append to the inbox in one commit; one bad row never fails its group."""
        rows = queues.inbox_rows(deliveries, self._chance.token, self.cipher)
        if not rows:
            return []
        verdicts: list[Verdict | Exception]
        try:
            verdicts = list(self._append(rows))
        except Exception:  # noqa: BLE001 - whatever it was, it is told to the one it belongs to
            verdicts = [self._append_alone(row) for row in rows]
        self._committed((WAKE_INBOX,))
        return verdicts

    def _append(self, rows: list[dict[str, Any]]) -> list[Verdict]:
        self._ensure_chains({row["facility"] for row in rows} - self._chained)
        with self.database.stating() as connection:
            return queues.append_inbox(connection, rows)

    def _append_alone(self, row: dict[str, Any]) -> Verdict | Exception:
        try:
            return self._append([row])[0]
        except Exception as error:  # noqa: BLE001 - handed to the door that waits for this row
            return error

    def _ensure_chains(self, facilities: set[str]) -> None:
        if not facilities:
            return
        with self._write() as connection:
            # A chain that has entries is not inserted again, not even to do nothing: the trigger would refuse it.
            there = select(audit.CHAIN.c.facility).where(audit.CHAIN.c.facility.in_(facilities))
            missing = sorted(facilities - set(connection.execute(there).scalars()))
            if missing:
                statement = queues.upsert(connection.dialect.name, audit.CHAIN).on_conflict_do_nothing()
                connection.execute(statement, [{"facility": one, "seq": 0, "hash": ""} for one in missing])
        self._chained |= facilities

    @contextmanager
    def next_delivery(self) -> Iterator[tuple[Delivered, Transaction] | None]:
        """Take the oldest inbox item of a facility nobody else works on, inside that facility's transaction."""
        touched: set[str] = set()
        with self._write(touched) as connection:
            item = queues.take_delivery(connection, self._clock.now(), self.cipher)
            if item is None:
                yield None
                return
            tx = SqlTransaction(connection, self.cipher, self._clock, item.accepted.facility, self._chance, touched)
            yield item, tx
            tx.handled(item)
            tx.flush_audit()
        self._committed(touched)

    def delivery_failed(self, item: Delivered, reason: str) -> bool:
        """Count a failed try in a transaction of its own; True when the item has been set aside."""
        with self._write() as connection:
            return queues.fail_delivery(connection, item.id, self._clock.now(), reason)

    def take_effect(self, lanes: str) -> Sending | None:
        """Take the next effect that may leave now from lanes that begin with ``lanes``."""
        if not self._has_effect(lanes):
            return None
        with self._write() as connection:
            return queues.take_effect(connection, lanes, self._pace_of, self._clock.now(), self._holder)

    def _has_effect(self, lanes: str) -> bool:
        """Look before beginning to write: most looks find nothing, and on SQLite those who write would wait."""
        with self.database.reading() as connection:
            return queues.has_effect(connection, lanes, self._clock.now())

    def effect_done(self, sending: Sending) -> None:
        """Mark an effect as sent."""
        with self._write((sending.effect.lane,)) as connection:
            queues.done_effect(connection, sending)
        self._committed((sending.effect.lane,))

    def effect_later(self, sending: Sending, at: datetime, reason: str, *, whole_lane: bool = False) -> None:
        """Give an effect back, to leave at an instant."""
        with self._write((sending.effect.lane,)) as connection:
            queues.later_effect(connection, sending, at, reason, whole_lane=whole_lane)
        self._committed((sending.effect.lane,))

    def effect_dropped(self, sending: Sending, reason: str) -> None:
        """Give an effect up for good."""
        with self._write((sending.effect.lane,)) as connection:
            queues.drop_effect(connection, sending, reason)
        self._committed((sending.effect.lane,))

    def take_due(self, limit: int = 50) -> list[Due]:
        """Return the deadlines that are due, oldest first."""
        with self.database.reading() as connection:
            return deadlines.due_deadlines(connection, self._clock.now(), limit)

    def due_failed(self, due: Due) -> None:
        """Try a deadline whose handler failed again a little later."""
        with self._write() as connection:
            deadlines.postpone_deadline(connection, due, self._clock.now())

    def next_instant(self, seen: datetime | None = None) -> datetime | None:
        """Return the earliest instant at which anything stored falls due; of effects and events, after ``seen``."""
        with self.database.reading() as connection:
            return deadlines.next_instant(connection, seen)

    def recover(self) -> int:
        """Give up the leases of a process that is known to be dead: on SQLite there was only one, and it is us now.

        What it was sending is in doubt at once, not after its lease; returns how many effects that were.
        """
        with self._write() as connection:
            return queues.expire_leases(connection, self._clock.now())

    def beat(self, name: str) -> None:
        """Record that a worker went round."""
        with self._write() as connection:
            values = {"at": self._clock.now()}
            statement = queues.upsert(connection.dialect.name, HEARTBEAT).values(name=name, **values)
            connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))

    def last_beat(self) -> datetime | None:
        """Return when any worker last went round."""
        with self.database.reading() as connection:
            beat: datetime | None = connection.execute(select(func.max(HEARTBEAT.c.at))).scalar()
            return beat

    def oldest_overdue(self) -> datetime | None:
        """Return the due instant of the oldest deadline that is overdue."""
        due = self.take_due(1)
        return due[0].due_at if due else None

    def forget_deliveries(self, before: datetime) -> int:
        """Drop the ids of inbound messages older than any vendor repeats."""
        with self._write() as connection:
            return int(connection.execute(delete(DELIVERY).where(DELIVERY.c.at < before)).rowcount)

    @property
    def system(self) -> str:
        """The chain of what belongs to no facility."""
        return SYSTEM
