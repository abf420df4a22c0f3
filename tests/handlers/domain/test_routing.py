"""The next read: urgent to the least open work, the rest by work units, and nobody idle while work waits."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.domain.classes import Priority
from handlers.domain.routing import URGENT, WINDOW, YIELDS, Load, next_read, units_of
from handlers.domain.studies import Read, ReadState
from handlers.domain.worklists import ORDER, Waiting, Whose

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
TARGET = timedelta(minutes=20)


def waiting(key: str, priority: Priority = Priority.ROUTINE, modality: str = "CT", waited: float = 0) -> Waiting:
    """Return an open read that has waited so many minutes of its twenty."""
    opened = NOW - timedelta(minutes=waited)
    read = Read(
        id=key, facility="mercy", study_id=key, case_code=key, pool="night", priority=priority, state=ReadState.OPEN,
        opened_at=opened, due_at=opened + TARGET, clock_started_at=opened, target_seconds=int(TARGET.total_seconds()),
    )  # fmt: skip
    return Waiting(read=read, whose=Whose.READY, modality=modality, patient_state="IL")


def test_a_stroke_goes_to_whoever_has_the_least_open_work() -> None:
    """Whoever holds more is given what comes after it."""
    listed = [waiting("stroke", Priority.STROKE), waiting("film", modality="CR")]
    idle = {"stroke": [Load(held=0)]}
    assert next_read(listed, Load(held=2), idle, NOW) == listed[1]
    assert next_read(listed, Load(held=0), idle, NOW) == listed[0]


def test_an_urgent_read_waits_for_nobody_longer_than_a_share_of_its_time() -> None:
    """The colleague with less work may be at lunch."""
    share = YIELDS / 100 * 20
    idle = {"stroke": [Load(held=0)]}
    early, late = (waiting("stroke", Priority.STROKE, waited=share + by) for by in (-0.1, 0))
    film = waiting("film", modality="CR")
    assert next_read([early, film], Load(held=2), idle, NOW) == film
    assert next_read([late, film], Load(held=2), idle, NOW) == late


def test_a_pause_is_no_wait_for_the_one_with_the_least_open_work() -> None:
    """Images were asked for when a minute had passed: the read has waited for a minute, however long they take."""
    stroke = waiting("stroke", Priority.STROKE, waited=20)
    still = replace(stroke, read=replace(stroke.read, paused_since=NOW - timedelta(minutes=19)))
    film = waiting("film", modality="CR")
    assert next_read([stroke, film], Load(held=2), {"stroke": [Load(held=0)]}, NOW) == stroke
    assert next_read([still, film], Load(held=2), {"stroke": [Load(held=0)]}, NOW) == film


def test_nobody_who_asks_is_idle_while_something_waits() -> None:
    """Where only urgent reads wait that a colleague might take, the first of them is given all the same."""
    stroke = waiting("stroke", Priority.STROKE)
    assert next_read([stroke], Load(held=9), {"stroke": [Load(held=0)]}, NOW) == stroke


def test_routine_is_shared_by_work_units() -> None:
    """Whoever did less than the others gets the heaviest of what is next, whoever did more the lightest."""
    listed = [waiting("film", modality="CR"), waiting("mr", modality="MR"), waiting("ct", modality="CT")]
    others = {"film": [Load(units=10), Load(units=20)]}
    assert next_read(listed, Load(units=15), others, NOW) == listed[1]
    assert next_read(listed, Load(units=15.1), others, NOW) == listed[0]


def test_work_units_never_pass_over_a_class() -> None:
    """An urgent film comes before a routine MR, however the units stand."""
    listed = [waiting("film", Priority.URGENT, "CR"), waiting("mr", modality="MR")]
    assert next_read(listed, Load(), {}, NOW) == listed[0]


def test_where_nothing_waits_there_is_nothing_next() -> None:
    """And an unknown modality counts like any."""
    assert next_read([], Load(), {}, NOW) is None
    assert units_of("XX") > 0


@pytest.mark.parametrize("modality", ["CT", "MR", "CR", "US"])
def test_units_are_of_about_the_size_of_a_head_ct(modality: str) -> None:
    """A film is a fraction of one, an MR is more."""
    assert 0 < units_of(modality) < 3
    assert units_of("CR") < units_of("CT") < units_of("MR")


LISTS = st.lists(
    st.tuples(st.sampled_from(ORDER), st.sampled_from(["CT", "MR", "CR"]), st.floats(0, 40)), min_size=1, max_size=12
)


@given(LISTS, st.integers(0, 9), st.floats(0, 50), st.lists(st.tuples(st.integers(0, 9), st.floats(0, 50)), max_size=4))
def test_what_is_next_is_always_something_that_waits_and_never_far_behind(
    listed: list[tuple[Priority, str, float]], held: int, units: float, others: list[tuple[int, float]]
) -> None:
    """One of the list; of what is not urgent, one of the first few of the first class."""
    reads = [waiting(str(at), *one) for at, one in enumerate(sorted(listed, key=lambda one: ORDER.index(one[0])))]
    loads = [Load(held=one, units=done) for one, done in others]
    colleagues = {one.read.id: loads for one in reads}
    found = next_read(reads, Load(held=held, units=units), colleagues, NOW)
    assert found in reads
    rest = [one for one in reads if one.read.priority not in URGENT]
    if found in rest:
        assert found in rest[:WINDOW]
        assert found.read.priority is rest[0].read.priority
    if held <= min((one.held for one in loads), default=held) and reads[0].read.priority in URGENT:
        assert found == reads[0]


@given(LISTS)
def test_a_reader_alone_at_work_gets_the_first_urgent_read(listed: list[tuple[Priority, str, float]]) -> None:
    """Without colleagues nobody is waited for."""
    reads = [waiting(str(at), *one) for at, one in enumerate(sorted(listed, key=lambda one: ORDER.index(one[0])))]
    found = next_read(reads, Load(held=5, units=30), {}, NOW)
    assert found is not None
    assert (found == reads[0]) or reads[0].read.priority not in URGENT
    assert replace(found, whose=Whose.READY) == found
