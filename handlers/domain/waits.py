"""Why a relay's next call waits, and until when: kept with the relay, so that it can be shown wherever the relay is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from handlers.domain.limits import Limit


class Why(StrEnum):
    """What a call waits for."""

    RETRY = "retry"  # the rung is tried again after its wait
    LINE = "line"  # another call of ours is on the number
    TALK = "talk"  # somebody is on the line about this relay
    LIMIT = "limit"  # the contact was called as often as they may be
    QUIET = "quiet"  # the site's quiet hours


#: What nobody has decided in the policy: the thread says it, too, not the card alone.
TOLD = frozenset({Why.LIMIT, Why.QUIET})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """What a relay waits for and until when; then it is looked at again."""

    why: Why
    until: datetime
    #: Whom the limit is about, by directory id, and the limit that is full.
    who: str = ""
    limit: Limit | None = None
