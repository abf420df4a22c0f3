"""Nighthawk: at night and on holidays a preliminary read by us; the final one by the client's own, the next day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from handlers import claims, worklists
from handlers.domain.errors import Rejection
from handlers.domain.studies import Read, ReadState
from tests.flows.covered import Begin, in_order, reads_of
from tests.flows.stage import LEE, READS, Stage

SECTIONS = """
coverage:
  mercy-night:
    model: nighthawk
    facilities: [mercy]
    hours: {days: mon-sun, from: "19:00", to: "07:00"}
    holidays: true
    targets: {stroke: 10m}
    effective: 2020-01-01
    expires: 2039-12-31
  mercy-day: {model: final, reads: [client_final], facilities: [mercy], effective: 2020-01-01, expires: 2039-12-31}
"""
NIGHT = datetime(2026, 12, 2, 3, tzinfo=UTC)  #: 21:00 in Chicago
NOON = datetime(2026, 12, 2, 18, tzinfo=UTC)
CHRISTMAS_NOON = datetime(2026, 12, 25, 18, tzinfo=UTC)


def worklist_total(stage: Stage) -> int:
    """Return how many reads Dr. Lee's worklist counts."""
    return worklists.worklist(stage.service.house, LEE).total


def test_a_preliminary_by_us_at_night_and_a_final_by_the_client_the_next_day(covered: Begin) -> None:
    """Two duties with clocks of their own: the final is awaited, and its report ends it without a claim."""
    stage = covered(SECTIONS, NIGHT)
    stage.stroke_ct()
    preliminary, final = in_order(stage.all(Read))
    assert reads_of(stage) == [("preliminary", "us", ReadState.OPEN), ("final", "client", ReadState.AWAITED)]
    assert preliminary.coverage == final.coverage == "mercy-night"
    assert preliminary.due_at == stage.study().last_image_at + timedelta(minutes=10)  # type: ignore[operator]
    assert len(stage.workspace.messages(READS)) == 1
    assert "PRELIMINARY · STROKE" in stage.card().words
    stage.click(LEE, "claim")
    assert stage.hospital.report_preliminary(signed_by="lee")[0] == 202
    stage.settle()
    assert reads_of(stage) == [("preliminary", "us", ReadState.REPORTED), ("final", "client", ReadState.AWAITED)]
    stage.advance(10)
    assert "reported by Dr. Maya Lee" in stage.card().words
    stage.advance(minutes=60 * 11)
    assert worklist_total(stage) == 0
    assert stage.hospital.report_final(signed_by="1999999984")[0] == 202
    stage.settle()
    assert reads_of(stage)[1] == ("final", "client", ReadState.REPORTED)
    assert stage.open_tasks() == []
    assert len(stage.workspace.messages(READS)) == 1
    stage.advance(10)
    thread = " ".join(one.words for one in stage.workspace.thread(READS, stage.card().ts))
    assert "Final report signed by the site's own radiologist." in thread


def test_a_final_that_comes_first_supersedes_the_preliminary(covered: Begin) -> None:
    """Nobody reads for nothing: whoever holds the preliminary is told in its thread."""
    stage = covered(SECTIONS, NIGHT)
    stage.stroke_ct()
    stage.click(LEE, "claim")
    assert stage.hospital.report_final(signed_by="1999999984")[0] == 202
    stage.settle()
    assert reads_of(stage) == [("preliminary", "us", ReadState.SUPERSEDED), ("final", "client", ReadState.REPORTED)]
    stage.advance(10)
    thread = " ".join(one.words for one in stage.workspace.thread(READS, stage.card().ts))
    assert "Superseded: the final report is signed." in thread
    assert "superseded" in stage.card().words
    assert "read:supersede" in stage.actions()
    assert worklist_total(stage) == 0


def test_by_day_the_client_reads_and_nobody_of_ours_is_asked(covered: Begin) -> None:
    """No card, nothing to claim; the study is known, so a finding and its report still find it."""
    stage = covered(SECTIONS, NOON)
    stage.stroke_ct()
    assert reads_of(stage) == [("final", "client", ReadState.AWAITED)]
    assert stage.workspace.messages(READS) == []
    assert worklist_total(stage) == 0
    with pytest.raises(Rejection, match="This read is awaited; there is nothing to claim"):
        claims.claim(stage.service.house, stage.read().id, LEE, "click-1")
    stage.advance(minutes=60)
    assert reads_of(stage) == [("final", "client", ReadState.AWAITED)]


def test_a_holiday_is_covered_around_the_clock(covered: Begin) -> None:
    """At noon on 25 December it is night for readers."""
    stage = covered(SECTIONS, CHRISTMAS_NOON)
    stage.stroke_ct()
    assert [one[0] for one in reads_of(stage)] == ["preliminary", "final"]


def test_a_canceled_study_that_is_wanted_again_is_owed_the_same_reads(covered: Begin) -> None:
    """Both reads are canceled, and both come back, each as it was."""
    stage = covered(SECTIONS, NIGHT)
    stage.stroke_ct()
    stage.hospital.cancel_study()
    stage.settle()
    assert {one[2] for one in reads_of(stage)} == {ReadState.CANCELED}
    stage.advance(10)
    stage.hospital.update_study(description="wanted after all")
    stage.settle()
    assert reads_of(stage) == [("preliminary", "us", ReadState.OPEN), ("final", "client", ReadState.AWAITED)]
