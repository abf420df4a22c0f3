"""How often a contact may be called: sliding windows over the calls that were made to them.

A window holds the calls of the last so many minutes, the one that is exactly that old left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many calls within any span of this length."""

    calls: int
    within: timedelta


#: GoAlert's limits for voice, which its users live with: https://github.com/target/goalert (notification rate limits).
USUAL = (
    Limit(1, timedelta(minutes=1)),
    Limit(3, timedelta(minutes=15)),
    Limit(7, timedelta(hours=1)),
)


@dataclass(frozen=True, slots=True)
class Full:
    """A limit that allows no call now, and the instant from which all of them allow one."""

    limit: Limit
    until: datetime


def full(limits: Iterable[Limit], called: Iterable[datetime], now: datetime) -> Full | None:
    """Return the limit that keeps from calling longest, or None where a call may be made now."""
    instants = sorted(called)
    held = [
        Full(limit, until)
        for limit in limits
        if len(instants) >= limit.calls and (until := instants[-limit.calls] + limit.within) > now
    ]
    return max(held, key=lambda one: one.until, default=None)
