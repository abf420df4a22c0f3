"""Gives the telephone vendor the sound that a live call plays: by a sealed address of minutes, and to nobody else.

The address holds an opaque token, a turn, an instant and a seal, and nothing of a case. Twilio caches what it plays unless
the answer says ``no-store`` (twilio.com/docs/voice/twiml/play).
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Final, Protocol

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from handlers.domain.errors import Rejection
from telephony import urls
from telephony.urls import Urls

HEADERS: Final = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'",
}
_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,64}")
_WHOLE = re.compile(r"[0-9]{1,12}")


class Play(Protocol):
    """The inside's verb: one transaction, committed when it returns."""

    def __call__(self, token: str, turn_no: int, /) -> tuple[bytes, str]:
        """Return the sound and its media type, or refuse."""


def router(play: Play, addresses: Urls, now: Callable[[], datetime], on_refused: Callable[[], None]) -> APIRouter:
    """Return the route; every address that opens nothing is answered alike, with ``on_refused`` called."""

    async def sound(request: Request) -> Response:
        found = _opened(request, addresses, now())
        if found is None:
            on_refused()
            return _not_here()
        try:
            audio, media_type = await run_in_threadpool(play, *found)
        except Rejection:
            return _not_here()
        return Response(audio, HTTPStatus.OK, HEADERS, media_type)

    routes = APIRouter(include_in_schema=False)
    routes.add_api_route(urls.PLAY, sound, methods=["GET"], response_model=None)
    return routes


def _opened(request: Request, addresses: Urls, now: datetime) -> tuple[str, int] | None:
    """Return the call and the turn of an address that is ours and not too old."""
    token, turn, until, seal = (request.path_params[name] for name in ("token", "turn", "until", "seal"))
    if not (_TOKEN.fullmatch(token) and _WHOLE.fullmatch(turn) and _WHOLE.fullmatch(until) and seal.isascii()):
        return None
    if not hmac.compare_digest(seal, addresses.seal(token, int(turn), int(until))) or now.timestamp() > int(until):
        return None
    return token, int(turn)


def _not_here() -> Response:
    return Response("There is no such recording.", HTTPStatus.NOT_FOUND, HEADERS, "text/plain")
