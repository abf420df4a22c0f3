"""A machine answers, the ladder moves on at once, and the physician calls our number with the code."""

from __future__ import annotations

import pytest

from handlers.domain.relays import Attempt, Ending, Outcome, Purpose, RelayState
from handlers.domain.tasks import TaskKind, TaskState
from sandbox.exchange import Call
from telephony import spoken
from tests.flows.acts import hear_out
from tests.flows.ringing import answer, code_heard, let_ring, over, until_rings
from tests.flows.stage import CHARGE, DESK_PHONE, DESK_PHONE_2, KIM, LEE_PHONE, OURS, SUPERVISOR, Stage

STRANGE_PHONE = "+13125550177"
#: Nothing of the patient or of the finding may reach a machine.
PRIVATE = ("subdural", "hematoma", "sandbox", "born", "head")


def machine_answers(stage: Stage) -> Call:
    """Let the ordering physician's voicemail pick up, greet for six seconds and beep."""
    call = stage.critical_stroke()
    hear_out(stage)
    call.answer_machine(6)
    while stage.attempts()[0].outcome is None:
        stage.advance(2)
    return call


def calls_in(stage: Stage, caller: str = KIM) -> Call:
    """Somebody calls our number."""
    call = stage.exchange.call_in(caller, OURS)
    stage.settle()
    assert "six-digit code" in call.last_heard
    return call


def keyed_at_once(stage: Stage, call: Call, keys: str) -> str:
    """Press keys while the words are still being said; return what is said next."""
    call.press(keys)
    stage.settle()
    return call.last_heard


def keys_code(stage: Stage, call: Call) -> str:
    """Key the relay's code; return what is said next."""
    return stage.press(call, stage.relay().callback_code)


@pytest.mark.usefixtures("fault")
def test_a_voicemail_gets_number_and_code_and_nothing_else(stage: Stage) -> None:
    """No finding and no identifier; the ladder is at the next rung at once."""
    call = machine_answers(stage)
    assert stage.attempts()[0].outcome is Outcome.VOICEMAIL_LEFT
    next_one = until_rings(stage, CHARGE, minutes=0.1)
    stage.listen(call)
    heard = " ".join(call.heard).lower()
    assert spoken.telephone(OURS).lower() in heard
    assert spoken.in_groups(stage.relay().callback_code).lower() in heard
    assert not [word for word in PRIVATE if word in heard]
    assert stage.attempts()[0].told_at is None
    next_one.answer()
    stage.settle()
    stage.press(next_one, "2")
    stage.press(next_one, stage.code())
    assert stage.relay().ended_role == "rn"
    over(stage, call)


def test_a_greeting_that_talks_is_still_a_machine(stage: Stage) -> None:
    """Speech recognition hears the greeting itself; it is no answer, and the beep is still found."""
    call = stage.critical_stroke()
    hear_out(stage)
    call.answer_machine(9)
    stage.advance(4)
    call.say("You have reached the phone of Grace Kim, please leave a message after the tone")
    while stage.attempts()[0].outcome is None:
        stage.advance(2)
    assert stage.attempts()[0].outcome is Outcome.VOICEMAIL_LEFT
    until_rings(stage, CHARGE, minutes=0.1)
    assert not [word for word in PRIVATE if word in " ".join(call.heard).lower()]


@pytest.mark.usefixtures("fault")
def test_the_physician_calls_back_and_confirms(stage: Stage) -> None:
    """Our number, the six digits, the same script: confirmed, and the next rung's ringing telephone is hung up."""
    machine_answers(stage)
    charge = until_rings(stage, CHARGE)
    call = calls_in(stage)
    assert "press 0 for a person" in keyed_at_once(stage, call, stage.relay().callback_code)
    assert "subdural hematoma" in keyed_at_once(stage, call, "1").lower()
    assert "Confirmed" in keyed_at_once(stage, call, code_heard(call))
    relay = stage.relay()
    assert (relay.state, relay.ending) == (RelayState.ENDED, Ending.CONFIRMED_BY_CODE)
    assert relay.ended_by == "mercy-ed-physician"
    assert charge.status == "canceled"
    assert stage.all(Attempt, id=relay.ended_attempt)[0].purpose is Purpose.CALLBACK
    over(stage, call)
    stage.advance(minutes=30)
    stage.exchange.nothing_rings()


def test_afterwards_the_caller_hears_who_has_it(stage: Stage) -> None:
    """The relay has ended: its code still works, and says no more than who has it, and since when."""
    machine_answers(stage)
    until_rings(stage, CHARGE)
    call = calls_in(stage)
    keys_code(stage, call)
    stage.press(call, "1")
    stage.press(call, code_heard(call))
    over(stage, call)
    stage.advance(minutes=5)
    late = calls_in(stage, CHARGE)
    said = keys_code(stage, late)
    assert "by somebody who answered for Dr. Grace Kim" in said
    assert "has ended" in said
    assert "3 1 2, 5 5 5, 0 1 0 0" in said  # the site's staffed number, not ours
    assert not [word for word in PRIVATE if word in said.lower()]
    over(stage, late)
    assert stage.actions().count("relay:end") == 1


@pytest.mark.usefixtures("fault")
def test_the_ladder_waits_while_the_caller_talks(stage: Stage) -> None:
    """The next rung rings out meanwhile; nobody else is called until the caller has hung up."""
    machine_answers(stage)
    charge = until_rings(stage, CHARGE)
    call = calls_in(stage)
    keys_code(stage, call)
    stage.press(call, "3")
    let_ring(stage, charge)
    stage.advance(minutes=2)
    stage.exchange.nothing_rings()
    call.hang_up()
    until_rings(stage, CHARGE, minutes=6)
    assert stage.relay().step == 1


@pytest.mark.usefixtures("fault")
@pytest.mark.parametrize("keys", ["0#", "", "wrong"])
def test_without_a_code_the_caller_reaches_the_desk(stage: Stage, keys: str) -> None:
    """0, silence, or three wrong codes: the desk's phones ring, and whoever presses 1 there talks to the caller."""
    machine_answers(stage)
    charge = until_rings(stage, CHARGE)
    call = calls_in(stage, STRANGE_PHONE)
    if keys == "wrong":
        wrong = "111111" if stage.relay().callback_code != "111111" else "222222"
        for _ in range(2):
            assert "did not match" in stage.press(call, wrong)
        stage.press(call, wrong)
    elif keys:
        stage.press(call, keys)
    else:
        stage.listen(call)
        stage.advance(6)
    stage.listen(call)
    first, second = until_rings(stage, DESK_PHONE, 1), until_rings(stage, DESK_PHONE_2, 1)
    assert "a caller is on the line" in answer(stage, first)
    stage.press(first, "1")
    stage.listen(first)
    assert second.status in ("canceled", "completed")
    call.say("It is about a callback")
    assert "It is about a callback" in str(first.transcript)
    first.hang_up()
    stage.settle()
    over(stage, call)
    assert not stage.exchange.application_errors
    assert not stage.open_tasks()
    let_ring(stage, charge)
    assert stage.relay().state is not RelayState.ENDED


@pytest.mark.usefixtures("fault")
def test_a_caller_whom_nobody_at_the_desk_answers_is_not_lost(stage: Stage) -> None:
    """The caller hears that nobody came, and the desk is rung until somebody takes it."""
    call = calls_in(stage, STRANGE_PHONE)
    stage.press(call, "0#")
    stage.listen(call)
    for number in (DESK_PHONE, DESK_PHONE_2):
        until_rings(stage, number, 1)
    first = stage.exchange.ringing(DESK_PHONE)[0]
    let_ring(stage, first)
    stage.settle()
    over(stage, call)
    assert "nobody could come" in " ".join(call.heard)
    (task,) = stage.open_tasks()
    assert (task.kind, task.state) == (TaskKind.MISSED_CALLER, TaskState.OPEN)
    phone = until_rings(stage, DESK_PHONE, 1)
    until_rings(stage, DESK_PHONE_2, 1)
    answer(stage, phone)
    stage.press(phone, "1")
    (task,) = stage.open_tasks()
    assert task.taken_by == "Pat Quinn"


def test_a_machine_on_a_unit_line_gets_no_message(stage: Stage) -> None:
    """A menu or a unit's machine: what answers there decides, and nothing is left; then the line is tried again."""
    machine_answers(stage)
    charge = until_rings(stage, CHARGE)
    charge.answer_machine(6)
    while charge.is_live:
        stage.advance(1)
    heard = " ".join(charge.heard)
    assert spoken.in_groups(stage.relay().callback_code) not in heard
    assert "urgent callback" not in heard
    assert (stage.attempts()[-1].outcome, stage.attempts()[-1].machine) == (Outcome.SILENT, "machine_end_beep")
    again = until_rings(stage, CHARGE)
    let_ring(stage, again)
    until_rings(stage, SUPERVISOR)
    assert LEE_PHONE not in {one.to for one in stage.exchange.ringing()}
