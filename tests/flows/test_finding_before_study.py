"""A finding whose study has not arrived waits, and a human is rung at once."""

from __future__ import annotations

from typing import Any

from handlers.domain.relays import Ending, Relay
from handlers.domain.studies import Finding, FindingState
from handlers.domain.tasks import TaskKind, TaskState
from tests.flows.acts import confirm, dialed, hear_out, hear_the_finding, key_back, look_at_everything
from tests.flows.stage import DESK, DESK_PHONE, DESK_PHONE_2, KIM, Stage

ACCESSION = "SBX-LATE-1"


def finding_first(stage: Stage, text: str = "Free air.", **over: Any) -> None:
    """Report a finding as the first thing that is heard of this accession."""
    assert stage.hospital.report_critical_finding(ACCESSION, text, **over)[0] == 202
    stage.settle()


def test_the_desk_rings_at_once_and_nobody_else(stage: Stage) -> None:
    """Its phones and its channel; no clinician is called for a patient nobody knows."""
    finding_first(stage)
    stage.advance(2)
    assert [task.kind for task in stage.open_tasks()] == [TaskKind.FINDING_WITHOUT_STUDY]
    stage.rings(DESK_PHONE)
    stage.rings(DESK_PHONE_2)
    card = stage.workspace.expect_message(DESK, "study that has not arrived")
    assert ACCESSION not in str(card.blocks) + card.text
    assert not stage.all(Relay)


def test_the_study_arrives_and_the_relay_starts(stage: Stage) -> None:
    """The task is settled, the desk's phones stop, and the clinician is called."""
    finding_first(stage)
    stage.advance(2)
    desk = [stage.rings(DESK_PHONE), stage.rings(DESK_PHONE_2)]
    stage.stroke_ct(accession_number=ACCESSION)
    assert not stage.open_tasks()
    assert not any(one.is_live for one in desk)
    call = stage.rings(KIM)
    hear_out(stage)
    assert "free air" in hear_the_finding(stage, call).lower()
    key_back(stage, call)
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE
    assert stage.all(Finding)[0].state is FindingState.RELAYED
    assert stage.all(Finding)[0].study_id == stage.study().id


def test_it_keeps_ringing_until_taken(stage: Stage) -> None:
    """Every five minutes, until somebody takes it by name; the study may still come afterwards."""
    finding_first(stage)
    stage.advance(40)
    stage.exchange.nothing_rings()
    stage.advance(minutes=4, seconds=25)
    look_at_everything(stage, {DESK_PHONE: 2, DESK_PHONE_2: 2})
    assert stage.open_tasks()[0].rounds == 2
    call = stage.rings(DESK_PHONE)
    call.answer()
    stage.settle()
    stage.press(call, "1")
    assert stage.open_tasks()[0].state is TaskState.TAKEN
    stage.stroke_ct(accession_number=ACCESSION)
    assert not stage.open_tasks()
    look_at_everything(stage, {KIM: 1}, {KIM: 1})
    confirm(stage, stage.rings(KIM))
    look_at_everything(stage)


def test_two_findings_wait_and_are_one_call(stage: Stage) -> None:
    """Both are told in the one call that begins when the study arrives."""
    finding_first(stage)
    stage.advance(1)
    finding_first(stage, "Splenic laceration.")
    stage.advance(1)
    look_at_everything(stage, {DESK_PHONE: 1, DESK_PHONE_2: 1})
    assert [task.kind for task in stage.open_tasks()] == [TaskKind.FINDING_WITHOUT_STUDY] * 2
    stage.stroke_ct(accession_number=ACCESSION)
    call = stage.rings(KIM)
    hear_out(stage)
    said = hear_the_finding(stage, call).lower()
    assert "free air" in said
    assert "splenic laceration" in said
    key_back(stage, call)
    assert not stage.open_tasks()
    assert dialed(stage, KIM) == [call]
    look_at_everything(stage)


def test_amended_while_it_waits(stage: Stage) -> None:
    """What is told when the study comes is what is true then."""
    finding_first(stage)
    stage.advance(1)
    look_at_everything(stage, {DESK_PHONE: 1, DESK_PHONE_2: 1})
    assert [task.kind for task in stage.open_tasks()] == [TaskKind.FINDING_WITHOUT_STUDY]
    assert stage.hospital.amend_finding("No free air; large bowel loop. Aortic dissection.", ACCESSION)[0] == 202
    stage.settle()
    stage.stroke_ct(accession_number=ACCESSION)
    call = stage.rings(KIM)
    hear_out(stage)
    said = hear_the_finding(stage, call).lower()
    assert "aortic dissection" in said
    key_back(stage, call)
    assert not stage.open_tasks()
    assert [task.state for task in stage.tasks()] == [TaskState.DONE] * 2
    look_at_everything(stage)
