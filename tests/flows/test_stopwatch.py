"""The stopwatch of the documentation, held against the sandbox's telephone, which speaks at a pace of its own."""

from __future__ import annotations

import pytest

from telephony.scenes import REACTION_SECONDS, RINGING_SECONDS, SCENES, played
from telephony.scripts_page import EXAMPLE
from tests.flows.acts import attempt_of, hear_out
from tests.flows.stage import Stage

#: What the two ways of reckoning how long words take may differ by.
WITHIN = 0.25


def test_from_the_first_ring_request_to_finding_and_ending(stage: Stage) -> None:
    """Two rings, one key, the code: as long as the table says, within a quarter."""
    call = stage.critical_stroke()
    hear_out(stage)
    requested = call.created
    stage.advance(RINGING_SECONDS)
    call.answer()
    stage.settle()
    stage.listen(call)
    stage.advance(REACTION_SECONDS)
    call.press("1")
    stage.settle()
    told = stage.clock.instant
    finding = next(line for line in call.transcript if line.who == "voice" and line.text.startswith("Finding:"))
    assert finding.at >= told
    stage.listen(call)
    stage.advance(REACTION_SECONDS)
    call.press(attempt_of(stage, call).code)
    stage.settle()
    ended = stage.relay().ended_at
    assert ended is not None
    table = played(SCENES[0], EXAMPLE)
    assert table.finding_at is not None
    assert table.ended_at is not None
    assert (finding.at - requested).total_seconds() == pytest.approx(table.finding_at + RINGING_SECONDS, rel=WITHIN)
    assert (ended - requested).total_seconds() == pytest.approx(table.ended_at + RINGING_SECONDS, rel=WITHIN)
    assert len(call.pressed) == 4
