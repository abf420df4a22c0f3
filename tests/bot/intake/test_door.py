"""Every answer of the intake door, over HTTP."""

from __future__ import annotations

import asyncio
import json
import time
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

import pytest
from starlette.requests import Request

from bot.intake import door, parse
from bot.intake.problems import Refused
from handlers.domain.directory import Directory
from handlers.domain.events import EventKind, StudyEvent
from handlers.domain.machinery import Accepted, Verdict
from handlers.ports import Delivered
from tests.bot.intake.stage import CANARY, NOW, WIDE, Stage, envelope, finding, new_secret, report, site, study


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_an_accepted_event_is_in_the_inbox_before_the_202(stage: Stage) -> None:
    """The answer names the delivery; the body is kept byte for byte."""
    body = json.dumps(study()).encode()
    answer = stage.event(body, delivery="msg_first")
    assert (answer.status, answer.json) == (202, {"status": "accepted", "id": "msg_first"})
    kept = Accepted(
        source="ris", delivery_id="msg_first", facility="mercy", kind="study.received", body=body, received_at=NOW
    )
    assert stage.inbox.all() == [kept]
    event = parse(Delivered("1", kept, 0))
    assert isinstance(event, StudyEvent)
    assert (event.kind, event.patient_name) == (EventKind.STUDY_RECEIVED, f"{CANARY}^JANE")


@pytest.mark.parametrize("kind", list(EventKind))
def test_every_event_is_accepted(stage: Stage, kind: EventKind) -> None:
    """One door for all of them."""
    bodies = {EventKind.STUDY_RECEIVED: study(), EventKind.FINDING_REPORTED: finding()}
    if kind.startswith("report"):
        body = report(kind)
    else:
        seen = {"by": "lee", "at": "2026-03-14T03:05:00-04:00"}
        viewed = (EventKind.STUDY_OPENED, EventKind.STUDY_CLOSED)
        over: dict[str, object] = {**seen} if kind in viewed else {}
        over |= {"category": 1} if kind is EventKind.FINDING_AMENDED else {}
        body = bodies.get(kind) or finding(kind, **over)
    assert stage.event(body).status == 202
    assert [one.kind for one in stage.inbox.all()] == [kind.value]


def test_a_repeat_gets_the_same_body_and_another_body_is_refused(stage: Stage) -> None:
    """200 for the same again, 422 for something else under a known id."""
    first = stage.event(study(), delivery="msg_1")
    again = stage.event(study(), delivery="msg_1")
    other = stage.event(study(location="ED 5"), delivery="msg_1")
    assert (first.status, again.status, other.status) == (202, 200, 422)
    assert again.json == first.json
    assert other.type == "application/problem+json"
    assert len(stage.inbox.all()) == 1


def test_413_comes_before_anything_is_read_where_the_length_is_stated(stage: Stage) -> None:
    """One byte less than too much is judged by what it says."""
    body = b" " * (1024 * 1024)
    assert stage.event(body).status == 422
    assert stage.event(body + b" ").status == 413
    assert stage.refused == 1


def test_413_comes_while_reading_where_no_length_is_stated() -> None:
    """A chunked body ends at the limit, not in memory."""
    pieces = iter([{"type": "http.request", "body": b"x" * 70, "more_body": True}] * 100)

    async def receive() -> Any:
        return next(pieces)

    async def read() -> None:
        request = Request({"type": "http", "headers": []}, receive)
        async for _ in door._pieces(request, 100):
            pass

    with pytest.raises(Refused, match="KiB"):
        asyncio.run(read())
    assert len(list(pieces)) == 98


@pytest.mark.parametrize("kind", ["", "text/plain", "application/json; charset=latin-1", "application/dicom"])
def test_415_for_another_type(stage: Stage, kind: str) -> None:
    """Verified first, then judged."""
    body = json.dumps(study()).encode()
    assert stage.post("/webhooks/events", body, stage.headers(body), kind).status == 415
    assert stage.post("/webhooks/events", body, stage.headers(body, new_secret("z")), kind).status == 401
    assert stage.post("/webhooks/events", body, stage.headers(body), 'Application/JSON; charset="UTF-8"').status == 202


def test_415_for_a_compressed_body(stage: Stage) -> None:
    """Nothing is unpacked before it is understood."""
    body = json.dumps(study()).encode()
    headers = stage.headers(body) | {"content-encoding": "gzip"}
    assert stage.post("/webhooks/events", body, headers, "application/json").status == 415


def test_422_names_fields_and_rules(stage: Stage) -> None:
    """What, which field, what to do next; no value."""
    answer = stage.event(study(patient={"id": CANARY, "name": CANARY, "sex": CANARY}))
    assert answer.status == 422
    assert answer.type == "application/problem+json"
    assert set(answer.json) == {"type", "title", "status", "detail", "errors"}
    assert answer.json["errors"] == [{"field": "data.patient.sex", "rule": "must be one of 'F', 'M', 'O' or 'U'"}]
    assert CANARY not in answer.text
    assert stage.inbox.asked == 0


def test_signed_bytes_that_are_no_text_are_422(stage: Stage) -> None:
    """Bad input of a known sender is never a 5xx."""
    assert stage.event(b"\xff\xfe\x00").status == 422


def test_an_unknown_facility_is_422_and_another_sources_facility_is_403(stage: Stage) -> None:
    """Shape and references first, then rights."""
    assert stage.event(study(facility="nowhere")).status == 422
    answer = stage.event(study(facility="other", ordering_contact=...))
    assert (answer.status, stage.inbox.asked) == (403, 0)
    assert stage.event(study(facility="other", ordering_contact=...), WIDE).status == 202


@pytest.mark.parametrize("kind", ["study.received", "study.updated"])
def test_without_an_agreement_new_studies_are_refused_on_the_record(stage: Stage, kind: str) -> None:
    """The refusal is recorded before it is answered."""
    body = study(facility="lapsed", ordering_contact=...) | {"type": kind}
    answer = stage.event(body)
    assert (answer.status, stage.inbox.asked) == (403, 0)
    assert "Business Associate Agreement" in answer.json["detail"]
    assert stage.baa_refused == [("lapsed", "ris")]


def test_without_an_agreement_findings_reports_and_cancellations_go_on(stage: Stage) -> None:
    """What was read before must still be told."""
    for body in (
        finding(facility="lapsed"),
        finding("finding.retracted", facility="lapsed"),
        report(facility="lapsed"),
        finding("study.canceled", facility="lapsed"),
    ):
        assert stage.event(body).status == 202
    assert stage.baa_refused == []


def test_a_refusal_that_cannot_be_recorded_is_asked_for_again(stage: Stage) -> None:
    """503, so that the sender comes back."""
    stage.baa_fails = RuntimeError(CANARY)
    answer = stage.event(study(facility="lapsed", ordering_contact=...))
    assert (answer.status, answer.headers["retry-after"]) == (503, "5")


def test_a_database_error_is_503_and_never_a_2xx(stage: Stage) -> None:
    """The sender retries under the same id, and then it is accepted once."""
    stage.inbox.fails = RuntimeError(f"INSERT … {CANARY}")
    answer = stage.event(study(), delivery="msg_1")
    assert (answer.status, answer.headers["retry-after"], answer.type) == (503, "5", "application/problem+json")
    assert CANARY not in answer.text
    stage.inbox.fails = None
    assert stage.event(study(), delivery="msg_1").status == 202


def test_a_request_that_is_given_up_leaves_the_appenders_future_alone() -> None:
    """A canceled future would end the appender's thread when it sets the result."""
    future: Future[Verdict] = Future()
    accepted = Accepted(source="s", delivery_id="d", facility="f", kind="k", body=b"", received_at=NOW)
    made = door._Door(Directory, lambda _name: None, lambda _one: future, Stage(), time.time)

    async def give_up() -> None:
        task = asyncio.create_task(made._commit(door._Judged(accepted)))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(give_up())
    assert not future.cancelled()
    future.set_result(Verdict.NEW)


def test_a_big_body_is_judged_as_a_small_one_is(stage: Stage) -> None:
    """Above 64 KiB the work moves to a thread; the answers stay."""
    body = json.dumps(study()).encode() + b" " * 100_000
    assert stage.event(body).status == 202
    assert stage.event(body, new_secret("z")).status == 401
    assert stage.event(b"[" + body).status == 422


def test_only_post_is_answered(stage: Stage) -> None:
    """Nothing can be read here."""
    assert stage.client.get("/webhooks/events").status_code == 405


def test_an_event_of_an_unread_field_cannot_smuggle_a_study_past_the_agreement(stage: Stage) -> None:
    """The type decides, once; a second one in the data is refused."""
    body = envelope("report.final", report()["data"] | {"type": "study.received"})
    assert stage.event(body).status == 422
    stage.directory = replace(stage.directory, facilities={"mercy": site("mercy", baa=False)})
    assert stage.event(study()).status == 403
