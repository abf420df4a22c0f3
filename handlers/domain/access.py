"""What opens a case page: a one-time link, and the short session it is exchanged for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

LINK_LIVES = timedelta(seconds=60)
SESSION_IDLE = timedelta(minutes=15)
SESSION_LIVES = timedelta(hours=8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link to one case for one Slack user in the roles they held; ``id`` is the SHA-256 of the token in its URL."""

    id: str
    facility: str
    case_code: str
    slack_user: str
    name: str
    roles: tuple[str, ...]
    purpose: str
    made_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSession:
    """A signed-in view of one case; ``id`` is the SHA-256 of the cookie's token."""

    id: str
    facility: str
    case_code: str
    slack_user: str
    name: str
    roles: tuple[str, ...]
    purpose: str
    opened_at: datetime
    seen_at: datetime
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryVersion:
    """One loaded directory: its text, so that every process reads the same one."""

    id: str
    facility: str
    number: int
    sha256: str
    text: str
    loaded_at: datetime
    loaded_by: str
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundCall:
    """A call to our number before it is known which relay it is about."""

    id: str  #: the vendor's CallSid
    facility: str
    token: str
    caller: str
    turn: int
    wrong: int
    #: The attempt it became, once a valid code was given.
    attempt_id: str | None
    at: datetime
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class OptOut:
    """A number that answered STOP: it is never texted until START. ``id`` is the keyed digest's input: the number."""

    id: str
    facility: str
    at: datetime
    lifted_at: datetime | None = None
    version: int = 0
