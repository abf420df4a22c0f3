"""Time that stands still: a clock that is moved from one due instant to the next, until everything is quiet.

Stories and simulated nights use it: hours pass in milliseconds, and nothing that falls due is passed over.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

#: Nothing needs more rounds than this to become quiet; more is a loop.
MOST_ROUNDS = 10_000


class Clock:
    """A clock that stands still until it is moved; it begins now, unless it is about another day."""

    def __init__(self, begins: datetime | None = None) -> None:
        self.instant = begins or datetime.now(UTC).replace(microsecond=0)

    def now(self) -> datetime:
        """Return the instant."""
        return self.instant

    __call__ = now


class Motion:
    """Moves a clock.

    Args:
        clock: what is moved.
        work: does what can be done at the clock's instant and returns how many things that were.
        upcoming: the instants at which somebody has something to do next; None where there is nothing.
    """

    def __init__(
        self, clock: Clock, *, work: Callable[[], int], upcoming: Callable[[], tuple[datetime | None, ...]]
    ) -> None:
        self._clock = clock
        self._work = work
        self._upcoming = upcoming

    def settle(self) -> None:
        """Let everything that can happen now happen; what never becomes quiet raises AssertionError."""
        for _ in range(MOST_ROUNDS):
            if not self._work():
                return
        raise AssertionError("this does not become quiet")

    def advance(self, until: datetime) -> None:
        """Move on to an instant, from one due instant to the next; what was due before then has happened."""
        self.settle()
        for _ in range(MOST_ROUNDS):
            due = [one for one in self._upcoming() if one is not None and one > self._clock.instant]
            following = min(due, default=until)
            if following > until:
                break
            self._clock.instant = following
            self.settle()
            if following == until:
                break
        self._clock.instant = until
        self.settle()
