"""Twilio's door: checks that it is Twilio, reads the form, asks the inside, and says its answer. It decides nothing.

The answers come in this order: 413 size, 415 type (neither could be verified), 403 signature, 422 shape, 404 unknown call.
Every verb has committed when it returns, so nothing is said that is not durable. A bug raises: Twilio then takes the
fallback URL, which apologizes and gives the staffed number.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import datetime
from http import HTTPStatus
from typing import Final, Protocol
from urllib.parse import parse_qsl

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from handlers.domain.dialog import Prompt
from handlers.domain.errors import Rejection
from telephony import heard, urls
from telephony.heard import BadForm, Form
from telephony.signature import HEADER, SignatureVerifier
from telephony.twiml import Speaker

MAX_BYTES: Final = 64 * 1024
MAX_FIELDS: Final = 200
_FORM_TYPE = "application/x-www-form-urlencoded"
#: What a token, a leg or a turn in an address of ours looks like.
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Reply(Protocol):
    """What to say; the answer to it comes to (token, turn)."""

    @property
    def token(self) -> str:
        """The attempt's opaque token."""

    @property
    def turn(self) -> int:
        """The number of the turn that the answer will be."""

    @property
    def prompt(self) -> Prompt:
        """What to say."""


class CallVerbs(Protocol):
    """The inside's verbs for calls and texts, bound to a house. Each is one transaction, committed when it returns."""

    def answer(self, token: str, turn: int, *, digits: str, speech: str, words: str) -> Reply:
        """Take an answer; turn 0 means that the call was answered. ``words`` is all that was said, as it was heard."""

    def inbound(self, *, call_sid: str, caller: str) -> Reply:
        """Take a call to our number."""

    def dialed(self, token: str, turn: int, *, status: str, bridged: bool) -> Reply:
        """Take the end of a bridge."""

    def whispered(self, token: str, leg: str, turn: int, *, digits: str, speech: str) -> Reply:
        """Take an answer of the one being bridged."""

    def recorded(self, token: str, turn: int, *, recording_sid: str, seconds: int) -> Reply:
        """Take the end of a spoken read-back; an empty sid means that nothing was said."""

    def recording_ready(self, token: str, *, recording_sid: str, status: str) -> None:
        """Learn that a recording can be fetched, or never will be there."""

    def status(self, token: str, *, sid: str, status: str, sequence: int, error_code: str, at: datetime | None) -> None:
        """Learn a call's progress, and when it happened."""

    def machine(self, token: str, *, sid: str, answered_by: str) -> None:
        """Learn what the machine detection thinks."""

    def voicemail(self, token: str) -> Reply:
        """Give the words for a machine."""

    def text_status(self, token: str, *, sid: str, status: str, error_code: str) -> None:
        """Learn a text's progress."""

    def texted(self, *, message_sid: str, sender: str, ours: str, body: str, keyword: str) -> str:
        """Take a text to our number; return the words of the answer, or ""."""


Endpoint = Callable[[Request], Awaitable[Response]]
#: Runs in a thread, after the request was verified.
Handler = Callable[[Request, Form], Response]


class _Refused(Exception):
    def __init__(self, response: Response) -> None:
        super().__init__("refused")
        self.response = response


def router(
    verbs: CallVerbs, verifier: SignatureVerifier, speaker: Speaker, on_refused: Callable[[], None]
) -> APIRouter:
    """Return all routes that Twilio calls; ``on_refused`` is called for each request that is not Twilio's."""
    routes = _Routes(verbs, speaker)
    table: dict[str, Handler] = {
        urls.VOICE: routes.voice,
        urls.STATUS: routes.status,
        urls.AMD: routes.amd,
        urls.VOICEMAIL: routes.voicemail,
        urls.DIAL: routes.dial,
        urls.WHISPER: routes.whisper,
        urls.RECORD: routes.record,
        urls.RECORDING: routes.recording,
        urls.INBOUND: routes.inbound,
        urls.SMS: routes.sms,
        urls.SMS_STATUS: routes.sms_status,
        urls.FALLBACK: routes.fallback,
    }
    made = APIRouter()
    for path, handler in table.items():
        made.add_route(path, _guarded(handler, verifier, on_refused), methods=["POST"], include_in_schema=False)
    return made


def _guarded(handler: Handler, verifier: SignatureVerifier, on_refused: Callable[[], None]) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        try:
            form = await _verified(request, verifier)
        except _Refused as refusal:
            on_refused()
            return refusal.response
        if not all(_ID.fullmatch(value) for value in request.path_params.values()):
            return _problem(HTTPStatus.NOT_FOUND, "This address names no call of ours.")
        try:
            return await run_in_threadpool(handler, request, Form({name: str(value) for name, value in form.items()}))
        except BadForm as error:
            return _problem(HTTPStatus.UNPROCESSABLE_ENTITY, str(error))
        except Rejection as rejection:
            unknown = rejection.code == "unknown_call"
            return _problem(HTTPStatus.NOT_FOUND if unknown else HTTPStatus.CONFLICT, rejection.sentence)

    return endpoint


async def _verified(request: Request, verifier: SignatureVerifier) -> FormData:
    body = await _limited_body(request)
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != _FORM_TYPE:
        raise _Refused(_problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"Twilio sends {_FORM_TYPE}."))
    form = _parsed(body)
    signatures = request.headers.getlist(HEADER)
    if form is None or len(signatures) != 1 or not verifier.is_valid(request.scope, form, signatures[0]):
        raise _Refused(_problem(HTTPStatus.FORBIDDEN, "The X-Twilio-Signature does not fit this request."))
    return form


async def _limited_body(request: Request) -> bytes:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_BYTES:
            raise _Refused(_problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"At most {MAX_BYTES} bytes are read."))
    return bytes(body)


def _parsed(body: bytes) -> FormData | None:
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=bool(body),
            errors="strict",
            max_num_fields=MAX_FIELDS,
        )
    except ValueError:
        return None
    return FormData([(name, value) for name, value in pairs])


def _problem(status: HTTPStatus, detail: str) -> JSONResponse:
    return JSONResponse(
        {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": detail},
        status_code=status.value,
        media_type="application/problem+json",
    )


def _turn(request: Request) -> int:
    text: str = request.path_params["turn"]
    if not (text.isascii() and text.isdigit() and len(text) <= 6):  # noqa: PLR2004 - a call never has a million turns
        raise BadForm("the turn in the URL must be a whole number")
    return int(text)


def _xml(document: str) -> Response:
    return Response(document, media_type="application/xml")


def _nothing() -> Response:
    return Response(status_code=HTTPStatus.NO_CONTENT)


class _Routes:
    """One method per route; each runs in a thread."""

    def __init__(self, verbs: CallVerbs, speaker: Speaker) -> None:
        self._verbs = verbs
        self._speaker = speaker

    def _said(self, reply: Reply) -> Response:
        return _xml(self._speaker.document(reply.token, reply.turn, reply.prompt))

    def voice(self, request: Request, form: Form) -> Response:
        token, turn = request.path_params["token"], _turn(request)
        return self._said(
            self._verbs.answer(token, turn, digits=form.digits(), speech=form.speech(), words=form.words())
        )

    def inbound(self, _request: Request, form: Form) -> Response:
        return self._said(self._verbs.inbound(call_sid=form.sid("CallSid"), caller=form.line("From", 64)))

    def dial(self, request: Request, form: Form) -> Response:
        status = form.one("DialCallStatus", heard.DIAL_STATUSES)
        token, turn = request.path_params["token"], _turn(request)
        return self._said(self._verbs.dialed(token, turn, status=status, bridged=form.bridged()))

    def whisper(self, request: Request, form: Form) -> Response:
        token, leg, turn = request.path_params["token"], request.path_params["leg"], _turn(request)
        reply = self._verbs.whispered(token, leg, turn, digits=form.digits(), speech=form.speech())
        return _xml(self._speaker.whisper(reply.token, leg, reply.turn, reply.prompt))

    def record(self, request: Request, form: Form) -> Response:
        token, turn = request.path_params["token"], _turn(request)
        sid, seconds = "", 0
        if form.has("RecordingSid") or form.has("RecordingDuration"):
            sid, seconds = form.sid("RecordingSid"), form.whole("RecordingDuration")
        return self._said(self._verbs.recorded(token, turn, recording_sid=sid, seconds=seconds))

    def recording(self, request: Request, form: Form) -> Response:
        self._verbs.recording_ready(
            request.path_params["token"],
            recording_sid=form.sid("RecordingSid"),
            status=form.one("RecordingStatus", heard.RECORDING_STATUSES),
        )
        return _nothing()

    def status(self, request: Request, form: Form) -> Response:
        self._verbs.status(
            request.path_params["token"],
            sid=form.sid("CallSid"),
            status=form.one("CallStatus", heard.CALL_STATUSES),
            sequence=form.whole("SequenceNumber"),
            error_code=form.error_code(),
            at=form.instant("Timestamp"),
        )
        return _nothing()

    def amd(self, request: Request, form: Form) -> Response:
        answered_by = form.one("AnsweredBy", heard.ANSWERED_BY)
        self._verbs.machine(request.path_params["token"], sid=form.sid("CallSid"), answered_by=answered_by)
        return _nothing()

    def voicemail(self, request: Request, _form: Form) -> Response:
        return self._said(self._verbs.voicemail(request.path_params["token"]))

    def sms(self, _request: Request, form: Form) -> Response:
        words = self._verbs.texted(
            message_sid=form.sid("MessageSid"),
            sender=form.line("From", 64),
            ours=form.line("To", 64),
            body=form.line("Body", 1600),
            keyword=form.keyword(),
        )
        return _xml(self._speaker.text(words))

    def sms_status(self, request: Request, form: Form) -> Response:
        status = form.one("MessageStatus", heard.TEXT_STATUSES)
        self._verbs.text_status(
            request.path_params["token"], sid=form.sid("MessageSid"), status=status, error_code=form.error_code()
        )
        return _nothing()

    def fallback(self, _request: Request, _form: Form) -> Response:
        return _xml(self._speaker.fallback())
