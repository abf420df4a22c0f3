"""Small values that the parts of the exchange hand to each other."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime

API_VERSION = "2010-04-01"
EVENTS = ("initiated", "ringing", "answered", "completed")
LIVE = ("queued", "ringing", "in-progress")


class Hook(NamedTuple):
    """An address of the product and the HTTP method with which it is requested."""

    url: str
    method: str = "POST"


class Note(NamedTuple):
    """One line of a transcript: when, who (voice, person, other or line) and the words."""

    at: datetime
    who: str
    text: str


@dataclass(frozen=True)
class CallPlan:
    """How a call is to be made: the parameters of its creation (Twilio: Call resource, Create a Call)."""

    to: str
    from_: str
    document: Hook | None = None
    twiml: str | None = None
    fallback: Hook | None = None
    status: Hook | None = None
    events: frozenset[str] = frozenset({"completed"})
    #: Seconds of ringing before the call is a no-answer.
    timeout: int = 60
    #: Seconds after which an answered call is ended.
    time_limit: int = 14400
    send_digits: str = ""
    #: "Enable", "DetectMessageEnd" or nothing.
    machine_detection: str | None = None
    machine_timeout: int = 30
    async_amd: bool = False
    amd: Hook | None = None
    record: bool = False
    recording: Hook | None = None


@dataclass(frozen=True)
class ApplicationError:
    """Something in the product's answer that a caller would have heard as "an application error has occurred"."""

    call_sid: str
    #: Twilio's error code, such as 11200 (HTTP retrieval failure) or 12100 (document parse failure).
    code: int
    reason: str
    url: str | None
    at: datetime


class Refusal(Exception):
    """What the REST API answers when it refuses (Twilio: Error and warning dictionary)."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


def new_sid(prefix: str) -> str:
    """Return a fresh identifier such as ``CA`` and 32 hexadecimal digits."""
    return prefix + secrets.token_hex(16)
