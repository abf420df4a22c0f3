"""What happens as a read's time runs out: its pool is called, then the desk; a breach is recorded and stays."""

from __future__ import annotations

from dataclasses import replace

from handlers import desk, lines, showing, thresholds
from handlers.domain import case_code as codes
from handlers.domain.machinery import AuditFact, DeadlineKind
from handlers.domain.oncall import TIME, Reason
from handlers.domain.overrides import Override
from handlers.domain.relays import OPEN_ATTEMPT, Attempt
from handlers.domain.routing import RINGS_A_PHONE
from handlers.domain.studies import Finding, FindingState, Read, ReadState, Study
from handlers.domain.tasks import DeskTask, TaskKind
from handlers.ports import House, Reading, Transaction

HALF = 50


def passed(tx: Transaction, house: House, read: Read) -> Read:
    """Do what is due as time runs out; each once, however often it is looked at."""
    if tx.now >= read.due_at and read.breached_at is None:
        read = tx.put(replace(read, breached_at=read.due_at))
        _audit(tx, read, "read:breach")
        showing.note_read(tx, house, read, "Past its target.")
    if not is_left_alone(tx, read):
        return read
    told = thresholds.shares(house, read)
    if tx.now >= read.at_share(told.desk):
        ask_desk(tx, house, read, TIME)
    elif tx.now >= read.at_share(told.pool):
        _audit(tx, read, "read:remind")
        gone = "Half" if told.pool == HALF else f"{told.pool} percent"
        showing.note_read(tx, house, read, f"{gone} of its time is gone and nobody has it.", mention=True)
    return read


def opens_due(tx: Transaction, house: House, read_id: str) -> None:
    """Tell the facility's own pool of a subspecialty's read that nobody took: from now on its readers may."""
    read = tx.get(Read, read_id)
    facility = None if read is None else house.directory().facilities.get(read.facility)
    if read is None or facility is None or not is_left_alone(tx, read):
        return
    showing.show_read(tx, house, read)
    if read.pool != facility.pool:
        case = codes.shown(read.case_code)
        text = (
            f"A {read.priority.value} {read.subspecialty} read of {facility.alias} is open to you by now: case {case}."
        )
        showing.tell_pool(tx, house, facility.pool, f"{text} It is on your Home, and `/relay next` may give it to you.")


def ask_desk(tx: Transaction, house: House, read: Read, why: Reason) -> None:
    """Ask the desk to find a reader, once, and say under the card why; its telephones ring for a stroke or a trauma."""
    if tx.one(DeskTask, kind=TaskKind.UNCLAIMED, subject_id=read.id, state=desk.OPEN) is not None:
        return
    facts = {"why": why.code, "who": why.who}
    tx.audit(AuditFact(action="read:ask_desk", actor="robot", case_code=read.case_code, subject=read.id, facts=facts))
    showing.note_read(tx, house, read, f"{why.words} The desk is asked to find a reader.")
    rings = read.priority in RINGS_A_PHONE or None
    desk.open_task(tx, house, TaskKind.UNCLAIMED, case_code=read.case_code, subject_id=read.id, rings=rings)


def is_left_alone(look: Reading, read: Read) -> bool:
    """Tell whether nobody reads it: open, its clock runs, no test, and no finding says that somebody reads it unclaimed.

    A finding says so only while nobody has claimed or reported another read of the study, or another of its regions: it
    may be theirs.
    """
    study = look.get(Study, read.study_id)
    if study is None or study.test or read.state is not ReadState.OPEN or read.paused_since is not None:
        return False
    found = [one for one in look.all(Finding, study_id=study.id) if one.state is not FindingState.RETRACTED]
    others = look.all(Read, study_id=study.id, state=(ReadState.CLAIMED, ReadState.REPORTED))
    return not found or bool(others) or bool(read.region)


def over(tx: Transaction, house: House, read: Read, outcome: str) -> None:
    """Ask nobody any more: somebody has it, or it is not wanted. A telephone that rings for it stops."""
    tx.forget(read.id, DeadlineKind.READER_CALL)
    for attempt in tx.all(Attempt, read_id=read.id, state=tuple(OPEN_ATTEMPT)):
        lines.stop(tx, attempt, case_code=read.case_code)
    desk.settle(tx, house, TaskKind.UNCLAIMED, read.id, outcome)
    desk.settle(tx, house, TaskKind.READ_RETURNED, read.id, outcome)
    for asked in tx.all(Override, read_id=read.id):
        desk.settle(tx, house, TaskKind.OVERRIDE_ASKED, asked.id, outcome)


def _audit(tx: Transaction, read: Read, action: str) -> None:
    facts = {"priority": read.priority.value, "due_at": read.due_at.isoformat(), "claimed_by": read.claimed_by or ""}
    tx.audit(AuditFact(action=action, actor="robot", case_code=read.case_code, subject=read.id, facts=facts))
