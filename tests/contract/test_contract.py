"""What goes to the telephone company and what comes back is held against its own document, and a difference is seen."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from starlette.responses import JSONResponse, Response

from sandbox import loopback
from tests.contract.document import document
from tests.contract.watching import Watch
from tests.sandbox.exchange_stage import ACCOUNT, DOCTOR, OURS, TOKEN, Servers, Stage, serving, staged

HOME = f"/2010-04-01/Accounts/{ACCOUNT}"
CALL = f"CA{'1' * 32}"
CREATE = {
    "To": DOCTOR,
    "From": OURS,
    "Url": "https://radrelay.example/twilio/answer/t",
    "StatusCallback": "https://radrelay.example/twilio/status/t",
    "Timeout": "45",
    "Record": "true",
    "SendDigits": "ww12#",
}


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    with serving() as both:
        yield both


@pytest.fixture
def stage(servers: Servers) -> Iterator[Stage]:
    with staged(servers) as one:
        yield one


def asked(method: str, path: str, query: str = "", **form: str) -> list[str]:
    return document().request(method, HOME + path, query, urlencode(form).encode())


def a_call(stage: Stage) -> dict[str, Any]:
    """Return a call as the exchange shows it."""
    url = f"{stage.http.url}{HOME}/Calls/{stage.dialed().sid}.json"
    with loopback.client(auth=(ACCOUNT, TOKEN)) as client:
        shown: dict[str, Any] = client.get(url).json()
    return shown


def answered(body: object, status: int = 200, path: str = f"/Calls/{CALL}.json", method: str = "GET") -> list[str]:
    return document().answer(method, HOME + path, status, "application/json", json.dumps(body).encode())


def test_a_described_request_has_nothing_wrong() -> None:
    """The baseline of the table below; filters and pages of a list are described, too."""
    assert asked("POST", "/Calls.json", **CREATE) == []
    query = urlencode({"StartTime>": "2031-03-04T12:00:00Z", "To": DOCTOR, "Status": "in-progress", "PageSize": "20"})
    assert asked("GET", "/Calls.json", query) == []
    assert asked("POST", f"/Calls/{CALL}.json", Status="completed") == []
    assert asked("DELETE", f"/Recordings/RE{'2' * 32}.json") == []
    assert asked("GET", f"/Recordings/RE{'2' * 32}.wav") == []


@pytest.mark.parametrize(
    ("over", "found"),
    [
        ({"Tp": DOCTOR}, "'Tp' was unexpected"),
        ({"To": None}, "'To' is a required property"),
        ({"Method": "PUT"}, "Method: 'PUT' is not one of ['GET', 'POST']"),
        ({"Timeout": "soon"}, "Timeout: 'soon' is not of type 'integer'"),
        ({"Record": "yes"}, "Record: 'yes' is not of type 'boolean'"),
        ({"Url": "/twilio/answer/t"}, "Url: '/twilio/answer/t' is not a 'uri'"),
        ({"To": "312 555 0101"}, "To: '312 555 0101' is not a 'endpoint'"),
        ({"Twiml": "<Response><Shout>Hello</Shout></Response>"}, "is not a 'twiml'"),
        ({"ApplicationSid": "AP1"}, "ApplicationSid: 'AP1'"),
    ],
)
def test_a_request_that_is_not_described_is_seen(over: dict[str, str | None], found: str) -> None:
    """Each parameter is known, there if it must be, and of its type."""
    form = {name: value for name, value in (CREATE | over).items() if value is not None}
    wrong = asked("POST", "/Calls.json", **form)
    assert wrong
    assert found in wrong[0]


@pytest.mark.parametrize(
    ("method", "path", "query", "found"),
    [
        ("PUT", "/Calls.json", "", "is not described"),
        ("GET", "/Faxes.json", "", "is not described"),
        ("GET", f"/Calls/SM{'1' * 32}.json", "", "Sid is not of the described kind"),
        ("GET", "/Calls.json", "Status=lost", "Status: 'lost' is not one of"),
        ("GET", "/Calls.json", "StartTime=yesterday", "StartTime: 'yesterday' is not a 'date-time'"),
        ("GET", "/Calls.json", "PageSize=5000", "PageSize: 5000 is greater than the maximum"),
        ("GET", "/Calls.json", "To=%2B12125550123&To=%2B12125550124", "is not of type 'string'"),
        ("GET", "/Messages.json", "Body=hello", "'Body' was unexpected"),
    ],
)
def test_a_place_or_a_query_that_is_not_described_is_seen(method: str, path: str, query: str, found: str) -> None:
    """Each place takes the methods, identifiers and filters that are described."""
    wrong = asked(method, path, query)
    assert wrong
    assert found in wrong[0]


def test_a_body_is_a_form_and_is_there_only_where_it_is_described() -> None:
    """The interface takes no JSON."""
    wrong = document().request("POST", f"{HOME}/Messages.json", "", b"{}", "application/json")
    assert "the content type is 'application/json'" in wrong[0]
    assert "it has a body" in asked("DELETE", f"/Calls/{CALL}.json", Status="completed")[0]


@pytest.mark.parametrize(
    ("spoil", "found"),
    [
        (lambda call: call.pop("answered_by"), "'answered_by' is a required property"),
        (lambda call: call.update(mood="good"), "'mood' was unexpected"),
        (lambda call: call.update(status="lost"), "status: 'lost' is not one of"),
        (lambda call: call.update(duration=12), "duration: 12 is not of type 'string'"),
        (lambda call: call.update(sid="CA1"), "sid: 'CA1'"),
        (lambda call: call.update(date_created="2031-03-04T12:00:00Z"), "is not a 'date-time-rfc-2822'"),
    ],
)
def test_an_answer_that_is_not_described_is_seen(
    stage: Stage, spoil: Callable[[dict[str, Any]], object], found: str
) -> None:
    """Each property is there, no other is, and each is of its type; as it comes it has nothing wrong."""
    call = a_call(stage)
    assert answered(call) == []
    spoil(call)
    assert found in answered(call)[0]


def test_a_status_a_body_and_an_error_that_are_not_described_are_seen(stage: Stage) -> None:
    """A created call is 201; a deleted one has no body; an error has its four fields."""
    call = a_call(stage)
    assert answered(call, 201, "/Calls.json", "POST") == []
    assert "the described statuses are 201" in answered(call, 200, "/Calls.json", "POST")[0]
    assert "it has a body" in answered(call, 204, method="DELETE")[0]
    error = {"code": 20404, "message": "no", "more_info": "https://www.twilio.com/docs/errors/20404", "status": 404}
    assert answered(error, 404) == []
    assert "its body says status 404" in answered(error, 400)[0]
    assert "'code' is a required property" in answered({"message": "no"}, 404)[0]
    assert "no JSON" in document().answer("GET", f"{HOME}/Calls.json", 200, "application/json", b"<html>")[0]
    assert "'text/html'" in document().answer("GET", f"{HOME}/Calls.json", 503, "text/html", b"<html>")[0]
    assert "a sound of type" in document().answer("GET", f"{HOME}/Recordings/RE{'1' * 32}", 200, "text/html", b"")[0]


def test_the_watch_sees_what_the_official_client_asks_and_what_is_answered(servers: Servers, stage: Stage) -> None:
    """It stands in front, as it does in every story; a refused request is one, too, and so is a request never answered."""
    watch = Watch(stage.exchange.app)
    servers.exchange.app = watch
    stage.dialed()
    assert (watch.requests, watch.answers, watch.violations) == (1, 1, [])
    refuse = {"auth": (ACCOUNT, TOKEN), "data": {"To": DOCTOR, "Fron": OURS}}
    with loopback.client() as client:
        assert client.post(f"{stage.http.url}{HOME}/Calls.json", **refuse).status_code == 400  # type: ignore[arg-type]
    assert any("'Fron' was unexpected" in one for one in watch.violations)
    watch.violations.clear()
    stage.exchange.faults.outage()
    with loopback.client() as client:
        client.get(f"{stage.http.url}{HOME}/Calls.json", params={"Colour": "red"})
    assert any("'Colour' was unexpected" in one for one in watch.violations)
    stage.exchange.faults.clear()
    stage.exchange.faults.next_create("lost_answer")
    with loopback.client() as client, pytest.raises(httpx.HTTPError):
        client.post(f"{stage.http.url}{HOME}/Calls.json", data=CREATE)
    assert (watch.requests, watch.answers) == (4, 3)


def test_the_watch_sees_an_exchange_that_answers_otherwise(servers: Servers, stage: Stage) -> None:
    """A stand-in that drifts away from the telephone company is found by whoever talks to it."""
    watch = Watch(JSONResponse({"sid": CALL, "status": "queued"}, 201))
    servers.exchange.app = watch
    stage.create()
    assert any("'date_created' is a required property" in one for one in watch.violations)
    watch = Watch(Response(status_code=204))
    servers.exchange.app = watch
    with loopback.client() as client:
        client.get(f"{stage.http.url}{HOME}/Messages.json")
    assert watch.violations == ["204 to GET /2010-04-01/Accounts/{AC}/Messages.json: the described statuses are 200"]
