"""A number is of a kind, and each kind is spoken with in its own way: operators, answering services, pagers, badges."""

from __future__ import annotations

from handlers.domain.relays import Attempt, Ending, Outcome, RelayState
from sandbox.exchange import Call
from telephony import spoken
from tests.flows.acts import attempt_of, desk_takes, hear_out, key_back, nurse_confirms, says
from tests.flows.ringing import answer, code_heard, hang_up, let_ring, over, until_rings
from tests.flows.stage import CHARGE, KIM, LEE, LEE_PHONE, OURS, READS, SUPERVISOR, Stage
from tests.flows.visitor import Visitor

UNIT = '"+13125550102", kind: unit, consent'


def the_charge_line_is(stage: Stage, kind: str, more: str = "") -> None:
    """Let the number of the second rung be of another kind."""
    stage.load(UNIT, f'"+13125550102", kind: {kind}, {more}consent')


def reach_the_charge_line(stage: Stage) -> Call:
    """Let the ordering physician be engaged twice, until the second rung rings."""
    call = stage.critical_stroke()
    hear_out(stage)
    for again in (False, True):
        busy = until_rings(stage, KIM) if again else call
        busy.busy()
        stage.settle()
    return until_rings(stage, CHARGE)


def thread_of(stage: Stage) -> list[str]:
    """Return what the thread of the read's card tells."""
    return [one.words for one in stage.workspace.thread(READS, stage.card_of_read().ts)]


def test_an_operator_is_asked_for_the_physician_and_connects(stage: Stage) -> None:
    """Digits get through the menu, the operator hears whom we want, and the opening begins anew for whoever comes."""
    the_charge_line_is(stage, "switchboard", 'send_digits: "wwww2ww0", ask_for: "the emergency physician", ')
    call = reach_the_charge_line(stage)
    assert call.plan.send_digits == "wwww2ww0"
    first = answer(stage, call)
    assert "Radiology, Mercy: please connect me to the emergency physician; press 0 for a person." in first
    assert "please connect me" in says(stage, call, "Mercy General, how may I direct your call?")
    assert says(stage, call, "One moment, I'll transfer you.") == "Thank you. I am holding."
    stage.listen(call)
    stage.advance(9)  # the other telephone rings
    assert "Radiology, Mercy, critical result" in says(stage, call, "Emergency department, this is Doctor Ruiz.")
    assert "subdural" in stage.press(call, "1")
    assert "Confirmed" in key_back(stage, call)
    assert (stage.relay().ending, stage.relay().ended_role) == (Ending.CONFIRMED_BY_CODE, "physician_np_or_pa")


def test_an_extension_is_keyed_with_a_pause(stage: Stage) -> None:
    """A second after the answer; the person there is spoken with as anybody is."""
    the_charge_line_is(stage, "direct", 'extension: "417", ')
    call = reach_the_charge_line(stage)
    assert call.plan.send_digits == "ww417"
    nurse_confirms(stage, call)
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE


def test_an_answering_service_takes_a_message_and_its_promise_is_a_reminder(stage: Stage) -> None:
    """It ends nothing: the next rung rings while the message is taken, and whoever calls back ends it with the code."""
    the_charge_line_is(stage, "answering_service", 'ask_for: "Doctor Osei", ')
    call = reach_the_charge_line(stage)
    assert "Radiology, Mercy, urgent, for Doctor Osei" in answer(stage, call)
    message = stage.press(call, "1")
    relay = stage.relay()
    assert f"Call {spoken.telephone(OURS)}, code {spoken.in_groups(relay.callback_code)}." in message
    assert attempt_of(stage, call).outcome is Outcome.MESSAGE_LEFT
    supervisor = until_rings(stage, SUPERVISOR)
    assert "In how many minutes will Doctor Osei have it?" in says(stage, call, "This is Dana at the exchange")
    assert "Noted: 10 minutes." in says(stage, call, "ten minutes")
    let_ring(stage, supervisor)
    until_rings(stage, LEE_PHONE)
    assert "call:promise" in stage.actions()
    lee = Visitor(stage, LEE)
    lee.sign_in()
    assert "taken by somebody who gave the name “This is Dana at the exchange”" in lee.page().text
    lee.close()
    assert "Dana" not in "".join(thread_of(stage))
    back = stage.exchange.call_in("+13125550177", OURS)
    stage.settle()
    stage.press(back, relay.callback_code)
    stage.press(back, "1")
    stage.press(back, code_heard(back))
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE


def test_a_promise_that_is_not_kept_is_told(stage: Stage) -> None:
    """Five minutes were promised; after six the readers' thread says that nobody has called back, and the ladder goes on."""
    the_charge_line_is(stage, "answering_service")
    call = reach_the_charge_line(stage)
    answer(stage, call)
    stage.press(call, "1")
    says(stage, call, "Dana")
    stage.press(call, "5#")
    over(stage, call)
    let_ring(stage, until_rings(stage, SUPERVISOR))
    let_ring(stage, until_rings(stage, LEE_PHONE))
    desk_takes(stage)
    while "call:not_given" not in stage.actions():
        stage.advance(5)
    told = [one for one in thread_of(stage) if "answering service" in one]
    assert len(told) == 1
    assert told[0].startswith("The answering service was to give ED charge nurse, Mercy our message by now,")
    assert stage.relay().state is RelayState.AT_DESK
    stage.open_tasks()


def test_a_machine_at_an_answering_service_is_left_nothing(stage: Stage) -> None:
    """Who does not press 1 is told neither number nor code; it is tried again as a silent line is."""
    the_charge_line_is(stage, "answering_service")
    call = reach_the_charge_line(stage)
    call.answer_machine(4)
    over(stage, call)
    heard = " ".join(call.heard)
    assert spoken.in_groups(stage.relay().callback_code) not in heard
    assert spoken.telephone(OURS) not in heard
    assert attempt_of(stage, call).outcome is Outcome.SILENT
    nurse_silent = until_rings(stage, CHARGE)
    let_ring(stage, nurse_silent)
    until_rings(stage, SUPERVISOR)


def test_a_pager_takes_number_and_code_and_is_waited_for(stage: Stage) -> None:
    """Nothing is said to it. Its rung lasts its whole time; whoever was paged calls back and ends it with the code."""
    the_charge_line_is(stage, "pager", 'send_digits: "ww88#ww", ')
    call = reach_the_charge_line(stage)
    relay = stage.relay()
    assert call.plan.send_digits == f"ww88#ww5035550100*{relay.callback_code}#"
    call.answer(None)
    over(stage, call)
    assert " ".join(call.heard) == "A page was sent. Goodbye."
    assert attempt_of(stage, call).outcome is Outcome.PAGED
    again = until_rings(stage, CHARGE)
    again.answer(None)
    over(stage, again)
    assert stage.relay().state is RelayState.CALLING
    stage.advance(60)
    stage.exchange.nothing_rings()
    back = stage.exchange.call_in("+13125550178", OURS)
    stage.settle()
    stage.press(back, relay.callback_code)
    stage.press(back, "1")
    stage.press(back, code_heard(back))
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE


def test_a_page_that_nobody_answers_goes_on_when_its_time_is_over(stage: Stage) -> None:
    """After five minutes, not at once and not later, the next rung rings."""
    the_charge_line_is(stage, "pager")
    call = reach_the_charge_line(stage)
    begun = stage.relay().step_started_at
    for one in (call, None):
        page = one or until_rings(stage, CHARGE)
        page.answer(None)
        over(stage, page)
    until_rings(stage, SUPERVISOR)
    assert begun is not None
    assert 300 <= (stage.clock.now() - begun).total_seconds() <= 302


def test_a_badge_has_no_keypad_so_all_of_it_is_said(stage: Stage) -> None:
    """It asks for words, takes words, and the code is spoken; the record says so."""
    the_charge_line_is(stage, "badge")
    call = reach_the_charge_line(stage)
    first = answer(stage, call)
    assert "say person for a person. Say physician, nurse, please hold, or wrong person." in first
    assert "press" not in first
    told = says(stage, call, "nurse")
    assert "subdural" in told
    assert "pound" not in told
    assert "Confirmed" in says(stage, call, " ".join(code_heard(call)))
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE
    lee = Visitor(stage, LEE)
    lee.sign_in()
    assert "NURSE AS STATED BY VOICE, BY TELEPHONE" in lee.page().text
    assert "RECEIPT CONFIRMED BY SPOKEN CODE" in lee.page().text
    lee.close()


def test_please_hold_on_a_badge_waits_without_any_key(stage: Stage) -> None:
    """Nobody can press one there: after a moment the opening begins again by itself."""
    the_charge_line_is(stage, "badge")
    call = reach_the_charge_line(stage)
    answer(stage, call)
    assert "I am holding" in says(stage, call, "please hold")
    stage.listen(call)
    stage.advance(9)
    assert "critical result" in call.last_heard
    says(stage, call, "physician")
    says(stage, call, " ".join(code_heard(call)))
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE


def test_a_fax_is_never_dialed(stage: Stage) -> None:
    """A contact whose other number is a fax is called at the first, each time."""
    stage.load(
        '"+13125550102", kind: unit, consent: 2024-01-15, verified: 2024-01-15}',
        '"+13125550102", kind: unit, consent: 2024-01-15, verified: 2024-01-15}\n'
        '      - {number: "+13125550109", kind: fax, consent: 2024-01-15, verified: 2024-01-15}',
    )
    call = reach_the_charge_line(stage)
    let_ring(stage, call)
    let_ring(stage, until_rings(stage, CHARGE))
    until_rings(stage, SUPERVISOR)
    assert "+13125550109" not in {one.to for one in stage.exchange.calls}


def heard_by_a_nurse_and_given_on(stage: Stage) -> tuple[Call, Attempt]:
    """Let a nurse hear the finding and give the receiver to somebody else."""
    call = reach_the_charge_line(stage)
    answer(stage, call)
    stage.press(call, "2")
    first = attempt_of(stage, call)
    assert says(stage, call, "Hang on, I will get the doctor for you.") == "Thank you. I am holding."
    return call, first


def test_whoever_gets_the_line_begins_anew_and_what_the_first_was_told_is_kept(stage: Stage) -> None:
    """The doctor hears the opening, a telling of their own and another code: the nurse's code confirms nothing."""
    call, first = heard_by_a_nurse_and_given_on(stage)
    assert "press 0 for a person" in says(stage, call, "Hello?")
    assert "subdural" in stage.press(call, "1")
    second = attempt_of(stage, call)
    assert second.code != first.code
    assert "did not match" in stage.press(call, first.code)
    key_back(stage, call)
    relay = stage.relay()
    assert (relay.ending, relay.ended_role) == (Ending.CONFIRMED_BY_CODE, "physician_np_or_pa")
    lee = Visitor(stage, LEE)
    lee.sign_in()
    page = lee.page().text
    assert "finding spoken; then the line was given to somebody else" in page
    lee.close()


def test_nobody_comes_to_the_line_after_the_finding_was_heard(stage: Stage) -> None:
    """Reached without read-back, not silence: the nurse heard it. The ladder goes on."""
    call, _ = heard_by_a_nurse_and_given_on(stage)
    over(stage, call)
    assert "nothing is confirmed" in " ".join(call.heard)
    assert attempt_of(stage, call).outcome is Outcome.REACHED_WITHOUT_READ_BACK
    until_rings(stage, SUPERVISOR)


def test_the_second_person_hangs_up_before_they_hear_it(stage: Stage) -> None:
    """It is the first who was reached; the second confirmed nothing."""
    call, _ = heard_by_a_nurse_and_given_on(stage)
    says(stage, call, "Hello?")
    hang_up(stage, call)
    attempt = attempt_of(stage, call)
    assert (attempt.outcome, attempt.told_at) == (Outcome.REACHED_WITHOUT_READ_BACK, None)
    until_rings(stage, SUPERVISOR)


def test_a_machine_that_keeps_transferring_is_left_in_the_end(stage: Stage) -> None:
    """It says so again and again: no finding, no code, and the line is given up."""
    the_charge_line_is(stage, "switchboard")
    call = reach_the_charge_line(stage)
    answer(stage, call)
    for _ in range(20):
        if call.is_live:
            call.say("Please hold while your call is transferred")
            stage.settle()
            stage.advance(2)
    over(stage, call)
    assert attempt_of(stage, call).outcome is Outcome.SILENT
    assert spoken.in_groups(stage.relay().callback_code) not in " ".join(call.heard)
    let_ring(stage, until_rings(stage, CHARGE))
    until_rings(stage, SUPERVISOR)
