"""Being asked to end by a signal, whatever the process does at that moment."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Empty, SimpleQueue


class Shutdown:
    """Whether the process was asked to end.

    A signal's handler runs in the middle of what the main thread does. An ``Event`` would take a lock there that the main
    thread may hold at that moment, while it begins to wait for it, and neither would ever go on. A ``SimpleQueue`` may be
    put to from there: Python's documentation of ``queue`` calls its ``put`` reentrant.
    """

    def __init__(self) -> None:
        self._asked: SimpleQueue[int] = SimpleQueue()

    def ask(self, number: int, _frame: object = None) -> None:
        """Ask; this is the signals' handler."""
        self._asked.put(number)

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until it is asked, or so many seconds; tell whether it was. Asked once, it stays so."""
        try:
            number = self._asked.get(timeout=seconds)
        except Empty:
            return False
        self._asked.put(number)
        return True


@contextmanager
def on_signals() -> Iterator[Shutdown]:
    """Let SIGTERM and SIGINT (Ctrl-C) ask while the body runs, instead of ending it in its midst."""
    shutdown, numbers = Shutdown(), (signal.SIGTERM, signal.SIGINT)
    before = [signal.signal(number, shutdown.ask) for number in numbers]
    try:
        yield shutdown
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
