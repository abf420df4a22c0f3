"""Rotas: who is on duty at an instant, until when, and who follows; by wall clock in the rota's own zone.

A shift begins and ends at local times, so a night in which the clocks change has 23 or 25 hours. A local time that the
clocks skip is read with the offset before they moved, one that comes twice is the first of the two: each local time is
exactly one instant, the same as for a calendar (RFC 5545, 3.3.5).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

#: So far ahead is looked for who follows; a rota in which nothing changes until then has nobody who follows.
AHEAD = timedelta(days=400)
#: No more changes are looked at: a rota whose changes bring nobody new.
CHANGES_AT_MOST = 800


class RotaKind(StrEnum):
    """Whose rota it is."""

    CONTACTS = "contacts"
    READERS = "readers"
    DESK = "desk"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """People in turn: the first from ``begins`` at ``at``, the next so many days later at the same local time."""

    people: tuple[str, ...]
    begins: date
    at: time
    days: int = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """Somebody instead of whoever it would be; ``begins`` and ``ends`` are local times without a zone."""

    who: str
    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A span of duty from a calendar; ``ends`` is not part of it."""

    who: str
    begins: datetime
    ends: datetime

    def holds(self, at: datetime) -> bool:
        """Tell whether an instant lies in it."""
        return self.begins <= at < self.ends


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A calendar that shifts come from: the environment variable of its secret address, and whom its titles mean."""

    url_env: str
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarCopy:
    """The last good copy of a rota's calendar, of known people's shifts only; ``id`` is the rota's."""

    id: str
    facility: str
    shifts: tuple[Shift, ...]
    #: When it last changed.
    at: datetime
    #: Since when the feed cannot be read, or None.
    failing_since: datetime | None = None
    version: int = 0


def plain_title(title: str) -> str:
    """Return an event's title as it is compared: capitals and spaces aside."""
    return " ".join(title.split()).casefold()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rota:
    """Who is on duty when: an override before a calendar's shift before the rotation; of overrides the last written."""

    id: str
    kind: RotaKind
    zone: str
    rotation: Rotation | None = None
    overrides: tuple[Override, ...] = ()
    calendar: Feed | None = None

    @property
    def people(self) -> tuple[str, ...]:
        """Return everybody whom the directory names here, each once."""
        turns = () if self.rotation is None else self.rotation.people
        titled = () if self.calendar is None else self.calendar.names.values()
        return tuple(dict.fromkeys((*turns, *(one.who for one in self.overrides), *titled)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """Who is on duty, until when (None where nothing is known to change), and who follows; None is nobody."""

    who: str | None
    until: datetime | None = None
    then: str | None = None


def instant_of(zone: str, local: datetime) -> datetime:
    """Return the one instant of a local time: a skipped one by the offset before, a doubled one the first of the two."""
    return local.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC)


def on_duty(rota: Rota, shifts: Sequence[Shift], at: datetime) -> str | None:
    """Return who is on duty at an instant, or None for nobody. Shifts that overlap: the one that began last."""
    for one in reversed(rota.overrides):
        if instant_of(rota.zone, one.begins) <= at < instant_of(rota.zone, one.ends):
            return one.who
    held = [one for one in shifts if one.holds(at)]
    if held:
        return max(held, key=lambda one: (one.begins, one.who)).who
    return _in_turn(rota, at)


def _in_turn(rota: Rota, at: datetime) -> str | None:
    if rota.rotation is None or not rota.rotation.people:
        return None
    turn = _turn(rota.rotation, rota.zone, at)
    return None if turn < 0 else rota.rotation.people[turn % len(rota.rotation.people)]


def _begins(rotation: Rotation, zone: str, turn: int) -> datetime:
    return instant_of(zone, datetime.combine(rotation.begins + timedelta(days=turn * rotation.days), rotation.at))


def _turn(rotation: Rotation, zone: str, at: datetime) -> int:
    """Return the number of the turn that holds an instant; negative before the first."""
    passed = (at.astimezone(ZoneInfo(zone)).date() - rotation.begins).days
    turn = passed // rotation.days + 1
    while _begins(rotation, zone, turn) > at:
        turn -= 1
    return turn


def next_change(rota: Rota, shifts: Sequence[Shift], after: datetime) -> datetime | None:
    """Return the first instant after ``after`` at which somebody else may be on duty, or None."""
    return min((one for one in _edges(rota, shifts, after) if one > after), default=None)


def _edges(rota: Rota, shifts: Sequence[Shift], after: datetime) -> Iterator[datetime]:
    for override in rota.overrides:
        yield instant_of(rota.zone, override.begins)
        yield instant_of(rota.zone, override.ends)
    for shift in shifts:
        yield shift.begins
        yield shift.ends
    if rota.rotation is not None:
        yield _begins(rota.rotation, rota.zone, max(0, _turn(rota.rotation, rota.zone, after) + 1))


def duty(rota: Rota, shifts: Sequence[Shift], at: datetime) -> Duty:
    """Return who is on duty at an instant, until somebody else is, and who that is."""
    who, edge = on_duty(rota, shifts, at), at
    for _ in range(CHANGES_AT_MOST):
        following = next_change(rota, shifts, edge)
        if following is None or following - at > AHEAD:
            break
        edge = following
        then = on_duty(rota, shifts, edge)
        if then != who:
            return Duty(who=who, until=edge, then=then)
    return Duty(who=who)


def gaps(rota: Rota, shifts: Sequence[Shift], begins: datetime, ends: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Yield the spans of a stretch in which nobody is on duty."""
    at = begins
    while at < ends:
        now = duty(rota, shifts, at)
        until = ends if now.until is None else min(now.until, ends)
        if now.who is None:
            yield at, until
        at = until


_DAY_WORDS = {"today": 0, "tomorrow": 1, "yesterday": -1}
_ASKED = re.compile(r"(?:(\d{4}-\d{2}-\d{2}|[a-z]+)(?: |$))?(?:(\d{1,2}):(\d{2}))?")


def when_asked(text: str, zone: str, now: datetime) -> datetime | None:
    """Return the instant of ``2026-12-25 18:00``, ``tomorrow 07:00``, ``18:00`` or ``now`` in a zone, or None for other words.

    A day alone is its 00:00.
    """
    words = " ".join(text.lower().split())
    found = _ASKED.fullmatch(words)
    if words == "now":
        return now
    if found is None or not words:
        return None
    day, hour, minute = found.groups()
    today = now.astimezone(ZoneInfo(zone)).date()
    try:
        if day is None or day in _DAY_WORDS:
            on = today + timedelta(days=_DAY_WORDS[day or "today"])
        else:
            on = date.fromisoformat(day)
        return instant_of(zone, datetime.combine(on, time(int(hour or 0), int(minute or 0))))
    except (ValueError, OverflowError):
        return None
