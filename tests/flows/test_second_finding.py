"""Two findings on one study, or one finding told by two systems, are one conversation."""

from __future__ import annotations

import pytest

from handlers import hands
from handlers.domain.relays import Ending, Relay, RelayState
from handlers.domain.studies import Finding, FindingState
from handlers.domain.tasks import TaskKind
from tests.flows.acts import (
    confirm,
    desk_takes,
    dialed,
    exhaust,
    hear_out,
    hear_the_finding,
    key_back,
    log_by_hand,
    look_at_everything,
)
from tests.flows.stage import DESK, DESK_PHONE, KIM, LEE, Stage

SECOND = "Free intraperitoneal air."


@pytest.mark.usefixtures("fault")
def test_a_second_finding_joins_the_ringing_call(stage: Stage) -> None:
    """One call, both findings, one code."""
    call = stage.critical_stroke()
    hear_out(stage)
    stage.finding(text=SECOND)
    assert len(stage.all(Relay)) == 1
    said = hear_the_finding(stage, call).lower()
    assert "subdural hematoma" in said
    assert "free intraperitoneal air" in said
    key_back(stage, call)
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE
    assert stage.exchange.calls == [call]


@pytest.mark.usefixtures("fault")
def test_a_second_finding_while_the_first_is_heard(stage: Stage) -> None:
    """The code of the telling without it confirms nothing; both are told, then it does."""
    call = stage.critical_stroke()
    hear_out(stage)
    hear_the_finding(stage, call)
    stage.finding(text=SECOND)
    said = key_back(stage, call).lower()
    assert "free intraperitoneal air" in said
    assert "subdural hematoma" in said
    key_back(stage, call)
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE
    assert stage.exchange.calls == [call]


def test_the_same_finding_from_two_systems_is_one_conversation(stage: Stage) -> None:
    """The second says nothing new: nothing is told twice, and the code of the telling stays good."""
    call = stage.critical_stroke()
    hear_out(stage)
    hear_the_finding(stage, call)
    stage.finding()
    assert sorted(one.state for one in stage.all(Finding)) == [FindingState.RELAYED, FindingState.REPEATED]
    assert "confirmed" in key_back(stage, call).lower()
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE
    assert dialed(stage, KIM) == [call]


def test_from_the_card_and_from_outside_are_one_conversation(stage: Stage) -> None:
    """The radiologist reports it in Slack, and the reporting system a minute later: one call tells both wordings."""
    stage.stroke_ct()
    stage.click(LEE, "claim")
    stage.advance(2)
    stage.report_by_modal(LEE, "1", "intracranial-hemorrhage")
    call = stage.rings(KIM)
    hear_out(stage)
    stage.finding()
    said = hear_the_finding(stage, call).lower()
    assert "intracranial hemorrhage" in said
    assert "subdural hematoma" in said
    key_back(stage, call)
    assert len(stage.all(Relay)) == 1


def test_at_the_desk_it_asks(stage: Stage) -> None:
    """Somebody has the relay by name already: the second finding is a task of its own, which rings."""
    stage.stroke_ct()
    stage.finding()
    exhaust(stage)
    look_at_everything(stage, {DESK_PHONE: 1}, {KIM: 1})
    desk_takes(stage)
    stage.advance(20)
    stage.finding(text=SECOND)
    assert {task.kind for task in stage.open_tasks()} == {TaskKind.LADDER_EXHAUSTED, TaskKind.SECOND_FINDING}
    stage.advance(5)
    stage.workspace.expect_message(DESK, "Another finding was reported")
    desk_takes(stage)
    log_by_hand(stage)
    assert not stage.open_tasks()
    stage.advance(60)


def test_after_the_end_it_begins_a_new_relay(stage: Stage) -> None:
    """What was confirmed stays confirmed; the second finding is called through on its own."""
    confirm(stage, stage.critical_stroke())
    hear_out(stage)
    stage.advance(60)
    stage.finding(text=SECOND)
    call = stage.rings(KIM)
    hear_out(stage)
    said = hear_the_finding(stage, call).lower()
    assert "free intraperitoneal air" in said
    assert "subdural" not in said
    key_back(stage, call)
    assert [one.ending for one in stage.all(Relay)] == [Ending.CONFIRMED_BY_CODE] * 2


def test_a_repeat_after_the_end_calls_nobody_again(stage: Stage) -> None:
    """The second system is slow: what it tells was confirmed a minute ago; the desk is asked in Slack."""
    confirm(stage, stage.critical_stroke())
    hear_out(stage)
    stage.advance(60)
    stage.finding()
    stage.advance(5)
    stage.exchange.nothing_rings()
    assert len(stage.all(Relay)) == 1
    assert "finding:repeat" in stage.actions()
    assert [(task.kind, task.rings) for task in stage.open_tasks()] == [(TaskKind.SECOND_FINDING, False)]


def test_one_readers_withdrawal_leaves_anothers_finding_to_be_told(stage: Stage) -> None:
    """Dr. Lee withdraws hers: Dr. Stone's goes on under her name, in the same call, and only she may withdraw it."""
    call = stage.critical_stroke()
    hear_out(stage)
    stage.finding(text=SECOND, found_by="stone")
    assert "goes on with another reader's finding" in stage.command(LEE, f"withdraw {stage.case()}")
    said = hands.withdraw(stage.service.house, stage.case(), LEE, "withdraw")
    stage.settle()
    assert "Your finding is withdrawn." in said
    assert "goes on with that of Dr. Ruth Stone" in said
    assert (stage.relay().delegated_by, stage.relay().state) == ("stone", RelayState.CALLING)
    assert "Only the radiologist whose finding it is" in stage.command(LEE, f"withdraw {stage.case()}")
    said = hear_the_finding(stage, call).lower()
    assert "free intraperitoneal air" in said
    assert "subdural hematoma" not in said
    key_back(stage, call)
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE
    states = {one.found_by: one.state for one in stage.all(Finding)}
    assert states == {"lee": FindingState.RETRACTED, "stone": FindingState.RELAYED}
    assert stage.exchange.calls == [call]


def test_the_last_finding_of_its_own_ends_the_relay(stage: Stage) -> None:
    """Both are hers: the question says so, and nobody is called any more."""
    call = stage.critical_stroke()
    hear_out(stage)
    stage.finding(text=SECOND)
    assert "Withdraw your 2 findings" in stage.command(LEE, f"withdraw {stage.case()}")
    assert "Calls that rang were hung up." in hands.withdraw(stage.service.house, stage.case(), LEE, "withdraw")
    stage.settle()
    assert stage.relay().ending is Ending.WITHDRAWN
    assert not call.is_live


def test_a_reader_who_reports_it_once_more_is_told_that_it_is_told_already(stage: Stage) -> None:
    """No call is placed for a repeat, and a further finding joins the relay: the answer says which of them it was."""
    stage.stroke_ct()
    stage.click(LEE, "claim")
    stage.advance(2)
    assert "The call is being placed" in stage.report_by_modal(LEE, "1", "intracranial-hemorrhage")
    call = stage.rings(KIM)
    hear_out(stage)
    again = stage.report_by_modal(LEE, "1", "intracranial-hemorrhage")
    assert "Reported already; the relay goes on." in again
    other = stage.report_by_modal(LEE, "1", "large-vessel-occlusion")
    assert "It joined the relay that is running (category 1)." in other
    confirm(stage, call)
    assert stage.exchange.calls == [call]
