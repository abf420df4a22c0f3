"""Which read is next for whoever asks for one: the urgent to the least open work, the rest by work units.

A pull, never a push: nobody is given a read that they did not ask for, and nobody who asks stays idle while work waits
that they may do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from handlers.domain.classes import Priority
from handlers.domain.worklists import Waiting

#: Classes that go to whoever has the least open work.
URGENT = frozenset({Priority.STROKE, Priority.TRAUMA, Priority.STAT})
#: Classes for which a telephone rings when nobody has them: minutes are brain and blood.
RINGS_A_PHONE = frozenset({Priority.STROKE, Priority.TRAUMA})
#: An urgent read waits for the one with the least open work no longer than this share of its time; then anybody gets it.
YIELDS = 20
#: Among so many that are next by time, work units decide.
WINDOW = 5
#: Work units of one read of a modality: about the relative value units of its usual examinations, a CT of the head as 1.
UNITS: Mapping[str, float] = MappingProxyType(
    {"CT": 1.2, "MR": 1.8, "PT": 2.2, "NM": 1.0, "US": 0.8, "MG": 0.8, "XA": 1.5, "CR": 0.25, "DX": 0.25, "RF": 0.6}
)
OTHER_UNITS = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What somebody has on their hands: reads they hold, and the work units of this shift, held and done."""

    held: int = 0
    units: float = 0.0


def units_of(modality: str) -> float:
    """Return the work units of one read."""
    return UNITS.get(modality, OTHER_UNITS)


def next_read(
    waiting: Sequence[Waiting], mine: Load, colleagues: Mapping[str, Sequence[Load]], now: datetime
) -> Waiting | None:
    """Return the read that is next for one reader, None where nothing waits that they may read.

    Args:
        waiting: the open reads that they may claim, in the worklist's order.
        mine: what they have on their hands.
        colleagues: for each read's id the loads of those at work who may claim it too.
        now: the instant.
    """
    for one in waiting:
        if one.read.priority not in URGENT:
            break
        others = colleagues.get(one.read.id, ())
        if _has_yielded(one, now) or all(mine.held <= load.held for load in others):
            return one
    rest = [one for one in waiting if one.read.priority not in URGENT]
    if not rest:
        return waiting[0] if waiting else None
    loads = [load.units for load in colleagues.get(rest[0].read.id, ())]
    return _balanced(rest, mine.units, loads)


def _has_yielded(one: Waiting, now: datetime) -> bool:
    """Tell whether an urgent read has waited long enough for the one with the least open work; a pause is no wait."""
    return one.read.clock_at(now) >= one.read.at_share(YIELDS)


def _balanced(rest: Sequence[Waiting], mine: float, others: Sequence[float]) -> Waiting:
    """Return, of those of one class that are next by time, the heaviest for whoever did less than most, else the lightest."""
    alike = [one for one in rest[:WINDOW] if one.read.priority is rest[0].read.priority]
    behind = not others or mine <= sum(others) / len(others)
    weighed = sorted(alike, key=lambda one: units_of(one.modality), reverse=behind)
    return weighed[0]
