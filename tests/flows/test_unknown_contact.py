"""Whom no robot may dial is found by a human, while the ladder goes on at once."""

from __future__ import annotations

import pytest

from handlers.domain.relays import Ending, RelayState
from handlers.domain.tasks import TaskKind
from tests.flows.acts import desk_takes, dialed, key_back, log_by_hand
from tests.flows.ringing import until_rings
from tests.flows.stage import CHARGE, DESK, KIM, QUINN, Stage

PETROV = "+13125550104"
STATED = "+13125550177"


def the_charge_nurse_confirms(stage: Stage) -> None:
    """Show that the next rung rings at once; it ends the relay."""
    call = stage.rings(CHARGE)
    call.answer()
    stage.settle()
    stage.press(call, "2")
    key_back(stage, call)
    relay = stage.relay()
    assert (relay.ending, relay.ended_role) == (Ending.CONFIRMED_BY_CODE, "rn")


def find_contact_task(stage: Stage) -> None:
    """Show that the desk is asked in Slack to find the person; no phone of it rings for that."""
    assert [(task.kind, task.rings) for task in stage.open_tasks()] == [(TaskKind.FIND_CONTACT, False)]
    stage.advance(3)
    card = stage.workspace.expect_message(DESK, "cannot be dialed")
    assert stage.case() in card.words


@pytest.mark.usefixtures("fault")
def test_an_unknown_ordering_clinician(stage: Stage) -> None:
    """Nobody known ordered it: a desk task, and the charge nurse is called at once."""
    stage.stroke_ct(ordering_contact=None)
    stage.finding()
    find_contact_task(stage)
    assert stage.relay().step == 1
    the_charge_nurse_confirms(stage)
    assert not stage.open_tasks()


def test_a_number_that_only_the_event_states_is_never_dialed(stage: Stage) -> None:
    """It is shown to a human on the case page; the robot does not call it, however long it takes."""
    stage.stroke_ct(ordering_contact={"npi": "1234567893", "name": "Dr. Not Listed", "phone": STATED})
    stage.finding(to=None)
    find_contact_task(stage)
    the_charge_nurse_confirms(stage)
    stage.advance(minutes=30)
    assert not dialed(stage, STATED)
    assert stage.study().ordering_phone == STATED


def test_a_callback_phone_of_the_event_is_never_dialed(stage: Stage) -> None:
    """The same holds for the callback number that an order carries."""
    stage.stroke_ct(ordering_contact=None, callback_phone=STATED)
    stage.finding()
    find_contact_task(stage)
    the_charge_nurse_confirms(stage)
    assert not dialed(stage, STATED)


def test_a_known_npi_is_dialed_at_the_directory_s_number(stage: Stage) -> None:
    """Stated by NPI with another number: the directory's verified one is called, the stated one is not."""
    stage.stroke_ct(ordering_contact={"npi": "1000000038", "name": "Grace Kim", "phone": STATED})
    stage.finding()
    call = stage.rings(KIM)
    stage.exchange.expect_text(KIM)
    call.answer()
    stage.settle()
    stage.press(call, "1")
    key_back(stage, call)
    assert not dialed(stage, STATED)


def test_a_contact_without_consent(stage: Stage) -> None:
    """A mobile without recorded consent to automated calls is not dialed; a human calls."""
    stage.stroke_ct(ordering_contact="mercy-hospitalist")
    stage.finding()
    find_contact_task(stage)
    the_charge_nurse_confirms(stage)
    assert not dialed(stage, PETROV)


@pytest.mark.usefixtures("fault")
def test_a_contact_that_was_retired_meanwhile(stage: Stage) -> None:
    """People are read when a rung fires: one who was retired between two tries is not called again."""
    call = stage.critical_stroke()
    stage.exchange.expect_text(KIM)
    call.busy()
    stage.settle()
    stage.load("    name: Dr. Grace Kim\n", "    name: Dr. Grace Kim\n    retired: true\n")
    until_rings(stage, CHARGE, 5)
    find_contact_task(stage)
    the_charge_nurse_confirms(stage)
    assert dialed(stage, KIM) == [call]


def test_a_ladder_with_nobody_to_dial_reaches_the_desk_at_once(stage: Stage) -> None:
    """Category 3 knows only the ordering clinician: the desk's phones ring within the same minute."""
    stage.stroke_ct(ordering_contact="mercy-hospitalist")
    stage.finding(category=3)
    assert stage.relay().state is RelayState.AT_DESK
    assert [task.kind for task in stage.open_tasks()] == [TaskKind.FIND_CONTACT]
    desk_takes(stage)
    log_by_hand(stage, receiver="mercy-hospitalist")
    assert stage.relay().ending is Ending.READ_BACK_TO_HUMAN
    assert not dialed(stage, PETROV)


def test_a_redirect_to_somebody_without_consent_is_refused(stage: Stage) -> None:
    """Nor does a human's command make the robot dial him."""
    call = stage.critical_stroke()
    stage.exchange.expect_text(KIM)
    said = stage.command(QUINN, f"redirect {stage.case()} mercy-hospitalist")
    assert "no verified number with consent" in said
    assert call.status == "ringing"
    call.answer()
    stage.settle()
    stage.press(call, "1")
    key_back(stage, call)
