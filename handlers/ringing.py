"""A stroke or a trauma that nobody claims rings whoever is on call: 1 claims it, judged as a click is."""

from __future__ import annotations

from datetime import timedelta

from handlers import bridges, claims, desk, duty, hindered, lines, showing, unclaimed
from handlers.domain import case_code as codes
from handlers.domain.directory import Directory
from handlers.domain.errors import Rejection
from handlers.domain.machinery import AuditFact, Deadline, DeadlineKind
from handlers.domain.oncall import NOBODY, on_call_reader
from handlers.domain.relays import OPEN_ATTEMPT, Attempt, Outcome, Purpose
from handlers.domain.said import Facts, Unclaimed
from handlers.domain.standing import Radiologist
from handlers.domain.studies import Read, ReadState, Study
from handlers.ports import House, Reading, Transaction

#: A call that came to nothing is made again, or the desk asked, so soon.
AGAIN_AFTER = timedelta(seconds=60)
#: What cannot be done now (calls are halted, the clock is paused, the line is in use) is looked at again so soon.
LOOK_AGAIN = timedelta(seconds=30)
#: Should nothing at all be heard of a call, this is when one goes on without it.
WITHOUT_WORD = timedelta(minutes=3)


def due(tx: Transaction, house: House, read_id: str) -> None:
    """Ring whoever is on call for a read that nobody has; where that cannot help, ask the desk."""
    directory = house.directory()
    read = tx.get(Read, read_id)
    if read is None or read.facility not in directory.facilities or not unclaimed.is_left_alone(tx, read):
        return
    pool = directory.pools.get(read.pool)
    if pool is None or not pool.oncall:
        return  # without a rota nobody is on call: the desk is asked when most of the time is gone
    rung = hindered.calls_of(tx, read)
    if any(one.state in OPEN_ATTEMPT for one in rung) or desk.halted(tx, read.facility) is not None:
        _look_again(tx, read, LOOK_AGAIN)
        return
    reader = on_call_reader(directory, duty.shifts(tx, directory), pool, tx.now)
    why = hindered.by_calls(tx, directory, read) or hindered.by_standing(tx, directory, read, pool)
    if why is not None or reader is None:
        unclaimed.ask_desk(tx, house, read, why or NOBODY)
    elif showing.in_shadow(tx, directory, read.facility, None):
        _record(tx, read, reader, len(rung) + 1, shadow=True)
        showing.note_read(tx, house, read, f"Would call {reader.name}, who is on call.")
    elif bridges.is_busy(tx, directory, reader.phone):
        _look_again(tx, read, LOOK_AGAIN)
    else:
        _ring(tx, house, read, reader, len(rung) + 1)


def _ring(tx: Transaction, house: House, read: Read, reader: Radiologist, try_no: int) -> None:
    plan = lines.Plan(
        purpose=Purpose.ON_CALL,
        channel="call",
        who=reader.id,
        number=reader.phone,
        number_kind="mobile",
        read_id=read.id,
        case_code=read.case_code,
        try_no=try_no,
        rank=0,
    )
    lines.plan(tx, house, plan)
    _record(tx, read, reader, try_no)
    showing.note_read(tx, house, read, f"Nobody has it. Calling {reader.name}, who is on call, try {try_no}.")
    _look_again(tx, read, WITHOUT_WORD)


def _look_again(tx: Transaction, read: Read, after: timedelta) -> None:
    tx.deadline(Deadline(kind=DeadlineKind.READER_CALL, subject=read.id, due_at=tx.now + after))


def rang(tx: Transaction, house: House, attempt: Attempt, outcome: Outcome) -> None:
    """Act on a finished call to whoever is on call: the desk is asked when they passed, else they are tried again."""
    read = tx.get(Read, attempt.read_id or "")
    if read is None or outcome is Outcome.TAKEN or not unclaimed.is_left_alone(tx, read):
        return
    why = hindered.by_calls(tx, house.directory(), read)
    if why is not None:
        unclaimed.ask_desk(tx, house, read, why)
        tx.forget(read.id, DeadlineKind.READER_CALL)
    else:
        _look_again(tx, read, AGAIN_AFTER)


def facts(look: Reading, directory: Directory, attempt: Attempt, our_number: str) -> Facts:
    """Gather what the call may speak of, as things stand now: nothing of a patient."""
    read = look.get(Read, attempt.read_id or "")
    study = None if read is None else look.get(Study, read.study_id)
    facility = directory.facilities.get(attempt.facility)
    reader = directory.radiologists.get(attempt.who)
    if read is None or study is None or facility is None or reader is None:
        return Facts(relay=None, facility="radrelay", case_code="", our_number=our_number, not_to_take="Nobody")
    return Facts(
        relay=None,
        facility=facility.alias,
        case_code=codes.shown(read.case_code),
        our_number=our_number,
        not_to_take=_who_has(directory, read),
        unclaimed=Unclaimed(
            reader=reader.name,
            priority=read.priority.value,
            modality=study.modality,
            minutes=int((read.due_at - look.now).total_seconds() // 60),
        ),
    )


def _who_has(directory: Directory, read: Read) -> str:
    """Return who has a read, or that nobody needs to; "" while it can be claimed."""
    if read.state is ReadState.OPEN:
        return ""
    holder = directory.radiologists.get(read.claimed_by or "")
    return "Somebody" if holder is None else holder.name


def claim(tx: Transaction, house: House, attempt: Attempt) -> str:
    """Claim the read for whoever is on call, in the call's own transaction; return why not, "" where it is theirs."""
    reader = house.directory().radiologists.get(attempt.who)
    if reader is None or attempt.read_id is None:
        return "You are not in the directory any more."
    try:
        claims.claim_one(tx, house, attempt.read_id, reader, by="phone")
    except Rejection as no:
        claims.refused(tx, attempt.read_id, f"radiologist:{reader.id}", no.code)
        return no.sentence
    return ""


def _record(tx: Transaction, read: Read, reader: Radiologist, try_no: int, *, shadow: bool = False) -> None:
    tx.audit(
        AuditFact(
            action="read:ring",
            actor="robot",
            case_code=read.case_code,
            subject=read.id,
            facts={"who": reader.id, "try": try_no, "shadow": shadow},
        )
    )
