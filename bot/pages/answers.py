"""How the case page answers: rendering, headers, cookies and refusals that never hold a patient's data."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response

HERE = Path(__file__).parent
COOKIE_SECONDS = 8 * 3600  #: the longest life of a session; the inside ends it after 15 idle minutes

#: Media types that a browser may play in place; anything else is only offered as a download.
PLAYABLE = frozenset({"audio/wav", "audio/x-wav", "audio/mpeg", "audio/ogg", "audio/mp4", "audio/webm"})
STATIC = {
    "case.css": "text/css; charset=utf-8",
    "case.js": "text/javascript; charset=utf-8",
    "open.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; media-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), clipboard-write=(self)",
}

#: What each refusal is called at the top of its page.
HEADINGS = {
    401: "You are not signed in to this case",
    403: "You may not do that",
    404: "There is no such page",
    409: "That cannot be done now",
    410: "This link is no longer good",
    413: "That is too much text",
    415: "That is not one of our forms",
    422: "Something is missing",
}


class Refused(Exception):
    """A request that is not carried out: a status and a sentence for the person, free of patient data."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


#: Refusals for want of a right, beside those that begin with one of the words below.
_FORBIDDEN = frozenset(
    {"unknown_user", "not_a_radiologist", "not_pacs_admin", "not_holder", "not_in_pool", "not_yours", "not_your_case"}
)
#: Refusals of what was chosen in a form.
_NO_CHOICE = frozenset({"unknown_contact", "unknown_reason", "unknown_phrase", "unknown_outcome"})
_NOT_THERE = ("unknown_", "not_found", "no_case", "no_recording")
_FORBIDDEN_WORDS = ("may_not", "not_allowed", "only_", "forbidden", "role_", "license_", "privilege_", "baa_")


def status_of(code: str) -> int:
    """Return the HTTP status for an expected refusal of the inside; what is not known better is a conflict."""
    if code in _FORBIDDEN or code.startswith(_FORBIDDEN_WORDS):
        return 403
    if code in _NO_CHOICE or code.startswith("bad_"):
        return 422
    if code.startswith(_NOT_THERE):
        return 404
    return 409


def _person(name: str) -> str:
    """Show a DICOM person name (``DOE^JANE^M``, PS3.5 6.2.1) as people write it; other text stays as it is."""
    if "^" not in name:
        return name
    family, *others = (part.strip() for part in name.partition("=")[0].split("^"))
    given = " ".join(part for part in others if part)
    return f"{family}, {given}" if given else family


def _day(value: date | None) -> str:
    return f"{value.day} {value:%b %Y}" if value is not None else "not stated"


def _instant(value: datetime | None, zone: str) -> str:
    if value is None:
        return "not stated"
    local = value.astimezone(ZoneInfo(zone))
    return f"{local.day} {local:%b %Y, %H:%M:%S %Z}"


def _words(code: str) -> str:
    return code.replace("_", " ")


def _role(role: str) -> str:
    return {"np": "nurse practitioner", "pa": "physician assistant", "rn": "nurse"}.get(role, role)


@dataclass(frozen=True, slots=True)
class Look:
    """Everything that is shown goes through here, so no page can lack its headers."""

    environment: Environment
    secure: bool

    def page(self, template: str, status: int = 200, **values: Any) -> Response:
        """Render a page."""
        return self.hardened(HTMLResponse(self.environment.get_template(template).render(**values), status))

    def refusal(self, status: int, sentence: str, code: str = "") -> Response:
        """Render a refusal; ``code`` is the case's, where there is a way back to it."""
        heading = HEADINGS.get(status, "That did not work")
        return self.page("refused.html", status, heading=heading, sentence=sentence, code=code)

    def hardened(self, response: Response) -> Response:
        """Add the headers that every answer carries."""
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if self.secure:
            response.headers["Strict-Transport-Security"] = "max-age=31536000"
        return response

    @property
    def cookie(self) -> str:
        """Return the session cookie's name; the prefix makes browsers refuse it without https."""
        return "__Secure-radrelay-case" if self.secure else "radrelay-case"

    def signed_in(self, response: Response, token: str, path: str) -> Response:
        """Set the session cookie for one case's page only."""
        response.set_cookie(
            self.cookie,
            token,
            max_age=COOKIE_SECONDS,
            path=path,
            secure=self.secure,
            httponly=True,
            samesite="strict",
        )
        return response

    def audio(self, content: bytes, media_type: str) -> Response:
        """Return a recording."""
        if media_type in PLAYABLE:
            return self.hardened(Response(content, media_type=media_type))
        kept = Response(content, media_type="application/octet-stream")
        kept.headers["Content-Disposition"] = "attachment"
        return self.hardened(kept)

    def static(self, name: str) -> Response:
        """Return one of our own style sheets or scripts; its address changes with its content."""
        response = Response((HERE / "static" / name).read_bytes(), media_type=STATIC[name])
        response.headers["Cache-Control"] = "public, max-age=86400"
        return self.hardened(response)


def look(*, secure: bool) -> Look:
    """Return the look for a deployment on https or, on loopback, on http."""
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(person=_person, day=_day, instant=_instant, words=_words, role=_role)
    digests = {name: hashlib.sha256((HERE / "static" / name).read_bytes()).hexdigest()[:12] for name in STATIC}
    environment.globals["static"] = lambda name: f"/case-static/{digests[name]}/{name}"
    return Look(environment, secure)
