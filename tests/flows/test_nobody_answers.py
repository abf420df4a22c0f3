"""Nobody answers: every rung in turn, then the desk's telephones until somebody takes it; taken is not done."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from handlers import hands
from handlers.domain.relays import Ending, Outcome, Purpose, RelayState
from handlers.domain.tasks import TaskKind, TaskState
from sandbox.workspace import Message
from tests.flows.acts import hear_out, log_by_hand
from tests.flows.ringing import answer, let_ring, over, step, until_rings
from tests.flows.stage import CHARGE, DESK, DESK_PHONE, DESK_PHONE_2, KIM, LEE_PHONE, QUINN, SUPERVISOR, Stage

#: Whose telephone rings when, in seconds from the intent, when every ring lasts 30 s and its end is told at once.
LADDER = [(KIM, 0), (KIM, 90), (CHARGE, 120), (CHARGE, 210), (SUPERVISOR, 240), (LEE_PHONE, 270)]
AT_THE_DESK = 300
EVERY = 120
#: A rung's time, whatever is late or lost.
WITHIN = 300


def nobody_on_the_ladder(stage: Stage) -> list[tuple[str, float]]:
    """Let every rung ring out; return who rang when."""
    call = stage.critical_stroke()
    hear_out(stage)
    rang: list[tuple[str, float]] = []
    began = stage.clock.instant
    for number, _ in LADDER:
        call = call if not rang else until_rings(stage, number)
        rang.append((number, (stage.clock.instant - began).total_seconds()))
        let_ring(stage, call)
    return rang


def at_the_desk(stage: Stage) -> None:
    """Go up the whole ladder until both of the desk's phones ring."""
    nobody_on_the_ladder(stage)
    until_rings(stage, DESK_PHONE)
    until_rings(stage, DESK_PHONE_2)


def task_card(stage: Stage) -> Message:
    """Return the desk's one card; the mentions in its channel are replies to it."""
    (card,) = [one for one in stage.workspace.messages(DESK) if not one.thread_ts]
    return card


def rounds_that_ring(stage: Stage, until: datetime) -> int:
    """Let time pass, looking at the desk's phones; return how often the first of them rang."""
    rings = 0
    while stage.clock.instant < until:
        for number in (DESK_PHONE, DESK_PHONE_2):
            for call in stage.exchange.ringing(number):
                rings += number == DESK_PHONE and not call.seen
                call.seen = True
        step(stage, until - stage.clock.instant)
    for number in (DESK_PHONE, DESK_PHONE_2):
        for call in stage.exchange.ringing(number):
            call.seen = True
    return rings


def test_every_rung_in_turn_then_the_desk(stage: Stage, fault: str) -> None:
    """Each rung rings as often and as long as the policy says, from the intent on; at last both desk phones ring."""
    rang = nobody_on_the_ladder(stage)
    began = stage.relay().delegated_at
    until_rings(stage, DESK_PHONE)
    desk_at = (stage.clock.instant - began).total_seconds()
    if fault in ("late", "lost"):
        assert desk_at <= 4 * WITHIN
    else:
        assert [(number, round(at)) for number, at in rang] == LADDER
        assert round(desk_at) == AT_THE_DESK
    until_rings(stage, DESK_PHONE_2)
    assert stage.relay().state is RelayState.AT_DESK
    outcomes = [(one.who, one.outcome) for one in stage.attempts() if one.purpose is not Purpose.DESK]
    ladder = ["mercy-ed-physician"] * 2 + ["mercy-ed-charge"] * 2 + ["mercy-supervisor", "lee"]
    assert outcomes == [(who, Outcome.NO_ANSWER) for who in ladder]
    assert stage.actions().count("relay:at_desk") == 1
    assert [task.kind for task in stage.open_tasks()] == [TaskKind.LADDER_EXHAUSTED]


@pytest.mark.usefixtures("fault")
def test_the_desk_rings_in_rounds_until_it_is_taken_by_key(stage: Stage) -> None:
    """Every two minutes both phones and a mention; 1 takes it by the name at that phone, and the other stops."""
    at_the_desk(stage)
    (task,) = stage.open_tasks()
    before = task.rounds
    assert task.every_seconds == EVERY
    assert rounds_that_ring(stage, stage.clock.instant + timedelta(seconds=3 * EVERY)) == 3
    (task,) = stage.open_tasks()
    assert (task.state, task.rounds) == (TaskState.OPEN, before + 3)
    stage.advance(3)
    mentions = [one for one in stage.workspace.messages(DESK) if one.broadcast and "<!here>" in str(one.blocks)]
    assert len(mentions) == task.rounds
    first, second = until_rings(stage, DESK_PHONE), until_rings(stage, DESK_PHONE_2)
    assert "press 1 to take it" in answer(stage, second)
    assert "Taken" in stage.press(second, "1")
    (task,) = stage.open_tasks()
    assert (task.state, task.taken_by) == (TaskState.TAKEN, "Night supervisor")
    assert first.status == "canceled"
    over(stage, second)
    log_by_hand(stage)
    assert stage.relay().ending is Ending.READ_BACK_TO_HUMAN
    assert not stage.open_tasks()
    stage.advance(minutes=60)
    stage.exchange.nothing_rings()


def test_the_second_to_press_one_is_told_who_was_quicker(stage: Stage) -> None:
    """Both phones are answered: the first 1 takes it, the second hears whose it is."""
    at_the_desk(stage)
    first, second = stage.exchange.ringing(DESK_PHONE)[0], stage.exchange.ringing(DESK_PHONE_2)[0]
    answer(stage, first)
    answer(stage, second)
    stage.press(first, "1")
    assert "Pat Quinn has it already" in stage.press(second, "1")
    (task,) = stage.open_tasks()
    assert task.taken_by == "Pat Quinn"
    assert stage.actions().count("task:take") == 1
    log_by_hand(stage)


@pytest.mark.usefixtures("fault")
def test_taken_in_slack_and_forgotten_it_rings_again(stage: Stage) -> None:
    """Take in Slack stops both phones; without an outcome there are two reminders, then it is open again and rings."""
    at_the_desk(stage)
    assert "You have it" in stage.click(QUINN, "take", DESK, task_card(stage))
    (task,) = stage.open_tasks()
    assert (task.state, task.taken_by) == (TaskState.TAKEN, "Pat Quinn")
    assert not stage.exchange.ringing()
    stage.advance(minutes=21)
    assert stage.actions().count("task:remind") == 2
    (task,) = stage.open_tasks()
    assert task.state is TaskState.TAKEN
    until_rings(stage, DESK_PHONE)
    until_rings(stage, DESK_PHONE_2)
    (task,) = stage.open_tasks()
    assert (task.state, task.taken_by) == (TaskState.OPEN, "")
    assert stage.actions().count("task:reopen") == 1
    assert stage.relay().state is RelayState.AT_DESK
    assert "ended" in log_by_hand(stage, read_back=False)
    assert stage.relay().ending is Ending.REACHED_WITHOUT_READ_BACK
    stage.settle()
    assert not stage.exchange.ringing()


def test_a_nurse_reached_by_hand_where_she_may_end_it(stage: Stage) -> None:
    """The outcome names the receiver, the role and the hand that wrote it; a clerk's would end nothing."""
    at_the_desk(stage)
    stage.click(QUINN, "take", DESK, task_card(stage))
    said = hands.log(
        stage.service.house,
        stage.case(),
        QUINN,
        receiver="",
        receiver_name="Sam Clerk",
        role="clerk",
        at=stage.clock.instant,
        read_back=True,
        delivery="clerk",
    )
    assert "goes on" in said
    assert stage.relay().state is RelayState.AT_DESK
    (task,) = stage.open_tasks()
    assert task.state is TaskState.TAKEN
    log_by_hand(stage)
    assert (stage.relay().ended_role, stage.relay().ended_by) == ("physician", "mercy-ed-physician")
