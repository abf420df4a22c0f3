"""Quiet hours by the wall clock of the site: when they hold, until when, and never for category 1."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from handlers.domain.classes import PatientClass
from handlers.domain.hours import Hours
from handlers.domain.quiet import QuietRule, Then, quiet_at

CHICAGO = "America/Chicago"
DAILY = tuple(range(7))
NIGHT = QuietRule(hours=Hours(days=DAILY, start=time(21), end=time(7)))
WEEKEND = QuietRule(hours=Hours(days=(5, 6), start=time(0), end=time(0)))
OUT = PatientClass.OUTPATIENT


def local(text: str, fold: int = 0) -> datetime:
    """Return an instant by Chicago's wall clock."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(CHICAGO), fold=fold).astimezone(UTC)


def until(rules: tuple[QuietRule, ...], now: datetime, category: int = 2) -> datetime | None:
    """Return when the quiet hours end that hold for an outpatient's finding at an instant."""
    quiet = quiet_at(rules, CHICAGO, category, OUT, now)
    return None if quiet is None else quiet.until


def test_a_night_ends_in_the_morning() -> None:
    """At 22:00 and at 03:00 it is quiet until 07:00; at 07:00 and at 20:59 it is not quiet."""
    assert until((NIGHT,), local("2026-11-24 22:00")) == local("2026-11-25 07:00")
    assert until((NIGHT,), local("2026-11-25 03:00:30")) == local("2026-11-25 07:00")
    assert until((NIGHT,), local("2026-11-25 07:00")) is None
    assert until((NIGHT,), local("2026-11-25 20:59:59")) is None


def test_windows_that_adjoin_are_one() -> None:
    """From Friday 21:00 over the weekend's days to Monday 07:00."""
    assert until((NIGHT, WEEKEND), local("2026-11-27 22:00")) == local("2026-11-30 07:00")


def test_category_1_is_never_quiet() -> None:
    """Whatever a rule says: the directory refuses such a rule, and it would hold nothing back."""
    wrong = QuietRule(hours=NIGHT.hours, categories=(1, 2, 3))
    assert until((wrong,), local("2026-11-24 22:00"), category=1) is None


def test_the_first_rule_that_fits_decides_what_becomes_of_it() -> None:
    """By class and category, in the order of the file."""
    to_desk = QuietRule(hours=NIGHT.hours, categories=(2,), patient_classes=(OUT,), then=Then.DESK)
    at = local("2026-11-24 22:00")
    found = [quiet_at((to_desk, NIGHT), CHICAGO, category, OUT, at) for category in (2, 3)]
    assert [one.then for one in found if one is not None] == [Then.DESK, Then.WAIT]
    inpatient = quiet_at((to_desk,), CHICAGO, 2, PatientClass.INPATIENT, at)
    assert inpatient is None


def test_a_night_is_an_hour_shorter_or_longer_where_clocks_change() -> None:
    """It ends by the wall: 9 hours after 21:00 in March, 11 hours in November."""
    assert until((NIGHT,), local("2026-03-07 21:00")) == local("2026-03-07 21:00") + timedelta(hours=9)
    assert until((NIGHT,), local("2026-10-31 21:00")) == local("2026-10-31 21:00") + timedelta(hours=11)


def test_an_end_that_the_clocks_jump_over_is_the_jump() -> None:
    """Quiet to 02:30 on the night without a 02:30: at 03:00 by the wall it is over, the second 02:00 would have been."""
    rule = QuietRule(hours=Hours(days=DAILY, start=time(22), end=time(2, 30)))
    assert until((rule,), local("2026-03-08 01:00")) == local("2026-03-08 01:00") + timedelta(hours=1)


def test_an_end_that_comes_twice_is_the_first() -> None:
    """Quiet to 01:30 on the night that has it twice."""
    rule = QuietRule(hours=Hours(days=DAILY, start=time(22), end=time(1, 30)))
    assert until((rule,), local("2026-11-01 00:30")) == local("2026-11-01 01:30", fold=0)


windows = st.builds(
    Hours,
    days=st.sets(st.integers(0, 6), min_size=1, max_size=6).map(lambda days: tuple(sorted(days))),
    start=st.integers(0, 1439).map(lambda minute: time(*divmod(minute, 60))),
    end=st.integers(0, 1439).map(lambda minute: time(*divmod(minute, 60))),
)
instants = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)).map(lambda one: one.replace(tzinfo=UTC))  # noqa: DTZ001


@given(windows, instants)
def test_quiet_hours_hold_to_their_end_and_not_a_minute_longer(hours: Hours, now: datetime) -> None:
    """At the end that is named they do not hold, and a minute before they do, on whatever night of the year."""
    quiet = quiet_at((QuietRule(hours=hours),), CHICAGO, 2, OUT, now)
    here = ZoneInfo(CHICAGO)
    assert (quiet is not None) == hours.contains(now.astimezone(here))
    if quiet is not None:
        assert quiet.until > now
        assert not hours.contains(quiet.until.astimezone(here))
        last = max(now, quiet.until - timedelta(minutes=1))
        assert hours.contains(last.astimezone(here))
