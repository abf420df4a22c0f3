"""Who is on duty: asked by ladders, desks and ``/oncall``, with the directory's rotas as they are now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from handlers import people
from handlers.domain import oncall, rotas
from handlers.domain.directory import Contact, Desk, DeskPhone, Directory, Facility
from handlers.domain.errors import Rejection
from handlers.domain.policies import EscalationPolicy
from handlers.domain.rotas import CalendarCopy
from handlers.ports import House, Reading

NOBODY = "nobody"


def shifts(look: Reading, directory: Directory) -> oncall.Shifts:
    """Return what the calendars of the directory's rotas say, by their last good copies."""
    with_feed = tuple(one.id for one in directory.rotas.values() if one.calendar is not None)
    return {copy.id: copy.shifts for copy in look.all(CalendarCopy, id=with_feed)} if with_feed else {}


def contact(look: Reading, directory: Directory, rota_id: str) -> Contact | None:
    """Return the contact whom a rung of a rota calls now, or None where nobody is on duty."""
    return oncall.contact_on_duty(directory, rota_id, shifts(look, directory), look.now)


def phones(look: Reading, directory: Directory, desk: Desk, *, first_round: bool) -> tuple[DeskPhone, ...]:
    """Return which telephones of a desk ring: in the first round that of whoever is on duty, then all."""
    if not first_round or not desk.rota:
        return desk.phones
    return oncall.phones_first(directory, desk, shifts(look, directory), look.now)


def resolved(look: Reading, directory: Directory, policy: EscalationPolicy) -> EscalationPolicy:
    """Return a ladder as it would be climbed now: whoever is on duty in place of a rota; one with nobody stays."""
    on_duty = {one: contact(look, directory, one) for one in {step.to for step in policy.steps} & set(directory.rotas)}
    found = {rota: one.id for rota, one in on_duty.items() if one is not None}
    return replace(policy, steps=tuple(replace(step, to=found.get(step.to, step.to)) for step in policy.steps))


def oncall_lines(house: House, facility_id: str, when: str, slack_user: str) -> Sequence[str]:
    """Say who is on duty for a facility (``/oncall``), now or at a time in its zone, until when, and who follows."""
    directory = house.directory()
    people.name_of(directory, slack_user)
    facility = directory.facilities.get(facility_id)
    mine = [one for one in directory.facilities if people.roles_at(directory, slack_user, one)]
    if facility is None or facility_id not in mine:
        yours = f" Yours: {', '.join(sorted(mine))}." if mine else ""
        raise Rejection("unknown_facility", f"There is no such facility, or you may not see its cases.{yours}")
    now = house.clock.now()
    at = rotas.when_asked(when, facility.zone, now) if when else now
    if at is None:
        raise Rejection(
            "bad_time",
            "That is not a time. Write it in the facility's zone: `2026-12-25 18:00`, `tomorrow 07:00`, `18:00`, `now`, "
            "or a day alone, which is its 00:00.",
        )
    used = oncall.rotas_of(directory, facility)
    if not used:
        return (f"{facility.alias} has no rota: its ladders, its desk and its pool are the same at all hours.",)
    with house.memory.reading() as look:
        known = shifts(look, directory)
        failing = _failing(look, directory, facility)
    title = f"{facility.alias}, {_said(facility, at)}:"
    lines = (
        _line(directory, facility, rota_id, where, known.get(rota_id, ()), at) + failing.get(rota_id, "")
        for rota_id, where in used.items()
    )
    return (title, *lines)


def _failing(look: Reading, directory: Directory, facility: Facility) -> dict[str, str]:
    """Return what is said of each rota whose calendar cannot be read, or was not read yet: nobody may mean unknown."""
    with_feed = [one.id for one in directory.rotas.values() if one.calendar is not None]
    copies = {copy.id: copy for copy in look.all(CalendarCopy, id=tuple(with_feed))} if with_feed else {}
    found = {}
    for rota_id in with_feed:
        copy = copies.get(rota_id)
        if copy is None:
            found[rota_id] = " (its calendar was not read yet)"
        elif copy.failing_since is not None:
            kept = "its last good copy is used" if copy.shifts else "there is no copy of it"
            found[rota_id] = f" (its calendar cannot be read since {_said(facility, copy.failing_since)}; {kept})"
    return found


def _line(
    directory: Directory, facility: Facility, rota_id: str, where: str, held: Sequence[rotas.Shift], at: datetime
) -> str:
    rota = directory.rotas[rota_id]
    found = rotas.duty(rota, held, at)
    until = (
        ""
        if found.until is None
        else f" until {_said(facility, found.until)}, then {_name(directory, rota, found.then)}"
    )
    return f"{rota_id} ({where}): {_name(directory, rota, found.who)}{until}"


def _name(directory: Directory, rota: rotas.Rota, who: str | None) -> str:
    found = oncall.person(directory, rota, who)
    return NOBODY if found is None else found.name


def _said(facility: Facility, at: datetime) -> str:
    return at.astimezone(ZoneInfo(facility.zone)).strftime("%a %Y-%m-%d %H:%M %Z")
