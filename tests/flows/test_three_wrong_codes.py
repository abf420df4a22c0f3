"""A live clinician who errs is never hung up on: the radiologist comes to the line, else the desk; else a number."""

from __future__ import annotations

import pytest

from handlers.domain.relays import Ending, Outcome, RelayState
from handlers.domain.tasks import TaskKind, TaskState
from sandbox.exchange import Call
from tests.flows.acts import hear_out, hear_the_finding, log_by_hand
from tests.flows.ringing import answer, code_heard, let_ring, over, until_rings
from tests.flows.stage import CHARGE, DESK_PHONE, DESK_PHONE_2, LEE_PHONE, Stage


def wrong_code(call: Call) -> str:
    """Return a code that is not this call's."""
    return "111" if code_heard(call) != "111" else "222"


def three_wrong(stage: Stage) -> Call:
    """Let the physician hear the finding and key three wrong codes."""
    call = stage.critical_stroke()
    hear_out(stage)
    hear_the_finding(stage, call)
    wrong = wrong_code(call)
    for _ in range(2):
        assert "did not match" in stage.press(call, wrong)
    assert "Connecting you to " in stage.press(call, wrong)
    stage.listen(call)
    return call


def accepts(stage: Stage, leg: Call) -> None:
    """Pick up, hear who waits, press 1: the two hear each other."""
    whispered = answer(stage, leg)
    assert "a caller is on the line" in whispered
    assert "subdural" not in whispered.lower()
    stage.press(leg, "1")
    stage.listen(leg)


@pytest.mark.usefixtures("fault")
def test_the_radiologist_accepts_and_owns_the_outcome(stage: Stage) -> None:
    """Whisper, 1, connected; nobody else is called, and the radiologist by name has the task until the outcome."""
    call = three_wrong(stage)
    lee = until_rings(stage, LEE_PHONE, 1)
    accepts(stage, lee)
    call.say("I could not key the code")
    assert "I could not key the code" in str(lee.transcript)
    stage.advance(minutes=6)
    assert call.is_live
    lee.hang_up()
    stage.settle()
    over(stage, call)
    stage.advance(minutes=1)
    (task,) = stage.open_tasks()
    assert (task.kind, task.state, task.taken_by) == (TaskKind.OUTCOME_NEEDED, TaskState.TAKEN, "Dr. Maya Lee")
    assert stage.attempts()[0].outcome is Outcome.BRIDGED
    relay = stage.relay()
    assert (relay.state, relay.ending) == (RelayState.AT_DESK, None)
    stage.advance(minutes=19)
    stage.exchange.nothing_rings()
    assert stage.actions().count("task:remind") >= 1
    log_by_hand(stage)
    assert stage.relay().ending is Ending.READ_BACK_TO_HUMAN
    assert stage.actions().count("relay:end") == 1


@pytest.mark.usefixtures("fault")
def test_when_the_radiologist_does_not_come_the_desk_does(stage: Stage) -> None:
    """The radiologist's voicemail presses no 1; then both desk phones ring, and one of them accepts."""
    call = three_wrong(stage)
    lee = until_rings(stage, LEE_PHONE, 1)
    lee.answer_machine(5)
    first = until_rings(stage, DESK_PHONE, 2)
    second = until_rings(stage, DESK_PHONE_2, 1)
    assert not lee.is_live
    assert "Nobody came to the line" in " ".join(call.heard)
    accepts(stage, second)
    assert first.status == "canceled"
    call.hang_up()
    stage.advance(minutes=2)
    (task,) = stage.open_tasks()
    assert task.taken_by == "Night supervisor"
    log_by_hand(stage)


@pytest.mark.usefixtures("fault")
def test_when_nobody_comes_the_staffed_number_is_given_and_the_ladder_goes_on(stage: Stage) -> None:
    """Heard and not confirmed: reached without read-back, which ends nothing; the next rung is called."""
    call = three_wrong(stage)
    let_ring(stage, until_rings(stage, LEE_PHONE, 1))
    first = until_rings(stage, DESK_PHONE, 1)
    until_rings(stage, DESK_PHONE_2, 1)
    let_ring(stage, first)
    charge = until_rings(stage, CHARGE, 1)
    assert "nobody could come" in " ".join(call.heard)
    over(stage, call)
    assert "Call 3 1 2, 5 5 5, 0 1 0 0" in " ".join(call.heard)
    assert stage.attempts()[0].outcome is Outcome.REACHED_WITHOUT_READ_BACK
    assert stage.relay().state is RelayState.CALLING
    answer(stage, charge)
    stage.press(charge, "2")
    stage.press(charge, code_heard(charge))
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE


def test_zero_in_the_first_sentence_reaches_a_person(stage: Stage) -> None:
    """Nothing was told; a human is on the line at once, and what came of it is that human's to say."""
    call = stage.critical_stroke()
    hear_out(stage)
    answer(stage, call)
    assert "Connecting you to " in stage.press(call, "0")
    stage.listen(call)
    lee = until_rings(stage, LEE_PHONE, 1)
    accepts(stage, lee)
    call.hang_up()
    stage.advance(minutes=3)
    assert stage.attempts()[0].told_at is None
    assert stage.attempts()[0].outcome is Outcome.BRIDGED
    (task,) = stage.open_tasks()
    assert task.taken_by == "Dr. Maya Lee"
    stage.exchange.nothing_rings()
    log_by_hand(stage)


def test_the_person_who_comes_too_late_is_let_go(stage: Stage) -> None:
    """The caller has hung up while the radiologist's telephone rang: nobody is connected, the ladder goes on."""
    call = three_wrong(stage)
    lee = until_rings(stage, LEE_PHONE, 1)
    call.hang_up()
    stage.settle()
    assert not lee.is_live
    charge = until_rings(stage, CHARGE)
    assert stage.attempts()[0].outcome is Outcome.REACHED_WITHOUT_READ_BACK
    assert not stage.open_tasks()
    charge.decline()
    until_rings(stage, CHARGE)
