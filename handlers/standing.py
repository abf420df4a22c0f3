"""Whether whoever holds a read may still read it: judged again while they hold it, and given back when they may not."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from handlers import desk, duties, showing
from handlers.domain.directory import Facility
from handlers.domain.eligibility import Refusal
from handlers.domain.machinery import AuditFact, Deadline, DeadlineKind
from handlers.domain.standing import Radiologist
from handlers.domain.studies import Read, ReadState, Study
from handlers.domain.tasks import TaskKind
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
    """Judge a claim no more: it is over."""
    tx.forget(read.id, DeadlineKind.CLAIM_STANDING)


def due(tx: Transaction, house: House, read_id: str) -> None:
    """Judge a claim again; the read of somebody who may not read it any more goes back, and both sides are told."""
    directory = house.directory()
    read = tx.get(Read, read_id)
    study = None if read is None else tx.get(Study, read.study_id)
    if (
        read is None
        or study is None
        or read.state is not ReadState.CLAIMED
        or read.facility not in directory.facilities
    ):
        return
    reader = directory.radiologists.get(read.claimed_by or "")
    failing = (
        () if reader is None else duties.standing(directory, reader, duties.of_read(directory, read, study, tx.now), tx)
    )
    if reader is not None and not failing:
        plan(tx, house, read)
        return
    codes = ",".join(one.code for one in failing) or "not_in_directory"
    read = tx.put(replace(read, state=ReadState.OPEN, claimed_by=None, claimed_at=None))
    facts = {"from": "" if reader is None else reader.id, "rules": codes}
    tx.audit(AuditFact(action="read:return", actor="robot", case_code=read.case_code, subject=read.id, facts=facts))
    showing.show_read(tx, house, read)
    to, text = _told(reader, failing)
    showing.note_read(tx, house, read, text, to=to)
    desk.open_task(tx, house, TaskKind.READ_RETURNED, case_code=read.case_code, subject_id=read.id)


def _told(reader: Radiologist | None, failing: tuple[Refusal, ...]) -> tuple[str, str]:
    """Return who is called by the note, and what it says."""
    if reader is None:
        return "", "Back on the worklist: its reader is not in the directory any more."
    why = " ".join(one.sentence for one in failing)
    return reader.slack_user, f"{reader.name}, this is back on the worklist: you may not read it any more. {why}"
