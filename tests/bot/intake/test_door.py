"""Every answer of the intake door, over HTTP."""

from __future__ import annotations

import asyncio
import json
import time
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

import pytest
import standardwebhooks
from starlette.requests import Request

from bot.intake import door, parse
from bot.intake.signatures import Claims, Keyring, Unsigned, key_of
from handlers.domain.directory import Directory
from handlers.domain.events import EventKind, StudyEvent
from handlers.domain.machinery import Accepted, Verdict
from handlers.ports import Delivered
from tests.bot.intake.stage import (
    CANARY,
    CT,
    NOW,
    RIS,
    RIS_NEXT,
    WIDE,
    Stage,
    envelope,
    finding,
    new_secret,
    report,
    sign,
    site,
    study,
)


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
    """One door for all eight."""
    bodies = {EventKind.STUDY_RECEIVED: study(), EventKind.FINDING_REPORTED: finding()}
    if kind.startswith("report"):
        body = report(kind)
    else:
        over = {"category": 1} if kind is EventKind.FINDING_AMENDED else {}
        body = bodies.get(kind) or finding(kind, **over)
    assert stage.event(body).status == 202
    assert [one.kind for one in stage.inbox.all()] == [kind.value]


def test_the_official_library_signs_what_the_door_takes(stage: Stage) -> None:
    """A sender needs no code of ours."""
    body = json.dumps(study())
    at = datetime.now(UTC)
    signature = standardwebhooks.Webhook(RIS).sign("msg_lib", at, body)
    headers = {"webhook-id": "msg_lib", "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": signature}
    assert stage.post("/webhooks/events", body.encode(), headers, "application/json").status == 202


def test_a_repeat_gets_the_same_body_and_another_body_is_refused(stage: Stage) -> None:
    """200 for the same again, 422 for something else under a known id."""
    first = stage.event(study(), delivery="msg_1")
    again = stage.event(study(), delivery="msg_1")
    other = stage.event(study(location="ED 5"), delivery="msg_1")
    assert (first.status, again.status, other.status) == (202, 200, 422)
    assert again.json == first.json
    assert other.type == "application/problem+json"
    assert len(stage.inbox.all()) == 1


@pytest.mark.parametrize("secret", [RIS, RIS_NEXT])
def test_both_secrets_of_a_rotation_are_taken(stage: Stage, secret: str) -> None:
    """A secret changes without a lost event."""
    assert stage.event(study(), secret).status == 202


def test_one_of_several_signatures_is_enough(stage: Stage) -> None:
    """A sender in rotation signs with both keys; versions of others are passed over."""
    body = json.dumps(study()).encode()
    headers = stage.headers(body)
    good = headers["webhook-signature"]
    headers["webhook-signature"] = f"v1a,AAAA v1,!!!! v1,{'A' * 43}= {good}"
    assert stage.post("/webhooks/events", body, headers, "application/json").status == 202


def test_a_secret_that_was_taken_back_signs_nothing(stage: Stage) -> None:
    """A new directory makes a new keyring."""
    assert stage.event(study(), RIS_NEXT).status == 202
    del stage.secrets["RIS_NEXT"]
    stage.directory = replace(stage.directory, version=2)
    assert stage.event(study(), RIS_NEXT).status == 401
    assert stage.event(study(), RIS).status == 202


def _headers(stage: Stage, body: bytes, **over: str | None) -> dict[str, str]:
    made = stage.headers(body) | {name.replace("_", "-"): value or "" for name, value in over.items()}
    return {name: value for name, value in made.items() if value}


@pytest.mark.parametrize(
    "over",
    [
        {"webhook_id": None},
        {"webhook_timestamp": None},
        {"webhook_signature": None},
        {"webhook_id": "msg_other"},
        {"webhook_id": "two words"},
        {"webhook_id": "x" * 101},
        {"webhook_id": "\xe9"},
        {"webhook_timestamp": "1"},
        {"webhook_timestamp": "nan"},
        {"webhook_timestamp": "-5"},
        {"webhook_timestamp": "1e9"},
        {"webhook_timestamp": "1" * 13},
        {"webhook_signature": "v1"},
        {"webhook_signature": "v1,"},
        {"webhook_signature": "v1,AAAA"},
        {"webhook_signature": "v2,AAAA"},
        {"webhook_signature": ","},
        {"webhook_signature": "v1,AAAA " * 11},
        {"webhook_signature": "v1," + "A" * 1024},
    ],
)
@pytest.mark.parametrize("path", ["/webhooks/events", "/webhooks/dicom"])
def test_one_wrong_header_is_enough_for_a_401(stage: Stage, path: str, over: dict[str, str | None]) -> None:
    """The unchanged twin is accepted; what differs in one header is nobody's."""
    body = json.dumps(study()).encode()
    answer = stage.post(path, body, _headers(stage, body, **over), "application/json")
    assert (answer.status, answer.type) == (401, "application/problem+json")
    assert (stage.refused, stage.inbox.asked) == (1, 0)
    assert CANARY not in answer.text
    assert stage.event(body).status == 202


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_header_that_came_twice_is_refused(stage: Stage, name: str) -> None:
    """Two readers of one request must not see two requests."""
    body = json.dumps(study()).encode()
    headers = stage.headers(body)
    answer = stage.post("/webhooks/events", body, [*headers.items(), (name, headers[name])], "application/json")
    assert answer.status == 401
    assert "twice" in answer.json["detail"]


def test_a_changed_body_or_an_unknown_secret_is_refused(stage: Stage) -> None:
    """The signature covers every byte."""
    body = json.dumps(study()).encode()
    changed = body.replace(b"ED 4", b"ED 5")
    assert stage.post("/webhooks/events", changed, stage.headers(body), "application/json").status == 401
    assert stage.event(study(), new_secret("z")).status == 401
    assert (stage.refused, stage.inbox.asked) == (2, 0)


@pytest.mark.parametrize(("age", "fits"), [(300, True), (-300, True), (301, False), (-301, False)])
def test_five_minutes_either_way_is_the_limit(age: int, fits: bool) -> None:
    """The boundary itself is in."""
    headers = [
        (b"webhook-id", b"a"),
        (b"webhook-timestamp", str(1000 - age).encode()),
        (b"webhook-signature", b"v1,AAAA"),
    ]
    if fits:
        assert Claims.of(headers, 1000.0).timestamp == str(1000 - age)
    else:
        with pytest.raises(Unsigned):
            Claims.of(headers, 1000.0)


@pytest.mark.parametrize(("age", "status"), [(295, 202), (-295, 202), (302, 401), (-302, 401)])
def test_an_old_or_early_timestamp_is_refused(stage: Stage, age: int, status: int) -> None:
    """A captured request cannot be sent again later."""
    assert stage.event(study(), at=time.time() - age).status == status


def test_the_library_has_the_last_word_about_text(stage: Stage) -> None:
    """Even if our own clock stood still, the library refuses an old timestamp."""
    stage.wall_is = time.time() - 1000
    assert stage.event(study(), at=stage.wall_is).status == 401


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


def test_unusable_secrets_open_nothing() -> None:
    """Short, empty or garbled secrets are no keys, and their text is not repeated."""
    for bad in ("whsec_", "whsec_AAAA", "whsec_A", "hunter2"):
        stage = Stage(secrets={"RIS": bad, "CT": CT})
        body = json.dumps(study()).encode()
        assert stage.event(body, "whsec_" + "A" * 32).status == 401
        assert stage.event(body, CT).status == 202
    with pytest.raises(ValueError, match="fewer than 24 bytes"):
        key_of(b"x" * 23)


def test_every_key_is_tried_for_every_request() -> None:
    """The time taken does not tell which source signed."""
    places = Stage().directory
    keyring = Keyring(places, lambda _name: b"k" * 32)
    body, stamp = b"{}", str(int(time.time()))
    claims = Claims("m", stamp, (b"x" * 32,))
    assert len(keyring.tally(claims)._hashes) == sum(len(one.secret_env) for one in places.sources.values())
    signed = sign("whsec_" + "a2tr" * 10 + "a2s=", "m", stamp, body)
    found = Claims.of(
        [(b"webhook-id", b"m"), (b"webhook-timestamp", stamp.encode()), (b"webhook-signature", signed.encode())],
        time.time(),
    )
    tally = keyring.tally(found)
    tally.update(body)
    assert tally.source().id == "ris"


def test_an_event_of_an_unread_field_cannot_smuggle_a_study_past_the_agreement(stage: Stage) -> None:
    """The type decides, once; a second one in the data is refused."""
    body = envelope("report.final", report()["data"] | {"type": "study.received"})
    assert stage.event(body).status == 422
    stage.directory = replace(stage.directory, facilities={"mercy": site("mercy", baa=False)})
    assert stage.event(study()).status == 403
