"""Turns of calls to our own people: a desk or a radiologist takes a relay, the reader on call claims a read."""

from __future__ import annotations

from handlers.domain.dialog import Key, Lead, PromptKind
from handlers.domain.relays import Attempt, Outcome, Purpose
from handlers.domain.said import Facts, Said, ending
from handlers.domain.turns import bridging, opening, silent


def take(attempt: Attempt, facts: Facts, key: Key) -> Said:
    """Decide what a desk's phone, or the radiologist's, said."""
    if facts.not_to_take:
        return ending(attempt, PromptKind.HAS_IT, facts, Outcome.CANCELED, who=facts.not_to_take)
    if key is Key.TAKE and attempt.purpose is Purpose.BY_HAND:
        return bridging(attempt, facts)
    if key is Key.TAKE:
        return ending(attempt, PromptKind.TAKEN, facts, Outcome.TAKEN, who=attempt.who)
    over = ending(attempt, PromptKind.NOT_TAKEN, facts, Outcome.SILENT)
    lead = Lead.AGAIN if key is Key.SILENCE else Lead.UNKNOWN_KEY
    return silent(attempt, opening(attempt, facts, lead), over)


def claim(attempt: Attempt, facts: Facts, key: Key) -> Said:
    """Decide what the reader on call said; whether they may claim was judged before, in the same transaction."""
    if facts.not_to_take:
        return ending(attempt, PromptKind.HAS_IT, facts, Outcome.CANCELED, who=facts.not_to_take)
    if key is Key.TAKE and facts.claim_refused:
        return ending(attempt, PromptKind.NOT_CLAIMED, facts, Outcome.PASSED, who=facts.claim_refused)
    if key is Key.TAKE:
        return ending(attempt, PromptKind.CLAIMED, facts, Outcome.TAKEN)
    passed = ending(attempt, PromptKind.PASSED, facts, Outcome.PASSED)
    if key is Key.DECLINE:
        return passed
    lead = Lead.AGAIN if key in (Key.SILENCE, Key.AGAIN) else Lead.UNKNOWN_KEY
    over = ending(attempt, PromptKind.SILENT, facts, Outcome.SILENT)
    return silent(attempt, opening(attempt, facts, lead), over)
