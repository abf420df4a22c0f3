"""Which reads a study makes, in whose pool and by when, and by which ladder its findings are told: pure judgments.

The first agreement that covers a study wins, in the order of the directory: it is in force (dates, hours, holidays), it is
about such a study, and, where it is for overflow, overflow is open. A facility without agreements has one final read by us
in its own pool; so has a study that no agreement covers, so that nothing is left unread by a gap in the paper.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from handlers.domain.agreements import CoverageAgreement, CoverageModel, OverflowLimits, OwedRead
from handlers.domain.classes import PatientClass, Priority, ReadKind
from handlers.domain.clocks import GENERAL_AFTER
from handlers.domain.directory import Facility
from handlers.domain.policies import EscalationPolicy, first_fit
from handlers.domain.studies import Read, ReadBy, ReadState

#: How often an open overflow is judged, whatever happens meanwhile: claims and the end of its hours close it, too.
JUDGED_EVERY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exam:
    """What coverage asks of a study."""

    modality: str
    body_part: str
    priority: Priority = Priority.ROUTINE


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """A read that is owed."""

    kind: ReadKind
    by: ReadBy
    pool: str
    target: timedelta
    #: The agreement's id; "" where none covers the study.
    coverage: str = ""
    subspecialty: str = ""
    #: After so many percent of the target general readers may read it; only where it has a subspecialty.
    general_after: int = GENERAL_AFTER


def covering(
    facility: Facility, exam: Exam, instant: datetime, opened: Collection[str] = ()
) -> CoverageAgreement | None:
    """Return the agreement that covers such a study at an instant; ``opened`` are those whose overflow is open."""
    local = facility.local(instant)
    for agreement in facility.coverage:
        is_open = agreement.model is not CoverageModel.OVERFLOW or agreement.id in opened
        if is_open and agreement.is_about(exam.modality, exam.body_part) and agreement.is_in_force(local):
            return agreement
    return None


def duties(facility: Facility, exam: Exam, instant: datetime, opened: Collection[str] = ()) -> tuple[Duty, ...]:
    """Return the reads that a study makes which arrives at an instant; none where the agreement is not about reading."""
    agreement = covering(facility, exam, instant, opened)
    if agreement is None:
        return (_duty(facility, None, OwedRead.FINAL, exam.priority),)
    return tuple(_duty(facility, agreement, owed, exam.priority) for owed in agreement.reads)


def _duty(facility: Facility, agreement: CoverageAgreement | None, owed: OwedRead, priority: Priority) -> Duty:
    usual = facility.targets[priority]
    if agreement is None:
        return Duty(kind=ReadKind.FINAL, by=ReadBy.US, pool=facility.pool, target=usual)
    subspecialty = agreement.subspecialty
    return Duty(
        kind=ReadKind.PRELIMINARY if owed is OwedRead.PRELIMINARY else ReadKind.FINAL,
        by=ReadBy.CLIENT if owed is OwedRead.CLIENT_FINAL else ReadBy.US,
        pool=agreement.pool_of(owed) or facility.pool,
        target=agreement.target_of(owed, priority) or usual,
        coverage=agreement.id,
        subspecialty=subspecialty.id if subspecialty is not None else "",
        general_after=agreement.general_after,
    )


def target_of(facility: Facility, read: Read, priority: Priority) -> timedelta:
    """Return the target of a read that is there already, as its agreement says now; one that has left, the facility's."""
    owed = OwedRead.CLIENT_FINAL if read.by is ReadBy.CLIENT else OwedRead(read.kind.value)
    agreement = next((one for one in facility.coverage if one.id == read.coverage), None)
    return _duty(facility, agreement, owed, priority).target


def policy_for(
    facility: Facility,
    exam: Exam,
    category: int,
    patient_class: PatientClass,
    instant: datetime,
    opened: Collection[str] = (),
) -> EscalationPolicy | None:
    """Return the ladder of a finding: of the agreement that covers its study at this instant, else the facility's."""
    agreement = covering(facility, exam, instant, opened)
    own = None
    if agreement is not None:
        own = first_fit(agreement.rules, category, patient_class, facility.local(instant))
    return own or facility.policy_for(category, patient_class, instant)


class OverflowChange(StrEnum):
    """What is to happen with an overflow."""

    OPEN_BACKLOG = "backlog"
    OPEN_LATE = "late"
    CLOSE = "close"


def late_at(read: Read, share: int) -> datetime:
    """Return when so many percent of the time that a read came with are used up, if its clock stands still no more."""
    came_with = read.clock_started_at + timedelta(seconds=read.target_seconds) - read.opened_at
    return read.due_at - came_with * (100 - share) / 100


def overflow_change(
    agreement: CoverageAgreement,
    facility: Facility,
    waiting: Sequence[Read],
    opened_at: datetime | None,
    now: datetime,
) -> OverflowChange | None:
    """Judge an overflow: ``waiting`` are the facility's open reads, ``opened_at`` is since when it is open.

    It opens at the upper marks and closes only at the lower ones, after its least span; outside the agreement's dates and
    hours it is closed. Reads that it has taken itself do not count, or its own success would keep it open.
    """
    limits = agreement.overflow
    if limits is None or not agreement.is_in_force(facility.local(now)):
        return None if opened_at is None else OverflowChange.CLOSE
    counted = [read for read in waiting if read.state is ReadState.OPEN and read.coverage != agreement.id]
    late = sum(late_at(read, limits.late_share) <= read.clock_at(now) for read in counted)
    if opened_at is None:
        return _opens(limits, len(counted), late)
    if now < opened_at + limits.at_least or len(counted) > limits.closes or late:
        return None
    return OverflowChange.CLOSE


def _opens(limits: OverflowLimits, backlog: int, late: int) -> OverflowChange | None:
    if backlog >= limits.opens:
        return OverflowChange.OPEN_BACKLOG
    return OverflowChange.OPEN_LATE if late >= limits.late else None


def next_judgment(
    agreement: CoverageAgreement, waiting: Sequence[Read], opened_at: datetime | None, now: datetime
) -> datetime | None:
    """Return the next instant at which an overflow may change by itself; None when only an event can change it.

    When a clock that stands still will go on is not known: as long as one does, overflow is looked at again and again.
    """
    limits = agreement.overflow
    if limits is None:
        return None
    counted = [read for read in waiting if read.coverage != agreement.id]
    instants = [late_at(read, limits.late_share) for read in counted if read.paused_since is None]
    if len(instants) < len(counted):
        instants.append(now + JUDGED_EVERY)
    if opened_at is not None:
        instants += [opened_at + limits.at_least, now + JUDGED_EVERY]
    return min((instant for instant in instants if instant > now), default=None)
