"""Turns on lines at which somebody else answers first: an operator who connects, an answering service that takes messages."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from handlers.domain.dialog import Key, Lead, PromptKind
from handlers.domain.relays import Attempt, Outcome, Stage
from handlers.domain.said import Facts, Said, prompt_of
from handlers.domain.turns import given_on, nobody_answered, opening, silent, wrong

#: A call that was handed on so often is not handed on again: it may be a machine that keeps saying so.
MAX_TRANSFERS = 6


def transfer(attempt: Attempt, facts: Facts, now: datetime) -> Said:
    """Hold for whoever comes to the line; after too many times nobody has answered."""
    if attempt.transfers >= MAX_TRANSFERS:
        return nobody_answered(attempt, facts)
    return given_on(attempt, facts, now)


def for_whom(attempt: Attempt, facts: Facts) -> Said:
    """Say whom we want to an operator who asks, also to one to whom a menu has connected us."""
    again = opening(attempt, facts)
    if facts.may_identify:
        again = Said(attempt=replace(attempt, stage=Stage.ASK), prompt=prompt_of(PromptKind.ASK, facts))
    return silent(attempt, again, nobody_answered(attempt, facts))


def service(attempt: Attempt, facts: Facts, key: Key) -> Said:
    """Leave a message with an answering service: only somebody who pressed 1 is told number and code.

    It is a message left, from that moment: the ladder goes on. Who took it, and by when it will be given, is asked after.
    """
    if key is Key.TAKE:
        return Said(
            attempt=replace(attempt, stage=Stage.MESSAGE),
            prompt=prompt_of(PromptKind.MESSAGE, facts),
            outcome=Outcome.MESSAGE_LEFT,
        )
    if key is Key.AGAIN:
        return opening(attempt, facts, Lead.AGAIN)
    if key in (Key.SILENCE, Key.HOLD) or (key is Key.UNKNOWN and not facts.somebody_keyed):
        return silent(attempt, opening(attempt, facts), nobody_answered(attempt, facts))
    return wrong(attempt, facts, opening(attempt, facts, Lead.UNKNOWN_KEY))
