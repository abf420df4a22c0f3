"""Where the directory uses its rotas: on ladders, at desks and for pools; who stands there at an instant. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from handlers.domain.directory import Contact, Desk, DeskPhone, Directory, Facility, Staff
from handlers.domain.rotas import Rota, RotaKind, Shift, on_duty
from handlers.domain.standing import Pool, Radiologist

#: What the calendars say, by rota.
Shifts = Mapping[str, Sequence[Shift]]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of a rota: their name, and their Slack user where one is known."""

    name: str
    slack_user: str = ""


def person(directory: Directory, rota: Rota, who: str | None) -> Person | None:
    """Return whom a rota means by an id: a contact, a reader or a member of staff, as its kind says."""
    if rota.kind is RotaKind.CONTACTS:
        contact = directory.contacts.get(who or "")
        return None if contact is None else Person(contact.name)
    found: Radiologist | Staff | None = directory.staff.get(who or "")
    if rota.kind is RotaKind.READERS:
        found = directory.radiologists.get(who or "")
    return None if found is None else Person(found.name, found.slack_user)


def holder(directory: Directory, rota_id: str, shifts: Shifts, at: datetime) -> str | None:
    """Return the id of whoever is on duty, or None: nobody, or no such rota."""
    rota = directory.rotas.get(rota_id)
    return None if rota is None else on_duty(rota, shifts.get(rota.id, ()), at)


def contact_on_duty(directory: Directory, rota_id: str, shifts: Shifts, at: datetime) -> Contact | None:
    """Return the contact whom a ladder's rung calls through a rota, or None for nobody."""
    return directory.contacts.get(holder(directory, rota_id, shifts, at) or "")


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a person has to find a reader: a code for the record, of whom, and a sentence for people."""

    code: str
    who: str
    words: str


#: No reader is on duty on the pool's rota.
NOBODY = Reason("nobody_on_call", "", "Nobody is on call.")
#: Nobody claimed it in most of its time.
TIME = Reason("time", "", "Most of its time is gone and nobody has it.")


def on_call_reader(directory: Directory, shifts: Shifts, pool: Pool, at: datetime) -> Radiologist | None:
    """Return the reader who is to be rung for a pool, or None: it has no rota, or nobody is on duty."""
    return directory.radiologists.get(holder(directory, pool.oncall, shifts, at) or "")


def phones_first(directory: Directory, desk: Desk, shifts: Shifts, at: datetime) -> tuple[DeskPhone, ...]:
    """Return the telephones that ring in a desk's first round: of whoever is on duty, or all where nobody is."""
    staff = directory.staff.get(holder(directory, desk.rota, shifts, at) or "")
    mine = tuple(one for one in desk.phones if staff is not None and one.who == staff.name)
    return mine or desk.phones


def rotas_of(directory: Directory, facility: Facility) -> dict[str, str]:
    """Return the rotas that a facility depends on, each with where it stands: its ladders, its desks, its pools; by agreements, too."""
    found: dict[str, str] = {}
    policies = dict.fromkeys(rule.policy for rule in facility.ladders())
    for policy in policies:
        for step in policy.steps:
            if step.to in directory.rotas:
                found.setdefault(step.to, "on the ladder")
    for desk_id in dict.fromkeys((facility.desk, *(policy.desk.who for policy in policies))):
        desk = directory.desks.get(desk_id)
        if desk is not None and desk.rota in directory.rotas:
            found.setdefault(desk.rota, desk.name)
    for pool_id in facility.pools():
        pool = directory.pools.get(pool_id)
        if pool is not None and pool.oncall in directory.rotas:
            found.setdefault(pool.oncall, f"readers of the pool {pool.id}")
    return found


def pools_of(directory: Directory, rota_id: str) -> list[Pool]:
    """Return the pools whose readers stand on a rota."""
    return [one for one in directory.pools.values() if one.oncall == rota_id]


def desks_of(directory: Directory, rota_id: str) -> list[Desk]:
    """Return the desks that a rota is for."""
    return [one for one in directory.desks.values() if one.rota == rota_id]


def handed_over(directory: Directory) -> Iterator[Rota]:
    """Yield the rotas at whose changes work is handed over: those of desks and of pools."""
    for rota in directory.rotas.values():
        if pools_of(directory, rota.id) or desks_of(directory, rota.id):
            yield rota
