"""Escalation policies: who is called in which order, for how long, and whose word ends it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from handlers.domain.classes import PatientClass
from handlers.domain.hours import Hours


class Role(StrEnum):
    """What a person is, as a policy's ``ended_by`` names them."""

    PHYSICIAN = "physician"
    NP = "np"
    PA = "pa"
    RN = "rn"
    CLERK = "clerk"
    UNIT = "unit"


#: Categories whose findings are spoken: a page that waits to be opened ends none of them.
NO_PICKUP = frozenset({1})
#: Roles that a licensed independent practitioner's key (1) may stand for.
PRACTITIONERS = frozenset({Role.PHYSICIAN, Role.NP, Role.PA})


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One rung: whom to call, over what, how often, for how long.

    ``within`` counts from the moment the rung was decided on, not from the first ring.
    """

    to: str
    channels: tuple[str, ...] = ("call",)
    tries: int = 1
    retry_after: timedelta = timedelta(minutes=2)
    within: timedelta = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskRung:
    """The last rung, which never closes: the desk that rings, and how often until somebody takes it."""

    who: str
    every: timedelta = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationPolicy:
    """The ladder of a relay and the roles whose confirmation ends it."""

    name: str
    steps: tuple[Step, ...]
    ended_by: tuple[Role, ...]
    desk: DeskRung
    #: A person on the line is the radiologist's to talk to at once: the opening offers that first.
    bridge: bool = False
    #: Categories that may be ended on the pickup page, whose link is then in the text.
    pickup: tuple[int, ...] = ()
    #: How long such a link opens.
    pickup_within: timedelta = timedelta(minutes=30)

    def calls(self, receiver: str) -> bool:
        """Tell whether a rung calls somebody whom a finding names: the ordering clinician's rung, or one of their own."""
        return any(rung.to in ("ordering", receiver) for rung in self.steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRule:
    """Where a policy applies: categories × patient classes × hours; the first rule that fits wins."""

    policy: EscalationPolicy
    categories: tuple[int, ...] = (1, 2, 3)
    patient_classes: tuple[PatientClass, ...] = tuple(PatientClass)
    hours: Hours | None = None


def first_fit(
    rules: Iterable[PolicyRule], category: int, patient_class: PatientClass, local: datetime
) -> EscalationPolicy | None:
    """Return the policy of the first rule that fits at a local instant, or None."""
    for rule in rules:
        in_hours = rule.hours is None or rule.hours.contains(local)
        if category in rule.categories and patient_class in rule.patient_classes and in_hours:
            return rule.policy
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Storm:
    """How many relays a facility may start within a span before calls are held and the desk rings."""

    relays: int = 10
    within: timedelta = timedelta(minutes=15)
