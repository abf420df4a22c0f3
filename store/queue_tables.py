"""The tables of the machinery: chains and their entries, inbox, outbox, lanes, deadlines, handled messages."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from store import columns


class Chain(SQLModel, table=True):
    """The head of a facility's audit chain; its row is the lock of that facility."""

    __tablename__: ClassVar[Any] = "chain"
    facility: str = columns.key_column()
    seq: int = 0
    hash: str = ""


class AuditEntry(SQLModel, table=True):
    """One audit entry: the exact bytes that were hashed, and columns to find it by."""

    __tablename__: ClassVar[Any] = "audit_entry"
    chain: str = columns.key_column()
    seq: int = columns.key_column()
    at: datetime = columns.instant_column()
    action: str
    case_code: str = Field(index=True)
    body: str = columns.text_column()
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
    body: bytes = columns.bytes_column()
    received_at: datetime = columns.instant_column()
    due_at: datetime = columns.instant_column()
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
    args: str = columns.text_column()
    rank: int
    once: str | None = Field(default=None, unique=True)
    due_at: datetime = columns.instant_column()
    state: str = "pending"
    tries: int = 0
    lease_until: datetime | None = columns.instant_column(nullable=True)
    reason: str = ""


class Lane(SQLModel, table=True):
    """When the next effect of a lane may leave, and until when one is leaving."""

    __tablename__: ClassVar[Any] = "lane"
    lane: str = columns.key_column()
    next_at: datetime = columns.instant_column()
    busy_until: datetime | None = columns.instant_column(nullable=True)
    holder: str = ""


class DeadlineRow(SQLModel, table=True):
    """Instants at which something falls due; the row is the truth, the scheduler only wakes for it."""

    __tablename__: ClassVar[Any] = "deadline"
    kind: str = columns.key_column()
    subject: str = columns.key_column()
    facility: str
    due_at: datetime = Field(sa_type=columns.Instant, index=True)
    tries: int = 0


class DeliveryRow(SQLModel, table=True):
    """Inbound messages that were handled, with the answer they got."""

    __tablename__: ClassVar[Any] = "delivery"
    facility: str = columns.key_column()
    id: str = columns.key_column()
    answer: str = columns.text_column()
    at: datetime = Field(sa_type=columns.Instant, index=True)


class MessageRow(SQLModel, table=True):
    """Where in Slack a subject is shown."""

    __tablename__: ClassVar[Any] = "message"
    subject: str = columns.key_column()
    channel: str
    ts: str


class Heartbeat(SQLModel, table=True):
    """When a worker last went round; ``/readyz`` reads it."""

    __tablename__: ClassVar[Any] = "heartbeat"
    name: str = columns.key_column()
    at: datetime = columns.instant_column()
