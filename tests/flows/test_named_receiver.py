"""A finding may name its receiver (``to``): that one is called, however it was named, or a human is asked to tell them."""

from __future__ import annotations

from handlers.domain.relays import Ending, Relay, RelayState
from handlers.domain.tasks import TaskKind
from tests.flows.acts import (
    advance_until_ringing,
    confirm,
    desk_takes,
    dialed,
    exhaust,
    hear_out,
    hear_the_finding,
    key_back,
    look_at_everything,
    nurse_confirms,
)
from tests.flows.stage import CHARGE, DESK, DESK_PHONE, DESK_PHONE_2, KIM, LEE, QUINN, Stage
from tests.flows.test_amended import NEW, amend
from tests.flows.test_second_finding import SECOND
from tests.flows.visitor import Visitor

CRUZ_ID, CRUZ = "lakeside-family-medicine", "+12125550114"
KIM_NPI = "1000000038"
#: The ladder of the demo's category 1 begins at the ordering clinician.
ORDERING = "      - {to: ordering, channels: [call, sms], tries: 2, retry_after: 1m, within: 5m}\n"
CHARGE_RUNG = "      - {to: $charge_nurse, tries: 2, retry_after: 1m, within: 5m}\n"


def asked(stage: Stage) -> list[TaskKind]:
    """Return what the desk is asked and has not done."""
    return [task.kind for task in stage.open_tasks()]


# --- reported --------------------------------------------------------------------------------------------------------


def test_the_named_receiver_goes_before_the_study_s_orderer(stage: Stage) -> None:
    """The study states another one by NPI, who stands earlier in the directory's file."""
    stage.stroke_ct(ordering_contact={"npi": KIM_NPI})
    stage.finding(to=CRUZ_ID)
    confirm(stage, stage.rings(CRUZ))
    assert stage.relay().ended_by == CRUZ_ID
    assert not dialed(stage, KIM)


def test_a_named_receiver_who_was_retired_is_nobody_else(stage: Stage) -> None:
    """A human finds the person, and the ladder goes on: the study's NPI does not put another in their place."""
    stage.stroke_ct(ordering_contact={"npi": KIM_NPI})
    stage.load("    name: Dr. Elena Cruz\n", "    name: Dr. Elena Cruz\n    retired: true\n")
    stage.finding(to=CRUZ_ID)
    assert asked(stage) == [TaskKind.FIND_CONTACT]
    assert not dialed(stage, KIM)
    nurse = stage.rings(CHARGE)
    nurse_confirms(stage, nurse)


def test_where_no_rung_calls_the_named_receiver_the_desk_is_asked(stage: Stage) -> None:
    """A ladder that knows no ordering clinician: it runs as the site wants it, and nobody named is dropped."""
    stage.load(ORDERING + CHARGE_RUNG, CHARGE_RUNG)
    stage.stroke_ct()
    stage.finding(to=CRUZ_ID)
    assert asked(stage) == [TaskKind.OTHER_RECEIVER]
    nurse = stage.rings(CHARGE)
    nurse_confirms(stage, nurse)
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE
    assert asked(stage) == [TaskKind.OTHER_RECEIVER]
    desk_takes(stage)
    stage.workspace.expect_message(DESK, "names a receiver whom its relay does not call")
    lee = Visitor(stage, LEE)
    assert "for Dr. Elena Cruz" in lee.sign_in().text
    lee.close()


# --- amended ---------------------------------------------------------------------------------------------------------


def test_an_amendment_that_names_another_receiver_while_it_rings(stage: Stage) -> None:
    """Whoever rang is hung up; the one named now is called and told what is true now."""
    call = stage.critical_stroke()
    hear_out(stage)
    amend(stage, to=CRUZ_ID)
    assert not call.is_live
    stage.advance(1)
    second = stage.rings(CRUZ)
    assert "on the right" in hear_the_finding(stage, second).lower()
    key_back(stage, second)
    relay = stage.relay()
    assert (relay.ordering, relay.ended_by, relay.revision) == (CRUZ_ID, CRUZ_ID, 2)
    assert "relay:readdress" in stage.actions()
    assert not stage.open_tasks()


def test_an_amendment_after_some_rungs_begins_anew_for_the_one_it_names(stage: Stage) -> None:
    """The charge nurse's turn had come: the ladder goes back to its first rung."""
    first = stage.critical_stroke()
    hear_out(stage)
    first.busy()
    advance_until_ringing(stage, KIM, minutes=2).busy()
    nurse = advance_until_ringing(stage, CHARGE, minutes=6)
    amend(stage, to=CRUZ_ID)
    assert not nurse.is_live
    assert stage.relay().step == 0
    confirm(stage, advance_until_ringing(stage, CRUZ, minutes=1))
    assert len(stage.all(Relay)) == 1


def test_an_amendment_while_the_earlier_receiver_listens(stage: Stage) -> None:
    """She is told the change and hangs up; the one named now is called, and the desk knows of both."""
    call = stage.critical_stroke()
    hear_out(stage)
    hear_the_finding(stage, call)
    amend(stage, to=CRUZ_ID)
    assert call.is_live
    assert asked(stage) == [TaskKind.OTHER_RECEIVER]
    desk_takes(stage)
    call.hang_up()
    stage.settle()
    confirm(stage, advance_until_ringing(stage, CRUZ, minutes=2))
    assert dialed(stage, KIM) == [call]


def test_an_amendment_whose_earlier_receiver_confirms_leaves_the_desk_asked(stage: Stage) -> None:
    """Her confirmation ends the relay; the one who is named now was not told, and a human still has to."""
    call = stage.critical_stroke()
    hear_out(stage)
    hear_the_finding(stage, call)
    amend(stage, to=CRUZ_ID)
    key_back(stage, call)
    key_back(stage, call)
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE
    assert asked(stage) == [TaskKind.OTHER_RECEIVER]
    look_at_everything(stage, {DESK_PHONE: 1, DESK_PHONE_2: 1})


def test_an_amendment_without_a_receiver_keeps_the_earlier_one(stage: Stage) -> None:
    """While it rings, and after the end: the second relay is told to the one who was named at first."""
    stage.stroke_ct()
    stage.finding(to=CRUZ_ID)
    call = stage.rings(CRUZ)
    amend(stage)
    assert call.is_live
    confirm(stage, call)
    stage.advance(60)
    amend(stage, "Acute subdural hematoma on the right, twenty millimeters.")
    second = stage.rings(CRUZ)
    confirm(stage, second)
    assert [one.ended_by for one in stage.all(Relay)] == [CRUZ_ID, CRUZ_ID]
    assert not dialed(stage, KIM)


def test_an_amendment_that_names_the_same_receiver_rings_on(stage: Stage) -> None:
    """Nothing is hung up for a receiver who is being called."""
    call = stage.critical_stroke()
    hear_out(stage)
    amend(stage, to="mercy-ed-physician")
    assert call.is_live
    confirm(stage, call)


def test_an_amendment_of_a_held_relay_reaches_its_receiver_after_the_resume(stage: Stage) -> None:
    """Held at a later rung: it goes on at the first one, for the receiver who is named now."""
    stage.critical_stroke().busy()
    hear_out(stage)
    advance_until_ringing(stage, KIM, minutes=2).busy()
    advance_until_ringing(stage, CHARGE, minutes=6)
    stage.command(QUINN, "halt mercy")
    assert stage.relay().state is RelayState.HELD
    assert asked(stage) == [TaskKind.HALTED]
    amend(stage, to=CRUZ_ID)
    stage.command(QUINN, "resume mercy")
    confirm(stage, advance_until_ringing(stage, CRUZ, minutes=1))


def test_an_amendment_at_the_desk_shows_whom_to_tell(stage: Stage) -> None:
    """Nobody is called by machine any more; the page says who is named now."""
    stage.stroke_ct()
    stage.finding()
    exhaust(stage)
    look_at_everything(stage, {DESK_PHONE: 1}, {KIM: 1})
    desk_takes(stage)
    stage.advance(20)
    amend(stage, to=CRUZ_ID)
    assert TaskKind.FINDING_CHANGED_AFTER in asked(stage)
    assert (stage.relay().state, stage.relay().ordering) == (RelayState.AT_DESK, CRUZ_ID)
    desk_takes(stage)


# --- a second finding ------------------------------------------------------------------------------------------------


def test_a_second_finding_for_another_receiver_asks_the_desk(stage: Stage) -> None:
    """The call that rings tells both to its receiver; the other one is a human's task, which outlives the relay."""
    call = stage.critical_stroke()
    hear_out(stage)
    stage.finding(text=SECOND, to=CRUZ_ID)
    assert call.is_live
    assert stage.relay().ordering == "mercy-ed-physician"
    assert asked(stage) == [TaskKind.OTHER_RECEIVER]
    desk_takes(stage)
    assert "free intraperitoneal air" in hear_the_finding(stage, call).lower()
    key_back(stage, call)
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE
    assert asked(stage) == [TaskKind.OTHER_RECEIVER]
    assert not dialed(stage, CRUZ)


def test_the_same_finding_for_another_receiver_asks_the_desk(stage: Stage) -> None:
    """A second system names somebody else for what is being told already."""
    call = stage.critical_stroke()
    hear_out(stage)
    stage.finding(to=CRUZ_ID)
    assert asked(stage) == [TaskKind.OTHER_RECEIVER]
    confirm(stage, call)
    look_at_everything(stage, {DESK_PHONE: 1, DESK_PHONE_2: 1})


def test_a_second_finding_for_the_same_receiver_asks_nobody(stage: Stage) -> None:
    """Who is called already need not be found."""
    call = stage.critical_stroke()
    hear_out(stage)
    stage.finding(text=SECOND, to="mercy-ed-physician")
    assert not stage.open_tasks()
    confirm(stage, call)


def test_of_two_findings_one_amended_for_another_receiver_asks_the_desk(stage: Stage) -> None:
    """The relay stays the receiver's of the other finding; neither receiver is dropped."""
    call = stage.critical_stroke()
    hear_out(stage)
    stage.finding(text=SECOND)
    amend(stage, NEW, to=CRUZ_ID, replaces=SECOND)
    assert call.is_live
    assert stage.relay().ordering == "mercy-ed-physician"
    assert asked(stage) == [TaskKind.OTHER_RECEIVER]
    confirm(stage, call)
    look_at_everything(stage, {DESK_PHONE: 1, DESK_PHONE_2: 1})


def test_a_finding_that_is_taken_back_asks_nobody_any_more(stage: Stage) -> None:
    """What nobody took is closed with it; the desk's phones stop."""
    call = stage.critical_stroke()
    hear_out(stage)
    stage.finding(text=SECOND, to=CRUZ_ID)
    stage.advance(1)
    phone = stage.rings(DESK_PHONE)
    assert stage.hospital.retract_finding(replaces=SECOND)[0] == 202
    stage.settle()
    assert not phone.is_live
    assert not stage.open_tasks()
    confirm(stage, call)
    look_at_everything(stage, {DESK_PHONE_2: 1})


def test_in_shadow_no_phone_rings_for_a_named_receiver(stage: Stage) -> None:
    """A test study: what the desk would be asked stands in the thread."""
    stage.stroke_ct(test=True)
    stage.finding()
    stage.finding(text=SECOND, to=CRUZ_ID)
    stage.advance(30)
    assert not stage.exchange.calls
    assert TaskKind.OTHER_RECEIVER not in asked(stage)
