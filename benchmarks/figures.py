"""Figures: the median of several runs with the least and the greatest, held against a target."""

from __future__ import annotations

import math
import os
import platform
import statistics
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

    @property
    def median(self) -> float:
        """Return the median of the runs."""
        return statistics.median(self.runs)

    @property
    def missed(self) -> bool:
        """Tell whether the median lies on the wrong side of the target."""
        if self.bound is None:
            return False
        return self.median < self.target if self.bound is Bound.AT_LEAST else self.median > self.target

    def cells(self) -> tuple[str, str, str, str]:
        """Return name, target, figure and verdict as they are shown."""
        target = "" if self.bound is None else f"{self.bound} {self.target:g} {self.unit}".rstrip()
        shown = f"{self._shown(self.median)} {self.unit}".rstrip()
        spread = f"({self._shown(min(self.runs))}–{self._shown(max(self.runs))}, {len(self.runs)} runs)"
        verdict = "" if self.bound is None else "MISSED" if self.missed else "met"
        return self.name, target, f"{shown} {spread}", verdict

    def _shown(self, value: float) -> str:
        return f"{value:,.{self.digits}f}"


def percentile(values: Sequence[float], share: float) -> float:
    """Return the nearest-rank percentile: the least value that ``share`` of all do not exceed."""
    return sorted(values)[max(math.ceil(share * len(values)) - 1, 0)]


def table(figures: Sequence[Figure]) -> str:
    """Return figures as a table of Markdown, whose columns line up."""
    rows = [("figure", "target", "median (min–max)", "verdict"), *(figure.cells() for figure in figures)]
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
        f"{platform.python_version()}, load average {load:.2f} before"
    )
