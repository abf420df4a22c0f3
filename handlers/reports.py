"""Reports that were signed: they end the read. An odd one is accepted, flagged and told; it is a clinical fact."""

from __future__ import annotations

from dataclasses import replace

from handlers import desk, people, showing, sinks, studies
from handlers.domain.directory import Directory
from handlers.domain.eligibility import refusals
from handlers.domain.events import ReportEvent
from handlers.domain.machinery import AuditFact, DeadlineKind
from handlers.domain.sinks import ReadEvent
from handlers.domain.standing import Radiologist
from handlers.domain.studies import Read, ReadState, Report, Study
from handlers.domain.tasks import TaskKind
from handlers.ports import House, Transaction


def apply(tx: Transaction, house: House, event: ReportEvent, source: str) -> None:
    """Take a report: end the read, and tell the desk of anything odd about it."""
    directory = house.directory()
    study = studies.find(tx, event.facility, event.accession_number)
    reader = people.resolve_radiologist(directory, event.signed_by)
    kind = event.kind.value.removeprefix("report.")
    if study is None:
        tx.audit(AuditFact(action="report:unknown_study", actor=source, facts={"kind": kind}))
        desk.open_task(tx, house, TaskKind.UNKNOWN_REPORT, subject_id=house.chance.token())
        return
    read = tx.one(Read, study_id=study.id)
    flags = _flags(directory, study, read, reader, event)
    signed_by = "unknown" if reader is None else reader.id
    report = Report(
        id=house.chance.token(),
        facility=study.facility,
        study_id=study.id,
        kind=kind,
        signed_by=signed_by,
        signed_at=event.signed_at,
        received_at=tx.now,
        flags=flags,
    )
    tx.add(report)
    facts = {"kind": kind, "signed_by": signed_by, "flags": ",".join(flags)}
    tx.audit(
        AuditFact(action="report:receive", actor=source, case_code=study.case_code, subject=report.id, facts=facts)
    )
    if read is not None and read.state in (ReadState.OPEN, ReadState.CLAIMED):
        _end_read(tx, house, read, report)
    if flags:
        desk.open_task(tx, house, TaskKind.ODD_REPORT, case_code=study.case_code, subject_id=report.id)
    name = "a reader who is not in the directory" if reader is None else reader.name
    odd = f" Odd: {', '.join(flag.replace('_', ' ') for flag in flags)}." if flags else ""
    showing.note_study(tx, house, study.id, f"{kind.capitalize()} report signed by {name}.{odd}")


def _flags(
    directory: Directory, study: Study, read: Read | None, reader: Radiologist | None, event: ReportEvent
) -> tuple[str, ...]:
    """Return what is odd about a report, as codes: judged at the instant of signing."""
    if reader is None:
        return ("unknown_reader",)
    facility = directory.facilities[study.facility]
    failing = refusals(
        reader,
        facility,
        directory.pools[facility.pool],
        modality=study.modality,
        patient_state=study.patient_state,
        now=event.signed_at,
    )
    codes = [refusal.code for refusal in failing]
    if read is not None and read.claimed_by is not None and read.claimed_by != reader.id:
        codes.insert(0, "other_reader")
    if read is not None and read.claimed_by is None and read.state is ReadState.OPEN:
        codes.insert(0, "never_claimed")
    return tuple(codes)


def _end_read(tx: Transaction, house: House, read: Read, report: Report) -> None:
    read = tx.put(replace(read, state=ReadState.REPORTED, reported_at=report.signed_at, reported_by=report.signed_by))
    tx.forget(read.id, DeadlineKind.CARD_REFRESH)
    sinks.tell(tx, house, read, ReadEvent.REPORTED, report.signed_by, report.signed_at)
    tx.audit(AuditFact(action="read:end", actor="robot", case_code=read.case_code, subject=read.id))
    showing.show_read(tx, house, read)
