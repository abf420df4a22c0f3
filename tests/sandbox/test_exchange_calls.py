"""The life of a call: ringing, answering, its callbacks, machines, broken documents, inbound calls."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from starlette.responses import Response

from sandbox.timeline import Timeline
from tests.sandbox.exchange_stage import ACCOUNT, DOCTOR, NURSE, OURS, Servers, Stage, serving, staged

if TYPE_CHECKING:
    from collections.abc import Iterator

MENU = (
    '<Gather numDigits="1" action="/key?turn=1" timeout="6"><Say>press one to hear it</Say></Gather><Say>bye now</Say>'
)
EVENTS = ["initiated", "ringing", "answered", "completed"]


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    with serving() as both:
        yield both


@pytest.fixture
def stage(servers: Servers) -> Iterator[Stage]:
    with staged(servers) as one:
        one.product.pages |= {"/voice": MENU, "/key": '<Say voice="Polly.Joanna-Neural">the finding</Say>'}
        yield one


def dialed(stage: Stage, **over: Any) -> Any:
    return stage.dialed(status_callback=stage.url("/status"), status_callback_event=EVENTS, **over)


def test_callbacks_tell_of_every_event_in_order(stage: Stage) -> None:
    """Each event asked for comes once, numbered from 0, with the parameters Twilio documents."""
    call = dialed(stage)
    call.answer()
    stage.advance(3)
    call.hang_up()
    stage.advance(0)
    told = stage.product.forms("/status")
    assert [form["CallStatus"] for form in told] == ["initiated", "ringing", "in-progress", "completed"]
    assert [form["SequenceNumber"] for form in told] == ["0", "1", "2", "3"]
    assert {form["CallSid"] for form in told} == {call.sid}
    last = told[-1]
    assert (last["CallDuration"], last["Duration"], last["SipResponseCode"]) == ("3", "1", "200")
    assert last["Timestamp"] == "Tue, 04 Mar 2031 12:00:03 +0000"
    common = {"CallbackSource", "AccountSid", "From", "To", "Direction", "ApiVersion"}
    assert all(common <= set(form) and form["CallbackSource"] == "call-progress-events" for form in told)
    assert all("CallDuration" not in form for form in told[:-1])


def test_without_events_only_the_end_is_told(stage: Stage) -> None:
    """A StatusCallback alone is requested once, when the call has ended; GET carries a signed query."""
    stage.product.pages["/status"] = Response("")
    call = stage.dialed(status_callback=stage.url("/status"), status_callback_method="GET")
    call.busy()
    stage.advance(0)
    [told] = stage.product.forms("/status")
    assert (told["CallStatus"], told["SequenceNumber"], told["SipResponseCode"]) == ("busy", "0", "486")


@pytest.mark.parametrize(
    ("act", "status"), [("busy", "busy"), ("decline", "no-answer"), ("no_answer", "no-answer"), ("fail", "failed")]
)
def test_a_call_that_is_not_answered_ends_so(stage: Stage, act: str, status: str) -> None:
    """Busy, declined and failed calls end with their status and without a request for a document."""
    call = dialed(stage)
    getattr(call, act)()
    stage.advance(0)
    assert call.status == status
    assert stage.product.forms("/status")[-1]["CallStatus"] == status
    assert stage.product.forms("/voice") == []


def test_ringing_ends_at_the_timeout(stage: Stage) -> None:
    """A call rings for its Timeout and not longer."""
    call = dialed(stage, timeout=25)
    stage.advance(24.9)
    assert call.status == "ringing"
    stage.advance(0.1)
    assert (call.status, call.seconds) == ("no-answer", 0)
    with pytest.raises(AssertionError, match="no-answer"):
        call.answer()


def test_an_answered_call_hears_its_document_and_waits(stage: Stage) -> None:
    """Answering asks for the document at once and lays it out as far as the first wait."""
    call = stage.dialed()
    call.answer()
    [asked] = stage.product.forms("/voice")
    assert (asked["CallStatus"], asked["To"], asked["From"], asked["AccountSid"]) == (
        "in-progress",
        DOCTOR,
        OURS,
        ACCOUNT,
    )
    assert call.heard == ["press one to hear it"]
    assert call.waiting_for == "gather"
    assert call.spoken_seconds() == pytest.approx(5 / 2.75)
    assert call.speaking_until == call.answered_at + timedelta(seconds=call.spoken_seconds())


AMD: list[tuple[str | None, str, float, str, int]] = [
    ("human", "Enable", 6, "human", 2000),
    ("machine", "Enable", 6, "machine_start", 4000),
    ("machine", "DetectMessageEnd", 9, "machine_end_beep", 9000),
    ("machine", "DetectMessageEnd", 31, "unknown", 30000),
    (None, "Enable", 6, "unknown", 30000),
]


@pytest.mark.parametrize(("by", "detection", "greeting", "found", "milliseconds"), AMD)
def test_detection_beside_the_call_tells_its_callback(
    stage: Stage, by: str | None, detection: str, greeting: float, found: str, milliseconds: int
) -> None:
    """With AsyncAmd the document runs at once, and the result comes later to its own address."""
    stage.product.pages["/voice"] = '<Pause length="60"/>'
    call = stage.dialed(machine_detection=detection, async_amd="true", async_amd_status_callback=stage.url("/amd"))
    call.answer(by, greeting)
    assert len(stage.product.forms("/voice")) == 1
    stage.advance(milliseconds / 1000)
    [told] = stage.product.forms("/amd")
    assert (told["AnsweredBy"], told["MachineDetectionDuration"]) == (found, str(milliseconds))
    assert stage.client.calls(call.sid).fetch().answered_by == found


def test_detection_before_the_document_is_dead_air(stage: Stage) -> None:
    """Without AsyncAmd the document is asked for only when the detection knows, and is told of it."""
    call = stage.dialed(machine_detection="Enable")
    call.answer_machine()
    assert stage.product.forms("/voice") == []
    stage.advance(4)
    assert stage.product.forms("/voice")[0]["AnsweredBy"] == "machine_start"


def test_a_hang_up_during_detection_leaves_it_unknown(stage: Stage) -> None:
    """The detection callback comes also when nobody is left to detect."""
    call = stage.dialed(machine_detection="Enable", async_amd="true", async_amd_status_callback=stage.url("/amd"))
    call.answer()
    call.hang_up()
    stage.advance(0)
    assert stage.product.forms("/amd")[0]["AnsweredBy"] == "unknown"


BROKEN: list[tuple[Any, int]] = [
    (Response("", 500), 11200),
    (Response("<Response/>", media_type="text/html"), 12300),
    (Response("hello", media_type="text/xml"), 12100),
    (Response("<Responses/>", media_type="text/xml"), 12100),
    ('<Say voice="Bob">hello</Say>', 13511),
    ("<Conference/>", 12200),
]


@pytest.mark.parametrize(("page", "code"), BROKEN)
def test_a_broken_document_is_an_application_error(stage: Stage, page: Any, code: int) -> None:
    """The callee hears an apology, the call fails, and the reason is kept."""
    stage.product.pages["/voice"] = page
    call = dialed(stage)
    call.answer()
    assert "application error" in call.last_heard
    assert [error.code for error in stage.exchange.application_errors] == [code]
    stage.advance(10)
    assert call.status == "failed"
    assert stage.product.forms("/status")[-1]["CallStatus"] == "failed"


def test_a_product_that_is_not_there_is_an_application_error(stage: Stage) -> None:
    """No connection is error 11205."""
    call = stage.dialed(url="http://127.0.0.1:9/voice")
    call.answer()
    assert stage.exchange.application_errors[0].code == 11205


def test_the_fallback_is_asked_once(stage: Stage) -> None:
    """FallbackUrl hears what went wrong and its document is followed; a second failure ends the call."""
    stage.product.pages |= {"/voice": Response("", 503), "/fallback": "<Say>call the desk</Say>"}
    call = stage.dialed(fallback_url=stage.url("/fallback"))
    call.answer()
    form = stage.product.forms("/fallback")[0]
    assert (form["ErrorCode"], form["ErrorUrl"]) == ("11200", stage.url("/voice"))
    assert call.heard == ["call the desk"]
    stage.product.pages["/fallback"] = Response("", 500)
    stage.advance(5)
    second = stage.dialed(fallback_url=stage.url("/fallback"))
    second.answer()
    assert "application error" in second.last_heard


def test_redirects_are_followed_after_the_words_and_loops_are_found(stage: Stage) -> None:
    """A redirect waits for the words before it; fifty of them in one instant are an error."""
    stage.product.pages["/voice"] = "<Say>one moment</Say><Redirect>/key</Redirect>"
    call = stage.dialed()
    call.answer()
    assert call.heard == ["one moment"]
    stage.hear_out(call)
    assert call.heard == ["one moment", "the finding"]
    stage.product.pages["/voice"] = "<Redirect/>"
    stage.advance(5)
    call = stage.dialed(twiml=f"<Response><Redirect>{stage.url('/loop')}</Redirect></Response>")
    stage.product.pages["/loop"] = "<Redirect>/loop</Redirect>"
    call.answer()
    assert stage.exchange.application_errors[-1].code == 11215


def test_twiml_given_with_the_call_needs_absolute_urls(stage: Stage) -> None:
    """There is no document that a relative URL could be relative to."""
    call = stage.dialed(twiml='<Response><Gather numDigits="1" action="/key"/></Response>')
    call.answer()
    call.press("1")
    assert stage.exchange.application_errors[0].code == 11100


def test_an_inbound_call_asks_the_numbers_voice_url(stage: Stage) -> None:
    """The document is asked for while it rings; words answer the call."""
    stage.product.pages["/inbound"] = MENU
    call = stage.exchange.call_in(DOCTOR, OURS)
    asked = stage.product.forms("/inbound")[0]
    assert (asked["CallStatus"], asked["Direction"], asked["From"]) == ("ringing", "inbound", DOCTOR)
    assert (call.status, call.heard) == ("in-progress", ["press one to hear it"])
    assert call.press("1") == 1
    assert stage.exchange.unexpected() == []


@pytest.mark.parametrize(
    ("page", "status"),
    [('<Reject reason="busy"/>', "busy"), ("<Reject/>", "no-answer"), ("", "completed"), ("<Hangup/>", "completed")],
)
def test_an_inbound_call_can_be_refused(stage: Stage, page: str, status: str) -> None:
    """Reject ends a ringing call; everything else answers it first."""
    stage.product.pages["/inbound"] = page
    assert stage.exchange.call_in(DOCTOR, OURS).status == status


def test_what_nobody_expected_is_found(stage: Stage) -> None:
    """A call or text that no test looked at can be listed, and expecting one says what else rings."""
    call = stage.create()
    stage.client.messages.create(to=NURSE, from_=OURS, body="hello")
    stage.timeline.run_due()
    assert len(stage.exchange.unexpected()) == 2
    with pytest.raises(AssertionError, match=DOCTOR[1:]):
        stage.exchange.expect_call(NURSE)
    with pytest.raises(AssertionError, match="ring"):
        stage.exchange.nothing_rings()
    assert stage.exchange.expect_call(DOCTOR).sid == call.sid
    assert stage.exchange.expect_text(NURSE).body == "hello"
    with pytest.raises(AssertionError, match="no new text"):
        stage.exchange.expect_text(NURSE)
    assert stage.exchange.unexpected() == []


def test_the_product_may_use_the_api_while_it_is_asked(stage: Stage) -> None:
    """No lock is held during a request: a callback that ends the call does not hang."""
    call = dialed(stage)

    def end(path: str) -> None:
        if path == "/voice":
            stage.client.calls(call.sid).update(status="completed")

    stage.product.on_ask = end
    stage.exchange.courier._client.timeout = 5  # a deadlock shall fail soon
    call.answer()
    assert call.status == "completed"
    assert call.heard == []


def test_it_also_runs_on_wall_time(servers: Servers) -> None:
    """With a running timeline calls ring and callbacks come by themselves."""
    timeline = Timeline()
    with staged(servers, timeline=timeline) as stage:
        changed = threading.Event()
        stage.exchange.on_change = lambda: changed.set() if stage.exchange.ringing() else None
        timeline.start()
        stage.create()
        assert changed.wait(5)
        timeline.stop()
        call = stage.exchange.expect_call(DOCTOR)
        assert stage.exchange.state()["calls"][0]["status"] == "ringing"
        call.busy()
