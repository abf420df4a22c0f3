"""Turnaround figures: how long reads took, counted in working time, by class."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from handlers.domain.cards import ClassFigures
from handlers.domain.classes import Priority


class Span(StrEnum):
    """How far back figures may look."""

    DAY = "24h"
    WEEK = "7d"
    MONTH = "30d"

    @property
    def length(self) -> timedelta:
        """Return how long it is."""
        return {Span.DAY: timedelta(days=1), Span.WEEK: timedelta(days=7), Span.MONTH: timedelta(days=30)}[self]


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedRead:
    """A read that a report ended: how long its clock ran and stood still, and the target it had."""

    priority: Priority
    working: timedelta
    paused: timedelta
    target: timedelta


def percentile(ordered: Sequence[timedelta], percent: int) -> timedelta:
    """Return the nearest-rank percentile: the smallest value that at least ``percent`` % of all do not exceed.

    It is always a value that occurred, never one between two. ``ordered`` ascends and is not empty; ``percent`` is from
    1 to 100.
    """
    rank = -(-percent * len(ordered) // 100)  # rounded up, in whole numbers
    return ordered[rank - 1]


def by_class(reads: Iterable[EndedRead]) -> tuple[ClassFigures, ...]:
    """Return the figures of each class that has a read, most urgent first."""
    groups: dict[Priority, list[EndedRead]] = {priority: [] for priority in Priority}
    for read in reads:
        groups[read.priority].append(read)
    return tuple(_figures(priority, group) for priority, group in groups.items() if group)


def _figures(priority: Priority, reads: Sequence[EndedRead]) -> ClassFigures:
    took = sorted(read.working for read in reads)
    targets = {read.target for read in reads}
    return ClassFigures(
        priority=priority.value,
        ended=len(reads),
        in_target=sum(read.working <= read.target for read in reads),
        paused=sum(read.paused > timedelta(0) for read in reads),
        p50=percentile(took, 50),
        p90=percentile(took, 90),
        p95=percentile(took, 95),
        shortest_target=min(targets),
        longest_target=max(targets),
    )
