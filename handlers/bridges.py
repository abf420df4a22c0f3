"""Telephones that a bridge rings or has connected: no other call of ours is made to one meanwhile."""

from __future__ import annotations

from handlers import duty, lines
from handlers.domain.dialog import Leg
from handlers.domain.directory import Directory, Facility
from handlers.domain.oncall import on_call_reader
from handlers.domain.relays import Attempt, AttemptState, Purpose, Relay
from handlers.domain.standing import Radiologist
from handlers.domain.turns import DESK, ON_CALL, PENDING, RADIOLOGIST
from handlers.ports import Reading

Legs = tuple[tuple[str, tuple[Leg, ...]], ...]


def reader_on_call(look: Reading, directory: Directory, facility: Facility) -> Radiologist | None:
    """Return who is on call for a facility's pool now, None where nobody is."""
    pool = directory.pools.get(facility.pool)
    return None if pool is None else on_call_reader(directory, duty.shifts(look, directory), pool, look.now)


def legs_of(look: Reading, directory: Directory, relay: Relay, facility: Facility) -> Legs:
    """Return whom a relay's caller is connected to, in order: the radiologist, the reader on call, then the desk."""
    reader = directory.radiologists.get(relay.delegated_by)
    first = () if reader is None or not reader.phone else (Leg(key="r", number=reader.phone),)
    other = reader_on_call(look, directory, facility)
    second = () if other is None or other == reader or not other.phone else (Leg(key="o", number=other.phone),)
    phones = directory.desks[facility.desk].phones
    return (
        (RADIOLOGIST, first),
        (ON_CALL, second),
        (DESK, tuple(Leg(key=f"d{index}", number=phone.number) for index, phone in enumerate(phones))),
    )


def is_busy(tx: Reading, directory: Directory, number: str, *, apart_from: str = "") -> bool:
    """Tell whether a line of ours to this number is, or may be, open: a call, or a leg of a bridge.

    Args:
        apart_from: the attempt whose own bridge does not count.
    """
    if lines.is_busy(tx, number):
        return True
    bridged = (one for one in tx.all(Attempt, state=AttemptState.BRIDGED) if one.id != apart_from)
    return any(number in _numbers(tx, directory, one) for one in bridged)


def free(tx: Reading, directory: Directory, legs: Legs, *, apart_from: str = "") -> Legs:
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
    if attempt.purpose is Purpose.BY_HAND:
        return {attempt.to_number}
    to = attempt.bridged_to
    if to.endswith(PENDING):
        return {leg.number for leg in dict(legs_of(look, directory, relay, facility)).get(to.rstrip(PENDING), ())}
    readers = (directory.radiologists.get(relay.delegated_by), reader_on_call(look, directory, facility))
    theirs = {phone.number for phone in directory.desks[facility.desk].phones if phone.who == to}
    return theirs | {one.phone for one in readers if one is not None and one.name == to}
