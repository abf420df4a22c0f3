"""The tables. A row has the field names of the frozen value it keeps; ``mapping`` copies by those names.

``sealed`` holds a value's patient fields together, encrypted; ``*_index`` are keyed digests for uniqueness and search.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import DateTime, Dialect, Index, LargeBinary, Text, TypeDecorator, UniqueConstraint, text
from sqlmodel import Field, SQLModel


class Instant(TypeDecorator[datetime]):
    """An instant in UTC on both databases; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse what has no zone, and store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a zone")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Give back UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _key() -> Any:
    return Field(primary_key=True)


def _instant(*, nullable: bool = False) -> Any:
    return Field(sa_type=Instant, nullable=nullable)


def _text() -> Any:
    return Field(sa_type=Text)


def _bytes() -> Any:
    return Field(sa_type=LargeBinary)


class Chain(SQLModel, table=True):
    """The head of a facility's audit chain; its row is the lock of that facility."""

    __tablename__: ClassVar[Any] = "chain"
    facility: str = _key()
    seq: int = 0
    hash: str = ""


class AuditEntry(SQLModel, table=True):
    """One audit entry: the exact bytes that were hashed, and columns to find it by."""

    __tablename__: ClassVar[Any] = "audit_entry"
    chain: str = _key()
    seq: int = _key()
    at: datetime = _instant()
    action: str
    case_code: str = Field(index=True)
    body: str = _text()
    hash: str


class Inbox(SQLModel, table=True):
    """Accepted deliveries, bodies encrypted whole and erased once handled."""

    __tablename__: ClassVar[Any] = "inbox"
    __table_args__: ClassVar[Any] = (
        UniqueConstraint("source", "delivery_id"),
        Index(
            "inbox_pending",
            "facility",
            "position",
            sqlite_where=text("state='pending'"),
            postgresql_where=text("state='pending'"),
        ),
    )
    position: int | None = Field(default=None, primary_key=True)
    id: str = Field(unique=True)
    source: str
    delivery_id: str
    facility: str
    kind: str
    digest: str
    body: bytes = _bytes()
    received_at: datetime = _instant()
    due_at: datetime = _instant()
    state: str = "pending"
    tries: int = 0
    reason: str = ""


class Outbox(SQLModel, table=True):
    """Effects that wait to be sent, and those that were given up."""

    __tablename__: ClassVar[Any] = "outbox"
    __table_args__: ClassVar[Any] = (Index("outbox_next", "state", "rank", "position"),)
    position: int | None = Field(default=None, primary_key=True)
    id: str = Field(unique=True)
    facility: str
    kind: str
    subject: str
    lane: str
    args: str = _text()
    rank: int
    once: str | None = Field(default=None, unique=True)
    due_at: datetime = _instant()
    state: str = "pending"
    tries: int = 0
    lease_until: datetime | None = _instant(nullable=True)
    reason: str = ""


class Lane(SQLModel, table=True):
    """When the next effect of a lane may leave, and until when one is leaving."""

    __tablename__: ClassVar[Any] = "lane"
    lane: str = _key()
    next_at: datetime = _instant()
    busy_until: datetime | None = _instant(nullable=True)
    holder: str = ""


class DeadlineRow(SQLModel, table=True):
    """Instants at which something falls due; the row is the truth, the scheduler only wakes for it."""

    __tablename__: ClassVar[Any] = "deadline"
    kind: str = _key()
    subject: str = _key()
    facility: str
    due_at: datetime = Field(sa_type=Instant, index=True)
    tries: int = 0


class DeliveryRow(SQLModel, table=True):
    """Inbound messages that were handled, with the answer they got."""

    __tablename__: ClassVar[Any] = "delivery"
    facility: str = _key()
    id: str = _key()
    answer: str = _text()
    at: datetime = Field(sa_type=Instant, index=True)


class MessageRow(SQLModel, table=True):
    """Where in Slack a subject is shown."""

    __tablename__: ClassVar[Any] = "message"
    subject: str = _key()
    channel: str
    ts: str


class StudyRow(SQLModel, table=True):
    """Studies."""

    __tablename__: ClassVar[Any] = "study"
    __table_args__: ClassVar[Any] = (UniqueConstraint("facility", "accession_number_index"),)
    id: str = _key()
    facility: str
    case_code: str = Field(unique=True)
    accession_number_index: str
    study_instance_uid_index: str = Field(index=True)
    sealed: bytes = _bytes()
    modality: str
    priority: str
    patient_class: str
    patient_state: str
    ordering_contact: str | None
    ordered_at: datetime | None = _instant(nullable=True)
    last_image_at: datetime | None = _instant(nullable=True)
    ready: bool
    instance_count: int
    group_index: str = Field(index=True)
    test: bool
    status: str
    received_at: datetime = _instant()
    event_at: datetime = _instant()
    version: int


class ReadRow(SQLModel, table=True):
    """Reads."""

    __tablename__: ClassVar[Any] = "read"
    __table_args__: ClassVar[Any] = (Index("read_worklist", "state", "pool", "due_at"),)
    id: str = _key()
    facility: str
    study_id: str = Field(index=True)
    case_code: str
    pool: str
    priority: str
    state: str
    opened_at: datetime = _instant()
    due_at: datetime = _instant()
    claimed_by: str | None
    claimed_at: datetime | None = _instant(nullable=True)
    reported_at: datetime | None = _instant(nullable=True)
    reported_by: str | None
    version: int


class ReportRow(SQLModel, table=True):
    """Reports that were signed."""

    __tablename__: ClassVar[Any] = "report"
    id: str = _key()
    facility: str
    study_id: str = Field(index=True)
    kind: str
    signed_by: str
    signed_at: datetime = _instant()
    received_at: datetime = _instant()
    flags: str
    version: int


class FindingRow(SQLModel, table=True):
    """Findings."""

    __tablename__: ClassVar[Any] = "finding"
    id: str = _key()
    facility: str
    study_id: str | None = Field(index=True)
    relay_id: str | None = Field(index=True)
    accession_number_index: str = Field(index=True)
    sealed: bytes = _bytes()
    category: int
    found_by: str | None
    found_at: datetime = _instant()
    to: str | None
    state: str
    reported_at: datetime = _instant()
    event_at: datetime = _instant()
    version: int


class RelayRow(SQLModel, table=True):
    """Relays, each with the policy it started under."""

    __tablename__: ClassVar[Any] = "relay"
    __table_args__: ClassVar[Any] = (Index("relay_state", "state", "facility"),)
    id: str = _key()
    facility: str
    study_id: str = Field(index=True)
    case_code: str = Field(index=True)
    callback_code: str = Field(index=True)
    category: int
    delegated_by: str
    delegated_at: datetime = _instant()
    started_by: str
    found_at: datetime = _instant()
    ordering: str | None
    policy: str = _text()
    state: str
    shadow: bool
    revision: int
    step: int
    step_started_at: datetime | None = _instant(nullable=True)
    tries: int
    hold_reason: str
    ended_at: datetime | None = _instant(nullable=True)
    ending: str | None
    ended_by: str
    ended_role: str
    ended_attempt: str | None
    ended_note: str
    version: int


class AttemptRow(SQLModel, table=True):
    """Attempts. ``open_number`` is unique: no number is ever dialed twice at once."""

    __tablename__: ClassVar[Any] = "attempt"
    id: str = _key()
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
    planned_at: datetime = _instant()
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
    submitted_at: datetime | None = _instant(nullable=True)
    answered_at: datetime | None = _instant(nullable=True)
    told_at: datetime | None = _instant(nullable=True)
    telling_seconds: float
    finished_at: datetime | None = _instant(nullable=True)
    outcome: str | None
    vendor_code: str
    version: int


class TurnRow(SQLModel, table=True):
    """Exchanges on calls, kept encrypted so that a repeat is answered the same."""

    __tablename__: ClassVar[Any] = "turn"
    __table_args__: ClassVar[Any] = (UniqueConstraint("attempt_id", "number"),)
    id: str = _key()
    facility: str
    attempt_id: str
    number: int
    sealed: bytes = _bytes()
    at: datetime = _instant()
    version: int


class DeskTaskRow(SQLModel, table=True):
    """Desk tasks."""

    __tablename__: ClassVar[Any] = "desk_task"
    __table_args__: ClassVar[Any] = (Index("desk_task_state", "state", "facility"),)
    id: str = _key()
    facility: str
    desk: str
    kind: str
    case_code: str
    relay_id: str | None = Field(index=True)
    subject_id: str = Field(index=True)
    state: str
    opened_at: datetime = _instant()
    every_seconds: int
    rings: bool
    rounds: int
    taken_by: str
    taken_at: datetime | None = _instant(nullable=True)
    done_at: datetime | None = _instant(nullable=True)
    done_by: str
    outcome: str
    version: int


class RecordingRow(SQLModel, table=True):
    """Recorded read-backs, encrypted."""

    __tablename__: ClassVar[Any] = "recording"
    id: str = _key()
    facility: str
    relay_id: str = Field(index=True)
    attempt_id: str = Field(index=True)
    sid: str = Field(unique=True)
    state: str
    announced_at: datetime = _instant()
    tries: int
    sealed: bytes = _bytes()
    sha256: str
    media_type: str
    version: int


class HaltRow(SQLModel, table=True):
    """Halts of calls."""

    __tablename__: ClassVar[Any] = "halt"
    id: str = _key()
    facility: str = Field(index=True)
    by: str
    at: datetime = _instant()
    reason: str
    lifted_at: datetime | None = _instant(nullable=True)
    version: int


class LinkRow(SQLModel, table=True):
    """One-time links, by the digest of their token."""

    __tablename__: ClassVar[Any] = "link"
    id: str = _key()
    facility: str
    case_code: str
    slack_user: str
    name: str
    roles: str
    purpose: str
    made_at: datetime = _instant()
    expires_at: datetime = _instant()
    used_at: datetime | None = _instant(nullable=True)
    version: int


class PageSessionRow(SQLModel, table=True):
    """Case page sessions, by the digest of their token."""

    __tablename__: ClassVar[Any] = "page_session"
    id: str = _key()
    facility: str
    case_code: str
    slack_user: str
    name: str
    roles: str
    purpose: str
    opened_at: datetime = _instant()
    seen_at: datetime = _instant()
    version: int


class DirectoryVersionRow(SQLModel, table=True):
    """Loaded directories."""

    __tablename__: ClassVar[Any] = "directory_version"
    id: str = _key()
    facility: str
    number: int = Field(unique=True)
    sha256: str
    text: str = _text()
    loaded_at: datetime = _instant()
    loaded_by: str
    version: int


class InboundCallRow(SQLModel, table=True):
    """Calls to our number."""

    __tablename__: ClassVar[Any] = "inbound_call"
    id: str = _key()
    facility: str
    token: str = Field(unique=True)
    caller: str
    turn: int
    wrong: int
    attempt_id: str | None
    at: datetime = _instant()
    version: int


class OptOutRow(SQLModel, table=True):
    """Numbers that are not texted."""

    __tablename__: ClassVar[Any] = "opt_out"
    id: str = _key()
    facility: str
    at: datetime = _instant()
    lifted_at: datetime | None = _instant(nullable=True)
    version: int


class Heartbeat(SQLModel, table=True):
    """When a worker last went round; ``/readyz`` reads it."""

    __tablename__: ClassVar[Any] = "heartbeat"
    name: str = _key()
    at: datetime = _instant()
