"""A second account takes over what is new while the first is out; what is in doubt at the first is looked up there first."""

from __future__ import annotations

from handlers.domain.outage import FIRST, SECOND
from handlers.domain.relays import Attempt, Ending, RelayState
from sandbox.exchange import Exchange
from tests.flows.acts import attempt_of, confirm, created_per_attempt, creates, dialed, hear_out
from tests.flows.second_account import NUMBER, with_second_account
from tests.flows.stage import CHARGE, KIM, Stage


def goes_out(stage: Stage) -> None:
    """Let the first account be out while a finding is called: it is noticed within seconds."""
    stage.stroke_ct()
    stage.exchange.faults.outage()
    stage.finding()
    stage.advance(15)
    assert "vendor:out" in stage.actions()


def rings_over(stage: Stage, second: Exchange, number: str) -> None:
    """Answer at a number that the second account rings, as a physician, and key the code back."""
    call = second.expect_call(number)
    assert call.from_ == NUMBER
    attempt = attempt_of(stage, call)
    assert (attempt.account, attempt.ours) == (SECOND, NUMBER)
    confirm(stage, call)


def test_while_the_first_is_out_the_second_calls(stage: Stage) -> None:
    """No relay goes to the desk: the next rung rings over the second account, from its number, and confirms."""
    with with_second_account(stage) as second:
        goes_out(stage)
        assert stage.relay().state is RelayState.CALLING
        rings_over(stage, second, CHARGE)
        assert stage.relay().ending is Ending.CONFIRMED_BY_CODE
        assert not stage.tasks()
        stage.exchange.faults.clear()
        stage.advance(minutes=3)
        assert not stage.exchange.calls


def test_what_is_in_doubt_at_the_first_is_not_dialed_by_the_second(stage: Stage) -> None:
    """The physician's call may ring already: nobody dials that number again before the first account was asked."""
    with with_second_account(stage) as second:
        stage.stroke_ct()
        stage.exchange.faults.next_create("lost_answer")
        stage.exchange.faults.drop("initiated", "ringing")
        stage.finding()
        hear_out(stage)
        call = stage.rings(KIM)
        stage.exchange.faults.outage()
        stage.advance(20)
        assert not dialed_by(second, KIM)
        stage.exchange.faults.clear()
        rings_over(stage, second, CHARGE)
        stage.advance(minutes=3)
        assert dialed(stage, KIM) == [call]
        assert not call.is_live
        assert max(creates(stage).values()) == 1
        assert max(created_per_attempt(second).values()) == 1


def test_when_the_first_is_back_it_calls_again(stage: Stage) -> None:
    """A finding of another hour goes over the first account, from its number."""
    with with_second_account(stage) as second:
        goes_out(stage)
        rings_over(stage, second, CHARGE)
        stage.exchange.faults.clear()
        stage.advance(minutes=2)
        assert "vendor:back" in stage.actions()
        stage.stroke_ct()
        stage.finding()
        stage.advance(1)
        call = stage.rings(KIM)
        hear_out(stage)
        assert attempt_of(stage, call).account == FIRST
        confirm(stage, call)
        texts = [one for one in stage.all(Attempt, channel="sms") if one.account == SECOND]
        assert all(one.ours == NUMBER for one in texts)


def dialed_by(second: Exchange, number: str) -> list[str]:
    return [call.sid for call in second.calls if call.to == number]
