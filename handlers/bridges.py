"""Telephones that a bridge rings or has connected: no other call of ours is made to one meanwhile."""

from __future__ import annotations

from handlers import lines
from handlers.domain.dialog import Leg
from handlers.domain.directory import Directory, Facility
from handlers.domain.relays import Attempt, AttemptState, Relay
from handlers.domain.turns import DESK, PENDING, RADIOLOGIST
from handlers.ports import Reading, Transaction

Legs = tuple[tuple[str, tuple[Leg, ...]], ...]


def legs_of(directory: Directory, relay: Relay, facility: Facility) -> Legs:
    """Return whom a relay's caller is connected to, in order: the radiologist, then the desk."""
    reader = directory.radiologists.get(relay.delegated_by)
    first = () if reader is None else (Leg(key="r", number=reader.phone),)
    phones = directory.desks[facility.desk].phones
    return (
        (RADIOLOGIST, first),
        (DESK, tuple(Leg(key=f"d{index}", number=phone.number) for index, phone in enumerate(phones))),
    )


def is_busy(tx: Transaction, directory: Directory, number: str, *, apart_from: str = "") -> bool:
    """Tell whether a line of ours to this number is, or may be, open: a call, or a leg of a bridge.

    Args:
        apart_from: the attempt whose own bridge does not count.
    """
    if lines.is_busy(tx, number):
        return True
    bridged = (one for one in tx.all(Attempt, state=AttemptState.BRIDGED) if one.id != apart_from)
    return any(number in _numbers(tx, directory, one) for one in bridged)


def free(tx: Transaction, directory: Directory, legs: Legs, *, apart_from: str = "") -> Legs:
    """Return the legs without the telephones that are busy.

    Where each of the desk's is busy, all of them stay: a person waits on the line, and a second ring on a telephone that
    rings already is better than nobody. That is the one exception from one call of ours per number (decision 0017).
    """

    def theirs(name: str, all_of_them: tuple[Leg, ...]) -> tuple[Leg, ...]:
        left = tuple(leg for leg in all_of_them if not is_busy(tx, directory, leg.number, apart_from=apart_from))
        return left or (all_of_them if name == DESK else ())

    return tuple((name, theirs(name, all_of_them)) for name, all_of_them in legs)


def _numbers(look: Reading, directory: Directory, attempt: Attempt) -> set[str]:
    """Return the numbers that an attempt's bridge rings, or the one of whoever has accepted it."""
    relay = look.get(Relay, attempt.relay_id) if attempt.relay_id else None
    facility = directory.facilities.get(attempt.facility)
    if relay is None or facility is None:
        return set()
    to = attempt.bridged_to
    if to.endswith(PENDING):
        return {leg.number for leg in dict(legs_of(directory, relay, facility)).get(to.rstrip(PENDING), ())}
    reader = directory.radiologists.get(relay.delegated_by)
    theirs = {phone.number for phone in directory.desks[facility.desk].phones if phone.who == to}
    return theirs | ({reader.phone} if reader is not None and reader.name == to else set())
