"""A critical finding is called through and confirmed by keying back the code that only the message reveals."""

from __future__ import annotations

import pytest

from handlers.domain.relays import Ending, Outcome, RelayState
from tests.flows.stage import DESK, KIM, LEE, OURS, READS, Stage


def hear_out(stage: Stage, texts: int = 1) -> None:
    """Look at the text pings that a relay sends beside its call."""
    for _ in range(texts):
        text = stage.exchange.expect_text(KIM)
        assert "Urgent radiology callback for Mercy" in text.body
        assert OURS in text.body


@pytest.mark.usefixtures("fault")
def test_confirmed_at_the_first_call(stage: Stage) -> None:
    """Answer, 1 for physician, the finding, the code: the relay has ended and the record says how."""
    call = stage.critical_stroke()
    hear_out(stage)
    call.answer()
    stage.settle()
    assert "0" in call.last_heard
    said = stage.press(call, "1")
    assert "subdural hematoma" in said.lower()
    said = stage.press(call, stage.code())
    assert "confirmed" in said.lower()
    relay = stage.relay()
    assert relay.state is RelayState.ENDED
    assert relay.ending is Ending.CONFIRMED_BY_CODE
    assert relay.ended_role == "physician_np_or_pa"
    assert stage.attempts()[-1].outcome is Outcome.CONFIRMED_BY_CODE
    stage.advance(30)
    assert call.status == "completed"
    stage.advance(minutes=60)
    stage.exchange.nothing_rings()
    assert "confirmed by code" in stage.card().words


def test_the_statement_claims_a_keyed_code_and_not_a_read_back(stage: Stage) -> None:
    """Receipt confirmed by keyed code is what happened; the sentence says just that."""
    call = stage.critical_stroke()
    hear_out(stage)
    call.answer()
    stage.settle()
    stage.press(call, "1")
    stage.press(call, stage.code())
    with stage.service.store.memory.reading() as look:
        from handlers.statement import statement_of

        said = statement_of(look, stage.service.store.directory(), stage.study().case_code)
    assert "RECEIPT CONFIRMED BY KEYED CODE" in said
    assert "READ BACK" not in said


def test_a_radiologist_reports_from_the_card(stage: Stage) -> None:
    """Critical finding, category, phrase: the ordering physician's telephone rings."""
    stage.stroke_ct()
    stage.click(LEE, "claim")
    stage.advance(2)
    told = stage.report_by_modal(LEE, "1", "intracranial-hemorrhage")
    assert "call is being placed" in told
    call = stage.rings(KIM)
    hear_out(stage)
    call.answer()
    stage.settle()
    assert "intracranial hemorrhage" in stage.press(call, "1").lower()
    stage.press(call, stage.code())
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE
    assert stage.relay().delegated_by == "lee"
    assert not stage.workspace.messages(DESK)
    assert len(stage.workspace.messages(READS)) == 1


@pytest.mark.usefixtures("fault")
def test_the_code_may_be_spoken(stage: Stage) -> None:
    """A badge without keys: the role and the digits are said."""
    call = stage.critical_stroke()
    hear_out(stage)
    call.answer()
    stage.settle()
    stage.listen(call)
    call.say("physician")
    stage.settle()
    stage.listen(call)
    call.say(" ".join(stage.code()))
    stage.settle()
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE


def test_the_star_key_says_it_again(stage: Stage) -> None:
    """In number entry ``*`` repeats the finding and its code."""
    call = stage.critical_stroke()
    hear_out(stage)
    call.answer()
    stage.settle()
    stage.press(call, "1")
    stage.listen(call)
    call.press("*")
    stage.advance(10)
    assert "subdural hematoma" in call.last_heard.lower()
    stage.press(call, stage.code())
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE
