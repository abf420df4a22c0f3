"""What goes wrong on request, replays, what a page shows, and what outlives a restart."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import requests
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.rest import Client

from sandbox import loopback
from tests.sandbox.exchange_stage import ACCOUNT, DOCTOR, NURSE, OURS, TOKEN, Loopback, Servers, Stage, serving, staged

if TYPE_CHECKING:
    from collections.abc import Iterator

EVENTS = ["initiated", "ringing", "answered", "completed"]


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    with serving() as both:
        yield both


@pytest.fixture
def stage(servers: Servers) -> Iterator[Stage]:
    with staged(servers) as one:
        one.product.pages["/voice"] = '<Gather numDigits="1" action="/key"><Say>press one</Say></Gather>'
        yield one


def lived(stage: Stage) -> Any:
    """Let a call be dialed, answered and ended, with every callback."""
    call = stage.dialed(status_callback=stage.url("/status"), status_callback_event=EVENTS)
    call.answer()
    stage.timeline.run_due()
    call.hang_up()
    stage.timeline.run_due()
    return call


def told(stage: Stage) -> list[str]:
    return [form["CallStatus"] for form in stage.product.forms("/status")]


def test_callbacks_can_come_twice(stage: Stage) -> None:
    """A duplicate is the same request, byte for byte."""
    stage.exchange.faults.duplicate()
    lived(stage)
    assert told(stage) == [status for status in ("initiated", "ringing", "in-progress", "completed") for _ in "12"]
    first, second = stage.exchange.sent[:2]
    assert (first.body, first.headers) == (second.body, second.headers)
    assert stage.exchange.faults.counts["duplicate:ringing"] == 1


def test_callbacks_can_be_lost(stage: Stage) -> None:
    """Only the event named is lost, as often as asked, and its number is missing."""
    stage.exchange.faults.drop("ringing", times=1)
    lived(stage)
    stage.advance(1)
    lived(stage)
    assert told(stage) == [
        "initiated",
        "in-progress",
        "completed",
        *("initiated", "ringing", "in-progress", "completed"),
    ]
    assert [form["SequenceNumber"] for form in stage.product.forms("/status")][:3] == ["0", "2", "3"]
    assert stage.exchange.faults.counts == {"drop:ringing": 1}


def test_callbacks_can_be_late(stage: Stage) -> None:
    """A late callback still carries the instant of its event."""
    stage.exchange.faults.delay(30, "completed")
    lived(stage)
    assert "completed" not in told(stage)
    stage.advance(30)
    assert told(stage)[-1] == "completed"
    assert stage.product.forms("/status")[-1]["Timestamp"].endswith("12:00:00 +0000")


def test_callbacks_can_change_places(stage: Stage) -> None:
    """Ringing is held until after answered; the numbers still tell the true order."""
    stage.exchange.faults.hold("ringing", until="answered")
    lived(stage)
    assert told(stage) == ["initiated", "in-progress", "ringing", "completed"]
    assert [form["SequenceNumber"] for form in stage.product.forms("/status")] == ["0", "2", "1", "3"]


def test_a_lost_answer_leaves_a_call_that_rings(stage: Stage) -> None:
    """The client sees a broken connection, and yet the call exists and can be looked up."""
    stage.exchange.faults.next_create("lost_answer")
    with pytest.raises(requests.exceptions.ConnectionError):
        stage.create()
    stage.timeline.run_due()
    assert [call.to for call in stage.client.calls.list(to=DOCTOR)] == [DOCTOR]
    stage.exchange.expect_call(DOCTOR).decline()
    assert stage.create().status == "queued"
    assert stage.exchange.faults.counts["create:lost_answer"] == 1


def test_a_mute_answer_leaves_a_call_that_rings(stage: Stage) -> None:
    """The client's own time limit ends the wait."""
    stage.exchange.faults.next_create("mute")
    http = Loopback(stage.http.url, timeout=0.2)
    with pytest.raises(requests.exceptions.ReadTimeout):
        Client(ACCOUNT, TOKEN, http_client=http).calls.create(to=DOCTOR, from_=OURS, url=stage.url("/voice"))
    http.session.close()
    assert len(stage.exchange.calls) == 1


@pytest.mark.parametrize(("kind", "status", "code"), [("429", 429, 20429), ("500", 500, 20500), ("503", 503, 20503)])
def test_a_create_can_be_refused(stage: Stage, kind: Any, status: int, code: int) -> None:
    """The next creates are refused with Twilio's body, and nothing exists."""
    stage.exchange.faults.next_create(kind, times=2)
    for _ in range(2):
        with pytest.raises(TwilioRestException) as caught:
            stage.create()
        assert (caught.value.status, caught.value.code) == (status, code)
    assert stage.exchange.calls == []
    assert stage.create().sid


def test_a_text_can_be_spoiled_without_spoiling_calls(stage: Stage) -> None:
    """Faults of texts and calls are counted apart; an unknown fault is an error of the test."""
    stage.exchange.faults.next_create("503", of="Messages")
    assert stage.create().sid
    with pytest.raises(TwilioRestException):
        stage.client.messages.create(to=DOCTOR, from_=OURS, body="hello")
    with pytest.raises(ValueError, match="not a fault"):
        stage.exchange.faults.next_create("explode")  # type: ignore[arg-type]


def test_an_outage_spoils_everything_until_it_ends(stage: Stage) -> None:
    """Reads and writes are 503 while it lasts."""
    stage.exchange.faults.outage(True)
    for ask in (stage.create, stage.client.calls.list):
        with pytest.raises(TwilioException, match="503"):
            ask()
    stage.exchange.faults.outage(False)
    assert stage.client.calls.list() == []
    assert stage.exchange.faults.counts["outage"] == 2


def test_creates_above_the_rate_can_be_refused(stage: Stage) -> None:
    """refuse_above_rate answers 429 instead of queueing; a second later it is accepted."""
    stage.exchange.faults.refuse_above_rate = True
    stage.create()
    with pytest.raises(TwilioRestException) as caught:
        stage.create(to=NURSE)
    assert caught.value.code == 20429
    stage.advance(1)
    assert stage.create(to=NURSE).sid
    stage.exchange.faults.clear()
    assert stage.exchange.faults.refuse_above_rate is False


def test_a_request_can_be_replayed_and_forged(stage: Stage) -> None:
    """A replay is valid, byte for byte; a forged body is not."""
    call = stage.dialed()
    call.answer()
    call.press("1")
    request = stage.exchange.sent[-1]
    again = stage.exchange.replay(request)
    assert (again.body, again.headers, again.status) == (request.body, request.headers, 204)
    assert len(stage.product.forms("/key")) == 2
    with loopback.client() as client:
        forged = client.post(
            request.url, content=request.body.replace(b"Digits=1", b"Digits=2"), headers=request.headers
        )
    assert forged.status_code == 403
    assert (request.event, request.params["Digits"]) == ("document", "1")


def test_the_page_sees_live_calls(stage: Stage) -> None:
    """The state is JSON: who is called, what was said and pressed, what is waited for; changes are told."""
    stage.product.pages["/key"] = "<Pause/>"
    changes: list[int] = []
    stage.exchange.on_change = lambda: changes.append(1)
    call = stage.dialed()
    call.answer()
    stage.advance(1)
    call.press("*")
    [shown] = json.loads(json.dumps(stage.exchange.state()))["calls"]
    assert (shown["sid"], shown["from"], shown["to"], shown["status"]) == (call.sid, OURS, DOCTOR, "in-progress")
    assert (shown["digits"], shown["waiting_for"]) == ("*", None)
    assert [line["text"] for line in shown["transcript"]] == ["ringing", "answered", "press one", "pressed *"]
    assert changes


def test_the_past_outlives_a_restart(stage: Stage, servers: Servers) -> None:
    """Calls, texts, recordings and opt-outs are kept; a call that was under way is completed."""
    stage.product.pages["/voice"] = '<Record action="/key"/>'
    call = stage.dialed()
    call.answer()
    call.record(b"sound", seconds=3)
    stage.exchange.text_in(NURSE, OURS, "STOP")
    stage.advance(1)
    live = stage.dialed(to="+12125550126")
    kept = json.loads(json.dumps(stage.exchange.snapshot()))
    with staged(servers) as later:
        later.exchange.restore(kept)
        assert {one.sid: one.status for one in later.client.calls.list()} == {
            call.sid: "completed",
            live.sid: "completed",
        }
        [recording] = later.client.recordings.list()
        assert later.exchange.recordings.all[recording.sid].audio == b"sound"
        assert len(later.client.messages.list()) == 2
        assert later.exchange.unexpected() == []
        with pytest.raises(TwilioRestException):
            later.client.messages.create(to=NURSE, from_=OURS, body="hello")
