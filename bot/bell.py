"""Waking one of several threads that wait for the same work."""

from __future__ import annotations

import threading


class Bell:
    """Rung as often as anybody likes; whoever waits for it is woken one at a time, and one ring is kept.

    An event would wake all who wait, to find that there is work for one: they would take the interpreter from it.
    """

    def __init__(self) -> None:
        self._rung = False
        self._changed = threading.Condition()

    def ring(self) -> None:
        """Wake one who waits, or the next who will."""
        with self._changed:
            self._rung = True
            self._changed.notify()

    def wait(self, seconds: float) -> None:
        """Return when it is rung, or was since somebody last waited, or after so many seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._rung, seconds)
            self._rung = False
