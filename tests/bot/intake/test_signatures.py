"""Whose request is it: signatures, secrets and clocks."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import standardwebhooks
import structlog.testing
from pydantic import SecretStr

from bot import log_shapes
from bot.intake.signatures import Claims, Keyring, Unsigned, key_of
from tests.bot.intake.stage import CANARY, CT, RIS, RIS_NEXT, Stage, new_secret, sign, study


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_the_official_library_signs_what_the_door_takes(stage: Stage) -> None:
    """A sender needs no code of ours."""
    body = json.dumps(study())
    at = datetime.now(UTC)
    signature = standardwebhooks.Webhook(RIS).sign("msg_lib", at, body)
    headers = {"webhook-id": "msg_lib", "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": signature}
    assert stage.post("/webhooks/events", body.encode(), headers, "application/json").status == 202


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


def test_unusable_secrets_open_nothing() -> None:
    """Short, empty or garbled secrets are no keys, and their text is not repeated."""
    for bad in ("whsec_", "whsec_AAAA", "whsec_A", "hunter2"):
        stage = Stage(secrets={"RIS": bad, "CT": CT})
        body = json.dumps(study()).encode()
        assert stage.event(body, "whsec_" + "A" * 32).status == 401
        assert stage.event(body, CT).status == 202
    with pytest.raises(ValueError, match="fewer than 24 bytes"):
        key_of(b"x" * 23)


def test_a_source_that_came_since_the_start_without_a_secret_is_logged() -> None:
    """A running process is not stopped by a directory's load: its log names source and variable, and no value."""
    with structlog.testing.capture_logs() as logged:
        Keyring(Stage().directory, {"RIS": SecretStr("canary"), "CT": SecretStr(CT)}.get)
    assert [(one["event"], one["source"], one.get("variable")) for one in logged] == [
        ("source_secret_unusable", "ris", "RIS"),
        ("source_without_secret", "wide", None),
    ]
    assert all(log_shapes.shown(key, one[key]) == one[key] for one in logged for key in ("event", "source"))
    assert log_shapes.shown("variable", "RIS") == "RIS"
    assert "canary" not in str(logged)


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
