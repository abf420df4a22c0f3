"""The tables. A row has the field names of the frozen value it keeps; ``mapping`` copies by those names.

``sealed`` holds a value's patient fields together, encrypted; ``*_index`` are keyed digests for uniqueness and search.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from store import columns


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
    amends: str = ""
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
    wait: str | None = columns.text_column(nullable=True)
    counts_from: datetime | None = columns.instant_column(nullable=True)
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
    __table_args__: ClassVar[Any] = (
        Index("attempt_state", "state", "facility"),
        Index("attempt_called", "who", "submitted_at"),
        Index("attempt_follows", "follows", unique=True),
    )
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
    ours: str
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
    told_earlier_at: datetime | None = columns.instant_column(nullable=True)
    heard_earlier: bool
    transfers: int
    telling_seconds: float
    finished_at: datetime | None = columns.instant_column(nullable=True)
    outcome: str | None
    vendor_code: str
    vendor_says: str
    account: str
    to_contact: str
    to_number: str
    read_id: str | None = Field(index=True)
    follows: str | None
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


class RecordingRow(SQLModel, table=True):
    """What was recorded on calls, encrypted."""

    __tablename__: ClassVar[Any] = "recording"
    id: str = columns.key_column()
    facility: str
    relay_id: str = Field(index=True)
    attempt_id: str = Field(index=True)
    sid: str = Field(unique=True)
    state: str
    announced_at: datetime = columns.instant_column()
    kind: str
    tries: int
    sealed: bytes = columns.bytes_column()
    sha256: str
    media_type: str
    seconds: float
    gone_at: datetime | None = columns.instant_column(nullable=True)
    heard: str
    heard_by: str
    heard_at: datetime | None = columns.instant_column(nullable=True)
    version: int


class DictationRow(SQLModel, table=True):
    """Findings as their radiologists say them."""

    __tablename__: ClassVar[Any] = "dictation"
    id: str = columns.key_column()
    facility: str
    relay_id: str = Field(index=True)
    attempt_id: str = Field(index=True)
    case_code: str
    by: str
    revision: int
    state: str
    asked_at: datetime = columns.instant_column()
    recording_id: str
    kept_at: datetime | None = columns.instant_column(nullable=True)
    version: int


class LegalHoldRow(SQLModel, table=True):
    """Cases whose recordings may not be destroyed."""

    __tablename__: ClassVar[Any] = "legal_hold"
    id: str = columns.key_column()
    facility: str
    case_code: str = Field(index=True)
    reason: str
    by: str
    at: datetime = columns.instant_column()
    released_by: str
    released_at: datetime | None = columns.instant_column(nullable=True)
    version: int


class TextReplyRow(SQLModel, table=True):
    """Replies to our texts; number and words are sealed."""

    __tablename__: ClassVar[Any] = "text_reply"
    id: str = columns.key_column()
    facility: str
    relay_id: str = Field(index=True)
    sid: str
    sealed: bytes = columns.bytes_column()
    contacts: str
    about: int
    at: datetime = columns.instant_column()
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


class PickupRow(SQLModel, table=True):
    """Links of texts to the pickup page, and what became of each, by the digests of their tokens."""

    __tablename__: ClassVar[Any] = "pickup"
    id: str = columns.key_column()
    facility: str
    relay_id: str = Field(index=True)
    text_id: str
    contact: str
    state: str
    made_at: datetime = columns.instant_column()
    expires_at: datetime = columns.instant_column()
    wrong: int
    visit: str = Field(index=True)
    opened_at: datetime | None = columns.instant_column(nullable=True)
    attempt_id: str | None
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


class WrongEntryRow(SQLModel, table=True):
    """Wrong codes and PINs, each counted for the digest of one caller or contact."""

    __tablename__: ClassVar[Any] = "wrong_entry"
    __table_args__: ClassVar[Any] = (Index("wrong_entry_subject", "subject_index", "at"),)
    id: str = columns.key_column()
    facility: str
    subject_index: str
    sealed: bytes = columns.bytes_column()
    at: datetime = columns.instant_column()
    version: int


class LockoutRow(SQLModel, table=True):
    """Callers and contacts whose entries count no more for a while."""

    __tablename__: ClassVar[Any] = "lockout"
    id: str = columns.key_column()
    facility: str
    subject_index: str = Field(index=True)
    sealed: bytes = columns.bytes_column()
    whose: str
    began_at: datetime = columns.instant_column()
    until: datetime = columns.instant_column()
    lifted_at: datetime | None = columns.instant_column(nullable=True)
    lifted_by: str
    version: int


class ContactPinRow(SQLModel, table=True):
    """PINs that were told by telephone, as hashes."""

    __tablename__: ClassVar[Any] = "contact_pin"
    id: str = columns.key_column()
    facility: str
    contact: str = Field(index=True)
    hashed: str
    state: str
    attempt_id: str = Field(index=True)
    issued_at: datetime = columns.instant_column()
    issued_by: str
    activated_at: datetime | None = columns.instant_column(nullable=True)
    expires_at: datetime | None = columns.instant_column(nullable=True)
    version: int


class NumberStandingRow(SQLModel, table=True):
    """What calls and texts have shown of contacts' numbers."""

    __tablename__: ClassVar[Any] = "number_standing"
    __table_args__: ClassVar[Any] = (UniqueConstraint("contact", "number_index"),)
    id: str = columns.key_column()
    facility: str
    contact: str
    number_index: str
    sealed: bytes = columns.bytes_column()
    since: datetime = columns.instant_column()
    verified_at: datetime | None = columns.instant_column(nullable=True)
    verified_by: str
    bad_at: datetime | None = columns.instant_column(nullable=True)
    bad_why: str | None
    untextable_at: datetime | None = columns.instant_column(nullable=True)
    code: str
    says: str
    version: int


class PrivacyEventRow(SQLModel, table=True):
    """Privacy events, each under the id of its desk task."""

    __tablename__: ClassVar[Any] = "privacy_event"
    id: str = columns.key_column()
    facility: str
    case_code: str
    relay_id: str
    attempt_id: str = Field(unique=True)
    owner: str
    state: str
    opened_at: datetime = columns.instant_column()
    due_at: datetime = columns.instant_column()
    outcome: str
    closed_at: datetime | None = columns.instant_column(nullable=True)
    closed_by: str
    version: int


class OptOutRow(SQLModel, table=True):
    """Numbers that are not texted."""

    __tablename__: ClassVar[Any] = "opt_out"
    id: str = columns.key_column()
    facility: str
    at: datetime = columns.instant_column()
    lifted_at: datetime | None = columns.instant_column(nullable=True)
    version: int


class VendorHealthRow(SQLModel, table=True):
    """Accounts at the telephone vendor: their failures since they last answered."""

    __tablename__: ClassVar[Any] = "vendor_health"
    id: str = columns.key_column()
    facility: str
    used: bool
    failures: int
    things: str
    failing_since: datetime = columns.instant_column()
    out_since: datetime | None = columns.instant_column(nullable=True)
    version: int
