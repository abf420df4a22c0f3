"""The door of the Web API: tokens, parameters, faults, and answers in Slack's shapes.

A refusal is HTTP 200 with ``{"ok": false, "error": …}`` (Slack: "Web API, Evaluating responses"); only rate limits (429
with Retry-After) and outages (503) have another status.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.workspace.chat import respond
from sandbox.workspace.methods import METHODS, Method
from sandbox.workspace.model import Json, Refusal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.types import Receive, Scope, Send

    from sandbox.timeline import Timeline
    from sandbox.workspace.faults import Fault, Faults
    from sandbox.workspace.memory import Memory

_JSON_PARAMETERS = ("blocks", "view", "attachments", "metadata")


class Door:
    """Answers ``/api/{method}`` and response_urls; an ASGI application."""

    def __init__(
        self,
        memory: Memory,
        faults: Faults,
        tokens: dict[str, str],
        scopes: Callable[[], frozenset[str]],
        heard: Callable[[str, bool], None],
    ) -> None:
        self._memory = memory
        self._faults = faults
        self._tokens = tokens  #: token to its kind, "bot" or "app"
        self._scopes = scopes
        self._heard = heard  #: told every body, and whether the page has changed
        self.app = Starlette(
            routes=[
                Route("/api/{method}", _Endpoint(self._call, memory.timeline)),
                Route("/{kind}/{team}/{number}/{key}", _Endpoint(self._respond, memory.timeline)),
            ]
        )

    async def _call(self, request: Request) -> tuple[Response, Fault]:
        body = (await request.body()).decode("utf-8", "replace")
        name = request.path_params["method"]
        fault = self._faults.take()
        if not self._memory.url:
            self._memory.url = f"http://{request.headers.get('host', '')}{request.scope.get('root_path', '')}"
        if fault.outage:
            response: Response = Response("service unavailable", 503)
        elif fault.retry_after:
            response = _rate_limited(fault.retry_after)
        else:
            response = self._answer(name, request, body)
        method = METHODS.get(name)
        self._heard(body or request.url.query, bool(method and method.changes))
        return response, fault

    def _answer(self, name: str, request: Request, body: str) -> Response:
        try:
            method = METHODS.get(name)
            if method is None:
                raise Refusal("unknown_method", req_method=name)  # noqa: TRY301
            args = _arguments(request, body)
            self._authorize(method, _token(request, args))
            _check_arguments(method, args)
            with self._memory.lock:
                result = method.answer(self._memory, args)
        except Refusal as refusal:
            if "retry_after" in refusal.extra:
                return _rate_limited(refusal.extra["retry_after"])
            return JSONResponse(refusal.body())
        headers = {"X-OAuth-Scopes": ",".join(sorted(self._scopes()))} if method.token == "bot" else {}
        return JSONResponse({"ok": True, **result}, headers=headers)

    def _authorize(self, method: Method, token: str) -> None:
        if method.token == "none":
            return
        if not token:
            raise Refusal("not_authed")
        kind = self._tokens.get(token)
        if kind is None:
            raise Refusal("invalid_auth")
        if kind != method.token:
            raise Refusal("not_allowed_token_type")
        if method.scope and method.scope not in self._scopes():
            raise Refusal("missing_scope", needed=method.scope, provided=",".join(sorted(self._scopes())))

    async def _respond(self, request: Request) -> tuple[Response, Fault]:
        body = (await request.body()).decode("utf-8", "replace")
        fault = self._faults.take()
        if fault.outage or fault.retry_after:
            return Response("service unavailable", 503), fault
        self._heard(body, False)
        try:
            given = json.loads(body)
            with self._memory.lock:
                respond(self._memory, request.path_params["key"], given)
        except ValueError:
            return Response("invalid_payload", 400), fault
        except Refusal as refusal:
            status = 404 if refusal.error in ("expired_url", "used_url") else 400
            return JSONResponse(refusal.body(), status), fault
        self._heard("", True)
        return JSONResponse({"ok": True}), fault


class _Endpoint:
    """Runs one handler, then does to its answer what the fault at hand says."""

    def __init__(self, handle: Callable[[Request], Awaitable[tuple[Response, Fault]]], timeline: Timeline) -> None:
        self._handle = handle
        self._timeline = timeline

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response, fault = await self._handle(Request(scope, receive))
        if fault.delay:
            await _passed(self._timeline, fault.delay)
        if fault.lose_answer:
            await _hang_up(receive)
        else:
            await response(scope, receive, send)


async def _passed(timeline: Timeline, seconds: float) -> None:
    loop, done = asyncio.get_running_loop(), asyncio.Event()

    def tell() -> None:
        loop.call_soon_threadsafe(done.set)

    timeline.after(seconds, tell)
    await done.wait()


async def _hang_up(receive: Receive) -> None:
    """Close the connection without a byte of answer: uvicorn's ``receive`` belongs to what holds its transport."""
    cycle = getattr(receive, "__self__", None)
    transport = getattr(cycle, "transport", None)
    if transport is not None:
        transport.abort()
        while (await receive())["type"] != "http.disconnect":
            pass


def _rate_limited(seconds: int) -> Response:
    return JSONResponse({"ok": False, "error": "ratelimited"}, 429, {"Retry-After": str(seconds)})


def _arguments(request: Request, body: str) -> Json:
    """Read the query and a form or JSON body (Slack: "Web API, Request bodies")."""
    args: Json = dict(request.query_params)
    content_type = request.headers.get("content-type", "").split(";")[0].strip()
    if content_type == "application/json":
        try:
            given = json.loads(body or "{}")
        except ValueError:
            raise Refusal("invalid_json") from None
        if not isinstance(given, dict):
            raise Refusal("json_not_object")
        args |= given
    elif content_type == "application/x-www-form-urlencoded":
        args |= dict(parse_qsl(body, keep_blank_values=True))
    elif body:
        raise Refusal("invalid_post_type")
    for name in _JSON_PARAMETERS:
        if isinstance(args.get(name), str):
            args[name] = _parsed(name, args[name])
    return args


def _parsed(name: str, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        errors = {"blocks": "invalid_blocks_format", "metadata": "invalid_metadata_format"}
        raise Refusal(errors.get(name, "invalid_arguments")) from None


def _token(request: Request, args: Json) -> str:
    in_field = str(args.pop("token", ""))
    scheme, _, in_header = request.headers.get("authorization", "").partition(" ")
    return in_header.strip() if scheme.lower() == "bearer" else in_field


def _check_arguments(method: Method, args: Json) -> None:
    problems = [f"missing required field: {name}" for name in method.needs if args.get(name) in (None, "")]
    known = {*method.needs, *method.takes}
    problems += [f"invalid additional property: {name}" for name in args if name not in known]
    if problems:
        raise Refusal("invalid_arguments", problems)
