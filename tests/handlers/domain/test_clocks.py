"""Turnaround clocks: pauses are merged and clipped, and working time and pauses are the whole span."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from handlers.domain.clocks import Clock, Pause, due, left, paused, paused_since, span, working

NOON = datetime(2031, 3, 4, 12, 0, tzinfo=UTC)
TARGET = timedelta(minutes=15)
NOTHING = timedelta(0)
_offsets = st.integers(-60, 400).map(lambda seconds: timedelta(seconds=seconds))
_lengths = st.integers(0, 200).map(lambda seconds: timedelta(seconds=seconds))


def at(minutes: float) -> datetime:
    """Return an instant so many minutes after noon."""
    return NOON + timedelta(minutes=minutes)


def minutes(count: float) -> timedelta:
    """Return so many minutes."""
    return timedelta(minutes=count)


def pause(began: float, ended: float | None) -> Pause:
    """Return a pause between minutes after noon."""
    return Pause(
        began=at(began), ended=None if ended is None else at(ended), reason="missing_prior", by="radiologist:ann"
    )


def clock(*pauses: Pause, stopped: float | None = None) -> Clock:
    """Return a clock that starts at noon."""
    return Clock(started=NOON, target=TARGET, stopped=None if stopped is None else at(stopped), pauses=pauses)


@st.composite
def clocks_and_now(draw: st.DrawFn, *, stops: bool | None = None, open_pauses: bool = True) -> tuple[Clock, datetime]:
    """Return any clock (that has stopped, that has not, or either), and an instant after all that happened to it."""
    lengths = st.one_of(st.none(), _lengths) if open_pauses else _lengths
    pauses = []
    for began in draw(st.lists(_offsets, max_size=6)):
        length = draw(lengths)
        ended = None if length is None else NOON + began + length
        pauses.append(Pause(began=NOON + began, ended=ended, reason="missing_prior", by="radiologist:ann"))
    has_stopped = draw(st.booleans()) if stops is None else stops
    stopped = NOON + draw(_offsets) if has_stopped else None
    past = [NOON, *(one.ended or one.began for one in pauses), *([stopped] if stopped else [])]
    now = max(past) + draw(_lengths)
    target = draw(st.integers(1, 500).map(lambda seconds: timedelta(seconds=seconds)))
    return Clock(started=NOON, target=target, stopped=stopped, pauses=tuple(pauses)), now


@given(clocks_and_now())
def test_working_time_and_pauses_are_the_span(drawn: tuple[Clock, datetime]) -> None:
    """Whatever overlaps, begins early or outlasts it: nothing counts twice, and nothing is negative."""
    held, now = drawn
    assert working(held, now) + paused(held, now) == span(held, now)
    assert min(working(held, now), paused(held, now), span(held, now)) >= NOTHING


@given(clocks_and_now())
def test_each_second_is_paused_where_a_pause_covers_it(drawn: tuple[Clock, datetime]) -> None:
    """The merged time is what counting second by second finds."""
    held, now = drawn
    end = held.stopped or now
    covered = 0
    for second in range(int(span(held, now).total_seconds())):
        instant = held.started + timedelta(seconds=second)
        covered += any(one.began <= instant < (one.ended or end) for one in held.pauses)
    assert paused(held, now) == timedelta(seconds=covered)


@given(clocks_and_now(stops=False))
def test_what_is_left_is_what_lies_before_the_due_instant(drawn: tuple[Clock, datetime]) -> None:
    """Running: due less now; standing still: due less the instant at which it stopped. So a due instant is enough to keep."""
    held, now = drawn
    assert left(held, now) == due(held) - (paused_since(held) or now)


@given(clocks_and_now(stops=True))
def test_a_read_is_in_target_exactly_when_it_stopped_by_its_due_instant(drawn: tuple[Clock, datetime]) -> None:
    """Judging by working time and judging by the due instant are the same judgment."""
    held, now = drawn
    assert held.stopped is not None
    assume(held.stopped >= held.started)
    assert (working(held, now) <= held.target) is (held.stopped <= due(held))


@given(clocks_and_now(stops=False, open_pauses=False), _lengths)
def test_the_end_of_a_pause_moves_the_due_instant_by_exactly_that_pause(
    drawn: tuple[Clock, datetime], length: timedelta
) -> None:
    """However many pauses came before."""
    held, now = drawn
    one = Pause(began=now, ended=now + length, reason="missing_prior", by="radiologist:ann")
    after = Clock(started=held.started, target=held.target, pauses=(*held.pauses, one))
    assert due(after) == due(held) + length


@pytest.mark.parametrize(
    ("held", "now", "stood", "since", "due_minute"),
    [
        (clock(), 10, 0, None, 15),
        (clock(pause(2, 5)), 10, 3, None, 18),
        (clock(pause(2, 5), pause(4, 7)), 10, 5, None, 20),
        (clock(pause(2, 5), pause(5, 7)), 10, 5, None, 20),
        (clock(pause(2, 9), pause(4, 5)), 10, 7, None, 22),
        (clock(pause(-5, 3)), 10, 3, None, 18),
        (clock(pause(-5, -3)), 10, 0, None, 15),
        (clock(pause(2, None)), 10, 8, 2, 15),
        (clock(pause(-5, None)), 10, 10, 0, 15),
        (clock(pause(2, 5), pause(8, None)), 10, 5, 8, 18),
        (clock(pause(2, 8), pause(4, None)), 10, 8, 2, 15),
        (clock(pause(2, None), pause(4, None)), 10, 8, 2, 15),
        (clock(pause(2, 5), pause(8, 30), stopped=9), 40, 4, None, 19),
        (clock(pause(2, None), stopped=9), 40, 7, None, 22),
        (clock(pause(20, 30)), 40, 10, None, 25),
        (clock(stopped=-3), 40, 0, None, 15),
    ],
)
def test_pauses_are_merged_and_clipped(
    held: Clock, now: float, stood: float, since: float | None, due_minute: float
) -> None:
    """How long it stood still, since when it does, and when it is due."""
    assert paused(held, at(now)) == minutes(stood)
    assert paused_since(held) == (None if since is None else at(since))
    assert due(held) == at(due_minute)
