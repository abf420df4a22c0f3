"""Please hold, I will get one: the line waits for minutes, the ladder does not move, and the opening starts again."""

from __future__ import annotations

import pytest

from handlers.domain.relays import Ending, RelayState
from sandbox.exchange import Call
from tests.flows.acts import hear_out, key_back, look_at_everything
from tests.flows.ringing import answer, until_rings
from tests.flows.stage import CHARGE, KIM, Stage

pytestmark = pytest.mark.usefixtures("fault")

HOLD_MINUTES = 3


def on_hold(stage: Stage) -> Call:
    """Somebody at the ordering physician's telephone fetches the physician."""
    call = stage.critical_stroke()
    hear_out(stage)
    answer(stage, call)
    assert "Holding" in stage.press(call, "3")
    return call


def test_the_physician_comes_to_the_telephone(stage: Stage) -> None:
    """Any key ends the hold; the opening is said from its start, then everything as usual."""
    call = on_hold(stage)
    stage.advance(75)
    said = " ".join(call.heard)
    assert said.count("Still holding") >= 2
    call.press("5")
    stage.settle()
    assert "critical result; press 0 for a person" in call.last_heard
    assert "subdural" not in " ".join(call.heard).lower()
    assert "subdural hematoma" in stage.press(call, "1").lower()
    key_back(stage, call)
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE
    assert stage.attempts()[0].holds == 1


def test_a_hold_of_three_minutes_restarts_and_may_be_prolonged(stage: Stage) -> None:
    """After three minutes the opening is said again; 3 holds on, and meanwhile nobody else is called."""
    call = on_hold(stage)
    for round_ in (2, 3):
        stage.advance(minutes=HOLD_MINUTES + 0.05)
        assert "Thank you for holding" in " ".join(call.heard)
        assert "Holding" in stage.press(call, "3")
        assert stage.attempts()[0].holds == round_
        assert [one.to for one in stage.exchange.calls] == [call.to]
        assert (stage.relay().state, stage.relay().step) == (RelayState.CALLING, 0)
    stage.advance(minutes=2)
    call.press("1")
    stage.settle()
    stage.press(call, "1")
    key_back(stage, call)
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE
    assert len(stage.attempts()) == 1


def test_a_receiver_left_on_the_counter_does_not_hold_the_ladder_for_ever(stage: Stage) -> None:
    """Nobody comes back: the opening is repeated, then the call ends and the ladder goes on."""
    call = on_hold(stage)
    stage.advance(minutes=HOLD_MINUTES + 2)
    assert not call.is_live
    until_rings(stage, CHARGE, 8)
    look_at_everything(stage, {KIM: 1})
    assert stage.relay().state is not RelayState.ENDED
