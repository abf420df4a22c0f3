"""Who is on the line, as far as a PIN can tell: whose PIN a call asks for, and whose was keyed."""

from __future__ import annotations

from handlers import lockouts, pins
from handlers.domain.directory import Contact, Directory
from handlers.domain.relays import Attempt, Purpose
from handlers.ports import House, Reading, Transaction


def with_pin(look: Reading, directory: Directory, attempt: Attempt) -> list[Contact]:
    """Return the contacts one of whose PINs opens a call; empty where roles are asked for instead.

    A number that calls us proves nothing, and the code was sent to everybody who was tried: whoever calls back keys the
    PIN of the contact whose number it is or, from any other number, that of a contact with a PIN who was tried.
    """
    if attempt.purpose not in (Purpose.CONTACT, Purpose.CALLBACK):
        return []
    mine = directory.contacts.get(attempt.who)
    if attempt.purpose is Purpose.CONTACT or (mine is not None and mine.pin_hash is not None):
        return [] if mine is None or mine.pin_hash is None else [mine]
    tried = {one.who for one in look.all(Attempt, relay_id=attempt.relay_id, purpose=Purpose.CONTACT)}
    known = [directory.contacts.get(who) for who in sorted(tried)]
    return [one for one in known if one is not None and one.pin_hash is not None]


def is_locked_out(look: Reading, directory: Directory, attempt: Attempt) -> bool:
    """Tell whether no PIN that is keyed on this call counts: its caller is locked out, or everybody whose PIN opens it."""
    if attempt.inbound and lockouts.is_locked(look, lockouts.of_caller(attempt.number)):
        return True
    asked = with_pin(look, directory, attempt)
    return bool(asked) and not _usable(look, asked)


def _usable(look: Reading, contacts: list[Contact]) -> list[Contact]:
    return [one for one in contacts if not lockouts.is_locked(look, lockouts.of_contact(one.id))]


def whose_pin(tx: Transaction, house: House, attempt: Attempt, pin: str) -> Contact | None:
    """Return the contact whose PIN was keyed; a wrong one is counted, for everybody whose it could have been.

    Of whoever is locked out no PIN is looked at.
    """
    directory = house.directory()
    if is_locked_out(tx, directory, attempt):
        return None
    asked = _usable(tx, with_pin(tx, directory, attempt))
    for contact in asked:
        if contact.pin_hash is not None and pins.pin_matches(pin, contact.pin_hash, house.pin_pepper):
            return contact
    callers = [lockouts.of_caller(attempt.number)] if attempt.inbound else []
    lockouts.wrong(tx, house, [*callers, *(lockouts.of_contact(one.id) for one in asked)])
    return None
