"""Rules of the house waived by two people: for one reader, one read, one claim, with a reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

#: How long a granted override waits for its claim.
LIVES = timedelta(minutes=60)


class OverrideReason(StrEnum):
    """Why a rule of the house is waived."""

    VOLUME = "volume"
    NO_OTHER_READER = "no_other_reader"
    EXPERTISE = "expertise"


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """One reader may claim one read once, whatever the rules of the house say; those of the law are judged anyway.

    ``asked_by`` and ``granted_by`` are actors of the record (``radiologist:ID``, ``staff:ID``) and two people.
    """

    id: str
    facility: str
    read_id: str
    reader: str
    reason: OverrideReason
    asked_by: str
    asked_at: datetime
    granted_by: str = ""
    granted_at: datetime | None = None
    used_at: datetime | None = None
    #: Ended without a grant, by whom: denied by a person, or settled by the robot when nobody needs it any more.
    closed_by: str = ""
    closed_at: datetime | None = None
    version: int = 0

    def is_asked(self) -> bool:
        """Tell whether it waits for the second person."""
        return self.granted_at is None and self.closed_at is None

    def is_good(self, now: datetime) -> bool:
        """Tell whether a claim may use it now."""
        return self.granted_at is not None and self.used_at is None and now < self.granted_at + LIVES
