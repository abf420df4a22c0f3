"""What a ladder does next: a pure decision from where a relay stands and what came of an attempt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from handlers.domain.policies import EscalationPolicy, Step
from handlers.domain.relays import CONFIRMS, MOVES_ON, TRIED_AGAIN, Outcome


@dataclass(frozen=True, slots=True)
class TryAgain:
    """The same rung again, at an instant."""

    at: datetime


@dataclass(frozen=True, slots=True)
class NextRung:
    """The rung with this index, now."""

    step: int


@dataclass(frozen=True, slots=True)
class ToDesk:
    """The last rung: a human desk, which never closes."""


@dataclass(frozen=True, slots=True)
class Stay:
    """Nothing moves: whoever caused this decides."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A human of a role that the policy names confirmed."""


Move = TryAgain | NextRung | ToDesk | Stay | Confirmed


def next_rung(policy: EscalationPolicy, step: int) -> NextRung | ToDesk:
    """Return the rung after ``step``, or the desk when there is none."""
    return NextRung(step + 1) if step + 1 < len(policy.steps) else ToDesk()


def rung_ends(step: Step, started_at: datetime) -> datetime:
    """Return the instant at which a rung is over; it counts from the intent, not from the first ring."""
    return started_at + step.within


def after_attempt(
    policy: EscalationPolicy,
    *,
    step: int,
    tries: int,
    started_at: datetime,
    outcome: Outcome,
    now: datetime,
    other_number: bool = False,
) -> Move:
    """Decide what follows a finished attempt of rung ``step`` of which ``tries`` were made.

    Busy, no answer and failed are tried again after ``retry_after`` while tries and time are left; so is a pager, whose
    rung ends only with its time. Wrong person, message left and the like move on at once; a confirmation ends. Where a
    number was refused and the person has another one (``other_number``), that one is called at once.
    """
    if outcome in CONFIRMS:
        return Confirmed()
    if outcome is Outcome.REFUSED and other_number and now < rung_ends(policy.steps[step], started_at):
        return TryAgain(now)
    if outcome in MOVES_ON:
        return next_rung(policy, step)
    if outcome not in TRIED_AGAIN and outcome is not Outcome.PAGED:
        return Stay()
    rung = policy.steps[step]
    again = now + rung.retry_after
    if tries < rung.tries and again < rung_ends(rung, started_at):
        return TryAgain(again)
    # Whoever was paged has the rung's whole time to call back.
    return Stay() if outcome is Outcome.PAGED else next_rung(policy, step)


def longest(policy: EscalationPolicy) -> timedelta:
    """Return how long the ladder lasts at most before it reaches the desk."""
    return sum((rung.within for rung in policy.steps), timedelta())
