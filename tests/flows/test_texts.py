"""Text messages beside the call: they identify nobody, end nothing, and stop when their receiver says so."""

from __future__ import annotations

import pytest

from handlers.domain.relays import Attempt, Ending, Outcome, RelayState
from handlers.domain.tasks import TaskKind
from sandbox.exchange.faults import CreateFault
from tests.flows.acts import confirm, hear_out, look_at_everything
from tests.flows.ringing import let_ring, until_rings
from tests.flows.stage import CHARGE, DESK, KIM, OURS, Stage


def texts_to_kim(stage: Stage) -> list[str]:
    """Return the bodies of the texts of ours to the physician."""
    return [one.body for one in stage.exchange.messages if one.to == KIM and one.direction == "outbound-api"]


@pytest.mark.usefixtures("fault")
def test_the_text_says_whom_to_call_and_nothing_else(stage: Stage) -> None:
    """Word for word: facility, our number, the relay's code."""
    call = stage.critical_stroke()
    hear_out(stage)
    code = stage.relay().callback_code
    assert texts_to_kim(stage) == [f"Urgent radiology callback for Mercy. Call {OURS}, code {code}."]
    confirm(stage, call)
    stage.advance(minutes=10)
    assert len(texts_to_kim(stage)) == 1


@pytest.mark.usefixtures("fault")
def test_a_delivered_text_ends_nothing(stage: Stage) -> None:
    """Delivered is an attempt: the ladder goes on as if there had been none."""
    call = stage.critical_stroke()
    hear_out(stage)
    stage.advance(25)
    (text,) = stage.all(Attempt, channel="sms")
    assert text.outcome is Outcome.TEXTED
    assert stage.relay().state is not RelayState.ENDED
    let_ring(stage, call)
    let_ring(stage, until_rings(stage, KIM))
    confirm(stage, until_rings(stage, CHARGE))
    assert stage.relay().ended_by == "mercy-ed-charge"


@pytest.mark.usefixtures("fault")
def test_stop_ends_the_texts_and_not_the_calls(stage: Stage) -> None:
    """STOP: the desk is told once, the call goes on, and the next relay texts nobody; START brings the texts back."""
    call = stage.critical_stroke()
    hear_out(stage)
    for word in ("STOP", "stop"):
        stage.exchange.text_in(KIM, OURS, word)
        stage.settle()
    (task,) = stage.open_tasks()
    assert task.kind is TaskKind.OPTED_OUT
    stage.advance(5)
    assert KIM not in stage.workspace.expect_message(DESK, "STOP").words
    confirm(stage, call)
    stage.advance(minutes=2)

    confirm(stage, stage.critical_stroke())
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE
    assert len(texts_to_kim(stage)) == 1
    stage.advance(minutes=2)

    assert [one.kind for one in stage.open_tasks()] == [TaskKind.OPTED_OUT]
    stage.exchange.text_in(KIM, OURS, "START")
    stage.settle()
    assert stage.open_tasks() == []
    call = stage.critical_stroke()
    hear_out(stage)
    confirm(stage, call)
    assert len(texts_to_kim(stage)) == 2


def test_any_other_text_is_answered_with_the_number_to_call(stage: Stage) -> None:
    """A text confirms nothing: the answer says so, and nothing of the relay changes."""
    call = stage.critical_stroke()
    hear_out(stage)
    for words in ("ok got it, thanks", "Yes"):
        stage.exchange.text_in(KIM, OURS, words)
        stage.settle()
        answer = [one for one in stage.exchange.messages if one.direction == "outbound-reply"][-1]
        assert answer.body.startswith(f"Nothing is confirmed by text. Please call {OURS}")
        answer.seen = True
    assert stage.relay().state is RelayState.CALLING
    confirm(stage, call)


NO_SMS = (
    "kind: mobile, consent: 2024-01-15, sms_consent: true, verified: 2024-01-15}\n  mercy-ed-charge",
    "kind: mobile, consent: 2024-01-15, verified: 2024-01-15}\n  mercy-ed-charge",
)


def test_a_mobile_whose_consent_covers_calls_only_is_not_texted(stage: Stage) -> None:
    """Consent to automated calls is not consent to texts: the telephone rings, and no text leaves."""
    stage.load(*NO_SMS)
    call = stage.critical_stroke()
    confirm(stage, call)
    stage.advance(minutes=5)
    assert not texts_to_kim(stage)
    assert not stage.all(Attempt, channel="sms")
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE


@pytest.mark.usefixtures("fault")
@pytest.mark.parametrize("first", [None, "lost_answer"])
def test_two_relays_to_one_mobile_send_two_texts(stage: Stage, first: CreateFault | None) -> None:
    """The second's answer is lost and its text is not there: the first one's is not taken for it, known to us or not."""
    stage.stroke_ct()
    if first is not None:
        stage.exchange.faults.next_create(first, of="Messages")
    stage.finding()
    one = stage.relay()
    stage.advance(0.5)
    stage.stroke_ct()
    stage.exchange.faults.next_create("503", of="Messages")
    stage.finding()
    stage.advance(25)
    codes = [one.callback_code, stage.relay().callback_code]
    assert sorted(codes) == sorted(body[-7:-1] for body in texts_to_kim(stage))
    assert len({text.sid for text in stage.all(Attempt, channel="sms")}) == 2
    look_at_everything(stage, {KIM: 1}, {KIM: 2})


@pytest.mark.usefixtures("fault")
def test_a_text_that_cannot_be_delivered_holds_nothing_up(stage: Stage) -> None:
    """The carrier refuses it: an attempt that failed, and the call is confirmed as always."""
    stage.exchange.sms_outcome(KIM, 30006)
    call = stage.critical_stroke()
    hear_out(stage)
    confirm(stage, call)
    stage.advance(minutes=1.5)  # lost callbacks are asked for after a minute
    (text,) = stage.all(Attempt, channel="sms")
    assert text.outcome is Outcome.FAILED
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE
    assert [one.kind for one in stage.open_tasks()] == [TaskKind.FIND_NUMBER]
