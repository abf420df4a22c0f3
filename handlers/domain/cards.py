"""What Slack may show of a read, a desk task or a thread's history: the allow-list of that channel, as values.

There is no field here for a name, an identifier, a date of birth, an accession number or a finding's text, so no renderer
can show one. With no agreement of Slack's in force and with one, this is the same list: modals, App Home and commands
stay without identifiers even then.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

MAX_AGE_SHOWN = 89  #: 45 CFR 164.514(b)(2)(i)(C): ages over 89 are one group


def age_shown(birth_date: date | None, today: date) -> str:
    """Return the age as a card shows it: ``63``, ``90+``, or ``age ?``."""
    if birth_date is None or birth_date > today:
        return "age ?"
    years = today.year - birth_date.year - ((today.month, today.day) < (birth_date.month, birth_date.day))
    return f"{years}" if years <= MAX_AGE_SHOWN else "90+"


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """Somebody who has a study open in the PACS."""

    who: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadCard:
    """A worklist card."""

    read_id: str
    study_id: str
    case_code: str  #: as shown, ``4821-0934``
    priority: str
    facility: str  #: the alias
    patient_class: str
    modality: str
    procedure: str
    age: str
    sex: str
    images: int
    #: Minutes since the last image, None where none was stated.
    last_image_minutes: int | None
    ready: bool
    due_at: datetime
    minutes_left: int
    zone: str
    state: str
    claimed_by: str = ""  #: the reader's name
    claimed_slack_user: str = ""
    claimed_at: datetime | None = None
    reported_by: str = ""
    #: Where the claim's lease stands when its holder was silent: ``told``, ``offered``; "" otherwise.
    lease: str = ""
    viewers: tuple[Viewer, ...] = ()
    linked: int = 0
    test: bool = False
    shadow: bool = False
    #: One line on the critical relay, or "".
    relay: str = ""
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Worklist:
    """The reads that somebody may see: first their own, then the open ones, then what others hold.

    Each of the three by class, then by time left. Cards are of the first of them only; the numbers are of all.
    """

    cards: tuple[ReadCard, ...] = ()
    mine: int = 0
    open: int = 0
    others: int = 0

    @property
    def total(self) -> int:
        """Return how many reads there are."""
        return self.mine + self.open + self.others


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskCard:
    """A desk task in the desk's channel."""

    task_id: str
    kind: str
    case_code: str
    facility: str
    category: int | None
    opened_at: datetime
    zone: str
    state: str
    rounds: int
    rings: bool
    taken_by: str
    taken_at: datetime | None
    done_by: str
    outcome: str
    #: What happened and what to do next, in sentences from a fixed list.
    what: str
    todo: str
    relay_open: bool
    read_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A line of history in a thread: a sentence from a fixed list with names of staff, roles, codes and times only."""

    text: str
    #: The Slack user who is called by it; "" is nobody.
    to: str = ""
