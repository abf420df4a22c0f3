"""Where only physicians may end it, a nurse is asked to fetch one and is told nothing; the ladder goes on."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from handlers.domain.relays import Ending, Outcome, ReceiverRole, RelayState
from sandbox.exchange import Call
from sandbox.hospital import Site
from tests.flows.acts import hear_out, look_at_everything
from tests.flows.ringing import answer, code_heard, over, until_rings
from tests.flows.stage import LEE_PHONE, Stage

pytestmark = pytest.mark.usefixtures("fault")

NEW_YORK = ZoneInfo("America/New_York")
OKAFOR, LAKESIDE_CHARGE = "+12125550111", "+12125550112"


def at_night(stage: Stage) -> None:
    """Move on to 23:00 in New York, when an inpatient's finding goes to physicians only."""
    local = stage.clock.instant.astimezone(NEW_YORK)
    night = local.replace(hour=23, minute=0, second=0)
    stage.advance((night + timedelta(days=night < local) - local).total_seconds())


def nurse_answers(stage: Stage) -> tuple[Call, str]:
    """Let a nurse answer the ordering physician's telephone at night, for an inpatient, and press 2."""
    at_night(stage)
    stage.hospital.site = Site("lakeside", "NY", "lee", {"emergency": "lakeside-ed-physician"})
    stage.stroke_ct(patient_class="inpatient")
    stage.finding()
    call = stage.rings(OKAFOR)
    hear_out(stage, OKAFOR)
    assert stage.relay().policy.name == "physicians_only"
    answer(stage, call)
    return call, stage.press(call, "2")


def told_nothing(call: Call) -> bool:
    """Tell whether neither the finding nor the patient was spoken of."""
    heard = " ".join(call.heard).lower()
    return not any(word in heard for word in ("subdural", "hematoma", "sandbox", "born"))


def test_she_is_asked_for_a_physician_and_the_ladder_goes_on(stage: Stage) -> None:
    """Nothing identifying; without a physician it is a message left, and the next rung is called at once."""
    call, said = nurse_answers(stage)
    assert "must go to a physician, N P or P A" in said
    stage.listen(call)
    stage.advance(7)
    assert stage.attempts()[0].outcome is Outcome.MESSAGE_LEFT
    assert "we keep trying" in " ".join(call.heard)
    assert told_nothing(call)
    charge = until_rings(stage, LAKESIDE_CHARGE, 0.1)
    assert stage.relay().state is RelayState.CALLING
    assert stage.attempts()[0].told_at is None
    over(stage, call)
    answer(stage, charge)
    assert "must go to a physician" in stage.press(charge, "2")
    charge.hang_up()
    until_rings(stage, LEE_PHONE)
    assert stage.relay().state is not RelayState.ENDED


def test_she_fetches_the_physician_who_confirms(stage: Stage) -> None:
    """3, please hold: a physician comes, presses 1, hears the finding and keys its code."""
    call, _ = nurse_answers(stage)
    assert "Holding" in stage.press(call, "3")
    stage.advance(80)
    call.press("1")
    stage.settle()
    assert told_nothing(call)
    assert "subdural hematoma" in stage.press(call, "1").lower()
    stage.press(call, "8")
    stage.press(call, code_heard(call))
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE
    assert stage.attempts()[0].receiver_role is ReceiverRole.PHYSICIAN_NP_OR_PA


def test_star_says_it_again_and_other_keys_do_not_end_the_call(stage: Stage) -> None:
    """A nurse who errs is a live human: it is said again, and the third wrong key brings a person to the line."""
    call, _ = nurse_answers(stage)
    assert "must go to a physician" in stage.press(call, "*")
    for _ in range(2):
        assert "must go to a physician" in stage.press(call, "5")
    assert "Connecting you to " in stage.press(call, "5")
    assert told_nothing(call)
    stage.listen(call)
    look_at_everything(stage, {LEE_PHONE: 1})
    assert call.waiting_for == "dial"
    call.hang_up()
    until_rings(stage, LAKESIDE_CHARGE)
    assert stage.attempts()[0].outcome is Outcome.MESSAGE_LEFT
