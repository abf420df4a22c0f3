"""Turnaround figures: percentiles by nearest rank, and each read against its own target."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.domain.classes import Priority
from handlers.domain.turnaround import EndedRead, by_class, percentile


def minutes(*counts: float) -> list[timedelta]:
    """Return durations."""
    return [timedelta(minutes=count) for count in counts]


def read(took: float, target: float = 15, paused: float = 0, priority: Priority = Priority.STROKE) -> EndedRead:
    """Return a read that took so many minutes of work."""
    worked, still, goal = minutes(took, paused, target)
    return EndedRead(priority=priority, working=worked, paused=still, target=goal)


@pytest.mark.parametrize(
    ("values", "percent", "found"),
    [
        ((7,), 50, 7),
        ((1, 2), 50, 1),
        ((1, 2, 3), 50, 2),
        ((15, 20, 35, 40, 50), 30, 20),
        ((15, 20, 35, 40, 50), 40, 20),
        ((15, 20, 35, 40, 50), 50, 35),
        ((15, 20, 35, 40, 50), 100, 50),
        (tuple(range(1, 11)), 90, 9),
        (tuple(range(1, 11)), 95, 10),
        (tuple(range(1, 101)), 95, 95),
    ],
)
def test_a_percentile_is_the_nearest_rank(values: tuple[int, ...], percent: int, found: int) -> None:
    """The textbook's example among them; it is always a value that occurred."""
    assert percentile(minutes(*values), percent) == timedelta(minutes=found)


@given(st.lists(st.integers(0, 500), min_size=1, max_size=60), st.integers(1, 100))
def test_enough_values_lie_at_or_below_a_percentile(values: list[int], percent: int) -> None:
    """And it is the smallest of which that is so."""
    ordered = sorted(minutes(*values))
    found = percentile(ordered, percent)
    assert 100 * sum(one <= found for one in ordered) >= percent * len(ordered)
    assert 100 * sum(one < found for one in ordered) < percent * len(ordered)


def test_classes_come_most_urgent_first_and_only_where_a_read_ended() -> None:
    """Counts, percentiles and target of each; pauses are out of the time and counted beside it."""
    reads = [read(9, 60, priority=Priority.URGENT), *(read(took, paused=took % 2) for took in range(1, 11))]
    stroke, urgent = by_class(reads)
    assert (stroke.priority, stroke.ended, stroke.in_target, stroke.paused) == ("stroke", 10, 10, 5)
    assert [stroke.p50, stroke.p90, stroke.p95] == minutes(5, 9, 10)
    assert (urgent.priority, urgent.ended) == ("urgent", 1)
    assert by_class([]) == ()


def test_each_read_is_held_against_its_own_target() -> None:
    """At its target it is in; where sites differ both ends are kept."""
    (figures,) = by_class([read(15, 15), read(16, 20), read(21, 20), read(16, 15)])
    assert (figures.in_target, figures.ended) == (2, 4)
    assert [figures.shortest_target, figures.longest_target] == minutes(15, 20)
