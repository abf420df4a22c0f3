"""How things are said aloud: digits one by one, dates, names, radiology's abbreviations, and how long it all takes."""

from __future__ import annotations

import re
from datetime import date

#: A synthetic voice at its normal pace, about 165 words a minute; its short stops at commas are in it.
WORDS_A_SECOND = 2.75
#: A digit said by itself.
DIGIT_SECONDS = 0.45
#: A letter said by itself (``C T``) is shorter than a word.
LETTER_SECONDS = 0.25
#: A digit inside a number that is said as a number (``1961``, ``12``).
IN_NUMBER_SECONDS = 0.3

_DAYS = (
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh",
    "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth",
    "twentieth", "twenty-first", "twenty-second", "twenty-third", "twenty-fourth", "twenty-fifth", "twenty-sixth",
    "twenty-seventh", "twenty-eighth", "twenty-ninth", "thirtieth", "thirty-first",
)  # fmt: skip
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
#: Written short, said long. Only what has one meaning in a procedure or a finding is here; all else is said as written.
_NORTH_AMERICAN = re.compile(r"\+1([2-9]\d{2})(\d{3})(\d{4})")


def one_by_one(code: str) -> str:
    """Return letters and digits apart, so that every voice says each by itself: ``3, 4, 1``."""
    return ", ".join(character.upper() for character in code if character.isalnum())


def in_groups(code: str, size: int = 3) -> str:
    """Return digits apart, in groups as people write them down: ``4 8 2, 1 7 3``."""
    kept = [character.upper() for character in code if character.isalnum()]
    return ", ".join(" ".join(kept[start : start + size]) for start in range(0, len(kept), size))


def telephone(number: str) -> str:
    """Return an E.164 number digit by digit: ``5 5 5, 0 1 0, 0 1 2 3``; the country is said where it is not +1."""
    national = _NORTH_AMERICAN.fullmatch(number)
    if national:
        return ", ".join(" ".join(group) for group in national.groups())
    plus = "plus " if number.startswith("+") else ""
    return plus + in_groups(number)


def day(value: date) -> str:
    """Return a date as an American physician says it: ``March third, 1961``."""
    return f"{_MONTHS[value.month - 1]} {_DAYS[value.day - 1]}, {value.year}"


def person(name: str) -> str:
    """Return a patient's name, given name first, from plain text or DICOM's ``DOE^JANE^A`` (PS3.5, 6.2.1)."""
    alphabetic = name.split("=", maxsplit=1)[0]
    if "^" in alphabetic:
        family, *rest = [part.strip() for part in alphabetic.split("^")]
        given, middle, _prefix, suffix = (*rest, "", "", "", "")[:4]
        alphabetic = " ".join(part for part in (given, middle, family, suffix) if part)
    elif alphabetic.count(",") == 1:
        family, given = alphabetic.split(",")
        alphabetic = f"{given} {family}"
    plain = " ".join(alphabetic.split())
    return plain.title() if plain.isupper() else plain


def seconds(text: str) -> float:
    """Return how long words take to speak at the normal pace."""
    return sum(_word_seconds(word.strip(".,;:!?()'\"")) for word in text.split())


def _word_seconds(word: str) -> float:
    if not word:
        return 0.0
    if len(word) == 1:
        return DIGIT_SECONDS if word.isdigit() else LETTER_SECONDS if word.isupper() else 1 / WORDS_A_SECOND
    digits = sum(character.isdigit() for character in word)
    return digits * IN_NUMBER_SECONDS if digits else 1 / WORDS_A_SECOND
