"""What a JSON event looks like, as pydantic models; docs/events.md tells the same in words."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    model_validator,
)

from bot.directory.scalars import STATES
from handlers.domain.classes import PatientClass, Priority
from handlers.domain.regions import Region

MAX_FINDING = 400
MAX_COUNT = 1_000_000
_EARLIEST = 1970
_EARLIEST_BIRTH = 1850
_INSTANT = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)", re.ASCII
)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
#: No control character, no line separator, and nothing that turns the direction of writing on a screen around.
_PRINTABLE = r"^[^\p{Cc}\u{2028}\u{2029}\u{202A}-\u{202E}\u{2066}-\u{2069}]*$"
_CLEAN = StringConstraints(strip_whitespace=True, min_length=1, pattern=_PRINTABLE)

#: What each shape demands, by the name of its field: said instead of a regular expression.
_UID_RULE = "must be a DICOM UID: at most 64 digits and dots, no component with a leading zero"
RULES = {
    "study_instance_uid": _UID_RULE,
    "instance": _UID_RULE,
    "modality": "must be a DICOM modality code: at most 16 capital letters, digits, spaces or _, such as CT",
    "patient_state": "must be the two capital letters of a US state or territory",
    "npi": "must be ten digits",
}
NOT_PRINTABLE = "must not hold control characters, line breaks or marks that change the direction of writing"


def _instant(value: object) -> datetime:
    """Take RFC 3339 with an offset; the instant in UTC."""
    if not isinstance(value, str) or _INSTANT.fullmatch(value) is None:
        raise ValueError("must be an RFC 3339 time with its offset, such as 2026-03-14T02:05:00-05:00")
    try:
        found = datetime.fromisoformat(value).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("must be a time that exists") from None
    if found.year < _EARLIEST:
        raise ValueError(f"must not be before {_EARLIEST}")
    return found


def _day(value: object) -> date:
    if not isinstance(value, str) or _DAY.fullmatch(value) is None:
        raise ValueError("must be a date written YYYY-MM-DD")
    try:
        found = date.fromisoformat(value)
    except ValueError:
        raise ValueError("must be a date that exists") from None
    if found.year < _EARLIEST_BIRTH:
        raise ValueError(f"must not be before {_EARLIEST_BIRTH}")
    return found


Instant = Annotated[datetime, BeforeValidator(_instant)]
Day = Annotated[date, BeforeValidator(_day)]
Id = Annotated[str, _CLEAN, Field(max_length=64)]
Line = Annotated[str, _CLEAN, Field(max_length=200)]
Phone = Annotated[str, _CLEAN, Field(max_length=40)]
FindingText = Annotated[str, _CLEAN, Field(max_length=MAX_FINDING)]
Uid = Annotated[str, StringConstraints(max_length=64, pattern=r"^(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))+$")]
Modality = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[A-Z0-9_ ]{1,16}$")]
State = Annotated[str, StringConstraints(pattern=f"^(?:{'|'.join(sorted(STATES))})$")]
Npi = Annotated[str, StringConstraints(pattern=r"^[0-9]{10}$")]
Category = Annotated[int, Field(ge=1, le=3)]
Count = Annotated[int, Field(ge=0, le=MAX_COUNT)]


class Shape(BaseModel):
    """Refuses what it does not know; errors never quote what was sent."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, hide_input_in_errors=True)


class Patient(Shape):
    """Who the patient is. ``name`` as DICOM writes it (PS3.5 section 6.2.1): DOE^JANE."""

    id: Id | None = None
    name: Line | None = None
    birth_date: Day | None = None
    sex: Literal["F", "M", "O", "U"] | None = None


class IdentifiedPatient(Patient):
    """A patient of a new study: two identifiers are what a receiver is told first."""

    id: Id
    name: Line


class Stated(Shape):
    """An ordering clinician whom the directory may not know. A number stated here is never dialed by the robot."""

    npi: Npi | None = None
    name: Line | None = None
    phone: Phone | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Stated:
        if self.npi is None and self.name is None and self.phone is None:
            raise ValueError("must hold at least one of npi, name, phone")
        return self


ID_TAG, STATED_TAG = "<id>", "<stated>"


def _ordering_form(value: object) -> str | None:
    if isinstance(value, str):
        return ID_TAG
    return STATED_TAG if isinstance(value, dict | Stated) else None


Ordering = Annotated[Annotated[Id, Tag(ID_TAG)] | Annotated[Stated, Tag(STATED_TAG)], Discriminator(_ordering_form)]


class StudyData(Shape):
    """A study, as far as it is said; what is left out (or null) changes nothing."""

    facility: Id
    accession_number: Id
    study_instance_uid: Uid | None = None
    patient: Patient | None = None
    modality: Modality | None = None
    body_part: Id | None = None
    description: Line | None = None
    priority: Priority | None = None
    patient_class: PatientClass | None = None
    patient_state: State | None = None
    location: Line | None = None
    ordering_contact: Ordering | None = None
    callback_phone: Phone | None = None
    ordered_at: Instant | None = None
    last_image_at: Instant | None = None
    ready: bool | None = None
    instance_count: Count | None = None
    group: Id | None = None
    test: bool | None = None


class NewStudyData(StudyData):
    """A study that somebody is to read: who, what and where must be said."""

    patient: IdentifiedPatient
    modality: Modality
    patient_class: PatientClass


class ViewingData(Shape):
    """Who opened or closed a study in the PACS, and when."""

    facility: Id
    accession_number: Id
    by: Line
    at: Instant


class ReportData(Shape):
    """A signed report."""

    facility: Id
    accession_number: Id
    signed_by: Line
    signed_at: Instant
    region: Region | None = None


class FindingData(Shape):
    """A critical finding."""

    facility: Id
    accession_number: Id
    category: Category
    text: FindingText
    found_by: Line
    found_at: Instant
    to: Id | None = None


class AmendedData(Shape):
    """What changed of a finding."""

    facility: Id
    accession_number: Id
    category: Category | None = None
    text: FindingText | None = None
    found_by: Line | None = None
    found_at: Instant | None = None
    to: Id | None = None
    replaces: FindingText | None = None

    @model_validator(mode="after")
    def _changes_something(self) -> AmendedData:
        if self.category is None and self.text is None and self.to is None:
            raise ValueError("must hold at least one of category, text, to")
        return self


class RetractedData(Shape):
    """A finding that was entered in error."""

    facility: Id
    accession_number: Id
    replaces: FindingText | None = None


class NewStudy(Shape):
    """``study.received``."""

    type: Literal["study.received"]
    timestamp: Instant
    data: NewStudyData


class ChangedStudy(Shape):
    """``study.updated`` and ``study.canceled``."""

    type: Literal["study.updated", "study.canceled"]
    timestamp: Instant
    data: StudyData


class Viewing(Shape):
    """``study.opened`` and ``study.closed``."""

    type: Literal["study.opened", "study.closed"]
    timestamp: Instant
    data: ViewingData


class Report(Shape):
    """``report.preliminary`` and ``report.final``."""

    type: Literal["report.preliminary", "report.final"]
    timestamp: Instant
    data: ReportData


class FindingReported(Shape):
    """``finding.reported``."""

    type: Literal["finding.reported"]
    timestamp: Instant
    data: FindingData


class FindingAmended(Shape):
    """``finding.amended``."""

    type: Literal["finding.amended"]
    timestamp: Instant
    data: AmendedData


class FindingRetracted(Shape):
    """``finding.retracted``."""

    type: Literal["finding.retracted"]
    timestamp: Instant
    data: RetractedData


Envelope = Annotated[
    NewStudy | ChangedStudy | Viewing | Report | FindingReported | FindingAmended | FindingRetracted,
    Field(discriminator="type"),
]


class DicomStudy(Shape):
    """A DICOM object's header, as the door writes it into the inbox; never what anybody sends."""

    #: SHA-256 of the whole object: two objects under one delivery id are told apart.
    object: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    data: StudyData
    #: The instants at which the object says that it was acquired, the best first.
    acquired: list[Instant]
    #: SOPInstanceUID (0008,0018): which image of the study it is.
    instance: Uid | None = None
