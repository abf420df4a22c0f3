"""Weekly hours, in a facility's own zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """Weekly hours in a facility's own zone; a window whose end is not after its start runs past midnight."""

    days: tuple[int, ...]  #: Monday is 0
    start: time
    end: time

    def contains(self, local: datetime) -> bool:
        """Tell whether a local instant lies inside the window."""
        at = local.time()
        if self.start < self.end:
            return local.weekday() in self.days and self.start <= at < self.end
        if at >= self.start:
            return local.weekday() in self.days
        return at < self.end and (local.weekday() - 1) % 7 in self.days
