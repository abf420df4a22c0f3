"""The addresses of the case page. It translates forms into verbs and answers with pages; it decides nothing."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.pages import forms
from bot.pages.answers import STATIC, Look, Refused, look, status_of
from bot.pages.verbs import CaseVerbs
from handlers.domain import case_code
from handlers.domain.case_page import CaseView
from handlers.domain.errors import Rejection
from handlers.domain.policies import Role
from handlers.session import Session

Endpoint = Callable[[Request], Awaitable[Response]]
#: The parts of the page that a link from Slack opens at.
_SECTIONS = {"start": "#start", "log": "#log"}
#: What is refused before it is known who asks; the inside's own refusals are of people it knows.
_NOBODYS = frozenset({401, 403, 410, 413})
#: What a token or an id in an address looks like; anything else is none of ours, and nobody need be asked for it.
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_NOT_SIGNED_IN = (
    "Press “Open case” in Slack, or type /relay open with the case code. Its link works once, for a minute."
)


def router(
    verbs: CaseVerbs, *, public_url: str, now: Callable[[], datetime], on_refused: Callable[[], None]
) -> APIRouter:
    """Return the routes of sign-in and case page; ``now`` judges the times that people type.

    ``on_refused`` is called for each request of nobody who is signed in: without a visit, by a link that opens nothing, by
    a form of another visit or too large.
    """
    doors = _Doors(verbs, look(secure=public_url.startswith("https:")), now, on_refused)
    routes = APIRouter(include_in_schema=False)
    for path, methods, endpoint in (
        ("/case-static/{digest}/{name}", ["GET", "HEAD"], doors.static),
        ("/open/{token}", ["GET", "HEAD"], doors.landing),
        ("/open/{token}", ["POST"], doors.redeem),
        ("/cases/{code}", ["GET"], doors.case),
        ("/cases/{code}/recordings/{recording}", ["GET"], doors.recording),
        ("/cases/{code}/recordings/{recording}", ["POST"], doors.judge),
        ("/cases/{code}/start", ["POST"], doors.start),
        ("/cases/{code}/start/confirmed", ["POST"], doors.confirmed),
        ("/cases/{code}/log", ["POST"], doors.log),
        ("/cases/{code}/redirect", ["POST"], doors.redirect),
        ("/cases/{code}/withdraw", ["POST"], doors.withdraw),
        ("/cases/{code}/outcome", ["POST"], doors.outcome),
        ("/cases/{code}/close", ["POST"], doors.close),
    ):
        routes.add_api_route(path, doors.guarded(endpoint), methods=methods, response_model=None)
    return routes


class _Doors:
    """One method an address. Every one runs guarded: a refusal becomes a kind page."""

    def __init__(
        self, verbs: CaseVerbs, shown: Look, now: Callable[[], datetime], on_refused: Callable[[], None]
    ) -> None:
        self._verbs = verbs
        self._look = shown
        self._now = now
        self._on_refused = on_refused

    def guarded(self, endpoint: Endpoint) -> Endpoint:
        async def answer(request: Request) -> Response:
            code = case_code.parse(request.path_params.get("code", "")) or ""
            back = case_code.shown(code) if code else ""
            try:
                return await endpoint(request)
            except Refused as refused:
                if refused.status in _NOBODYS:
                    self._on_refused()
                back = "" if refused.status in {401, 404, 410} else back
                return self._look.refusal(refused.status, refused.sentence, back)
            except Rejection as rejection:
                return self._look.refusal(status_of(rejection.code), rejection.sentence, back)

        return answer

    async def static(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in STATIC:
            raise Refused(404, "There is no such file.")
        return self._look.static(name)

    async def landing(self, request: Request) -> Response:
        """Show the same page for every token: previews, HEAD and guesses neither use a link up nor learn anything."""
        return self._look.page("landing.html", action=request.url.path)

    async def redeem(self, request: Request) -> Response:
        forms.check_same_site(request)
        token = request.path_params["token"]
        if not _ID.fullmatch(token):
            raise Refused(410, "This link leads to no case.")
        try:
            session = await run_in_threadpool(self._verbs.redeem, token)
        except Rejection as rejection:
            raise Refused(410, rejection.sentence) from None
        digits = case_code.parse(session.case_code)
        if digits is None:
            raise Refused(410, "This link leads to no case.")
        path = f"/cases/{case_code.shown(digits)}"
        answer = RedirectResponse(f"{path}{_SECTIONS.get(session.purpose, '')}", status_code=303)
        return self._look.hardened(self._look.signed_in(answer, session.token, path))

    async def case(self, request: Request) -> Response:
        session = await self._session(request)
        seen = await run_in_threadpool(self._verbs.view, session)
        return self._look.page(
            "case.html",
            **self._common(session),
            case=seen,
            roles=list(Role),
            section=session.purpose,
            max_text=forms.MAX_TEXT,
            max_name=forms.MAX_NAME,
        )

    async def recording(self, request: Request) -> Response:
        session = await self._session(request)
        recording = request.path_params["recording"]
        if not _ID.fullmatch(recording):
            raise Refused(404, "This recording is not here.")
        audio, media_type = await run_in_threadpool(self._verbs.recording, session, recording)
        return self._look.audio(audio, media_type)

    async def judge(self, request: Request) -> Response:
        """Take what a radiologist says of a read-back that they heard."""
        session, fields = await self._form(request)
        recording = request.path_params["recording"]
        heard = forms.chosen(fields, "heard", "Say whether it matches the finding.")
        if not _ID.fullmatch(recording) or heard not in {"matches", "differs"}:
            raise Refused(404, "This recording is not here.")
        delivery = _delivery(session, fields, "judge")
        return await self._done(
            session, self._verbs.judge, session, recording, matches=heard == "matches", delivery=delivery
        )

    async def start(self, request: Request) -> Response:
        """Show patient, finding and receiver together before anything is dialed; nothing is recorded yet."""
        session, fields = await self._form(request)
        seen = await run_in_threadpool(self._verbs.view, session)
        asked = forms.start(fields, _ids(seen), {one for one, _ in seen.finders})
        outlook = await run_in_threadpool(
            self._verbs.outlook, session, category=asked.category, contact_id=asked.contact_id
        )
        return self._look.page(
            "confirm.html",
            **self._common(session),
            case=seen,
            asked=asked,
            outlook=outlook,
            finder=dict(seen.finders)[asked.found_by],
            seal=forms.seal(session.token, asked),
        )

    async def confirmed(self, request: Request) -> Response:
        session, fields = await self._form(request)
        # The seal says that contact and radiologist were on the list; the page need not look at the patient once more.
        asked = forms.start(fields, {fields.get("contact", "")}, {fields.get("found_by", "")})
        forms.check_seal(fields, session.token, asked)
        return await self._done(
            session,
            self._verbs.start,
            session,
            contact_id=asked.contact_id,
            category=asked.category,
            text=asked.text,
            found_by=asked.found_by,
            delivery=_delivery(session, fields, "start"),
        )

    async def log(self, request: Request) -> Response:
        session, fields = await self._form(request)
        seen = await run_in_threadpool(self._verbs.view, session)
        told = forms.logged(fields, _ids(seen), seen.zone, self._now())
        return await self._done(
            session,
            self._verbs.log,
            session.case_code,
            session.slack_user,
            receiver=told.receiver,
            receiver_name=told.receiver_name,
            role=told.role,
            at=told.at,
            read_back=told.read_back,
            delivery=_delivery(session, fields, "log"),
        )

    async def redirect(self, request: Request) -> Response:
        session, fields = await self._form(request)
        contact = forms.chosen(fields, "contact", "Choose whom to call instead.")
        delivery = _delivery(session, fields, "redirect")
        return await self._done(
            session, self._verbs.redirect, session.case_code, contact, session.slack_user, delivery=delivery
        )

    async def withdraw(self, request: Request) -> Response:
        session, fields = await self._form(request)
        forms.chosen(fields, "sure", "Tick that the finding is to be taken back.")
        delivery = _delivery(session, fields, "withdraw")
        return await self._done(session, self._verbs.withdraw, session.case_code, session.slack_user, delivery=delivery)

    async def outcome(self, request: Request) -> Response:
        """Take the answer to what came of a call between two humans: the one that this case's page asks."""
        session, fields = await self._form(request)
        outcome = forms.chosen(fields, "outcome", "Choose what came of the call.")
        seen = await run_in_threadpool(self._verbs.view, session)
        if fields.get("task", "") != seen.call_task or not seen.call_task:
            raise Refused(409, "This call has an answer already. Look at the case once more.")
        delivery = _delivery(session, fields, "outcome")
        return await self._done(
            session, self._verbs.finish, seen.call_task, session.slack_user, outcome, delivery=delivery
        )

    async def close(self, request: Request) -> Response:
        session, fields = await self._form(request)
        reason = forms.chosen(fields, "reason", "Choose a reason.")
        delivery = _delivery(session, fields, "close")
        return await self._done(
            session, self._verbs.close, session.case_code, session.slack_user, reason, delivery=delivery
        )

    async def _session(self, request: Request) -> Session:
        typed = request.path_params["code"]
        digits = case_code.parse(typed)
        if digits is None or case_code.shown(digits) != typed:
            raise Refused(404, "A case code has eight digits, as in 4821-0934. Check it against the card in Slack.")
        token = request.cookies.get(self._look.cookie, "")
        if not token:
            raise Refused(401, _NOT_SIGNED_IN)
        try:
            return await run_in_threadpool(self._verbs.session, token, digits)
        except Rejection:
            raise Refused(401, f"Your visit has ended. {_NOT_SIGNED_IN}") from None

    async def _form(self, request: Request) -> tuple[Session, dict[str, str]]:
        forms.check_same_site(request)
        session = await self._session(request)
        fields = await forms.read(request)
        forms.check_csrf(fields, session.token)
        return session, fields

    async def _done(self, session: Session, verb: Callable[..., str], *given: Any, **values: Any) -> Response:
        sentence = await run_in_threadpool(verb, *given, **values)
        return self._look.page("done.html", **self._common(session), sentence=sentence)

    def _common(self, session: Session) -> dict[str, Any]:
        return {
            "code": case_code.shown(case_code.parse(session.case_code) or ""),
            "csrf": forms.csrf(session.token),
            "key": forms.new_key,
            "reader": session.name,
        }


def _ids(seen: CaseView) -> set[str]:
    return {contact for contact, _, _ in seen.contacts}


def _delivery(session: Session, fields: dict[str, str], deed: str) -> str:
    return forms.delivery(fields, case_code.parse(session.case_code) or "", deed)
