"""Reads what Twilio says in a callback's form, strictly: what it cannot mean is refused, never guessed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

_DIGITS = re.compile(r"[0-9*#]{0,32}")
_SID = re.compile(r"(CA|RE|SM|MM)[0-9a-f]{32}")
_NUMBER = re.compile(r"[0-9]{1,9}")
_CODE = re.compile(r"[0-9]{0,8}")

CALL_STATUSES: Final = frozenset(
    {"queued", "initiated", "ringing", "in-progress", "completed", "busy", "failed", "no-answer", "canceled"}
)
#: ``answered`` is what Dial says of a leg that another one beat.
DIAL_STATUSES: Final = frozenset({"completed", "answered", "busy", "no-answer", "failed", "canceled"})
ANSWERED_BY: Final = frozenset(
    {"human", "machine_start", "machine_end_beep", "machine_end_silence", "machine_end_other", "fax", "unknown"}
)
RECORDING_STATUSES: Final = frozenset({"in-progress", "completed", "absent", "failed"})
TEXT_STATUSES: Final = frozenset(
    {"accepted", "scheduled", "queued", "sending", "sent", "delivered", "undelivered", "failed", "read", "canceled"}
)
#: What Advanced Opt-Out of a Messaging Service calls a text that is nothing but a keyword.
OPT_OUT_TYPES: Final = frozenset({"STOP", "START", "HELP"})

#: An utterance counts as an answer only when *every* word is one of these. "You have reached Doctor Smith, press one" is a
#: mailbox or a menu talking, and must never be told a finding.
ANSWERS: Final = frozenset(
    {
        *("zero", "oh", "one", "won", "two", "to", "too", "three", "tree", "four", "for", "five", "six", "seven"),
        *("eight", "ate", "nine", "niner", "star", "physician", "doctor", "practitioner", "nurse", "hold", "wait"),
        *("person", "operator", "human", "wrong", "connect", "me", "now", "please", "a", "number"),
    }
)
MAX_ANSWER_WORDS: Final = 8
MAX_WORDS: Final = 200
#: Somebody gives the line to somebody else. That counts whatever else is said with it: it tells nobody anything.
_GIVES_ON = re.compile(
    r"\b(transfer\w*|connect(ing)? you|put(ting)? you through|patch\w* you|hand\w* you (over|off)|hang on|hold on|"
    r"(one|just a|a) (moment|second|sec|minute)|(let me|i('| wi)?ll) (get|find|grab)|here (he|she) is)\b"
)
#: An operator asks whom we want, perhaps from behind a menu that had connected us to her.
_ASKS_FOR_WHOM = re.compile(
    r"\b(direct your call|who (would you like|do you want|are you (calling|looking|trying))|"
    r"whom? (may|can|shall|should) i (connect|put|transfer|direct))\b"
)
TRANSFER: Final = "transfer"
FOR_WHOM: Final = "whom"
#: Something was said, and it was no answer. Its words are dropped: they are other people's talk.
NOT_AN_ANSWER: Final = "?"


class BadForm(Exception):
    """A parameter is missing or cannot be; the text names it and never its value."""


class Form:
    """One callback's parameters."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def one(self, name: str, allowed: frozenset[str]) -> str:
        """Return a required word of a closed list."""
        value = self._values.get(name)
        if value is None or value not in allowed:
            raise BadForm(f"{name} must be one of {', '.join(sorted(allowed))}")
        return value

    def sid(self, name: str) -> str:
        """Return a required Twilio sid."""
        return self._matching(name, _SID, "a Twilio sid")

    def whole(self, name: str) -> int:
        """Return a required whole number."""
        return int(self._matching(name, _NUMBER, "a whole number"))

    def line(self, name: str, limit: int) -> str:
        """Return required text."""
        value = self._values.get(name)
        if value is None or len(value) > limit:
            raise BadForm(f"{name} is required and has at most {limit} characters")
        return value

    def has(self, name: str) -> bool:
        """Tell whether a parameter came at all."""
        return name in self._values

    def instant(self, name: str) -> datetime | None:
        """Return an instant as Twilio writes it (RFC 2822), None where there is none or it cannot be read."""
        try:
            return parsedate_to_datetime(self._values.get(name, "")).astimezone(UTC)
        except ValueError:
            return None

    def error_code(self) -> str:
        """Return Twilio's error code, or ""."""
        return self._matching("ErrorCode", _CODE, "a number") if self.has("ErrorCode") else ""

    def digits(self) -> str:
        """Return the keys, or ""."""
        return self._matching("Digits", _DIGITS, "keys") if self.has("Digits") else ""

    def speech(self) -> str:
        """Return what was said, where it is an answer as a whole."""
        return answer_in(self._values.get("SpeechResult", ""))

    def keyword(self) -> str:
        """Return which keyword the vendor took a text for and answered in our words, or "" (Twilio: Advanced Opt-Out)."""
        return self.one("OptOutType", OPT_OUT_TYPES) if self.has("OptOutType") else ""

    def words(self) -> str:
        """Return all that was said, as it was heard; what is longer than any answer is none."""
        words = " ".join(self._values.get("SpeechResult", "").split())
        return words if len(words) <= MAX_WORDS and words.isprintable() else ""

    def bridged(self) -> bool:
        """Tell whether two humans were connected; an absent word claims nothing."""
        return self.has("DialBridged") and self.one("DialBridged", frozenset({"true", "false"})) == "true"

    def _matching(self, name: str, pattern: re.Pattern[str], what: str) -> str:
        value = self._values.get(name)
        if value is None or not pattern.fullmatch(value):
            raise BadForm(f"{name} must be {what}")
        return value


def answer_in(speech: str) -> str:
    """Return speech that consists of answers only, ``TRANSFER`` where it says that somebody else comes to the line.

    ``FOR_WHOM`` where it asks whom we want, which no menu and no mailbox does.
    ``NOT_AN_ANSWER`` stands for any other talk, "" for none.
    """
    words = [word.strip(".,!?;:'\"") for word in speech.lower().replace("-", " ").split()]
    words = [word for word in words if word]
    if not words:
        return ""
    if len(words) <= MAX_ANSWER_WORDS and all(word in ANSWERS or _is_keys(word) for word in words):
        return " ".join(words)
    said = " ".join(words).replace("’", "'")
    if _ASKS_FOR_WHOM.search(said):
        return FOR_WHOM
    return TRANSFER if _GIVES_ON.search(said) else NOT_AN_ANSWER


def _is_keys(word: str) -> bool:
    return word.isascii() and (word.isdigit() or word == "*")
