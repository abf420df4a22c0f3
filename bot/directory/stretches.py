"""Stretches of the two weeks ahead in which something is so: where time is cut, how what is alike is joined and written.

Time is cut where anything may change (a window of an agreement or a rule, a local midnight, a change of the clocks, a turn
of a rota); in between it is judged once, by the same pure functions that judge a study when it comes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from handlers.domain.directory import Facility
from handlers.domain.rotas import Rota, next_change

AHEAD = timedelta(days=14)
_HOUR = timedelta(hours=1)
_ON_ONE_LINE = 2
#: Stretches of time, in order.
Ranges = list[tuple[datetime, datetime]]


@dataclass(frozen=True, slots=True)
class Gap:
    """Hours without somebody: where, what for, why, and from when to when (in UTC)."""

    facility: str
    zone: str
    what: str
    why: str
    ranges: tuple[tuple[datetime, datetime], ...]
    #: Whether it is all of the time that was looked at.
    whole: bool

    def __str__(self) -> str:
        """Write the gap in the facility's own time: as one line, or, where it comes back often, with a line for each time."""
        zone = ZoneInfo(self.zone)
        days = AHEAD.days
        when = [f"{_said(begins.astimezone(zone))} to {_said(ends.astimezone(zone))}" for begins, ends in self.ranges]
        about = f"{self.facility}: {self.what}: {self.why}:"
        if self.whole:
            return f"{about} all {days} days."
        return f"{about} {'; '.join(when)}." if len(when) <= _ON_ONE_LINE else "\n    ".join([about, *when])


def _said(local: datetime) -> str:
    return local.strftime("%a %Y-%m-%d %H:%M %Z")


def cuts(facility: Facility, begins: datetime, rotas: Iterable[Rota] = ()) -> list[datetime]:
    """Return the instants from ``begins`` on at which anything may change, in order."""
    zone, ends = ZoneInfo(facility.zone), begins + AHEAD
    windows = [window for agreement in facility.coverage for window in agreement.hours]
    windows += [rule.hours for rule in facility.ladders() if rule.hours is not None]
    clocks = {time(0)} | {at for window in windows for at in (window.start, window.end)}
    today = begins.astimezone(zone).date()
    days = [today + timedelta(days=count) for count in range(AHEAD.days + 2)]
    found = {begins} | {
        datetime.combine(day, at, zone).replace(fold=fold).astimezone(UTC)
        for day in days
        for at in clocks
        for fold in (0, 1)
    }
    found |= set(_changes_of_clocks(zone, begins, ends))
    for rota in rotas:
        found |= set(_turns(rota, begins, ends))
    return sorted(instant for instant in found if begins <= instant < ends)


def _changes_of_clocks(zone: ZoneInfo, begins: datetime, ends: datetime) -> Iterator[datetime]:
    hour = begins.replace(minute=0)
    while hour < ends:
        if hour.astimezone(zone).utcoffset() != (hour - _HOUR).astimezone(zone).utcoffset():
            yield hour
        hour += _HOUR


def _turns(rota: Rota, begins: datetime, ends: datetime) -> Iterator[datetime]:
    at = next_change(rota, (), begins)
    while at is not None and at < ends:
        yield at
        at = next_change(rota, (), at)


def joined(cuts: list[datetime], ends: datetime, why_at: Callable[[datetime], str]) -> dict[str, Ranges]:
    """Return, for each reason that ``why_at`` gives, the joined stretches of time for which it does ("" is no gap)."""
    found: dict[str, Ranges] = defaultdict(list)
    for begin, end in zip(cuts, [*cuts[1:], ends], strict=True):
        why = why_at(begin)
        if not why:
            continue
        if found[why] and found[why][-1][1] == begin:
            found[why][-1] = (found[why][-1][0], end)
        else:
            found[why].append((begin, end))
    return found


def grouped(
    facility: Facility, begins: datetime, found: Iterator[tuple[str, str, Ranges]], of: str = ""
) -> Iterator[Gap]:
    """Yield gaps, those that differ only in what they are about as one; ``of`` stands once before what that is."""
    alike: dict[tuple[str, tuple[tuple[datetime, datetime], ...]], list[str]] = defaultdict(list)
    for what, why, ranges in found:
        names = alike[why, tuple(ranges)]
        if what not in names:
            names.append(what)
    for (why, when), names in alike.items():
        whole = when == ((begins, begins + AHEAD),)
        yield Gap(facility.id, facility.zone, f"{of}{', '.join(names)}", why, when, whole)
