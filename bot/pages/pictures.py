"""Pictures that Slack fetches by their address: the address itself holds, sealed, the few numbers that are drawn.

Nothing is stored, and any process draws what another sealed. Whoever has the address sees counts and minutes by class: no
site, no case, nobody. It opens for an hour.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from bot.pages.drawing import png
from handlers.domain.cards import ClassFigures

PATH = "/pictures/turnaround/"
LIVES = timedelta(hours=1)
_SECOND = timedelta(seconds=1)
_LONGEST = 2000  #: characters of an address's token
_HEADERS = {
    "Cache-Control": "private, max-age=3600",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'",
}


class Pictures:
    """Seals figures into an address, and opens one again. ``keys`` are the deployment's encryption keys, newest first.

    They are not used themselves: what seals here is derived from them for this purpose only (RFC 5869).
    """

    def __init__(self, keys: Sequence[str], now: Callable[[], datetime]) -> None:
        self._fernet = MultiFernet([Fernet(_derived(key)) for key in keys])
        self._now = now

    def path(self, classes: Sequence[ClassFigures]) -> str:
        """Return the path under which a picture of these figures is seen for an hour."""
        body = json.dumps([_row(figures) for figures in classes], separators=(",", ":"))
        sealed = self._fernet.encrypt_at_time(body.encode(), int(self._now().timestamp()))
        return f"{PATH}{sealed.decode().rstrip('=')}.png"

    def opened(self, token: str) -> tuple[ClassFigures, ...] | None:
        """Return the figures that a token holds, None for one that is not ours or is too old."""
        if len(token) > _LONGEST or not token.isascii():
            return None
        padded = token + "=" * (-len(token) % 4)
        try:
            body = self._fernet.decrypt_at_time(
                padded.encode(), int(LIVES.total_seconds()), int(self._now().timestamp())
            )
        except InvalidToken:
            return None
        return tuple(_figures(*row) for row in json.loads(body))


def router(pictures: Pictures, on_refused: Callable[[], None]) -> APIRouter:
    """Return the route of the pictures; 404 for every address that opens none, with ``on_refused`` called."""

    async def picture(request: Request) -> Response:
        classes = pictures.opened(request.path_params["token"])
        if classes is None:
            on_refused()
            return Response("This picture is not here any more; type /tat again.", 404, _HEADERS, "text/plain")
        return Response(await run_in_threadpool(png, classes), 200, _HEADERS, "image/png")

    routes = APIRouter(include_in_schema=False)
    routes.add_api_route(f"{PATH}{{token}}.png", picture, methods=["GET", "HEAD"], response_model=None)
    return routes


def _derived(key: str) -> bytes:
    derivation = HKDF(SHA256(), 32, None, b"radrelay turnaround picture")
    return base64.urlsafe_b64encode(derivation.derive(base64.urlsafe_b64decode(key)))


def _row(figures: ClassFigures) -> list[str | int]:
    spans = (figures.p50, figures.p90, figures.p95, figures.shortest_target, figures.longest_target)
    counts = (figures.ended, figures.in_target, figures.paused)
    return [figures.priority, *counts, *(-(-one // _SECOND) for one in spans)]


def _figures(priority: str, ended: int, in_target: int, paused: int, *seconds: int) -> ClassFigures:
    p50, p90, p95, shortest, longest = (timedelta(seconds=one) for one in seconds)
    return ClassFigures(
        priority=priority,
        ended=ended,
        in_target=in_target,
        paused=paused,
        p50=p50,
        p90=p90,
        p95=p95,
        shortest_target=shortest,
        longest_target=longest,
    )
