"""The account may have so many calls open at once: what waits for a line leaves by urgency, and nothing above the limit."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from handlers.domain.relays import AttemptState
from sandbox.exchange.messages import Message
from tests.flows.acts import confirm
from tests.flows.stage import OKAFOR, SUPERVISOR, Stage

LAKESIDE = {"facility": "lakeside", "ordering_contact": "lakeside-ed-physician", "patient_state": "NY"}


@pytest.fixture
def one_line(stage: Stage) -> Iterator[Stage]:
    """Let the account have one call at a time."""
    stage.environment["TWILIO_CONCURRENT_CALLS"] = "1"
    stage.restart()
    yield stage
    for text in stage.exchange.unexpected():
        assert isinstance(text, Message), f"a call that nobody looked at: {text}"
        text.seen = True


def test_no_more_calls_are_open_than_the_account_may_have(one_line: Stage) -> None:
    """A second site's physician waits in the queue, not at the vendor, and rings when the first call is over."""
    first = one_line.critical_stroke()
    one_line.stroke_ct(**LAKESIDE)
    one_line.finding()
    one_line.advance(20)
    assert not one_line.exchange.ringing(OKAFOR)
    assert [one.state for one in one_line.attempts() if one.number == OKAFOR] == [AttemptState.QUEUED]
    confirm(one_line, first)
    one_line.advance(3)
    confirm(one_line, one_line.rings(OKAFOR))


def test_the_most_urgent_leaves_first(one_line: Stage) -> None:
    """Category 2 waited longer, category 1 came later: the line that becomes free is the critical one's."""
    holding = one_line.critical_stroke()
    one_line.stroke_ct(**LAKESIDE)
    one_line.finding(category=2)
    one_line.advance(5)
    one_line.stroke_ct(ordering_contact="mercy-supervisor")
    one_line.finding()
    one_line.advance(5)
    assert [one.state for one in one_line.attempts()].count(AttemptState.QUEUED) == 2
    confirm(one_line, holding)
    one_line.advance(3)
    assert not one_line.exchange.ringing(OKAFOR)
    confirm(one_line, one_line.rings(SUPERVISOR))
    one_line.advance(3)
    confirm(one_line, one_line.rings(OKAFOR))
