"""Telling a desk of what ends soon, once for each of the days before."""

from __future__ import annotations

from collections.abc import Callable

from handlers import desk
from handlers.domain.contact_pins import ContactPin, PinState
from handlers.domain.directory import Directory
from handlers.domain.expiries import Expiry, ExpiryKind, all_of, due
from handlers.domain.machinery import SYSTEM
from handlers.domain.tasks import DeskTask, TaskKind
from handlers.once import in_transaction
from handlers.ports import House, Transaction


def warn(house: House) -> int:
    """Open a desk task for each warning that is due and was never given; return how many were opened.

    Days are those of the facility it concerns, else those of UTC. Run as often as one likes: what was told stays told.
    """
    directory = house.directory()
    opened = 0
    for ends in [*all_of(directory), *_pins(house, directory)]:
        chain = _chain(ends, directory)
        facility = directory.facilities.get(chain)
        now = house.clock.now()
        days = due(ends, now.date() if facility is None else facility.today(now))
        if days is not None and _is_new(house, ends.key(days)):
            opened += in_transaction(house, chain, _telling(house, ends.key(days)))
    return opened


def _pins(house: House, directory: Directory) -> list[Expiry]:
    """Return the last days of the PINs that were told by telephone, of contacts who are there still."""
    with house.memory.reading() as look:
        active = look.all(ContactPin, state=PinState.ACTIVE)
    return [
        Expiry(
            kind=ExpiryKind.PIN,
            whose=one.contact,
            where=one.facility,
            last_day=directory.facilities[one.facility].today(one.expires_at),
        )
        for one in active
        if one.expires_at is not None and one.facility in directory.facilities and one.contact in directory.contacts
    ]


def _chain(ends: Expiry, directory: Directory) -> str:
    """Return whose record it belongs to: a facility's own where it concerns one alone."""
    where = ends.whose if ends.kind is ExpiryKind.BAA else ends.where
    return (
        where
        if ends.kind in (ExpiryKind.BAA, ExpiryKind.PRIVILEGE, ExpiryKind.PIN) and where in directory.facilities
        else SYSTEM
    )


def _is_new(house: House, key: str) -> bool:
    with house.memory.reading() as look:
        return look.one(DeskTask, subject_id=key) is None


def _telling(house: House, key: str) -> Callable[[Transaction], int]:
    def tell(tx: Transaction) -> int:
        if tx.one(DeskTask, subject_id=key) is not None:
            return 0
        desk.open_task(tx, house, TaskKind.EXPIRES_SOON, subject_id=key)
        return 1

    return tell
