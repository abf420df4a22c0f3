"""What outside systems tell us, as frozen values, after every dialect has been translated to the same few events."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from handlers.domain.classes import PatientClass, Priority
from handlers.domain.regions import Region


class EventKind(StrEnum):
    """The events there are."""

    STUDY_RECEIVED = "study.received"
    STUDY_UPDATED = "study.updated"
    STUDY_CANCELED = "study.canceled"
    STUDY_OPENED = "study.opened"
    STUDY_CLOSED = "study.closed"
    REPORT_PRELIMINARY = "report.preliminary"
    REPORT_FINAL = "report.final"
    FINDING_REPORTED = "finding.reported"
    FINDING_AMENDED = "finding.amended"
    FINDING_RETRACTED = "finding.retracted"


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyEvent:
    """A study came, changed or was canceled; None is "not said", which changes nothing."""

    kind: EventKind
    at: datetime
    facility: str
    accession_number: str
    study_instance_uid: str | None = None
    patient_id: str | None = None
    patient_name: str | None = None
    birth_date: date | None = None
    sex: str | None = None
    modality: str | None = None
    body_part: str | None = None
    description: str | None = None
    priority: Priority | None = None
    patient_class: PatientClass | None = None
    patient_state: str | None = None
    location: str | None = None
    ordering_contact: str | None = None
    ordering_npi: str | None = None
    ordering_name: str | None = None
    ordering_phone: str | None = None
    callback_phone: str | None = None
    ordered_at: datetime | None = None
    last_image_at: datetime | None = None
    ready: bool | None = None
    instance_count: int | None = None
    #: One more image of the study (a DICOM object): counted where no total is stated.
    one_instance: bool = False
    #: Which image that is (SOPInstanceUID); one that comes again is not counted again.
    instance: str | None = None
    group: str | None = None
    test: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportEvent:
    """A report was signed. ``signed_by`` is a directory id, an NPI or a name as stated; ``region`` is what it covers, if said."""

    kind: EventKind
    at: datetime
    facility: str
    accession_number: str
    signed_by: str
    signed_at: datetime
    region: Region | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingEvent:
    """A critical finding was reported, amended or retracted.

    ``found_by`` is a directory id, an NPI or a name as stated; ``to`` a directory contact's id. An amendment or retraction
    without ``replaces`` means every finding of the study.
    """

    kind: EventKind
    at: datetime
    facility: str
    accession_number: str
    category: int | None = None
    text: str | None = None
    found_by: str | None = None
    found_at: datetime | None = None
    to: str | None = None
    replaces: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewingEvent:
    """Somebody opened or closed a study in the PACS, at ``acted_at``. ``by`` is a directory id or an NPI."""

    kind: EventKind
    at: datetime
    facility: str
    accession_number: str
    by: str
    acted_at: datetime


Event = StudyEvent | ReportEvent | FindingEvent | ViewingEvent
