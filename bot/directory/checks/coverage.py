"""Findings for which no policy would apply, and rules that never would."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from bot.directory.hours import ALWAYS, minutes, named
from bot.directory.problems import Marks, Problem
from handlers.domain.classes import PatientClass
from handlers.domain.directory import Directory, Facility

CATEGORIES = (1, 2, 3)
Combination = tuple[int, PatientClass]


def shares(facility: Facility, category: int, patient_class: PatientClass) -> tuple[list[int], int]:
    """Return in which minutes of the week each rule is the first that fits, and in which none does."""
    left, found = ALWAYS, []
    for rule in facility.rules:
        fits = category in rule.categories and patient_class in rule.patient_classes
        mine = left & minutes(rule.hours) if fits else 0
        left &= ~mine
        found.append(mine)
    return found, left


def problems(directory: Directory, marks: Marks) -> Iterator[Problem]:
    """Yield gaps (an error without any policy and at category 1, else a warning) and rules that are never first."""
    for facility in directory.facilities.values():
        if facility.rules:
            yield from _facility(facility, marks)


def _facility(facility: Facility, marks: Marks) -> Iterator[Problem]:
    used = [0] * len(facility.rules)
    gaps: dict[int, list[Combination]] = defaultdict(list)
    for category in CATEGORIES:
        for patient_class in PatientClass:
            mine, left = shares(facility, category, patient_class)
            used = [before | now for before, now in zip(used, mine, strict=True)]
            if left:
                gaps[left].append((category, patient_class))
    own = f"facilities.{facility.id}.policy"
    path = own if own in marks.lines else f"facilities.{facility.id}"
    for left, combinations in gaps.items():
        yield _gap(marks, path, left, combinations)
    rules: dict[str, int] = defaultdict(int)
    for origin, mask in zip(marks.rules.get(facility.id, []), used, strict=False):
        rules[origin] |= mask
    for origin, mask in rules.items():
        if not mask:
            yield marks.warning(origin, f"this rule is never reached at {facility.id}: the rules before it cover it.")


def _gap(marks: Marks, path: str, left: int, combinations: list[Combination]) -> Problem:
    what = ", ".join(f"category {category} {patient_class}" for category, patient_class in combinations)
    if left == ALWAYS:
        return marks.error(path, f"no policy applies to {what}: add a rule.")
    sentence = f"no policy applies to {what} on {named(left)}: add a rule for those hours, else the desk is told."
    urgent = any(category == 1 for category, _ in combinations)
    return marks.error(path, sentence) if urgent else marks.warning(path, sentence)
