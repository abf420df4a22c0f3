"""A read-back that the vendor does not have: asked for ever more rarely, for a week, then an operator's.

The call is over by then, so nothing here depends on how its callbacks came.
"""

from __future__ import annotations

from handlers.domain.relays import RecordingState
from store import upkeep
from tests.flows.acts import hear_the_finding
from tests.flows.ringing import over
from tests.flows.stage import Stage
from tests.flows.test_recorded_read_back import kept, reads_back, rings_at_lakeside, sound


def test_it_is_asked_for_ever_more_rarely(stage: Stage) -> None:
    """It is not there for a day: at last it is asked for once an hour, and kept when it comes."""
    call = rings_at_lakeside(stage)
    hear_the_finding(stage, call)
    reads_back(stage, call, sound())
    kept_there = dict(stage.exchange.recordings.all)
    stage.exchange.recordings.all.clear()
    over(stage, call)
    stage.advance(minutes=60 * 12)
    assert kept(stage).state is RecordingState.MISSING
    stage.exchange.faults.outage()
    before = stage.exchange.faults.counts["outage"]
    stage.advance(minutes=60 * 12)
    fetches = stage.exchange.faults.counts["outage"] - before
    assert 10 <= fetches <= 13
    stage.exchange.faults.outage(on=False)
    stage.exchange.recordings.all.update(kept_there)
    stage.advance(minutes=61)
    assert kept(stage).state is RecordingState.STORED
    assert not stage.exchange.recordings.all


def test_after_a_week_an_operator_is_told(stage: Stage) -> None:
    """It never comes: it is given up, and stands among what was set aside, from where it can be tried again."""
    call = rings_at_lakeside(stage)
    hear_the_finding(stage, call)
    reads_back(stage, call, sound())
    stage.exchange.recordings.all.clear()
    over(stage, call)
    stage.advance(minutes=60 * 24 * 7)
    assert not upkeep.set_aside(stage.service.store.database)
    stage.advance(minutes=90)
    assert [one.kind for one in upkeep.set_aside(stage.service.store.database)] == ["fetch_recording"]
    assert kept(stage).state is RecordingState.MISSING
