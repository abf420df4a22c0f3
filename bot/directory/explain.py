"""Says in words what covers a study, and which ladder a finding would climb, at each facility and hour."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from operator import or_

from bot.directory.checks.coverage import CATEGORIES, shares
from bot.directory.hours import ALWAYS, minutes, named
from bot.directory.scalars import written_duration
from handlers.domain.agreements import CoverageAgreement, OwedRead
from handlers.domain.classes import PatientClass
from handlers.domain.directory import Directory, Facility
from handlers.domain.policies import EscalationPolicy


def explained(directory: Directory) -> Iterator[str]:
    """Yield a line for each facility, category, patient class and hours, and where it applies the word "shadow"."""
    for facility in directory.facilities.values():
        shadow = " (shadow: nobody is called)" if facility.shadow else ""
        yield f"facility {facility.id}, {facility.name}, {facility.zone}{shadow}:"
        yield from _covers(facility)
        for category in CATEGORIES:
            alike: dict[str, list[PatientClass]] = {}
            for patient_class in PatientClass:
                for climbed in _climbed(directory, facility, category, patient_class):
                    alike.setdefault(climbed, []).append(patient_class)
            for climbed, classes in alike.items():
                yield f"  category {category} {', '.join(classes)}; {climbed}"


def _climbed(directory: Directory, facility: Facility, category: int, patient_class: PatientClass) -> Iterator[str]:
    found, left = shares(facility, category, patient_class)
    together: dict[EscalationPolicy, int] = {}
    for rule, mask in zip(facility.rules, found, strict=True):
        together[rule.policy] = together.get(rule.policy, 0) | mask
    for policy, mask in together.items():
        if mask:
            yield f"{named(mask)} → policy {policy.name}: {ladder(directory, policy)}"
    if left:
        yield f"{named(left)} → no policy: the desk {facility.desk} is told"


def ladder(directory: Directory, policy: EscalationPolicy) -> str:
    """Return a ladder as one line: ``ordering 5m (2 tries) → Charge nurse 5m → desk Night desk every 2m; ended by rn``."""
    rungs = []
    for step in policy.steps:
        contact = directory.contacts.get(step.to)
        on_rota = f"whoever is on {step.to}" if step.to in directory.rotas else step.to
        who = contact.name if contact is not None else on_rota
        tries = f" ({step.tries} tries)" if step.tries > 1 else ""
        rungs.append(f"{who} {written_duration(step.within)}{tries}")
    desk = directory.desks.get(policy.desk.who)
    name = desk.name if desk is not None else policy.desk.who
    rungs.append(f"desk {name} every {written_duration(policy.desk.every)}")
    return f"{' → '.join(rungs)}; ended by {', '.join(policy.ended_by)}"


def _covers(facility: Facility) -> Iterator[str]:
    """Yield a line for each agreement of a facility, in the order in which they are asked."""
    for agreement in facility.coverage:
        mask = reduce(or_, map(minutes, agreement.hours)) if agreement.hours else ALWAYS
        holidays = " and on holidays" if agreement.holidays else ""
        about = ", ".join(agreement.modalities).replace("*", "all modalities")
        about += f" of {agreement.subspecialty.id}" if agreement.subspecialty is not None else ""
        made = (f"{owed.replace('_', ' ')} ({_reads_it(facility, agreement, owed)})" for owed in agreement.reads)
        reads = ", ".join(made) or "no read"
        dates = f"{agreement.effective} to {agreement.expires}"
        yield f"  coverage {agreement.id}, {agreement.model}, {dates}; {about}; {named(mask)}{holidays} → {reads}"


def _reads_it(facility: Facility, agreement: CoverageAgreement, owed: OwedRead) -> str:
    if owed is OwedRead.CLIENT_FINAL:
        return "awaited"
    return f"pool {agreement.pool_of(owed) or facility.pool}"
