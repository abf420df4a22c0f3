"""What waits is shown as waiting: why a relay calls nobody at this moment, and until when, in one place for all screens."""

from __future__ import annotations

from datetime import datetime, timedelta

from handlers.domain.directory import Directory
from handlers.domain.limits import Limit
from handlers.domain.relays import Relay, RelayState
from handlers.domain.waits import Wait, Why
from handlers.showing import clock_time

_TIMES = {1: "once", 2: "twice"}
_SPANS = {timedelta(minutes=1): "a minute", timedelta(hours=1): "an hour", timedelta(days=1): "a day"}


def words(directory: Directory, relay: Relay, now: datetime) -> str:
    """Return why a relay waits and until when, "" where it does not: ``waits: Dr. Kim was called 3 times in 15 minutes; …``."""
    if relay.state is RelayState.HELD:
        return f"held ({relay.hold_reason}): nobody is being called"
    if relay.state is not RelayState.BETWEEN:
        return ""
    return "waits to try again" if relay.wait is None else of_wait(directory, relay.facility, relay.wait, now)


def of_wait(directory: Directory, facility: str, wait: Wait, now: datetime) -> str:
    """Return the words of one wait, with its end by the facility's clock."""
    site = directory.facilities.get(facility)
    until = f"{wait.until:%H:%M} UTC" if site is None else clock_time(site, wait.until, now)
    if wait.why is Why.LIMIT and wait.limit is not None:
        contact = directory.contacts.get(wait.who)
        who = "this contact" if contact is None else contact.name
        return f"waits: {who} was called {_often(wait.limit)}; next call {until}"
    return {
        Why.LINE: "waits: another call of ours is on this number; this one follows as soon as that is over",
        Why.TALK: "waits: somebody is on the line",
        Why.QUIET: f"waits: quiet hours until {until}",
    }.get(wait.why, f"waits to try again at {until}")


def _often(limit: Limit) -> str:
    minutes = int(limit.within.total_seconds() // 60)
    span = _SPANS.get(limit.within) or (f"{minutes} minutes" if minutes else f"{limit.within.seconds} seconds")
    return f"{_TIMES.get(limit.calls, f'{limit.calls} times')} in {span}"
