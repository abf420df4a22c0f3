"""One night from its beginning to its end."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from benchmarks.night.arrivals import arrivals
from benchmarks.night.law import Law
from benchmarks.night.oracle import complaints
from benchmarks.night.people import AtDesk, AtWork
from benchmarks.night.seen import look_back
from benchmarks.night.sites import Sites
from benchmarks.night.summary import summary
from benchmarks.night.town import BEGINS, HOURS, town
from benchmarks.night.world import world

#: After the last hour whoever holds a read finishes it.
FINISHING = 1
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Size:
    """How large a night is."""

    studies: int = 500
    readers: int = 12
    facilities: int = 60


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of a night: its summary, the actions of its record in order, and what was not as it must be."""

    summary: str
    actions: tuple[str, ...]
    complaints: tuple[str, ...]


def live_through(
    seed: int, size: Size, database_url: str, folder: Path, on_hour: Callable[[datetime], object] = lambda _: None
) -> Told:
    """Live through one night on an empty database; ``on_hour`` is called with each hour that has passed."""
    chance = random.Random(seed)
    place = town(chance, facilities=size.facilities, readers=size.readers)
    sent = arrivals(chance, place, size.studies)
    with world(place, seed, database_url, folder) as opened:
        sites = Sites(opened)
        for one in sent:
            sites.expect(one)
        people = [AtWork(opened, chance, reader) for reader in place.readers]
        for person in people:
            person.begin()
        AtDesk(opened).begin()
        for hour in range(1, HOURS + FINISHING + 1):
            opened.motion.advance(BEGINS + hour * _HOUR)
            on_hour(opened.clock.now())
        seen, law = look_back(opened, sent), Law(place.directory)
        return Told(
            summary=summary(seen, place, law, people),
            actions=tuple(str(entry["action"]) for entry in seen.entries),
            complaints=tuple(complaints(seen, law, opened, sent, people)),
        )
