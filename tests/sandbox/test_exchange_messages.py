"""Texts: sent, delivered or not, received, stopped and started."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from starlette.responses import Response
from twilio.base.exceptions import TwilioRestException

from tests.sandbox.exchange_stage import DOCTOR, OURS, Servers, Stage, serving, staged

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    with serving() as both:
        yield both


@pytest.fixture
def stage(servers: Servers) -> Iterator[Stage]:
    with staged(servers) as one:
        yield one


def send(stage: Stage, **over: Any) -> Any:
    given = {"to": DOCTOR, "from_": OURS, "body": "please call", "status_callback": stage.url("/status")}
    return stage.client.messages.create(**(given | over))


def test_a_text_is_delivered_and_says_so(stage: Stage) -> None:
    """queued, sent and delivered are told in order, and the resource agrees."""
    sent = send(stage)
    assert (sent.status, sent.error_code, sent.num_segments) == ("queued", None, "1")
    stage.timeline.run_due()
    told = stage.product.forms("/status")
    assert [form["MessageStatus"] for form in told] == ["queued", "sent", "delivered"]
    assert all(form["MessageSid"] == form["SmsSid"] == sent.sid for form in told)
    found = stage.client.messages(sent.sid).fetch()
    assert (found.status, found.date_sent) == ("delivered", stage.clock.instant)
    assert stage.exchange.expect_text(DOCTOR).body == "please call"


@pytest.mark.parametrize("code", [30003, 30004, 30005, 30006, 30007, 30008])
def test_a_text_that_is_not_delivered_says_why(stage: Stage, code: int) -> None:
    """The outcome of a number is told as undelivered with its ErrorCode."""
    stage.exchange.sms_outcome(DOCTOR, code)
    sent = send(stage)
    stage.timeline.run_due()
    last = stage.product.forms("/status")[-1]
    assert (last["MessageStatus"], last["ErrorCode"]) == ("undelivered", str(code))
    assert stage.client.messages(sent.sid).fetch().error_code == code
    stage.exchange.sms_outcome(DOCTOR, None)
    send(stage)
    stage.timeline.run_due()
    assert stage.product.forms("/status")[-1]["MessageStatus"] == "delivered"


REFUSED: list[tuple[dict[str, Any], int]] = [
    ({"to": "+1212"}, 21211),
    ({"to": ""}, 21604),
    ({"from_": ""}, 21603),
    ({"from_": "+14155550199"}, 21606),
    ({"to": OURS}, 21266),
    ({"body": ""}, 21602),
    ({"body": "a" * 1601}, 21617),
    ({"status_callback": "nowhere"}, 21609),
    ({"media_url": ["http://a.example/a.png"]}, 20001),
    ({"validity_period": 0}, 20001),
]


@pytest.mark.parametrize(("over", "code"), REFUSED)
def test_a_text_is_refused_with_twilios_code(stage: Stage, over: dict[str, Any], code: int) -> None:
    """What Twilio refuses is refused and nothing is sent."""
    with pytest.raises(TwilioRestException) as caught:
        send(stage, **over)
    assert (caught.value.status, caught.value.code) == (400, code)
    assert stage.exchange.messages == []


def test_a_landline_can_refuse_texts(stage: Stage) -> None:
    """An outcome below 30000 is a refusal of the create."""
    stage.exchange.sms_outcome(DOCTOR, 21614)
    with pytest.raises(TwilioRestException) as caught:
        send(stage)
    assert caught.value.code == 21614


def test_stop_ends_texts_until_start(stage: Stage) -> None:
    """The opt-out words are minded by the exchange, which answers them itself, and the product hears of them."""
    stage.exchange.text_in(DOCTOR, OURS, " stop ")
    assert stage.product.forms("/sms")[0]["Body"] == " stop "
    assert "unsubscribed" in stage.exchange.messages[-1].body
    with pytest.raises(TwilioRestException) as caught:
        send(stage)
    assert caught.value.code == 21610
    stage.exchange.text_in(DOCTOR, OURS, "START")
    send(stage)
    assert stage.exchange.expect_text(DOCTOR).body == "please call"


def test_a_text_from_a_person_can_be_answered(stage: Stage) -> None:
    """The product's answer to an inbound text is sent as a reply."""
    stage.product.pages["/sms"] = "<Message>thank <Body>you</Body></Message>".replace("thank ", "")
    received = stage.exchange.text_in(DOCTOR, OURS, "on my way")
    form = stage.product.forms("/sms")[0]
    assert (form["From"], form["To"], form["NumMedia"], form["SmsStatus"]) == (DOCTOR, OURS, "0", "received")
    assert received.direction == "inbound"
    reply = stage.exchange.expect_text(DOCTOR)
    assert (reply.body, reply.direction) == ("you", "outbound-reply")


@pytest.mark.parametrize(
    ("page", "code"),
    [
        (Response("", 500), 11200),
        ("<Say>a</Say>", 12200),
        ("<Message><Media>http://a.example/</Media></Message>", 12200),
        ('<Message to="+12125550199">a</Message>', 12200),
        ('<Message to="us">a</Message>', 14101),
        ('<Message from="RADIOLOGY!">a</Message>', 14102),
        ('<Message method="PUT">a</Message>', 14104),
        ('<Message statusCallback="">a</Message>', 14105),
        ('<Message statusCallback="/status">a</Message>', 12200),
        ('<Message colour="red">a</Message>', 12200),
        ("<Message>a<Body>b</Body></Message>", 12200),
        ("<Message><Body>a</Body><Body>b</Body></Message>", 12200),
        ('<Message><Body lang="en">a</Body></Message>', 12200),
        ("<Message>a</Message>and more", 12200),
        ("<Message/>", 14103),
        (f"<Message>{'a' * 1601}</Message>", 14103),
    ],
)
def test_a_broken_answer_to_a_text_is_kept_as_an_error(stage: Stage, page: Any, code: int) -> None:
    """Nothing is sent, and the reason is kept."""
    stage.product.pages["/sms"] = page
    stage.exchange.text_in(DOCTOR, OURS, "hello")
    assert [error.code for error in stage.exchange.application_errors] == [code]
    assert stage.exchange.unexpected() == []


def test_a_text_can_be_redacted_and_deleted(stage: Stage) -> None:
    """An empty Body redacts; a delete removes."""
    sid = send(stage).sid
    assert stage.client.messages(sid).update(body="").body == ""
    with pytest.raises(TwilioRestException):
        stage.client.messages(sid).update(body="something else")
    with pytest.raises(TwilioRestException):
        stage.client.messages(sid).update(status="canceled")
    assert stage.client.messages(sid).delete()
    with pytest.raises(TwilioRestException):
        stage.client.messages(sid).fetch()


@pytest.mark.parametrize(("body", "segments"), [("a" * 160, "1"), ("a" * 161, "2"), ("é" * 70, "1"), ("é" * 71, "2")])
def test_long_texts_travel_in_segments(stage: Stage, body: str, segments: str) -> None:
    """160 plain characters or 70 others fit into one."""
    assert send(stage, body=body).num_segments == segments


def test_texts_are_listed_by_number_and_day(stage: Stage) -> None:
    """DateSent filters by instant or by day."""
    send(stage)
    stage.timeline.run_due()
    today = stage.clock.instant.date()
    assert len(stage.client.messages.list(to=DOCTOR, date_sent=today)) == 1
    assert stage.client.messages.list(from_=DOCTOR) == []
