"""The tables. A row has the field names of the frozen value it keeps; ``mapping`` copies by those names.

``sealed`` holds a value's patient fields together, encrypted; ``*_index`` are keyed digests for uniqueness and search.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from store import columns


class StudyRow(SQLModel, table=True):
    """Studies."""

    __tablename__: ClassVar[Any] = "study"
    __table_args__: ClassVar[Any] = (UniqueConstraint("facility", "accession_number_index"),)
    id: str = columns.key_column()
    facility: str
    case_code: str = Field(unique=True)
    accession_number_index: str
    study_instance_uid_index: str = Field(index=True)
    sealed: bytes = columns.bytes_column()
    modality: str
    priority: str
    patient_class: str
    patient_state: str
    ordering_contact: str | None
    ordered_at: datetime | None = columns.instant_column(nullable=True)
    last_image_at: datetime | None = columns.instant_column(nullable=True)
    ready: bool
    instance_count: int
    group_index: str = Field(index=True)
    test: bool
    status: str
    received_at: datetime = columns.instant_column()
    event_at: datetime = columns.instant_column()
    ready_at: datetime | None = columns.instant_column(nullable=True)
    version: int


class ReadRow(SQLModel, table=True):
    """Reads."""

    __tablename__: ClassVar[Any] = "read"
    __table_args__: ClassVar[Any] = (
        Index("read_worklist", "state", "pool", "due_at"),
        Index("read_reported", "reported_at"),
        Index("read_claimed_at", "claimed_at"),
    )
    id: str = columns.key_column()
    facility: str
    study_id: str = Field(index=True)
    case_code: str
    pool: str
    priority: str
    state: str
    opened_at: datetime = columns.instant_column()
    due_at: datetime = columns.instant_column()
    clock_started_at: datetime = columns.instant_column()
    target_seconds: int
    paused_since: datetime | None = columns.instant_column(nullable=True)
    claimed_by: str | None
    claimed_at: datetime | None = columns.instant_column(nullable=True)
    reported_at: datetime | None = columns.instant_column(nullable=True)
    reported_by: str | None
    breached_at: datetime | None = columns.instant_column(nullable=True)
    general_at: datetime | None = columns.instant_column(nullable=True)
    kind: str
    by: str
    coverage: str
    subspecialty: str
    region: str
    split_from: str
    version: int


class OverflowRow(SQLModel, table=True):
    """The times that overflow was open."""

    __tablename__: ClassVar[Any] = "overflow"
    __table_args__: ClassVar[Any] = (Index("overflow_open", "facility", "closed_at"),)
    id: str = columns.key_column()
    facility: str
    coverage: str
    opened_at: datetime = columns.instant_column()
    reason: str
    closed_at: datetime | None = columns.instant_column(nullable=True)
    version: int


class ProblemRow(SQLModel, table=True):
    """Problems with studies: each, where it pauses, a stretch in which its read's clock stands still."""

    __tablename__: ClassVar[Any] = "problem"
    id: str = columns.key_column()
    facility: str
    read_id: str = Field(index=True)
    case_code: str
    kind: str
    state: str
    pauses: bool
    opened_at: datetime = columns.instant_column()
    opened_by: str
    taken_by: str
    ended_at: datetime | None = columns.instant_column(nullable=True)
    ended_by: str
    outcome: str
    version: int


class LeaseRow(SQLModel, table=True):
    """Leases of claims, by the read's id."""

    __tablename__: ClassVar[Any] = "lease"
    id: str = columns.key_column()
    facility: str
    holder: str
    claimed_at: datetime = columns.instant_column()
    span_seconds: int
    state: str
    active_at: datetime = columns.instant_column()
    told_at: datetime | None = columns.instant_column(nullable=True)
    offered_at: datetime | None = columns.instant_column(nullable=True)
    version: int


class ViewingRow(SQLModel, table=True):
    """Who has which study open in the PACS."""

    __tablename__: ClassVar[Any] = "viewing"
    __table_args__: ClassVar[Any] = (UniqueConstraint("study_id", "who"),)
    id: str = columns.key_column()
    facility: str
    study_id: str
    who: str
    opened_at: datetime = columns.instant_column()
    closed_at: datetime | None = columns.instant_column(nullable=True)
    event_at: datetime = columns.instant_column()
    version: int


class ReportRow(SQLModel, table=True):
    """Reports that were signed."""

    __tablename__: ClassVar[Any] = "report"
    id: str = columns.key_column()
    facility: str
    study_id: str = Field(index=True)
    kind: str
    signed_by: str
    signed_at: datetime = columns.instant_column()
    received_at: datetime = columns.instant_column()
    flags: str
    region: str
    version: int


class FindingRow(SQLModel, table=True):
    """Findings."""

    __tablename__: ClassVar[Any] = "finding"
    id: str = columns.key_column()
    facility: str
    study_id: str | None = Field(index=True)
    relay_id: str | None = Field(index=True)
    accession_number_index: str = Field(index=True)
    sealed: bytes = columns.bytes_column()
    category: int
    found_by: str | None
    found_at: datetime = columns.instant_column()
    to: str | None
    state: str
    reported_at: datetime = columns.instant_column()
    event_at: datetime = columns.instant_column()
    version: int


class RelayRow(SQLModel, table=True):
    """Relays, each with the policy it started under."""

    __tablename__: ClassVar[Any] = "relay"
    __table_args__: ClassVar[Any] = (Index("relay_state", "state", "facility"),)
    id: str = columns.key_column()
    facility: str
    study_id: str = Field(index=True)
    case_code: str = Field(index=True)
    callback_code: str = Field(index=True)
    category: int
    delegated_by: str
    delegated_at: datetime = columns.instant_column()
    started_by: str
    found_at: datetime = columns.instant_column()
    ordering: str | None
    policy: str = columns.text_column()
    state: str
    shadow: bool
    revision: int
    step: int
    step_started_at: datetime | None = columns.instant_column(nullable=True)
    tries: int
    hold_reason: str
    ended_at: datetime | None = columns.instant_column(nullable=True)
    ending: str | None
    ended_by: str
    ended_role: str
    ended_attempt: str | None
    ended_note: str
    version: int


class AttemptRow(SQLModel, table=True):
    """Attempts. ``open_number`` is unique: no number is ever dialed twice at once."""

    __tablename__: ClassVar[Any] = "attempt"
    __table_args__: ClassVar[Any] = (Index("attempt_state", "state", "facility"),)
    id: str = columns.key_column()
    facility: str
    relay_id: str | None = Field(index=True)
    task_id: str | None = Field(index=True)
    token: str = Field(unique=True)
    purpose: str
    channel: str
    inbound: bool
    who: str
    number: str
    number_kind: str
    send_digits: str
    step: int
    try_no: int
    state: str
    stage: str
    planned_at: datetime = columns.instant_column()
    code: str
    open_number: str | None = Field(unique=True)
    sid: str | None = Field(index=True)
    sequence: int
    turn: int
    wrong: int
    silent: int
    holds: int
    revision: int
    receiver_role: str | None
    machine: str
    bridged_to: str
    submitted_at: datetime | None = columns.instant_column(nullable=True)
    answered_at: datetime | None = columns.instant_column(nullable=True)
    told_at: datetime | None = columns.instant_column(nullable=True)
    telling_seconds: float
    finished_at: datetime | None = columns.instant_column(nullable=True)
    outcome: str | None
    vendor_code: str
    read_id: str | None = Field(index=True)
    version: int


class TurnRow(SQLModel, table=True):
    """Exchanges on calls, kept encrypted so that a repeat is answered the same."""

    __tablename__: ClassVar[Any] = "turn"
    __table_args__: ClassVar[Any] = (UniqueConstraint("attempt_id", "number"),)
    id: str = columns.key_column()
    facility: str
    attempt_id: str
    number: int
    sealed: bytes = columns.bytes_column()
    at: datetime = columns.instant_column()
    version: int


class DeskTaskRow(SQLModel, table=True):
    """Desk tasks."""

    __tablename__: ClassVar[Any] = "desk_task"
    __table_args__: ClassVar[Any] = (Index("desk_task_state", "state", "facility"),)
    id: str = columns.key_column()
    facility: str
    desk: str
    kind: str
    case_code: str
    relay_id: str | None = Field(index=True)
    subject_id: str = Field(index=True)
    state: str
    opened_at: datetime = columns.instant_column()
    every_seconds: int
    rings: bool
    rounds: int
    taken_by: str
    taken_at: datetime | None = columns.instant_column(nullable=True)
    done_at: datetime | None = columns.instant_column(nullable=True)
    done_by: str
    outcome: str
    version: int


class OnDutyRow(SQLModel, table=True):
    """Who was last seen on duty, by rota."""

    __tablename__: ClassVar[Any] = "on_duty"
    id: str = columns.key_column()
    facility: str
    who: str | None
    since: datetime = columns.instant_column()
    version: int


class CalendarCopyRow(SQLModel, table=True):
    """Last good copies of rotas' calendars."""

    __tablename__: ClassVar[Any] = "calendar_copy"
    id: str = columns.key_column()
    facility: str
    shifts: str = columns.text_column()
    at: datetime = columns.instant_column()
    failing_since: datetime | None = columns.instant_column(nullable=True)
    version: int


class HandoverRow(SQLModel, table=True):
    """What was offered at changes of shift."""

    __tablename__: ClassVar[Any] = "handover"
    id: str = columns.key_column()
    facility: str
    rota: str
    place: str
    at: str
    outgoing: str
    incoming: str
    offered_at: datetime = columns.instant_column()
    reminders: int
    accepted_at: datetime | None = columns.instant_column(nullable=True)
    accepted_by: str
    version: int


class RecordingRow(SQLModel, table=True):
    """Recorded read-backs, encrypted."""

    __tablename__: ClassVar[Any] = "recording"
    id: str = columns.key_column()
    facility: str
    relay_id: str = Field(index=True)
    attempt_id: str = Field(index=True)
    sid: str = Field(unique=True)
    state: str
    announced_at: datetime = columns.instant_column()
    tries: int
    sealed: bytes = columns.bytes_column()
    sha256: str
    media_type: str
    version: int


class HaltRow(SQLModel, table=True):
    """Halts of calls."""

    __tablename__: ClassVar[Any] = "halt"
    id: str = columns.key_column()
    facility: str = Field(index=True)
    by: str
    at: datetime = columns.instant_column()
    reason: str
    lifted_at: datetime | None = columns.instant_column(nullable=True)
    version: int


class LinkRow(SQLModel, table=True):
    """One-time links, by the digest of their token."""

    __tablename__: ClassVar[Any] = "link"
    id: str = columns.key_column()
    facility: str
    case_code: str
    slack_user: str
    name: str
    roles: str
    purpose: str
    made_at: datetime = columns.instant_column()
    expires_at: datetime = columns.instant_column()
    used_at: datetime | None = columns.instant_column(nullable=True)
    version: int


class PageSessionRow(SQLModel, table=True):
    """Case page sessions, by the digest of their token."""

    __tablename__: ClassVar[Any] = "page_session"
    id: str = columns.key_column()
    facility: str
    case_code: str
    slack_user: str
    name: str
    roles: str
    purpose: str
    opened_at: datetime = columns.instant_column()
    seen_at: datetime = columns.instant_column()
    version: int


class DirectoryVersionRow(SQLModel, table=True):
    """Loaded directories."""

    __tablename__: ClassVar[Any] = "directory_version"
    id: str = columns.key_column()
    facility: str
    number: int = Field(unique=True)
    sha256: str
    text: str = columns.text_column()
    loaded_at: datetime = columns.instant_column()
    loaded_by: str
    version: int


class InboundCallRow(SQLModel, table=True):
    """Calls to our number."""

    __tablename__: ClassVar[Any] = "inbound_call"
    id: str = columns.key_column()
    facility: str
    token: str = Field(unique=True)
    caller: str
    turn: int
    wrong: int
    attempt_id: str | None
    at: datetime = columns.instant_column()
    version: int


class OptOutRow(SQLModel, table=True):
    """Numbers that are not texted."""

    __tablename__: ClassVar[Any] = "opt_out"
    id: str = columns.key_column()
    facility: str
    at: datetime = columns.instant_column()
    lifted_at: datetime | None = columns.instant_column(nullable=True)
    version: int


class OverrideRow(SQLModel, table=True):
    """Rules of the house that two people waived for one read."""

    __tablename__: ClassVar[Any] = "read_override"
    id: str = columns.key_column()
    facility: str
    read_id: str = Field(index=True)
    reader: str
    reason: str
    asked_by: str
    asked_at: datetime = columns.instant_column()
    granted_by: str
    granted_at: datetime | None = columns.instant_column(nullable=True)
    used_at: datetime | None = columns.instant_column(nullable=True)
    version: int
