"""The REST API as an ASGI application: credentials, routes, error bodies, and the faults between client and answer."""

from __future__ import annotations

import base64
import binascii
import secrets
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.exchange import rest_calls, rest_messages
from sandbox.exchange.records import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.types import Message, Receive, Scope, Send

    from sandbox.exchange.account import Account

    Action = Callable[..., dict[str, Any] | None]

ACCOUNT = "/2010-04-01/Accounts/{account}"
RESOURCES: tuple[tuple[str, dict[str, Action]], ...] = (
    (f"{ACCOUNT}.json", {"GET": rest_messages.account}),
    (f"{ACCOUNT}/Calls.json", {"GET": rest_calls.read_list, "POST": rest_calls.create}),
    (
        f"{ACCOUNT}/Calls/{{sid}}.json",
        {"GET": rest_calls.read, "POST": rest_calls.update, "DELETE": rest_calls.delete},
    ),
    (f"{ACCOUNT}/Calls/{{sid}}/Recordings.json", {"GET": rest_calls.recordings}),
    (f"{ACCOUNT}/IncomingPhoneNumbers.json", {"GET": rest_messages.numbers}),
    (f"{ACCOUNT}/Messages.json", {"GET": rest_messages.read_list, "POST": rest_messages.create}),
    (
        f"{ACCOUNT}/Messages/{{sid}}.json",
        {"GET": rest_messages.read, "POST": rest_messages.update, "DELETE": rest_messages.delete},
    ),
    (f"{ACCOUNT}/Recordings.json", {"GET": rest_messages.recordings}),
    (
        f"{ACCOUNT}/Recordings/{{sid}}.json",
        {"GET": rest_messages.recording, "DELETE": rest_messages.delete_recording},
    ),
)
CREATES = (rest_calls.create, rest_messages.create)
TOO_MANY = Refusal(429, 20429, "Too Many Requests")
REFUSALS = {
    "429": TOO_MANY,
    "500": Refusal(500, 20500, "An internal server error has occurred"),
    "503": Refusal(503, 20503, "Service unavailable. Please try again."),
}


class Front:
    """The ASGI application: faults first, then the API."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._api = _api(account)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or spoil it."""
        fault: str | None = None
        if scope["type"] == "http":
            fault = "503" if self._account.faults.is_out() else self._fault_of(scope)
        if fault is None:
            await self._api(scope, receive, send)
        elif fault in REFUSALS:
            answer = _error(REFUSALS[fault])
            wait = self._account.faults.retry_after
            if fault == "429" and wait is not None:
                answer.headers["Retry-After"] = str(wait)
            await answer(scope, receive, send)
        else:
            await self._api(scope, receive, _unheard)
            if fault == "lost_answer":
                _hang_up(send)
            await _until_gone(receive)

    def _fault_of(self, scope: Scope) -> str | None:
        path = scope["path"].rsplit("/", 1)[-1].removesuffix(".json")
        if scope["method"] != "POST" or path not in ("Calls", "Messages"):
            return None
        return self._account.faults.take_create(path)


def _api(account: Account) -> Starlette:
    routes = [
        Route(path, _endpoint(account, action), methods=[method])
        for path, actions in RESOURCES
        for method, action in actions.items()
    ]
    sounds = _sound_endpoint(account)
    routes += [Route(f"{ACCOUNT}/Recordings/{{sid}}{ending}", sounds) for ending in (".wav", ".mp3", "")]
    return Starlette(routes=routes, exception_handlers={HTTPException: _as_twilio})


def _endpoint(account: Account, action: Action) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        raw = await request.body() if request.method == "POST" else request.url.query.encode()
        path = {name: value for name, value in request.path_params.items() if name != "account"}
        try:
            _authenticate(account, request)
            _expect_form(request)
            pairs = parse_qsl(raw.decode(), keep_blank_values=True, strict_parsing=bool(raw))
            # What has to be asked of the product is asked by the timeline: the client waits for its answer.
            with account.acting(errands_on_timeline=True):
                found = action(account, pairs, **path)
        except Refusal as refusal:
            return _error(refusal)
        except ValueError as error:
            return _error(Refusal(400, 20001, f"the parameters cannot be read: {error}"))
        if found is None:
            return Response(status_code=204)
        return JSONResponse(found, status_code=201 if action in CREATES else 200)

    return endpoint


def _sound_endpoint(account: Account) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        try:
            _authenticate(account, request)
            recording = rest_messages.kept(account, request.path_params["sid"], ready=True)
        except Refusal as refusal:
            return _error(refusal)
        if request.url.path.endswith(".mp3"):
            return Response(recording.mp3(), media_type="audio/mpeg")
        return Response(recording.wav(), media_type="audio/x-wav")

    return endpoint


def _authenticate(account: Account, request: Request) -> None:
    """Check HTTP Basic credentials and that the path is the account's (Twilio: error 20003)."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    given = ""
    with suppress(binascii.Error, UnicodeDecodeError):
        given = base64.b64decode(encoded, validate=True).decode()
    wanted = f"{account.account_sid}:{account.auth_token}"
    if scheme.lower() != "basic" or not secrets.compare_digest(given.encode(), wanted.encode()):
        raise Refusal(401, 20003, "Authenticate")
    if request.path_params["account"] != account.account_sid:
        raise Refusal(404, 20404, f"The requested resource {request.url.path} was not found")


def _expect_form(request: Request) -> None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.method == "POST" and kind != "application/x-www-form-urlencoded":
        raise Refusal(415, 20415, f"content type {kind!r}; send application/x-www-form-urlencoded")


def _error(refusal: Refusal) -> Response:
    """Return Twilio's error body (Twilio: REST API responses, exceptions)."""
    body = {
        "code": refusal.code,
        "message": refusal.message,
        "more_info": f"https://www.twilio.com/docs/errors/{refusal.code}",
        "status": refusal.status,
    }
    headers = {"WWW-Authenticate": 'Basic realm="Twilio API"'} if refusal.status == 401 else {}
    return JSONResponse(body, status_code=refusal.status, headers=headers)


async def _as_twilio(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    code = {404: 20404, 405: 20004}.get(status, 20500)
    return _error(Refusal(status, code, f"The requested resource {request.url.path} was not found"))


async def _unheard(message: Message) -> None:
    """Lose what the API answers."""


def _hang_up(send: Send) -> None:
    """Close the client's connection without a byte, as a broken network does; uvicorn keeps it beside ``send``."""
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is None:
        raise RuntimeError("only uvicorn lets the sandbox close a connection; serve the exchange with uvicorn")
    transport.close()


async def _until_gone(receive: Receive) -> None:
    """Wait until the client has given up."""
    while (await receive())["type"] != "http.disconnect":
        pass
