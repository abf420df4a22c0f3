"""Who is signed in to one case."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A signed-in look at one case by one Slack user; ``token`` is only in their cookie."""

    token: str
    facility: str
    case_code: str
    slack_user: str
    name: str
    roles: tuple[str, ...]
    purpose: str
    expires_at: datetime
