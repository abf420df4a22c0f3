"""A phone tree answers and keeps talking, or nobody says anything: nothing is left there and no human is called to it."""

from __future__ import annotations

import pytest

from handlers.domain.relays import Outcome, RelayState
from sandbox.exchange import Call
from telephony import spoken
from tests.flows.acts import hear_out
from tests.flows.ringing import answer, until_rings
from tests.flows.stage import DESK_PHONE, KIM, LEE_PHONE, OURS, Stage

TREE = (
    "Thank you for calling Mercy General Hospital",
    "If this is an emergency hang up and dial nine one one",
    "For appointments press one for billing press two",
    "To repeat these options stay on the line",
    "Please hold while your call is transferred",
)


def keeps_talking(stage: Stage, call: Call) -> None:
    """Let the tree say one thing after another, whatever it is told, until our call has ended."""
    for turn in range(12):
        if not call.is_live:
            return
        call.say(TREE[turn % len(TREE)])
        stage.advance(4)
    raise AssertionError("the call to the phone tree does not end")


def left_nothing(stage: Stage, call: Call) -> None:
    """Assert that neither our number, the code nor the finding was spoken to it, and that nobody was called to it."""
    heard = " ".join(call.heard).lower()
    assert spoken.in_groups(stage.relay().callback_code) not in heard
    assert spoken.telephone(OURS) not in heard
    assert "subdural" not in heard
    assert not {one.to for one in stage.exchange.calls} & {LEE_PHONE, DESK_PHONE}


@pytest.mark.parametrize("by", ["human", None])
def test_a_tree_that_keeps_talking_is_said_goodbye_to(stage: Stage, by: str | None) -> None:
    """What it says is no wrong entry: the radiologist's phone stays silent, and the physician is called again."""
    call = stage.critical_stroke()
    hear_out(stage)
    call.answer(by)
    stage.settle()
    keeps_talking(stage, call)
    assert "Goodbye" in call.last_heard
    left_nothing(stage, call)
    assert (stage.attempts()[0].outcome, stage.attempts()[0].wrong) == (Outcome.SILENT, 0)
    assert stage.relay().state is RelayState.BETWEEN
    until_rings(stage, KIM)


def test_silence_is_told_no_more_than_goodbye(stage: Stage) -> None:
    """A receiver that was picked up and laid down: no number and no code into the room."""
    call = stage.critical_stroke()
    hear_out(stage)
    answer(stage, call)
    stage.advance(minutes=2)
    assert not call.is_live
    assert "I heard no answer" in call.last_heard
    left_nothing(stage, call)
    assert stage.attempts()[0].outcome is Outcome.SILENT
    until_rings(stage, KIM)


def test_a_human_who_pressed_a_key_and_then_talks_is_connected(stage: Stage) -> None:
    """After a key it is a person who errs: the third time a human comes to the line."""
    call = stage.critical_stroke()
    hear_out(stage)
    answer(stage, call)
    assert "not a choice" in stage.press(call, "5")
    for _ in range(2):
        call.say("Hello, who is this speaking, I cannot hear you")
        stage.settle()
    assert "Connecting you to " in call.last_heard
    stage.listen(call)
    until_rings(stage, LEE_PHONE, 1)
