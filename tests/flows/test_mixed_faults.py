"""Fifty relays through faults of every kind, each from its own seed: none is lost, and no attempt is dialed twice."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from handlers import hands
from handlers.domain.relays import OPEN_ATTEMPT, Attempt, RelayState
from handlers.domain.tasks import TaskKind, TaskState
from sandbox.exchange import Call
from tests.conftest import KINDS
from tests.flows.acts import attempt_of, creates, token_of
from tests.flows.stage import CHARGE, DESK_PHONE, DESK_PHONE_2, KIM, LEE_PHONE, QUINN, SUPERVISOR, Stage

SEEDS = 50
BATCH = 5
#: Each database has every other batch: what the vendor does to us does not depend on where we keep it.
FIRSTS = [(first, KINDS[at % len(KINDS)]) for at, first in enumerate(range(0, SEEDS, BATCH))]
EVENTS = ("initiated", "ringing", "answered", "completed", "amd")


def spoil(stage: Stage, chance: random.Random) -> None:
    """Switch on some faults of the vendor."""
    faults = stage.exchange.faults
    for _ in range(chance.randint(1, 4)):
        match chance.randrange(7):
            case 0 | 1:
                faults.next_create(chance.choice(("lost_answer", "429", "500", "503")))
            case 2:
                faults.drop(*chance.sample(EVENTS, 2), times=chance.randint(1, 4))
            case 3:
                faults.duplicate(*chance.sample(EVENTS, 3), times=chance.randint(1, 6))
            case 4:
                faults.delay(chance.choice((1, 7, 40)), chance.choice(EVENTS), times=2)
            case 5:
                faults.hold("ringing", until="answered")
            case _:
                faults.outage()
                stage.timeline.after(chance.choice((3, 20, 100)), lambda: faults.outage(on=False))


def somebody_reacts(stage: Stage, call: Call, chance: random.Random) -> None:
    """Whoever rings is busy, does not answer, hangs up, or takes it."""
    call.seen = True
    is_ours = call.to in (DESK_PHONE, DESK_PHONE_2, LEE_PHONE)
    match chance.randrange(5):
        case 0:
            call.busy()
        case 1:
            return
        case 2:
            call.answer()
            stage.settle()
            if call.status == "in-progress":
                call.hang_up()
        case _:
            call.answer()
            stage.settle()
            if call.status != "in-progress":
                return
            stage.press(call, "1")
            if not is_ours and call.status == "in-progress":
                stage.press(call, attempt_of(stage, call).code)
    stage.settle()


def no_number_rings_twice(stage: Stage) -> None:
    """At most one line of ours is open to a number, at the vendor as in our own rows."""
    live = [call.to for call in stage.exchange.calls if call.is_live and call.direction == "outbound-api"]
    assert len(live) == len(set(live)), f"two lines to one number: {live}"


@pytest.mark.parametrize(("first", "database_url"), FIRSTS, indirect=["database_url"])
def test_nothing_is_lost_and_nothing_is_doubled(stage: Stage, first: int) -> None:
    """Whatever the vendor does, each relay ends by a human or is taken at the desk, and each attempt is one call."""
    stage.load("storm: {relays: 10, within: 15m}", "storm: {relays: 1000, within: 15m}")
    for seed in range(first, first + BATCH):
        chance = random.Random(seed)
        stage.stroke_ct()
        spoil(stage, chance)
        stage.finding()
        story(stage, seed, chance)
        stage.exchange.faults.clear()
        let_go(stage)
    doubled = {token: count for token, count in creates(stage).items() if count > 1}
    assert not doubled
    assert not stage.all(Attempt, state=tuple(OPEN_ATTEMPT))
    assert not [one for one in stage.all(Attempt) if one.open_number]
    everybody = {KIM, CHARGE, SUPERVISOR, LEE_PHONE, DESK_PHONE, DESK_PHONE_2}
    assert {call.to for call in stage.exchange.calls} <= everybody
    assert {text.to for text in stage.exchange.messages} <= {KIM}
    assert {task.kind for task in stage.tasks()} <= {TaskKind.LADDER_EXHAUSTED, TaskKind.OUTCOME_NEEDED}
    for one in stage.exchange.unexpected():  # how many there are is each seed's own: no attempt is doubled, as asserted
        one.seen = True


def story(stage: Stage, seed: int, chance: random.Random) -> None:
    """Let time pass and people react until somebody has the finding."""
    met: set[str] = set()
    for _ in range(600):
        for call in stage.exchange.ringing():
            if token_of(call) not in met:
                met.add(token_of(call))
                somebody_reacts(stage, call, chance)
        no_number_rings_twice(stage)
        if is_in_human_hands(stage):
            return
        to_the_next_instant(stage)
    raise AssertionError(f"seed {seed}: after six hundred steps nobody has it: {stage.relay()}")


def to_the_next_instant(stage: Stage) -> None:
    """Move on to the next instant at which anything falls due, at the product or at the vendor."""
    now = stage.clock.now()
    due = [stage.service.store.memory.next_instant(), stage.timeline.next_due()]
    following = min((one for one in due if one is not None and one > now), default=now + timedelta(seconds=30))
    stage.advance((following - now).total_seconds())


def is_in_human_hands(stage: Stage) -> bool:
    """Tell whether the newest relay has ended, or a human at the desk has taken it by name."""
    relay = stage.relay()
    taken = [task for task in stage.open_tasks() if task.relay_id == relay.id and task.state is TaskState.TAKEN]
    return relay.state is RelayState.ENDED or bool(taken)


def let_go(stage: Stage) -> None:
    """Close what a human took, and let every line end."""
    if stage.relay().state is not RelayState.ENDED:
        hands.close(stage.service.house, stage.case(), QUINN, "already_known", f"close-{stage.case()}")
    for call in stage.exchange.calls:
        if call.status == "in-progress" and call.direction == "outbound-api":
            call.hang_up()
    stage.advance(minutes=5)
