"""Studies as they arrive, change and are canceled; each makes the reads that coverage says."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta

from handlers import coverage, desk, relays, showing, unclaimed
from handlers.domain import case_code
from handlers.domain.classes import PatientClass, Priority
from handlers.domain.events import EventKind, StudyEvent
from handlers.domain.machinery import AuditFact, Deadline, DeadlineKind
from handlers.domain.studies import WAITING, Finding, FindingState, Read, Study, StudyStatus
from handlers.domain.tasks import TaskKind
from handlers.ports import House, Transaction

_FIELDS = frozenset(field.name for field in fields(Study))
_BODY = "0123456789"
#: A study whose images nobody declared complete counts as ready when none has come for so long (a PACS's StableAge).
STABLE_AFTER = timedelta(seconds=60)
#: Who ordered a study: four fields that say one person, and are replaced together.
_ORDERER = ("ordering_contact", "ordering_npi", "ordering_name", "ordering_phone")
#: What an image cannot know better than the order: a source's defaults fill these only where nothing was said.
_ORDER = frozenset({"priority", "patient_class"})


def find(tx: Transaction, facility: str, accession_number: str) -> Study | None:
    """Return a facility's study; an accession number is unique only within its facility."""
    return tx.one(Study, facility=facility, accession_number=accession_number)


def apply(tx: Transaction, house: House, event: StudyEvent, source: str) -> None:
    """Take a study event. A late one never overwrites a newer one; another patient is never merged."""
    study = find(tx, event.facility, event.accession_number)
    if study is None:
        if event.kind is EventKind.STUDY_CANCELED:
            tx.audit(AuditFact(action="study:cancel_unknown", actor=source))
            return
        _receive(tx, house, event, source)
        return
    if event.patient_id and study.patient_id and event.patient_id != study.patient_id:
        _audit(tx, study, "study:patient_mismatch", source)
        desk.open_task(tx, house, TaskKind.PATIENT_MISMATCH, case_code=study.case_code, subject_id=study.id)
        return
    if event.at < study.event_at and not event.one_instance:
        _audit(tx, study, "study:late_event", source, kind=event.kind.value)
        return
    if event.kind is EventKind.STUDY_CANCELED:
        _cancel(tx, house, study, event, source)
        return
    _update(tx, house, study, event, source)


def _receive(tx: Transaction, house: House, event: StudyEvent, source: str) -> None:
    facility = house.directory().facilities[event.facility]
    study = Study(
        id=house.chance.token(),
        facility=event.facility,
        case_code=_case_code(tx, house),
        accession_number=event.accession_number,
        study_instance_uid=event.study_instance_uid or "",
        patient_id=event.patient_id or "",
        patient_name=event.patient_name or "",
        birth_date=event.birth_date,
        sex=event.sex or "",
        modality=event.modality or "",
        body_part=event.body_part or "",
        description=event.description or "",
        priority=event.priority or Priority.ROUTINE,
        patient_class=event.patient_class or PatientClass.OUTPATIENT,
        patient_state=event.patient_state or facility.state,
        location=event.location or "",
        ordering_contact=event.ordering_contact,
        ordering_npi=event.ordering_npi or "",
        ordering_name=event.ordering_name or "",
        ordering_phone=event.ordering_phone or "",
        callback_phone=event.callback_phone or "",
        ordered_at=event.ordered_at,
        last_image_at=event.last_image_at,
        ready=not event.one_instance if event.ready is None else event.ready,
        instance_count=event.instance_count if event.instance_count is not None else int(event.one_instance),
        group=event.group or "",
        test=bool(event.test),
        status=StudyStatus.OPEN,
        received_at=tx.now,
        event_at=event.at,
        ready_at=None if (event.one_instance if event.ready is None else not event.ready) else tx.now,
    )
    tx.add(study)
    _audit(tx, study, "study:receive", source, priority=study.priority.value, modality=study.modality, test=study.test)
    if event.one_instance:
        _is_new_image(tx, study, event)
        _wait_until_stable(tx, study)
    coverage.open_reads(tx, house, study, facility)
    _join_waiting_findings(tx, house, study)


def _case_code(tx: Transaction, house: House) -> str:
    while True:
        code = case_code.with_check_digit(house.chance.digits(case_code.BODY_DIGITS, _BODY))
        if tx.one(Study, case_code=code) is None:
            return code


def _join_waiting_findings(tx: Transaction, house: House, study: Study) -> None:
    waiting = tx.all(
        Finding, facility=study.facility, accession_number=study.accession_number, state=FindingState.WAITING
    )
    for finding in waiting:
        desk.settle(tx, house, TaskKind.FINDING_WITHOUT_STUDY, finding.id, "the study arrived")
        relays.take_up(tx, house, study, finding, started_by=f"finding:{finding.id}")


def _update(tx: Transaction, house: House, study: Study, event: StudyEvent, source: str) -> None:
    said = {
        field.name: getattr(event, field.name)
        for field in fields(event)
        if field.name in _FIELDS
        and field.name not in ("facility", *_ORDERER)
        and getattr(event, field.name) is not None
    }
    said |= _orderer_said(study, event)
    if event.one_instance:
        said = {name: value for name, value in said.items() if name not in _ORDER or not getattr(study, name)}
        if event.instance_count is None and _is_new_image(tx, study, event):
            said["instance_count"] = study.instance_count + 1
    if event.last_image_at is not None and study.last_image_at is not None:
        said["last_image_at"] = max(event.last_image_at, study.last_image_at)
    if event.ready and study.ready_at is None:
        said["ready_at"] = tx.now
    reopened = study.status is StudyStatus.CANCELED
    changed = replace(study, **said, event_at=max(event.at, study.event_at), status=StudyStatus.OPEN)
    if changed == study:
        return
    before = (study.modality, study.body_part)
    study = tx.put(changed)
    if event.one_instance and not study.ready:
        _wait_until_stable(tx, study)
    _audit(tx, study, "study:update", source, fields=",".join(sorted(said)), reopened=reopened)
    other_exam = (study.modality, study.body_part) != before
    coverage.follow(tx, house, study, reopened=reopened, other_exam=other_exam)


def _is_new_image(tx: Transaction, study: Study, event: StudyEvent) -> bool:
    """Tell whether an image is counted for the first time: a sender that lost our answer sends it again."""
    return event.instance is None or tx.first_time("image", f"{study.id} {event.instance}")


def _orderer_said(study: Study, event: StudyEvent) -> dict[str, str | None]:
    """Return who ordered it as one value, where the event says anything of that; an image only where nobody did."""
    said = {name: getattr(event, name) for name in _ORDERER}
    if not any(said.values()) or (event.one_instance and any(getattr(study, name) for name in _ORDERER)):
        return {}
    return {name: value if name == "ordering_contact" else value or "" for name, value in said.items()}


def _cancel(tx: Transaction, house: House, study: Study, event: StudyEvent, source: str) -> None:
    if study.status is StudyStatus.CANCELED:
        return
    study = tx.put(replace(study, status=StudyStatus.CANCELED, event_at=event.at))
    _audit(tx, study, "study:cancel", source)
    coverage.cancel(tx, house, study, source)


def _wait_until_stable(tx: Transaction, study: Study) -> None:
    due = Deadline(kind=DeadlineKind.STUDY_STABLE, subject=study.id, due_at=tx.now + STABLE_AFTER)
    tx.deadline(due)


def stable_due(tx: Transaction, house: House, study_id: str) -> None:
    """Count a study as ready whose last image came a while ago; a late image updates the same card."""
    study = tx.get(Study, study_id)
    if study is not None and not study.ready and study.facility in house.directory().facilities:
        study = tx.put(replace(study, ready=True, ready_at=study.ready_at or tx.now))
        _audit(tx, study, "study:stable", "robot", images=study.instance_count)
        coverage.follow(tx, house, study, reopened=False, other_exam=False)


def refresh_due(tx: Transaction, house: House, read_id: str) -> None:
    """Do what is due as a read's time runs out, draw its card again, and set its next instant."""
    read = tx.get(Read, read_id)
    if read is not None and read.state in WAITING:
        read = unclaimed.passed(tx, house, read)
        showing.show_read(tx, house, read)
        showing.plan_refresh(tx, house, read)


def _audit(tx: Transaction, study: Study, action: str, actor: str, **facts: str | int | bool | None) -> None:
    tx.audit(AuditFact(action=action, actor=actor, case_code=study.case_code, subject=study.id, facts=facts))
