"""Without the telephone vendor's agreement nothing identifying is spoken; the relay goes on, to a person."""

from __future__ import annotations

import pytest

from handlers.domain.relays import Ending, Outcome
from sandbox.exchange import Call
from tests.flows.acts import hear_out, log_by_hand
from tests.flows.ringing import answer, over, until_rings
from tests.flows.stage import CHARGE, KIM, LEE_PHONE, OURS, Stage

pytestmark = pytest.mark.usefixtures("fault")

PRIVATE = ("subdural", "hematoma", "sandbox", "born", "head", "contrast")


def rings_without_agreement(stage: Stage) -> Call:
    """Let the vendor's agreement lapse; a critical stroke still rings its physician."""
    stage.load(
        "twilio: {effective: 2020-01-01, expires: 2039-12-31}", "twilio: {effective: 2020-01-01, expires: 2021-12-31}"
    )
    call = stage.critical_stroke()
    hear_out(stage)
    return call


def nothing_private(stage: Stage) -> bool:
    """Tell whether no call has spoken of the patient or of the finding."""
    heard = " ".join(word for call in stage.exchange.calls for word in call.heard).lower()
    return not any(word in heard for word in PRIVATE)


def test_a_person_tells_it_instead(stage: Stage) -> None:
    """0 connects the radiologist, who tells it and records the outcome."""
    call = rings_without_agreement(stage)
    assert "press 0 and a person will tell you" in answer(stage, call)
    stage.press(call, "0")
    stage.listen(call)
    lee = until_rings(stage, LEE_PHONE, 1)
    answer(stage, lee)
    stage.press(lee, "1")
    stage.listen(lee)
    stage.advance(40)
    lee.hang_up()
    stage.settle()
    over(stage, call)
    stage.advance(minutes=2)
    assert nothing_private(stage)
    assert stage.attempts()[0].told_at is None
    (task,) = stage.open_tasks()
    assert task.taken_by == "Dr. Maya Lee"
    log_by_hand(stage)
    assert stage.relay().ending is Ending.READ_BACK_TO_HUMAN


def test_role_keys_open_nothing(stage: Stage) -> None:
    """1, 2 and 3 are no choices there; the third brings a person, and nothing was said of the patient."""
    call = rings_without_agreement(stage)
    answer(stage, call)
    for key in ("1", "2"):
        assert "not a choice here" in stage.press(call, key)
    assert "Connecting you to " in stage.press(call, "3")
    stage.listen(call)
    until_rings(stage, LEE_PHONE, 1)
    call.hang_up()
    until_rings(stage, KIM)
    assert nothing_private(stage)
    assert stage.attempts()[0].outcome is Outcome.HUNG_UP


def test_neither_does_calling_back(stage: Stage) -> None:
    """The code of the voicemail opens the same script, and that says nothing identifying either."""
    call = rings_without_agreement(stage)
    call.answer_machine(6)
    until_rings(stage, CHARGE, 1)
    back = stage.exchange.call_in(KIM, OURS)
    stage.settle()
    assert "a person will tell you" in stage.press(back, stage.relay().callback_code)
    back.press("9")
    stage.settle()
    over(stage, back)
    assert nothing_private(stage)
