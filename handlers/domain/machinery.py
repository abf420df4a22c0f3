"""What keeps accepted work from being lost: deliveries, effects, deadlines and audit facts, as values.

None of them carries patient data, encrypted or not (an inbox body is kept apart, encrypted whole, and erased once handled).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

SYSTEM = "system"  #: the chain of what belongs to no facility
#: What a commit may have given somebody to do, beside the lanes whose names it touched: only those are woken.
WAKE_INBOX, WAKE_CLOCK = "inbox", "clock"


class EffectKind(StrEnum):
    """What is to be sent to a vendor; rendered from the state at the moment of sending."""

    READ_CARD = "read_card"
    READ_NOTE = "read_note"
    DESK_CARD = "desk_card"
    DESK_NOTE = "desk_note"
    POOL_NOTE = "pool_note"
    HANDOVER_CARD = "handover_card"
    HANDOVER_NOTE = "handover_note"
    PLACE_CALL = "place_call"
    FIND_CALL = "find_call"
    CHECK_CALL = "check_call"
    LEAVE_VOICEMAIL = "leave_voicemail"
    HANG_UP = "hang_up"
    SEND_TEXT = "send_text"
    CHECK_TEXT = "check_text"
    FETCH_RECORDING = "fetch_recording"
    PROBE_VENDOR = "probe_vendor"  # subject: the account; is it there?
    VENDOR_TURNED = "vendor_turned"  # subject: the account; it is out, or back
    WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One thing to send. Effects of one lane leave in order and paced; a pending twin (same ``once``) is not doubled."""

    kind: EffectKind
    subject: str
    #: ``slack:CHANNEL``, ``hook:SINK``, ``voice``, ``text`` or ``control``.
    lane: str
    args: Mapping[str, str] = field(default_factory=dict)
    #: Lower leaves first: category 1 before card updates.
    rank: int = 5
    due_at: datetime | None = None
    #: Coalescing key; "" never coalesces.
    once: str = ""


_SLACK = "slack:"


def slack_lane(channel: str) -> str:
    """Return the lane of a Slack channel."""
    return f"{_SLACK}{channel}"


def channel_of(lane: str) -> str:
    """Return the Slack channel whose lane this is, "" for any other lane."""
    return lane.removeprefix(_SLACK) if lane.startswith(_SLACK) else ""


class DeadlineKind(StrEnum):
    """What falls due."""

    RUNG_RETRY = "rung_retry"  # subject: relay
    RUNG_OVER = "rung_over"  # subject: relay
    CALL_SILENT = "call_silent"  # subject: attempt; nothing heard from the vendor
    TEXT_SILENT = "text_silent"  # subject: attempt; whether its text was delivered is not known
    DESK_ROUND = "desk_round"  # subject: desk task
    DESK_PHONE = "desk_phone"  # subject: desk task and the place of a phone that was busy in its round
    TASK_REMINDER = "task_reminder"  # subject: desk task that was taken
    CARD_REFRESH = "card_refresh"  # subject: read
    PROBLEM_REMINDER = "problem_reminder"  # subject: problem without an outcome
    STUDY_STABLE = "study_stable"  # subject: study; no further image for a while
    ROTA_CHANGE = "rota_change"  # subject: rota of readers or of a desk
    CALENDAR_FAILING = "calendar_failing"  # subject: rota whose calendar cannot be read
    HANDOVER_LATE = "handover_late"  # subject: handover that nobody accepted
    MESSAGE_GIVEN = "message_given"  # subject: attempt at which a message was taken, with a promise
    RECORDING_LATE = "recording_late"  # subject: recording
    PRIVACY_REMINDER = "privacy_reminder"  # subject: privacy event without an outcome
    READER_CALL = "reader_call"  # subject: read that nobody has; whoever is on call is rung
    OPENS_TO_ALL = "opens_to_all"  # subject: a subspecialty's read; from then on general readers may read it
    CLAIM_STANDING = "claim_standing"  # subject: read; whether its holder may still read it
    OVERFLOW_JUDGED = "overflow_judged"  # subject: facility
    PICKUP_OVER = "pickup_over"  # subject: pickup whose visit was begun
    LEASE_DUE = "lease_due"  # subject: read that is claimed


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """A row of truth: at ``due_at`` the handler of ``kind`` runs, once, whatever restarts in between."""

    kind: DeadlineKind
    subject: str
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFact:
    """What an audit entry says: who did what to which case, in ids and codes; never patient data.

    ``action`` is ``noun:verb`` (``read:claim``). Required by 45 CFR 164.312(b); fields follow 45 CFR 170.210.
    """

    action: str
    actor: str
    case_code: str = ""
    subject: str = ""
    facts: Mapping[str, str | int | bool | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A verified delivery on its way into the inbox."""

    source: str
    delivery_id: str
    facility: str
    kind: str
    body: bytes
    received_at: datetime


class Verdict(StrEnum):
    """What the inbox said of a delivery, always after the commit."""

    NEW = "new"
    REPEATED = "repeated"
    DIFFERENT = "different"  # the same id with another body
