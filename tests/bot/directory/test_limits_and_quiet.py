"""How the file says how often a contact is called and when a site is quiet, and what is wrong with it."""

from __future__ import annotations

from datetime import time, timedelta

import pytest

from bot.directory import Severity, read
from handlers.domain.classes import PatientClass
from handlers.domain.limits import USUAL, Limit
from handlers.domain.quiet import Then
from tests.bot.directory.sample import inspected, spoiled

SHADOW = "    shadow: false\n"
RADIOLOGIST = "      - {to: radiologist, within: 5m}\n"


def quiet(rules: str) -> str:
    """Return the good directory with quiet hours."""
    return spoiled(SHADOW, f"{SHADOW}    quiet: {rules}\n")


def test_limits_are_the_contacts_own_or_the_defaults_or_the_usual_ones() -> None:
    """In this order; an empty list is no limit."""
    assert read(spoiled("", "")).contacts["north-charge"].limits == USUAL
    shared = spoiled("defaults:\n", "defaults:\n  call_limits: [{calls: 2, within: 5m}]\n")
    assert read(shared).contacts["north-charge"].limits == (Limit(2, timedelta(minutes=5)),)
    own = shared.replace("    role: unit\n", "    role: unit\n    call_limits: []\n")
    assert read(own).contacts["north-charge"].limits == ()


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ("[{calls: 0, within: 1m}]", "1 to 1000"),
        ("[{calls: 1, within: 2d}]", "longer than a day"),
        ("[{calls: 1}]", '"within" is missing'),
        ("[{calls: 1, within: 1m, per: 1}]", '"per" is not a key here'),
    ],
)
def test_a_bad_limit_is_refused(limits: str, said: str) -> None:
    """With what is wrong with it."""
    found = inspected(spoiled("    role: unit\n", f"    role: unit\n    call_limits: {limits}\n")).errors
    assert [said in str(one) for one in found] == [True], found


def test_quiet_hours_are_read_with_each_window() -> None:
    """Categories 2 and 3, all classes and ``wait`` where nothing is said; a rule with two windows is two."""
    hours = '[{days: mon-fri, from: "20:00", to: "07:00"}, {days: sat-sun}]'
    rules = read(quiet(f"[{{hours: {hours}}}, {{hours: {{from: '22:00', to: '06:00'}}, categories: 2, then: desk}}]"))
    first, second, third = rules.facilities["north"].quiet
    assert (first.hours.start, second.hours.days) == (time(20), (5, 6))
    assert (first.categories, first.patient_classes, first.then) == ((2, 3), tuple(PatientClass), Then.WAIT)
    assert (third.categories, third.then) == ((2,), Then.DESK)


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ('[{categories: [1, 2], hours: {from: "21:00", to: "07:00"}}]', "category 1 has no quiet hours"),
        ("[{categories: [2]}]", '"hours" is missing'),
        ("[{hours: {days: mon-sun}}]", "it is always quiet for category 2 emergency"),
        ('[{then: sleep, hours: {from: "21:00", to: "07:00"}}]', "wait, desk"),
    ],
)
def test_bad_quiet_hours_are_refused(rules: str, said: str) -> None:
    """Above all those that would delay category 1, or never end."""
    found = inspected(quiet(rules)).errors
    assert [said in str(one) for one in found] == [True], found


def test_quiet_hours_without_end_may_be_left_to_the_desk() -> None:
    """There a human has it at once."""
    assert not inspected(quiet("[{categories: [3], hours: {days: mon-sun}, then: desk}]")).errors


def test_a_ladder_with_nobody_to_decide_when_the_clinic_is_closed_is_warned_of() -> None:
    """Whoever ordered is at home, and the charge nurse decides nothing: on which hours is said."""
    text = spoiled(RADIOLOGIST, "")
    found = [one for one in inspected(text).warnings if "when a clinic is closed" in str(one)]
    assert [(one.severity, one.path) for one in found] == [(Severity.WARNING, "policies.critical")]
    assert "mon-thu 18:00–07:00" in str(found[0]) or "18:00" in str(found[0])
    assert not [one for one in inspected(spoiled("", "")).warnings if "when a clinic is closed" in str(one)]


def test_quiet_hours_are_not_warned_of_as_closed_ones() -> None:
    """For category 1 there are none, so the warning stays; a ladder of category 2 that is quiet then has none."""
    rules = '[{categories: [2], hours: [{days: mon-sun, from: "18:00", to: "07:00"}, {days: sat-sun}]}]'
    text = quiet(rules).replace(
        "    - {use: critical}\n", "    - {use: critical, categories: [1, 3]}\n    - {use: office, categories: [2]}\n"
    )
    office = "  office:\n    steps: [{to: ordering}]\n    ended_by: [physician]\n    desk: {who: $desk}\n"
    text = text.replace("policy_sets:\n", f"{office}policy_sets:\n")
    assert not [one for one in inspected(text).warnings if "when a clinic is closed" in str(one)]
