"""When something is to be done about a read that nobody has: deadlines only; what is then done is told in ``unclaimed``."""

from __future__ import annotations

from datetime import timedelta

from handlers.domain.clocks import Shares
from handlers.domain.machinery import Deadline, DeadlineKind
from handlers.domain.routing import RINGS_A_PHONE
from handlers.domain.studies import WAITING, Read, ReadBy, ReadState
from handlers.ports import House, Transaction

#: A read that comes to the worklist late has this long to be claimed before the desk is asked.
GRACE = timedelta(seconds=60)


def shares(house: House, read: Read) -> Shares:
    """Return what the read's site says of reads that nobody has; the usual for a site that has left."""
    site = house.directory().facilities.get(read.facility)
    return Shares() if site is None else site.unclaimed


def plan(tx: Transaction, house: House, read: Read) -> None:
    """Set when whoever is on call is rung, when general readers may read it, and when the desk is asked of a share that has passed.

    To be called whenever a read begins to wait, or its clock is set anew: arrived, followed, released, gone on.
    """
    told = shares(house, read)
    waits = read.state is ReadState.OPEN and read.by is ReadBy.US and read.paused_since is None
    if waits and read.priority in RINGS_A_PHONE:
        due_at = max(tx.now, read.at_share(told.phone))
        tx.deadline(Deadline(kind=DeadlineKind.READER_CALL, subject=read.id, due_at=due_at))
    else:
        tx.forget(read.id, DeadlineKind.READER_CALL)
    if waits and read.general_at is not None and read.general_at > tx.now:
        tx.deadline(Deadline(kind=DeadlineKind.OPENS_TO_ALL, subject=read.id, due_at=read.general_at))
    else:
        tx.forget(read.id, DeadlineKind.OPENS_TO_ALL)
    missed = read.breached_at is None and tx.now >= read.due_at and read.state in WAITING
    if (waits and tx.now >= read.at_share(told.desk)) or (missed and read.paused_since is None):
        tx.deadline(Deadline(kind=DeadlineKind.CARD_REFRESH, subject=read.id, due_at=tx.now + GRACE))
