"""Coverage at work: the reads that a study makes, how they follow it, and the ladder that its findings climb."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from handlers import desk, overflow, showing, standing, unclaimed
from handlers.domain.coverage import Duty, Exam, covering, duties, policy_for, target_of
from handlers.domain.directory import Facility
from handlers.domain.machinery import AuditFact, DeadlineKind
from handlers.domain.policies import EscalationPolicy
from handlers.domain.studies import DUE, Read, ReadBy, ReadState, Study
from handlers.domain.tasks import TaskKind
from handlers.ports import House, Reading, Transaction

#: A subspecialty's read is open to general readers from this share of its target on.
GENERAL_AT = 0.5


def exam_of(study: Study) -> Exam:
    """Return what coverage asks of a study."""
    return Exam(modality=study.modality, body_part=study.body_part, priority=study.priority)


def policy_now(look: Reading, facility: Facility, study: Study, category: int) -> EscalationPolicy | None:
    """Return the ladder of a finding that is told now: of the agreement that covers its study now, else the facility's."""
    opened = overflow.opened(look, facility)
    return policy_for(facility, exam_of(study), category, study.patient_class, look.now, opened)


def clock_starts(study: Study) -> datetime:
    """Return the instant from which targets count: the last image, so that waiting counts."""
    return study.last_image_at or study.received_at


def open_reads(tx: Transaction, house: House, study: Study, facility: Facility) -> None:
    """Open the reads that the agreement makes which covers a study; where none does, the desk is told."""
    overflow.judge(tx, house, facility)
    opened = overflow.opened(tx, facility)
    for duty in duties(facility, exam_of(study), tx.now, opened):
        _open(tx, house, study, duty)
    if facility.coverage and covering(facility, exam_of(study), tx.now, opened) is None:
        desk.open_task(tx, house, TaskKind.NOT_COVERED, case_code=study.case_code, subject_id=study.id)
    overflow.judge(tx, house, facility)


def _open(tx: Transaction, house: House, study: Study, duty: Duty) -> None:
    read = Read(
        id=house.chance.token(),
        facility=study.facility,
        study_id=study.id,
        case_code=study.case_code,
        pool=duty.pool,
        priority=study.priority,
        state=_unread(duty.by),
        opened_at=tx.now,
        due_at=clock_starts(study) + duty.target,
        kind=duty.kind,
        by=duty.by,
        coverage=duty.coverage,
        subspecialty=duty.subspecialty,
    )
    read = replace(read, general_at=_general_at(read))
    tx.add(read)
    facts = {"kind": read.kind.value, "by": read.by.value, "coverage": read.coverage}
    tx.audit(AuditFact(action="read:open", actor="robot", case_code=study.case_code, subject=read.id, facts=facts))
    showing.show_read(tx, house, read)
    showing.plan_refresh(tx, read)


def _general_at(read: Read) -> datetime | None:
    """Return when a subspecialty's read is open to readers without it; one without a subspecialty always is."""
    return read.opened_at + (read.due_at - read.opened_at) * GENERAL_AT if read.subspecialty else None


def _unread(by: ReadBy) -> ReadState:
    return ReadState.OPEN if by is ReadBy.US else ReadState.AWAITED


def follow(tx: Transaction, house: House, study: Study, *, reopened: bool, other_exam: bool) -> None:
    """Let the reads follow their study: class, due instant, life, and, while nobody reads it, what covers it."""
    facility = house.directory().facilities[study.facility]
    reads = tx.all(Read, study_id=study.id)
    if other_exam and _covered_otherwise(tx, house, study, facility, reads):
        return
    for read in reads:
        revived = reopened and read.state is ReadState.CANCELED
        state = _unread(read.by) if revived else read.state
        due_at = clock_starts(study) + target_of(facility, read, study.priority)
        followed = replace(read, priority=study.priority, due_at=due_at, state=state)
        followed = replace(followed, general_at=_general_at(followed))
        if followed != read:
            read = tx.put(followed)  # noqa: PLW2901 - the same read, as it is now
            facts = {"priority": read.priority.value, "due_at": read.due_at.isoformat(), "reopened": reopened}
            tx.audit(
                AuditFact(action="read:follow", actor="robot", case_code=read.case_code, subject=read.id, facts=facts)
            )
            showing.plan_refresh(tx, read)
        showing.show_read(tx, house, read)
    overflow.judge(tx, house, facility)


def _covered_otherwise(tx: Transaction, house: House, study: Study, facility: Facility, reads: list[Read]) -> bool:
    """Replace the reads of a study that turns out to be another examination; True when that was so.

    What an order says of modality and body part may come after the first image. Judged as at the study's arrival, and only
    while nobody of ours has begun: a claimed or reported read stays as it is.
    """
    due = [read for read in reads if read.state in DUE]
    begun = any(read.state in (ReadState.CLAIMED, ReadState.REPORTED) for read in reads)
    if not facility.coverage or begun or (reads and not due):
        return False
    opened = overflow.opened(tx, facility)
    owed = {_same(duty) for duty in duties(facility, exam_of(study), study.received_at, opened)}
    if owed == {_same(read) for read in due}:
        return False
    for read in due:
        supersede(tx, house, read, "Superseded: it is another examination than was first said.")
    if facility.coverage and covering(facility, exam_of(study), study.received_at, opened) is not None:
        desk.settle(tx, house, TaskKind.NOT_COVERED, study.id, "an agreement covers it")
    for duty in duties(facility, exam_of(study), study.received_at, opened):
        _open(tx, house, study, duty)
    overflow.judge(tx, house, facility)
    return True


def _same(one: Read | Duty) -> tuple[str, str, str, str, str]:
    return (one.kind.value, one.by.value, one.pool, one.coverage, one.subspecialty)


def supersede(tx: Transaction, house: House, read: Read, note: str) -> None:
    """End a read that is not to be made any more, and tell whoever looks at its card."""
    read = tx.put(replace(read, state=ReadState.SUPERSEDED))
    tx.forget(read.id, DeadlineKind.CARD_REFRESH)
    _over(tx, house, read, "superseded")
    tx.audit(AuditFact(action="read:supersede", actor="robot", case_code=read.case_code, subject=read.id))
    showing.show_read(tx, house, read)
    showing.note_read(tx, house, read, note)


def _over(tx: Transaction, house: House, read: Read, outcome: str) -> None:
    standing.forget(tx, read)
    unclaimed.over(tx, house, read, outcome)


def cancel(tx: Transaction, house: House, study: Study, actor: str) -> None:
    """Cancel the reads of a study that are still to come."""
    ended = [read for read in tx.all(Read, study_id=study.id) if read.state in DUE]
    for read in ended:
        canceled = tx.put(replace(read, state=ReadState.CANCELED))
        tx.audit(AuditFact(action="read:cancel", actor=actor, case_code=read.case_code, subject=read.id))
        tx.forget(read.id, DeadlineKind.CARD_REFRESH)
        _over(tx, house, canceled, "canceled")
        showing.show_read(tx, house, canceled)
    if ended:
        showing.note_study(tx, house, study.id, "The site canceled this study.")
        overflow.judge(tx, house, house.directory().facilities[study.facility])
