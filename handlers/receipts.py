"""How a receipt came about, as exactly as the turns of a call or the pickup page tell it: keyed, spoken, by a PIN."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from handlers.domain import dialog
from handlers.domain.dialog import PromptKind
from handlers.domain.pickups import PAGE
from handlers.domain.relays import Attempt, Outcome, ReceiverRole, Turn
from handlers.ports import Reading

KEY, VOICE, PIN = "key", "voice", "pin"
#: How a receiver's role is known, in words.
KNOWN_BY = {KEY: "as stated by key", VOICE: "as stated by voice", PIN: "identified by PIN", "": ""}
CODE_BY = {KEY: "keyed", VOICE: "spoken", "": ""}
_SHORT = {"physician": "physician", "np": "NP", "pa": "PA", "rn": "nurse", "clerk": "clerk", "unit": "unit"}
#: What asks for a receiver's role, what is said once the code was given back, and what follows once the role is known.
_ASKS_ROLE = frozenset({PromptKind.OPENING, PromptKind.ASK, PromptKind.TRANSFER})
_CONFIRMS = frozenset({PromptKind.CONFIRMED, PromptKind.NAME})
_KNOWS_ROLE = dialog.IDENTIFYING | {PromptKind.MAY_NOT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """By what the receiver's role is known, and by what the code was given; "" where neither happened on the line."""

    role_by: str = ""
    code_by: str = ""


def role_words(role: str) -> str:
    """Return a receiver's role in words, with every role that its key stands for: ``physician, NP or PA``."""
    if role not in list(ReceiverRole):
        return role
    return either([_SHORT[one] for one in dialog.stands_for(ReceiverRole(role))])


def either(words: list[str]) -> str:
    """Return words of which one is meant: ``physician, NP or PA``."""
    *others, last = words
    return f"{', '.join(others)} or {last}" if others else last


def given_by(digits: str, speech: str) -> str:
    """Return by what an answer was given; keys win over speech."""
    if digits:
        return KEY
    return VOICE if speech else ""


def receipt_of(look: Reading, attempt: Attempt | None) -> Receipt:
    """Return how an attempt's receiver identified and confirmed; nothing for a call that was made by hand."""
    if attempt is not None and attempt.channel == PAGE:  # it exists only once code and PIN were keyed
        return Receipt(role_by=PIN, code_by=KEY if attempt.outcome is Outcome.CONFIRMED_ON_PAGE else "")
    if attempt is None or attempt.channel != "call":
        return Receipt()
    turns = look.all(Turn, attempt_id=attempt.id)
    role_by = code_by = ""
    for before, turn in pairwise(turns):
        asked, answered = _kind(before), _kind(turn)
        by = given_by(*turn.heard.split("|", 1))
        if asked is PromptKind.PIN and answered in _KNOWS_ROLE:
            role_by = PIN
        elif asked in _ASKS_ROLE and answered in _KNOWS_ROLE:
            role_by = by
        if answered in _CONFIRMS:
            code_by = by
    if not role_by and attempt.receiver_role is not None and attempt.follows is not None:
        role_by = receipt_of(
            look, look.get(Attempt, attempt.follows)
        ).role_by  # who they are they said before, on this call
    return Receipt(role_by=role_by, code_by=code_by)


def ended_words(receipt: Receipt, role: str) -> str:
    """Return what a note adds to how a relay ended: how the code was given, and who received it, as known."""
    code = f", {CODE_BY[receipt.code_by]}" if receipt.code_by else ""
    known = ", ".join(filter(None, (role_words(role), KNOWN_BY[receipt.role_by])))
    return f"{code} ({known})" if role else code


def _kind(turn: Turn) -> PromptKind:
    return dialog.prompt_from_text(turn.answer).kind


def receiver_words(look: Reading, attempt: Attempt) -> str:
    """Return an attempt's receiver as the timeline says it, in brackets, or "" while nobody has identified."""
    if attempt.receiver_role is None:
        return ""
    known = KNOWN_BY[receipt_of(look, attempt).role_by] or "as stated by the caller"
    return f" ({role_words(attempt.receiver_role.value)}, {known})"
