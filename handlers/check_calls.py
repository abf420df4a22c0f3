"""Calls to a contact that are about no case: what they may say, what a turn of theirs does, and what follows from their end."""

from __future__ import annotations

from dataclasses import replace

from handlers import pin_calls, verifying
from handlers.domain.dialog import Key
from handlers.domain.directory import Directory
from handlers.domain.relays import Attempt, Outcome, Purpose
from handlers.domain.said import Facts
from handlers.ports import House, Transaction


def facts(directory: Directory, attempt: Attempt, our_number: str) -> Facts:
    """Return what such a call may speak of: who calls, for which site, and for whom."""
    facility = directory.facilities.get(attempt.facility)
    contact = directory.contacts.get(attempt.who)
    return Facts(
        relay=None,
        facility="radrelay" if facility is None else facility.alias,
        case_code="",
        our_number=our_number,
        checked="" if contact is None else contact.name,
    )


def before_turn(
    tx: Transaction, house: House, attempt: Attempt, known: Facts, key: Key, number: str
) -> tuple[Facts, bool]:
    """Do what a key asks for before its answer is decided; return the facts, and whether a PIN was keyed back right."""
    new_pin, right = pin_calls.before_turn(tx, house, attempt, key, number)
    return replace(known, new_pin=new_pin), right


def rang(tx: Transaction, house: House, attempt: Attempt, outcome: Outcome) -> None:
    """Act on such a call's end."""
    if attempt.purpose is Purpose.PIN:
        pin_calls.rang(tx, house, attempt, outcome)
    else:
        verifying.rang(tx, house, attempt, outcome)
