"""Overflow: opened by backlog or by late reads, its studies go to a pool of their own, closed again without flapping."""

from __future__ import annotations

from datetime import UTC, datetime

from handlers.domain.studies import Overflow, Read, ReadState
from handlers.domain.tasks import TaskKind
from tests.flows.covered import Begin, claim_and_report
from tests.flows.stage import READS, SECOND, Stage

SECTIONS = """
coverage:
  mercy-overflow:
    model: overflow
    facilities: [mercy]
    pool: second
    overflow: {opens: 3, closes: 1, late: 2, late_share: 80, at_least: 10m}
    effective: 2020-01-01
    expires: 2039-12-31
  mercy-final: {model: final, facilities: [mercy], effective: 2020-01-01, expires: 2039-12-31}
"""
MORNING = datetime(2026, 12, 2, 15, tzinfo=UTC)


def chest_films(stage: Stage, count: int) -> list[Read]:
    """Let routine films arrive; return their reads."""
    for _ in range(count):
        assert stage.hospital.send_routine_xr(ordering_contact="lakeside-family-medicine")[0] == 202
        stage.advance(1)
    return stage.all(Read)[-count:]


def changes(stage: Stage) -> list[str]:
    """Return each opening and closing in the record."""
    return [action for action in stage.actions() if action.startswith("overflow:")]


def told_second(stage: Stage, words: str) -> None:
    """Look at what the second pool's channel was told."""
    stage.workspace.expect_message(SECOND, words)


def test_overflow_opens_takes_what_comes_and_closes(covered: Begin) -> None:
    """The third waiting read opens it, the fourth goes to the other pool; it closes when one waits and its span is over."""
    stage = covered(SECTIONS, MORNING)
    first = chest_films(stage, 3)
    assert changes(stage) == ["overflow:open"]
    told_second(stage, "Overflow is open at Mercy: 3 of its reads wait.")
    assert [task.kind for task in stage.open_tasks()] == [TaskKind.OVERFLOW_OPEN]
    fourth = chest_films(stage, 1)[0]
    assert (fourth.coverage, fourth.pool) == ("mercy-overflow", "second")
    assert {read.pool for read in first} == {"night"}
    for read in first[:2]:
        claim_and_report(stage, read)
    assert changes(stage) == ["overflow:open"]
    stage.advance(minutes=11)
    assert changes(stage) == ["overflow:open", "overflow:close"]
    told_second(stage, "Overflow is closed at Mercy")
    assert stage.open_tasks() == []
    fifth = chest_films(stage, 1)[0]
    assert (fifth.coverage, fifth.pool) == ("mercy-final", "night")
    assert len(stage.workspace.messages(READS)) == 4


def test_between_the_marks_nothing_changes(covered: Begin) -> None:
    """Reads that come and go between the two marks, for an hour, open it once and close it never."""
    stage = covered(SECTIONS, MORNING)
    waiting = chest_films(stage, 3)
    told_second(stage, "Overflow is open")
    for _ in range(6):
        claim_and_report(stage, waiting.pop(0))
        stage.advance(minutes=10)
        stage.load("opens: 3", "opens: 9")  # a directory of the meantime: what is open stays open
        stage.load("opens: 9", "opens: 3")
        stage.settle()
        assert changes(stage) == ["overflow:open"]
        if len(waiting) == 2:
            break
    assert [task.kind for task in stage.open_tasks()] == [TaskKind.OVERFLOW_OPEN]
    assert stage.all(Overflow)[0].closed_at is None


def test_late_reads_open_it_at_their_instant(covered: Begin) -> None:
    """Two STAT studies that nobody claims: at 80 % of their time overflow opens, though few wait; nobody had to send anything."""
    stage = covered(SECTIONS, MORNING)
    stage.stroke_ct(priority="stat")
    stage.stroke_ct(priority="stat")
    left = (stage.read().due_at - stage.clock.now()).total_seconds()
    stage.advance(left * 0.79)
    assert changes(stage) == []
    stage.advance(left * 0.02)
    assert [one.reason for one in stage.all(Overflow)] == ["late"]
    told_second(stage, "Overflow is open")
    stage.open_tasks()


def test_what_overflow_took_stays_with_it_when_the_order_says_more(covered: Begin) -> None:
    """Overflow has closed meanwhile: a body part that is named later moves neither this study nor one from before."""
    stage = covered(SECTIONS, MORNING)
    before = chest_films(stage, 3)
    told_second(stage, "Overflow is open")
    stage.open_tasks()
    (taken,) = chest_films(stage, 1)
    stage.advance(1)
    for read in before[:2]:
        claim_and_report(stage, read)
    stage.advance(minutes=12)
    told_second(stage, "Overflow is closed")
    for at in (2, 3):
        stage.hospital.update_study(stage.hospital.studies[at].accession_number, body_part="HAND")
    stage.settle()
    assert {one.state for one in stage.all(Read, id=(before[2].id, taken.id))} == {ReadState.OPEN}
    assert len(stage.all(Read)) == 4


def test_an_agreement_that_left_closes_its_overflow(covered: Begin) -> None:
    """A directory without it: at the next look it is closed, with the desk's task."""
    stage = covered(SECTIONS, MORNING)
    chest_films(stage, 3)
    told_second(stage, "Overflow is open")
    stage.open_tasks()
    text = stage.directory_file.read_text()
    gone = text[text.index("  mercy-overflow:") : text.index("  mercy-final:")]
    stage.load(gone, "")
    stage.advance(minutes=6)
    assert changes(stage) == ["overflow:open", "overflow:close"]
    assert stage.open_tasks() == []
