"""Turnaround clocks: what starts one, what stops it, and the pauses in which it does not run.

A clock's span is its working time and its paused time, and nothing else. Pauses may overlap, begin before the clock or
outlast it: they are merged and clipped to its span, so no minute counts twice and none is negative.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

NOTHING = timedelta(0)


class ClockStart(StrEnum):
    """What starts a site's clocks; where that instant is not known, the last image does, else the study's arrival."""

    ORDER = "order"
    LAST_IMAGE = "last_image"  # so a PACS's wait for stability is inside the clock
    RECEIVED = "received"
    READY = "ready"  # until then the clock counts from the last image: no read is without a due instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """How much of a read's target may go by, in percent, while nobody has it: then somebody more is told, each in turn."""

    #: Whoever is on call is rung, for a stroke or a trauma.
    phone: int = 20
    #: The pool's channel is called.
    pool: int = 50
    #: The desk is asked to find a reader.
    desk: int = 80


#: The percentage of its target after which a subspecialty's read is open to general readers, where its agreement says nothing.
GENERAL_AFTER = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """A stretch in which nobody can be expected to read; ``ended`` is None while it lasts."""

    began: datetime
    ended: datetime | None
    reason: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """The clock of one read: its start, its target in working time, its stop once the read is reported, its pauses."""

    started: datetime
    target: timedelta
    stopped: datetime | None = None
    pauses: tuple[Pause, ...] = ()


def span(clock: Clock, now: datetime) -> timedelta:
    """Return how long the clock has been counting, pauses and all; nothing before its start."""
    return max(_end(clock, now) - clock.started, NOTHING)


def paused(clock: Clock, now: datetime) -> timedelta:
    """Return how much of its span it stood still."""
    return sum((until - since for since, until in _merged(clock, _end(clock, now))), NOTHING)


def working(clock: Clock, now: datetime) -> timedelta:
    """Return how much of its span it ran: what a target is held against."""
    return span(clock, now) - paused(clock, now)


def paused_since(clock: Clock) -> datetime | None:
    """Return the beginning of the stretch in which the clock stands still and has not gone on; None when it runs."""
    if clock.stopped is not None or all(one.ended is not None for one in clock.pauses):
        return None
    latest = max(one.began for one in clock.pauses if one.ended is None)
    return list(_merged(clock, max(latest, clock.started) + timedelta.resolution))[-1][0]


def due(clock: Clock) -> datetime:
    """Return the instant at which the target is used up: start, target and the pauses that are over.

    While a pause lasts the instant is that which held when it began; once over, it has moved by exactly that pause.
    """
    still = paused_since(clock)
    end = clock.stopped or still
    if end is None:
        end = max((one.ended for one in clock.pauses if one.ended is not None), default=clock.started)
    return clock.started + clock.target + paused(clock, end)


def left(clock: Clock, now: datetime) -> timedelta:
    """Return the working time that is left until the target, negative when it is over; a pause leaves it as it is."""
    return clock.target - working(clock, now)


def _end(clock: Clock, now: datetime) -> datetime:
    return now if clock.stopped is None else clock.stopped


def _merged(clock: Clock, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Yield the stretches between start and end in which it stands still, in order, none touching the next."""
    held: tuple[datetime, datetime] | None = None
    for since, until in sorted(_clipped(clock.pauses, clock.started, end)):
        if held is None or since > held[1]:
            if held is not None:
                yield held
            held = (since, until)
        else:
            held = (held[0], max(held[1], until))
    if held is not None:
        yield held


def _clipped(pauses: Iterable[Pause], start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    for one in pauses:
        since, until = max(one.began, start), min(end if one.ended is None else one.ended, end)
        if since < until:
            yield since, until
