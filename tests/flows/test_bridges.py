"""Two humans on one line: who is connected to a clinician, in which order, and whose word ends the relay then."""

from __future__ import annotations

import pytest

from handlers.domain.relays import Ending, Outcome, RelayState
from handlers.domain.tasks import TaskKind, TaskState
from sandbox.exchange import Call
from tests.flows.acts import attempt_of, confirm, hear_out, key_back
from tests.flows.ringing import answer, let_ring, over, until_rings
from tests.flows.stage import CHARGE, DESK, DESK_PHONE, DESK_PHONE_2, KIM, LEE, LEE_PHONE, QUINN, Stage
from tests.flows.visitor import Visitor

QUINN_PHONE = "+13125550153"
PETROV = "+13125550104"  #: a physician without consent to automated calls
STONE_PHONE = "+13125550143"
BRIDGE = ("  critical:\n    steps:", "  critical:\n    bridge: true\n    steps:")
ROTA = (
    "\nrotas:\n  night-readers:\n    for: readers\n    zone: America/Chicago\n"
    '    rotation: {people: [stone], begins: 2026-01-05, at: "07:00", every: 1d}\n\nradiologists:\n'
)


def asks_for_a_person(stage: Stage) -> Call:
    """Let the ordering physician answer and press 0."""
    call = stage.critical_stroke()
    hear_out(stage)
    answer(stage, call)
    stage.press(call, "0")
    stage.listen(call)
    return call


def accepted(stage: Stage, leg: Call) -> None:
    """Answer a bridged telephone and press 1, once it was whispered to."""
    assert "press 1 to talk" in answer(stage, leg)
    stage.press(leg, "1")


def quinn_calls(stage: Stage, words: str = "") -> Call:
    """Let the administrator ask to be connected; her telephone rings and she answers."""
    said = stage.command(QUINN, f"call {stage.case()}{words}")
    assert "Your telephone rings now: press 1 and you are connected" in said
    stage.advance(1)
    return until_rings(stage, QUINN_PHONE, 1)


def the_ladder_rests(stage: Stage) -> None:
    """Let the ordering physician be engaged, so that nothing of ours rings for a minute."""
    call = stage.critical_stroke()
    hear_out(stage)
    call.busy()
    stage.settle()


def connected(stage: Stage, number: str = KIM) -> tuple[Call, Call]:
    """Connect the administrator to a clinician who answers."""
    mine = quinn_calls(stage, "" if number == KIM else " mercy-hospitalist")
    answer(stage, mine)
    stage.press(mine, "1")
    stage.listen(mine)
    theirs = until_rings(stage, number, 1)
    theirs.answer()
    stage.settle()
    return mine, theirs


def test_the_radiologist_is_offered_first_where_the_policy_says_so(stage: Stage) -> None:
    """The first sentence names the radiologist; "connect me now" is as good as 0, and the whisper comes before the voices meet."""
    stage.load(*BRIDGE)
    call = stage.critical_stroke()
    hear_out(stage)
    assert "critical result; press 0 for the radiologist." in answer(stage, call)
    stage.listen(call)
    call.say("connect me now")
    stage.settle()
    stage.listen(call)
    accepted(stage, until_rings(stage, LEE_PHONE, 1))
    call.hang_up()
    stage.settle()
    (task,) = stage.open_tasks()
    assert (task.kind, task.taken_by) == (TaskKind.OUTCOME_NEEDED, "Dr. Maya Lee")


def test_the_reader_on_call_is_asked_when_the_radiologist_does_not_come(stage: Stage) -> None:
    """The radiologist, then whoever reads tonight, then the desk: a clinician who asked for a person gets one."""
    stage.load("\nradiologists:\n", ROTA)
    stage.load("members: [lee, haddad, stone]}", "members: [lee, haddad, stone], oncall: night-readers}")
    call = asks_for_a_person(stage)
    let_ring(stage, until_rings(stage, LEE_PHONE, 1))
    accepted(stage, until_rings(stage, STONE_PHONE, 1))
    assert attempt_of(stage, call).bridged_to == "Dr. Ruth Stone"
    call.hang_up()
    stage.settle()
    (task,) = stage.open_tasks()
    assert task.taken_by == "Dr. Ruth Stone"


def test_nobody_of_the_readers_comes_and_the_desk_is_there(stage: Stage) -> None:
    """The last of the three."""
    call = asks_for_a_person(stage)
    let_ring(stage, until_rings(stage, LEE_PHONE, 1))
    first = until_rings(stage, DESK_PHONE, 1)
    until_rings(stage, DESK_PHONE_2, 1)
    accepted(stage, first)
    assert attempt_of(stage, call).bridged_to == "Pat Quinn"
    call.hang_up()
    stage.settle()
    (task,) = stage.open_tasks()
    assert task.taken_by == "Pat Quinn"


def test_only_the_answer_of_whoever_talked_ends_it(stage: Stage) -> None:
    """The call is over and the relay is not: the card asks, and "read back by a physician" ends it as just that."""
    call = asks_for_a_person(stage)
    accepted(stage, until_rings(stage, LEE_PHONE, 1))
    call.hang_up()
    stage.settle()
    assert stage.relay().state is RelayState.AT_DESK
    (task,) = stage.open_tasks()
    card = stage.desk_card()
    assert "Read back by a physician" in str(card.blocks)
    assert "Recorded: the relay has ended." in stage.click(LEE, "done", DESK, card, "read_back_physician")
    relay = stage.relay()
    assert (relay.ending, relay.ended_by, relay.ended_role) == (
        Ending.READ_BACK_TO_HUMAN,
        "mercy-ed-physician",
        "physician",
    )
    assert stage.tasks(id=task.id)[0].state is TaskState.DONE
    lee = Visitor(stage, LEE)
    lee.sign_in()
    assert "COMMUNICATED TO DR. GRACE KIM, PHYSICIAN" in lee.page().text
    assert "READ BACK BY RECEIVER" in lee.page().text
    lee.close()


def test_the_page_asks_as_well_and_not_reached_sends_the_ladder_on(stage: Stage) -> None:
    """Connected, and the clinician was gone again: the next rung rings at once."""
    call = asks_for_a_person(stage)
    accepted(stage, until_rings(stage, LEE_PHONE, 1))
    call.hang_up()
    stage.settle()
    (task,) = stage.open_tasks()
    lee = Visitor(stage, LEE)
    lee.sign_in()
    assert "What came of the call?" in lee.page().text
    assert lee.send("outcome", outcome="not_reached", task="another").status_code == 409
    answered = lee.send("outcome", outcome="not_reached", task=task.id)
    assert "not reached. The next on the ladder is called." in answered.text
    assert "What came of the call?" not in lee.page().text
    lee.close()
    assert "relay:not_reached" in stage.actions()
    charge = until_rings(stage, CHARGE)
    confirm(stage, charge)


def test_not_reached_at_the_end_of_the_ladder_rings_the_desk_again(stage: Stage) -> None:
    """Nobody is left to be called: humans are, until one of them has an outcome."""
    stage.load(
        "      - {to: $charge_nurse, tries: 2, retry_after: 1m, within: 5m}\n"
        "      - {to: $supervisor, within: 5m}\n      - {to: radiologist, within: 5m}\n    ended_by: [physician, np, pa, rn]",
        "    ended_by: [physician, np, pa, rn]",
    )
    call = asks_for_a_person(stage)
    accepted(stage, until_rings(stage, LEE_PHONE, 1))
    call.hang_up()
    stage.settle()
    stage.click(LEE, "done", DESK, stage.desk_card(), "not_reached")
    until_rings(stage, DESK_PHONE, 1)
    until_rings(stage, DESK_PHONE_2, 1)
    (task,) = stage.open_tasks()
    assert (task.kind, task.state) == (TaskKind.LADDER_EXHAUSTED, TaskState.OPEN)


def test_the_administrator_is_rung_first_and_then_connected(stage: Stage) -> None:
    """`/relay call`: her telephone, one key, then the physician's, to whom no machine says a word."""
    the_ladder_rests(stage)
    mine, theirs = connected(stage)
    assert "press 1 to be connected to Dr. Grace Kim" in " ".join(mine.heard)
    assert theirs.heard == []
    stage.advance(40)
    stage.exchange.nothing_rings()
    theirs.hang_up()
    stage.settle()
    over(stage, mine)
    (task,) = stage.open_tasks()
    assert (task.kind, task.taken_by) == (TaskKind.OUTCOME_NEEDED, "Pat Quinn")
    assert stage.relay().state is RelayState.AT_DESK
    stage.click(QUINN, "done", DESK, stage.desk_card(), "reached_physician")
    relay = stage.relay()
    assert (relay.ending, relay.ended_by) == (Ending.REACHED_WITHOUT_READ_BACK, "mercy-ed-physician")


def test_a_human_may_call_where_no_robot_may(stage: Stage) -> None:
    """Without consent to automated calls: a human places it, and no recorded voice is played there."""
    the_ladder_rests(stage)
    mine, theirs = connected(stage, PETROV)
    assert theirs.heard == []
    mine.hang_up()
    stage.settle()
    stage.click(QUINN, "done", DESK, stage.desk_card(), "read_back_physician")
    assert (stage.relay().ending, stage.relay().ended_by) == (Ending.READ_BACK_TO_HUMAN, "mercy-hospitalist")


def test_who_asked_to_be_connected_and_was_not_leaves_the_ladder_as_it_was(stage: Stage) -> None:
    """The line is busy: it says so, nothing is recorded as reached, and the ladder tries again."""
    the_ladder_rests(stage)
    mine = quinn_calls(stage)
    answer(stage, mine)
    stage.press(mine, "1")
    stage.listen(mine)
    until_rings(stage, KIM, 1).busy()
    stage.settle()
    assert "Dr. Grace Kim did not answer. The relay goes on. Goodbye." in " ".join(mine.heard)
    over(stage, mine)
    assert attempt_of(stage, mine).outcome is Outcome.NO_ANSWER
    confirm(stage, until_rings(stage, KIM))


def test_a_rival_never_cuts_off_a_call_in_progress(stage: Stage) -> None:
    """While Dr. Kim listens to the finding the administrator cannot ring her, and what Dr. Kim keys still ends it."""
    call = stage.critical_stroke()
    hear_out(stage)
    answer(stage, call)
    stage.press(call, "1")
    refused = stage.command(QUINN, f"call {stage.case()}")
    assert "A call of ours rings or talks at Dr. Grace Kim's number already: it is not cut off." in refused
    assert call.is_live
    key_back(stage, call)
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE


def test_while_two_humans_talk_the_ladder_waits(stage: Stage) -> None:
    """The rung's time passes, and nobody else is rung until they have hung up."""
    the_ladder_rests(stage)
    mine, theirs = connected(stage)
    stage.advance(minutes=7)
    stage.exchange.nothing_rings()
    assert theirs.is_live
    mine.hang_up()
    stage.settle()
    stage.click(QUINN, "done", DESK, stage.desk_card(), "read_back_np")
    assert stage.relay().ended_role == "np"


@pytest.mark.parametrize(
    ("user", "words", "says"),
    [
        ("U000000004", "", "Only a radiologist of this site's pool or a PACS administrator can do this."),
        (QUINN, " nobody", "There is no such contact at this site."),
        (QUINN, " prairie-clinician", "There is no such contact at this site."),
    ],
)
def test_what_cannot_be_is_refused_kindly(stage: Stage, user: str, words: str, says: str) -> None:
    """An auditor calls nobody, and nobody of another site is called."""
    the_ladder_rests(stage)
    assert says in stage.command(user, f"call {stage.case()}{words}")
    assert "relay:call" not in stage.actions()


def test_without_a_telephone_of_ones_own_it_says_what_to_do(stage: Stage) -> None:
    """The directory has none for her."""
    stage.load('    phone: "+13125550153" # rings for /relay call, and 1 connects her\n', "")
    the_ladder_rests(stage)
    assert "Ask for it to be added as `phone`." in stage.command(QUINN, f"call {stage.case()}")


def test_nobody_is_called_by_hand_in_shadow_or_while_calls_are_halted(stage: Stage) -> None:
    """The halt holds for this, too."""
    the_ladder_rests(stage)
    stage.command(QUINN, "halt mercy")
    assert "Calls are halted here." in stage.command(QUINN, f"call {stage.case()}")
    stage.tasks()
    stage.command(QUINN, "resume mercy")
    confirm(stage, until_rings(stage, KIM))
