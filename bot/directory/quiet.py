"""Reads the quiet hours of a facility."""

from __future__ import annotations

from bot.directory import scalars
from bot.directory.nodes import Entry, Value
from bot.directory.policies import windows
from bot.directory.problems import Unfit
from bot.directory.scalars import each, lifted, opened
from handlers.domain.classes import PatientClass
from handlers.domain.quiet import QuietRule, Then

_LATER = (2, 3)


def quiet(value: Value) -> tuple[QuietRule, ...]:
    """Read the quiet hours of a facility; a rule with several windows becomes one for each."""
    return tuple(rule for group in each(opened(_rules))(value) for rule in group)


def _rules(entry: Entry) -> tuple[QuietRule, ...]:
    categories = entry.get("categories", each(lifted(_category)), _LATER)
    classes = entry.get("patient_class", each(lifted(scalars.choice(PatientClass))), tuple(PatientClass))
    then = entry.get("then", lifted(scalars.choice(Then)), Then.WAIT)
    return tuple(
        QuietRule(hours=one, categories=categories or (), patient_classes=classes or (), then=then or Then.WAIT)
        for one in entry.need("hours", windows) or ()
    )


def _category(written: str) -> int:
    category = scalars.whole(1, 3)(written)
    if category not in _LATER:
        raise Unfit("category 1 has no quiet hours: it is called at once. Name 2, 3 or both.")
    return category
