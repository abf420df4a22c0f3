"""An unclaimed stroke rings whoever is on call: 1 claims it, judged like a click; whoever cannot is not waited for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from handlers.domain.relays import Outcome, Purpose
from handlers.domain.studies import ReadState
from handlers.domain.tasks import TaskKind, TaskState
from sandbox.exchange import Call
from tests.flows.acts import dialed, look_at_everything
from tests.flows.ringing import answer, let_ring, over, until_rings
from tests.flows.stage import DESK_PHONE, DESK_PHONE_2, LEE_PHONE, QUINN, READS, STONE, Stage

Begin = Callable[[datetime], Stage]
#: 10:00 in Chicago: Dr. Lee is on call until 19:00, Pat Quinn at the desk.
MORNING = datetime(2026, 6, 1, 15, tzinfo=UTC)
LEE_IL = "{state: IL, number: IL-036-100001, expires: 2039-12-31}"


@pytest.fixture
def stage(rostered: Begin) -> Stage:
    """Let a stroke arrive that nobody claims."""
    begun = rostered(MORNING)
    begun.stroke_ct()
    return begun


def rung(stage: Stage) -> Call:
    """Return the call to whoever is on call, once a fifth of the time is gone."""
    return until_rings(stage, LEE_PHONE, 5)


def told(stage: Stage, why: str) -> None:
    """Check that the read's thread and the desk's card say why nobody has it, and that its time is not the reason."""
    stage.advance(2)
    thread = [one.text for one in stage.workspace.thread(READS, stage.card().ts)]
    assert f"{why} The desk is asked to find a reader." in thread
    assert f"Nobody has this read. {why}" in stage.desk_card().words
    assert "time is gone" not in stage.desk_card().words


def test_one_claims_it(stage: Stage) -> None:
    """She hears what, where and how long; no name, no number of a patient; then it is hers, on the card too."""
    call = rung(stage)
    said = answer(stage, call)
    assert "for Dr. Maya Lee: nobody has a stroke C T at Mercy" in said
    assert "minutes left; press 1 to claim it" in said
    assert "it is yours" in stage.press(call, "1")
    assert (stage.read().state, stage.read().claimed_by) == (ReadState.CLAIMED, "lee")
    over(stage, call)
    stage.advance(5)
    assert "Claimed by Dr. Maya Lee" in stage.card().words
    assert stage.attempts()[-1].outcome is Outcome.TAKEN
    assert [one for one in stage.actions() if one.startswith("read:")][-2:] == ["read:ring", "read:claim"]
    stage.advance(minutes=5)
    assert len(dialed(stage, LEE_PHONE)) == 1


def test_who_claims_in_slack_meanwhile_stops_the_telephone(stage: Stage) -> None:
    """It rings no more; whoever had answered already is told who has it."""
    call = rung(stage)
    answer(stage, call)
    stage.click(STONE, "claim")
    assert "Dr. Ruth Stone has it already" in stage.press(call, "1")
    assert stage.read().claimed_by == "stone"
    over(stage, call)


def test_a_claim_while_it_rings_hangs_up(stage: Stage) -> None:
    """Nobody is woken for what is done."""
    call = rung(stage)
    stage.click(STONE, "claim")
    assert not call.is_live
    stage.advance(minutes=5)
    assert len(dialed(stage, LEE_PHONE)) == 1


def test_two_passes_it_to_the_desk_at_once(stage: Stage) -> None:
    """The desk's telephones ring without waiting for four fifths of the time."""
    call = rung(stage)
    answer(stage, call)
    assert "we are asking the desk" in stage.press(call, "2")
    over(stage, call)
    (task,) = stage.open_tasks()
    assert (task.kind, task.rings, task.state) == (TaskKind.UNCLAIMED, True, TaskState.OPEN)
    stage.rings(DESK_PHONE)
    told(stage, "Dr. Maya Lee passed.")
    stage.click(STONE, "claim")
    assert stage.open_tasks() == []


def test_nobody_answers_twice_then_the_desk(stage: Stage) -> None:
    """A second try after a minute, and no third."""
    let_ring(stage, rung(stage))
    let_ring(stage, until_rings(stage, LEE_PHONE, 3))
    stage.advance(5)
    assert [task.kind for task in stage.open_tasks()] == [TaskKind.UNCLAIMED]
    assert len(dialed(stage, LEE_PHONE)) == 2
    told(stage, "Dr. Maya Lee did not answer twice.")
    stage.rings(DESK_PHONE).decline()
    stage.click(STONE, "claim")


def test_a_mailbox_claims_nothing(stage: Stage) -> None:
    """A machine presses no key."""
    call = rung(stage)
    call.answer_machine(5)
    until_rings(stage, LEE_PHONE, 4)
    assert stage.read().state is ReadState.OPEN
    stage.click(STONE, "claim")


def test_who_may_not_read_it_is_not_rung(stage: Stage) -> None:
    """Her license has expired: the desk is asked at once, and she sleeps."""
    stage.load(LEE_IL, LEE_IL.replace("2039-12-31", "2026-05-31"))
    stage.advance(minutes=3)
    assert [task.kind for task in stage.open_tasks()] == [TaskKind.UNCLAIMED]
    assert not dialed(stage, LEE_PHONE)
    told(stage, "Dr. Maya Lee is on call and may not read it: license expired.")
    look_at_everything(stage, {DESK_PHONE: 1})


def test_what_stops_being_true_while_it_rings_refuses_the_claim_with_the_reason(stage: Stage) -> None:
    """Judged at the key, like a click; the record says who was refused and why."""
    call = rung(stage)
    stage.load(LEE_IL, LEE_IL.replace("2039-12-31", "2026-05-31"))
    answer(stage, call)
    assert "Not claimed. Your IL license expired on 2026-05-31" in stage.press(call, "1")
    assert stage.read().state is ReadState.OPEN
    assert "read:refuse" in stage.actions()
    over(stage, call)
    assert [task.kind for task in stage.open_tasks()] == [TaskKind.UNCLAIMED]
    told(stage, "Dr. Maya Lee was called and may not read it: license expired.")
    look_at_everything(stage, {DESK_PHONE: 1})


def test_while_calls_are_halted_nobody_is_rung(stage: Stage) -> None:
    """A halt stops this call too; when calls go on, it is made."""
    assert "halted" in stage.command(QUINN, "halt mercy").lower()
    stage.advance(minutes=4)
    assert not dialed(stage, LEE_PHONE)
    stage.command(QUINN, "resume mercy")
    until_rings(stage, LEE_PHONE, 1)
    stage.click(STONE, "claim")


def test_a_restart_loses_no_call(stage: Stage) -> None:
    """The instant is a row."""
    stage.advance(minutes=0.5)
    stage.restart()
    rung(stage)
    stage.click(STONE, "claim")


def test_a_released_stroke_rings_again(stage: Stage) -> None:
    """Given back with most of its time gone: whoever is on call is asked at once."""
    stage.click(STONE, "claim")
    stage.advance(minutes=5)
    assert not dialed(stage, LEE_PHONE)
    stage.click(STONE, "release")
    until_rings(stage, LEE_PHONE, 1)
    assert stage.attempts()[-1].purpose is Purpose.ON_CALL
    stage.click(STONE, "claim", message=stage.card())


def test_a_test_study_rings_nobody(rostered: Begin) -> None:
    """However long it waits."""
    stage = rostered(MORNING)
    stage.stroke_ct(test=True)
    stage.advance(minutes=20)
    stage.exchange.nothing_rings()
    assert stage.open_tasks() == []


def test_a_site_in_shadow_shows_who_would_have_been_rung(rostered: Begin) -> None:
    """Nobody is called, and the thread says so."""
    stage = rostered(MORNING)
    stage.load(
        '    shadow: false\n    pacs_link: "https://pacs.mercy', '    shadow: true\n    pacs_link: "https://pacs.mercy'
    )
    stage.stroke_ct()
    stage.advance(minutes=4)
    assert not dialed(stage, LEE_PHONE)
    assert stage.actions().count("read:ring") == 1
    stage.click(STONE, "claim")
    look_at_everything(stage, {})


def test_routine_rings_nobody(rostered: Begin) -> None:
    """Only a stroke and a trauma are worth a telephone."""
    stage = rostered(MORNING)
    stage.stroke_ct(priority="urgent")
    stage.advance(minutes=40)
    assert not dialed(stage, LEE_PHONE)
    assert not dialed(stage, DESK_PHONE_2)
