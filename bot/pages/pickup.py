"""The pickup page: the link of a text, opened by code and PIN on a telephone; it decides nothing.

Nothing before code and PIN, and no address, title or preview at all, says whom or what it is about: the landing is the same
for every token, and a look at it, by a person or a program, uses nothing up. It works without a script.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.pages import forms
from bot.pages.answers import Look, Refused, look
from handlers.domain.errors import Rejection
from handlers.domain.pickups import VISIT, Keyed
from handlers.pickups import Answer, Shown

PATH = "/pickup"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,64}")
_KEY = re.compile(r"[A-Za-z0-9_-]{22}")
_SPACES = re.compile(r"[\s\-–]")
_CLOSED = "This page is closed. Call the number in the text and give its code."
_AGAIN = "The form could not be read. Open the link in the text again."
_STATUS = {"pickup_wrong": 403, "pickup_gone": 410, "pickup_hand_on": 409}
#: Refusals of nobody who is identified.
_NOBODYS = frozenset({401, 403, 410, 413})
Endpoint = Callable[[Request], Awaitable[Response]]


class PickupVerbs(Protocol):
    """Verbs of `handlers.pickups`, with the house already given; each is committed when it returns."""

    def identify(self, token: str, *, code: str, pin: str, key: str) -> str:
        """Exchange a link for its one visit; return the visit's token."""

    def look(self, visit: str) -> Shown:
        """Look at the finding; every look is audited."""

    def confirm(self, visit: str, *, ticked: bool, code: str, key: str) -> Answer:
        """Take tick and code."""


def router(verbs: PickupVerbs, *, public_url: str, on_refused: Callable[[], None]) -> APIRouter:
    """Return the routes; ``on_refused`` is called for each request of somebody who is not identified."""
    doors = _Doors(verbs, look(secure=public_url.startswith("https:")), on_refused)
    routes = APIRouter(include_in_schema=False)
    for path, methods, endpoint in (
        (PATH, ["GET"], doors.finding),
        (PATH, ["POST"], doors.confirm),
        (f"{PATH}/{{token}}", ["GET", "HEAD"], doors.landing),
        (f"{PATH}/{{token}}", ["POST"], doors.identify),
    ):
        routes.add_api_route(path, doors.guarded(endpoint), methods=methods, response_model=None)
    return routes


class _Doors:
    """One method an address. Every one runs guarded: a refusal becomes a kind page."""

    def __init__(self, verbs: PickupVerbs, shown: Look, on_refused: Callable[[], None]) -> None:
        self._verbs = verbs
        self._look = shown
        self._on_refused = on_refused

    def guarded(self, endpoint: Endpoint) -> Endpoint:
        async def answer(request: Request) -> Response:
            try:
                return await endpoint(request)
            except Refused as refused:
                status, sentence = refused.status, refused.sentence
            except Rejection as rejection:
                status, sentence = _STATUS.get(rejection.code, 409), rejection.sentence
            if status in _NOBODYS:
                self._on_refused()
            return self._page("pickup_over.html", status, sentence=sentence)

        return answer

    async def landing(self, request: Request) -> Response:
        """Ask for code and PIN, whatever the token is."""
        return self._landing(request)

    async def identify(self, request: Request) -> Response:
        fields = await _form(request)
        token = request.path_params["token"]
        if not _TOKEN.fullmatch(token):
            raise Refused(410, _CLOSED)
        typed = {name: _SPACES.sub("", fields.get(name, "")) for name in ("code", "pin")}
        try:
            visit = await run_in_threadpool(self._verbs.identify, token, **typed, key=_key(fields))
        except Rejection as rejection:
            if rejection.code != "pickup_wrong":
                raise
            self._on_refused()
            return self._landing(request, status=403, wrong=rejection.sentence)
        answer = RedirectResponse(PATH, status_code=303)
        answer.set_cookie(
            self._cookie,
            visit,
            max_age=int(VISIT.total_seconds()),
            path=PATH,
            secure=self._look.secure,
            httponly=True,
            samesite="strict",
        )
        return self._look.hardened(answer)

    async def finding(self, request: Request) -> Response:
        return await self._shown(self._visit(request))

    async def confirm(self, request: Request) -> Response:
        visit = self._visit(request)
        fields = await _form(request)
        forms.check_csrf(fields, visit)
        code = _SPACES.sub("", fields.get("code", ""))
        ticked = fields.get("read", "") == "yes"
        answer = await run_in_threadpool(self._verbs.confirm, visit, ticked=ticked, code=code, key=_key(fields))
        if answer.keyed in (Keyed.UNTICKED, Keyed.WRONG, Keyed.CHANGED):
            return await self._shown(visit, answer.sentence, status=409 if answer.keyed is Keyed.CHANGED else 422)
        return self._page("pickup_over.html", done=answer.keyed is Keyed.CONFIRMED, sentence=answer.sentence)

    async def _shown(self, visit: str, said: str = "", status: int = 200) -> Response:
        seen = await run_in_threadpool(self._verbs.look, visit)
        if seen.told is None:
            return self._page("pickup_over.html", sentence=seen.over)
        return self._page("pickup.html", status, seen=seen, told=seen.told, said=said, csrf=forms.csrf(visit))

    def _landing(self, request: Request, status: int = 200, wrong: str = "") -> Response:
        return self._page("pickup_landing.html", status, action=request.url.path, wrong=wrong)

    def _page(self, template: str, status: int = 200, **values: Any) -> Response:
        return self._look.page(template, status, **{"done": False, "key": forms.new_key, **values})

    @property
    def _cookie(self) -> str:
        return "__Secure-radrelay-pickup" if self._look.secure else "radrelay-pickup"

    def _visit(self, request: Request) -> str:
        visit = request.cookies.get(self._cookie, "")
        if not visit:
            raise Refused(401, _CLOSED)
        return visit


async def _form(request: Request) -> dict[str, str]:
    """Return a form of our own page, or refuse in words that somebody who never saw Slack understands."""
    try:
        forms.check_same_site(request)
        return await forms.read(request)
    except Refused as refused:
        raise Refused(refused.status, _AGAIN) from None


def _key(fields: dict[str, str]) -> str:
    key = fields.get("key", "")
    if not _KEY.fullmatch(key):
        raise Refused(422, _AGAIN)
    return key
