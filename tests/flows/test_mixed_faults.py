"""Fifty relays through faults of every kind, each from its own seed: none is lost, and no attempt is dialed twice."""

from __future__ import annotations

import random

import pytest

from handlers.domain.relays import OPEN_ATTEMPT, Attempt
from handlers.domain.tasks import TaskKind
from tests.conftest import KINDS
from tests.flows.acts import creates
from tests.flows.mixed import let_go, lives, rings_twice, spoil
from tests.flows.stage import CHARGE, DESK_PHONE, DESK_PHONE_2, KIM, LEE_PHONE, SUPERVISOR, Stage

SEEDS = 50
BATCH = 5
#: Each database has every other batch: what the vendor does to us does not depend on where we keep it.
FIRSTS = [(first, KINDS[at % len(KINDS)]) for at, first in enumerate(range(0, SEEDS, BATCH))]


def no_number_rings_twice(stage: Stage) -> None:
    """At most one line of ours is open to a number."""
    assert not rings_twice(stage), f"two lines to one number: {stage.exchange.ringing()}"


@pytest.mark.parametrize(("first", "database_url"), FIRSTS, indirect=["database_url"])
def test_nothing_is_lost_and_nothing_is_doubled(stage: Stage, first: int) -> None:
    """Whatever the vendor does, each relay ends by a human or is taken at the desk, and each attempt is one call."""
    stage.load("storm: {relays: 10, within: 15m}", "storm: {relays: 1000, within: 15m}")
    for seed in range(first, first + BATCH):
        chance = random.Random(seed)
        stage.stroke_ct()
        spoil(stage, chance)
        stage.finding()
        assert lives(stage, chance, lambda: no_number_rings_twice(stage)), (
            f"seed {seed}: nobody has it: {stage.relay()}"
        )
        stage.exchange.faults.clear()
        let_go(stage)
    doubled = {token: count for token, count in creates(stage).items() if count > 1}
    assert not doubled
    assert not stage.all(Attempt, state=tuple(OPEN_ATTEMPT))
    assert not [one for one in stage.all(Attempt) if one.open_number]
    everybody = {KIM, CHARGE, SUPERVISOR, LEE_PHONE, DESK_PHONE, DESK_PHONE_2}
    assert {call.to for call in stage.exchange.calls} <= everybody
    assert {text.to for text in stage.exchange.messages} <= {KIM}
    assert {task.kind for task in stage.tasks()} <= {
        TaskKind.LADDER_EXHAUSTED,
        TaskKind.OUTCOME_NEEDED,
        TaskKind.TELEPHONE_DOWN,
    }
    for one in stage.exchange.unexpected():  # how many there are is each seed's own: no attempt is doubled, as asserted
        one.seen = True
