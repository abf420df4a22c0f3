"""The pickup page: a one-time link in a text, opened by code and PIN, on which a finding is read and its receipt confirmed.

For categories 2 and 3 only, where the policy says so, and for contacts with a PIN. Everything here is a pure function; the
table is every way a pickup goes.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from handlers.domain.policies import NO_PICKUP
from handlers.domain.relays import Attempt, AttemptState, Relay, RelayState

#: The channel of an attempt that is a look at the page.
PAGE = "page"
#: A finding is read within minutes, or the page is asked for anew.
VISIT = timedelta(minutes=10)
MAX_WRONG = 3


class PickupState(StrEnum):
    """Where a pickup stands."""

    OFFERED = "offered"  # its link is in a text, and opens with code and PIN
    OPENED = "opened"  # somebody identified: the one visit there is
    OVER = "over"  # confirmed, handed on, locked, or its time has passed


class PickupEvent(StrEnum):
    """What moves a pickup."""

    OPEN = "open"
    END = "end"


PICKUP_TABLE = {
    (PickupState.OFFERED, PickupEvent.OPEN): PickupState.OPENED,
    (PickupState.OFFERED, PickupEvent.END): PickupState.OVER,
    (PickupState.OPENED, PickupEvent.END): PickupState.OVER,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pickup:
    """One link of one text; ``id`` is the SHA-256 of the token in its address, ``visit`` that of the cookie it became."""

    id: str
    facility: str
    relay_id: str
    #: The text that carries it.
    text_id: str
    contact: str
    state: PickupState
    made_at: datetime
    expires_at: datetime
    wrong: int = 0
    visit: str = ""
    opened_at: datetime | None = None
    #: The look at the page, as an attempt of the relay.
    attempt_id: str | None = None
    version: int = 0

    def visit_ends(self) -> datetime:
        """Return when its visit ends; that of one that was never opened has ended."""
        return (self.opened_at or self.made_at) + (VISIT if self.opened_at is not None else timedelta())


def allowed(relay: Relay) -> bool:
    """Tell whether a relay, as it is now, may be picked up on the page: by its policy, and never for category 1."""
    fits = relay.category in relay.policy.pickup and relay.category not in NO_PICKUP
    return fits and not relay.shadow and relay.state is not RelayState.ENDED


def opens(pickup: Pickup, relay: Relay, now: datetime) -> bool:
    """Tell whether a link still opens: once, in its time, and as long as its relay is open and may be picked up."""
    return pickup.state is PickupState.OFFERED and now < pickup.expires_at and allowed(relay)


def is_visited(pickup: Pickup, now: datetime) -> bool:
    """Tell whether its visit goes on."""
    return pickup.state is PickupState.OPENED and now < pickup.visit_ends()


class Keyed(StrEnum):
    """What a form with tick and code comes to."""

    CONFIRMED = "confirmed"
    ENDED = "ended"  # the relay has ended meanwhile
    CALL_INSTEAD = "call_instead"  # it has become urgent: the page ends nothing any more
    CHANGED = "changed"  # it is shown anew, and the earlier code confirms nothing
    UNTICKED = "unticked"
    WRONG = "wrong"
    TOO_MANY = "too_many"


def keyed(attempt: Attempt, relay: Relay, *, ticked: bool, code: str) -> Keyed:
    """Judge a form: only what was shown, as it is now, with its own code and the tick, is confirmed."""
    if relay.state is RelayState.ENDED:
        return Keyed.ENDED
    if not allowed(relay):
        return Keyed.CALL_INSTEAD
    if attempt.told_at is None or attempt.revision != relay.revision or attempt.state is AttemptState.FINISHED:
        return Keyed.CHANGED
    if not hmac.compare_digest(code.encode(), attempt.code.encode()):
        return Keyed.TOO_MANY if attempt.wrong + 1 >= MAX_WRONG else Keyed.WRONG
    return Keyed.CONFIRMED if ticked else Keyed.UNTICKED
