"""Turns of calls that check a contact's number or give a contact a PIN: about no case, and nothing before a key was pressed.

Only a pressed key counts: a mailbox, a menu or a voice in the room hears no PIN and confirms no number.
"""

from __future__ import annotations

from dataclasses import replace

from handlers.domain import dialog
from handlers.domain.dialog import Key, Lead, PromptKind
from handlers.domain.relays import Attempt, Outcome, Purpose, Stage
from handlers.domain.said import Facts, Said, ending, prompt_of

PURPOSES = frozenset({Purpose.PIN, Purpose.VERIFY})
STAGES = frozenset({Stage.CHECK, Stage.NEW_PIN})
_ASKED = {Purpose.PIN: PromptKind.PIN_OFFER, Purpose.VERIFY: PromptKind.VERIFY}


def opening(attempt: Attempt, facts: Facts, lead: Lead = Lead.NONE) -> Said:
    """Ask whoever has answered for a key, naming the contact and nothing else."""
    prompt = replace(prompt_of(_ASKED[attempt.purpose], facts, lead), who=facts.checked)
    return Said(attempt=replace(attempt, stage=Stage.CHECK), prompt=prompt)


def converse(attempt: Attempt, facts: Facts, key: Key, *, pin_ok: bool) -> Said:
    """Decide one turn; whether the PIN was keyed back right was judged before."""
    if key is Key.WRONG_PERSON:
        return ending(attempt, PromptKind.NOT_THEM, facts, Outcome.WRONG_PERSON)
    if attempt.stage is Stage.NEW_PIN:
        return _new_pin(attempt, facts, key, pin_ok=pin_ok)
    if key is Key.TAKE and attempt.purpose is Purpose.VERIFY:
        return ending(attempt, PromptKind.VERIFIED, facts, Outcome.VERIFIED)
    if key is Key.TAKE:
        return _told(replace(attempt, silent=0), facts, Lead.NONE)
    lead = Lead.AGAIN if key in (Key.SILENCE, Key.AGAIN) else Lead.UNKNOWN_KEY
    return _once_more(attempt, opening(attempt, facts, lead), facts)


def _told(attempt: Attempt, facts: Facts, lead: Lead) -> Said:
    prompt = replace(prompt_of(PromptKind.PIN_TOLD, facts, lead), code=facts.new_pin)
    return Said(attempt=replace(attempt, stage=Stage.NEW_PIN), prompt=prompt)


def _new_pin(attempt: Attempt, facts: Facts, key: Key, *, pin_ok: bool) -> Said:
    if pin_ok:
        return ending(attempt, PromptKind.PIN_SET, facts, Outcome.PIN_SET)
    if key in (Key.SILENCE, Key.AGAIN):
        return _once_more(attempt, _told(attempt, facts, Lead.AGAIN), facts)
    wrong = attempt.wrong + 1
    if wrong >= dialog.MAX_WRONG:
        return ending(attempt, PromptKind.PIN_NOT_SET, facts, Outcome.PIN_NOT_SET)
    return _told(replace(attempt, wrong=wrong), facts, Lead.WRONG_PIN)


def _once_more(attempt: Attempt, again: Said, facts: Facts) -> Said:
    silent = attempt.silent + 1
    if silent > dialog.MAX_SILENT:
        return ending(attempt, PromptKind.SILENT, facts, Outcome.SILENT)
    return replace(again, attempt=replace(again.attempt, silent=silent))
