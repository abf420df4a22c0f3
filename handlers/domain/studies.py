"""Studies, reads, reports and findings as they stand at one instant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from handlers.domain.classes import PatientClass, Priority, ReadKind


class StudyStatus(StrEnum):
    """Whether a study is still wanted."""

    OPEN = "open"
    CANCELED = "canceled"


class ReadState(StrEnum):
    """The life of one read."""

    OPEN = "open"
    CLAIMED = "claimed"
    AWAITED = "awaited"  # the facility's own radiologists read it: nothing to claim
    REPORTED = "reported"
    SUPERSEDED = "superseded"  # the final report came first, or another agreement covers the study
    CANCELED = "canceled"


#: In which a read is to be read by us.
WAITING = (ReadState.OPEN, ReadState.CLAIMED)
#: In which a read is still to come.
DUE = (*WAITING, ReadState.AWAITED)


class ReadBy(StrEnum):
    """Whose radiologists read."""

    US = "us"
    CLIENT = "client"


class FindingState(StrEnum):
    """The life of one finding."""

    WAITING = "waiting"  # its study has not arrived
    RELAYED = "relayed"
    REPEATED = "repeated"  # told by a second system: one conversation
    AMENDED = "amended"  # a newer one took its place
    RETRACTED = "retracted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """A study at a facility. An accession number is unique only within its facility.

    DICOM PS3.6 keywords in lower case: AccessionNumber (0008,0050), StudyInstanceUID (0020,000D), Modality (0008,0060),
    BodyPartExamined (0018,0015), StudyDescription (0008,1030).
    """

    id: str
    facility: str
    case_code: str
    accession_number: str
    study_instance_uid: str
    patient_id: str
    patient_name: str
    birth_date: date | None
    sex: str
    modality: str
    body_part: str
    description: str
    priority: Priority
    patient_class: PatientClass
    patient_state: str
    location: str
    ordering_contact: str | None
    #: The ordering clinician as an event stated them (NPI, name, phone); never dialed by the robot.
    ordering_npi: str
    ordering_name: str
    ordering_phone: str
    callback_phone: str
    ordered_at: datetime | None
    last_image_at: datetime | None
    ready: bool
    instance_count: int
    group: str
    test: bool
    status: StudyStatus
    received_at: datetime
    #: The instant of the newest event that was applied; an older one never overwrites it.
    event_at: datetime
    #: When it was first complete, by the site's word or because no image had come for a while.
    ready_at: datetime | None = None
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """One duty to read a study, claimed by one radiologist at a time; a study may have several.

    ``due_at`` less the clock's start and target is the time in which it stood still and has gone on.
    """

    id: str
    facility: str
    study_id: str
    case_code: str
    pool: str
    priority: Priority
    state: ReadState
    opened_at: datetime
    #: The instant at which the clock's target is used up; while the clock stands still, that which held when it stopped.
    due_at: datetime
    #: What its clock began with: the instant, and the working time that it may take.
    clock_started_at: datetime
    target_seconds: int
    #: Since when its clock stands still for a problem with the study; None while it runs.
    paused_since: datetime | None = None
    claimed_by: str | None = None
    claimed_at: datetime | None = None
    reported_at: datetime | None = None
    reported_by: str | None = None
    #: The instant of its target, once that has passed without a report: recorded, and never taken back.
    breached_at: datetime | None = None
    #: From when on readers without its subspecialty may read it; None where it has none.
    general_at: datetime | None = None
    kind: ReadKind = ReadKind.FINAL
    by: ReadBy = ReadBy.US
    #: The coverage agreement that made it; "" where none covers the study.
    coverage: str = ""
    #: The subspecialty that the agreement is for, or "".
    subspecialty: str = ""
    #: The region of the body that it is of, where a trauma was split; "" is the whole study.
    region: str = ""
    #: The read from which it was split off at ``opened_at``, whose clock it shares until then; "" where it was not.
    split_from: str = ""
    version: int = 0

    def at_share(self, percent: float) -> datetime:
        """Return the instant at which so many percent of the target are used up, as the clock stands now."""
        return self.due_at - timedelta(seconds=self.target_seconds) * (100 - percent) / 100

    def clock_at(self, now: datetime) -> datetime:
        """Return the instant that its clock shows: now, or, while it stands still, the one at which it stopped."""
        return self.paused_since or now


@dataclass(frozen=True, slots=True, kw_only=True)
class Overflow:
    """One time that overflow was open under an agreement."""

    id: str
    facility: str
    coverage: str  #: the agreement's id
    opened_at: datetime
    reason: str  #: ``backlog`` or ``late``
    closed_at: datetime | None = None
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report that was signed somewhere: a clinical fact, accepted and, where it is odd, flagged; never refused."""

    id: str
    facility: str
    study_id: str
    kind: str  #: ``preliminary`` or ``final``
    #: Directory id where known, else as stated.
    signed_by: str
    signed_at: datetime
    received_at: datetime
    #: Codes of what is odd about it: ``other_reader``, ``license_expired``, …
    flags: tuple[str, ...] = ()
    #: The region that it covers, where it names one.
    region: str = ""
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlyReport:
    """A report that came before its study: it waits for it, as it was told."""

    id: str
    facility: str
    accession_number: str
    kind: str  #: the event's type, ``report.final``
    #: As stated: a directory id, an NPI or a name.
    signed_by: str
    signed_at: datetime
    region: str
    source: str
    event_at: datetime
    received_at: datetime
    #: When its study came; None while it waits.
    joined_at: datetime | None = None
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A critical finding: what was seen, by whom, when; its category is the radiologist's, never ours."""

    id: str
    facility: str
    study_id: str | None
    relay_id: str | None
    accession_number: str
    category: int
    text: str
    #: Directory id of the radiologist whose finding it is, or None where an event named nobody known.
    found_by: str | None
    found_at: datetime
    to: str | None
    state: FindingState
    reported_at: datetime
    event_at: datetime
    #: The finding that it amends; "" where it amends none.
    amends: str = ""
    version: int = 0
