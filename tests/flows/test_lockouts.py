"""Who enters too much that is wrong is locked out over all calls: whatever they enter brings a human, who knows."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from handlers import pins
from handlers.domain.lockouts import Lockout, Whose, WrongEntry
from handlers.domain.relays import Ending, RelayState
from handlers.domain.tasks import TaskKind
from sandbox.exchange import Call
from tests.flows.acts import hear_out
from tests.flows.ringing import answer, code_heard, over, until_rings
from tests.flows.stage import DESK, DESK_PHONE, DESK_PHONE_2, KIM, LEE_PHONE, OURS, QUINN, Stage

PIN, OTHER = "2748", "8472"
PHYSICIAN = "    name: Dr. Grace Kim\n    role: physician\n"
GUESSER, SOMEBODY = "+13125550177", "+13125550178"
WITHHELD = "+266696687"  #: how the vendor spells "anonymous"
PRIVATE = ("subdural", "hematoma", "sandbox", "born")


@pytest.fixture
def relayed(stage: Stage) -> Iterator[Stage]:
    """Let the ordering physician be called and be engaged; her text has the code. Then calls of ours are halted."""
    call = stage.critical_stroke()
    hear_out(stage)
    call.busy()
    stage.settle()
    stage.command(QUINN, "halt mercy")
    yield stage
    stage.tasks()


def with_pin(stage: Stage) -> None:
    """Give the ordering physician a PIN."""
    pepper = stage.service.house.pin_pepper
    stage.load(PHYSICIAN, f'{PHYSICIAN}    pin_hash: "{pins.hash_pin(PIN, pepper)}"\n')


def wrong_code(stage: Stage) -> str:
    """Return a code that is no relay's."""
    return "111111" if stage.relay().callback_code != "111111" else "222222"


def calls_in(stage: Stage, caller: str) -> Call:
    """Call our number."""
    call = stage.exchange.call_in(caller, OURS)
    stage.settle()
    return call


def guesses(stage: Stage, caller: str, times: int) -> None:
    """Call in, again and again, with two wrong codes a call, and hang up before anybody is connected."""
    for entry in range(times):
        if entry % 2 == 0:
            call = calls_in(stage, caller)
        said = stage.press(call, wrong_code(stage))
        assert "That did not match. Radiology callback line" in said
        if entry % 2 or entry == times - 1:
            call.hang_up()
            stage.settle()


def a_human_comes(stage: Stage, call: Call, number: str = DESK_PHONE) -> None:
    """Let whoever a caller is being connected to accept, and the caller hang up after a while."""
    stage.listen(call)
    human = until_rings(stage, number, 1)
    if number == DESK_PHONE:
        until_rings(stage, DESK_PHONE_2, 1)
    answer(stage, human)
    stage.press(human, "1")
    stage.listen(human)
    call.hang_up()
    stage.settle()


@pytest.mark.parametrize("entered", ["right", "wrong"])
def test_the_right_code_of_who_is_locked_out_gets_the_words_of_a_wrong_one(relayed: Stage, entered: str) -> None:
    """Five wrong ones over three calls; then, right or wrong, the very same words, and the desk's phones ring."""
    guesses(relayed, GUESSER, 5)
    call = calls_in(relayed, GUESSER)
    code = relayed.relay().callback_code if entered == "right" else wrong_code(relayed)
    assert relayed.press(call, code) == "That did not match. Connecting you to a person. Please stay on the line."
    a_human_comes(relayed, call)
    assert not [word for word in PRIVATE if word in " ".join(call.heard).lower()]
    (task,) = relayed.tasks(kind=TaskKind.LOCKED_OUT)
    relayed.advance(2)
    card = relayed.workspace.expect_message(DESK, "entered wrong from a telephone that is not in the directory")
    assert GUESSER not in card.words
    assert "0177" not in card.words
    assert task.relay_id is None


def test_the_same_code_from_another_telephone_opens(relayed: Stage) -> None:
    """A guesser locks out their own telephone, and nobody else's; withheld numbers are not one telephone."""
    guesses(relayed, GUESSER, 5)
    guesses(relayed, WITHHELD, 6)
    for caller in (SOMEBODY, WITHHELD):
        call = calls_in(relayed, caller)
        assert "1 physician" in relayed.press(call, relayed.relay().callback_code)
        call.hang_up()
        relayed.settle()
    assert len(relayed.tasks(kind=TaskKind.LOCKED_OUT)) == 1


def test_many_who_show_no_number_are_locked_out_together_at_last(relayed: Stage) -> None:
    """Twenty wrong ones in a quarter of an hour: each of them is connected to a human, who is told why."""
    guesses(relayed, WITHHELD, 12)
    guesses(relayed, "anonymous", 8)
    call = calls_in(relayed, WITHHELD)
    assert "Connecting you to a person" in relayed.press(call, relayed.relay().callback_code)
    a_human_comes(relayed, call)
    assert len(relayed.tasks(kind=TaskKind.LOCKED_OUT)) == 1
    relayed.advance(2)
    relayed.workspace.expect_message(DESK, "Callers who show no number")


def test_a_lock_ends_by_time_and_survives_a_restart(relayed: Stage) -> None:
    """It is a row: a restart does not end it, fourteen minutes do not, and a quarter of an hour does."""
    guesses(relayed, GUESSER, 5)
    relayed.restart()
    relayed.advance(minutes=14)
    call = calls_in(relayed, GUESSER)
    assert "Connecting you to a person" in relayed.press(call, relayed.relay().callback_code)
    a_human_comes(relayed, call)
    relayed.advance(minutes=2)
    call = calls_in(relayed, GUESSER)
    assert "1 physician" in relayed.press(call, relayed.relay().callback_code)
    call.hang_up()
    relayed.settle()


def guesses_pins(stage: Stage, times: int) -> None:
    """Guess her PIN from ever new telephones, two a call."""
    for entry in range(times):
        if entry % 2 == 0:
            call = calls_in(stage, f"+131255501{60 + entry // 2}")
            assert "key your PIN" in stage.press(call, stage.relay().callback_code)
        assert "That did not match. Radiology, Mercy" in stage.press(call, f"{OTHER}#")
        if entry % 2 or entry == times - 1:
            call.hang_up()
            stage.settle()


@pytest.mark.parametrize("entered", [PIN, OTHER])
def test_ten_wrong_pins_lock_the_pin_wherever_it_is_entered(relayed: Stage, entered: str) -> None:
    """The right one from her own telephone gets the words of a wrong one, and a human; the desk reads whose it is."""
    with_pin(relayed)
    guesses_pins(relayed, 10)
    call = calls_in(relayed, KIM)
    assert "key your PIN" in relayed.press(call, relayed.relay().callback_code)
    said = relayed.press(call, f"{entered}#")
    assert said == "That did not match. Connecting you to the radiologist. Please stay on the line."
    a_human_comes(relayed, call, LEE_PHONE)
    assert not [word for word in PRIVATE if word in " ".join(call.heard).lower()]
    assert relayed.relay().state is not RelayState.ENDED
    assert relayed.tasks(kind=TaskKind.LOCKED_OUT)
    relayed.advance(2)
    card = relayed.workspace.expect_message(DESK, "The PIN of Dr. Grace Kim was entered wrong too often")
    assert not [digits for digits in (PIN, OTHER, "5550101") if digits in card.words]


def test_the_desk_that_knows_her_unlocks(relayed: Stage) -> None:
    """The task's outcome ends the lock at once, and the record says who did it."""
    with_pin(relayed)
    guesses_pins(relayed, 10)
    relayed.advance(2)
    relayed.click(QUINN, "done", DESK, relayed.desk_card(), value="unlocked")
    call = calls_in(relayed, KIM)
    relayed.press(call, relayed.relay().callback_code)
    assert "subdural hematoma" in relayed.press(call, f"{PIN}#").lower()
    relayed.press(call, code_heard(call))
    assert relayed.relay().ending is Ending.CONFIRMED_BY_CODE
    assert relayed.actions().count("lockout:lift") == 1
    over(relayed, call)


def test_our_own_call_counts_for_her_pin_and_for_no_telephone(stage: Stage) -> None:
    """Whoever picks up her telephone is no caller: three wrong ones there are hers, and a human comes as ever."""
    with_pin(stage)
    call = stage.critical_stroke()
    hear_out(stage)
    answer(stage, call)
    for _ in range(3):
        said = stage.press(call, f"{OTHER}#")
    assert "That did not match. Connecting you to the radiologist" in said
    a_human_comes(stage, call, LEE_PHONE)
    assert stage.all(Lockout) == []
    assert [task.kind for task in stage.open_tasks()] == [TaskKind.OUTCOME_NEEDED]
    with stage.service.store.memory.reading() as look:
        assert len(look.all(WrongEntry, subject="contact:mercy-ed-physician")) == 3
        assert look.all(WrongEntry, subject=f"{Whose.CALLER}:{KIM}") == []
