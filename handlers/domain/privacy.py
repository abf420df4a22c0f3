"""Privacy events: somebody who should not have heard it was told a finding. Each has an owner, a due date and an outcome."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

#: A breach is notified without unreasonable delay and within 60 days of its discovery (45 CFR 164.404(b)).
NOTIFIED_WITHIN = timedelta(days=60)
#: How often the owner of an event without an outcome is reminded.
REMIND_EVERY = timedelta(days=1)


class PrivacyState(StrEnum):
    """Where an event stands."""

    OPEN = "open"
    TAKEN = "taken"
    CLOSED = "closed"


#: What an event may end with; whether it is a breach is the privacy officer's to judge (45 CFR 164.402).
OUTCOMES: Mapping[str, str] = {
    "no_disclosure_established": "No disclosure: whoever heard it may know it",
    "disclosure_to_workforce": "Disclosure inside the site's workforce",
    "disclosure_outside": "Disclosure outside: it is handled as a breach",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivacyEvent:
    """One call on which somebody said that they are the wrong person after the finding had been spoken."""

    id: str  #: that of the desk task that shows it
    facility: str
    case_code: str
    relay_id: str
    attempt_id: str
    #: Directory id of the staff member whose it is, "" where the site names none: then it is the desk's.
    owner: str
    state: PrivacyState
    opened_at: datetime
    due_at: datetime
    outcome: str = ""
    closed_at: datetime | None = None
    #: The actor of the record who gave the outcome.
    closed_by: str = ""
    version: int = 0
