"""The transition tables."""

from __future__ import annotations

from enum import StrEnum
from itertools import product
from typing import Any

import pytest

from handlers.domain.errors import ImpossibleTransition
from handlers.domain.machine import allows, step
from handlers.domain.pickups import PICKUP_TABLE, PickupEvent, PickupState
from handlers.domain.problems import PROBLEM_TABLE, ProblemEvent, ProblemState
from handlers.domain.relays import ATTEMPT_TABLE, RELAY_TABLE, AttemptEvent, AttemptState, RelayEvent, RelayState
from handlers.domain.tasks import TASK_TABLE, TaskEvent, TaskState

MACHINES: list[tuple[Any, type[StrEnum], type[StrEnum], set[StrEnum]]] = [
    (RELAY_TABLE, RelayState, RelayEvent, {RelayState.ENDED}),
    (ATTEMPT_TABLE, AttemptState, AttemptEvent, {AttemptState.FINISHED}),
    (TASK_TABLE, TaskState, TaskEvent, {TaskState.DONE}),
    (PICKUP_TABLE, PickupState, PickupEvent, {PickupState.OVER}),
    (PROBLEM_TABLE, ProblemState, ProblemEvent, {ProblemState.SOLVED, ProblemState.CLOSED}),
]
PAIRS = [
    pytest.param(table, state, event, id=f"{state}-{event}")
    for table, states, events, _ in MACHINES
    for state, event in product(states, events)
]


@pytest.mark.parametrize(("table", "state", "event"), PAIRS)
def test_every_pair_is_in_the_table_or_an_error(table: Any, state: Any, event: Any) -> None:
    """A pair that the table lacks never changes a state silently."""
    if allows(table, state, event):
        assert step(table, state, event) in type(state)
    else:
        with pytest.raises(ImpossibleTransition):
            step(table, state, event)


@pytest.mark.parametrize(("table", "states", "_events", "last"), MACHINES)
def test_the_last_state_is_left_by_nothing(table: Any, states: Any, _events: Any, last: Any) -> None:
    """What has ended stays ended, and from every other state the end can be reached."""
    assert not [pair for pair in table if pair[0] in last]
    reachable = set(last)
    for _ in states:
        reachable |= {state for (state, _), after in table.items() if after in reachable}
    assert reachable == set(states)
