"""PINs that were told to a contact on the telephone and keyed back: until when they hold, and what becomes of earlier ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

#: How long a PIN holds where its site says nothing of that.
PIN_LASTS = timedelta(days=365)
#: Of four digits out of eight; long enough for the lock-out, short enough to be kept in mind.
PIN_DIGITS = 4


class PinState(StrEnum):
    """Where a PIN stands. One that has expired is active still, and opens nothing."""

    PENDING = "pending"  # told, and not keyed back yet
    ACTIVE = "active"
    VOID = "void"  # never keyed back, or another one took its place


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactPin:
    """One PIN of a contact, as a hash (`handlers.pins`), from the call that told it."""

    id: str
    facility: str  #: on whose behalf it was told
    contact: str
    hashed: str
    state: PinState
    attempt_id: str
    issued_at: datetime
    #: The member of staff who asked for it.
    issued_by: str
    activated_at: datetime | None = None
    expires_at: datetime | None = None
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPin:
    """The PIN that a contact is asked for: its hash, "" where it opens nothing any more."""

    hashed: str
    expires_at: datetime | None = None


def known(kept: Sequence[ContactPin], in_directory: str | None, now: datetime) -> KnownPin | None:
    """Return what a contact is asked for, None where they have no PIN.

    From the first PIN that was keyed back on, that of the directory counts no more. Whose PIN has expired is asked still:
    it opens nothing, and neither does a role key.
    """
    ever = [one for one in kept if one.activated_at is not None]
    if not ever:
        return None if in_directory is None else KnownPin(hashed=in_directory)
    active = next((one for one in reversed(ever) if one.state is PinState.ACTIVE), None)
    if active is None:
        return KnownPin(hashed="")
    expired = active.expires_at is not None and active.expires_at <= now
    return KnownPin(hashed="" if expired else active.hashed, expires_at=active.expires_at)
