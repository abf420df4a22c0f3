"""Several results for one contact are one call: each told, confirmed and recorded by itself, the most urgent first."""

from __future__ import annotations

import pytest

from handlers.domain.relays import Attempt, Ending, Outcome, Relay, RelayState
from handlers.receipts import receipt_of
from sandbox.exchange import Call
from telephony import spoken
from tests.flows.acts import dialed, hear_the_finding, look_at_everything
from tests.flows.faults import nothing_doubles
from tests.flows.ringing import code_heard, let_ring, over, until_rings
from tests.flows.stage import CHARGE, KIM, OURS, QUINN, Stage
from tests.flows.test_pin_on_call_back import PHYSICIAN, PIN, gets_pin

NODULE = "Nodule of eight millimeters in the right upper lobe."
EFFUSION = "Large pericardial effusion."
OTHER_NUMBER = "+13125550171"


def finding(stage: Stage, category: int = 1, text: str | None = None) -> Relay:
    """Send a further study with a critical finding for Dr. Kim; return its relay."""
    stage.stroke_ct()
    stage.finding(category=category, **({} if text is None else {"text": text}))
    relay = stage.all(Relay, study_id=stage.study().id)[-1]
    stage.advance(1)
    return relay


def now(stage: Stage, relay: Relay) -> Relay:
    """Return a relay as it is now."""
    return stage.all(Relay, id=relay.id)[0]


def told(stage: Stage, relay: Relay) -> list[Attempt]:
    """Return a relay's attempts by telephone."""
    return [one for one in stage.all(Attempt, relay_id=relay.id) if one.channel == "call"]


def key_the_code(stage: Stage, call: Call) -> str:
    """Key back the code that was said last; return what is said next."""
    stage.listen(call)
    return stage.press(call, code_heard(call))


@pytest.mark.usefixtures("fault")
def test_two_results_are_told_in_one_call(stage: Stage) -> None:
    """The opening counts them; after the first code the second is told, with a code of its own; then the call ends."""
    first, second = finding(stage), finding(stage, text=EFFUSION)
    call = until_rings(stage, KIM)
    call.answer()
    stage.settle()
    assert "2 critical results" in call.last_heard
    assert "subdural" in stage.press(call, "1").lower()
    said = key_the_code(stage, call)
    assert "The next result." in said
    assert "pericardial effusion" in said.lower()
    assert now(stage, first).ending is Ending.CONFIRMED_BY_CODE
    assert now(stage, second).state is not RelayState.ENDED
    assert "goodbye" in key_the_code(stage, call).lower()
    over(stage, call)
    assert now(stage, second).ending is Ending.CONFIRMED_BY_CODE
    stage.advance(minutes=30)
    assert dialed(stage, KIM) == [call]
    look_at_everything(stage, texts={KIM: 2})


def test_each_result_has_its_own_attempt_code_and_receipt(stage: Stage) -> None:
    """Two attempts on one call: the second claims the role that was keyed in the first, and its own code."""
    first, second = finding(stage), finding(stage, text=EFFUSION)
    call = until_rings(stage, KIM)
    hear_the_finding(stage, call)
    key_the_code(stage, call)
    key_the_code(stage, call)
    (one,), (two,) = told(stage, first), told(stage, second)
    assert (one.outcome, two.outcome) == (Outcome.CONFIRMED_BY_CODE, Outcome.CONFIRMED_BY_CODE)
    assert (two.follows, two.sid) == (one.id, one.sid)
    assert now(stage, second).ended_attempt == two.id
    assert now(stage, second).ended_role == "physician_np_or_pa"
    with stage.service.store.memory.reading() as look:
        assert (receipt_of(look, two).role_by, receipt_of(look, two).code_by) == ("key", "key")
    assert "relay:same_call" in stage.actions()
    look_at_everything(stage, texts={KIM: 2})


def test_the_first_code_does_not_confirm_the_second_result(stage: Stage) -> None:
    """What was keyed for one says nothing of the other."""
    finding(stage)
    second = finding(stage, text=EFFUSION)
    call = until_rings(stage, KIM)
    hear_the_finding(stage, call)
    stage.listen(call)
    code = code_heard(call)
    stage.press(call, code)
    if code_heard(call) != code:
        assert "did not match" in stage.press(call, code)
    assert now(stage, second).state is not RelayState.ENDED
    key_the_code(stage, call)
    look_at_everything(stage, texts={KIM: 2})


def test_whoever_hangs_up_between_two_results_is_called_again_for_the_second(stage: Stage) -> None:
    """The first stands confirmed; the second was not told, and its ladder goes on."""
    first, second = finding(stage), finding(stage, text=EFFUSION)
    call = until_rings(stage, KIM)
    hear_the_finding(stage, call)
    key_the_code(stage, call)
    call.hang_up()
    stage.settle()
    assert now(stage, first).ending is Ending.CONFIRMED_BY_CODE
    assert told(stage, second)[-1].outcome is Outcome.HUNG_UP
    again = until_rings(stage, KIM, 3)
    assert "pericardial effusion" in hear_the_finding(stage, again).lower()
    key_the_code(stage, again)
    assert now(stage, second).ending is Ending.CONFIRMED_BY_CODE
    look_at_everything(stage, texts={KIM: 2})


def test_whoever_heard_the_second_and_hung_up_was_reached_without_read_back(stage: Stage) -> None:
    """Heard to its end and not confirmed: the second's ladder goes on to the charge nurse."""
    _, second = finding(stage), finding(stage, text=EFFUSION)
    call = until_rings(stage, KIM)
    hear_the_finding(stage, call)
    key_the_code(stage, call)
    stage.listen(call)
    call.hang_up()
    stage.settle()
    assert told(stage, second)[0].outcome is Outcome.REACHED_WITHOUT_READ_BACK
    nurse = until_rings(stage, CHARGE, 2)
    nurse.answer()
    stage.settle()
    stage.press(nurse, "2")
    key_the_code(stage, nurse)
    assert now(stage, second).ended_role == "rn"
    look_at_everything(stage, texts={KIM: 2})


def test_what_is_more_urgent_is_told_first_though_the_telephone_rang_for_the_other(stage: Stage) -> None:
    """Category 1 comes while the telephone rings for category 3: it is told first, and the other after it."""
    later = finding(stage, 3, NODULE)
    call = until_rings(stage, KIM)
    urgent = finding(stage, 1)
    call.answer()
    stage.settle()
    assert "2 critical results" in call.last_heard
    assert "subdural" in stage.press(call, "1").lower()
    said = key_the_code(stage, call)
    assert now(stage, urgent).ending is Ending.CONFIRMED_BY_CODE
    assert "eight millimeters" in said
    key_the_code(stage, call)
    assert now(stage, later).ending is Ending.CONFIRMED_BY_CODE
    over(stage, call)
    assert dialed(stage, KIM) == [call]
    look_at_everything(stage, texts={KIM: 1})


def test_category_1_that_comes_while_another_is_told_is_next(stage: Stage) -> None:
    """Before the other that waited longer: the most urgent first."""
    finding(stage, 3, NODULE)
    waits = finding(stage, 2, EFFUSION)
    call = until_rings(stage, KIM)
    call.answer()
    stage.settle()
    assert "effusion" in stage.press(call, "1").lower()  # category 2 before 3
    urgent = finding(stage, 1)
    assert "subdural" in key_the_code(stage, call).lower()
    assert now(stage, waits).ending is Ending.CONFIRMED_BY_CODE
    assert "eight millimeters" in key_the_code(stage, call)
    assert now(stage, urgent).ending is Ending.CONFIRMED_BY_CODE
    key_the_code(stage, call)
    assert {one.state for one in stage.all(Relay)} == {RelayState.ENDED}
    look_at_everything(stage, texts={KIM: 2})


def test_a_telephone_that_nobody_answers_leaves_both_to_their_ladders(stage: Stage) -> None:
    """Nothing was told: each goes on by itself."""
    first, second = finding(stage), finding(stage, text=EFFUSION)
    let_ring(stage, until_rings(stage, KIM))
    stage.advance(30)
    assert not [one for one in (*told(stage, first), *told(stage, second)) if one.told_at is not None]
    call = until_rings(stage, KIM, 2)
    hear_the_finding(stage, call)
    key_the_code(stage, call)
    key_the_code(stage, call)
    assert {one.state for one in stage.all(Relay)} == {RelayState.ENDED}
    look_at_everything(stage, texts={KIM: 2})


def test_a_limit_and_a_second_result_are_one_call_too(stage: Stage) -> None:
    """What waits for the contact's limit is told in the call that category 1 makes."""
    stage.load("  mercy-ed-physician:\n", "  mercy-ed-physician:\n    call_limits: [{calls: 1, within: 30m}]\n")
    finding(stage)
    first = until_rings(stage, KIM)
    hear_the_finding(stage, first)
    key_the_code(stage, first)
    over(stage, first)
    waits = finding(stage, 2, EFFUSION)
    assert now(stage, waits).wait is not None
    finding(stage, 1)
    call = until_rings(stage, KIM)
    hear_the_finding(stage, call)
    assert "effusion" in key_the_code(stage, call).lower()
    key_the_code(stage, call)
    assert now(stage, waits).ending is Ending.CONFIRMED_BY_CODE
    look_at_everything(stage, texts={KIM: 3})


def test_a_repeated_answer_gets_the_same_next_result(stage: Stage) -> None:
    """The vendor sends the turn once more: the same words, and no third attempt."""
    finding(stage)
    finding(stage, text=EFFUSION)
    call = until_rings(stage, KIM)
    hear_the_finding(stage, call)
    assert "effusion" in key_the_code(stage, call).lower()
    nothing_doubles(stage)
    key_the_code(stage, call)
    nothing_doubles(stage)
    assert len(stage.attempts()) == 2
    look_at_everything(stage, texts={KIM: 2})


def test_a_halt_tells_no_further_result(stage: Stage) -> None:
    """Who is on the line ends what they are told; nothing new is begun."""
    finding(stage)
    second = finding(stage, text=EFFUSION)
    call = until_rings(stage, KIM)
    hear_the_finding(stage, call)
    stage.command(QUINN, "halt mercy")
    assert "goodbye" in key_the_code(stage, call).lower()
    assert now(stage, second).state is RelayState.HELD
    stage.open_tasks()
    look_at_everything(stage, texts={KIM: 2})


def test_somebody_who_calls_our_number_without_a_pin_hears_of_no_other_result(stage: Stage) -> None:
    """Even from the contact's own number, which proves nothing: whoever gave one relay's code is told that relay only."""
    first = finding(stage)
    second = finding(stage, text=EFFUSION)
    for _ in range(2):
        let_ring(stage, until_rings(stage, KIM, 1))
    call = stage.exchange.call_in(KIM, OURS)
    stage.settle()
    stage.press(call, first.callback_code)
    stage.press(call, "1")
    assert "confirmed" in key_the_code(stage, call).lower()
    over(stage, call)
    assert "effusion" not in " ".join(call.heard).lower()
    assert now(stage, second).state is not RelayState.ENDED
    again = until_rings(stage, KIM, 3)
    hear_the_finding(stage, again)
    key_the_code(stage, again)
    look_at_everything(stage, texts={KIM: 2})


def test_who_calls_our_number_and_keys_their_pin_is_told_all_that_waits_for_them(stage: Stage) -> None:
    """The PIN says who they are, from whatever number: the second result follows on the same call."""
    gets_pin(stage, PHYSICIAN)
    first, second = finding(stage), finding(stage, text=EFFUSION)
    for _ in range(2):
        let_ring(stage, until_rings(stage, KIM, 1))
    call = stage.exchange.call_in(OTHER_NUMBER, OURS)
    stage.settle()
    stage.press(call, first.callback_code)
    assert "subdural" in stage.press(call, f"{PIN}#").lower()
    assert "effusion" in key_the_code(stage, call).lower()
    key_the_code(stage, call)
    over(stage, call)
    assert (now(stage, first).ended_by, now(stage, second).ended_by) == ("mercy-ed-physician", "mercy-ed-physician")
    with stage.service.store.memory.reading() as look:
        ended = look.get(Attempt, now(stage, second).ended_attempt or "")
        assert receipt_of(look, ended).role_by == "pin"
    stage.advance(minutes=5)
    look_at_everything(stage, texts={KIM: 2})


def test_a_machine_that_answers_for_the_more_urgent_one_is_left_number_and_code(stage: Stage) -> None:
    """The telephone rang for category 3, category 1 came, a machine answers: the words are those for category 1."""
    later = finding(stage, 3, NODULE)
    call = until_rings(stage, KIM)
    urgent = finding(stage, 1)
    call.answer_machine(6)
    stage.advance(30)
    assert told(stage, urgent)[0].outcome is Outcome.VOICEMAIL_LEFT
    heard = " ".join(call.heard)
    assert spoken.in_groups(urgent.callback_code) in heard
    assert not [word for word in ("subdural", "nodule") if word in heard.lower()]
    over(stage, call)
    nurse = until_rings(stage, CHARGE, 1)
    nurse.answer()
    stage.settle()
    stage.press(nurse, "2")
    key_the_code(stage, nurse)
    assert now(stage, urgent).ended_role == "rn"
    again = until_rings(stage, KIM, 3)
    hear_the_finding(stage, again)
    key_the_code(stage, again)
    assert now(stage, later).ending is Ending.CONFIRMED_BY_CODE
    look_at_everything(stage, texts={KIM: 1})


def test_a_role_that_may_not_end_the_second_is_asked_for_it_again(stage: Stage) -> None:
    """A nurse confirmed the first; the second is for physicians: the opening begins anew, and her role is refused there."""
    stage.load(
        "ended_by: [physician, np, pa, rn]\n    desk: {who: $desk, every: 10m}",
        "ended_by: [physician]\n    desk: {who: $desk, every: 10m}",
    )
    finding(stage)
    second = finding(stage, 3, NODULE)
    call = until_rings(stage, KIM)
    call.answer()
    stage.settle()
    stage.press(call, "2")
    said = key_the_code(stage, call)
    assert "The next result." in said
    assert "nodule" not in said.lower()
    assert "must go to a physician" in stage.press(call, "2")
    call.hang_up()
    stage.settle()
    assert told(stage, second)[0].outcome is Outcome.MESSAGE_LEFT
    stage.open_tasks()
    stage.advance(5)
    look_at_everything(stage, {"+13125550151": 1, "+13125550152": 1}, {KIM: 1})


def test_on_a_shared_line_the_name_is_asked_before_the_next_result(stage: Stage) -> None:
    """Who took the first says their name, and the call goes on; the second has its own receiver."""
    cases, relays = [], []
    for text in (None, EFFUSION):
        relays.append(finding(stage, text=text))
        cases.append(stage.case())
    until_rings(stage, KIM)
    for case in cases:
        stage.command(QUINN, f"redirect {case} mercy-ed-charge")
    call = until_rings(stage, CHARGE)
    call.answer()
    stage.settle()
    assert "2 critical results" in call.last_heard
    stage.press(call, "2")
    assert "say your name" in key_the_code(stage, call)
    stage.listen(call)
    call.say("Mary Jones, agent")
    stage.settle()
    said = stage.press(call, "1")
    assert "The next result." in said
    assert "effusion" in said.lower()
    key_the_code(stage, call)
    over(stage, call)
    assert {now(stage, one).ending for one in relays} == {Ending.CONFIRMED_BY_CODE}
    assert dialed(stage, CHARGE) == [call]
    stage.advance(5)
    look_at_everything(stage, texts={KIM: 2})
