"""Hours in which nobody is called: quiet hours without end, and ladders that reach nobody once the clinic is closed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time
from itertools import product

from bot.directory.checks.coverage import shares
from bot.directory.hours import ALWAYS, minutes, named
from bot.directory.problems import Marks, Problem
from handlers.domain.classes import PatientClass
from handlers.domain.directory import Directory, Facility
from handlers.domain.hours import Hours
from handlers.domain.policies import PRACTITIONERS, EscalationPolicy
from handlers.domain.quiet import Then

#: When whoever ordered an outpatient's study is taken to be at work, in the facility's zone.
_OFFICE = minutes(Hours(days=(0, 1, 2, 3, 4), start=time(7), end=time(18)))
#: Categories whose ladder somebody has to answer at any hour.
_PRESSING = (1, 2)


def problems(directory: Directory, marks: Marks) -> Iterator[Problem]:
    """Yield what of each facility's hours would leave a finding with nobody."""
    for facility in directory.facilities.values():
        yield from _endless(facility, marks)
        yield from _closed(directory, facility, marks)


def _quiet(facility: Facility, category: int, patient_class: PatientClass) -> int:
    found = 0
    for rule in facility.quiet:
        if rule.then is Then.WAIT and rule.fits(category, patient_class):
            found |= minutes(rule.hours)
    return found


def _endless(facility: Facility, marks: Marks) -> Iterator[Problem]:
    own = f"facilities.{facility.id}.quiet"
    path = own if own in marks.lines else "defaults.quiet"
    silent = [
        f"category {category} {patient_class}"
        for category, patient_class in product((2, 3), PatientClass)
        if _quiet(facility, category, patient_class) == ALWAYS
    ]
    if silent:
        what = ", ".join(silent)
        yield marks.error(path, f"at {facility.id} it is always quiet for {what}: nobody would ever be called.")


def _closed(directory: Directory, facility: Facility, marks: Marks) -> Iterator[Problem]:
    """Warn of an outpatient ladder that calls at night or at a weekend and has nobody to decide then but whoever ordered."""
    silent: dict[EscalationPolicy, int] = {}
    for category in _PRESSING:
        mine, _ = shares(facility, category, PatientClass.OUTPATIENT)
        waits = _quiet(facility, category, PatientClass.OUTPATIENT)
        for rule, hours in zip(facility.rules, mine, strict=True):
            closed = hours & ~_OFFICE & ~waits
            if closed and rule.policy.steps and not any(_decides(directory, one.to) for one in rule.policy.steps):
                silent[rule.policy] = silent.get(rule.policy, 0) | closed
    for policy, hours in silent.items():
        sentence = (
            f"at {facility.id} outpatients' findings climb this ladder on {named(hours)}, when a clinic is closed, and no rung "
            "but ordering calls a physician, NP or PA: add one who is on call, or the radiologist, else only the desk is left."
        )
        yield marks.warning(f"policies.{policy.name}", sentence)


def _decides(directory: Directory, to: str) -> bool:
    """Tell whether a rung calls somebody who may act on a finding at night: on call, on duty, or the radiologist."""
    if to == "radiologist":
        return True
    rota = directory.rotas.get(to)
    people = (to,) if rota is None else rota.people
    known = [directory.contacts[one] for one in people if one in directory.contacts]
    return any(one.role in PRACTITIONERS for one in known) or (rota is not None and not known)
