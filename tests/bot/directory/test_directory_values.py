"""Written values: what each is read as, and the sentence for what it is not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.directory import scalars
from bot.directory.checks.standing import exists
from bot.directory.hours import ALWAYS, minutes, named
from bot.directory.problems import Unfit
from handlers.domain.hours import Hours

YEAR = 366 * 24 * 3600


@given(st.integers(min_value=1, max_value=YEAR))
def test_every_duration_of_whole_seconds_is_read_back(seconds: int) -> None:
    """What `written_duration` writes, `duration` reads as the same length."""
    length = timedelta(seconds=seconds)
    assert scalars.duration(scalars.written_duration(length)) == length


@given(st.text(max_size=8))
def test_anything_is_a_duration_or_refused_with_a_sentence(written: str) -> None:
    """No text makes the reader of durations fail in another way."""
    try:
        assert timedelta(0) < scalars.duration(written) <= timedelta(days=366)
    except Unfit as unfit:
        assert written in str(unfit)  # noqa: PT017 - either outcome is right


@pytest.mark.parametrize(
    ("written", "length"),
    [
        ("90s", timedelta(seconds=90)),
        ("15m", timedelta(minutes=15)),
        ("3h", timedelta(hours=3)),
        ("15d", timedelta(days=15)),
    ],
)
def test_the_four_promised_durations(written: str, length: timedelta) -> None:
    """``90s``, ``15m``, ``3h`` and ``15d`` are read as they look, and written the same way."""
    assert scalars.duration(written) == length
    assert scalars.written_duration(length) == ("90s" if written == "90s" else written)


@pytest.mark.parametrize(
    ("read", "written", "says"),
    [
        (scalars.duration, "0s", "between 1s and"),
        (scalars.duration, "400d", "between 1s and"),
        (scalars.duration, "5 m", "not a duration"),
        (scalars.duration, "1h30m", "not a duration"),
        (scalars.duration, "5", "not a duration"),
        (scalars.duration, "٣m", "not a duration"),
        (scalars.day, "2026-02-30", "not a date"),
        (scalars.day, "20260101", "not a date"),
        (scalars.clock, "25:00", "not a time"),
        (scalars.clock, "18", "not a time"),
        (scalars.days, "monday", "not a day"),
        (scalars.e164, "312-555-0101", "not in E.164"),
        (scalars.e164, "+0125550101", "not in E.164"),
        (scalars.npi, "1234567890", "check digit"),
        (scalars.npi, "3234567893", "begins with 1 or 2"),
        (scalars.zone, "America/Chicagoo", 'Did you mean "America/Chicago"'),
        (scalars.zone, "../etc/passwd", "not a time zone"),
        (scalars.state, "il", "two capital letters"),
        (scalars.modality, "ct", "not a modality"),
        (scalars.slack_user, "@maya", "member ID"),
        (scalars.slack_channel, "#night", "channel ID"),
        (scalars.identifier, "Night Desk", "not an id"),
        (scalars.extension, "44 10", "not an extension"),
        (scalars.send_digits, "p4410", "cannot be keyed"),
        (scalars.flag, "maybe", "not true or false"),
        (scalars.whole(1, 3), "4", "from 1 to 3"),
        (scalars.text, "two\nlines", "not one line"),
        (scalars.text, "x" * 121, "longer than 120"),
        (scalars.link, "http://pacs.example/{accession_number}", "not a link"),
        (scalars.link, "https://pacs.example/{patient}", "braces may hold only"),
        (scalars.link, "https://pacs.example/{patient_id.__class__}", "braces may hold only"),
        (scalars.link, "https://pacs.example/{patient_id:999999999}", "braces may hold only"),
        (scalars.link, "https://pacs.example/{", "braces may hold only"),
        (scalars.link, "https://{patient_id}.example/", "host is not fixed"),
        (scalars.link, "javascript:alert(1)", "not a link"),
        (scalars.link, 'https://pacs.example/"onload', "not a link"),
    ],
)
def test_what_a_value_is_not_is_said(read: Callable[[str], object], written: str, says: str) -> None:
    """Each kind of value refuses what it is not, with what to write instead."""
    with pytest.raises(Unfit, match=r".+") as unfit:
        read(written)
    assert says in str(unfit.value)


@pytest.mark.parametrize("read", [scalars.environment_name, scalars.pin_hash])
def test_what_may_be_a_secret_is_not_repeated(read: Callable[[str], object]) -> None:
    """A secret or PIN pasted where its name or hash belongs does not appear in the refusal."""
    with pytest.raises(Unfit) as unfit:
        read("whsec_2748")
    assert "2748" not in str(unfit.value)


@pytest.mark.parametrize(
    ("written", "found"),
    [("mon-fri", (0, 1, 2, 3, 4)), ("sat", (5,)), ("Fri-Mon", (4, 5, 6, 0)), ("mon-sun", (0, 1, 2, 3, 4, 5, 6))],
)
def test_ranges_of_days_may_run_over_the_weeks_end(written: str, found: tuple[int, ...]) -> None:
    """Days are read as Monday 0, from the first to the last."""
    assert scalars.days(written) == found


@pytest.mark.parametrize(
    ("number", "known"),
    [
        ("+13125550101", True),
        ("+12125550199", True),
        ("+442079460000", True),
        ("+19995550101", False),
        ("+13121110101", False),
        ("+9999999999", False),
    ],
)
def test_fictional_north_american_numbers_exist_and_impossible_ones_do_not(number: str, known: bool) -> None:
    """A number is judged by its country's numbering plan, in which 555 01xx is set aside for fiction."""
    assert exists(number) is known


HOURS = st.builds(
    Hours,
    days=st.sets(st.integers(0, 6)).map(lambda days: tuple(sorted(days))),
    start=st.times().map(lambda at: time(at.hour, at.minute)),
    end=st.times().map(lambda at: time(at.hour, at.minute)),
)


@given(HOURS, st.integers(0, 7 * 24 * 60 - 1))
def test_the_checks_minutes_are_those_of_the_running_service(hours: Hours, minute: int) -> None:
    """`minutes` and `Hours.contains` agree about every minute of the week."""
    monday = datetime(2026, 6, 1)  # noqa: DTZ001 - hours are local
    assert bool(minutes(hours) >> minute & 1) is hours.contains(monday + timedelta(minutes=minute))


@pytest.mark.parametrize(
    ("windows", "words"),
    [
        ([Hours(days=(0, 1, 2, 3, 4), start=time(7), end=time(18))], "mon-fri 07:00–18:00"),
        ([Hours(days=tuple(range(7)), start=time(18), end=time(7))], "mon-sun 18:00–07:00"),
        ([Hours(days=(5, 6), start=time(0), end=time(0))], "sat 00:00 to sun 24:00"),
        ([Hours(days=(6,), start=time(0), end=time(0))], "sun 00:00–24:00"),
        ([Hours(days=(6,), start=time(22), end=time(2))], "sun 22:00–02:00"),
        ([Hours(days=(0, 2), start=time(1), end=time(2))], "mon, wed 01:00–02:00"),
    ],
)
def test_hours_are_named_as_people_write_them(windows: list[Hours], words: str) -> None:
    """Stretches of the week are named by days and times; all of them is "at all hours"."""
    mask = 0
    for window in windows:
        mask |= minutes(window)
    assert named(mask) == words
    assert named(ALWAYS) == "at all hours"
