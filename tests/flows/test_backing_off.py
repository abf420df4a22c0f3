"""A vendor that asks for patience or fails is backed off from, inside the rung's time and never beyond it."""

from __future__ import annotations

from handlers.domain.relays import Ending, Outcome
from tests.flows.acts import advance_until_ringing, confirm, creates, dialed, hear_out, look_at_everything
from tests.flows.stage import CHARGE, KIM, Stage


def test_a_retry_after_is_respected(stage: Stage) -> None:
    """429 with Retry-After 40: nothing is asked for 40 seconds, then the same attempt is dialed, once."""
    stage.stroke_ct()
    stage.exchange.faults.retry_after = 40
    stage.exchange.faults.next_create("429")
    stage.finding()
    hear_out(stage)
    stage.advance(39)
    stage.exchange.nothing_rings()
    stage.advance(2)
    confirm(stage, stage.rings(KIM))
    assert len(stage.attempts()) == 1
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE


def test_patience_without_an_end_costs_the_rung_and_no_more(stage: Stage) -> None:
    """429 for longer than the rung: its time is up, the call that never left is canceled, and the next rung is called."""
    stage.stroke_ct()
    stage.exchange.faults.next_create("429", times=30)
    stage.finding()
    hear_out(stage)
    stage.advance(minutes=5)
    assert stage.relay().step == 1
    stage.exchange.faults.clear()
    confirm(stage, advance_until_ringing(stage, CHARGE, minutes=1))
    (kims,) = [one for one in stage.attempts() if one.number == KIM]
    assert (kims.outcome, kims.open_number) == (Outcome.CANCELED, None)
    assert not dialed(stage, KIM)
    assert "vendor:out" not in stage.actions()


def test_failures_without_an_end_cost_the_rung_and_no_more(stage: Stage) -> None:
    """503 for each create while everything else is answered: looked up, tried again, and at the end of its time left."""
    stage.stroke_ct()
    stage.exchange.faults.next_create("503", times=60)
    stage.finding()
    hear_out(stage)
    stage.advance(minutes=5, seconds=20)
    assert stage.relay().step == 1
    stage.exchange.faults.clear()
    confirm(stage, advance_until_ringing(stage, CHARGE, minutes=1))
    assert not dialed(stage, KIM)
    assert max(creates(stage).values()) == 1
    stage.advance(minutes=2)
    look_at_everything(stage)
