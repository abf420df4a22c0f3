"""A claim's lease: how long its holder may be silent before they are asked, and then before others may take over.

A lease never ends a claim. It runs out, its holder is told, and only after a further grace is the read offered: any sign of
the holder starts it anew. Every change of state there is stands in one table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from handlers.domain.classes import Priority
from handlers.domain.machine import step
from handlers.domain.standing import Pool
from handlers.domain.studies import Read, ReadState

#: How long a holder may be silent where the pool says nothing: longer than a read of the class usually takes.
USUAL: Mapping[Priority, timedelta] = {
    Priority.STROKE: timedelta(minutes=10),
    Priority.TRAUMA: timedelta(minutes=15),
    Priority.STAT: timedelta(minutes=20),
    Priority.URGENT: timedelta(minutes=30),
    Priority.ROUTINE: timedelta(minutes=60),
}
#: Between the holder's being told and the offer to others lies a quarter of the lease, within these bounds.
GRACE_SHARE = 4
LEAST_GRACE, MOST_GRACE = timedelta(minutes=1), timedelta(minutes=10)
#: A sign of the holder so soon after another one changes nothing and is not recorded: a viewer may send one a second.
NOTICED_EVERY = timedelta(seconds=30)


class LeaseState(StrEnum):
    """Where a lease stands."""

    RUNNING = "running"
    TOLD = "told"  # it ran out, and its holder was asked whether they still read
    OFFERED = "offered"  # they did not answer: others may take over


class LeaseEvent(StrEnum):
    """What moves a lease."""

    ACT = "act"  # its holder did something
    LAPSE = "lapse"
    OFFER = "offer"


LEASE_TABLE = {
    (LeaseState.RUNNING, LeaseEvent.ACT): LeaseState.RUNNING,
    (LeaseState.RUNNING, LeaseEvent.LAPSE): LeaseState.TOLD,
    (LeaseState.TOLD, LeaseEvent.ACT): LeaseState.RUNNING,
    (LeaseState.TOLD, LeaseEvent.OFFER): LeaseState.OFFERED,
    (LeaseState.OFFERED, LeaseEvent.ACT): LeaseState.RUNNING,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The lease of one claim; ``id`` is the read's. It counts for the claim that began at ``claimed_at`` and no other."""

    id: str
    facility: str
    holder: str
    claimed_at: datetime
    span_seconds: int
    state: LeaseState
    #: The last sign of its holder.
    active_at: datetime
    told_at: datetime | None = None
    offered_at: datetime | None = None
    version: int = 0

    @property
    def span(self) -> timedelta:
        """Return how long its holder may be silent."""
        return timedelta(seconds=self.span_seconds)


def span_of(pool: Pool | None, priority: Priority) -> timedelta:
    """Return how long a claim's lease is: the pool's own, else the usual one of the class."""
    return USUAL[priority] if pool is None or pool.lease is None else pool.lease


def in_force(lease: Lease | None, read: Read) -> Lease | None:
    """Return the lease where it is that of the claim a read is under now."""
    if lease is None or read.state is not ReadState.CLAIMED:
        return None
    mine = (lease.holder, lease.claimed_at) == (read.claimed_by, read.claimed_at)
    return lease if mine else None


def shown(lease: Lease | None, read: Read) -> str:
    """Return what a card says of it: "" while it runs, and for a read that nobody holds."""
    counting = in_force(lease, read)
    return "" if counting is None or counting.state is LeaseState.RUNNING else counting.state.value


def grace(lease: Lease) -> timedelta:
    """Return how long the holder has after being told before others may take over."""
    return min(max(lease.span / GRACE_SHARE, LEAST_GRACE), MOST_GRACE)


def next_event(lease: Lease) -> tuple[LeaseEvent, datetime] | None:
    """Return what happens next if nobody does anything, and when; None for a lease that is offered already."""
    if lease.state is LeaseState.RUNNING:
        return LeaseEvent.LAPSE, lease.active_at + lease.span
    if lease.state is LeaseState.TOLD and lease.told_at is not None:
        return LeaseEvent.OFFER, lease.told_at + grace(lease)
    return None


def due(lease: Lease, now: datetime) -> LeaseEvent | None:
    """Return what has fallen due."""
    following = next_event(lease)
    return following[0] if following is not None and following[1] <= now else None


def is_noticed(lease: Lease, now: datetime) -> bool:
    """Tell whether a sign of the holder at an instant changes anything; one from before they were asked does not."""
    if lease.told_at is not None:
        return now >= lease.told_at
    return now - lease.active_at >= NOTICED_EVERY


def after(lease: Lease, event: LeaseEvent, now: datetime) -> Lease:
    """Return the lease after an event; a pair that the table lacks raises ``ImpossibleTransition``."""
    state = step(LEASE_TABLE, lease.state, event)
    if event is LeaseEvent.ACT:
        return replace(lease, state=state, active_at=max(now, lease.active_at), told_at=None, offered_at=None)
    if event is LeaseEvent.LAPSE:
        return replace(lease, state=state, told_at=now)
    return replace(lease, state=state, offered_at=now)
