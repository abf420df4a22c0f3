"""Each of the vendor's error codes has a meaning, a next step, and a sentence that the desk and the case page show."""

from __future__ import annotations

import pytest

from handlers import task_words
from handlers.domain.relays import Attempt, Ending, Outcome, RelayState
from handlers.domain.tasks import TaskKind
from sandbox.exchange import Call
from sandbox.workspace import Message
from tests.flows.acts import confirm, exhaust, hear_out, look_at_everything
from tests.flows.ringing import let_ring, until_rings
from tests.flows.stage import CHARGE, DESK, DESK_PHONE, DESK_PHONE_2, KIM, Stage

KIM_2 = "+13125550161"
#: Mercy's physician has a second telephone.
FIRST = "sms_consent: true, verified: 2024-01-15}\n"
SECOND = f'      - {{number: "{KIM_2}", kind: direct, consent: 2024-01-15, verified: 2024-01-15}}\n'
TWO_NUMBERS = (f"{FIRST}  mercy-ed-charge", f"{FIRST}{SECOND}  mercy-ed-charge")


def text_of(stage: Stage) -> Attempt:
    (text,) = stage.all(Attempt, channel="sms")
    return text


def notes(stage: Stage) -> list[Message]:
    card = stage.card_of_read()
    return stage.workspace.thread(card.channel, card.ts)


def refused_by_the_vendor(stage: Stage, code: int) -> None:
    """Let a stroke be called whose physician's number the vendor refuses."""
    stage.exchange.faults.refuse(KIM, code)
    stage.stroke_ct()
    stage.finding()
    hear_out(stage)
    assert len(stage.tasks(kind=TaskKind.FIND_NUMBER)) == 1


def test_a_number_that_does_not_exist_moves_the_ladder_on_at_once(stage: Stage) -> None:
    """21211: no time is lost on it, the number is recorded as bounced, and the page and the thread say why."""
    refused_by_the_vendor(stage, 21211)
    stage.advance(1)
    (first,) = [one for one in stage.attempts() if one.number == KIM]
    assert (first.outcome, first.vendor_code) == (Outcome.REFUSED, "21211")
    assert first.vendor_says == "The number is not valid. Correct it in the directory."
    assert "attempt:bounce" in stage.actions()
    confirm(stage, stage.rings(CHARGE))
    stage.advance(5)
    assert any("refused: The number is not valid." in one.words for one in notes(stage))
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE


def test_another_number_of_the_same_person_is_called_at_once(stage: Stage) -> None:
    """The first number is not valid and the physician has a second: it rings, in the same rung."""
    stage.load(*TWO_NUMBERS)
    refused_by_the_vendor(stage, 21211)
    stage.advance(1)
    assert stage.relay().step == 0
    confirm(stage, stage.rings(KIM_2))
    assert stage.relay().ended_by == "mercy-ed-physician"


def test_an_account_that_is_refused_is_told_to_the_desk_once(stage: Stage) -> None:
    """20003 is not the number's fault: whatever is refused so is one task, with what to do."""
    for number in (KIM, CHARGE):
        stage.exchange.faults.refuse(number, 20003)
    stage.stroke_ct()
    stage.finding()
    hear_out(stage)
    stage.advance(3)
    (task,) = stage.open_tasks()
    assert task.kind is TaskKind.ACCOUNT_REFUSED
    card = stage.workspace.expect_message(DESK, "refuses").words
    assert "Twilio does not accept our account or token. Run `radrelay doctor`" in card
    assert "attempt:bounce" not in stage.actions()
    assert stage.relay().step == 2
    look_at_everything(stage, {one.to: 1 for one in stage.exchange.ringing()})


@pytest.mark.parametrize("code", [30003, 30005, 30006, 30007, 30008])
def test_a_text_that_is_not_delivered_says_why(stage: Stage, code: int) -> None:
    """Each code by its meaning; the call that rings beside it is confirmed as always."""
    stage.exchange.sms_outcome(KIM, code)
    call = stage.critical_stroke()
    hear_out(stage)
    stage.advance(2)
    text = text_of(stage)
    assert (text.outcome, text.vendor_code) == (Outcome.FAILED, str(code))
    assert text.vendor_says == stage.service.house.trouble_of(str(code)).sentence
    assert ("attempt:bounce" in stage.actions()) is (code in (30005, 30006))
    assert bool(stage.tasks(kind=TaskKind.FIND_NUMBER)) is (code in (30005, 30006))
    confirm(stage, call)
    stage.advance(5)
    assert any("Text not delivered" in one.words for one in notes(stage))


def test_a_text_whose_fate_is_not_told_is_asked_for(stage: Stage) -> None:
    """Every callback of the text is lost: after a minute we ask, and learn that it was not delivered."""
    stage.exchange.sms_outcome(KIM, 30003)
    stage.exchange.faults.drop("message-queued", "message-sent", "message-undelivered")
    call = stage.critical_stroke()
    hear_out(stage)
    confirm(stage, call)
    assert text_of(stage).outcome is Outcome.TEXTED
    stage.advance(62)
    assert text_of(stage).outcome is Outcome.FAILED
    assert stage.actions().count("text:asked") == 1
    stage.advance(minutes=30)
    assert stage.actions().count("text:asked") == 1


def test_a_text_that_stays_on_its_way_is_asked_for_ever_more_rarely(stage: Stage) -> None:
    """A carrier that never says whether it delivered: a few questions in two hours, and then none."""
    stage.exchange.texts.ends_at = "sent"
    confirm(stage, stage.critical_stroke())
    hear_out(stage)
    stage.advance(minutes=180)
    assert 4 <= stage.actions().count("text:asked") <= 8
    assert text_of(stage).outcome is Outcome.TEXTED


def test_a_number_that_the_vendor_knows_to_have_opted_out_is_not_texted_again(stage: Stage) -> None:
    """21610: STOP was said before we knew of it. It is recorded and told; the next relay calls and texts nobody."""
    stage.exchange.sms_outcome(KIM, 21610)
    confirm(stage, stage.critical_stroke())
    assert "text:opt_out" in stage.actions()
    (task,) = stage.open_tasks()
    assert task.kind is TaskKind.OPTED_OUT
    stage.advance(minutes=2)
    confirm(stage, stage.critical_stroke())
    assert len(stage.all(Attempt, channel="sms")) == 1


def test_a_card_of_the_desk_tells_what_the_vendor_said(stage: Stage) -> None:
    """The ladder is exhausted, and one of its numbers was never good: the card says so where the desk looks."""
    refused_by_the_vendor(stage, 21211)
    exhaust(stage)
    stage.advance(5)
    (task,) = [one for one in stage.open_tasks() if one.kind is not TaskKind.FIND_NUMBER]
    with stage.service.store.memory.reading() as look:
        what, _ = task_words.words_of(look, stage.service.house.directory(), task)
    assert what.endswith("The number is not valid. Correct it in the directory.")
    for phone in (DESK_PHONE, DESK_PHONE_2):
        let_ring(stage, until_rings(stage, phone, 1))
    for call in [one for one in stage.exchange.unexpected() if isinstance(one, Call)]:
        call.seen = True
    assert stage.relay().state is RelayState.AT_DESK
