"""Busy, failed and unanswered calls are tried again inside the rung's time; a hang-up is heard only as far as it went."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from handlers.domain.relays import Ending, Outcome, RelayState
from sandbox.exchange import Call
from tests.flows.acts import confirm, hear_out, hear_the_finding
from tests.flows.ringing import let_ring, until_rings
from tests.flows.stage import CHARGE, KIM, Stage

pytestmark = pytest.mark.usefixtures("fault")

FAILURES: dict[Outcome, Callable[[Call], None]] = {
    Outcome.BUSY: Call.busy,
    Outcome.FAILED: Call.fail,
    Outcome.NO_ANSWER: Call.decline,
}
#: The demo's rung: two tries a minute apart, five minutes in all.
RETRY_AFTER, WITHIN = 60, 300


@pytest.mark.parametrize("outcome", FAILURES)
def test_tried_again_inside_the_rungs_time(stage: Stage, fault: str, outcome: Outcome) -> None:
    """The first call does not get through; the second, a minute later at the same number, is confirmed."""
    call = stage.critical_stroke()
    hear_out(stage)
    began = stage.clock.instant
    FAILURES[outcome](call)
    again = until_rings(stage, KIM)
    waited = (stage.clock.instant - began).total_seconds()
    assert round(waited) == RETRY_AFTER if fault not in ("late", "lost") else RETRY_AFTER < waited < WITHIN
    confirm(stage, again)
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE
    assert [one.outcome for one in stage.attempts()] == [outcome, Outcome.CONFIRMED_BY_CODE]
    assert [one.try_no for one in stage.attempts()] == [1, 2]
    assert stage.relay().step == 0
    stage.advance(minutes=20)
    stage.exchange.nothing_rings()


def test_the_rungs_tries_are_all_that_it_gets(stage: Stage) -> None:
    """Busy twice: the next rung is called, and the first one is left alone."""
    call = stage.critical_stroke()
    hear_out(stage)
    call.busy()
    until_rings(stage, KIM).busy()
    charge = until_rings(stage, CHARGE)
    assert stage.relay().step == 1
    let_ring(stage, charge)
    confirm(stage, until_rings(stage, CHARGE))
    assert stage.relay().ended_by == "mercy-ed-charge"


@pytest.mark.parametrize("heard_it", [False, True])
def test_a_hang_up_counts_only_for_what_was_heard(stage: Stage, heard_it: bool) -> None:
    """Hung up in the middle of the finding, or after its end: the record says which, however late it is learned."""
    call = stage.critical_stroke()
    hear_out(stage)
    hear_the_finding(stage, call)
    if heard_it:
        stage.listen(call)
        stage.advance(6)
    else:
        stage.advance(2)
    call.hang_up()
    following = until_rings(stage, CHARGE if heard_it else KIM)
    expected = Outcome.REACHED_WITHOUT_READ_BACK if heard_it else Outcome.HUNG_UP
    assert stage.attempts()[0].outcome is expected
    assert stage.relay().state is RelayState.CALLING
    confirm(stage, following)
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE
