"""When something is to be done about a read that nobody has: deadlines only; what is then done is told in ``unclaimed``."""

from __future__ import annotations

from datetime import timedelta

from handlers.domain.machinery import Deadline, DeadlineKind
from handlers.domain.routing import RINGS_A_PHONE
from handlers.domain.studies import Read, ReadBy, ReadState
from handlers.ports import Transaction

#: Shares of the target at which whoever is on call is rung (stroke and trauma), then the pool is called, then the desk.
PHONE_AT, POOL_AT, DESK_AT = 0.2, 0.5, 0.8
#: A read that comes to the worklist late has this long to be claimed before the desk is asked.
GRACE = timedelta(seconds=60)


def plan(tx: Transaction, read: Read) -> None:
    """Set when whoever is on call is rung, and when the desk is asked about a share that has passed already.

    To be called whenever a read begins to wait, or its clock is set anew: arrived, followed, released, gone on.
    """
    waits = read.state is ReadState.OPEN and read.by is ReadBy.US and read.paused_since is None
    if waits and read.priority in RINGS_A_PHONE:
        due_at = max(tx.now, read.at_share(PHONE_AT))
        tx.deadline(Deadline(kind=DeadlineKind.READER_CALL, subject=read.id, due_at=due_at))
    else:
        tx.forget(read.id, DeadlineKind.READER_CALL)
    missed = read.breached_at is None and tx.now >= read.due_at and read.state in (ReadState.OPEN, ReadState.CLAIMED)
    if (waits and tx.now >= read.at_share(DESK_AT)) or (missed and read.paused_since is None):
        tx.deadline(Deadline(kind=DeadlineKind.CARD_REFRESH, subject=read.id, due_at=tx.now + GRACE))
