"""The callback code was sent to somebody with a PIN: whoever calls back with it keys that PIN, from whatever number."""

from __future__ import annotations

import pytest

from handlers import pins
from handlers.domain.relays import Ending, RelayState
from sandbox.exchange import Call
from tests.flows.acts import hear_out, three_wrong_pins
from tests.flows.ringing import answer, code_heard, over
from tests.flows.stage import CHARGE, KIM, OURS, Stage

PIN, OTHER = "2748", "8472"
PHYSICIAN = "    name: Dr. Grace Kim\n    role: physician\n"
NURSE = "    name: Nursing supervisor, Mercy\n    role: rn\n"
STRANGE_PHONE = "+13125550177"
PRIVATE = ("subdural", "hematoma", "sandbox", "born")


def gets_pin(stage: Stage, who: str) -> None:
    """Give somebody of the directory a PIN."""
    stage.load(who, f'{who}    pin_hash: "{pins.hash_pin(PIN, stage.service.house.pin_pepper)}"\n')


def was_tried(stage: Stage) -> None:
    """Let the ordering physician be called and be engaged; her text has the code."""
    call = stage.critical_stroke()
    hear_out(stage)
    call.busy()
    stage.settle()


def calls_back(stage: Stage, caller: str) -> tuple[Call, str]:
    """Call our number and key the relay's code; return the call and what is said then."""
    call = stage.exchange.call_in(caller, OURS)
    stage.settle()
    return call, stage.press(call, stage.relay().callback_code)


@pytest.mark.parametrize("caller", [KIM, STRANGE_PHONE, CHARGE])
def test_whoever_calls_back_keys_the_pin(stage: Stage, caller: str) -> None:
    """From her telephone, a strange one or another contact's, which may be forged: a role opens nothing, the PIN does."""
    gets_pin(stage, PHYSICIAN)
    was_tried(stage)
    call, said = calls_back(stage, caller)
    assert "key your PIN, then pound" in said
    assert "did not match" in stage.press(call, "1#")
    assert not [word for word in PRIVATE if word in " ".join(call.heard).lower()]
    assert "subdural hematoma" in stage.press(call, f"{PIN}#").lower()
    stage.press(call, code_heard(call))
    relay = stage.relay()
    assert (relay.ending, relay.ended_by, relay.ended_role) == (
        Ending.CONFIRMED_BY_CODE,
        "mercy-ed-physician",
        "physician",
    )


def test_who_has_the_code_and_not_the_pin_reaches_a_person_and_learns_nothing(stage: Stage) -> None:
    """Three wrong ones bring a human; when none comes, a number is given."""
    gets_pin(stage, PHYSICIAN)
    was_tried(stage)
    call, _ = calls_back(stage, STRANGE_PHONE)
    three_wrong_pins(stage, call, OTHER)
    over(stage, call)
    assert not [word for word in PRIVATE if word in " ".join(call.heard).lower()]
    assert stage.relay().state is not RelayState.ENDED


def test_a_pin_of_somebody_who_was_not_tried_is_not_asked(stage: Stage) -> None:
    """The code never went to the supervisor: a call back is asked for a role, as without any PIN."""
    gets_pin(stage, NURSE)
    was_tried(stage)
    call, said = calls_back(stage, STRANGE_PHONE)
    assert "1 physician" in said
    assert "subdural hematoma" in stage.press(call, "1").lower()
    stage.press(call, code_heard(call))
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE


def test_from_the_number_of_somebody_with_a_pin_that_pin_is_asked(stage: Stage) -> None:
    """The supervisor's telephone calls before her turn: hers opens it, and she is known by it."""
    gets_pin(stage, NURSE)
    was_tried(stage)
    call, said = calls_back(stage, "+13125550103")
    assert "key your PIN, then pound" in said
    stage.press(call, f"{PIN}#")
    stage.press(call, code_heard(call))
    assert (stage.relay().ended_by, stage.relay().ended_role) == ("mercy-supervisor", "rn")


def test_the_physician_called_by_us_keys_hers_as_ever(stage: Stage) -> None:
    """On our own call only the PIN of whoever was called opens."""
    gets_pin(stage, PHYSICIAN)
    call = stage.critical_stroke()
    hear_out(stage)
    assert "key your PIN" in answer(stage, call)
    stage.press(call, f"{PIN}#")
    stage.press(call, code_heard(call))
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE
