"""STOP, START and HELP: what a telephone owner asks of the texting itself is done at once, and no relay waits for it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from handlers import texts
from handlers.domain.relays import Attempt, Outcome, RelayState
from handlers.domain.tasks import TaskKind
from tests.flows.acts import advance_until_ringing, confirm, hear_out
from tests.flows.ringing import let_ring, step
from tests.flows.stage import KIM, OURS, Stage
from tests.flows.test_text_replies import STRANGE_PHONE, texts_us, told_in_thread


@pytest.mark.usefixtures("fault")
def test_stop_moves_the_ladder_to_voice_at_once(stage: Stage) -> None:
    """The rung waits a minute to try again: after STOP it rings now, and the thread and the desk know."""
    let_ring(stage, stage.critical_stroke())
    hear_out(stage)
    while stage.relay().state is not RelayState.BETWEEN:  # its end may be told late, or only when we ask
        step(stage, timedelta(seconds=60))
    assert texts_us(stage, KIM, "Stop") == []
    call = stage.rings(KIM)
    assert [one.kind for one in stage.open_tasks()] == [TaskKind.OPTED_OUT]
    confirm(stage, call)
    told = told_in_thread(stage, "STOP: ")
    assert told == ["STOP: Dr. Grace Kim is not texted any more, only called."]


def test_stop_while_it_rings_changes_nothing_of_the_call(stage: Stage) -> None:
    """It is voice already: no second call is made."""
    call = stage.critical_stroke()
    hear_out(stage)
    texts_us(stage, KIM, "STOP")
    assert call.status == "ringing"
    assert [one.kind for one in stage.open_tasks()] == [TaskKind.OPTED_OUT]
    confirm(stage, call)


def test_a_word_that_the_vendor_takes_for_stop_is_stop(stage: Stage) -> None:
    """Advanced Opt-Out knows other words and languages, and says which it took it for: ours follows."""
    call = stage.critical_stroke()
    hear_out(stage)
    house = stage.service.house
    said = texts.texted(house, message_sid="SM" + "a" * 32, sender=KIM, ours=OURS, body="arret", keyword="STOP")
    stage.settle()
    assert said == ""
    assert [one.kind for one in stage.open_tasks()] == [TaskKind.OPTED_OUT]
    said = texts.texted(house, message_sid="SM" + "b" * 32, sender=KIM, ours=OURS, body="oui", keyword="START")
    stage.settle()
    assert said == ""
    assert stage.open_tasks() == []
    confirm(stage, call)


def test_a_text_that_waits_to_be_sent_is_not_sent_after_stop(stage: Stage) -> None:
    """The vendor takes no texts for a moment: STOP cancels what waits, and it never leaves."""
    stage.stroke_ct()
    stage.exchange.faults.next_create("503", of="Messages")
    stage.finding()
    call = stage.rings(KIM)
    texts_us(stage, KIM, "STOP")
    confirm(stage, call)
    stage.advance(minutes=2)
    (text,) = stage.all(Attempt, channel="sms")
    assert text.outcome is Outcome.CANCELED
    assert len(stage.open_tasks()) == 1


def test_stop_of_a_stranger_is_minded_too(stage: Stage) -> None:
    """Whoever says it is never texted; the desk sees that the directory does not know the number."""
    stage.stroke_ct()
    assert texts_us(stage, STRANGE_PHONE, "UNSUBSCRIBE") == []
    assert [one.subject_id for one in stage.open_tasks()] == ["opt-out:unknown"]
    assert texts_us(stage, STRANGE_PHONE, "hello?") == []  # the vendor would refuse an answer


def test_help_says_who_we_are_and_where_a_person_answers(stage: Stage) -> None:
    """The vendor's own answer names nobody: ours says which site, and its staffed number; a stranger gets our number."""
    call = stage.critical_stroke()
    hear_out(stage)
    sent = "This number sends urgent radiology callbacks"
    assert texts_us(stage, KIM, "help") == [f"{sent} for Mercy. To reach a person call +13125550100."]
    assert texts_us(stage, STRANGE_PHONE, "INFO") == [f"{sent}. To reach a person call {OURS} and press 0."]
    assert stage.relay().state is RelayState.CALLING
    confirm(stage, call)


def test_help_that_the_vendor_answered_in_our_words_is_not_answered_twice(stage: Stage) -> None:
    """With Advanced Opt-Out its answer is what the site has written there."""
    stage.stroke_ct()
    said = texts.texted(
        stage.service.house, message_sid="SM" + "c" * 32, sender=KIM, ours=OURS, body="HELP", keyword="HELP"
    )
    assert said == ""


def test_yes_is_start_only_for_who_had_stopped(stage: Stage) -> None:
    """To our text it is a reply; after STOP it is the vendor's START, and texts leave again."""
    call = stage.critical_stroke()
    hear_out(stage)
    assert texts_us(stage, KIM, "YES")[0].startswith("Nothing is confirmed by text.")
    texts_us(stage, KIM, "STOP")
    assert len(stage.open_tasks()) == 1
    assert texts_us(stage, KIM, "YES") == []
    assert stage.open_tasks() == []
    call.busy()
    stage.settle()
    confirm(stage, advance_until_ringing(stage, KIM, minutes=2))
