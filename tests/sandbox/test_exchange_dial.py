"""Dial: children that ring, whisper, are connected, and what the action is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.exchange_stage import DOCTOR, NURSE, OURS, Servers, Stage, serving, staged

if TYPE_CHECKING:
    from collections.abc import Iterator

DESK = "+12125550125"


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    with serving() as both:
        yield both


@pytest.fixture
def stage(servers: Servers) -> Iterator[Stage]:
    with staged(servers) as one:
        one.product.pages["/dialed"] = "<Say>that is all</Say>"
        yield one


def dialing(stage: Stage, dial: str) -> Any:
    """Answer a call whose document dials, and return it with its children ringing."""
    stage.product.pages["/voice"] = dial
    call = stage.dialed()
    call.answer()
    stage.timeline.run_due()
    return call


def result(stage: Stage) -> tuple[str, str]:
    form = stage.product.forms("/dialed")[-1]
    return form["DialCallStatus"], form["DialBridged"]


def test_two_parties_are_connected_and_hear_each_other(stage: Stage) -> None:
    """A child rings as a call of its own; once answered, each hears the other."""
    call = dialing(stage, f'<Dial action="/dialed">{NURSE}</Dial>')
    assert call.waiting_for == "dial"
    child = stage.exchange.expect_call(NURSE)
    assert (child.direction, child.parent_call_sid, child.from_) == ("outbound-dial", call.sid, OURS)
    child.answer()
    call.say("this is radiology")
    child.say("go ahead")
    child.press("1")
    assert ("other", "this is radiology") in [note[1:] for note in child.transcript]
    assert [note[1:] for note in call.transcript if note.who == "other"] == [
        ("other", "go ahead"),
        ("other", "pressed 1"),
    ]
    stage.advance(12)
    child.hang_up()
    form = stage.product.forms("/dialed")[0]
    assert (form["DialCallSid"], form["DialCallDuration"]) == (child.sid, "12")
    assert result(stage) == ("completed", "true")
    assert call.last_heard == "that is all"
    assert stage.client.calls.list(parent_call_sid=call.sid)[0].sid == child.sid


@pytest.mark.parametrize(("act", "status"), [("busy", "busy"), ("decline", "no-answer"), ("fail", "failed")])
def test_a_party_that_is_not_reached_is_told_to_the_action(stage: Stage, act: str, status: str) -> None:
    """The action learns why nobody was connected."""
    dialing(stage, f'<Dial action="/dialed" timeout="20">{NURSE}</Dial>')
    getattr(stage.exchange.expect_call(NURSE), act)()
    assert result(stage) == (status, "false")
    assert "DialCallDuration" not in stage.product.forms("/dialed")[0]


def test_ringing_ends_at_the_timeout_of_the_dial(stage: Stage) -> None:
    """After the Dial's timeout it is a no-answer; without an action the next verb follows."""
    call = dialing(stage, f'<Dial timeout="20">{NURSE}</Dial><Say>nobody came</Say>')
    stage.advance(20)
    assert stage.exchange.calls[-1].status == "no-answer"
    assert call.last_heard == "nobody came"


def test_of_several_the_first_to_answer_wins(stage: Stage) -> None:
    """All ring at once; the others are canceled."""
    dialing(stage, f'<Dial action="/dialed"><Number>{NURSE}</Number><Number>{DESK}</Number></Dial>')
    desk, nurse = stage.exchange.expect_call(DESK), stage.exchange.expect_call(NURSE)
    desk.answer()
    assert (desk.status, nurse.status) == ("in-progress", "canceled")
    desk.hang_up()
    assert stage.product.forms("/dialed")[0]["DialCallSid"] == desk.sid


def test_in_sequence_the_next_rings_when_the_last_did_not_answer(stage: Stage) -> None:
    """Sequential rings one number after another."""
    dialing(stage, f'<Dial action="/dialed" sequential="true"><Number>{NURSE}</Number><Number>{DESK}</Number></Dial>')
    assert stage.exchange.ringing(DESK) == []
    stage.exchange.expect_call(NURSE).busy()
    stage.timeline.run_due()
    stage.exchange.expect_call(DESK).decline()
    assert result(stage) == ("no-answer", "false")


def whispering(stage: Stage) -> Any:
    stage.product.pages["/whisper"] = '<Gather numDigits="1" action="/accept"><Say>a call</Say></Gather><Hangup/>'
    stage.product.pages["/accept"] = ""
    return dialing(
        stage, f'<Dial action="/dialed"><Number url="/whisper" statusCallback="/child">{NURSE}</Number></Dial>'
    )


def test_a_whisper_is_heard_before_the_parties_are_connected(stage: Stage) -> None:
    """The called party hears its own document first; when that ends they are connected."""
    call = whispering(stage)
    child = stage.exchange.expect_call(NURSE)
    child.answer()
    assert child.heard == ["a call"]
    call.say("is anybody there")
    assert not [note for note in child.transcript if note.who == "other"]
    child.press("1")
    assert child.waiting_for == "dial"
    call.hang_up()
    stage.advance(0)
    assert (child.status, result(stage)) == ("completed", ("completed", "true"))
    told = stage.product.forms("/child")
    assert [(form["CallStatus"], form["ParentCallSid"]) for form in told] == [("completed", call.sid)]


def test_a_machine_that_hears_the_whisper_is_not_connected(stage: Stage) -> None:
    """A child whose document hangs up was answered but not bridged, which DialBridged tells."""
    whispering(stage)
    stage.exchange.expect_call(NURSE).answer_machine()
    stage.advance(10)
    assert result(stage) == ("completed", "false")


def test_a_whisper_may_not_dial(stage: Stage) -> None:
    """A document for the called party that dials is an application error."""
    whispering(stage)
    stage.product.pages["/whisper"] = f"<Dial>{DESK}</Dial>"
    stage.exchange.expect_call(NURSE).answer()
    assert stage.exchange.application_errors[0].code == 13201


def test_a_caller_who_leaves_cancels_the_dial(stage: Stage) -> None:
    """The children stop ringing and the action is still told."""
    call = dialing(stage, f'<Dial action="/dialed">{NURSE}</Dial>')
    call.hang_up()
    assert stage.exchange.calls[-1].status == "canceled"
    assert result(stage) == ("canceled", "false")
    assert stage.product.forms("/dialed")[0]["CallStatus"] == "completed"


def test_a_star_can_end_the_dial(stage: Stage) -> None:
    """HangupOnStar lets the dialing party leave the other."""
    call = dialing(stage, f'<Dial action="/dialed" hangupOnStar="true">{NURSE}</Dial>')
    child = stage.exchange.expect_call(NURSE)
    child.answer()
    call.press("*")
    assert (child.status, call.last_heard) == ("completed", "that is all")


def test_a_stranger_cannot_be_the_caller(stage: Stage) -> None:
    """CallerId must be ours or one of the call's own numbers (13214)."""
    dialing(stage, f'<Dial callerId="+13125550100">{NURSE}</Dial>')
    assert stage.exchange.application_errors[0].code == 13214
    assert stage.exchange.ringing() == []


def test_a_dial_can_be_recorded_and_limited(stage: Stage) -> None:
    """TimeLimit ends the connection, and the action gets the recording."""
    dialing(stage, f'<Dial action="/dialed" record="record-from-answer" timeLimit="30">{NURSE}</Dial>')
    stage.exchange.expect_call(NURSE).answer()
    stage.advance(30)
    assert stage.product.forms("/dialed")[0]["RecordingDuration"] == "30"


def test_an_inbound_call_can_ring_until_it_is_bridged(stage: Stage) -> None:
    """AnswerOnBridge leaves the caller ringing until somebody answers."""
    stage.product.pages["/inbound"] = f'<Dial answerOnBridge="true">{NURSE}</Dial>'
    call = stage.exchange.call_in(DOCTOR, OURS)
    stage.timeline.run_due()
    assert call.status == "ringing"
    child = stage.exchange.expect_call(NURSE)
    assert child.from_ == DOCTOR
    child.answer()
    assert call.status == "in-progress"


@pytest.mark.parametrize("who", ["parent", "child"])
def test_a_redirect_leaves_the_dial(stage: Stage, who: str) -> None:
    """A redirected party hears its new document; the other one goes on alone."""
    stage.product.pages["/next"] = "<Say>elsewhere</Say>"
    call = dialing(stage, f'<Dial action="/dialed">{NURSE}</Dial>')
    child = stage.exchange.expect_call(NURSE)
    child.answer()
    moved = call if who == "parent" else child
    stage.client.calls(moved.sid).update(url=stage.url("/next"))
    stage.timeline.run_due()
    assert moved.last_heard == "elsewhere"
    assert (child.status, len(stage.product.forms("/dialed"))) == (
        ("completed", 0) if who == "parent" else ("in-progress", 1)
    )
