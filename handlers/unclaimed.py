"""What happens as a read's time runs out: its pool is called, then the desk; a breach is recorded and stays."""

from __future__ import annotations

from dataclasses import replace

from handlers import desk, showing
from handlers.domain import case_code as codes
from handlers.domain.machinery import AuditFact
from handlers.domain.routing import RINGS_A_PHONE
from handlers.domain.studies import Finding, Read, ReadState
from handlers.domain.tasks import TaskKind
from handlers.ports import House, Transaction

#: Shares of the target at which the pool is called, and then the desk, where nobody has the read.
POOL_AT, DESK_AT = 0.5, 0.8


def passed(tx: Transaction, house: House, read: Read) -> Read:
    """Do what is due as time runs out; each once, however often it is looked at."""
    if tx.now >= read.due_at and read.breached_at is None:
        read = tx.put(replace(read, breached_at=read.due_at))
        _audit(tx, read, "read:breach")
        showing.note_read(tx, house, read, "Past its target.")
    if not _is_left_alone(tx, read):
        return read
    if tx.now >= read.at_share(DESK_AT):
        urgent = read.priority in RINGS_A_PHONE
        desk.open_task(
            tx, house, TaskKind.UNCLAIMED, case_code=read.case_code, subject_id=read.id, rings=urgent or None
        )
    elif tx.now >= read.at_share(POOL_AT):
        _audit(tx, read, "read:remind")
        if read.subspecialty:
            _open_to_all(tx, house, read)
        showing.note_read(tx, house, read, "Half of its time is gone and nobody has it.", mention=True)
    return read


def _open_to_all(tx: Transaction, house: House, read: Read) -> None:
    """Tell the facility's own pool of a subspecialty's read that nobody took: from now on its readers may."""
    facility = house.directory().facilities[read.facility]
    if read.pool != facility.pool:
        case = codes.shown(read.case_code)
        text = (
            f"A {read.priority.value} {read.subspecialty} read of {facility.alias} is open to you by now: case {case}."
        )
        showing.tell_pool(tx, house, facility.pool, f"{text} It is on your Home, and `/relay next` may give it to you.")


def _is_left_alone(tx: Transaction, read: Read) -> bool:
    """Tell whether nobody reads it: it is open, and nobody has reported a finding on it without a claim.

    A finding on a split study is of whoever has another of its regions.
    """
    if read.state is not ReadState.OPEN:
        return False
    return bool(read.region) or tx.one(Finding, study_id=read.study_id) is None


def over(tx: Transaction, house: House, read: Read, outcome: str) -> None:
    """Ask nobody any more: somebody has it, or it is not wanted."""
    desk.settle(tx, house, TaskKind.UNCLAIMED, read.id, outcome)


def _audit(tx: Transaction, read: Read, action: str) -> None:
    facts = {"priority": read.priority.value, "due_at": read.due_at.isoformat(), "claimed_by": read.claimed_by or ""}
    tx.audit(AuditFact(action=action, actor="robot", case_code=read.case_code, subject=read.id, facts=facts))
