"""Deadlines: the rows that are the truth about what falls due, and the next instant at which anything does."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, Table, and_, bindparam, case, delete, func, select, update

from handlers.domain.machinery import DeadlineKind
from handlers.ports import Due
from store.queue_tables import DeadlineRow
from store.queues import INBOX, LANE, OLDEST_WAITING, OUTBOX, upsert

DEADLINE: Table = DeadlineRow.__table__  # type: ignore[attr-defined]
WAIT_MAX = timedelta(seconds=60)


def put_deadline(connection: Connection, facility: str, kind: DeadlineKind, subject: str, due_at: datetime) -> None:
    """Set the one undone deadline of a kind and subject."""
    row = {"kind": kind.value, "subject": subject, "facility": facility, "due_at": due_at, "tries": 0}
    connection.execute(_setting(connection.dialect.name), row)


@cache
def _setting(dialect: str) -> Any:
    statement = upsert(dialect, DEADLINE)
    moved = {name: statement.excluded[name] for name in ("facility", "due_at", "tries")}
    return statement.on_conflict_do_update(index_elements=["kind", "subject"], set_=moved)


def drop_deadlines(connection: Connection, subject: str, kinds: Iterable[DeadlineKind]) -> None:
    """Drop undone deadlines."""
    connection.execute(
        delete(DEADLINE).where(DEADLINE.c.subject == subject, DEADLINE.c.kind.in_([kind.value for kind in kinds]))
    )


def due_deadlines(connection: Connection, now: datetime, limit: int) -> list[Due]:
    """Return what is due, oldest first."""
    rows = connection.execute(select(DEADLINE).where(DEADLINE.c.due_at <= now).order_by(DEADLINE.c.due_at).limit(limit))
    return [
        Due(
            f"{row['kind']}:{row['subject']}", row["facility"], DeadlineKind(row["kind"]), row["subject"], row["due_at"]
        )
        for row in rows.mappings()
    ]


def finish_deadline(connection: Connection, due: Due) -> bool:
    """Compare and set: False when the deadline was handled or moved meanwhile."""
    return bool(connection.execute(delete(DEADLINE).where(_unmoved(due))).rowcount)


def _unmoved(due: Due) -> Any:
    return and_(DEADLINE.c.kind == due.kind.value, DEADLINE.c.subject == due.subject, DEADLINE.c.due_at == due.due_at)


def postpone_deadline(connection: Connection, due: Due, now: datetime) -> None:
    """Try a deadline whose handler failed again a little later; it is never dropped, and one that moved stays moved."""
    mine = _unmoved(due)
    tries = connection.execute(select(DEADLINE.c.tries).where(mine)).scalar()
    if tries is None:
        return
    wait = min(timedelta(seconds=2 ** min(tries, 6)), WAIT_MAX)
    connection.execute(update(DEADLINE).where(mine).values(tries=tries + 1, due_at=now + wait))


def _earliest(*, unseen_only: bool) -> Select[Any]:
    """Return the query of the earliest instants: of deadlines, waiting effects, leases and events."""
    paced = case((LANE.c.next_at > OUTBOX.c.due_at, LANE.c.next_at), else_=OUTBOX.c.due_at)
    leaves = case((LANE.c.busy_until > paced, LANE.c.busy_until), else_=paced)

    def after(query: Select[Any], instant: Any) -> Select[Any]:
        return query.where(instant > bindparam("seen", type_=OUTBOX.c.due_at.type)) if unseen_only else query

    queries = (
        select(func.min(DEADLINE.c.due_at)),
        after(
            select(func.min(leaves))
            .select_from(OUTBOX.outerjoin(LANE, LANE.c.lane == OUTBOX.c.lane))
            .where(OUTBOX.c.state == "pending"),
            leaves,
        ),
        after(select(func.min(OUTBOX.c.lease_until)).where(OUTBOX.c.state == "sending"), OUTBOX.c.lease_until),
        after(select(func.min(INBOX.c.due_at)).select_from(OLDEST_WAITING), INBOX.c.due_at),
    )
    return select(*(query.scalar_subquery() for query in queries))


#: Made once: it is asked after every commit, and making it took longer than its answer.
EARLIEST, EARLIEST_UNSEEN = _earliest(unseen_only=False), _earliest(unseen_only=True)


def next_instant(connection: Connection, seen: datetime | None = None) -> datetime | None:
    """Return the earliest instant at which anything stored falls due; of effects and events, after ``seen``."""
    asked = connection.execute(EARLIEST) if seen is None else connection.execute(EARLIEST_UNSEEN, {"seen": seen})
    return min((instant for instant in asked.one() if instant is not None), default=None)
