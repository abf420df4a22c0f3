"""Instants and what happens at them, on wall time or on a time that a test moves.

The stand-ins never sleep: ringing, no-answer and late callbacks are timers here. With ``start()`` a thread runs them on
wall time; without it nothing happens until ``run_due()`` is called, which is how the stories advance hours in
milliseconds.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)


def wall_clock() -> datetime:
    """Return the current instant in UTC."""
    return datetime.now(UTC)


class Timer:
    """One thing that will happen; ``cancel`` keeps it from happening."""

    def __init__(self, due: datetime, what: Callable[[], None]) -> None:
        self.due = due
        self.what = what
        self.canceled = False

    def cancel(self) -> None:
        """Keep this timer from running; harmless when it already ran."""
        self.canceled = True


class Timeline:
    """A heap of timers over an injected clock."""

    def __init__(self, now: Callable[[], datetime] = wall_clock) -> None:
        self._now = now
        self._heap: list[tuple[datetime, int, Timer]] = []
        self._order = itertools.count()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._stopping = False

    def now(self) -> datetime:
        """Return the instant this timeline believes it is."""
        return self._now()

    def after(self, seconds: float, what: Callable[[], None]) -> Timer:
        """Run ``what`` when ``seconds`` have passed."""
        return self.at(self.now() + timedelta(seconds=seconds), what)

    def at(self, due: datetime, what: Callable[[], None]) -> Timer:
        """Run ``what`` at ``due``; timers of one instant run in the order in which they were set."""
        timer = Timer(due, what)
        with self._changed:
            heapq.heappush(self._heap, (due, next(self._order), timer))
            self._changed.notify_all()
        return timer

    def next_due(self) -> datetime | None:
        """Return the earliest instant at which something will happen."""
        with self._changed:
            self._drop_canceled()
            return self._heap[0][0] if self._heap else None

    def run_due(self) -> int:
        """Run everything that is due now, in order, and return how many timers ran."""
        ran = 0
        while (timer := self._pop_due()) is not None:
            timer.what()
            ran += 1
        return ran

    def start(self) -> None:
        """Run timers on wall time in a thread until ``stop``."""
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="sandbox-timeline", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread; timers that are not due yet are dropped with the process."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(timeout=10)
            self._thread = None

    def _drop_canceled(self) -> None:
        while self._heap and self._heap[0][2].canceled:
            heapq.heappop(self._heap)

    def _pop_due(self) -> Timer | None:
        with self._changed:
            self._drop_canceled()
            if self._heap and self._heap[0][0] <= self.now():
                return heapq.heappop(self._heap)[2]
        return None

    def _run(self) -> None:
        while not self._stopping:
            timer = self._pop_due()
            if timer is None:
                with self._changed:
                    self._drop_canceled()
                    wait = (self._heap[0][0] - self.now()).total_seconds() if self._heap else None
                    if not self._stopping and (wait is None or wait > 0):
                        self._changed.wait(timeout=wait)
                continue
            try:
                timer.what()
            except Exception:
                log.exception("a sandbox timer failed; the others go on")
