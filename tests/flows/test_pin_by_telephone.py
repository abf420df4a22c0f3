"""`/relay pin CONTACT`: a PIN is told to whoever presses 1 at a verified number, keyed back, and stands nowhere else."""

from __future__ import annotations

import re

import pytest

from handlers import pins
from handlers.domain.contact_pins import ContactPin, PinState
from handlers.domain.relays import Ending, Outcome, RelayState, Turn
from handlers.domain.tasks import TaskKind, TaskState
from sandbox.exchange import Call
from store import audit
from tests.flows.acts import hear_out, log_by_hand
from tests.flows.ringing import answer, code_heard, let_ring, over, until_rings
from tests.flows.stage import DESK, HADDAD, KIM, LEE_PHONE, OURS, QUINN, Stage

PHYSICIAN = "    name: Dr. Grace Kim\n    role: physician\n"
ID = "mercy-ed-physician"
OLD = "2748"


def asked(stage: Stage) -> Call:
    """Let the administrator ask for a PIN; her telephone rings."""
    said = stage.command(QUINN, f"pin {ID}")
    assert "Calling Dr. Grace Kim at the number that ends in 01" in said
    return until_rings(stage, KIM, 1)


def pin_heard(call: Call) -> str:
    """Return the PIN that was said last on a call."""
    return "".join(re.findall(r"Your radrelay PIN is (\d), (\d), (\d), (\d)", " ".join(call.heard))[-1])


def told_a_pin(stage: Stage) -> tuple[Call, str]:
    """Let her answer and press 1; return the call and her new PIN."""
    call = asked(stage)
    assert "with a new PIN for Dr. Grace Kim; press 1 to hear it" in answer(stage, call)
    stage.press(call, "1")
    return call, pin_heard(call)


def has_a_pin(stage: Stage) -> str:
    """Give her a PIN by telephone and return it."""
    call, pin = told_a_pin(stage)
    assert "Your PIN is set" in stage.press(call, f"{pin}#")
    over(stage, call)
    stage.advance(2)
    return pin


def with_old_one(stage: Stage) -> None:
    """Give her a PIN in the directory."""
    pepper = stage.service.house.pin_pepper
    stage.load(PHYSICIAN, f'{PHYSICIAN}    pin_hash: "{pins.hash_pin(OLD, pepper)}"\n')


def opens(stage: Stage, call: Call, pin: str) -> bool:
    """Key a PIN and tell whether the finding is told."""
    return "subdural hematoma" in stage.press(call, f"{pin}#").lower()


def test_a_pin_told_and_keyed_back_opens_the_finding(stage: Stage) -> None:
    """Four digits, twice, keyed back: from then on she is asked for it; the desk's channel says until when."""
    pin = has_a_pin(stage)
    assert pins.weakness_of(pin) is None
    stage.workspace.expect_message(DESK, "Dr. Grace Kim has a new PIN, which holds until")
    call = stage.critical_stroke()
    hear_out(stage)
    assert "key your PIN" in answer(stage, call)
    assert opens(stage, call, pin)
    stage.press(call, code_heard(call))
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE
    assert [one for one in stage.actions() if one.startswith("pin:")] == ["pin:call", "pin:tell", "pin:activate"]


def test_the_pin_stands_nowhere(stage: Stage) -> None:
    """Not in Slack, not in the record, and once the call is over in no turn of it, not even sealed."""
    pin = has_a_pin(stage)
    turns = [f"{turn.heard} {turn.answer}" for turn in stage.all(Turn)]
    assert turns
    with stage.service.store.database.snapshot() as connection:
        record = [str(entry["facts"]) for entry in audit.export(connection)]
    words = [one.words for one in stage.workspace.messages(DESK)]
    for kept in (*turns, *record, *words, *(one.hashed for one in stage.all(ContactPin))):
        assert f'"{pin}"' not in kept
        assert f"{pin}#" not in kept
        assert f"'{pin}'" not in kept
    assert not any(f'"code": "{pin}"' in turn for turn in turns)


def test_the_new_one_voids_the_old_one_of_the_directory(stage: Stage) -> None:
    """Only when it is keyed back; then the old one opens nothing, and the new one does."""
    with_old_one(stage)
    new = has_a_pin(stage)
    call = stage.critical_stroke()
    hear_out(stage)
    answer(stage, call)
    assert not opens(stage, call, OLD)
    assert opens(stage, call, new)
    stage.press(call, code_heard(call))
    over(stage, call)


def test_a_second_reset_voids_the_first(stage: Stage) -> None:
    """One PIN holds at a time."""
    first, second = has_a_pin(stage), has_a_pin(stage)
    states = [one.state for one in stage.all(ContactPin)]
    assert states == [PinState.VOID, PinState.ACTIVE]
    call = stage.critical_stroke()
    hear_out(stage)
    answer(stage, call)
    assert first == second or not opens(stage, call, first)
    assert opens(stage, call, second)
    stage.press(call, code_heard(call))
    over(stage, call)


@pytest.mark.parametrize("what", ["nobody", "machine", "wrong person", "silence", "hangs up", "wrong keys"])
def test_a_call_that_comes_to_nothing_changes_nothing(stage: Stage, what: str) -> None:
    """A mailbox hears no PIN; whoever does not key it back has none; the old one holds, and the channel says why."""
    with_old_one(stage)
    call = asked(stage)
    if what == "nobody":
        let_ring(stage, call)
    elif what == "machine":
        call.answer_machine(5)
        over(stage, call)
        assert "Your radrelay PIN" not in " ".join(call.heard)
    else:
        answer(stage, call)
        if what == "wrong person":
            assert "noted as the wrong person" in stage.press(call, "9")
        elif what == "silence":
            over(stage, call)
        else:
            stage.press(call, "1")
            if what == "hangs up":
                call.hang_up()
            else:
                wrong = "1357" if pin_heard(call) != "1357" else "2468"
                for _ in range(2):
                    assert f"Your radrelay PIN is {', '.join(pin_heard(call))}" in stage.press(call, f"{wrong}#")
                assert "nothing has changed" in stage.press(call, f"{wrong}#")
        over(stage, call)
    stage.advance(minutes=2)
    assert [one.state for one in stage.all(ContactPin)] == [PinState.VOID]
    stage.workspace.expect_message(DESK, "No new PIN for Dr. Grace Kim")
    call = stage.critical_stroke()
    hear_out(stage)
    answer(stage, call)
    assert opens(stage, call, OLD)
    stage.press(call, code_heard(call))
    over(stage, call)


def test_an_expired_pin_is_asked_opens_nothing_and_brings_a_human(stage: Stage) -> None:
    """A year later the right PIN gets the words of a wrong one, and a human; no role key takes its place. It was told."""
    pin = has_a_pin(stage)
    for days in (305, 30, 25):
        stage.advance(minutes=60 * 24 * days)
        stage.service.warn()
        stage.settle()
    stage.advance(minutes=60 * 24 * 7)
    stage.service.warn()
    stage.advance(5)
    warned = stage.tasks(kind=TaskKind.EXPIRES_SOON)
    assert [one.subject_id.rpartition(":")[2] for one in warned] == ["60", "30", "7", "0"]
    assert "`/relay pin mercy-ed-physician` calls them with a new one" in stage.desk_card().words
    call = stage.critical_stroke()
    hear_out(stage)
    assert "key your PIN" in answer(stage, call)
    said = stage.press(call, f"{pin}#")
    assert said == "That did not match. Connecting you to the radiologist. Please stay on the line."
    stage.listen(call)
    human = until_rings(stage, LEE_PHONE, 1)
    answer(stage, human)
    stage.press(human, "1")
    stage.listen(human)
    call.hang_up()
    stage.settle()
    assert stage.attempts()[-1].outcome is Outcome.BRIDGED
    assert stage.relay().state is not RelayState.ENDED
    stage.tasks()


def test_a_new_pin_ends_her_lock_out(stage: Stage) -> None:
    """Ten wrong ones locked her PIN; the call to her own verified number settles whose it is."""
    with_old_one(stage)
    call = stage.critical_stroke()
    hear_out(stage)
    call.busy()
    stage.command(QUINN, "halt mercy")
    for entry in range(10):
        if entry % 2 == 0:
            guess = stage.exchange.call_in(f"+131255501{60 + entry // 2}", OURS)
            stage.press(guess, stage.relay().callback_code)
        stage.press(guess, "8472#")
        if entry % 2:
            guess.hang_up()
    stage.settle()
    assert "halted" in stage.command(QUINN, f"pin {ID}")
    log_by_hand(stage)
    stage.command(QUINN, "resume mercy")
    assert len(stage.tasks(kind=TaskKind.LOCKED_OUT, state=TaskState.OPEN)) == 1
    has_a_pin(stage)
    (task,) = stage.tasks(kind=TaskKind.LOCKED_OUT)
    assert (task.state, task.outcome) == (TaskState.DONE, "unlocked")
    assert stage.actions().count("lockout:lift") == 1
    stage.tasks()


def test_who_may_not_ask_is_told_why(stage: Stage) -> None:
    """A radiologist, an unknown contact, a unit, somebody without consent, a site in shadow: a sentence each, no call."""
    for user, contact, why in (
        (HADDAD, ID, "at a site that you administer"),
        (QUINN, "nobody", "no such contact"),
        (QUINN, "mercy-ed-charge", "no mobile or direct number that is verified"),
        (QUINN, "mercy-hospitalist", "no mobile or direct number that is verified"),
        (QUINN, "prairie-clinician", "in shadow"),
    ):
        assert why in stage.command(user, f"pin {contact}")
    stage.exchange.nothing_rings()
    assert stage.all(ContactPin) == []
