"""The tables of the reading side: studies, reads and who has them, their clocks, reports, and who is on duty.

What holds for the other tables (``store.tables``) holds for these.
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


class EarlyReportRow(SQLModel, table=True):
    """Reports that came before their studies."""

    __tablename__: ClassVar[Any] = "early_report"
    id: str = columns.key_column()
    facility: str
    accession_number_index: str = Field(index=True)
    sealed: bytes = columns.bytes_column()
    kind: str
    signed_at: datetime = columns.instant_column()
    region: str
    source: str
    event_at: datetime = columns.instant_column()
    received_at: datetime = columns.instant_column()
    joined_at: datetime | None = columns.instant_column(nullable=True)
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
    closed_by: str = ""
    closed_at: datetime | None = columns.instant_column(nullable=True)
    version: int
