"""An amended finding: what is true now is told, the earlier telling confirms nothing, and an upgrade begins anew."""

from __future__ import annotations

from typing import Any

import pytest

from handlers.domain.relays import Ending, Relay, RelayState
from handlers.domain.tasks import TaskKind
from tests.flows.acts import (
    advance_until_ringing,
    attempt_of,
    confirm,
    desk_takes,
    dialed,
    exhaust,
    hear_out,
    hear_the_finding,
    key_back,
    look_at_everything,
)
from tests.flows.ringing import until_rings
from tests.flows.stage import DESK_PHONE, KIM, Stage

NEW = "Acute subdural hematoma on the RIGHT, fourteen millimeters."


def amend(stage: Stage, text: str = NEW, **over: Any) -> None:
    """Amend the newest study's finding, as the site does."""
    stage.advance(1)
    assert stage.hospital.amend_finding(text, **over)[0] == 202
    stage.settle()


@pytest.mark.usefixtures("fault")
def test_amended_while_ringing_the_new_text_is_told(stage: Stage) -> None:
    """The call rings on; whoever answers hears only what is true now."""
    call = stage.critical_stroke()
    hear_out(stage)
    amend(stage)
    assert call.status == "ringing"
    said = hear_the_finding(stage, call).lower()
    assert "on the right" in said
    assert "on the left" not in said
    key_back(stage, call)
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE
    assert len(dialed(stage, KIM)) == 1


@pytest.mark.usefixtures("fault")
def test_amended_after_it_was_told_the_old_code_confirms_nothing(stage: Stage) -> None:
    """The code of the earlier telling is answered with the changed finding; only then it confirms."""
    call = stage.critical_stroke()
    hear_out(stage)
    assert "on the left" in hear_the_finding(stage, call).lower()
    amend(stage)
    said = key_back(stage, call).lower()
    assert stage.relay().state is RelayState.CALLING
    assert "changed" in said
    assert "on the right" in said
    assert "on the left" not in said
    key_back(stage, call)
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE
    assert attempt_of(stage, call).revision == stage.relay().revision == 2


def test_amended_twice_in_one_call(stage: Stage) -> None:
    """Each change is told before a code counts."""
    call = stage.critical_stroke()
    hear_out(stage)
    hear_the_finding(stage, call)
    amend(stage)
    key_back(stage, call)
    amend(stage, "No hemorrhage; the density is artifact. Large vessel occlusion on the right.")
    assert "occlusion" in key_back(stage, call).lower()
    assert stage.relay().state is RelayState.CALLING
    key_back(stage, call)
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE


def test_an_upgrade_restarts_the_ladder_with_the_new_policy(stage: Stage) -> None:
    """From category 3 to 1 between two tries: the critical policy begins at its first rung, at once."""
    stage.stroke_ct()
    stage.finding(category=3)
    assert stage.relay().policy.name == "tracking"
    first = stage.rings(KIM)
    first.busy()
    stage.settle()
    amend(stage, category=1)
    relay = stage.relay()
    assert (relay.policy.name, relay.category, relay.step) == ("critical", 1, 0)
    second = stage.rings(KIM)
    hear_out(stage)
    confirm(stage, second)
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE
    assert "relay:upgrade" in stage.actions()


@pytest.mark.usefixtures("fault")
def test_an_upgrade_while_it_rings_leaves_one_line_to_the_number(stage: Stage) -> None:
    """What rings is hung up, and the number is called anew only when its line is free."""
    stage.stroke_ct()
    stage.finding(category=3)
    first = stage.rings(KIM)
    amend(stage, category=1)
    assert not first.is_live
    second = until_rings(stage, KIM, 3)
    hear_out(stage)
    confirm(stage, second)
    assert stage.relay().policy.name == "critical"
    assert dialed(stage, KIM) == [first, second]


def test_an_upgrade_while_somebody_listens_is_told_in_that_call(stage: Stage) -> None:
    """The conversation is not cut; if it ends unconfirmed, the more urgent policy follows."""
    stage.stroke_ct()
    stage.finding(category=3)
    call = stage.rings(KIM)
    hear_the_finding(stage, call)
    amend(stage, category=1)
    assert call.is_live
    assert "changed" in key_back(stage, call).lower()
    call.hang_up()
    stage.settle()
    assert stage.relay().category == 1
    again = advance_until_ringing(stage, KIM, minutes=2)
    assert (stage.relay().policy.name, stage.relay().step) == ("critical", 0)
    hear_out(stage)
    confirm(stage, again)
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE


def test_a_downgrade_is_told_and_never_made_slower(stage: Stage) -> None:
    """The words change, the ladder's pace stays the more urgent one."""
    call = stage.critical_stroke()
    hear_out(stage)
    amend(stage, "Chronic hygroma.", category=3)
    assert (stage.relay().policy.name, stage.relay().category) == ("critical", 1)
    assert "hygroma" in hear_the_finding(stage, call).lower()
    key_back(stage, call)
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE


def test_amended_after_the_end_it_is_told_anew(stage: Stage) -> None:
    """The earlier telling stands in the record; a second relay tells what is true now."""
    confirm(stage, stage.critical_stroke())
    hear_out(stage)
    stage.advance(60)
    amend(stage)
    call = stage.rings(KIM)
    hear_out(stage)
    assert "on the right" in hear_the_finding(stage, call).lower()
    key_back(stage, call)
    first, second = stage.all(Relay)
    assert (first.ending, second.ending) == (Ending.CONFIRMED_BY_CODE, Ending.CONFIRMED_BY_CODE)


def test_what_corrects_an_earlier_result_is_said_to_do_so(stage: Stage) -> None:
    """Confirmed yesterday's way, then amended: the next call says first that it is a correction; a new finding does not."""
    call = stage.critical_stroke()
    hear_out(stage)
    assert "Correction" not in hear_the_finding(stage, call)
    key_back(stage, call)
    stage.advance(minutes=3)
    amend(stage)
    call = until_rings(stage, KIM)
    hear_out(stage)
    assert "Correction of an earlier result. Finding: " in hear_the_finding(stage, call)
    key_back(stage, call)


def test_what_was_confirmed_then_amended_and_retracted_asks_the_desk(stage: Stage) -> None:
    """Nobody heard the amended one; whoever confirmed the first acts on what is no longer true."""
    confirm(stage, stage.critical_stroke())
    hear_out(stage)
    stage.advance(minutes=3)
    amend(stage)
    assert stage.rings(KIM).is_live
    hear_out(stage)
    assert stage.hospital.retract_finding()[0] == 202
    stage.settle()
    assert stage.relay().ending is Ending.RETRACTED
    assert [one.kind for one in stage.open_tasks()] == [TaskKind.RETRACTED_AFTER_TELLING]
    desk_takes(stage)


def test_amended_at_the_desk_the_desk_is_told(stage: Stage) -> None:
    """Whoever works on it must know: a task of its own rings."""
    stage.stroke_ct()
    stage.finding()
    exhaust(stage)
    look_at_everything(stage, {DESK_PHONE: 1}, {KIM: 1})
    desk_takes(stage)
    stage.advance(20)
    amend(stage)
    kinds = {task.kind for task in stage.open_tasks()}
    assert kinds == {TaskKind.LADDER_EXHAUSTED, TaskKind.FINDING_CHANGED_AFTER}
    desk_takes(stage)


def test_an_older_amendment_changes_nothing(stage: Stage) -> None:
    """An event from before the newest one is recorded as late and told to nobody."""
    call = stage.critical_stroke()
    hear_out(stage)
    now = stage.clock.instant
    stage.hospital._now = lambda: now.replace(year=now.year - 1)
    assert stage.hospital.amend_finding(NEW)[0] == 202
    stage.settle()
    assert "finding:late_event" in stage.actions()
    assert "on the left" in hear_the_finding(stage, call).lower()
    key_back(stage, call)


def test_an_amendment_without_words_of_a_finding_that_nobody_has_calls_nobody(stage: Stage) -> None:
    """There is nothing to tell: no relay, and the desk is asked to get the finding, which ends the task when it comes."""
    stage.stroke_ct()
    where = {"facility": "mercy", "accession_number": stage.study().accession_number}
    assert stage.hospital.send_event("finding.amended", {**where, "to": "mercy-ed-charge"})[0] == 202
    stage.settle()
    assert stage.all(Relay) == []
    assert [(task.kind, task.case_code) for task in stage.open_tasks()] == [
        (TaskKind.AMENDED_UNKNOWN, stage.study().case_code)
    ]
    assert "a finding that nobody has here" in stage.desk_card().words
    assert "finding:amend_unknown" in stage.actions()
    desk_takes(stage)
    stage.finding()
    assert stage.open_tasks() == []
    confirm(stage, stage.rings(KIM))
    hear_out(stage)


def test_an_amendment_with_words_of_a_finding_that_nobody_has_is_told(stage: Stage) -> None:
    """It says everything that a finding says, so it is one."""
    stage.stroke_ct()
    amend(stage)
    call = stage.rings(KIM)
    hear_out(stage)
    assert "on the right" in hear_the_finding(stage, call).lower()
    key_back(stage, call)
