"""A call whose creation got no answer is looked up before anything is dialed again; none is lost and none is doubled."""

from __future__ import annotations

from datetime import timedelta

import pytest

from handlers.domain.relays import AttemptState, Ending, Outcome, Purpose, RelayState
from handlers.domain.tasks import TaskKind
from sandbox.exchange import Call
from sandbox.exchange.faults import CreateFault
from tests.flows.acts import advance_until_ringing, confirm, creates, dialed, hear_out, look_at_everything
from tests.flows.ringing import until_rings
from tests.flows.stage import CHARGE, DESK, DESK_PHONE, DESK_PHONE_2, KIM, LEE_PHONE, QUINN, SUPERVISOR, Stage
from tests.flows.test_three_wrong_codes import three_wrong


def test_accepted_but_the_answer_was_lost(stage: Stage) -> None:
    """The call rings all the same; it is found, and stays the only one."""
    stage.stroke_ct()
    stage.exchange.faults.next_create("lost_answer")
    stage.finding()
    hear_out(stage)
    call = stage.rings(KIM)
    stage.advance(12)
    assert dialed(stage, KIM) == [call]
    assert stage.attempts()[0].sid == call.sid
    assert "attempt:in_doubt" in stage.actions()
    confirm(stage, call)
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE


def test_a_lost_answer_without_any_callback_is_found_by_looking(stage: Stage) -> None:
    """Neither the answer nor a callback arrived: the vendor's list of calls says that it rings."""
    stage.stroke_ct()
    stage.exchange.faults.next_create("lost_answer")
    stage.exchange.faults.drop("initiated", "ringing")
    stage.finding()
    hear_out(stage)
    call = stage.rings(KIM)
    assert stage.attempts()[0].state is AttemptState.IN_DOUBT
    stage.advance(6)
    assert stage.attempts()[0].state is AttemptState.RINGING
    assert stage.attempts()[0].sid == call.sid
    confirm(stage, call)
    assert creates(stage).most_common(1)[0][1] == 1


def test_answered_before_it_was_found(stage: Stage) -> None:
    """The clinician is quicker than our look-up: the conversation is the attempt's, and nothing is dialed again."""
    stage.stroke_ct()
    stage.exchange.faults.next_create("lost_answer")
    stage.exchange.faults.drop("initiated", "ringing")
    stage.finding()
    hear_out(stage)
    confirm(stage, stage.rings(KIM))
    stage.advance(minutes=10)
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE
    assert len(dialed(stage, KIM)) == 1


@pytest.mark.parametrize("answer", ["500", "503"])
def test_truly_not_there_is_placed_again_once(stage: Stage, answer: CreateFault) -> None:
    """The vendor failed and has no such call: after two looks the same attempt is dialed, once."""
    stage.stroke_ct()
    stage.exchange.faults.next_create(answer)
    stage.finding()
    hear_out(stage)
    stage.exchange.nothing_rings()
    assert stage.attempts()[0].state is AttemptState.IN_DOUBT
    stage.advance(15)
    call = stage.rings(KIM)
    assert len(stage.attempts()) == 1
    assert stage.actions().count("attempt:not_there") == 1
    confirm(stage, call)
    assert len(dialed(stage, KIM)) == 1


def test_no_answer_within_the_timeout(stage: Stage) -> None:
    """The vendor has the call and never answers the request: the client gives up, and the call is found."""
    stage.stroke_ct()
    stage.service.account._wire.timeout = 0.2  # real seconds, so that the story does not wait the usual ten
    stage.exchange.faults.next_create("mute")
    stage.finding()
    hear_out(stage)
    call = stage.rings(KIM)
    stage.advance(6)
    assert stage.attempts()[0].sid == call.sid
    confirm(stage, call)
    assert len(dialed(stage, KIM)) == 1


def test_told_to_slow_down(stage: Stage) -> None:
    """429 is no doubt: the vendor did nothing, so the call leaves a little later without a look-up."""
    stage.stroke_ct()
    stage.exchange.faults.next_create("429", times=2)
    stage.finding()
    hear_out(stage)
    stage.exchange.nothing_rings()
    stage.advance(25)
    confirm(stage, stage.rings(KIM))
    assert "attempt:in_doubt" not in stage.actions()
    assert stage.actions().count("attempt:postpone") == 2
    assert len(dialed(stage, KIM)) == 1


def test_a_look_up_is_not_misled_by_another_call_to_the_number(stage: Stage) -> None:
    """A call that ended seconds before to the same number is not taken for the one in doubt."""
    first = stage.critical_stroke()
    hear_out(stage)
    first.busy()
    stage.settle()
    stage.advance(1)
    stage.exchange.faults.next_create("503")
    stage.command(QUINN, f"redirect {stage.case()} mercy-ed-physician")
    stage.advance(1)
    assert stage.attempts()[-1].state is AttemptState.IN_DOUBT
    stage.advance(11)
    second = stage.rings(KIM)
    assert second is not first
    confirm(stage, second)
    assert dialed(stage, KIM) == [first, second]


def surfaces_late(stage: Stage) -> Call:
    """Let a call exist that two looks do not see, its vendor's clock being slow, and its repeat be postponed."""
    stage.stroke_ct()
    stage.exchange.faults.next_create("lost_answer")
    stage.exchange.faults.next_create("429")
    stage.finding()
    hear_out(stage)
    call = stage.rings(KIM)
    call.created -= timedelta(minutes=1)
    stage.advance(11)
    assert stage.actions().count("attempt:not_there") == 1
    assert stage.attempts()[0].state is AttemptState.QUEUED
    return call


def test_answered_after_it_was_believed_not_to_be_there(stage: Stage) -> None:
    """Two looks did not see it, and the clinician picks it up: the conversation is the attempt's, nothing is dialed again."""
    stage.exchange.faults.drop("initiated", "ringing", "answered")
    call = surfaces_late(stage)
    confirm(stage, call)
    stage.advance(minutes=5)
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE
    assert dialed(stage, KIM) == [call]


def test_heard_of_after_it_was_believed_not_to_be_there(stage: Stage) -> None:
    """Its ringing is told late, just before it would be dialed once more: it is this call, and the only one."""
    stage.exchange.faults.delay(15, "initiated", "ringing")
    call = surfaces_late(stage)
    stage.advance(5)
    assert (stage.attempts()[0].state, stage.attempts()[0].sid) == (AttemptState.RINGING, call.sid)
    stage.advance(10)
    confirm(stage, call)
    assert dialed(stage, KIM) == [call]


def test_a_bridge_s_leg_is_not_taken_for_the_call_in_doubt(stage: Stage) -> None:
    """The desk's call was never made, and a bridge rings the same telephone: that leg is somebody else's conversation."""
    three_wrong(stage)
    lee = stage.rings(LEE_PHONE)
    stage.exchange.faults.next_create("503", times=2)
    assert stage.hospital.report_critical_finding("SBX-LATE-1", "Free air.")[0] == 202
    stage.settle()
    stage.advance(1)
    desk = [one for one in stage.attempts() if one.purpose is Purpose.DESK]
    assert [one.state for one in desk] == [AttemptState.IN_DOUBT] * 2
    lee.decline()
    leg = until_rings(stage, DESK_PHONE, 1)
    assert leg.direction == "outbound-dial"
    stage.advance(6)
    assert leg.status == "ringing"
    assert leg.sid not in {one.sid for one in stage.attempts()}
    assert stage.actions().count("attempt:not_there") == 2
    assert [task.kind for task in stage.open_tasks()] == [TaskKind.FINDING_WITHOUT_STUDY]
    look_at_everything(stage, {DESK_PHONE: 1, DESK_PHONE_2: 2})


def test_stopped_while_in_doubt_it_is_looked_up_and_hung_up(stage: Stage) -> None:
    """The finding is retracted before we know whether the call exists, and no callback says so: it is found and ended."""
    stage.stroke_ct()
    stage.exchange.faults.next_create("lost_answer")
    stage.exchange.faults.drop("initiated", "ringing")
    stage.finding()
    hear_out(stage)
    call = stage.rings(KIM)
    assert stage.hospital.retract_finding()[0] == 202
    stage.settle()
    assert stage.relay().state is RelayState.ENDED
    assert not call.is_live
    assert stage.attempts()[0].open_number is None


def test_stopped_while_in_doubt_it_is_hung_up_when_it_turns_up(stage: Stage) -> None:
    """The vendor is out as well when the finding is retracted: the call's first sign of life ends it."""
    stage.stroke_ct()
    stage.exchange.faults.next_create("lost_answer")
    stage.exchange.faults.delay(4, "initiated", "ringing")
    stage.finding()
    hear_out(stage)
    call = stage.rings(KIM)
    stage.exchange.faults.outage()
    assert stage.hospital.retract_finding()[0] == 202
    stage.settle()
    assert stage.relay().state is RelayState.ENDED
    stage.advance(3)
    assert call.status == "ringing"
    stage.exchange.faults.outage(on=False)
    stage.advance(2)
    assert not call.is_live
    stage.advance(60)
    assert stage.attempts()[0].open_number is None


def test_the_vendor_is_out_for_longer_than_the_ladder(stage: Stage) -> None:
    """The desk has its task in Slack within seconds, round after round; once the vendor is back each is dialed at most once."""
    stage.stroke_ct()
    stage.exchange.faults.outage()
    stage.finding()
    stage.advance(minutes=20, seconds=5)
    assert stage.relay().state is RelayState.AT_DESK
    assert [task.kind for task in stage.open_tasks()] == [TaskKind.TELEPHONE_DOWN]
    assert stage.workspace.messages(DESK)
    assert not stage.exchange.calls
    stage.exchange.faults.clear()
    confirm(stage, advance_until_ringing(stage, KIM, minutes=3))
    hear_out(stage)
    stage.advance(60)
    assert all(count == 1 for count in creates(stage).values())
    assert not [number for number in (CHARGE, SUPERVISOR, LEE_PHONE) if dialed(stage, number)]
    for one in stage.exchange.unexpected():
        assert one.to in (DESK_PHONE, DESK_PHONE_2)
        one.seen = True


def test_an_outage_of_two_minutes_costs_no_rung(stage: Stage) -> None:
    """Back before anybody at the desk took it, the relay goes on at the same rung, dialed once, and confirmed."""
    stage.stroke_ct()
    stage.exchange.faults.outage()
    stage.finding()
    stage.advance(minutes=2)
    stage.exchange.faults.clear()
    confirm(stage, advance_until_ringing(stage, KIM, minutes=3))
    assert len(dialed(stage, KIM)) == 1
    assert stage.relay().step == 0
    outcomes = [one.outcome for one in stage.attempts() if one.purpose is Purpose.CONTACT]
    assert sorted(outcomes, key=str) == [Outcome.CANCELED, Outcome.CONFIRMED_BY_CODE]
    assert [task.kind for task in stage.tasks()] == [TaskKind.TELEPHONE_DOWN]
    look_at_everything(stage, texts={KIM: 1})
