"""Leases: every pair of state and event, and whatever happens in whatever order, no claim ends and nobody is passed over."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.domain import leases
from handlers.domain.classes import Priority
from handlers.domain.errors import ImpossibleTransition
from handlers.domain.leases import LEASE_TABLE, Lease, LeaseEvent, LeaseState
from handlers.domain.standing import Pool
from handlers.domain.studies import Read, ReadState

NOON = datetime(2031, 3, 4, 12, 0, tzinfo=UTC)
LEASE = Lease(
    id="r1",
    facility="mercy",
    holder="lee",
    claimed_at=NOON,
    span_seconds=600,
    state=LeaseState.RUNNING,
    active_at=NOON,
)
READ = Read(
    id="r1",
    facility="mercy",
    study_id="s1",
    case_code="48210934",
    pool="night",
    priority=Priority.STROKE,
    state=ReadState.CLAIMED,
    opened_at=NOON,
    due_at=NOON + timedelta(minutes=15),
    clock_started_at=NOON,
    target_seconds=900,
    claimed_by="lee",
    claimed_at=NOON,
)
STEPS = st.lists(st.tuples(st.integers(0, 1800), st.booleans()), max_size=30)


@pytest.mark.parametrize(("state", "event"), list(product(LeaseState, LeaseEvent)))
def test_every_pair_is_in_the_table_or_refused(state: LeaseState, event: LeaseEvent) -> None:
    """What the table lacks is a bug, never a silent change."""
    lease = replace(LEASE, state=state, told_at=NOON if state is not LeaseState.RUNNING else None)
    if (state, event) in LEASE_TABLE:
        assert leases.after(lease, event, NOON).state is LEASE_TABLE[state, event]
    else:
        with pytest.raises(ImpossibleTransition):
            leases.after(lease, event, NOON)


@given(STEPS)
def test_the_holder_is_told_a_whole_grace_before_any_offer(steps: list[tuple[int, bool]]) -> None:
    """Whatever signs come between whatever waits, and however late the clock looks."""
    lease, now = LEASE, NOON
    for seconds, is_sign in steps:
        now += timedelta(seconds=seconds)
        event = LeaseEvent.ACT if is_sign else leases.due(lease, now)
        if event is None:
            continue
        before, lease = lease, leases.after(lease, event, now)
        if event is LeaseEvent.OFFER:
            assert before.told_at is not None
            assert now - before.told_at >= leases.grace(before)
        if event is LeaseEvent.LAPSE:
            assert now - before.active_at >= before.span
        assert (lease.state is LeaseState.RUNNING) is (lease.told_at is None)
        assert (lease.state is LeaseState.OFFERED) is (lease.offered_at is not None)


@given(STEPS)
def test_a_lease_never_ends_a_claim(steps: list[tuple[int, bool]]) -> None:
    """It has no state in which the read is not its holder's."""
    lease, now = LEASE, NOON
    for seconds, is_sign in steps:
        now += timedelta(seconds=seconds)
        event = LeaseEvent.ACT if is_sign else leases.due(lease, now)
        lease = lease if event is None else leases.after(lease, event, now)
        assert leases.in_force(lease, READ) == lease


@given(st.integers(60, 86_400))
def test_the_grace_lies_within_its_bounds_and_after_the_lapse(seconds: int) -> None:
    """A minute at least, ten at most, however long the lease."""
    lease = replace(LEASE, span_seconds=seconds)
    assert leases.LEAST_GRACE <= leases.grace(lease) <= leases.MOST_GRACE


@pytest.mark.parametrize(
    "read",
    [
        replace(READ, claimed_by="stone"),
        replace(READ, claimed_at=NOON + timedelta(seconds=1)),
        replace(READ, state=ReadState.OPEN, claimed_by=None, claimed_at=None),
        replace(READ, state=ReadState.REPORTED),
    ],
    ids=["another's", "a later claim", "open", "reported"],
)
def test_a_lease_counts_for_its_own_claim_only(read: Read) -> None:
    """What is left of an earlier claim asks nobody and offers nothing."""
    offered = replace(LEASE, state=LeaseState.OFFERED)
    assert leases.in_force(offered, read) is None
    assert leases.shown(offered, read) == ""
    assert leases.shown(offered, READ) == "offered"


def test_a_sign_right_after_another_is_not_noticed() -> None:
    """Unless the holder was asked: then any sign counts, but none from before that."""
    soon = NOON + leases.NOTICED_EVERY / 2
    assert not leases.is_noticed(LEASE, soon)
    assert leases.is_noticed(LEASE, NOON + leases.NOTICED_EVERY)
    asked = replace(LEASE, state=LeaseState.TOLD, told_at=soon)
    assert leases.is_noticed(asked, soon)
    assert not leases.is_noticed(asked, soon - timedelta(seconds=1))


@pytest.mark.parametrize("priority", list(Priority))
def test_every_class_has_its_usual_lease_and_a_pool_its_own(priority: Priority) -> None:
    """The more urgent, the shorter."""
    plain = Pool(id="night", channel="C1", members=())
    assert leases.span_of(plain, priority) == leases.span_of(None, priority) == leases.USUAL[priority]
    assert leases.span_of(replace(plain, lease=timedelta(minutes=3)), priority) == timedelta(minutes=3)
    spans = [leases.USUAL[one] for one in Priority]
    assert spans == sorted(spans)
