"""When a claim is judged again while it is held. What is then done is told in ``returns``."""

from __future__ import annotations

from datetime import datetime, timedelta

from handlers.domain.directory import Facility
from handlers.domain.machinery import Deadline, DeadlineKind
from handlers.domain.studies import Read
from handlers.ports import House, Transaction

#: A directory in which somebody's standing has changed is heeded within this time.
LOOK_AGAIN = timedelta(minutes=15)


def plan(tx: Transaction, house: House, read: Read) -> None:
    """Set the next instant at which a claim is judged again: at the facility's midnight, when dates end, or sooner."""
    facility = house.directory().facilities[read.facility]
    due_at = min(tx.now + LOOK_AGAIN, midnight_after(facility, tx.now))
    tx.deadline(Deadline(kind=DeadlineKind.CLAIM_STANDING, subject=read.id, due_at=due_at))


def midnight_after(facility: Facility, instant: datetime) -> datetime:
    """Return the instant at which the facility's next calendar day begins; a midnight that a clock skips is its end."""
    local = facility.local(instant)
    return (local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0) + timedelta(days=1)).astimezone(
        instant.tzinfo
    )


def forget(tx: Transaction, read: Read) -> None:
    """Judge a claim no more, and ask nobody whether they still read: it is over."""
    tx.forget(read.id, DeadlineKind.CLAIM_STANDING, DeadlineKind.LEASE_DUE)
