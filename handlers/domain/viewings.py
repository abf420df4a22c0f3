"""Who has a study open in the PACS, as the PACS says; it proves no claim and forbids nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

#: A viewer that was never said to be closed is not shown for longer: many PACS do not say it.
SHOWN_FOR = timedelta(hours=12)
#: Who the PACS named, where the directory does not have them; what was stated is not kept.
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewing:
    """One person's last look at a study in the PACS."""

    id: str
    facility: str
    study_id: str
    #: Directory id of a radiologist, or ``unknown``: all unknown ones are one.
    who: str
    opened_at: datetime
    closed_at: datetime | None
    #: The instant of the newest event; an older one changes nothing.
    event_at: datetime
    version: int = 0

    def is_open(self, now: datetime) -> bool:
        """Tell whether a card shows it."""
        return self.closed_at is None and now - self.opened_at < SHOWN_FOR
