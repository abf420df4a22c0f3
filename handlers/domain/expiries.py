"""What ends soon: licenses, privileges, agreements and PINs, told 60, 30 and 7 days before their last day, once each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from handlers.domain.directory import Directory

#: Days before the last day, the longest first.
WARN_DAYS = (60, 30, 7)


class ExpiryKind(StrEnum):
    """What ends."""

    LICENSE = "license"
    PRIVILEGE = "privilege"
    PROXY = "proxy_agreement"
    PROXY_LIST = "privilege_list"
    BAA = "baa"
    VENDOR_BAA = "vendor_baa"
    PIN = "pin"  # one that was told by telephone


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiry:
    """One thing that ends: of what kind, whose, where (a state, a facility or a vendor), on which last day."""

    kind: ExpiryKind
    #: Directory id of the radiologist, facility, vendor, proxy agreement or contact.
    whose: str
    where: str
    last_day: date

    def key(self, days: int) -> str:
        """Return what names the warning ``days`` before: a renewal, with its new last day, is warned of anew."""
        return f"{self.kind.value}:{self.whose}:{self.where}:{self.last_day.isoformat()}:{days}"


def expiry_of(key: str) -> tuple[Expiry, int]:
    """Return what a warning's key says: what ends, and how many days before it is told."""
    kind, whose, where, last_day, days = key.split(":")
    return Expiry(kind=ExpiryKind(kind), whose=whose, where=where, last_day=date.fromisoformat(last_day)), int(days)


def due(ends: Expiry, today: date) -> int | None:
    """Return which warning is to be given on a day: the nearest that has been reached, None before the first and after."""
    left = (ends.last_day - today).days
    if left < 0 and ends.kind is ExpiryKind.PIN:
        return 0  # told once more when it has ended: its owner is kept from the robot
    return min((days for days in WARN_DAYS if 0 <= left <= days), default=None)


def all_of(directory: Directory) -> Iterator[Expiry]:
    """Yield everything that has a last day."""
    for reader in directory.radiologists.values():
        for held in reader.licenses:
            yield Expiry(kind=ExpiryKind.LICENSE, whose=reader.id, where=held.state, last_day=held.expires)
        for privilege in reader.privileges:
            if privilege.expires is not None:
                yield Expiry(
                    kind=ExpiryKind.PRIVILEGE, whose=reader.id, where=privilege.facility, last_day=privilege.expires
                )
    for proxy in directory.proxy_agreements.values():
        yield Expiry(kind=ExpiryKind.PROXY, whose=proxy.id, where="", last_day=proxy.term.expires)
        yield Expiry(kind=ExpiryKind.PROXY_LIST, whose=proxy.id, where="", last_day=proxy.list_holds_through)
    for facility in directory.facilities.values():
        if facility.baa is not None:
            yield Expiry(kind=ExpiryKind.BAA, whose=facility.id, where="", last_day=facility.baa.expires)
    for vendor, agreement in directory.vendor_baas.items():
        yield Expiry(kind=ExpiryKind.VENDOR_BAA, whose=vendor, where="", last_day=agreement.expires)


def told(ends: Expiry, directory: Directory) -> str:
    """Return the warning's sentence: names of readers and sites of the directory, and days."""
    on = ends.last_day.isoformat()
    if ends.kind is ExpiryKind.PIN:
        return _pin_told(ends, directory)
    reader = directory.radiologists.get(ends.whose)
    facility = directory.facilities.get(ends.whose if ends.kind is ExpiryKind.BAA else ends.where)
    name = ends.whose if reader is None else reader.name
    site = (ends.where or ends.whose) if facility is None else facility.alias
    return {
        ExpiryKind.LICENSE: f"The {ends.where} license of {name} ends on {on}.",
        ExpiryKind.PRIVILEGE: f"The privilege of {name} at {site} ends on {on}.",
        ExpiryKind.PROXY: f"The proxy agreement {ends.whose} ends on {on}; privileges by proxy end with it.",
        ExpiryKind.PROXY_LIST: f"The privilege list of the proxy agreement {ends.whose} counts as current through {on}.",
        ExpiryKind.BAA: f"The Business Associate Agreement with {site} ends on {on}; then its new studies are refused.",
        ExpiryKind.VENDOR_BAA: f"The agreement with {ends.whose} ends on {on}; then nothing identifying goes there.",
    }[ends.kind]


def _pin_told(ends: Expiry, directory: Directory) -> str:
    contact = directory.contacts.get(ends.whose)
    name = ends.whose if contact is None else contact.name
    return (
        f"The PIN of {name} holds until {ends.last_day.isoformat()}; then whatever they key brings a human. "
        f"`/relay pin {ends.whose}` calls them with a new one."
    )
