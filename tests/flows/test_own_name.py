"""On a line that several people answer, whoever confirmed is asked for their name; the relay has ended by then."""

from __future__ import annotations

import pytest

from handlers.domain.relays import Ending
from sandbox.exchange import Call
from tests.flows.acts import confirm, hear_out, key_back, says
from tests.flows.ringing import answer, over, until_rings
from tests.flows.stage import CHARGE, DESK, KIM, LEE, READS, Stage
from tests.flows.visitor import Visitor


def confirmed_at_the_unit(stage: Stage) -> Call:
    """Let the charge nurse's line confirm by code; the name is being asked."""
    call = stage.critical_stroke()
    hear_out(stage)
    call.busy()
    stage.settle()
    until_rings(stage, KIM).busy()
    charge = until_rings(stage, CHARGE)
    answer(stage, charge)
    stage.press(charge, "2")
    key_back(stage, charge)
    assert "Please say your name, and ordering, covering or agent." in charge.last_heard
    return charge


def page_of(stage: Stage) -> str:
    """Return the case page, as the radiologist sees it."""
    lee = Visitor(stage, LEE)
    lee.sign_in()
    text = lee.page().text
    lee.close()
    return text


def everything_in_slack(stage: Stage) -> str:
    """Return all that Slack holds."""
    return " ".join(one.text for one in stage.workspace.memory.messages if one.channel in (READS, DESK))


def test_a_name_is_played_back_and_kept_as_stated(stage: Stage) -> None:
    """It stands in the statement with the relation to the order, sealed everywhere else: never in Slack or the record."""
    charge = confirmed_at_the_unit(stage)
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE
    assert "I have: Pat Jones, covering. 1 if that is right; 2 to say it again." in says(
        stage, charge, "Pat Jones, covering"
    )
    assert stage.press(charge, "1") == "Thank you. Goodbye."
    over(stage, charge)
    page = page_of(stage)
    assert "THE PERSON ANSWERING FOR ED CHARGE NURSE, MERCY, NURSE AS STATED BY KEY, WHO GAVE THE NAME" in page
    assert "PAT JONES, COVERING&#34; (PLAYED BACK AND CONFIRMED, COVERING)" in page
    assert "Jones" not in everything_in_slack(stage)
    assert "call:stated" in stage.actions()


def test_a_name_heard_wrongly_is_said_again(stage: Stage) -> None:
    """2, or "no", asks once more; the last one counts."""
    charge = confirmed_at_the_unit(stage)
    says(stage, charge, "Matt Bones")
    assert "Please say your name" in stage.press(charge, "2")
    assert "I have: Pat Jones." in says(stage, charge, "Pat Jones")
    assert says(stage, charge, "yes that is right") == "Thank you. Goodbye."
    over(stage, charge)
    page = page_of(stage)
    assert "PAT JONES&#34; (PLAYED BACK AND CONFIRMED)" in page
    assert "BONES" not in page


@pytest.mark.parametrize("said", [True, False])
def test_hanging_up_takes_nothing_back(stage: Stage, said: bool) -> None:
    """The code has ended the relay. A name that nobody confirmed is kept as heard; none is none."""
    charge = confirmed_at_the_unit(stage)
    if said:
        says(stage, charge, "Pat Jones")
    charge.hang_up()
    stage.settle()
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE
    page = page_of(stage)
    assert ("PAT JONES&#34; (AS HEARD)" in page) is said
    assert ("WHO GAVE THE NAME" in page) is said


def test_a_person_s_own_telephone_is_not_asked_for_a_name(stage: Stage) -> None:
    """The directory says whose it is; the call ends with the confirmation."""
    call = stage.critical_stroke()
    hear_out(stage)
    confirm(stage, call)
    assert call.last_heard == "Confirmed. Your code is on the record. Thank you, goodbye."
    assert "call:stated" not in stage.actions()
