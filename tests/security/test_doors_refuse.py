"""What each door refuses is counted by its door in ``/readyz``, and no address with odd bytes in it is a bug."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from twilio.request_validator import RequestValidator

from bot.pages import forms
from bot.slack.app import MAX_BODY
from sandbox import loopback
from tests.flows.acts import look_at_everything
from tests.flows.stage import LEE, Stage
from tests.flows.visitor import Visitor


@pytest.fixture
def lee(stage: Stage) -> Iterator[Visitor]:
    """Open a browser for the reader of a study."""
    stage.stroke_ct()
    visitor = Visitor(stage, LEE)
    yield visitor
    visitor.close()


def refused(lee: Visitor) -> dict[str, int]:
    """Return what was refused so far, by door."""
    return dict(lee.http.get("/readyz").json()["refused"])


def test_what_slacks_door_refuses_is_counted(lee: Visitor) -> None:
    """Unsigned, too large, and signed wrongly: three; what Slack itself sent is none."""
    lee.stage.command(LEE, "status")
    assert "slack" not in refused(lee)
    assert lee.http.post("/slack/events", content=b"x").status_code == 401
    assert lee.http.post("/slack/events", content=b"x" * (MAX_BODY + 1)).status_code == 413
    good = lee.stage.workspace.sent[-1]
    forged = {**good.headers, "X-Slack-Signature": "v0=" + "0" * 64}
    assert lee.http.post("/slack/events", content=good.body, headers=forged).status_code == 401
    assert refused(lee)["slack"] == 3


def test_what_the_pages_refuse_is_counted(lee: Visitor) -> None:
    """No visit, a link that is none, a form too large or of another visit: four; the visit itself is none."""
    assert lee.http.get(lee.address).status_code == 401
    assert lee.http.post("/open/nothing").status_code == 410
    assert lee.sign_in().status_code == 200
    assert refused(lee)["pages"] == 2
    assert lee.http.post(f"{lee.address}/close", data={"reason": "x" * forms.MAX_BODY}).status_code == 413
    assert lee.http.post(f"{lee.address}/close", data={"reason": "duplicate"}).status_code == 403
    assert refused(lee)["pages"] == 4
    assert lee.http.get("/case-static/1/nothing.css").status_code == 404
    assert refused(lee)["pages"] == 4


ODD = ["%00", "a%00b", "%F0%9F%98%80", "%ED%A0%80", "%ff", "x" * 500, "%0A", "a%20b"]


@pytest.mark.parametrize("odd", ODD)
def test_no_odd_address_of_a_page_is_a_bug(lee: Visitor, odd: str) -> None:
    """A NUL, half a character, a line break or a novel instead of an id: not there, on both databases."""
    lee.sign_in()
    statuses = [
        lee.http.request(method, path).status_code
        for method, path in (
            ("GET", f"{lee.address}/recordings/{odd}"),
            ("GET", f"/cases/{odd}"),
            ("GET", f"/cases/{odd}/recordings/{odd}"),
            ("POST", f"/cases/{odd}/close"),
            ("GET", f"/open/{odd}"),
            ("POST", f"/open/{odd}"),
            ("GET", f"/case-static/{odd}/{odd}"),
        )
    ]
    assert statuses == [404, 404, 404, 404, 200, 410, 404]


@pytest.mark.parametrize("odd", ODD[:2])
def test_no_odd_address_that_the_telephone_company_calls_is_a_bug(stage: Stage, odd: str) -> None:
    """Rightly signed, and still no call of ours: 404, not 500."""
    sign = _signer(stage)
    with loopback.client(timeout=10) as client:
        for path in (f"/twilio/voice/{odd}/0", f"/twilio/status/{odd}", f"/twilio/voicemail/{odd}"):
            url, fields = f"{stage.servers.urls['product']}{path}", {"CallSid": "CA" + "0" * 32}
            fields |= {"CallStatus": "completed", "SequenceNumber": "0"}
            answer = client.post(url, data=fields, headers={"X-Twilio-Signature": sign(url, fields)})
            assert (path, answer.status_code) == (path, 404)
    look_at_everything(stage)


def _signer(stage: Stage) -> Callable[[str, dict[str, str]], str]:
    validator = RequestValidator(stage.environment["TWILIO_AUTH_TOKEN"])
    return lambda url, fields: str(validator.compute_signature(url, fields))
