"""What the vendor tells of a call may be lost, or come in another order: we ask ourselves, and an older word changes nothing."""

from __future__ import annotations

from handlers.domain.relays import AttemptState, Ending, Outcome
from tests.flows.acts import confirm, hear_out, hear_the_finding, key_back
from tests.flows.ringing import until_rings
from tests.flows.stage import KIM, Stage


def test_a_call_of_which_nothing_is_heard_is_asked_for(stage: Stage) -> None:
    """The line was busy and no callback said so: after some silence the vendor is asked, and the rung goes on."""
    stage.exchange.faults.drop("initiated", "ringing", "answered", "completed", times=3)
    call = stage.critical_stroke()
    hear_out(stage)
    call.busy()
    stage.settle()
    assert stage.attempts()[0].state is AttemptState.RINGING
    stage.advance(76)
    assert stage.actions().count("call:asked") == 1
    assert (stage.attempts()[0].outcome, stage.attempts()[0].open_number) == (Outcome.BUSY, None)
    confirm(stage, until_rings(stage, KIM))
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE


def test_an_older_word_of_the_vendors_changes_nothing(stage: Stage) -> None:
    """Ringing is told after the physician answered: its sequence number is older, so it is recorded and not applied."""
    stage.exchange.faults.hold("ringing", until="answered")
    call = stage.critical_stroke()
    hear_out(stage)
    hear_the_finding(stage, call)
    (attempt,) = stage.attempts()
    assert stage.actions().count("call:stale") == 1
    assert (attempt.state, attempt.sequence) == (AttemptState.TALKING, 2)
    key_back(stage, call)
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE


def test_a_word_that_comes_twice_is_one(stage: Stage) -> None:
    """Each callback three times, byte for byte: each is in the record once, and the story is the same."""
    stage.exchange.faults.duplicate("initiated", "ringing", "answered", "completed", copies=3)
    confirm(stage, stage.critical_stroke())
    hear_out(stage)
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE
    assert stage.actions().count("call:stale") == 0
    assert len(stage.attempts()) == 1
