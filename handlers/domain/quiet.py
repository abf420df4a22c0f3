"""Quiet hours: when a site does not want a finding of a category and patient class called, and until when that is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from handlers.domain.classes import PatientClass
from handlers.domain.hours import Hours

_MINUTE = timedelta(minutes=1)
#: Within so many days every weekly window has ended once.
_AHEAD = 9


class Then(StrEnum):
    """What becomes of a call that falls into quiet hours."""

    WAIT = "wait"  # it is made when they end
    DESK = "desk"  # the desk has the relay at once


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietRule:
    """Where quiet hours hold: categories × patient classes × hours; never for category 1, which the directory refuses."""

    hours: Hours
    categories: tuple[int, ...] = (2, 3)
    patient_classes: tuple[PatientClass, ...] = tuple(PatientClass)
    then: Then = Then.WAIT

    def fits(self, category: int, patient_class: PatientClass) -> bool:
        """Tell whether this rule is about such findings. Category 1 is never delayed, whatever a rule says."""
        return category != 1 and category in self.categories and patient_class in self.patient_classes


@dataclass(frozen=True, slots=True)
class Quiet:
    """Quiet hours that hold now: what becomes of the call, and when they end."""

    then: Then
    until: datetime


def quiet_at(
    rules: Sequence[QuietRule], zone: str, category: int, patient_class: PatientClass, now: datetime
) -> Quiet | None:
    """Return the quiet hours that hold at an instant, or None; of several rules the first one decides.

    They end by the facility's wall clock, and not before the last of the windows that adjoin. A window's end that the
    clocks jump over is the instant of that jump; one that comes twice is the first of the two.
    """
    fitting = [rule for rule in rules if rule.fits(category, patient_class)]
    here = ZoneInfo(zone)
    rule = next((one for one in fitting if one.hours.contains(now.astimezone(here))), None)
    if rule is None:
        return None
    windows = [one.hours for one in fitting if one.then is rule.then]

    def holds(instant: datetime) -> bool:
        return any(one.contains(instant.astimezone(here)) for one in windows)

    ends = (instant for instant in sorted(_ends(windows, here, now)) if instant > now)
    until = next((instant for instant in ends if not holds(instant)), now + timedelta(days=_AHEAD))
    while until - _MINUTE > now and not holds(until - _MINUTE):
        until -= _MINUTE
    return Quiet(rule.then, until)


def _ends(windows: Sequence[Hours], here: ZoneInfo, now: datetime) -> Iterator[datetime]:
    """Yield the instants at which windows may end in the days to come."""
    today = now.astimezone(here).date()
    for ahead in range(_AHEAD):
        for window in windows:
            wall = datetime.combine(today + timedelta(days=ahead), window.end)
            for fold in (0, 1):
                yield wall.replace(tzinfo=here, fold=fold).astimezone(UTC)
