"""Reads rotas: people in turn, and whoever stands in for them."""

from __future__ import annotations

import re
from datetime import datetime

from bot.directory import scalars
from bot.directory.nodes import Entry, Value
from bot.directory.people import day, identifier, names
from bot.directory.problems import Unfit
from bot.directory.scalars import each, lifted, opened
from handlers.domain.rotas import Feed, Override, Rota, RotaKind, Rotation, plain_title

_DAYS = {"d": 1, "w": 7}
_LONGEST = 366
_WEEK = 7


def rota(name: str, entry: Entry) -> Rota:
    """Read a rota."""
    found = Rota(
        id=name,
        kind=entry.need("for", lifted(scalars.choice(RotaKind))),
        zone=entry.need("zone", lifted(scalars.zone)),
        rotation=entry.get("rotation", opened(_rotation), None),
        overrides=entry.get("overrides", each(opened(_override)), ()),
        calendar=entry.get("calendar", opened(_calendar), None),
    )
    if all(entry.find(key) is None for key in ("rotation", "overrides", "calendar")):
        entry.missing("a rota names people: add rotation, overrides or calendar.")
    return found


def _rotation(entry: Entry) -> Rotation:
    people = entry.need("people", names)
    if people == ():
        entry.missing("nobody takes turns here: name people.")
    return Rotation(
        people=people,
        begins=entry.need("begins", day),
        at=entry.need("at", lifted(scalars.clock)),
        days=entry.get("every", lifted(_every), _WEEK),
    )


def _every(written: str) -> int:
    """Return how many days a turn lasts: ``1d``, ``2w``."""
    match = re.fullmatch(r"([0-9]{1,3})([dw])", written)
    days = int(match[1]) * _DAYS[match[2]] if match else 0
    if not 1 <= days <= _LONGEST:
        raise Unfit(f'"{written}" is not how long a turn lasts: write whole days or weeks, as in 1d or 2w.')
    return days


def _calendar(entry: Entry) -> Feed:
    return Feed(url_env=entry.need("url_env", lifted(scalars.environment_name)), names=entry.need("names", _titles))


def _titles(value: Value) -> dict[str, str]:
    """Read which title of an event means whom."""
    first: dict[str, str] = {}
    with value.entry() as entry:
        found = entry.pairs()
        if not found:
            raise Unfit("no title means anybody here: write whom the title of an event means, as in {Night: lee}.")
        for title in found:
            alike = first.setdefault(plain_title(title), title)
            if alike != title:
                entry.missing(f'"{alike}" and "{title}" are the same title, capitals and spaces aside: keep one.')
        return {title: who.read(identifier) for title, who in found.items()}


def _override(entry: Entry) -> Override:
    begins, ends = entry.need("from", _local), entry.need("to", _local)
    if begins is not None and ends is not None and ends <= begins:
        entry.missing("this ends before it begins, or when: swap from and to.")
    return Override(who=entry.need("who", identifier), begins=begins, ends=ends)


def _local(value: Value) -> datetime:
    """Read a local time such as ``2026-12-24 18:00``; ``24:00`` is the next midnight's, so it is not one."""
    written = value.text()
    on, _, at = written.replace("T", " ").partition(" ")
    if not re.fullmatch(r"[0-9]{2}:[0-9]{2}", at) or at == "24:00":
        raise Unfit(f'"{written}" is not a local time: write "2026-12-24 18:00", in the rota\'s zone.')
    return datetime.combine(scalars.day(on), scalars.clock(at))
