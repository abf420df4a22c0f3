"""Public holidays of a state, from the `holidays` library: the days that people there have off, with observed ones."""

from __future__ import annotations

from datetime import date
from functools import cache

COUNTRY = "US"


def public_holidays(state: str, first: date, last: date) -> frozenset[date]:
    """Return a state's (or territory's) public holidays from one day to another, both included."""
    years = range(first.year, last.year + 1)
    return frozenset(day for year in years for day in _of_year(state, year) if first <= day <= last)


@cache
def _of_year(state: str, year: int) -> tuple[date, ...]:
    import holidays  # noqa: PLC0415 - a seventh of a second, which only directories with holidays need to spend

    return tuple(holidays.country_holidays(COUNTRY, subdiv=state, years=year))
