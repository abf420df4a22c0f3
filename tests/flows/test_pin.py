"""A contact with a PIN keys it instead of a role; whoever does not know it is told nothing."""

from __future__ import annotations

import pytest

from handlers import pins
from handlers.domain.relays import Ending, Outcome, RelayState
from sandbox.exchange import Call
from store import audit
from tests.flows.acts import hear_out, three_wrong_pins
from tests.flows.ringing import answer, code_heard, until_rings
from tests.flows.stage import CHARGE, Stage

PIN, OTHER = "2748", "8472"
NAMED = "    name: Dr. Grace Kim\n    role: physician\n"


def rings_with_pin(stage: Stage) -> Call:
    """Give the ordering physician a PIN, and let a critical stroke ring her."""
    pepper = stage.service.house.pin_pepper
    stage.load(NAMED, f'{NAMED}    pin_hash: "{pins.hash_pin(PIN, pepper)}"\n')
    call = stage.critical_stroke()
    hear_out(stage)
    assert "key your PIN, then pound" in answer(stage, call)
    return call


def told_nothing(call: Call) -> bool:
    """Tell whether neither the finding nor the patient was spoken of."""
    heard = " ".join(call.heard).lower()
    return not any(word in heard for word in ("subdural", "hematoma", "sandbox", "born"))


@pytest.mark.usefixtures("fault")
def test_the_pin_opens_the_finding(stage: Stage) -> None:
    """PIN and pound: the finding with its code, which confirms as always."""
    call = rings_with_pin(stage)
    assert "subdural hematoma" in stage.press(call, f"{PIN}#").lower()
    stage.press(call, code_heard(call))
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE
    assert (stage.relay().ended_by, stage.relay().ended_role) == ("mercy-ed-physician", "physician")


def test_a_role_key_does_not(stage: Stage) -> None:
    """1 is a wrong PIN there; the right one afterwards still opens."""
    call = rings_with_pin(stage)
    assert "did not match" in stage.press(call, "1#")
    assert told_nothing(call)
    assert "subdural hematoma" in stage.press(call, f"{PIN}#").lower()
    stage.press(call, code_heard(call))
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE


@pytest.mark.usefixtures("fault")
def test_three_wrong_pins_bring_a_person_and_tell_nothing(stage: Stage) -> None:
    """The third wrong PIN connects a human; when none comes, a number is given and the ladder goes on."""
    call = rings_with_pin(stage)
    three_wrong_pins(stage, call, OTHER)
    until_rings(stage, CHARGE, 1)
    assert told_nothing(call)
    assert stage.attempts()[0].outcome is Outcome.MESSAGE_LEFT
    assert stage.attempts()[0].told_at is None
    assert stage.relay().state is RelayState.CALLING


def test_a_pin_is_nowhere_to_be_read(stage: Stage) -> None:
    """What was keyed as a PIN is in no entry of the record."""
    call = rings_with_pin(stage)
    stage.press(call, f"{PIN}#")
    stage.press(call, code_heard(call))
    with stage.service.store.database.snapshot() as connection:
        record = str(list(audit.export(connection)))
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE
    assert f"'{PIN}" not in record
    assert f"{PIN}#" not in record
