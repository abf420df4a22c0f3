"""Who is on the line, as far as a PIN can tell: whose PIN a call asks for, and whose was keyed."""

from __future__ import annotations

from collections.abc import Iterable

from handlers import lockouts, pins
from handlers.domain import contact_pins
from handlers.domain.contact_pins import ContactPin, KnownPin
from handlers.domain.directory import Contact, Directory
from handlers.domain.relays import Attempt, Purpose
from handlers.ports import House, Reading, Transaction


def pin_of(look: Reading, contact: Contact) -> KnownPin | None:
    """Return the PIN that a contact is asked for, from store and directory alike; None where they have none."""
    return contact_pins.known(look.all(ContactPin, contact=contact.id), contact.pin_hash, look.now)


def with_pin(look: Reading, directory: Directory, attempt: Attempt) -> list[Contact]:
    """Return the contacts one of whose PINs opens a call; empty where roles are asked for instead.

    A number that calls us proves nothing, and the code was sent to everybody who was tried: whoever calls back keys the
    PIN of the contact whose number it is or, from any other number, that of a contact with a PIN who was tried.
    """
    if attempt.purpose not in (Purpose.CONTACT, Purpose.CALLBACK):
        return []
    mine = _having(look, directory, [attempt.who])
    if attempt.purpose is Purpose.CONTACT or mine:
        return mine
    tried = {one.who for one in look.all(Attempt, relay_id=attempt.relay_id, purpose=Purpose.CONTACT)}
    return _having(look, directory, sorted(tried))


def _having(look: Reading, directory: Directory, ids: Iterable[str]) -> list[Contact]:
    known = [directory.contacts.get(one) for one in ids]
    return [one for one in known if one is not None and pin_of(look, one) is not None]


def usable(look: Reading, contacts: Iterable[Contact]) -> dict[str, tuple[Contact, str]]:
    """Return, of these contacts, those whose PIN opens something now, each with its hash: not expired, not locked out."""
    found = ((one, pin_of(look, one)) for one in contacts)
    return {
        one.id: (one, pin.hashed)
        for one, pin in found
        if pin is not None and pin.hashed and not lockouts.is_locked(look, lockouts.of_contact(one.id))
    }


def is_theirs(look: Reading, house: House, contact: Contact, pin: str) -> bool:
    """Tell whether a PIN is this contact's and opens something now; whoever asks counts a wrong one."""
    return any(pins.pin_matches(pin, hashed, house.pin_pepper) for _, hashed in usable(look, [contact]).values())


def is_locked_out(look: Reading, directory: Directory, attempt: Attempt) -> bool:
    """Tell whether no PIN that is keyed on this call counts: its caller is locked out, or no PIN opens anything now."""
    if attempt.inbound and lockouts.is_locked(look, lockouts.of_caller(attempt.number)):
        return True
    asked = with_pin(look, directory, attempt)
    return bool(asked) and not usable(look, asked)


def whose_pin(tx: Transaction, house: House, attempt: Attempt, pin: str) -> Contact | None:
    """Return the contact whose PIN was keyed on a call; a wrong one is counted, for its caller too where we were called.

    Of whoever is locked out no PIN is looked at.
    """
    directory = house.directory()
    if is_locked_out(tx, directory, attempt):
        return None
    callers = [lockouts.of_caller(attempt.number)] if attempt.inbound else []
    return keyed(tx, house, with_pin(tx, directory, attempt), pin, callers)


def keyed(tx: Transaction, house: House, asked: Iterable[Contact], pin: str, callers: Iterable[str]) -> Contact | None:
    """Return the one of these contacts whose PIN was keyed, wherever; a wrong one is counted for all, and the callers."""
    open_to = usable(tx, asked)
    for contact, hashed in open_to.values():
        if pins.pin_matches(pin, hashed, house.pin_pepper):
            return contact
    lockouts.wrong(tx, house, [*callers, *(lockouts.of_contact(one) for one in open_to)])
    return None
