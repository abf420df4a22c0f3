"""No relay is left to nobody: a desk's task that is the last to stand for one is not settled with a click."""

from __future__ import annotations

import pytest

from handlers import hands, taking
from handlers.domain.errors import Rejection
from handlers.domain.relays import Ending, Relay, RelayState
from handlers.domain.tasks import DeskTask, TaskKind, TaskState
from tests.flows.acts import confirm, desk_takes, log_by_hand, look_at_everything
from tests.flows.stage import CHARGE, DESK_PHONE_2, KIM, LEE, QUINN, Stage

SETTLED = "settled"


def task_of(stage: Stage, kind: TaskKind) -> DeskTask:
    """Return the one open task of a kind."""
    (task,) = [one for one in stage.open_tasks() if one.kind is kind]
    return task


def settle(stage: Stage, task: DeskTask) -> str:
    """Choose "Settled with the site" on a task, as the desk's card or a forged click does."""
    said = taking.finish(stage.service.house, task.id, QUINN, SETTLED, f"settle:{task.id}")
    stage.settle()
    return said


def is_refused(stage: Stage, task: DeskTask, code: str) -> None:
    """Assert that a task is not settled so, for this reason, and goes on as before."""
    with pytest.raises(Rejection) as refusal:
        settle(stage, task)
    assert refusal.value.code == code
    assert stage.all(DeskTask, id=task.id)[0].state is not TaskState.DONE


def test_a_storm_is_not_settled_while_its_relays_are_held(stage: Stage) -> None:
    """Held relays have no deadline of their own: the one task that stands for them stays until they go on."""
    stage.load("storm: {relays: 10, within: 15m}", "storm: {relays: 1, within: 15m}")
    for _ in range(2):
        stage.stroke_ct()
        stage.finding()
        stage.advance(1)
    desk_takes(stage)
    is_refused(stage, task_of(stage, TaskKind.STORM), "relays_held")
    hands.withdraw(stage.service.house, stage.case(), LEE, "withdraw")
    stage.settle()
    assert not stage.all(Relay, state=RelayState.HELD)
    assert settle(stage, task_of(stage, TaskKind.STORM)) == "Done: Settled with the site."
    look_at_everything(stage, {KIM: 1}, {KIM: 1})


def test_nor_is_the_task_of_a_relay_that_a_halt_holds(stage: Stage) -> None:
    """It ends with the resume, or with the relay's outcome."""
    stage.command(QUINN, "halt mercy")
    stage.stroke_ct()
    stage.finding()
    is_refused(stage, task_of(stage, TaskKind.HALTED), "relay_open")
    log_by_hand(stage)
    assert stage.relay().ending is Ending.READ_BACK_TO_HUMAN
    assert not stage.open_tasks()


def test_finding_a_contact_is_not_settled_where_nothing_else_is_left(stage: Stage) -> None:
    """A ladder with nobody to dial: the desk's one task is the relay, however it is called."""
    stage.stroke_ct(ordering_contact="mercy-hospitalist")
    stage.finding(category=3)
    desk_takes(stage)
    is_refused(stage, task_of(stage, TaskKind.FIND_CONTACT), "relay_open")
    log_by_hand(stage, receiver="mercy-hospitalist")
    assert not stage.open_tasks()


def test_while_the_ladder_goes_on_it_may_be_settled(stage: Stage) -> None:
    """Somebody else is being called: nobody is forgotten."""
    stage.stroke_ct(ordering_contact="mercy-hospitalist")
    stage.finding()
    assert settle(stage, task_of(stage, TaskKind.FIND_CONTACT)) == "Done: Settled with the site."
    assert stage.relay().state is RelayState.CALLING
    confirm(stage, stage.rings(CHARGE))


def test_of_two_tasks_at_the_desk_one_may_be_settled(stage: Stage) -> None:
    """A second finding joined the relay at the desk: its task may go, the relay's own may not."""
    stage.stroke_ct(ordering_contact="mercy-hospitalist")
    stage.finding(category=3)
    desk_takes(stage)
    stage.finding(text="Free air.", category=3)
    second = task_of(stage, TaskKind.SECOND_FINDING)
    assert settle(stage, second) == "Done: Settled with the site."
    is_refused(stage, task_of(stage, TaskKind.FIND_CONTACT), "relay_open")
    look_at_everything(stage, {DESK_PHONE_2: 1})
    log_by_hand(stage, receiver="mercy-hospitalist")
