"""Rotas: who is on duty, on the nights of the clocks' changes and on all others."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.domain.rotas import (
    Duty,
    Override,
    Rota,
    RotaKind,
    Rotation,
    Shift,
    duty,
    gaps,
    instant_of,
    next_change,
    on_duty,
    when_asked,
)

NEW_YORK, PHOENIX, INDIANAPOLIS = "America/New_York", "America/Phoenix", "America/Indiana/Indianapolis"
KNOX, TELL_CITY = "America/Indiana/Knox", "America/Indiana/Tell_City"
ZONES = (NEW_YORK, PHOENIX, INDIANAPOLIS, KNOX, TELL_CITY)
HOUR = timedelta(hours=1)


def nightly(zone: str, at: time = time(19), begins: date = date(2026, 1, 1), days: int = 1) -> Rota:
    """Return a rota of three who take turns."""
    rotation = Rotation(people=("kim", "lee", "osei"), begins=begins, at=at, days=days)
    return Rota(id="night", kind=RotaKind.READERS, zone=zone, rotation=rotation)


def wall(text: str) -> datetime:
    """Return a local time, without its zone."""
    return datetime.fromisoformat(text)


def local(zone: str, text: str) -> datetime:
    """Return an instant written as local time."""
    return instant_of(zone, wall(text))


@pytest.mark.parametrize(
    ("zone", "night", "hours"),
    [
        (NEW_YORK, "2026-03-07", 23),
        (NEW_YORK, "2026-10-31", 25),
        (NEW_YORK, "2026-06-01", 24),
        (PHOENIX, "2026-03-07", 24),
        (PHOENIX, "2026-10-31", 24),
        (INDIANAPOLIS, "2026-03-07", 23),
        (INDIANAPOLIS, "2026-10-31", 25),
        (INDIANAPOLIS, "2005-10-29", 24),  # the last year without daylight saving time there
        (KNOX, "2026-03-07", 23),
        (TELL_CITY, "2026-10-31", 25),
    ],
)
def test_a_turn_lasts_from_local_time_to_local_time(zone: str, night: str, hours: int) -> None:
    """From seven to seven: 23 hours when the clocks go forward, 25 when they go back, 24 where they do not."""
    rota = nightly(zone, begins=date(2005, 1, 1))
    began = local(zone, f"{night} 19:00")
    now = duty(rota, (), began)
    assert now.until is not None
    assert (now.until - began) / HOUR == hours
    assert on_duty(rota, (), began - timedelta(seconds=1)) != now.who
    assert on_duty(rota, (), now.until - timedelta(seconds=1)) == now.who
    assert (on_duty(rota, (), now.until), now.until) == (now.then, next_change(rota, (), began))


@pytest.mark.parametrize(
    ("zone", "at", "day", "instant"),
    [
        (NEW_YORK, time(2, 30), date(2026, 3, 8), "2026-03-08T07:30"),  # does not exist: 03:30 EDT, as EST would say
        (NEW_YORK, time(1, 30), date(2026, 11, 1), "2026-11-01T05:30"),  # twice: the first, EDT
        (PHOENIX, time(2, 30), date(2026, 3, 8), "2026-03-08T09:30"),
        (INDIANAPOLIS, time(2, 30), date(2026, 3, 8), "2026-03-08T07:30"),
        (INDIANAPOLIS, time(1, 30), date(2026, 11, 1), "2026-11-01T05:30"),
        (KNOX, time(2, 30), date(2026, 3, 8), "2026-03-08T08:30"),
        (TELL_CITY, time(1, 30), date(2026, 11, 1), "2026-11-01T06:30"),
    ],
)
def test_a_change_in_the_night_of_the_clocks_happens_once(zone: str, at: time, day: date, instant: str) -> None:
    """A skipped time is read with the offset before, a doubled one is the first (RFC 5545, 3.3.5); neither comes twice."""
    rota = nightly(zone, at)
    changed = datetime.fromisoformat(instant).replace(tzinfo=UTC)
    before = changed - timedelta(hours=6)
    assert next_change(rota, (), before) == changed
    following = next_change(rota, (), changed)
    assert following is not None
    assert following - changed >= 22 * HOUR


def test_an_override_comes_before_a_calendar_and_that_before_the_rotation() -> None:
    """Each where it says something, and the one beneath where it does not."""
    rota = Rota(
        id="night",
        kind=RotaKind.CONTACTS,
        zone=PHOENIX,
        rotation=Rotation(people=("kim",), begins=date(2026, 1, 1), at=time(7)),
        overrides=(
            Override(who="osei", begins=wall("2026-01-02 12:00"), ends=wall("2026-01-02 20:00")),
            Override(who="ruiz", begins=wall("2026-01-02 13:00"), ends=wall("2026-01-02 14:00")),
        ),
    )
    shifts = [Shift(who="lee", begins=local(PHOENIX, "2026-01-02 10:00"), ends=local(PHOENIX, "2026-01-02 22:00"))]
    hours = {
        hour: on_duty(rota, shifts, local(PHOENIX, f"2026-01-02 {hour:02}:00"))
        for hour in (9, 10, 11, 12, 13, 14, 19, 20, 21, 22)
    }
    assert hours == {
        9: "kim", 10: "lee", 11: "lee", 12: "osei", 13: "ruiz", 14: "osei", 19: "osei", 20: "lee", 21: "lee", 22: "kim",
    }  # fmt: skip


def test_before_its_beginning_nobody_is_on_duty_and_the_first_follows() -> None:
    """A rota that begins next week says so."""
    rota = nightly(NEW_YORK, begins=date(2026, 5, 10))
    begins = local(NEW_YORK, "2026-05-10 19:00")
    assert duty(rota, (), begins - 5 * HOUR) == Duty(who=None, until=begins, then="kim")
    assert list(gaps(rota, (), begins - 5 * HOUR, begins + HOUR)) == [(begins - 5 * HOUR, begins)]


def test_somebody_alone_is_never_relieved() -> None:
    """Nobody follows, and looking for who does comes to an end."""
    rota = Rota(
        id="one",
        kind=RotaKind.DESK,
        zone=NEW_YORK,
        rotation=Rotation(people=("kim",), begins=date(2026, 1, 1), at=time(7), days=1),
    )
    assert duty(rota, (), local(NEW_YORK, "2026-02-01 12:00")) == Duty(who="kim")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-12-25 18:00", "2026-12-25T23:00"),
        ("tomorrow 07:00", "2026-11-02T12:00"),
        ("18:00", "2026-11-01T23:00"),
        ("today 1:30", "2026-11-01T05:30"),
        ("2026-12-25", "2026-12-25T05:00"),
        ("tomorrow", "2026-11-02T05:00"),
        ("Now", "2026-11-01T04:30"),
        ("someday", None),
        ("someday 07:00", None),
        ("25:00", None),
        ("2026-02-30 07:00", None),
        ("", None),
    ],
)
def test_a_time_is_asked_for_in_the_facilitys_zone(text: str, expected: str | None) -> None:
    """A day alone is its 00:00. What cannot be read is nothing, and the asker is told how to write it."""
    found = when_asked(text, NEW_YORK, datetime(2026, 11, 1, 4, 30, tzinfo=UTC))
    assert found == (None if expected is None else datetime.fromisoformat(expected).replace(tzinfo=UTC))


instants = st.datetimes(wall("2025-12-01 00:00"), wall("2027-02-01 00:00")).map(lambda one: one.replace(tzinfo=UTC))
spans = st.tuples(instants, st.timedeltas(timedelta(minutes=1), timedelta(days=3)))
people = st.sampled_from(["kim", "lee", "osei", "ruiz"])


@st.composite
def rotas(draw: st.DrawFn) -> tuple[Rota, list[Shift]]:
    """Draw a rota with overrides and a calendar's shifts."""
    rotation = Rotation(
        people=tuple(draw(st.lists(people, min_size=1, max_size=4))),
        begins=draw(st.dates(date(2025, 11, 1), date(2026, 12, 1))),
        at=draw(st.times().map(lambda one: one.replace(second=0, microsecond=0))),
        days=draw(st.integers(1, 14)),
    )
    overrides = tuple(
        Override(who=draw(people), begins=begins.replace(tzinfo=None), ends=begins.replace(tzinfo=None) + length)
        for begins, length in draw(st.lists(spans, max_size=3))
    )
    shifts = [
        Shift(who=draw(people), begins=begins, ends=begins + length)
        for begins, length in draw(st.lists(spans, max_size=3))
    ]
    zone = draw(st.sampled_from(ZONES))
    return Rota(
        id="r",
        kind=RotaKind.READERS,
        zone=zone,
        rotation=draw(st.sampled_from([rotation, None])),
        overrides=overrides,
    ), shifts


@given(rotas(), instants, st.timedeltas(timedelta(0), timedelta(days=30)))
def test_whoever_is_on_duty_stays_until_the_next_change(
    drawn: tuple[Rota, list[Shift]], at: datetime, later: timedelta
) -> None:
    """Nobody else is on duty at any instant before it: changes are where on_duty may change, and nowhere else."""
    rota, shifts = drawn
    change = next_change(rota, shifts, at)
    assert change is None or change > at
    if change is None or at + later < change:
        assert on_duty(rota, shifts, at + later) == on_duty(rota, shifts, at)


@given(rotas(), instants)
def test_duties_follow_each_other_without_gap_or_overlap(drawn: tuple[Rota, list[Shift]], at: datetime) -> None:
    """Each ends where the next begins, with somebody else: on_duty partitions time."""
    rota, shifts = drawn
    for _ in range(10):
        now = duty(rota, shifts, at)
        assert now.who == on_duty(rota, shifts, at)
        if now.until is None:
            return
        assert now.until > at
        assert now.then == on_duty(rota, shifts, now.until) != now.who
        assert on_duty(rota, shifts, now.until - timedelta(microseconds=1)) == now.who
        at = now.until


@given(rotas(), instants)
def test_turns_change_at_one_local_time(drawn: tuple[Rota, list[Shift]], at: datetime) -> None:
    """A change of the rotation reads as its local time, except where the clocks skip that time."""
    rota = Rota(id="r", kind=RotaKind.READERS, zone=drawn[0].zone, rotation=drawn[0].rotation)
    change = next_change(rota, (), at)
    if rota.rotation is None:
        assert change is None
        return
    assert change is not None
    wall = change.astimezone(ZoneInfo(rota.zone))
    written = datetime.combine(wall.date(), rota.rotation.at)
    assert change == instant_of(rota.zone, written)
    skipped = instant_of(rota.zone, written).astimezone(ZoneInfo(rota.zone)).time() != rota.rotation.at
    assert skipped or wall.time() == rota.rotation.at
