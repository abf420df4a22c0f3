"""Slash commands as text: what was asked, or how to ask. Pure."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

from bot.slack.blocks import Message, section

RELAY = "/relay"
WORKLIST = "/worklist"
TURNAROUND = "/tat"
ONCALL = "/oncall"
COMMANDS = (RELAY, WORKLIST, TURNAROUND, ONCALL)
SPANS = ("24h", "7d", "30d")
#: What names one of a case's reads.
READS = ("preliminary", "final", "head", "neck", "chest", "abdomen", "pelvis", "spine", "extremities")
ALL = 99  #: more than are claimed at once
COUNT_AT_MOST = 40
ONCALL_DOES = f"who is on duty, until when, and who follows. Example: `{ONCALL} riverside tomorrow 07:00`"
_WHEN = "`WHEN` may also be `2026-12-25 18:00`, `18:00`, `now`, or a day alone, which is its 00:00."
#: The words there are, which the inside knows; this room knows nothing of what they are about.
_REASONS = "`volume`, `no_other_reader`, `expertise`"
_KINDS = "`incomplete_series`, `missing_prior`, `missing_history`, `wrong_protocol`, `back_to_technologist`"
_CASE = re.compile(r"(\d{4})[-\s]?(\d{4})(?=\s|$)")
#: As cards print it: ``case 4821-0934``.
_CASE_WORD = re.compile(r"case\b[:\s]*", re.IGNORECASE)
_COUNT = re.compile(r"0*([1-9][0-9]?)", re.ASCII)
_SPAN_LIKE = re.compile(r"\d+[a-z]?")
#: What is done with a button, with where it is.
_BUTTONS = {
    "claim": f"*Claim* is a button on the read's card; `{RELAY} next` claims what is next for you.",
    "release": "*Release* is a button on the read's card.",
}
#: Typed by mistake they stop calls, or let them go: they are guessed from no other word.
_GUARDED = frozenset({"halt", "resume"})
#: What names everything where a facility may be named.
_ALL_FACILITIES = "all"
#: Keyboards on telephones turn a hyphen into one of these.
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—−"), "-")


@dataclass(frozen=True, slots=True)
class Usage:
    """One subcommand, with what it takes and an example."""

    name: str
    takes: str
    example: str
    does: str
    needs_case: bool = False
    #: How many words may follow the case; the first ``needs`` of them must.
    words: int = 0
    needs: int = 0

    @property
    def line(self) -> str:
        """Return its line of the help."""
        asked = f"{RELAY} {self.name} {self.takes}".strip()
        return f"`{asked}`: {self.does} Example: `{RELAY} {self.example}`"


USAGES = (
    Usage("open", "CASE", "open 4821-0934", "the case page, by a link that works once, for 60 seconds.", True),
    Usage("start", "CASE", "start 4821-0934", "report a finding on the page, which shows the patient first.", True),
    Usage("redirect", "CASE CONTACT", "redirect 4821-0934 dr-osei", "call somebody else of the directory.", True, 1, 1),
    Usage(
        "reassign",
        "CASE RADIOLOGIST [REGION | preliminary | final]",
        "reassign 4821-0934 dr-lee",
        "give a read to another reader.",
        True,
        2,
        1,
    ),
    Usage(
        "call",
        "CASE [CONTACT]",
        "call 4821-0934",
        "your telephone rings, and 1 connects you to the clinician; then say what came of it.",
        True,
        words=1,
    ),
    Usage("log", "CASE", "log 4821-0934", "document a call that you made by hand.", True),
    Usage(
        "record",
        "CASE",
        "record 4821-0934",
        "your telephone rings: say the finding, and it is told in your voice.",
        True,
    ),
    Usage("withdraw", "CASE", "withdraw 4821-0934", "end the relay of your own finding; you are asked first.", True),
    Usage("take", "CASE", "take 4821-0934", "take the desk's task of this case, by name.", True),
    Usage(
        "override",
        "CASE [REGION] [READER] REASON | grant | deny",
        "override 4821-0934 volume",
        f"ask that a rule of the house be waived for one read, or answer that; two people. REASON is {_REASONS}.",
        True,
        3,
        1,
    ),
    Usage(
        "why",
        "CASE [READER]",
        "why 4821-0934",
        "every rule that keeps you, or a reader, from claiming it.",
        True,
        words=1,
    ),
    Usage("next", "", "next", "claim the read that is next for you."),
    Usage("batch", "FACILITY [COUNT]", "batch riverside 10", "claim the next reads of one site.", words=2, needs=1),
    Usage(
        "problem",
        "CASE KIND [REGION | preliminary | final]",
        "problem 4821-0934 missing_prior",
        f"tell the desk what keeps it from being read. KIND is {_KINDS}.",
        True,
        4,
        1,
    ),
    Usage(
        "split",
        "CASE REGION REGION [...]",
        "split 4821-0934 head chest pelvis",
        "split a trauma that you hold into a read for each region, under one clock.",
        True,
        6,
        2,
    ),
    Usage("pin", "CONTACT", "pin dr-osei", "call a contact, who is told a new PIN and keys it back.", words=1, needs=1),
    Usage(
        "verify",
        "[CONTACT]",
        "verify dr-osei",
        "call a contact's numbers to check them; alone, whom no machine reaches and what is unverified.",
        words=1,
    ),
    Usage("halt", "[FACILITY]", "halt riverside", "stop all calls of a facility, or of all, now.", words=1),
    Usage("resume", "[FACILITY]", "resume riverside", "let calls go on.", words=1),
    Usage("status", "", "status", "the open relays."),
    Usage("help", "", "help", "this."),
)
_BY_NAME = {usage.name: usage for usage in USAGES}


@dataclass(frozen=True, slots=True)
class Asked:
    """A subcommand that can be carried out. ``case`` is digits and dash, as typed, unchecked."""

    name: str
    case: str = ""
    words: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """The second word as a number; where it is missing, as many as there are."""
        found = _COUNT.fullmatch(self.further)
        return int(found[1]) if found else ALL

    @property
    def facility(self) -> str | None:
        """The facility that is named; None is all of them."""
        return None if self.word in ("", _ALL_FACILITIES) else self.word

    @property
    def kind(self) -> str:
        """All words as one code, but for the one that names a read: ``missing prior`` is ``missing_prior``."""
        return "_".join(self.words[:-1] if self.which else self.words).replace("-", "_")

    @property
    def which(self) -> str:
        """The last of several words where it names one of a case's reads, else ""."""
        return self.words[-1] if len(self.words) > 1 and self.words[-1] in READS else ""

    @property
    def further(self) -> str:
        """The second word, "" where there is none."""
        return self.words[1] if len(self.words) > 1 else ""

    @property
    def word(self) -> str:
        """The first word, "" where there is none."""
        return self.words[0] if self.words else ""


def parse(text: str) -> Asked | Message:
    """Return what was asked for, or the answer that explains how to ask."""
    name, _, rest = " ".join(text.translate(_DASHES).split()).partition(" ")
    usage = _BY_NAME.get(name.lower())
    if not name or name.lower() == "help":
        return help_message()
    if usage is None:
        return _unknown(name)
    case = ""
    if usage.needs_case:
        case, rest = _case(_CASE_WORD.sub("", rest, count=1) if _CASE_WORD.match(rest) else rest)
        if not case:
            return _explained("Which case?", usage)
    asked = Asked(usage.name, case, tuple(rest.lower().split()))
    trouble = _trouble(usage, asked)
    return _explained(trouble, usage) if trouble else asked


def _trouble(usage: Usage, asked: Asked) -> str:
    """Return what is wrong with the words after the case, "" where nothing is."""
    if len(asked.words) < usage.needs:
        return "Something is missing."
    if len(asked.words) > usage.words:
        return "Too many words."
    if usage.name == "batch" and asked.further and not 1 <= asked.count <= COUNT_AT_MOST:
        return f"COUNT is a number from 1 to {COUNT_AT_MOST}."
    return ""


def _case(rest: str) -> tuple[str, str]:
    match = _CASE.match(rest)
    if match:
        return f"{match[1]}-{match[2]}", rest[match.end() :]
    typed, _, further = rest.partition(" ")
    return typed, further


def parse_turnaround(text: str) -> tuple[str, str] | Message:
    """Return the facility ("" is all) and the span asked for, in any order, or the answer that explains how to ask."""
    words = text.translate(_DASHES).lower().split()
    spans, places = [word for word in words if word in SPANS], [word for word in words if word not in SPANS]
    if any(_SPAN_LIKE.fullmatch(place) for place in places):
        return _turnaround_usage(f"How far back is one of {', '.join(SPANS)}. ")
    if len(spans) > 1 or len(places) > 1:
        return _turnaround_usage("Too many words. ")
    return (places or [""])[0], (spans or SPANS)[0]


def _turnaround_usage(before: str = "") -> Message:
    text = f"{before}`{TURNAROUND} [FACILITY] [{'|'.join(SPANS)}]`: how fast reads were. Example: `{TURNAROUND} riverside 7d`"
    return Message(text, (section(text),))


def _unknown(name: str) -> Message:
    """Explain without repeating what was typed: by mistake it may be a patient's name or accession number."""
    typed = name.lower()
    known = {*_BY_NAME, *_BUTTONS} - {one for one in _GUARDED if not _within_one_letter(typed, one)}
    near = difflib.get_close_matches(typed, sorted(known), n=1, cutoff=0.5)
    guess = _BUTTONS.get(near[0]) or f"Did you mean `{RELAY} {near[0]}`?" if near else ""
    text = " ".join(part for part in ("There is no such subcommand.", guess, f"`{RELAY} help` lists all.") if part)
    return Message(text, (section(text),))


def _within_one_letter(typed: str, name: str) -> bool:
    """Tell whether two words differ by one letter: another one, one too many or one too few."""
    less, less_named = _one_letter_less(typed), _one_letter_less(name)
    another = len(typed) == len(name) and any(one == other for one, other in zip(less, less_named, strict=True))
    return another or typed in less_named or name in less


def _one_letter_less(word: str) -> list[str]:
    return [word[:place] + word[place + 1 :] for place in range(len(word))]


def _explained(trouble: str, usage: Usage) -> Message:
    text = f"{trouble} {usage.line}"
    return Message(text, (section(text),))


def oncall(text: str) -> tuple[str, str] | Message:
    """Return the facility and the time that ``/oncall`` asks for, "" for now, or the answer that explains how to ask."""
    facility, _, when = " ".join(text.translate(_DASHES).split()).partition(" ")
    if not facility or facility.lower() == "help":
        text = f"`{ONCALL} FACILITY [WHEN]`: {ONCALL_DOES}. {_WHEN}"
        return Message(text, (section(text),))
    return facility.lower(), when


def help_message(before: str = "") -> Message:
    """Return every subcommand with an example."""
    others = [
        f"`{WORKLIST}`: the reads you may see.",
        f"`{TURNAROUND} [FACILITY] [{'|'.join(SPANS)}]`: how fast reads were.",
        f"`{ONCALL} FACILITY [WHEN]`: {ONCALL_DOES}",
    ]
    lines = [*([before] if before else []), *(usage.line for usage in USAGES), *others]
    text = "\n".join(lines)
    return Message(text, (section(text),))
