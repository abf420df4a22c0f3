"""Somebody still talks while their relay goes to somebody else: what they say then moves nothing of the new rung."""

from __future__ import annotations

from handlers.domain.relays import Ending, Outcome, RelayState
from sandbox.exchange import Call
from tests.flows.acts import advance_until_ringing, dialed, hear_out, key_back
from tests.flows.ringing import answer, over
from tests.flows.stage import CHARGE, KIM, QUINN, SUPERVISOR, Stage


def _redirected_while_talking(stage: Stage) -> tuple[Call, Call]:
    """Redirect a finding while the first one called is on the line; return that call and the one that rings now."""
    call = stage.critical_stroke()
    hear_out(stage)
    answer(stage, call)
    stage.advance(2)
    stage.command(QUINN, f"redirect {stage.case()} mercy-supervisor")
    stage.advance(1)
    return call, stage.rings(SUPERVISOR)


def test_the_old_talker_s_nine_leaves_the_redirected_call_alone(stage: Stage) -> None:
    """Redirected while the first one talks: their "wrong person" hangs up on nobody but themselves."""
    call, other = _redirected_while_talking(stage)
    stage.press(call, "9")
    assert stage.attempts()[0].outcome is Outcome.WRONG_PERSON
    assert other.status == "ringing"
    relay = stage.relay()
    assert (relay.state, relay.policy.steps[relay.step].to) == (RelayState.CALLING, "mercy-supervisor")
    over(stage, call)
    answer(stage, other)
    stage.press(other, "2")
    key_back(stage, other)
    assert stage.relay().ended_by == "mercy-supervisor"


def test_the_old_talker_may_still_confirm(stage: Stage) -> None:
    """The code of what was told counts, redirected or not, and stops what rings."""
    call, other = _redirected_while_talking(stage)
    stage.press(call, "1")
    key_back(stage, call)
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE
    assert other.status == "canceled"


def test_a_new_ladder_after_a_talk_begins_with_its_first_rung(stage: Stage) -> None:
    """More urgent while somebody hears it: their "wrong person" afterwards skips nobody of the new ladder."""
    stage.stroke_ct()
    stage.finding(category=2)
    call = stage.rings(KIM)
    hear_out(stage)
    answer(stage, call)
    stage.advance(2)
    stage.finding(text="Free air.", category=1)
    assert stage.relay().policy.name == "critical"
    stage.press(call, "9")
    again = advance_until_ringing(stage, KIM, minutes=1)
    hear_out(stage)
    assert stage.relay().step == 0
    assert not dialed(stage, CHARGE)
    answer(stage, again)
    stage.press(again, "1")
    key_back(stage, again)
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE
