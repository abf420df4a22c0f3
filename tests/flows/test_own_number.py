"""A site may have a number of its own from which it is called and texted, so that its people know who calls."""

from __future__ import annotations

from handlers.domain.relays import Ending
from tests.flows.acts import confirm
from tests.flows.ringing import until_rings
from tests.flows.stage import KIM, LEE_PHONE, OURS_AT_MERCY, Stage

OWN = (
    "    name: Mercy General Hospital\n",
    f'    name: Mercy General Hospital\n    caller_number: "{OURS_AT_MERCY}"\n',
)


def test_calls_and_texts_of_a_site_come_from_its_own_number(stage: Stage) -> None:
    """The telephone shows Mercy's number, and the text asks to be called back there; another site's show the one for all."""
    stage.load(*OWN)
    call = stage.critical_stroke()
    text = stage.exchange.expect_text(KIM)
    assert (call.from_, text.from_) == (OURS_AT_MERCY, OURS_AT_MERCY)
    assert f"Call {OURS_AT_MERCY}, code " in text.body
    confirm(stage, call)
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE


def test_a_person_who_is_connected_sees_the_site_s_number_as_well(stage: Stage) -> None:
    """0 rings the radiologist from Mercy's number, and a call back to it meets the relay's code."""
    stage.load(*OWN)
    call = stage.critical_stroke()
    stage.exchange.expect_text(KIM)
    call.answer()
    stage.settle()
    stage.press(call, "0")
    stage.listen(call)
    leg = until_rings(stage, LEE_PHONE, 1)
    assert leg.from_ == OURS_AT_MERCY
    call.hang_up()
    stage.settle()
    back = stage.exchange.call_in(KIM, OURS_AT_MERCY)
    stage.settle()
    assert "six-digit code" in back.last_heard
    assert "Mercy" in stage.press(back, stage.relay().callback_code)
    stage.press(back, "1")
    stage.press(back, stage.attempts()[-1].code)
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE


def test_a_call_in_doubt_is_looked_for_at_the_number_it_came_from(stage: Stage) -> None:
    """The answer to the create is lost and the number changes meanwhile: the call is found, and not made twice."""
    stage.load(*OWN)
    stage.stroke_ct()
    stage.exchange.faults.next_create("lost_answer")
    stage.finding()
    stage.exchange.expect_text(KIM)
    stage.load(OWN[1], OWN[0])
    stage.advance(15)
    call = stage.rings(KIM)
    assert call.from_ == OURS_AT_MERCY
    assert len([one for one in stage.exchange.calls if one.to == KIM]) == 1
    confirm(stage, call)
