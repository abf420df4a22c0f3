"""Telephones in a story whose callbacks may be late or lost: whoever rings next is waited for, not timed."""

from __future__ import annotations

import re
from datetime import timedelta

from sandbox.exchange import Call
from tests.flows.stage import Stage


def step(stage: Stage, until: timedelta) -> None:
    """Move time to the next due instant, at most ``until`` from now."""
    now = stage.clock.instant
    due = [one for one in (stage.service.store.memory.next_instant(), stage.timeline.next_due()) if one]
    following = min((one for one in due if one > now), default=now + until)
    stage.advance((min(following, now + until) - now).total_seconds())


def until_rings(stage: Stage, number: str, minutes: float = 10) -> Call:
    """Let time pass until a telephone rings; no other may ring meanwhile that nobody looks at (the stage's end)."""
    last = stage.clock.instant + timedelta(minutes=minutes)
    stage.settle()
    while not stage.exchange.ringing(number):
        left = last - stage.clock.instant
        assert left > timedelta(0), f"{number} does not ring within {minutes} minutes"
        step(stage, left)
    return stage.rings(number)


def let_ring(stage: Stage, call: Call) -> None:
    """Let a telephone ring until the network gives up; what is said of it is said at that instant."""
    while call.status == "ringing":
        step(stage, timedelta(seconds=60))


def answer(stage: Stage, call: Call) -> str:
    """Pick up and return what is said."""
    call.answer()
    stage.settle()
    return call.last_heard


def hang_up(stage: Stage, call: Call) -> None:
    """Put the receiver down, and let what follows from it arrive, however late or by asking."""
    call.hang_up()
    stage.settle()


def over(stage: Stage, call: Call) -> None:
    """Let a call whose last words are being said end."""
    while call.is_live:
        step(stage, timedelta(seconds=60))


def code_heard(call: Call) -> str:
    """Return the code that was said last on a call."""
    return "".join(re.findall(r"[Cc]ode: (\d), (\d), (\d)", " ".join(call.heard))[-1])
