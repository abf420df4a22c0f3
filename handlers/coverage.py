"""Coverage at work: the reads that a study makes, how they follow it, and the ladder that its findings climb."""

from __future__ import annotations

from dataclasses import replace

from handlers import desk, overflow, pauses, problems, showing, sinks, standing, thresholds, unclaimed
from handlers.domain import clocks
from handlers.domain.coverage import Duty, Exam, covering, duties, policy_for, target_of
from handlers.domain.directory import Facility
from handlers.domain.machinery import AuditFact, DeadlineKind
from handlers.domain.policies import EscalationPolicy
from handlers.domain.problems import STUDY_CANCELED, SUPERSEDED
from handlers.domain.sinks import ReadEvent
from handlers.domain.studies import DUE, Read, ReadBy, ReadState, Study
from handlers.domain.tasks import TaskKind
from handlers.ports import House, Reading, Transaction


def exam_of(study: Study) -> Exam:
    """Return what coverage asks of a study."""
    return Exam(modality=study.modality, body_part=study.body_part, priority=study.priority)


def policy_now(look: Reading, facility: Facility, study: Study, category: int) -> EscalationPolicy | None:
    """Return the ladder of a finding that is told now: of the agreement that covers its study now, else the facility's."""
    opened = overflow.opened(look, facility)
    return policy_for(facility, exam_of(study), category, study.patient_class, look.now, opened)


def open_reads(tx: Transaction, house: House, study: Study, facility: Facility) -> None:
    """Open the reads that the agreement makes which covers a study; where none does, the desk is told."""
    overflow.judge(tx, house, facility)
    opened = overflow.opened(tx, facility)
    for duty in duties(facility, exam_of(study), tx.now, opened):
        _open(tx, house, study, facility, duty)
    if facility.coverage and covering(facility, exam_of(study), tx.now, opened) is None:
        desk.open_task(tx, house, TaskKind.NOT_COVERED, case_code=study.case_code, subject_id=study.id)
    overflow.judge(tx, house, facility)


def _open(tx: Transaction, house: House, study: Study, facility: Facility, duty: Duty) -> None:
    clock = pauses.begun(study, facility, duty.target)
    read = Read(
        id=house.chance.token(),
        facility=study.facility,
        study_id=study.id,
        case_code=study.case_code,
        pool=duty.pool,
        priority=study.priority,
        state=_unread(duty.by),
        opened_at=tx.now,
        due_at=clocks.due(clock),
        clock_started_at=clock.started,
        target_seconds=int(clock.target.total_seconds()),
        kind=duty.kind,
        by=duty.by,
        coverage=duty.coverage,
        subspecialty=duty.subspecialty,
    )
    general_at = read.at_share(duty.general_after) if read.subspecialty else None
    begin(tx, house, replace(read, general_at=general_at))


def begin(tx: Transaction, house: House, read: Read) -> None:
    """Begin a duty to read: keep it, record it, and show it to those who may have it."""
    tx.add(read)
    facts = {"kind": read.kind.value, "by": read.by.value, "coverage": read.coverage}
    facts |= {"region": read.region} if read.region else {}
    tx.audit(AuditFact(action="read:open", actor="robot", case_code=read.case_code, subject=read.id, facts=facts))
    showing.show_read(tx, house, read)
    showing.show_linked(tx, house, read)
    showing.plan_refresh(tx, house, read)
    thresholds.plan(tx, house, read)


def _unread(by: ReadBy) -> ReadState:
    return ReadState.OPEN if by is ReadBy.US else ReadState.AWAITED


def follow(tx: Transaction, house: House, study: Study, *, reopened: bool, other_exam: bool) -> None:
    """Let the reads follow their study: class, due instant, life, and, while nobody reads it, what covers it."""
    facility = house.directory().facilities[study.facility]
    reads = tx.all(Read, study_id=study.id)
    if other_exam and _covered_otherwise(tx, house, study, facility, reads):
        return
    for read in reads:
        if read.state is ReadState.REPORTED:  # what is over keeps the class and the clock it ended with
            showing.show_read(tx, house, read)
            continue
        revived = reopened and read.state is ReadState.CANCELED
        state = _unread(read.by) if revived else read.state
        changed = replace(read, priority=study.priority, state=state)
        if revived:  # nobody has it; whoever had it before the cancellation claims it again
            changed = replace(changed, claimed_by=None, claimed_at=None, breached_at=None)
        followed = pauses.following(tx, changed, study, facility, target_of(facility, read, study.priority))
        if followed != read:
            read = tx.put(followed)  # noqa: PLW2901 - the same read, as it is now
            facts = {"priority": read.priority.value, "due_at": read.due_at.isoformat(), "reopened": reopened}
            tx.audit(
                AuditFact(action="read:follow", actor="robot", case_code=read.case_code, subject=read.id, facts=facts)
            )
            showing.plan_refresh(tx, house, read)
            thresholds.plan(tx, house, read)
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
    opened = overflow.opened_for(tx, facility, study.received_at, due)
    owed = {_same(duty) for duty in duties(facility, exam_of(study), study.received_at, opened)}
    if owed == {_same(read) for read in due}:
        return False
    for read in due:
        supersede(tx, house, read, "Superseded: it is another examination than was first said.")
    if facility.coverage and covering(facility, exam_of(study), study.received_at, opened) is not None:
        desk.settle(tx, house, TaskKind.NOT_COVERED, study.id, "an agreement covers it")
    for duty in duties(facility, exam_of(study), study.received_at, opened):
        _open(tx, house, study, facility, duty)
    overflow.judge(tx, house, facility)
    return True


def _same(one: Read | Duty) -> tuple[str, str, str, str, str]:
    return (one.kind.value, one.by.value, one.pool, one.coverage, one.subspecialty)


def supersede(tx: Transaction, house: House, read: Read, note: str) -> None:
    """End a read that is not to be made any more, and tell whoever looks at its card."""
    reader = house.directory().radiologists.get(read.claimed_by or "")
    if read.state is ReadState.CLAIMED and read.claimed_by is not None:
        sinks.tell(tx, house, read, ReadEvent.RELEASED, read.claimed_by, tx.now)
    read = _over(tx, house, tx.put(replace(read, state=ReadState.SUPERSEDED)), SUPERSEDED, "superseded")
    tx.audit(AuditFact(action="read:supersede", actor="robot", case_code=read.case_code, subject=read.id))
    showing.show_held(tx, house, read)
    showing.note_read(tx, house, read, note, to="" if reader is None else reader.slack_user)


def _over(tx: Transaction, house: House, read: Read, problem: str, outcome: str) -> Read:
    """Let nothing of a read that is over be due any more; ``problem`` is what its problems end with."""
    read = problems.end_all(tx, house, read, problem)
    tx.forget(read.id, DeadlineKind.CARD_REFRESH)
    standing.forget(tx, read)
    unclaimed.over(tx, house, read, outcome)
    return read


def cancel(tx: Transaction, house: House, study: Study, actor: str) -> None:
    """Cancel the reads of a study that are still to come."""
    ended = [read for read in tx.all(Read, study_id=study.id) if read.state in DUE]
    for read in ended:
        canceled = _over(tx, house, tx.put(replace(read, state=ReadState.CANCELED)), STUDY_CANCELED, "canceled")
        tx.audit(AuditFact(action="read:cancel", actor=actor, case_code=read.case_code, subject=read.id))
        showing.show_read(tx, house, canceled)
        showing.show_linked(tx, house, canceled)
    if ended:
        showing.note_study(tx, house, study.id, "The site canceled this study.")
        desk.settle(tx, house, TaskKind.NOT_COVERED, study.id, "canceled")
        overflow.judge(tx, house, house.directory().facilities[study.facility])
