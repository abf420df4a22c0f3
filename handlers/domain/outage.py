"""When an account at the telephone vendor counts as out, as values: nothing it is asked is answered, whoever it is about."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

#: The accounts there may be: the usual one, and one that is used while that one is out.
FIRST, SECOND = "first", "second"
#: So many requests in a row without an answer, about so many different things, within so long: the vendor is out. One
#: number that makes the vendor fail is one thing, and never enough.
FAILURES, THINGS, WITHIN = 4, 2, timedelta(minutes=2)
#: How soon the vendor is asked whether it is there: when something failed, and while it is out.
ASK_AGAIN, ASK_WHILE_OUT = timedelta(seconds=2), timedelta(seconds=15)
#: What such a question is about: no number at all.
PROBE = "probe"


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorHealth:
    """How an account at the telephone vendor does: its failures since it last answered, and since when it is out."""

    id: str  #: ``first`` or ``second``
    facility: str  #: the system's chain
    #: False for an account that is not configured any more.
    used: bool
    failures: int
    #: What the failures were about: attempts by id, or ``probe``; as many as count, with commas between.
    things: str
    failing_since: datetime
    out_since: datetime | None = None
    version: int = 0


def failed(health: VendorHealth, thing: str, now: datetime) -> VendorHealth:
    """Return how an account does after one more request without an answer."""
    if health.failures == 0 or (health.out_since is None and now - health.failing_since > WITHIN):
        health = replace(health, failures=0, things="", failing_since=now)
    things = [one for one in health.things.split(",") if one]
    if thing not in things and len(things) < THINGS:
        things.append(thing)
    health = replace(health, failures=health.failures + 1, things=",".join(things))
    is_out = health.failures >= FAILURES and len(things) >= THINGS
    return replace(health, out_since=now) if is_out and health.out_since is None else health


def answered(health: VendorHealth) -> VendorHealth:
    """Return how an account does after any answer, a refusal too: it is there."""
    return replace(health, failures=0, things="", out_since=None)
