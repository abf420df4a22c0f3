"""Turns after a call's outcome is known: who took a message or confirmed, as they say themselves. None of it is needed.

The relay has ended, or its ladder has gone on, before the first of these is asked: hanging up takes nothing back.
"""

from __future__ import annotations

import re
from dataclasses import replace
from enum import StrEnum

from handlers.domain.dialog import Key, Prompt, PromptKind
from handlers.domain.relays import Attempt, Outcome, Stage
from handlers.domain.said import Facts, Said, ending, prompt_of

#: A name has some letters; what is longer is talk that was not meant for us.
_LETTERS = re.compile(r"[^\W\d_]{2,}")
LONGEST_NAME = 80
MOST_TRIES = 2
#: A promise further away than this is none that a reminder serves.
MOST_MINUTES = 240
_NUMBERS = {
    "five": 5, "ten": 10, "fifteen": 15, "twenty": 20, "thirty": 30, "half an hour": 30, "forty five": 45,
    "an hour": 60, "one hour": 60, "two hours": 120,
}  # fmt: skip
_YES, _NO = frozenset({"yes", "right", "correct", "yeah", "yep"}), frozenset({"no", "wrong", "again", "incorrect"})


class Relation(StrEnum):
    """How whoever received a result is related to its order, as they say."""

    ORDERING = "ordering"
    COVERING = "covering"
    AGENT = "agent"
    NOT_STATED = "not_stated"


def confirmed(attempt: Attempt, facts: Facts) -> Said:
    """End the relay by the code; on a line that several people answer, ask for the name then."""
    role = attempt.receiver_role
    said = ending(
        attempt, PromptKind.CONFIRMED, facts, Outcome.CONFIRMED_BY_CODE, who="" if role is None else role.value
    )
    if not facts.shared_line:
        return said
    return replace(said, attempt=replace(attempt, stage=Stage.NAME), prompt=prompt_of(PromptKind.NAME, facts))


def decide(attempt: Attempt, facts: Facts, key: Key, digits: str, words: str) -> Said:
    """Decide one turn; ``words`` is all that was heard, as it was heard."""
    over = _over(attempt, facts)
    if attempt.stage is Stage.NAME:
        return _name(attempt, facts, words) if _is_name(words) else over
    if attempt.stage is Stage.NAME_CHECK:
        return _checked(attempt, facts, key, words)
    if attempt.stage is Stage.MESSAGE:
        prompt = prompt_of(PromptKind.PROMISE, facts)
        return Said(attempt=replace(attempt, stage=Stage.PROMISE), prompt=prompt)
    minutes = minutes_in(digits, words)
    if attempt.stage is not Stage.PROMISE or minutes is None:
        return over
    prompt = replace(prompt_of(PromptKind.PROMISED, facts), minutes=minutes)
    return replace(over, prompt=prompt, promised=minutes)


def _over(attempt: Attempt, facts: Facts) -> Said:
    return Said(attempt=replace(attempt, stage=Stage.OVER), prompt=prompt_of(PromptKind.HANG_UP, facts))


def _is_name(words: str) -> bool:
    return bool(_LETTERS.search(words)) and len(words) <= LONGEST_NAME


def _name(attempt: Attempt, facts: Facts, words: str) -> Said:
    prompt = replace(prompt_of(PromptKind.NAME_CHECK, facts), stated=" ".join(words.split()))
    return Said(attempt=replace(attempt, stage=Stage.NAME_CHECK), prompt=prompt)


def _checked(attempt: Attempt, facts: Facts, key: Key, words: str) -> Said:
    spoken = set(re.findall(r"[a-z]+", words.lower()))
    if key is Key.TAKE or (spoken & _YES and not spoken & _NO):
        return replace(_over(attempt, facts), prompt=prompt_of(PromptKind.NAMED, facts))
    if (key is Key.AGAIN or spoken & _NO) and attempt.wrong < MOST_TRIES:
        again = replace(attempt, stage=Stage.NAME, wrong=attempt.wrong + 1)
        return Said(attempt=again, prompt=prompt_of(PromptKind.NAME, facts))
    return _over(attempt, facts)


def relation_of(words: str) -> Relation:
    """Return the relation to the order that somebody states with their name."""
    spoken = words.lower()
    if re.search(r"\b(covering|on call|cross.?cover)", spoken):
        return Relation.COVERING
    if re.search(r"\border(ing|ed)\b", spoken):
        return Relation.ORDERING
    if re.search(r"\b(agent|for (dr|doctor)|on behalf)\b", spoken):
        return Relation.AGENT
    return Relation.NOT_STATED


def minutes_in(digits: str, words: str) -> int | None:
    """Return the minutes that were keyed or said, None for anything that is no span of up to four hours."""
    keyed = digits.strip("#*")
    if keyed:
        return int(keyed) if keyed.isascii() and keyed.isdigit() and 0 < int(keyed) <= MOST_MINUTES else None
    spoken = " ".join(words.lower().replace("-", " ").split())
    number = re.search(r"\b(\d{1,3})\b", spoken)
    if number is not None:
        minutes = int(number[1]) * (60 if "hour" in spoken else 1)
        return minutes if 0 < minutes <= MOST_MINUTES else None
    return next(
        (minutes for said, minutes in sorted(_NUMBERS.items(), key=lambda one: -len(one[0])) if said in spoken), None
    )


class Stated(StrEnum):
    """How a stated name stands."""

    AS_HEARD = "as_heard"  # nobody said whether it was heard right
    CONFIRMED = "confirmed"


def stated_in(prompts: list[Prompt]) -> tuple[str, Stated] | None:
    """Return the name that somebody gave on a call, and how it stands, from its turns' answers in order."""
    found: tuple[str, Stated] | None = None
    for prompt in prompts:
        if prompt.kind is PromptKind.NAME_CHECK:
            found = (prompt.stated, Stated.AS_HEARD)
        elif prompt.kind is PromptKind.NAMED and found is not None:
            found = (found[0], Stated.CONFIRMED)
    return found
