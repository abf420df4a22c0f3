"""A site in shadow, or a test study: everything runs, nobody is called, and what would have happened is shown."""

from __future__ import annotations

from typing import Any

import pytest

from handlers.domain.relays import Attempt, Ending, Outcome, RelayState
from handlers.domain.tasks import DeskTask, TaskKind
from tests.flows.stage import DESK, LEE, READS, Stage

SHADOW: list[dict[str, Any]] = [
    {"facility": "prairie", "ordering_contact": "prairie-clinician", "patient_state": "IN"},
    {"test": True},
]
EITHER = pytest.mark.parametrize("study", SHADOW, ids=["shadow-facility", "test-study"])


@EITHER
def test_nobody_is_called_and_the_desk_sees_the_ladder(stage: Stage, study: dict[str, Any]) -> None:
    """Every rung is tried in its time, as attempts that called nobody; at its end the desk reads what happened."""
    stage.stroke_ct(**study)
    stage.finding()
    stage.advance(minutes=30)
    assert not stage.exchange.calls
    assert not stage.exchange.messages
    relay = stage.relay()
    assert (relay.state, relay.ending, relay.shadow) == (RelayState.ENDED, Ending.SHADOW, True)
    tried = stage.attempts()
    assert {one.outcome for one in tried} == {Outcome.SHADOW}
    assert sorted(one.step for one in tried) == [0, 0, 1, 1, 2, 3]
    assert [(task.kind, task.rings) for task in stage.all(DeskTask)] == [(TaskKind.SHADOW, False)]
    assert not stage.open_tasks()
    stage.workspace.expect_message(DESK, "Shadow: this ladder ran to its end and nobody was called")


@EITHER
def test_the_card_says_so(stage: Stage, study: dict[str, Any]) -> None:
    """Nobody who looks at the card believes that somebody was reached."""
    stage.stroke_ct(**study)
    stage.finding()
    stage.advance(5)
    card = stage.card()
    assert "shadow" in card.words.lower() or "test" in card.words.lower()
    assert "nobody is called" in card.words
    stage.advance(minutes=30)
    thread = " ".join(one.words for one in stage.workspace.thread(READS, card.ts))
    assert "SHADOW" in thread
    assert "Would call" in thread
    assert "ended: shadow" in stage.card().words
    assert [task.kind for task in stage.tasks()] == [TaskKind.SHADOW]


@EITHER
def test_the_statement_is_no_communication(stage: Stage, study: dict[str, Any]) -> None:
    """The sentence for the report claims nothing."""
    from handlers import cases

    stage.stroke_ct(**study)
    stage.finding()
    stage.advance(minutes=30)
    said = cases.statement(stage.service.house, stage.case())
    assert "NOBODY WAS CALLED" in said
    assert "COMMUNICATED TO" not in said
    assert [task.kind for task in stage.tasks()] == [TaskKind.SHADOW]


def test_the_text_that_would_have_gone_out_is_shown(stage: Stage) -> None:
    """Recorded like the calls: nobody was texted, and nobody answered."""
    stage.stroke_ct(**SHADOW[0])
    stage.finding()
    stage.advance(10)
    assert not stage.exchange.messages
    (text,) = stage.all(Attempt, channel="sms")
    assert (text.outcome, text.who) == (Outcome.SHADOW, "prairie-clinician")
    assert not [one for one in stage.all(Attempt) if one.answered_at or one.inbound]
    thread = " ".join(one.words for one in stage.workspace.thread(READS, stage.card().ts))
    assert "Would text Jordan Reyes, NP" in thread
    stage.advance(minutes=30)
    assert len(stage.all(Attempt, channel="sms")) == 1
    assert [task.kind for task in stage.tasks()] == [TaskKind.SHADOW]


def test_no_task_of_a_site_in_shadow_rings(stage: Stage) -> None:
    """A finding without its study would ring the desk: in shadow its card says so, and no telephone does."""
    assert stage.hospital.report_critical_finding("SBX-LATE-1", "Free air.", facility="prairie")[0] == 202
    stage.settle()
    (task,) = stage.open_tasks()
    assert (task.kind, task.rings) == (TaskKind.FINDING_WITHOUT_STUDY, False)
    stage.advance(minutes=30)
    assert not stage.exchange.calls
    words = stage.workspace.expect_message(DESK, "SHADOW, nobody is called").words
    assert "Here the desk's phones would have rung" in words
    assert "<!here>" not in str([one.blocks for one in stage.workspace.messages(DESK)])


def test_a_shadow_relay_asks_nobody_to_find_a_contact(stage: Stage) -> None:
    """Nobody known ordered it: the thread says what would have been asked, and no task waits for an outcome."""
    stage.stroke_ct(test=True, ordering_contact=None)
    stage.finding()
    stage.advance(30)
    assert not stage.open_tasks()
    thread = " ".join(one.words for one in stage.workspace.thread(READS, stage.card().ts))
    assert "Would ask the desk to find somebody" in thread


def test_a_shadow_call_takes_no_line(stage: Stage) -> None:
    """A real relay to the same number is not kept waiting by a rehearsal."""
    stage.stroke_ct(test=True)
    stage.finding()
    assert not [one for one in stage.all(Attempt) if one.open_number]
    call = stage.critical_stroke()
    stage.exchange.expect_text(call.to)
    assert call.status == "ringing"
    call.busy()


def test_the_radiologist_is_told_that_nobody_is_called(stage: Stage) -> None:
    """Reporting from the card of a shadow site says so at once."""
    stage.stroke_ct(**SHADOW[0])
    stage.click(LEE, "claim")
    stage.advance(2)
    assert "nobody is called" in stage.report_by_modal(LEE, "1", "intracranial-hemorrhage")
    stage.advance(minutes=30)
    assert not stage.exchange.calls
    assert [task.kind for task in stage.tasks()] == [TaskKind.SHADOW]


def test_the_desk_s_phones_stay_silent_too(stage: Stage) -> None:
    """A finding whose policy leads nowhere would ring the desk; in shadow it is only shown."""
    stage.stroke_ct(test=True, ordering_contact=None)
    stage.finding(category=3)
    stage.advance(minutes=30)
    assert not stage.exchange.calls
    assert stage.relay().ending is Ending.SHADOW
    assert [task.kind for task in stage.tasks()] == [TaskKind.SHADOW]
