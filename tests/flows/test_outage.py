"""The whole vendor is out: what waits goes to its desk at once and says so, and what nobody took goes on when it is over."""

from __future__ import annotations

from handlers.domain.outage import VendorHealth
from handlers.domain.relays import Attempt, Ending, Purpose, Relay, RelayState
from handlers.domain.tasks import TaskKind, TaskState
from sandbox.workspace import Message
from tests.flows.acts import (
    advance_until_ringing,
    confirm,
    creates,
    dialed,
    hear_out,
    hear_the_finding,
    key_back,
    log_by_hand,
    look_at_everything,
)
from tests.flows.stage import DESK, KIM, QUINN, Stage


def task_card(stage: Stage) -> Message:
    """Return the desk's card of its task, past what the channel was told."""
    (card,) = [one for one in stage.workspace.messages(DESK) if "radrelay can call nobody" in one.words]
    stage.open_tasks()  # the story has looked at it
    return card


def out_at_once(stage: Stage) -> None:
    """Let a critical finding meet a vendor that is out."""
    stage.stroke_ct()
    stage.exchange.faults.outage()
    stage.finding()
    stage.advance(15)


def test_what_waits_for_a_call_goes_to_the_desk_at_once(stage: Stage) -> None:
    """Within seconds, not after twenty minutes of rungs: the desk's card, the channel and the reader's card say to call by hand."""
    out_at_once(stage)
    assert stage.relay().state is RelayState.AT_DESK
    (task,) = stage.open_tasks()
    assert (task.kind, task.state) == (TaskKind.TELEPHONE_DOWN, TaskState.OPEN)
    card = stage.workspace.expect_message(DESK, "radrelay can call nobody").words
    assert "Call by hand now" in card
    assert "cannot be reached, call by hand" in stage.card_of_read().words
    assert any("The telephone vendor cannot be reached" in one.words for one in stage.workspace.messages(DESK))
    assert stage.actions().count("vendor:out") == 1
    assert not stage.exchange.calls
    log_by_hand(stage)
    assert stage.relay().ending is Ending.READ_BACK_TO_HUMAN
    stage.exchange.faults.clear()
    stage.advance(minutes=3)
    look_at_everything(stage)


def test_a_finding_that_comes_during_an_outage_goes_to_the_desk_at_once(stage: Stage) -> None:
    """Nothing is tried first: the vendor is known to be out."""
    out_at_once(stage)
    stage.stroke_ct()
    stage.finding()
    stage.advance(1)
    assert stage.relay().state is RelayState.AT_DESK
    assert not [one for one in stage.all(Attempt, relay_id=stage.relay().id) if one.purpose is Purpose.CONTACT]
    assert [task.kind for task in stage.open_tasks()] == [TaskKind.TELEPHONE_DOWN] * 2
    stage.exchange.faults.clear()
    stage.advance(minutes=2)
    for call in stage.exchange.ringing():
        call.seen = True
        call.answer()
        stage.settle()
    for one in stage.exchange.unexpected():
        one.seen = True


def test_what_nobody_took_goes_on_when_the_vendor_is_back(stage: Stage) -> None:
    """It is said, the desk's task is done by itself, and the physician is called from the rung that was reached."""
    out_at_once(stage)
    stage.exchange.faults.clear()
    call = advance_until_ringing(stage, KIM, minutes=2)
    assert stage.relay().step == 0
    assert [task.state for task in stage.tasks()] == [TaskState.DONE]
    assert any("answers again" in one.words for one in stage.workspace.messages(DESK))
    assert stage.actions().count("vendor:back") == 1
    confirm(stage, call)
    hear_out(stage)
    assert all(count == 1 for count in creates(stage).values())
    stage.advance(minutes=3)
    assert len(dialed(stage, KIM)) == 1
    look_at_everything(stage)


def test_what_a_human_took_stays_theirs(stage: Stage) -> None:
    """Somebody at the desk has it and is calling by hand: the vendor's return rings nobody."""
    out_at_once(stage)
    assert "You have it" in stage.click(QUINN, "take", DESK, task_card(stage))
    stage.exchange.faults.clear()
    stage.advance(minutes=3)
    assert stage.relay().state is RelayState.AT_DESK
    assert "cannot be reached" not in stage.card_of_read().words
    assert not dialed(stage, KIM)
    log_by_hand(stage)
    assert stage.relay().ending is Ending.READ_BACK_TO_HUMAN
    look_at_everything(stage)


def test_one_number_that_makes_the_vendor_fail_is_no_outage(stage: Stage) -> None:
    """Creates to one number fail again and again, and the vendor answers everything else: the ladder goes on as always."""
    stage.stroke_ct()
    stage.exchange.faults.next_create("503", times=3)
    stage.exchange.faults.next_create("503", of="Messages")
    stage.finding()
    stage.advance(32)
    assert "vendor:out" not in stage.actions()
    assert stage.relay().state is not RelayState.AT_DESK
    (health,) = stage.all(VendorHealth)
    assert health.out_since is None
    confirm(stage, advance_until_ringing(stage, KIM, minutes=2))
    hear_out(stage)


def test_a_conversation_under_way_is_left_alone(stage: Stage) -> None:
    """The API is out while a physician listens: their call goes on, and their code ends it."""
    call = stage.critical_stroke()
    hear_out(stage)
    hear_the_finding(stage, call)
    stage.exchange.faults.outage()
    stage.stroke_ct()
    stage.finding()
    stage.advance(15)
    assert "vendor:out" in stage.actions()
    talking, waiting = stage.all(Relay)
    assert (talking.state, waiting.state) == (RelayState.CALLING, RelayState.AT_DESK)
    key_back(stage, call)
    assert stage.all(Relay)[0].ending is Ending.CONFIRMED_BY_CODE
    assert [task.kind for task in stage.open_tasks()] == [TaskKind.TELEPHONE_DOWN]
    log_by_hand(stage)
    stage.exchange.faults.clear()
    stage.advance(minutes=2)
    look_at_everything(stage)
