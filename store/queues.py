"""The inbox and the outbox: taking one thing so that nobody else takes it, on both databases."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import orjson
from sqlalchemy import (
    ARRAY,
    Connection,
    Select,
    Table,
    and_,
    bindparam,
    case,
    delete,
    func,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from handlers.domain.machinery import WAKE_INBOX, Accepted, Effect, EffectKind, Verdict
from handlers.ports import Delivered, Sending
from store.cipher import Cipher, SealBroken
from store.queue_tables import Chain, Inbox, Lane, Outbox
from store.wakeup import CHANNEL

CHAIN: Table = Chain.__table__  # type: ignore[attr-defined]
INBOX: Table = Inbox.__table__  # type: ignore[attr-defined]
OUTBOX: Table = Outbox.__table__  # type: ignore[attr-defined]
LANE: Table = Lane.__table__  # type: ignore[attr-defined]

#: Written into the statement, so that both planners see that the partial index fits.
PENDING = INBOX.c.state == literal_column("'pending'")
_OTHER = INBOX.alias()
_OLDEST = (
    select(func.min(_OTHER.c.position))
    .where(_OTHER.c.facility == CHAIN.c.facility, _OTHER.c.state == literal_column("'pending'"))
    .correlate(CHAIN)
    .scalar_subquery()
)
#: Each chain with its facility's oldest waiting delivery. Not joined by the facility, too, or SQLite would begin with the
#: inbox, and look for the oldest once for every delivery that waits.
OLDEST_WAITING = CHAIN.join(INBOX, and_(INBOX.c.position == _OLDEST, PENDING))
#: How long a process may be sending before others think that it crashed.
LEASE = timedelta(seconds=30)
EVENT_TRIES = 3
_APPENDED = ("id", "source", "delivery_id", "facility", "kind", "digest", "body", "received_at")
EVENT_WAIT = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Pace:
    """How a lane leaves: at most one in ``every``; ``alone`` means in order, one at a time."""

    every: timedelta
    alone: bool


def upsert(dialect: str, table: Table) -> Any:
    """Return the dialect's INSERT that knows ON CONFLICT."""
    return sqlite_insert(table) if dialect == "sqlite" else postgresql_insert(table)


def _skipping_locked(query: Select[Any], connection: Connection, table: Table) -> Select[Any]:
    return query if connection.dialect.name == "sqlite" else query.with_for_update(of=table, skip_locked=True)


# --- inbox -----------------------------------------------------------------------------------------------------------


def body_digest(body: bytes, cipher: Cipher) -> str:
    """Return the keyed digest by which a repeated body is recognized (a plain hash of patient data could be guessed)."""
    return cipher.index("inbox.body", hashlib.sha256(body).hexdigest())


def inbox_rows(deliveries: Iterable[Accepted], ids: Callable[[], str], cipher: Cipher) -> list[dict[str, Any]]:
    """Return the rows of deliveries, bodies sealed."""
    group = ids()  # one is enough: each asks the system for chance, and lets another thread in
    return [
        {
            "id": f"{group}.{place}",
            "source": one.source,
            "delivery_id": one.delivery_id,
            "facility": one.facility,
            "kind": one.kind,
            "digest": body_digest(one.body, cipher),
            "body": cipher.seal(one.body),
            "received_at": one.received_at,
            "due_at": one.received_at,
            "state": "pending",
            "tries": 0,
            "reason": "",
        }
        for place, one in enumerate(deliveries)
    ]


def append_inbox(connection: Connection, rows: list[dict[str, Any]]) -> list[Verdict]:
    """Insert or ignore rows in one statement, and say of each what became of it."""
    fresh = _inserted(connection, rows)
    known = _digests(connection, [row for row in rows if row["id"] not in fresh])
    verdicts = []
    for row in rows:
        same = known.get((row["source"], row["delivery_id"])) == row["digest"]
        verdicts.append(Verdict.NEW if row["id"] in fresh else Verdict.REPEATED if same else Verdict.DIFFERENT)
    return verdicts


def _each(name: str) -> Any:
    return func.unnest(bindparam(name, type_=ARRAY(INBOX.c[name].type)))


#: A column of all rows is one parameter: a statement that is always the same is prepared once, and sent in one go.
_APPEND = (
    postgresql_insert(INBOX)
    .from_select(
        (*_APPENDED, "due_at", "state", "tries", "reason"),
        select(
            *(_each(name) for name in _APPENDED),
            _each("received_at"),
            *(literal_column(same) for same in ("'pending'", "0", "''")),
        ),
    )
    .on_conflict_do_nothing()
    # Only with the commit, and once however many rows there are, it wakes the workers.
    .returning(INBOX.c.id, func.pg_notify(CHANNEL, WAKE_INBOX))
)


def _inserted(connection: Connection, rows: list[dict[str, Any]]) -> set[str]:
    if connection.dialect.name == "sqlite":
        statement = sqlite_insert(INBOX).on_conflict_do_nothing().returning(INBOX.c.id)
        return set(connection.execute(statement, rows).scalars())
    columns = {name: [row[name] for row in rows] for name in _APPENDED}
    return set(connection.execute(_APPEND, columns).scalars())


def _digests(connection: Connection, rows: list[dict[str, Any]]) -> dict[tuple[str, str], str]:
    """Return the digests of the bodies that are stored already under the keys of these rows."""
    if not rows:
        return {}
    # Both halves of the unique key are named, or its index would be of no use.
    mine = (
        INBOX.c.source.in_({row["source"] for row in rows}),
        INBOX.c.delivery_id.in_({row["delivery_id"] for row in rows}),
    )
    found = connection.execute(select(INBOX.c.source, INBOX.c.delivery_id, INBOX.c.digest).where(*mine)).all()
    return {(source, delivery): digest for source, delivery, digest in found}


def take_delivery(connection: Connection, now: datetime, cipher: Cipher) -> Delivered | None:
    """Lock a facility that has inbox items due and return its oldest; its order is kept."""
    while True:
        facility = connection.execute(_next_facility(connection, now)).scalar()
        if facility is None:
            return None
        mine = select(INBOX).where(INBOX.c.facility == facility, PENDING).order_by(INBOX.c.position).limit(1)
        row = connection.execute(mine).mappings().first()
        if row is not None and row["due_at"] <= now:
            return _delivered(row, cipher)
        # Somebody handled it between the two looks (PostgreSQL): a new look sees that, and finds another facility.


def _next_facility(connection: Connection, now: datetime) -> Select[Any]:
    """Select the facility whose oldest waiting item is due; one that waits for its next try holds back its own only."""
    query = (
        select(CHAIN.c.facility)
        .select_from(OLDEST_WAITING)
        .where(INBOX.c.due_at <= now)
        .order_by(INBOX.c.position + 0)  # not the column itself: SQLite would walk all of the inbox in its order
        .limit(1)
    )
    return _skipping_locked(query, connection, CHAIN)


def _delivered(row: Any, cipher: Cipher) -> Delivered:
    accepted = Accepted(
        source=row["source"],
        delivery_id=row["delivery_id"],
        facility=row["facility"],
        kind=row["kind"],
        body=_opened(row["body"], cipher),
        received_at=row["received_at"],
    )
    return Delivered(row["id"], accepted, row["tries"])


def _opened(body: bytes, cipher: Cipher) -> bytes:
    """Return a body, or nothing where its key is missing: that fails to parse, is set aside and told like any other."""
    try:
        return cipher.open(body)
    except SealBroken:
        return b""


def finish_delivery(connection: Connection, key: str) -> None:
    """Mark an inbox item handled and erase its body."""
    connection.execute(update(INBOX).where(INBOX.c.id == key).values(state="done", body=b""))


def fail_delivery(connection: Connection, key: str, now: datetime, reason: str) -> bool:
    """Count a failed try; after a few the item is set aside (its body kept) and the next goes on."""
    mine = and_(INBOX.c.id == key, PENDING)
    tries = connection.execute(select(INBOX.c.tries).where(mine)).scalar()
    if tries is None:
        return False  # another process took it after our rollback, and handled it
    aside = bool(tries + 1 >= EVENT_TRIES)
    state = "aside" if aside else "pending"
    counted = connection.execute(
        update(INBOX).where(mine).values(tries=tries + 1, reason=reason, due_at=now + EVENT_WAIT, state=state)
    )
    return aside and bool(counted.rowcount)


# --- outbox ----------------------------------------------------------------------------------------------------------


def add_effect(connection: Connection, key: str, facility: str, effect: Effect, now: datetime) -> None:
    """Record an effect; a pending twin (same ``once``) is not doubled, and leaves as soon as either may.

    The twin's row is locked by that: whoever takes it waits for this commit, or would send what was before it.
    """
    row = {
        "id": key,
        "facility": facility,
        "kind": effect.kind.value,
        "subject": effect.subject,
        "lane": effect.lane,
        "args": orjson.dumps(dict(effect.args)).decode(),
        "rank": effect.rank,
        "once": effect.once or None,
        "due_at": effect.due_at or now,
        "state": "pending",
        "tries": 0,
        "reason": "",
    }
    connection.execute(_adding(connection.dialect.name), row)


@cache
def _adding(dialect: str) -> Any:
    statement = upsert(dialect, OUTBOX)
    ours, theirs = statement.excluded, OUTBOX.c
    sooner = {
        "rank": case((ours.rank < theirs.rank, ours.rank), else_=theirs.rank),
        "due_at": case((ours.due_at < theirs.due_at, ours.due_at), else_=theirs.due_at),
    }
    return statement.on_conflict_do_update(index_elements=["once"], set_=sooner)


_TAKE = update(OUTBOX).where(OUTBOX.c.id == bindparam("taken"))


def take_effect(
    connection: Connection, lanes: str, pace_of: Callable[[str], Pace], now: datetime, holder: str
) -> Sending | None:
    """Take the next effect that may leave; one whose sender seems to have crashed is taken in doubt."""
    passed: set[str] = set()
    while True:
        query = _skipping_locked(NEXT_EFFECT, connection, OUTBOX)
        row = connection.execute(query, {"lanes": lanes, "passed": tuple(passed), "now": now}).mappings().first()
        if row is None:
            return None
        pace = pace_of(row["lane"])
        may_leave = not pace.alone or _is_first(connection, row, now)
        if may_leave and _take_lane(connection, row["lane"], pace, now, holder):
            break
        passed.add(row["lane"])
    taken = {"state": "sending", "lease_until": now + LEASE, "tries": row["tries"] + 1, "once": None}
    connection.execute(_TAKE, {"taken": row["id"], **taken})
    effect = Effect(
        kind=EffectKind(row["kind"]),
        subject=row["subject"],
        lane=row["lane"],
        args=orjson.loads(row["args"]),
        rank=row["rank"],
        due_at=row["due_at"],
    )
    return Sending(row["id"], row["facility"], effect, row["tries"], in_doubt=row["state"] == "sending")


def has_effect(connection: Connection, lanes: str, now: datetime) -> bool:
    """Tell whether an effect might be taken."""
    return connection.execute(NEXT_EFFECT, {"lanes": lanes, "passed": (), "now": now}).first() is not None


def _may_leave(now: Any) -> Any:
    return or_(
        and_(OUTBOX.c.state == "pending", OUTBOX.c.due_at <= now),
        and_(OUTBOX.c.state == "sending", OUTBOX.c.lease_until <= now),
    )


def _is_first(connection: Connection, row: Any, now: datetime) -> bool:
    """Tell whether an effect is its lane's first: an elder one may have been passed over only because it was locked."""
    elder = or_(OUTBOX.c.rank < row["rank"], and_(OUTBOX.c.rank == row["rank"], OUTBOX.c.position < row["position"]))
    query = select(OUTBOX.c.id).where(OUTBOX.c.lane == row["lane"], _may_leave(now), elder).limit(1)
    return connection.execute(query).first() is None


def _is_free(now: Any) -> Any:
    return and_(LANE.c.next_at <= now, or_(LANE.c.busy_until.is_(None), LANE.c.busy_until <= now))


def _next_effect() -> Select[Any]:
    now: Any = bindparam("now")
    free = or_(LANE.c.lane.is_(None), _is_free(now))
    wanted = (OUTBOX.c.lane.startswith(bindparam("lanes")), OUTBOX.c.lane.not_in(bindparam("passed", expanding=True)))
    return (
        select(OUTBOX)
        .select_from(OUTBOX.outerjoin(LANE, LANE.c.lane == OUTBOX.c.lane))
        .where(*wanted, _may_leave(now), free)
        .order_by(OUTBOX.c.rank, OUTBOX.c.position)
        .limit(1)
    )


#: The next effect that may leave from some lanes; made once, since it is asked for more often than anything else.
NEXT_EFFECT = _next_effect()


def _take_lane(connection: Connection, lane: str, pace: Pace, now: datetime, holder: str) -> bool:
    """Take a free lane without ever waiting for one: whoever holds its row may be waiting for our effect's."""
    values = {"next_at": now + pace.every, "busy_until": now + LEASE if pace.alone else None, "holder": holder}
    free = _skipping_locked(select(LANE.c.lane).where(LANE.c.lane == lane, _is_free(now)), connection, LANE)
    if connection.execute(update(LANE).where(LANE.c.lane.in_(free)).values(**values)).rowcount:
        return True
    first = upsert(connection.dialect.name, LANE).values(lane=lane, **values).on_conflict_do_nothing()
    return bool(connection.execute(first).rowcount)


def free_lane(connection: Connection, lane: str, not_before: datetime | None = None) -> None:
    """Let the next effect of a lane leave, or make the whole lane wait as the vendor asked."""
    values: dict[str, Any] = {"busy_until": None}
    if not_before is not None:
        values["next_at"] = not_before
    connection.execute(update(LANE).where(LANE.c.lane == lane).values(**values))


def done_effect(connection: Connection, sending: Sending) -> None:
    """Forget an effect that was sent; one that another process took meanwhile keeps its lane until that one is done."""
    mine = connection.execute(delete(OUTBOX).where(_is_mine(sending))).rowcount
    theirs = 0 if mine else connection.execute(delete(OUTBOX).where(OUTBOX.c.id == sending.id)).rowcount
    if not theirs:
        free_lane(connection, sending.effect.lane)


def _is_mine(sending: Sending) -> Any:
    """Name the effect while it is ours: one that was taken again after its lease is not ours to give back."""
    return and_(OUTBOX.c.id == sending.id, OUTBOX.c.state == "sending", OUTBOX.c.tries == sending.tries + 1)


def later_effect(connection: Connection, sending: Sending, at: datetime, reason: str, *, whole_lane: bool) -> None:
    """Give an effect back, to leave at an instant."""
    values = {"state": "pending", "due_at": at, "lease_until": None, "reason": reason}
    if connection.execute(update(OUTBOX).where(_is_mine(sending)).values(**values)).rowcount:
        free_lane(connection, sending.effect.lane, at if whole_lane else None)


def expire_leases(connection: Connection, now: datetime) -> int:
    """Let everything that was being sent be taken, in doubt, and every lane be free."""
    connection.execute(update(LANE).where(LANE.c.busy_until.is_not(None)).values(busy_until=None))
    expired = connection.execute(update(OUTBOX).where(OUTBOX.c.state == "sending").values(lease_until=now))
    return int(expired.rowcount)


def drop_effect(connection: Connection, sending: Sending, reason: str) -> None:
    """Give an effect up for good; the row stays for an operator."""
    values = {"state": "dropped", "lease_until": None, "reason": reason}
    if connection.execute(update(OUTBOX).where(_is_mine(sending)).values(**values)).rowcount:
        free_lane(connection, sending.effect.lane)
