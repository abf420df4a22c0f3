"""What people send from the case page, read with limits and checked; a refusal never repeats what was typed."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from starlette.requests import Request

from bot.pages.answers import Refused
from handlers.domain.policies import Role

MAX_BODY = 16 * 1024
MAX_FIELDS = 24
#: A finding is spoken on the telephone, twice if asked; longer ones are not listened to.
MAX_TEXT = 400
MAX_NAME = 80
CATEGORIES = (1, 2, 3)
CLOCK_LEEWAY = timedelta(minutes=1)

_DAY_AND_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d", re.ASCII)
_KEY = re.compile(r"[A-Za-z0-9_-]{22}")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


async def read(request: Request) -> dict[str, str]:
    """Return a form's fields; anything but a small urlencoded form with each field once is refused."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/x-www-form-urlencoded":
        raise Refused(415, "Send the form from its own page.")
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_BODY:
            raise Refused(413, f"A finding holds at most {MAX_TEXT} characters.")
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="strict")
    except ValueError:
        raise Refused(422, "The form could not be read. Open it again and send it once more.") from None
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise Refused(422, "The form could not be read. Open it again and send it once more.")
    return fields


def csrf(session_token: str) -> str:
    """Return what a form of this session carries; it says nothing about the session's own token."""
    return hmac.new(session_token.encode(), b"radrelay case page form", hashlib.sha256).hexdigest()


def check_csrf(fields: dict[str, str], session_token: str) -> None:
    """Refuse a form that was not made by a page of this session."""
    if not hmac.compare_digest(fields.get("csrf", "").encode(), csrf(session_token).encode()):
        raise Refused(403, "This form does not belong to your visit. Go back to the case and send it again.")


def seal(session_token: str, asked: Start) -> str:
    """Return the seal over what the confirmation page showed: only that can be started, and only after it was shown."""
    shown = "\0".join(("shown", str(asked.category), asked.contact_id or "", asked.found_by, asked.text))
    return hmac.new(session_token.encode(), shown.encode(), hashlib.sha256).hexdigest()


def check_seal(fields: dict[str, str], session_token: str, asked: Start) -> None:
    """Refuse to start what was not shown beside the patient."""
    if not hmac.compare_digest(fields.get("seal", "").encode(), seal(session_token, asked).encode()):
        raise Refused(422, "Look at patient and finding together first: start again from the case.")


def check_same_site(request: Request) -> None:
    """Refuse a post that a browser says another site caused (Fetch Metadata; absent in old browsers)."""
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise Refused(403, "This was sent from another site. Open the case from Slack.")


def new_key() -> str:
    """Return a form's own key: sending it twice does it once."""
    return secrets.token_urlsafe(16)


def delivery(fields: dict[str, str], case: str, deed: str) -> str:
    """Return the delivery id of a sent form."""
    key = fields.get("key", "")
    if not _KEY.fullmatch(key):
        raise Refused(422, "The form is incomplete. Go back to the case and send it again.")
    return f"page:{deed}:{case}:{key}"


@dataclass(frozen=True, slots=True)
class Start:
    """A finding to be called through."""

    category: int
    text: str
    contact_id: str | None
    found_by: str


@dataclass(frozen=True, slots=True)
class Logged:
    """A call that was made by hand."""

    receiver: str
    receiver_name: str
    role: str
    at: datetime
    read_back: bool


def start(fields: dict[str, str], contacts: Collection[str], finders: Collection[str]) -> Start:
    """Check category, text, contact and whose finding it is; an empty contact means the ordering clinician."""
    category = fields.get("category", "")
    if category not in {str(one) for one in CATEGORIES}:
        raise Refused(422, "Choose category 1, 2 or 3.")
    text = _line(fields, "text", MAX_TEXT, "the finding")
    if not text:
        raise Refused(422, "Write the finding: it is what will be spoken.")
    contact, found_by = fields.get("contact", ""), fields.get("found_by", "")
    if found_by not in finders:
        raise Refused(422, "Choose the radiologist whose finding it is.")
    return Start(int(category), text, contact_of(contact, contacts) if contact else None, found_by)


def contact_of(contact: str, contacts: Collection[str]) -> str:
    """Check that somebody may be told of this case."""
    if contact not in contacts:
        raise Refused(422, "Choose somebody from the list.")
    return contact


def logged(fields: dict[str, str], contacts: Collection[str], zone: str, now: datetime) -> Logged:
    """Check receiver, role, time and read-back; the time is the facility's own."""
    contact, name = fields.get("receiver", ""), _line(fields, "receiver_name", MAX_NAME, "the name")
    if bool(contact) == bool(name):
        raise Refused(422, "Say who received it: choose somebody from the list or write a name, not both.")
    role = fields.get("role", "")
    if role not in set(Role):
        raise Refused(422, "Say what the receiver is.")
    read_back = {"yes": True, "no": False}.get(fields.get("read_back", ""))
    if read_back is None:
        raise Refused(422, "Say whether the receiver read the finding back.")
    at = local_instant(fields.get("at", ""), zone, now)
    return Logged(contact_of(contact, contacts) if contact else "", name, role, at, read_back)


def local_instant(typed: str, zone: str, now: datetime) -> datetime:
    """Return the instant that a wall clock at the facility showed.

    An hour that the change to summer time skips never was, and is refused. Of an hour that comes twice the later one is
    meant, unless that is still to come.
    """
    try:
        if not _DAY_AND_TIME.match(typed):
            raise ValueError("a day alone would be midnight")  # noqa: TRY301 - told below as all that is malformed
        naive = datetime.fromisoformat(typed)
        if naive.tzinfo is not None:
            raise Refused(422, "Say when the call was, in the facility's own time.")
        both = {naive.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC) for fold in (0, 1)}
    except (ValueError, OverflowError):  # the last hours of the year 9999 have no instant in UTC
        raise Refused(422, "Say when the call was, with day and time.") from None
    real = sorted(one for one in both if one.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == naive)
    if not real:
        raise Refused(422, "The clocks skipped that hour at the facility. Say when the call was.")
    past = [one for one in real if one <= now + CLOCK_LEEWAY]
    if not past:
        raise Refused(422, "That time is still to come at the facility. Say when the call was.")
    return past[-1]


def chosen(fields: dict[str, str], name: str, sentence: str) -> str:
    """Return what was chosen, or refuse with the sentence; whether there is such a choice the inside knows."""
    value = fields.get(name, "")
    if not value or len(value) > MAX_NAME:
        raise Refused(422, sentence)
    return value


def _line(fields: dict[str, str], name: str, most: int, what: str) -> str:
    """Return one line of text; line breaks become spaces, control and direction characters are refused."""
    text = " ".join(fields.get(name, "").split())
    if _CONTROL.search(text):
        raise Refused(422, f"There are unreadable characters in {what}. Type it instead of pasting it.")
    if len(text) > most:
        raise Refused(422, f"Shorten {what} to {most} characters.")
    return text
