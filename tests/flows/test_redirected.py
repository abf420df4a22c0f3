"""``/relay redirect`` and the page's form call somebody of this site instead, and say what really happens."""

from __future__ import annotations

import pytest

from handlers.domain.relays import Ending, RelayState
from handlers.domain.tasks import TaskKind
from tests.flows.acts import advance_until_ringing, confirm, dialed, hear_out, nurse_confirms
from tests.flows.stage import CHARGE, KIM, LEE, QUINN, Stage
from tests.flows.visitor import Visitor

PRAIRIE = "+13175550121"


def test_from_slack_the_new_contact_s_phone_rings(stage: Stage) -> None:
    """What rang is hung up, the one who was named rings, and can end it."""
    call = stage.critical_stroke()
    hear_out(stage)
    said = stage.command(QUINN, f"redirect {stage.case()} mercy-ed-charge")
    assert "Calling ED charge nurse, Mercy now." in said
    assert not call.is_live
    stage.advance(1)  # the pace of our line
    nurse = stage.rings(CHARGE)
    nurse_confirms(stage, nurse)
    assert (stage.relay().ending, stage.relay().ended_by) == (Ending.CONFIRMED_BY_CODE, "mercy-ed-charge")


@pytest.mark.parametrize("contact", ["prairie-clinician", "nobody"])
def test_from_slack_nobody_of_another_site_is_called(stage: Stage, contact: str) -> None:
    """A clinician of Prairie has no business with a patient of Mercy: refused kindly, and the call goes on."""
    call = stage.critical_stroke()
    hear_out(stage)
    said = stage.command(QUINN, f"redirect {stage.case()} {contact}")
    assert "no such contact at this site" in said
    assert "relay:redirect" not in stage.actions()
    assert call.is_live
    stage.advance(5)
    assert not dialed(stage, PRAIRIE)
    confirm(stage, call)


def test_a_forged_form_calls_nobody_of_another_site(stage: Stage) -> None:
    """The page's list does not offer her; a form that names her all the same is refused."""
    call = stage.critical_stroke()
    hear_out(stage)
    lee = Visitor(stage, LEE)
    lee.sign_in()
    assert "prairie-clinician" not in lee.page().text
    assert lee.send("redirect", contact="prairie-clinician").status_code == 422
    assert "relay:redirect" not in stage.actions()
    assert call.is_live
    lee.close()
    stage.advance(5)
    assert not dialed(stage, PRAIRIE)
    confirm(stage, call)


def test_a_contact_that_was_retired_is_not_called(stage: Stage) -> None:
    """Retired at the last load: there is no such contact any more."""
    call = stage.critical_stroke()
    hear_out(stage)
    stage.load("    name: Dr. Elena Cruz\n", "    name: Dr. Elena Cruz\n    retired: true\n")
    assert "no such contact" in stage.command(QUINN, f"redirect {stage.case()} lakeside-family-medicine")
    confirm(stage, call)


def test_while_calls_are_halted_it_says_that_nobody_is_called(stage: Stage) -> None:
    """The relay stays held; after the resume the one who was named rings."""
    stage.critical_stroke()
    hear_out(stage)
    stage.command(QUINN, "halt mercy")
    said = stage.command(QUINN, f"redirect {stage.case()} mercy-ed-charge")
    assert "nobody is being called" in said
    assert "now" not in said
    assert stage.relay().state is RelayState.HELD
    assert {(task.kind, task.outcome) for task in stage.tasks()} == {
        (TaskKind.HALTED, "redirected"),
        (TaskKind.HALTED, ""),
    }
    stage.advance(30)
    assert not dialed(stage, CHARGE)
    stage.command(QUINN, "resume mercy")
    advance_until_ringing(stage, CHARGE, minutes=1)


def test_in_shadow_it_says_that_nobody_is_called(stage: Stage) -> None:
    """A test study: the thread shows what would have happened, and the answer does not claim a call."""
    stage.stroke_ct(test=True)
    stage.finding()
    said = stage.command(QUINN, f"redirect {stage.case()} mercy-ed-charge")
    assert "nobody is called" in said
    assert "Calling" not in said
    stage.advance(30)
    assert not stage.exchange.calls


def test_while_the_line_is_taken_it_says_that_the_call_follows(stage: Stage) -> None:
    """The same person's telephone rings for the relay already: it is called anew when that line is free."""
    first = stage.critical_stroke()
    hear_out(stage)
    said = stage.command(QUINN, f"redirect {stage.case()} mercy-ed-physician")
    assert "as soon as" in said
    assert "now" not in said
    assert not first.is_live
    confirm(stage, advance_until_ringing(stage, KIM, minutes=1))
