"""How one thing that the doctor looked at came out: a line of its table."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How a check came out, by its sign in the table."""

    GOOD = "✓"
    BAD = "✗"
    NOTE = "–"  # worth knowing, or could not be looked at because of an earlier ✗


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the table: what was looked at, and what to do when it is not good."""

    verdict: Verdict
    what: str
    todo: str = ""


def good(what: str) -> Check:
    """Return that something is as it should be."""
    return Check(Verdict.GOOD, what)


def bad(what: str, todo: str) -> Check:
    """Return that something is not, with what to do."""
    return Check(Verdict.BAD, what, todo)


def code(word: object) -> str:
    """Return a vendor's code word, and nothing longer: an answer may not smuggle text into the table."""
    text = str(word)
    return text if text.replace("_", "").isalnum() and len(text) <= 40 else "an unreadable answer"  # noqa: PLR2004
