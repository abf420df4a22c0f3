"""Slash commands as text: what was asked, or how to ask. Pure."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

from bot.slack.blocks import Message, section

RELAY = "/relay"
WORKLIST = "/worklist"
COMMANDS = (RELAY, WORKLIST)
_CASE = re.compile(r"(\d{4})[-\s]?(\d{4})(?=\s|$)")
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
    Usage("reassign", "CASE RADIOLOGIST", "reassign 4821-0934 dr-lee", "give a read to another reader.", True, 1, 1),
    Usage("log", "CASE", "log 4821-0934", "document a call that you made by hand.", True),
    Usage("withdraw", "CASE", "withdraw 4821-0934", "end the relay of your own finding; you are asked first.", True),
    Usage("take", "CASE", "take 4821-0934", "take the desk's task of this case, by name.", True),
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
    word: str = ""


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
        case, rest = _case(rest)
        if not case:
            return _explained("Which case?", usage)
    words = rest.split()
    if not usage.needs <= len(words) <= usage.words:
        return _explained("That is too much." if words[usage.words :] else "Something is missing.", usage)
    return Asked(usage.name, case, words[0] if words else "")


def _case(rest: str) -> tuple[str, str]:
    match = _CASE.match(rest)
    if match:
        return f"{match[1]}-{match[2]}", rest[match.end() :]
    typed, _, further = rest.partition(" ")
    return typed, further


def _unknown(name: str) -> Message:
    """Explain without repeating what was typed: by mistake it may be a patient's name or accession number."""
    near = difflib.get_close_matches(name.lower(), _BY_NAME, n=1, cutoff=0.5)
    guess = f" Did you mean `{RELAY} {near[0]}`?" if near else ""
    return help_message(f"There is no such subcommand.{guess}")


def _explained(trouble: str, usage: Usage) -> Message:
    text = f"{trouble} {usage.line}"
    return Message(text, (section(text),))


def help_message(before: str = "") -> Message:
    """Return every subcommand with an example."""
    lines = [*([before] if before else []), *(usage.line for usage in USAGES), f"`{WORKLIST}`: the reads you may see."]
    text = "\n".join(lines)
    return Message(text, (section(text),))
