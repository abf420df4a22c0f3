"""Which numbers of a contact may be called or texted now: by the directory, and by what calls have shown of them."""

from __future__ import annotations

from handlers.domain import numbers
from handlers.domain.directory import Contact, Number
from handlers.domain.numbers import NumberStanding
from handlers.ports import House, Reading, Transaction


def standings(look: Reading, contact: Contact) -> dict[str, NumberStanding]:
    """Return what is known of a contact's numbers, by number."""
    return {one.number: one for one in look.all(NumberStanding, contact=contact.id)}


def standing(tx: Transaction, house: House, contact: str, number: str) -> NumberStanding:
    """Return what is known of a number, to be changed; the first time nothing is."""
    found = tx.one(NumberStanding, contact=contact, number=number)
    if found is not None:
        return found
    fresh = NumberStanding(id=house.chance.token(), facility=tx.facility, contact=contact, number=number, since=tx.now)
    return tx.add(fresh)


def dialable(look: Reading, contact: Contact) -> list[Number]:
    """Return a contact's numbers that may be called now, in the directory's order; none of whoever is retired."""
    known = standings(look, contact)
    mine = () if contact.retired else contact.numbers
    return [one for one in mine if numbers.may_be_dialed(one, known.get(one.e164))]


def textable(look: Reading, contact: Contact) -> Number | None:
    """Return the first of a contact's numbers that may be texted now."""
    known = standings(look, contact)
    mine = () if contact.retired else contact.numbers
    return next((one for one in mine if numbers.may_be_texted(one, known.get(one.e164))), None)


def ends_in(number: str) -> str:
    """Return how a number is named where it must not be seen whole."""
    return f"…{number[-2:]}"
