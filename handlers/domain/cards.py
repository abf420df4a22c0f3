"""What Slack may show of a read, a desk task, a thread's history or turnaround figures: the allow-list of that channel, as values.

There is no field here for a name, an identifier, a date of birth, an accession number or a finding's text, so no renderer
can show one. With no agreement of Slack's in force and with one, this is the same list: modals, App Home and commands
stay without identifiers even then.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

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
    #: How many other open reads are claimed with it by Claim these: linked accessions' and regions'.
    claimed_with: int = 0
    #: Next read hands it out: it has no button to claim it.
    handed_out: bool = False
    test: bool = False
    shadow: bool = False
    #: One line on the critical relay, or "".
    relay: str = ""
    #: One line on a rule of the house that was waived for it, or "".
    override: str = ""
    #: Its target has passed without a report.
    late: bool = False
    flags: tuple[str, ...] = ()
    kind: str = "final"
    #: The id of the subspecialty that its coverage agreement is for, or "".
    subspecialty: str = ""
    #: The region of the body that it is of, "" for the whole study; the study's other regions, each with who has it.
    region: str = ""
    regions: tuple[str, ...] = ()
    #: The problems with its study that have no outcome, a line each.
    problems: tuple[str, ...] = ()
    #: Why its clock stands still, "" while it runs, and since when; ``minutes_left`` is then what it had at that instant.
    paused: str = ""
    paused_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One of a fixed list of answers: its code, its words, and what they mean."""

    code: str
    words: str
    means: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Barred:
    """Open reads that somebody may not claim, with every rule that fails, a sentence each."""

    count: int
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Worklist:
    """The reads that somebody may see: their own, those ready to be read, those still arriving, what others hold.

    Each of the four by class, then by time left. Cards are of the first of them only; the numbers are of all. Open reads
    that they may not read are in none of the four: they are counted in ``barred``, by what keeps them from it.
    """

    cards: tuple[ReadCard, ...] = ()
    mine: int = 0
    ready: int = 0
    arriving: int = 0
    others: int = 0
    barred: tuple[Barred, ...] = ()
    barred_reads: int = 0
    #: Whether they are a radiologist; others look on, and claim nothing.
    reads: bool = True

    @property
    def open(self) -> int:
        """Return how many open reads they may claim."""
        return self.ready + self.arriving

    @property
    def total(self) -> int:
        """Return how many reads there are, whether or not they may claim them."""
        return self.mine + self.open + self.others + self.barred_reads


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassFigures:
    """How fast the reads of one class were. ``in_target`` is judged read by read, each against its own target."""

    priority: str
    ended: int
    in_target: int
    #: How many of them stood still for a while.
    paused: int
    p50: timedelta
    p90: timedelta
    p95: timedelta
    shortest_target: timedelta
    longest_target: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Turnaround:
    """How fast the reads of some sites were: counts and minutes by class, and nothing of any one study."""

    #: ``Mercy`` or ``all 60 facilities that you may see``.
    where: str
    span: str
    #: Those of classes that had a read, most urgent first.
    classes: tuple[ClassFigures, ...] = ()
    #: The path of a picture of the same figures, "" where there is none.
    picture: str = ""


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
    #: It ends only with its relay, for which this card has no outcomes to choose from.
    relay_open: bool
    read_id: str = ""
    #: What this task may end with, as codes and words, where that is not the usual.
    outcomes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverCard:
    """What somebody holds whose shift is over, for whoever follows to accept."""

    handover_id: str
    rota: str
    outgoing: str
    incoming: str  #: "" where nobody follows
    incoming_slack_user: str
    #: A line for each: case code, class, site and due time; what a task is about, by its kind.
    reads: tuple[str, ...]
    tasks: tuple[str, ...]
    #: What is under way there and moves with nobody; shown until it is accepted.
    relays: tuple[str, ...] = ()
    untaken: tuple[str, ...] = ()
    waiting: str = ""
    offered_at: datetime
    zone: str
    accepted_by: str = ""
    accepted_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A line of history in a thread: a sentence from a fixed list with names of staff, roles, codes and times only."""

    text: str
    #: The Slack user who is called by it; "" is nobody.
    to: str = ""
