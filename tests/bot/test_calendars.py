"""Calendar feeds: shifts of known people, by the calendar's own rules; everything else is dropped or refused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from bot import calendars
from bot.calendars import CalendarFeeds
from handlers.domain.errors import DeliveryFailed
from handlers.domain.rotas import Feed as Named
from handlers.domain.rotas import Rota, RotaKind, Shift
from tests import feeds
from tests.feeds import Feed, calendar, shift

ROTA = Rota(
    id="night",
    kind=RotaKind.READERS,
    zone="America/New_York",
    calendar=Named(url_env="RADRELAY_CALENDAR_NIGHT", names={"Night: Lee": "lee", "Stone": "stone"}),
)
BEGINS, ENDS = datetime(2026, 10, 30, tzinfo=UTC), datetime(2026, 11, 4, tzinfo=UTC)


@pytest.fixture
def feed() -> Iterator[Feed]:
    """Serve a feed."""
    with feeds.feeding() as feed:
        yield feed


def read(feed: Feed, *events: str, url: str | None = None) -> list[tuple[str, str, str]]:
    """Return who, since and until of the shifts that a feed of these events has."""
    feed.body = calendar(*events) if events else feed.body
    address = feed.url if url is None else url
    found = CalendarFeeds(lambda name: SecretStr(address) if name == "RADRELAY_CALENDAR_NIGHT" else None).shifts(
        ROTA, BEGINS, ENDS
    )
    assert all(isinstance(one, Shift) and one.begins.tzinfo is UTC for one in found)
    return [(one.who, f"{one.begins:%dT%H:%M}", f"{one.ends:%dT%H:%M}") for one in found]


def test_a_nightly_shift_is_repeated_by_the_wall_clock(feed: Feed) -> None:
    """Through the night in which the clocks go back: seven to seven is thirteen hours then."""
    nightly = shift("night:  LEE", "20261030T190000", "20261031T070000", "RRULE:FREQ=DAILY;COUNT=4")
    assert read(feed, nightly.replace("Chicago", "New_York")) == [
        ("lee", "30T23:00", "31T11:00"),
        ("lee", "31T23:00", "01T12:00"),
        ("lee", "02T00:00", "02T12:00"),
        ("lee", "03T00:00", "03T12:00"),
    ]


def test_a_swapped_and_a_canceled_night_are_as_the_calendar_says(feed: Feed) -> None:
    """One occurrence bears another title, one is left out, one is canceled."""
    series = shift(
        "Stone",
        "20261030T190000",
        "20261031T070000",
        "RRULE:FREQ=DAILY;COUNT=4",
        "EXDATE;TZID=America/Chicago:20261102T190000",
        uid="s",
    )
    uid = series.splitlines()[0]
    swapped = shift(
        "Night: Lee", "20261031T190000", "20261101T070000", "RECURRENCE-ID;TZID=America/Chicago:20261031T190000"
    )
    called_off = shift(
        "Stone",
        "20261101T190000",
        "20261102T070000",
        "RECURRENCE-ID;TZID=America/Chicago:20261101T190000",
        "STATUS:CANCELLED",
    )
    others = [uid + "\n" + one.partition("\n")[2] for one in (swapped, called_off)]
    assert [one[0] for one in read(feed, series, *others)] == ["stone", "lee"]


def test_days_and_times_without_a_zone_are_the_rotas(feed: Feed) -> None:
    """A whole day lasts from local midnight to local midnight."""
    day = "UID:d\nSUMMARY:Stone\nDTSTART;VALUE=DATE:20261101\nDTEND;VALUE=DATE:20261102"
    floating = "UID:f\nSUMMARY:Stone\nDTSTART:20261103T080000\nDTEND:20261103T120000"
    utc = "UID:u\nSUMMARY:Stone\nDTSTART:20261103T200000Z\nDURATION:PT2H"
    assert read(feed, day, floating, utc) == [
        ("stone", "01T04:00", "02T05:00"),
        ("stone", "03T13:00", "03T17:00"),
        ("stone", "03T20:00", "03T22:00"),
    ]


def test_what_is_not_named_is_dropped(feed: Feed) -> None:
    """Whatever else a calendar holds, nothing of it is kept."""
    assert read(feed, shift("Jane Roe, MRN 123, CT head", "20261101T190000", "20261101T200000")) == []


BOMB = "RRULE:FREQ={};UNTIL=20991231T000000Z"


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (shift("Stone", "20261101T190000", "20261101T190001", BOMB.format("SECONDLY")), "repeats_too_often"),
        (shift("Stone", "20261101T190000", "20261101T190001", BOMB.format("HOURLY")), "repeats_too_often"),
        (shift("Stone", "20261101T190000", "20261101T190001", "RRULE:FREQ=DAILY;BYHOUR=1,2,3;BYMINUTE=1,2"), "repeats_too_often"),
        (shift("Stone", "00010101T190000", "00010101T200000", "RRULE:FREQ=DAILY"), "repeats_since_too_long"),
    ],
)  # fmt: skip
def test_a_bomb_is_refused_before_it_is_repeated(feed: Feed, event: str, reason: str) -> None:
    """Nobody's shifts repeat so; one that is not named does not even count."""
    with pytest.raises(DeliveryFailed, match=f"^{reason}$"):
        read(feed, event)
    assert read(feed, event.replace("SUMMARY:Stone", "SUMMARY:Somebody")) == []


def test_what_cannot_be_read_has_a_reason_without_a_word_of_it(feed: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the address nor what the feed holds is in the error."""
    secret = "Jane Roe"
    broken = calendar(f"UID:1\nSUMMARY:Stone\nDTSTART:{secret}\nDTEND:20261101T200000Z")
    monkeypatch.setattr(calendars, "LARGEST", 2000)
    for body, status, reason in (
        (broken, 200, "unreadable"),
        (f"<html>{secret}</html>", 200, "not_a_calendar"),
        (secret, 404, "http_404"),
        (secret, 302, "http_302"),
        (calendar(*["SUMMARY:Stone" for _ in range(100)]), 200, "too_large"),
    ):
        feed.body, feed.status = body, status
        with pytest.raises(DeliveryFailed) as told:
            read(feed)
        assert told.value.reason.startswith(reason)
        assert secret not in str(told.value)
        assert feeds.SECRET_PATH not in str(told.value)
    for url, reason in (("http://calendar.example/x", "not_https"), ("http://127.0.0.1:1/x", "not_reached")):
        with pytest.raises(DeliveryFailed, match=f"^{reason}"):
            read(feed, url=url)
    with pytest.raises(DeliveryFailed, match=r"^not_set$"):
        CalendarFeeds(lambda _: None).shifts(ROTA, BEGINS, ENDS)


def test_a_large_calendar_is_read_soon(feed: Feed) -> None:
    """A year of nights of thirty people, and as many other events: within what a round of reading may take."""
    names = {f"Person {at}": f"p{at}" for at in range(30)}
    events = [
        shift(f"Person {at}", f"2026{month:02}{at % 28 + 1:02}T190000", f"2026{month:02}{at % 28 + 1:02}T230000", "RRULE:FREQ=WEEKLY;COUNT=40")
        for at in range(30)
        for month in (1, 2, 3)
    ]  # fmt: skip
    feed.body = calendar(*events, *(one.replace("Person", "Other") for one in events))
    rota = Rota(id="r", kind=RotaKind.READERS, zone=ROTA.zone, calendar=Named(url_env="X", names=names))
    found = CalendarFeeds(lambda _: SecretStr(feed.url)).shifts(rota, BEGINS - timedelta(days=300), ENDS)
    assert len(found) > 1000
