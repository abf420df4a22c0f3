"""How often somebody may be wrong before whatever they enter counts no more: by whoever calls, and by whose PIN it is.

A lock is never a refusal: whoever is locked out is connected to a human. So nobody can keep a clinician from a finding by
guessing on purpose; what an attacker gains is a human on the line, and a desk that knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Whose(StrEnum):
    """Whom wrong entries are counted for."""

    CALLER = "caller"  # a telephone, whatever is entered from it
    WITHHELD = "withheld"  # all callers together who do not show a number
    CONTACT = "contact"  # somebody's PIN, wherever it is entered


@dataclass(frozen=True, slots=True)
class Limit:
    """So many wrong entries within a span lock out for ``lasts``."""

    wrong: int
    within: timedelta
    lasts: timedelta


#: A switchboard shows one number for a whole hospital, and its lock connects all of them to a human: it is short. Callers
#: without a number are many, and the honest ones among them must not lose their code to one who guesses: they have more
#: room together, and each has the three tries of one call in any case. A PIN of four digits out of eight falls to one in
#: 200 of those who may guess twenty times, so a contact's own limit is the one that protects (NIST SP 800-63B, 5.2.2).
LIMITS = {
    Whose.CALLER: Limit(5, timedelta(minutes=15), timedelta(minutes=15)),
    Whose.WITHHELD: Limit(20, timedelta(minutes=15), timedelta(minutes=15)),
    Whose.CONTACT: Limit(10, timedelta(hours=1), timedelta(hours=1)),
}
LONGEST = max(limit.within for limit in LIMITS.values())
#: What stands for a number that is not shown; the vendor spells the word on a telephone's keys, with a plus.
_WITHHELD = ("anonymous", "restricted", "blocked", "unknown", "unavailable", "private")
_KEYS = str.maketrans("abcdefghijklmnopqrstuvwxyz", "22233344455566677778889999")
_SPELLED = frozenset(f"+{word.translate(_KEYS)}" for word in _WITHHELD)
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongEntry:
    """One wrong code or PIN, counted for one subject; ``subject`` is sealed, and found by its keyed digest."""

    id: str
    facility: str  #: the chain in whose transaction it was entered
    subject: str
    at: datetime
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Lockout:
    """From ``began_at`` on nothing that a subject enters counts, until ``until`` or until somebody lifts it."""

    id: str
    facility: str
    subject: str
    whose: Whose
    began_at: datetime
    until: datetime
    lifted_at: datetime | None = None
    lifted_by: str = ""
    version: int = 0

    def holds(self, now: datetime) -> bool:
        """Tell whether it is in force."""
        return self.lifted_at is None and now < self.until

    def over_at(self) -> datetime:
        """Return when it ended, or will."""
        return self.until if self.lifted_at is None else min(self.lifted_at, self.until)


def is_withheld(number: str) -> bool:
    """Tell whether a caller shows no number: none at all, a word for it, or that word on a telephone's keys."""
    return number in _SPELLED or _NUMBER.fullmatch(number) is None


def of_caller(number: str) -> str:
    """Return the subject of whoever calls from a number."""
    return Whose.WITHHELD.value if is_withheld(number) else f"{Whose.CALLER}:{number}"


def of_contact(contact: str) -> str:
    """Return the subject of a contact's PIN."""
    return f"{Whose.CONTACT}:{contact}"


def whose(subject: str) -> Whose:
    """Return what kind of subject it is."""
    return Whose(subject.partition(":")[0])


def holding(locks: Iterable[Lockout], now: datetime) -> Lockout | None:
    """Return the lock of a subject that is in force."""
    return next((one for one in locks if one.holds(now)), None)


def counts_since(kind: Whose, locks: Sequence[Lockout], now: datetime) -> datetime:
    """Return from when on wrong entries count: the limit's span, and never from before the end of an earlier lock."""
    ended = [one.over_at() for one in locks if one.over_at() <= now]
    return max([now - LIMITS[kind].within, *ended])


def locks_out(kind: Whose, wrong: int) -> bool:
    """Tell whether so many wrong entries, the newest among them, are too many."""
    return wrong >= LIMITS[kind].wrong
