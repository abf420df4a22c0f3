"""Rotas that name nobody known, that are used for what they are not for, and hours in which nobody is on duty."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.directory.problems import Marks, Problem, suggestion
from handlers.domain.directory import Desk, Directory
from handlers.domain.oncall import desks_of, pools_of
from handlers.domain.rotas import Rota, RotaKind, gaps
from handlers.domain.standing import Pool

#: So far ahead is looked for hours without anybody.
AHEAD = timedelta(days=14)
_MOST_NAMED = 3
#: What becomes of it where nobody is on duty.
_ELSE = {
    RotaKind.CONTACTS: "a rung is skipped",
    RotaKind.READERS: "an unclaimed stroke or trauma rings the desk instead",
    RotaKind.DESK: "all of the desk's telephones ring from the first round",
}
_WHAT = {RotaKind.CONTACTS: "contact", RotaKind.READERS: "radiologist", RotaKind.DESK: "member of staff"}
#: What happens in hours without anybody.
_WITHOUT = {
    RotaKind.CONTACTS: "a rung is skipped",
    RotaKind.READERS: "nobody is rung for an unclaimed stroke or trauma before the desk is",
    RotaKind.DESK: "all telephones of the desk ring from the first round on",
}


def problems(directory: Directory, marks: Marks, now: datetime) -> Iterator[Problem]:
    """Yield what is wrong with each rota and with each use of one; only warnings depend on ``now``."""
    for rota in directory.rotas.values():
        path = f"rotas.{rota.id}"
        if rota.id in directory.contacts:
            yield marks.error(path, "a contact has this id, too, so a rung would mean both: give the rota another.")
        yield from _people(directory, rota, marks)
        yield from _gaps(rota, marks, now)
        if not _is_used(directory, rota):
            yield marks.warning(path, "nothing uses this: name it in a step's to, a desk's rota or a pool's oncall.")
    for desk in directory.desks.values():
        if desk.rota:
            yield from _desk(directory, desk, marks)
    for pool in directory.pools.values():
        if pool.oncall:
            yield from _pool(directory, pool, marks)


def _people(directory: Directory, rota: Rota, marks: Marks) -> Iterator[Problem]:
    known: Mapping[RotaKind, Mapping[str, object]] = {
        RotaKind.CONTACTS: directory.contacts,
        RotaKind.READERS: directory.radiologists,
        RotaKind.DESK: directory.staff,
    }
    among = known[rota.kind]
    for who in rota.people:
        if who not in among:
            sentence = f'there is no {_WHAT[rota.kind]} "{who}".{suggestion(who, among)}'
            yield marks.error(f"rotas.{rota.id}", sentence)


def _gaps(rota: Rota, marks: Marks, now: datetime) -> Iterator[Problem]:
    if rota.calendar is not None:  # what it says is known to the service only
        return
    begins = now.replace(second=0, microsecond=0)
    found = list(gaps(rota, (), begins, begins + AHEAD))
    if not found:
        return
    words = [f"{_said(rota, since)} to {_said(rota, until)}" for since, until in found[:_MOST_NAMED]]
    more = f" and {len(found) - _MOST_NAMED} more times" if len(found) > _MOST_NAMED else ""
    sentence = f"nobody is on duty from {', '.join(words)}{more}: add somebody, else {_WITHOUT[rota.kind]} then."
    yield marks.warning(f"rotas.{rota.id}", sentence)


def _said(rota: Rota, instant: datetime) -> str:
    return f"{instant.astimezone(ZoneInfo(rota.zone)):%Y-%m-%d %H:%M %Z}"


def _is_used(directory: Directory, rota: Rota) -> bool:
    rules = (rule for facility in directory.facilities.values() for rule in facility.ladders())
    on_ladder = any(step.to == rota.id for rule in rules for step in rule.policy.steps)
    return on_ladder or bool(pools_of(directory, rota.id) or desks_of(directory, rota.id))


def _named(directory: Directory, name: str, kind: RotaKind, marks: Marks, path: str) -> Iterator[Problem]:
    rota = directory.rotas.get(name)
    if rota is None:
        yield marks.error(path, f'there is no rota "{name}".{suggestion(name, directory.rotas)}')
    elif rota.kind is not kind:
        yield marks.error(path, f'the rota "{name}" is for {rota.kind}: name one that is for {kind}.')


def _desk(directory: Directory, desk: Desk, marks: Marks) -> Iterator[Problem]:
    path = f"desks.{desk.id}.rota"
    yield from _named(directory, desk.rota, RotaKind.DESK, marks, path)
    rota, phones = directory.rotas.get(desk.rota), {phone.who for phone in desk.phones}
    for who in () if rota is None else rota.people:
        staff = directory.staff.get(who)
        if staff is not None and staff.name not in phones:
            sentence = f"{staff.name} has no phone at this desk, so all of them ring: add one with who: {staff.name}."
            yield marks.warning(path, sentence)


def _pool(directory: Directory, pool: Pool, marks: Marks) -> Iterator[Problem]:
    path = f"pools.{pool.id}.oncall"
    yield from _named(directory, pool.oncall, RotaKind.READERS, marks, path)
    rota = directory.rotas.get(pool.oncall)
    for who in () if rota is None else rota.people:
        reader = directory.radiologists.get(who)
        if reader is not None and who not in pool.members:
            yield marks.error(path, f"{reader.name} is on this rota but not of the pool {pool.id}: add {who} to it.")
        elif reader is not None and not reader.phone:
            yield marks.error(path, f"{reader.name} is on this rota and has no phone that could ring: add phone.")
