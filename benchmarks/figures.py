"""Figures of several runs, held against a target.

A rate, a ratio or a start is judged by the median of the runs, shown with the least and the greatest. A percentile is judged
over the samples of all runs together, so that no bad run is outvoted, and shown with the worst run.
"""

from __future__ import annotations

import math
import os
import platform
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum


class Bound(StrEnum):
    """On which side of its target a figure has to lie."""

    AT_LEAST = "≥"
    AT_MOST = "≤"


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure; without a target it is told for comparison only."""

    name: str
    unit: str
    runs: tuple[float, ...]
    bound: Bound | None = None
    target: float = 0.0
    digits: int = 1
    #: The figure over the samples of all runs together, where there are samples.
    pooled: float | None = None

    @classmethod
    def not_measured(cls, name: str, unit: str, bound: Bound, target: float) -> Figure:
        """Return a figure that could not be measured: that is a miss, not a skip."""
        return cls(name, unit, (), bound, target)

    @classmethod
    def of_samples(
        cls, name: str, unit: str, runs: Sequence[Sequence[float]], share: float, bound: Bound | None, target: float
    ) -> Figure:
        """Return a percentile of the samples of all runs together, with each run's own beside it."""
        pooled = percentile([sample for run in runs for sample in run], share)
        return cls(name, unit, tuple(percentile(run, share) for run in runs), bound, target, pooled=pooled)

    @property
    def median(self) -> float:
        """Return the median of the runs."""
        return statistics.median(self.runs)

    @property
    def judged(self) -> float:
        """Return what is held against the target: the figure of all samples, else the median of the runs."""
        return self.median if self.pooled is None else self.pooled

    @property
    def worst(self) -> float:
        """Return the run that is furthest on the wrong side."""
        return min(self.runs) if self.bound is Bound.AT_LEAST else max(self.runs)

    @property
    def missed(self) -> bool:
        """Tell whether the figure lies on the wrong side of the target, or was not measured at all."""
        if self.bound is None:
            return False
        if not self.runs:
            return True
        return self.judged < self.target if self.bound is Bound.AT_LEAST else self.judged > self.target

    def cells(self) -> tuple[str, str, str, str]:
        """Return name, target, figure and verdict as they are shown."""
        target = "" if self.bound is None else f"{self.bound} {self.target:g} {self.unit}".rstrip()
        verdict = "" if self.bound is None else "MISSED" if self.missed else "met"
        if not self.runs:
            return self.name, target, "not measured", verdict
        shown = f"{self._shown(self.judged)} {self.unit}".rstrip()
        return self.name, target, f"{shown} ({self._spread()}, {len(self.runs)} runs)", verdict

    def _spread(self) -> str:
        if self.pooled is None:
            return f"{self._shown(min(self.runs))}–{self._shown(max(self.runs))}"
        return f"all samples; worst run {self._shown(self.worst)}"

    def _shown(self, value: float) -> str:
        return f"{value:,.{self.digits}f}"


def percentile(values: Sequence[float], share: float) -> float:
    """Return the nearest-rank percentile: the least value that ``share`` of all do not exceed."""
    return sorted(values)[max(math.ceil(share * len(values)) - 1, 0)]


def table(figures: Sequence[Figure]) -> str:
    """Return figures as a table of Markdown, whose columns line up."""
    rows = [
        ("figure", "target", "median (min–max), or all samples", "verdict"),
        *(figure.cells() for figure in figures),
    ]
    widths = [max(len(row[place]) for row in rows) for place in range(4)]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    lines.insert(1, "| " + " | ".join("-" * width for width in widths) + " |")
    return "\n".join(lines)


def machine() -> str:
    """Say on what and when it was measured."""
    cores = len(os.sched_getaffinity(0))
    load = os.getloadavg()[0]
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {cores} cores ({platform.machine()}), Python "
        f"{platform.python_version()}, ten million additions in {ten_million_additions():.2f} s, load average {load:.2f} before"
    )


def ten_million_additions() -> float:
    """Return the seconds that ten million additions take: virtual machines of one name differ threefold, by the hour."""
    begun, total = time.perf_counter(), 0
    for number in range(10_000_000):
        total += number
    return time.perf_counter() - begun
