"""``/relay halt`` stops all calls of a site or of everybody; nothing is forgotten, and ``resume`` goes on from there."""

from __future__ import annotations

import pytest

from handlers.domain.relays import Ending, Outcome, RelayState
from handlers.domain.tasks import TaskKind
from tests.flows.acts import (
    advance_until_ringing,
    confirm,
    dialed,
    hear_out,
    hear_the_finding,
    key_back,
    look_at_everything,
)
from tests.flows.stage import CHARGE, DESK, KIM, LEE, QUINN, Stage

OKAFOR = "+12125550111"


@pytest.mark.parametrize("where", ["mercy", ""], ids=["facility", "all"])
def test_what_rings_is_hung_up_and_resumed(stage: Stage, where: str) -> None:
    """The ringing stops at once, the relay is held, the desk told; resume calls again and it is confirmed."""
    first = stage.critical_stroke()
    hear_out(stage)
    assert "halted" in stage.command(QUINN, f"halt {where}").lower()
    assert not first.is_live
    assert stage.attempts()[0].outcome is Outcome.CANCELED
    assert stage.relay().state is RelayState.HELD
    assert [task.kind for task in stage.open_tasks()] == [TaskKind.HALTED]
    stage.advance(minutes=30)
    assert stage.exchange.calls == [first]
    assert "held (halt)" in stage.card().words
    stage.command(QUINN, f"resume {where}")
    second = advance_until_ringing(stage, KIM, minutes=1)
    hear_out(stage)
    confirm(stage, second)
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE
    assert not stage.open_tasks()


def test_nothing_is_dialed_while_halted(stage: Stage) -> None:
    """A finding that comes meanwhile is recorded, held and told to the desk; no call, no text."""
    stage.command(QUINN, "halt mercy")
    stage.stroke_ct()
    stage.finding()
    stage.advance(minutes=30)
    assert not stage.exchange.calls
    assert not stage.exchange.messages
    assert stage.relay().state is RelayState.HELD
    stage.workspace.expect_message(DESK, "while calls are halted")
    stage.command(QUINN, "resume mercy")
    hear_out(stage)
    confirm(stage, stage.rings(KIM))


def test_a_live_conversation_is_left_to_end(stage: Stage) -> None:
    """The clinician on the line hears it and confirms: that ends the relay, halted or not."""
    call = stage.critical_stroke()
    hear_out(stage)
    hear_the_finding(stage, call)
    stage.command(QUINN, "halt")
    assert call.status == "in-progress"
    assert "confirmed" in key_back(stage, call).lower()
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE


def test_a_live_conversation_that_ends_unconfirmed_is_then_held(stage: Stage) -> None:
    """The wrong person was on the line: the next rung is not called, the relay is held."""
    call = stage.critical_stroke()
    hear_out(stage)
    call.answer()
    stage.settle()
    stage.command(QUINN, "halt")
    stage.press(call, "9")
    stage.advance(minutes=12)
    assert stage.relay().state is RelayState.HELD
    assert stage.exchange.calls == [call]
    stage.command(QUINN, "resume")
    nurse = advance_until_ringing(stage, CHARGE, minutes=1)
    nurse.answer()
    stage.settle()
    stage.press(nurse, "2")
    key_back(stage, nurse)
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE


def test_a_conversation_longer_than_its_rung_is_held_after_it(stage: Stage) -> None:
    """Hold, please: the rung's time passes while they look for the doctor and calls are halted."""
    call = stage.critical_stroke()
    hear_out(stage)
    call.answer()
    stage.settle()
    stage.press(call, "3")
    stage.command(QUINN, "halt mercy")
    stage.advance(minutes=2)
    assert call.status == "in-progress"
    call.hang_up()
    stage.advance(minutes=10)
    assert stage.relay().state is RelayState.HELD
    assert stage.exchange.calls == [call]


def test_another_site_goes_on(stage: Stage) -> None:
    """A halt of one site is its own."""
    stage.command(QUINN, "halt mercy")
    stage.stroke_ct(facility="lakeside", ordering_contact="lakeside-ed-physician", patient_state="NY")
    stage.finding()
    assert stage.rings(OKAFOR).status == "ringing"
    look_at_everything(stage)


def test_one_site_s_resume_does_not_lift_the_halt_for_all(stage: Stage) -> None:
    """Both halts are in force until both are lifted."""
    stage.stroke_ct()
    stage.command(QUINN, "halt")
    stage.command(QUINN, "halt mercy")
    stage.finding()
    stage.command(QUINN, "resume mercy")
    stage.advance(minutes=5)
    assert not stage.exchange.calls
    stage.command(QUINN, "resume")
    hear_out(stage)
    confirm(stage, stage.rings(KIM))


def test_the_desk_s_phones_are_silent_and_its_channel_is_not(stage: Stage) -> None:
    """Halted, the desk is called in Slack every round, and no telephone rings."""
    stage.command(QUINN, "halt mercy")
    assert stage.hospital.report_critical_finding("SBX-NONE", "Free air.")[0] == 202
    stage.advance(minutes=11)
    assert not stage.exchange.calls
    (task,) = stage.open_tasks()
    assert (task.kind, task.rounds) == (TaskKind.FINDING_WITHOUT_STUDY, 3)
    card = stage.desk_card()
    assert any("Calls are halted" in one.words for one in stage.workspace.thread(DESK, card.thread_ts or card.ts))
    stage.command(QUINN, "resume mercy")
    stage.advance(minutes=5)
    assert stage.exchange.calls
    look_at_everything(stage)


def test_a_radiologist_may_not_halt(stage: Stage) -> None:
    """Stopping all calls is a PACS administrator's."""
    call = stage.critical_stroke()
    hear_out(stage)
    said = stage.command(LEE, "halt")
    assert "administrator" in said.lower()
    confirm(stage, call)


def test_what_was_queued_when_it_was_halted_never_leaves(stage: Stage) -> None:
    """The vendor asked for patience, then everything was halted: the queued call is not sent."""
    stage.stroke_ct()
    stage.exchange.faults.next_create("429")
    stage.finding()
    stage.command(QUINN, "halt mercy")
    stage.advance(minutes=10)
    assert not dialed(stage, KIM)
    assert stage.relay().state is RelayState.HELD
    look_at_everything(stage)
