"""How long each reader was at work and held nothing, and whether anything waited meanwhile that they may read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from benchmarks.night.law import Law, Work
from benchmarks.night.seen import Seen, Span
from benchmarks.night.town import Reader
from handlers.domain.studies import Read

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Idle:
    """Time on shift with nothing held."""

    #: Nothing was open that they may read.
    nothing_waited: timedelta
    #: Something was: a pause, a coffee, the seconds until a card is seen.
    between: timedelta


def idleness(seen: Seen, law: Law, readers: Sequence[Reader]) -> dict[str, Idle]:
    """Return each reader's idle time, by the record."""
    held = seen.held()
    waited = [
        (piece, seen.works[read])
        for read, spans in seen.opened().items()
        for span in spans
        for piece in _by_day(span, law, seen.works[read])
    ]
    return {one.id: _idle(one, held.get(one.id, []), waited, law) for one in readers}


def beside_idle(seen: Seen, law: Law, readers: Sequence[Reader], reads: Iterable[Read], patience: timedelta) -> int:
    """Count the reads that waited longer than ``patience`` at a stretch while somebody who may read them held nothing."""
    held, opened = seen.held(), seen.opened()
    idle = {one.id: list(without((one.begins, one.ends), held.get(one.id, []))) for one in readers}
    return sum(
        any(
            end - begun > patience
            for span in opened.get(read.id, [])
            for one in readers
            if not law.broken(one.id, seen.works[read.id], span[0])
            for begun, end in shared(span, idle[one.id])
        )
        for read in reads
    )


def shared(span: Span, others: Iterable[Span]) -> Iterator[Span]:
    """Yield what a span has in common with others that do not overlap each other."""
    for begun, ended in others:
        if max(begun, span[0]) < min(ended, span[1]):
            yield max(begun, span[0]), min(ended, span[1])


def _idle(reader: Reader, held: list[Span], waited: list[tuple[Span, Work]], law: Law) -> Idle:
    idle = list(without((reader.begins, reader.ends), held))
    mine = [span for span, work in waited if not law.broken(reader.id, work, span[0])]
    nothing = [piece for span in idle for piece in without(span, mine)]
    return Idle(length(nothing), length(idle) - length(nothing))


def _by_day(span: Span, law: Law, work: Work) -> Iterator[Span]:
    """Yield a span in pieces that no midnight of the site lies within: what the law says changes there."""
    begin, end = span
    while begin < end:
        local = begin.astimezone(law.zone(work.site))
        midnight = (local.replace(hour=0, minute=0, second=0, microsecond=0) + _DAY).astimezone(begin.tzinfo)
        yield begin, min(midnight, end)
        begin = midnight


def without(span: Span, taken: Iterable[Span]) -> Iterator[Span]:
    """Yield what is left of a span without others, which may overlap."""
    at, end = span
    for begun, ended in sorted(taken):
        if begun >= end:
            break
        if begun > at:
            yield at, begun
        at = max(at, ended)
    if at < end:
        yield at, end


def length(spans: Iterable[Span]) -> timedelta:
    """Return how long spans are together."""
    return sum((end - begin for begin, end in spans), timedelta())
