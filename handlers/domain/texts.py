"""Texts that people send to our number: which words steer the texting itself, and which relays a reply is about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from handlers.domain.relays import Attempt, Relay


class Word(StrEnum):
    """What a text asks of the texting itself; every other one is a reply."""

    STOP = "stop"
    START = "start"
    HELP = "help"
    OTHER = "other"


#: The words that opt out at once, and back in (Twilio, "Support for opt-out keywords"): only as the whole text.
STOP = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
START = frozenset({"START", "YES", "UNSTOP"})
HELP = frozenset({"HELP", "INFO"})
_OF_VENDOR = {"STOP": Word.STOP, "START": Word.START, "HELP": Word.HELP}
#: A relay's call-back code inside a text: six digits from 1 to 8, alone.
_CODE = re.compile(r"(?<!\d)[1-8]{6}(?!\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class TextReply:
    """What somebody answered to a text of a relay: its words are sealed, and shown on the case page only."""

    id: str
    facility: str
    relay_id: str
    #: The vendor's id of the message.
    sid: str
    #: The number it came from, and what it said; whoever holds the telephone may have written it.
    number: str
    words: str
    #: Directory ids of those who were texted or called there for this relay, with commas; "" where nobody was.
    contacts: str
    #: So many relays it may have been about; 1 where its number or its code says which.
    about: int
    at: datetime
    version: int = 0


def word_of(body: str, by_vendor: str) -> Word:
    """Return what a text asks: by the vendor's own word for it where it gives one, else by the text as a whole."""
    if by_vendor in _OF_VENDOR:
        return _OF_VENDOR[by_vendor]
    said = body.strip().upper()
    known = ((STOP, Word.STOP), (START, Word.START), (HELP, Word.HELP))
    return next((word for words, word in known if said in words), Word.OTHER)


def about(body: str, relays: Sequence[Relay], tried: Iterable[Attempt]) -> list[Relay]:
    """Return the open relays that a reply is about.

    A code in it names one, wherever it came from; otherwise it is about each for which its number was texted or called.

    Args:
        body: the text.
        relays: every relay that has not ended.
        tried: the attempts of these at the number that the text came from.
    """
    codes = set(_CODE.findall(body))
    named = [relay for relay in relays if relay.callback_code in codes]
    if named:
        return named
    told = {attempt.relay_id for attempt in tried}
    return [relay for relay in relays if relay.id in told]
