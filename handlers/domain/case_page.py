"""The case page as values: what it shows of a study, its reads, findings, relay and desk. The only ones with identifiers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportLine:
    """A report."""

    kind: str
    signed_by: str
    signed_at: datetime
    flags: tuple[str, ...]
    #: What it covers, where it names a region.
    region: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadLine:
    """A read: its kind, whose it is, and how it stands."""

    kind: str
    by: str
    coverage: str
    state: str
    claimed_by: str
    claimed_at: datetime | None
    due_at: datetime
    #: "" is the whole study.
    region: str = ""
    #: Why its clock stands still, and since when; ``due_at`` is then what held when it stopped.
    paused: str = ""
    paused_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingLine:
    """A finding, with its words."""

    id: str
    category: int
    text: str
    found_by: str
    found_at: datetime
    state: str
    #: The receiver whom it names; "" where it names none.
    to: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayView:
    """The newest relay."""

    state: str
    category: int
    delegated_by: str
    callback_code: str
    ordering_contact: str
    steps: tuple[str, ...]
    at_step: int
    line: str
    ended: str
    statement: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineLine:
    """One thing that happened."""

    at: datetime
    who: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingLine:
    """Something recorded on a call."""

    id: str
    at: datetime
    state: str
    sha256: str
    #: What it is: a ``read_back`` or a ``finding``.
    kind: str = "read_back"
    #: Who heard a read-back and whether it matches; "" while nobody has said so.
    heard: str = ""
    #: This person may say whether it matches.
    may_judge: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskLine:
    """A desk task."""

    id: str
    what: str
    state: str
    taken_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """Everything the case page shows."""

    facility: str
    alias: str
    zone: str
    case_code: str
    accession_number: str
    study_instance_uid: str
    patient_name: str
    patient_id: str
    birth_date: date | None
    sex: str
    modality: str
    body_part: str
    description: str
    priority: str
    patient_class: str
    patient_state: str
    location: str
    ordering: str
    callback_phone: str
    instance_count: int
    received_at: datetime
    last_image_at: datetime | None
    ready: bool
    test: bool
    reads: tuple[ReadLine, ...]
    reports: tuple[ReportLine, ...]
    findings: tuple[FindingLine, ...]
    relay: RelayView | None
    timeline: tuple[TimelineLine, ...]
    recordings: tuple[RecordingLine, ...]
    tasks: tuple[TaskLine, ...]
    contacts: tuple[tuple[str, str, str], ...]
    #: Whose finding may be started here: a radiologist's own, or, for a PACS administrator, any of the pool's.
    finders: tuple[tuple[str, str], ...]
    close_reasons: tuple[tuple[str, str], ...]
    pacs_link: str
    may: frozenset[str]
    halted: bool
    shadow: bool
    staffed_number: str
    #: A call between two humans that has no answer yet: the task that asks, and what may be answered, as codes and words.
    call_task: str = ""
    call_outcomes: tuple[tuple[str, str], ...] = ()
