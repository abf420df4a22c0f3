"""Twilio's door in a real FastAPI app, before a stand-in for the inside."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from threading import current_thread
from urllib.parse import unquote, urlencode

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient
from twilio.request_validator import RequestValidator

from handlers.domain.dialog import Prompt, PromptKind
from handlers.domain.errors import Rejection
from telephony.door import CallVerbs, router
from telephony.signature import SignatureVerifier
from telephony.twiml import Speaker
from telephony.urls import Urls
from tests.telephony.prompts import OUR_NUMBER, STAFFED, TOKEN, prompt

PUBLIC = "https://radrelay.example"
AUTH = "auth-token"
CALL, RECORDING, MESSAGE = "CA" + "a" * 32, "RE" + "b" * 32, "SM" + "c" * 32
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Answer:
    token: str
    turn: int
    prompt: Prompt


@dataclass
class Inside:
    """Notes what it was asked; knows one token."""

    asked: list[tuple[object, ...]] = field(default_factory=list)
    threads: set[str] = field(default_factory=set)
    says: Prompt = field(default_factory=lambda: prompt(PromptKind.OPENING))
    fails: Exception | None = None

    def _note(self, *what: object) -> Answer:
        self.threads.add(current_thread().name)
        if self.fails:
            raise self.fails
        if what[1] != TOKEN:
            raise Rejection("unknown_call", "There is no such call.")
        self.asked.append(what)
        return Answer(TOKEN, 1, self.says)

    def answer(self, token: str, turn: int, *, digits: str, speech: str, words: str) -> Answer:
        return self._note("answer", token, turn, digits, speech)

    def inbound(self, *, call_sid: str, caller: str) -> Answer:
        return self._note("inbound", TOKEN, call_sid, caller)

    def dialed(self, token: str, turn: int, *, status: str, bridged: bool) -> Answer:
        return self._note("dialed", token, turn, status, bridged)

    def whispered(self, token: str, leg: str, turn: int, *, digits: str, speech: str) -> Answer:
        return self._note("whispered", token, leg, turn, digits, speech)

    def recorded(self, token: str, turn: int, *, recording_sid: str, seconds: int) -> Answer:
        return self._note("recorded", token, turn, recording_sid, seconds)

    def recording_ready(self, token: str, *, recording_sid: str, status: str) -> None:
        self._note("recording_ready", token, recording_sid, status)

    def status(self, token: str, *, sid: str, status: str, sequence: int, error_code: str, at: datetime | None) -> None:
        self._note("status", token, sid, status, sequence, error_code)

    def machine(self, token: str, *, sid: str, answered_by: str) -> None:
        self._note("machine", token, sid, answered_by)

    def voicemail(self, token: str) -> Answer:
        return self._note("voicemail", token)

    def text_status(self, token: str, *, sid: str, status: str, error_code: str) -> None:
        self._note("text_status", token, sid, status, error_code)

    def texted(self, *, message_sid: str, sender: str, ours: str, body: str, keyword: str) -> str:
        self._note("texted", TOKEN, message_sid, sender, ours, body, keyword)
        return "This number takes no texts." if body else ""


class Stage:
    """The app, and a Twilio that signs."""

    def __init__(self) -> None:
        self.inside = Inside()
        self.refused = 0
        verbs: CallVerbs = self.inside
        speaker = Speaker(Urls(PUBLIC), our_number=OUR_NUMBER, staffed_number=STAFFED)
        app = FastAPI()
        app.include_router(router(verbs, SignatureVerifier(PUBLIC, AUTH), speaker, self._count))
        self.http = TestClient(app, base_url="http://inside.local:8080", raise_server_exceptions=False)

    def _count(self) -> None:
        self.refused += 1

    def signed(self, path: str, fields: Mapping[str, str]) -> dict[str, str]:
        signature: str = RequestValidator(AUTH).compute_signature(PUBLIC + path, dict(fields))
        return {"x-twilio-signature": signature, "content-type": FORM}

    def post(self, path: str, **fields: str) -> tuple[int, str]:
        answer = self.http.post(path, content=urlencode(fields), headers=self.signed(path, fields))
        return answer.status_code, answer.text


@pytest.fixture
def stage() -> Iterator[Stage]:
    made = Stage()
    with made.http:
        yield made


OPENED = {"CallSid": CALL, "CallStatus": "in-progress"}
#: Every route, with a form that Twilio sends and what the inside is asked by it.
ROUTES: list[tuple[str, dict[str, str], tuple[object, ...]]] = [
    (f"/twilio/voice/{TOKEN}/0", OPENED, ("answer", TOKEN, 0, "", "")),
    (f"/twilio/voice/{TOKEN}/3", {"Digits": "341"}, ("answer", TOKEN, 3, "341", "")),
    (f"/twilio/voice/{TOKEN}/3", {"SpeechResult": "Three four one."}, ("answer", TOKEN, 3, "", "three four one")),
    (f"/twilio/voice/{TOKEN}/3", {"SpeechResult": "Doctor Doe is out"}, ("answer", TOKEN, 3, "", "?")),
    ("/twilio/inbound", OPENED | {"From": "+12025550111"}, ("inbound", TOKEN, CALL, "+12025550111")),
    (
        f"/twilio/dial/{TOKEN}/4",
        {"DialCallStatus": "completed", "DialBridged": "true"},
        ("dialed", TOKEN, 4, "completed", True),
    ),
    (f"/twilio/dial/{TOKEN}/4", {"DialCallStatus": "no-answer"}, ("dialed", TOKEN, 4, "no-answer", False)),
    (f"/twilio/whisper/{TOKEN}/leg1/1", {"Digits": "1"}, ("whispered", TOKEN, "leg1", 1, "1", "")),
    (
        f"/twilio/record/{TOKEN}/5",
        {"RecordingSid": RECORDING, "RecordingDuration": "12", "Digits": "#"},
        ("recorded", TOKEN, 5, RECORDING, 12),
    ),
    (f"/twilio/record/{TOKEN}/5", OPENED, ("recorded", TOKEN, 5, "", 0)),
    (
        f"/twilio/recording/{TOKEN}",
        {"RecordingSid": RECORDING, "RecordingStatus": "absent"},
        ("recording_ready", TOKEN, RECORDING, "absent"),
    ),
    (
        f"/twilio/status/{TOKEN}",
        {"CallSid": CALL, "CallStatus": "busy", "SequenceNumber": "2"},
        ("status", TOKEN, CALL, "busy", 2, ""),
    ),
    (
        f"/twilio/status/{TOKEN}",
        {"CallSid": CALL, "CallStatus": "failed", "SequenceNumber": "1", "ErrorCode": "13224"},
        ("status", TOKEN, CALL, "failed", 1, "13224"),
    ),
    (
        f"/twilio/amd/{TOKEN}",
        {"CallSid": CALL, "AnsweredBy": "machine_end_beep"},
        ("machine", TOKEN, CALL, "machine_end_beep"),
    ),
    (f"/twilio/voicemail/{TOKEN}", OPENED, ("voicemail", TOKEN)),
    (
        "/twilio/sms",
        {"MessageSid": MESSAGE, "From": "+12025550111", "To": OUR_NUMBER, "Body": "who is this? ü"},
        ("texted", TOKEN, MESSAGE, "+12025550111", OUR_NUMBER, "who is this? ü", ""),
    ),
    (
        "/twilio/sms",
        {"MessageSid": MESSAGE, "From": "+12025550111", "To": OUR_NUMBER, "Body": "arret", "OptOutType": "STOP"},
        ("texted", TOKEN, MESSAGE, "+12025550111", OUR_NUMBER, "arret", "STOP"),
    ),
    (
        f"/twilio/sms-status/{TOKEN}",
        {"MessageSid": MESSAGE, "MessageStatus": "undelivered", "ErrorCode": "30006"},
        ("text_status", TOKEN, MESSAGE, "undelivered", "30006"),
    ),
]


@pytest.mark.parametrize(("path", "fields", "asked"), ROUTES)
def test_a_signed_callback_reaches_its_verb_in_a_thread(
    stage: Stage, path: str, fields: dict[str, str], asked: tuple[object, ...]
) -> None:
    """And only once."""
    status, text = stage.post(path, **fields)
    assert status in (200, 204)
    assert stage.inside.asked == [asked]
    assert stage.inside.threads == {"AnyIO worker thread"}
    assert text == "" if status == 204 else text.startswith("<?xml")
    assert stage.refused == 0


@pytest.mark.parametrize(("path", "fields", "_asked"), [*ROUTES, ("/twilio/fallback", OPENED, ())])
def test_an_unsigned_or_altered_callback_reaches_nothing(
    stage: Stage, path: str, fields: dict[str, str], _asked: tuple[object, ...]
) -> None:
    """403 as problem+json, counted; the unchanged twin is let in."""
    good = stage.signed(path, fields)
    body = urlencode(fields)
    forged = [
        (path, body, {"content-type": FORM}),
        (path, body + "&X=1", good),
        (path, body + "&" + body.split("&")[0], good),
        (path + "?a=1", body, good),
        (path, body, good | {"x-twilio-signature": "A" + good["x-twilio-signature"][1:] + "="}),
    ]
    for address, content, headers in forged:
        answer = stage.http.post(address, content=content, headers=headers)
        assert answer.status_code == 403
        assert answer.headers["content-type"] == "application/problem+json"
    assert stage.inside.asked == []
    assert stage.refused == len(forged)
    assert stage.http.post(path, content=body, headers=good).status_code in (200, 204)


def test_what_is_said_carries_the_next_turn(stage: Stage) -> None:
    """The answer's address is the reply's, as XML."""
    path = f"/twilio/voice/{TOKEN}/0"
    answer = stage.http.post(path, content=urlencode(OPENED), headers=stage.signed(path, OPENED))
    assert answer.headers["content-type"].startswith("application/xml")
    assert f'action="{PUBLIC}/twilio/voice/{TOKEN}/1"' in answer.text


def test_a_whispers_answer_stays_on_its_leg(stage: Stage) -> None:
    """The one being bridged, not the caller."""
    stage.inside.says = prompt(PromptKind.WHISPER)
    _, text = stage.post(f"/twilio/whisper/{TOKEN}/leg1/0", CallSid=CALL)
    assert f'action="{PUBLIC}/twilio/whisper/{TOKEN}/leg1/1"' in text


def test_the_path_is_verified_raw(stage: Stage) -> None:
    """An escaped path that was signed escaped is good; signed decoded it is not."""
    escaped = f"/twilio/voice/{TOKEN.replace('_', '%5F')}/0"
    assert stage.post(escaped, **OPENED)[0] == 200
    headers = stage.signed(unquote(escaped), OPENED)
    assert stage.http.post(escaped, content=urlencode(OPENED), headers=headers).status_code == 403


def test_a_replay_is_let_in_for_the_turn_to_make_it_harmless(stage: Stage) -> None:
    """Byte for byte the same answer."""
    first = stage.post(f"/twilio/voice/{TOKEN}/1", Digits="1")
    assert stage.post(f"/twilio/voice/{TOKEN}/1", Digits="1") == first


def test_a_large_body_is_not_read(stage: Stage) -> None:
    """413 beyond 64 kilobytes."""
    assert stage.post("/twilio/sms", Body="x" * 70_000)[0] == 413
    assert (stage.inside.asked, stage.refused) == ([], 1)


@pytest.mark.parametrize("media", ["application/json", "multipart/form-data; boundary=x", "", "text/plain"])
def test_another_content_type_is_not_read(stage: Stage, media: str) -> None:
    """415."""
    path = f"/twilio/voice/{TOKEN}/0"
    headers = stage.signed(path, OPENED) | {"content-type": media}
    assert stage.http.post(path, content=urlencode(OPENED), headers=headers).status_code == 415
    assert stage.inside.asked == []


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        (f"/twilio/status/{TOKEN}", {"CallSid": CALL, "CallStatus": "busy"}),
        (f"/twilio/status/{TOKEN}", {"CallSid": CALL, "CallStatus": "busy", "SequenceNumber": "-1"}),
        (f"/twilio/status/{TOKEN}", {"CallSid": CALL, "CallStatus": "asleep", "SequenceNumber": "1"}),
        (f"/twilio/status/{TOKEN}", {"CallSid": "CA1", "CallStatus": "busy", "SequenceNumber": "1"}),
        (f"/twilio/amd/{TOKEN}", {"CallSid": CALL, "AnsweredBy": "a robot"}),
        (f"/twilio/dial/{TOKEN}/1", {"DialBridged": "true"}),
        (f"/twilio/dial/{TOKEN}/1", {"DialCallStatus": "completed", "DialBridged": "1"}),
        (f"/twilio/record/{TOKEN}/1", {"RecordingSid": RECORDING}),
        (f"/twilio/record/{TOKEN}/1", {"RecordingSid": RECORDING, "RecordingDuration": "1.5"}),
        (f"/twilio/voice/{TOKEN}/one", OPENED),
        (f"/twilio/voice/{TOKEN}/-1", OPENED),
        (f"/twilio/voice/{TOKEN}/1", {"Digits": "<1>"}),
        ("/twilio/inbound", {"CallSid": CALL}),
        ("/twilio/sms", {"MessageSid": MESSAGE, "From": "+12025550111"}),
    ],
)
def test_a_form_that_cannot_be_is_refused(stage: Stage, path: str, fields: dict[str, str]) -> None:
    """422, though it is signed."""
    assert stage.post(path, **fields)[0] == 422
    assert (stage.inside.asked, stage.refused) == ([], 0)


def test_an_unknown_token_is_404_and_another_refusal_409(stage: Stage) -> None:
    """With the inside's sentence."""
    status, text = stage.post("/twilio/voice/some-other-token-1234/0", **OPENED)
    assert status == 404
    assert "There is no such call." in text
    stage.inside.fails = Rejection("other", "Not now.")
    assert stage.post(f"/twilio/voice/{TOKEN}/0", **OPENED)[0] == 409


def test_a_bug_is_a_500_so_that_the_fallback_speaks(stage: Stage) -> None:
    """And the fallback asks the inside nothing."""
    stage.inside.fails = RuntimeError("bug")
    assert stage.post(f"/twilio/voice/{TOKEN}/0", **OPENED)[0] == 500
    status, text = stage.post("/twilio/fallback", ErrorCode="11200", **OPENED)
    assert status == 200
    assert "2 0 2, 5 5 5, 0 1 4 2" in text


def test_only_posts_are_taken(stage: Stage) -> None:
    """A GET has its parameters in its URL."""
    assert stage.http.get(f"/twilio/voice/{TOKEN}/0").status_code == 405


def test_nothing_of_a_callback_is_logged(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    """Neither tokens, keys, words nor numbers, also when it is refused."""
    caplog.set_level(logging.DEBUG)
    stage.post(f"/twilio/voice/{TOKEN}/1", Digits="341", SpeechResult="canary", From="+12025550111")
    stage.http.post(f"/twilio/voice/{TOKEN}/1", content="Digits=341", headers={"content-type": FORM})
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
    assert not any(word in line for line in ours for word in (TOKEN, "341", "canary", "2025550111"))
