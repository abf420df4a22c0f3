"""A finding that was entered in error: every pending attempt stops at once, and whoever was told is listed and told."""

from __future__ import annotations

import pytest

from handlers.domain.relays import Ending, Outcome, RelayState
from handlers.domain.studies import Finding, FindingState
from handlers.domain.tasks import TaskKind, TaskState
from tests.flows.acts import confirm, desk_takes, dialed, hear_out, hear_the_finding, key_back, look_at_everything
from tests.flows.stage import CHARGE, DESK, DESK_PHONE, DESK_PHONE_2, KIM, LEE, Stage


def retract(stage: Stage) -> None:
    """Say, as the site, that the finding was entered in error."""
    assert stage.hospital.retract_finding()[0] == 202
    stage.settle()


@pytest.mark.usefixtures("fault")
def test_while_it_rings_it_is_hung_up_and_nobody_else_is_called(stage: Stage) -> None:
    """The ringing stops in the same instant; no rung follows, however long one waits."""
    call = stage.critical_stroke()
    hear_out(stage)
    stage.click(LEE, "claim")  # whose finding it was; an unclaimed stroke would ring the desk
    retract(stage)
    assert not call.is_live
    relay = stage.relay()
    assert (relay.state, relay.ending) == (RelayState.ENDED, Ending.RETRACTED)
    assert stage.attempts()[0].outcome is Outcome.CANCELED
    stage.advance(minutes=40)
    assert stage.exchange.calls == [call]
    assert not stage.open_tasks()
    assert "retracted" in stage.card().words


@pytest.mark.usefixtures("fault")
def test_between_two_tries_nobody_is_called_again(stage: Stage) -> None:
    """The retry that was planned is forgotten."""
    call = stage.critical_stroke()
    hear_out(stage)
    stage.click(LEE, "claim")  # whose finding it was; an unclaimed stroke would ring the desk
    call.busy()
    stage.settle()
    retract(stage)
    stage.advance(minutes=40)
    assert stage.exchange.calls == [call]


def test_before_the_finding_was_said_the_next_turn_says_retracted(stage: Stage) -> None:
    """Somebody has just answered: they hear that it was retracted, and no finding."""
    call = stage.critical_stroke()
    hear_out(stage)
    call.answer()
    stage.settle()
    retract(stage)
    assert call.status == "in-progress"
    said = stage.press(call, "1").lower()
    assert "withdrawn this result" in said
    assert "hematoma" not in said
    stage.advance(30)
    assert not call.is_live
    assert not stage.open_tasks()


@pytest.mark.usefixtures("fault")
def test_after_the_finding_was_said_the_next_turn_says_retracted_and_the_desk_rings(stage: Stage) -> None:
    """The code of a retracted finding confirms nothing; whoever heard it is listed for the desk."""
    call = stage.critical_stroke()
    hear_out(stage)
    assert "hematoma" in hear_the_finding(stage, call)
    retract(stage)
    assert [(task.kind, task.state) for task in stage.open_tasks()] == [
        (TaskKind.RETRACTED_AFTER_TELLING, TaskState.OPEN)
    ]
    desk_takes(stage)
    assert stage.open_tasks()[0].state is TaskState.TAKEN
    said = key_back(stage, call).lower()
    assert "withdrawn this result" in said
    assert stage.relay().ending is Ending.RETRACTED


def test_after_it_was_confirmed_the_desk_rings_and_the_page_lists_who_was_told(stage: Stage) -> None:
    """The relay had ended: its ending stands, and a human calls everyone who heard it."""
    confirm(stage, stage.critical_stroke())
    hear_out(stage)
    stage.advance(60)
    retract(stage)
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE
    desk_takes(stage)
    stage.advance(5)
    card = stage.workspace.expect_message(DESK, "retracted after somebody had been told")
    assert stage.case() in card.words
    told = [one for one in stage.attempts() if one.told_at is not None]
    assert [one.who for one in told] == ["mercy-ed-physician"]
    stage.advance(minutes=5)


def test_two_rungs_that_heard_it_are_both_listed(stage: Stage) -> None:
    """The physician heard it and hung up, the nurse hears it now: both are among the told."""
    call = stage.critical_stroke()
    hear_out(stage)
    hear_the_finding(stage, call)
    stage.listen(call)
    stage.advance(2)
    call.hang_up()
    stage.settle()
    nurse = stage.rings(CHARGE)
    nurse.answer()
    stage.settle()
    stage.press(nurse, "2")
    retract(stage)
    assert "withdrawn this result" in key_back(stage, nurse).lower()
    assert [one.who for one in stage.attempts() if one.told_at is not None] == [
        "mercy-ed-physician",
        "mercy-ed-charge",
    ]
    desk_takes(stage)


def test_one_of_two_findings_is_retracted(stage: Stage) -> None:
    """The relay goes on with the one that remains, and tells only that."""
    call = stage.critical_stroke()
    hear_out(stage)
    stage.finding(text="Free intraperitoneal air.")
    assert stage.hospital.retract_finding(replaces="Free intraperitoneal air.")[0] == 202
    stage.settle()
    assert call.status == "ringing"
    said = hear_the_finding(stage, call).lower()
    assert "hematoma" in said
    assert "free intraperitoneal" not in said
    key_back(stage, call)
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE


def test_a_waiting_finding_is_retracted(stage: Stage) -> None:
    """Its study never came: the desk's task is settled, its phones stop, and a study that comes later calls nobody."""
    assert stage.hospital.report_critical_finding("SBX9", "Free air.")[0] == 202
    stage.advance(1)
    look_at_everything(stage, {DESK_PHONE: 1, DESK_PHONE_2: 1})
    assert [task.kind for task in stage.open_tasks()] == [TaskKind.FINDING_WITHOUT_STUDY]
    assert stage.hospital.retract_finding("SBX9")[0] == 202
    stage.settle()
    assert not stage.open_tasks()
    stage.exchange.nothing_rings()
    stage.stroke_ct(accession_number="SBX9", priority="routine")
    stage.advance(minutes=10)
    assert not dialed(stage, KIM)
    assert [one.state for one in stage.all(Finding)] == [FindingState.RETRACTED]
