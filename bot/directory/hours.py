"""The minutes of a week as one integer with a bit for each, so that hours can be joined, subtracted and named."""

from __future__ import annotations

import re
from collections import defaultdict

from handlers.domain.hours import Hours

DAY = 24 * 60
WEEK = 7 * DAY
ALWAYS = (1 << WEEK) - 1
_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MOST_NAMED = 4


def minutes(hours: Hours | None) -> int:
    """Return the minutes, from Monday midnight on, in which `Hours.contains` holds; None is always."""
    if hours is None:
        return ALWAYS
    start = hours.start.hour * 60 + hours.start.minute
    length = (hours.end.hour * 60 + hours.end.minute - start) % DAY or DAY
    found = 0
    for day in hours.days:
        window = ((1 << length) - 1) << (day * DAY + start)
        found |= (window & ALWAYS) | (window >> WEEK)
    return found


def named(mask: int) -> str:
    """Return words for some minutes of a week: ``mon-fri 18:00–07:00, sat-sun 00:00–24:00``."""
    if mask == ALWAYS:
        return "at all hours"
    windows: dict[tuple[int, int], list[int]] = defaultdict(list)
    long: list[str] = []
    for start, end in _runs(mask):
        if end - start <= DAY:
            windows[(start % DAY, end - start)].append(start // DAY)
        else:
            long.append(
                f"{_NAMES[start // DAY]} {_clock(start)} to {_NAMES[(end - 1) // DAY % 7]} {_clock(end, last=True)}"
            )
    short = [f"{_days(days)} {_clock(at)}–{_clock(at + length, last=True)}" for (at, length), days in windows.items()]
    words = short + long
    more = f" and {len(words) - _MOST_NAMED} more" if len(words) > _MOST_NAMED else ""
    return ", ".join(words[:_MOST_NAMED]) + more


def _runs(mask: int) -> list[tuple[int, int]]:
    """Return the stretches of minutes; one that runs over the week's end is one, its end beyond `WEEK`."""
    bits = f"{mask:0{WEEK}b}"[::-1]
    runs = [match.span() for match in re.finditer("1+", bits)]
    if len(runs) > 1 and runs[0][0] == 0 and runs[-1][1] == WEEK:
        runs = [*runs[1:-1], (runs[-1][0], WEEK + runs[0][1])]
    return runs


def _clock(minute: int, *, last: bool = False) -> str:
    hour, rest = divmod(minute % DAY, 60)
    return "24:00" if last and not hour and not rest else f"{hour:02}:{rest:02}"


def _days(days: list[int]) -> str:
    groups: list[list[int]] = []
    for day in sorted(days):
        if groups and groups[-1][-1] == day - 1:
            groups[-1].append(day)
        else:
            groups.append([day])
    return ", ".join(
        _NAMES[group[0]] if len(group) == 1 else f"{_NAMES[group[0]]}-{_NAMES[group[-1]]}" for group in groups
    )
