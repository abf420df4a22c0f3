"""Reads that go back to the worklist because whoever holds them may not read them any more."""

from __future__ import annotations

from handlers import desk, duties, holding, showing, standing
from handlers.domain.eligibility import Refusal, sentences
from handlers.domain.machinery import AuditFact
from handlers.domain.standing import Radiologist
from handlers.domain.studies import Read, ReadState, Study
from handlers.domain.tasks import TaskKind
from handlers.ports import House, Transaction


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
        standing.plan(tx, house, read)
        return
    codes = ",".join(one.code for one in failing) or "not_in_directory"
    read = holding.end(tx, house, read)
    facts = {"from": "" if reader is None else reader.id, "rules": codes}
    tx.audit(AuditFact(action="read:return", actor="robot", case_code=read.case_code, subject=read.id, facts=facts))
    to, text = _told(reader, failing)
    showing.note_read(tx, house, read, text, to=to)
    desk.open_task(tx, house, TaskKind.READ_RETURNED, case_code=read.case_code, subject_id=read.id)


def _told(reader: Radiologist | None, failing: tuple[Refusal, ...]) -> tuple[str, str]:
    """Return who is called by the note, and what it says."""
    if reader is None:
        return "", "Back on the worklist: its reader is not in the directory any more."
    why = " ".join(sentences(failing))
    return reader.slack_user, f"{reader.name}, this is back on the worklist: you may not read it any more. {why}"
