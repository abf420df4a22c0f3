"""Waking other processes on PostgreSQL: a hint that something was committed, lost without harm."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection

import psycopg

CHANNEL = "radrelay"
LISTEN_SECONDS = 5.0
RETRY_SECONDS = 2.0


class Listener:
    """Listens on a connection of its own and calls ``hint`` with what each notification names, until stopped."""

    def __init__(self, url: str, hint: Callable[[Collection[str]], None]) -> None:
        self._url = url.replace("postgresql+psycopg://", "postgresql://", 1)
        self._hint = hint
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="postgresql-listener", daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def stop(self) -> None:
        """End within a few seconds."""
        self._stopping.set()
        self._thread.join(timeout=2 * LISTEN_SECONDS)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._listen()
            except psycopg.Error:
                # The hint is only a hint: the workers look by themselves, too. Try again a little later.
                self._stopping.wait(RETRY_SECONDS)

    def _listen(self) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(f"LISTEN {CHANNEL}")
            while not self._stopping.is_set():
                for heard in connection.notifies(timeout=LISTEN_SECONDS / 10, stop_after=1):
                    self._hint(heard.payload.split())
