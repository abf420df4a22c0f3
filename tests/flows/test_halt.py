"""``/relay halt`` stops all calls of a site or of everybody; nothing is forgotten, and ``resume`` goes on from there."""

from __future__ import annotations

import pytest

from handlers.domain.relays import Ending, Outcome, Relay, RelayState
from handlers.domain.tasks import TaskKind
from tests.flows import faults
from tests.flows.acts import (
    advance_until_ringing,
    confirm,
    dialed,
    hear_out,
    hear_the_finding,
    key_back,
    look_at_everything,
    nurse_confirms,
)
from tests.flows.stage import CHARGE, DESK, DESK_PHONE, DESK_PHONE_2, KIM, LEE, OKAFOR, QUINN, Stage


def the_desk_knows_that_it_is_held(stage: Stage) -> None:
    """Assert that the relay is held, and that the desk is asked in one task."""
    assert stage.relay().state is RelayState.HELD
    assert [task.kind for task in stage.open_tasks()] == [TaskKind.HALTED]


@pytest.mark.usefixtures("fault")
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
    second = advance_until_ringing(stage, KIM, minutes=3)
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


@pytest.mark.usefixtures("fault")
def test_a_live_conversation_that_ends_unconfirmed_is_then_held(stage: Stage) -> None:
    """The wrong person was on the line: the next rung is not called, the relay is held."""
    call = stage.critical_stroke()
    hear_out(stage)
    call.answer()
    stage.settle()
    stage.command(QUINN, "halt")
    stage.press(call, "9")
    stage.advance(minutes=12)
    the_desk_knows_that_it_is_held(stage)
    assert stage.exchange.calls == [call]
    stage.command(QUINN, "resume")
    nurse = advance_until_ringing(stage, CHARGE, minutes=1)
    nurse_confirms(stage, nurse)
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
    the_desk_knows_that_it_is_held(stage)
    assert stage.exchange.calls == [call]


def test_a_halt_is_announced_to_the_desk_and_so_is_its_end(stage: Stage) -> None:
    """Who, where and how it is ended; once, whoever else halts meanwhile; a resume that lifts nothing announces nothing."""
    stage.command(QUINN, "halt Mercy")
    stage.command(QUINN, "halt mercy")
    stage.command(QUINN, "resume MERCY")
    stage.command(QUINN, "resume mercy")
    stage.command(QUINN, "halt all")
    stage.command(QUINN, "resume all")
    stage.advance(10)
    assert [one.text for one in stage.workspace.messages(DESK)] == [
        "Calls of Mercy are halted by Pat Quinn. Nothing is dialed until `/relay resume mercy`.",
        "Resumed by Pat Quinn. Calls of Mercy go on.",
        "Calls of all facilities are halted by Pat Quinn. Nothing is dialed until `/relay resume`.",
        "Resumed by Pat Quinn. Calls of all facilities go on.",
    ]


def test_another_site_goes_on(stage: Stage) -> None:
    """A halt of one site is its own."""
    stage.command(QUINN, "halt mercy")
    stage.stroke_ct(facility="lakeside", ordering_contact="lakeside-ed-physician", patient_state="NY")
    stage.finding()
    assert stage.rings(OKAFOR).status == "ringing"
    look_at_everything(stage, {}, {OKAFOR: 1})


def test_one_site_s_resume_does_not_lift_the_halt_for_all(stage: Stage) -> None:
    """Both halts are in force until both are lifted."""
    stage.stroke_ct()
    stage.command(QUINN, "halt")
    stage.command(QUINN, "halt mercy")
    stage.finding()
    said = stage.command(QUINN, "resume mercy")
    assert "go on" not in said
    assert "halt of Mercy is lifted, but calls of all facilities are halted" in said
    assert "`/relay resume`" in said
    stage.advance(minutes=5)
    assert not stage.exchange.calls
    assert [task.kind for task in stage.open_tasks()] == [TaskKind.HALTED]
    assert "Calls of all facilities go on." in stage.command(QUINN, "resume")
    hear_out(stage)
    confirm(stage, stage.rings(KIM))


def test_the_resume_for_all_names_the_sites_that_stay_halted(stage: Stage) -> None:
    """A site's own halt outlives the halt for all, and whoever lifts that is told which, by the site's name."""
    call = stage.critical_stroke()
    hear_out(stage)
    for halted in ("halt", "halt mercy", "halt lakeside"):
        stage.command(QUINN, halted)
    said = stage.command(QUINN, "resume")
    assert "but Lakeside and Mercy have halts of their own" in said
    assert "`/relay resume lakeside`" in said
    assert "`/relay resume mercy`" in said
    stage.advance(minutes=5)
    assert stage.exchange.calls == [call]
    assert "Calls of Mercy go on." in stage.command(QUINN, "resume mercy")
    again = advance_until_ringing(stage, KIM, minutes=1)
    hear_out(stage)
    confirm(stage, again)
    stage.command(QUINN, "resume lakeside")
    assert [task.kind for task in stage.tasks()] == [TaskKind.HALTED]


def test_resuming_what_is_not_halted_says_so(stage: Stage) -> None:
    """Nothing was lifted, so nothing is claimed to have been."""
    assert "Calls of Mercy were not halted." in stage.command(QUINN, "resume mercy")
    assert "Calls of all facilities were not halted." in stage.command(QUINN, "resume")
    stage.command(QUINN, "halt mercy")
    said = stage.command(QUINN, "resume")
    assert "Mercy has a halt of its own" in said
    stage.command(QUINN, "resume mercy")


def test_one_site_s_trouble_keeps_no_other_site_ringing(stage: Stage) -> None:
    """Lakeside's calls cannot be hung up at first: Mercy's are, the person is told which ring on, and halts again."""
    mercy = stage.critical_stroke()
    hear_out(stage)
    stage.stroke_ct(facility="lakeside", ordering_contact="lakeside-ed-physician", patient_state="NY")
    stage.finding()
    lakeside = advance_until_ringing(stage, OKAFOR, minutes=1)
    hear_out(stage, OKAFOR)
    with faults.calls_cannot_change(stage, "lakeside"):
        said = stage.command(QUINN, "halt")
        assert "Calls of all facilities are halted" in said
        assert "Lakeside" in said
        assert "may ring on" in said
        assert "nothing was changed" not in said
    assert (mercy.is_live, lakeside.is_live) == (False, True)
    said = stage.command(QUINN, "halt")
    assert "halted already" in said
    assert "ring on" not in said
    assert not lakeside.is_live
    assert {one.state for one in stage.all(Relay)} == {RelayState.HELD}
    assert stage.actions().count("calls:halt") == 1
    stage.advance(minutes=5)
    assert stage.exchange.calls == [mercy, lakeside]
    halted = sorted((task.kind, task.facility) for task in stage.open_tasks())
    assert halted == [(TaskKind.HALTED, "lakeside"), (TaskKind.HALTED, "mercy")]


def test_one_site_s_trouble_keeps_no_other_site_held(stage: Stage) -> None:
    """The same when calls are let go on: what went wrong is told by its site, and a second resume mends it."""
    mercy = stage.critical_stroke()
    hear_out(stage)
    stage.command(QUINN, "halt")
    with faults.calls_cannot_change(stage, "mercy"):
        said = stage.command(QUINN, "resume")
        assert "nothing was changed" not in said
        assert "Mercy" in said
        assert "`/relay resume`" in said
    stage.advance(minutes=2)
    assert stage.exchange.calls == [mercy]
    assert [task.kind for task in stage.open_tasks()] == [TaskKind.HALTED]
    stage.command(QUINN, "resume")
    again = advance_until_ringing(stage, KIM, minutes=1)
    hear_out(stage)
    confirm(stage, again)


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
    look_at_everything(stage, {DESK_PHONE: 1, DESK_PHONE_2: 1})


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
    the_desk_knows_that_it_is_held(stage)
    look_at_everything(stage, {}, {KIM: 1})
