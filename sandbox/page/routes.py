"""Serves the page: its files, its state as one JSON object, and its deeds.

It listens on loopback only. Deeds are taken only as JSON from a page of the same host, so that no other site that a
browser has open can press a button here.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from sandbox.page import view
from sandbox.page.deeds import Deeds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.requests import Request

    from sandbox.exchange import Exchange
    from sandbox.hospital import Hospital, Site
    from sandbox.pacs import Pacs
    from sandbox.page.record import Record
    from sandbox.workspace import Workspace

_FILES = Path(__file__).parent / "static"
_POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data: http://127.0.0.1:* http://localhost:*"
_HEADERS = {
    "Content-Security-Policy": f"{_POLICY}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-cache",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Page:
    """The page over one workspace, exchange, hospital and record.

    ``names`` says who answers which number, ``people`` who has which directory id, ``parts`` what each Slack user is;
    ``ours`` is the product's number. ``mounts`` are applications served beside the page, by path; ``sites`` are the
    facilities that studies can be sent from; ``readers`` says which radiologist is which Slack user.
    """

    def __init__(
        self,
        workspace: Workspace,
        exchange: Exchange,
        hospital: Hospital,
        record: Record,
        pacs: Pacs,
        *,
        names: Mapping[str, str],
        people: Mapping[str, str],
        parts: Mapping[str, str],
        ours: str,
        sites: Sequence[Site] = (),
        readers: Mapping[str, str] | None = None,
    ) -> None:
        self._workspace = workspace
        self._exchange = exchange
        self._hospital = hospital
        self._record = record
        self._pacs = pacs
        self._names = names
        self._people = people
        self._parts = parts
        self._ours = ours
        self._sites = tuple(sites) or (hospital.site,)
        self._deeds = Deeds(workspace, exchange, hospital, record, self._sites, readers or {})

    def app(self, mounts: dict[str, Any] | None = None) -> Starlette:
        """Return the ASGI application."""
        beside = [Mount(path, app=mounted) for path, mounted in (mounts or {}).items()]
        own = [
            Route("/", self._index),
            Route("/state", self._state),
            Route("/do", self._do, methods=["POST"]),
            Mount("/static", StaticFiles(directory=_FILES)),
        ]
        hosts = Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])
        return Starlette(routes=[*own, *beside], middleware=[hosts])

    def state(self) -> dict[str, Any]:
        """Return all that the page shows."""
        return {
            "slack": view.slack(self._workspace, self._parts),
            "phone": view.telephone(self._exchange, self._names, self._ours),
            "record": self._record.state() | {"people": dict(self._people)},
            "hospital": view.hospital(self._hospital, self._sites, self._pacs.readers(), self._people),
        }

    async def _index(self, _request: Request) -> Response:
        return FileResponse(_FILES / "index.html", headers=_HEADERS)

    async def _state(self, request: Request) -> Response:
        """Answer with the state and the time; or 304 when nothing has changed since the page last asked."""
        body = json.dumps(await run_in_threadpool(self.state), separators=(",", ":"))
        tag = f'"{hashlib.sha256(body.encode()).hexdigest()[:20]}"'
        headers = {"ETag": tag, "Cache-Control": "no-cache", "X-Now": datetime.now(UTC).isoformat()}
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        return Response(body, media_type="application/json", headers=headers)

    async def _do(self, request: Request) -> Response:
        """Do a deed; what cannot be done now is a 409 with a sentence."""
        content_type = request.headers.get("content-type", "").split(";")[0]
        origin = request.headers.get("origin", "")
        if content_type != "application/json" or origin not in ("", f"http://{request.headers.get('host')}"):
            return JSONResponse({"failure": "this page only"}, 403)
        given = await request.json()
        try:
            return JSONResponse(await run_in_threadpool(self._deeds.do, given))
        except (LookupError, AssertionError, ValueError) as error:
            return JSONResponse({"failure": str(error)}, 409)
