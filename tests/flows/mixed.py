"""A relay's life under faults of every kind: what the vendor does to it, how whoever is rung reacts, until a human has it."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta

from handlers import hands
from handlers.domain.relays import RelayState
from handlers.domain.tasks import TaskState
from sandbox.exchange import Call
from tests.flows.acts import attempt_of, token_of
from tests.flows.stage import DESK_PHONE, DESK_PHONE_2, LEE_PHONE, QUINN, Stage

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


def rings_twice(stage: Stage) -> bool:
    """Tell whether two lines of ours are open to one number at the vendor."""
    live = [call.to for call in stage.exchange.calls if call.is_live and call.direction == "outbound-api"]
    return len(live) != len(set(live))


def lives(stage: Stage, chance: random.Random, each_step: Callable[[], None]) -> bool:
    """Let time pass and people react until somebody has the finding; False when after many steps nobody has."""
    met: set[str] = set()
    for _ in range(600):
        for call in stage.exchange.ringing():
            if token_of(call) not in met:
                met.add(token_of(call))
                stage.advance(
                    chance.choice((0, 2, 12))
                )  # nobody picks up at the first ring, and a look-up may come first
                call.seen = True
                if call.status == "ringing":
                    somebody_reacts(stage, call, chance)
        each_step()
        if is_in_human_hands(stage):
            return True
        to_the_next_instant(stage)
    return False


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
