"""What can go wrong between the product and Slack, switched on by a test or by the page."""

from __future__ import annotations

import threading
from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """What happens to one request."""

    outage: bool = False  #: HTTP 503, nothing done
    retry_after: int = 0  #: HTTP 429 with this many seconds, nothing done
    lose_answer: bool = False  #: done, then the connection closes without an answer
    delay: float = 0.0  #: seconds on the timeline before the answer


class Faults:
    """The faults in force; each request takes its own with ``take``."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._outage = False
        self._limited = 0
        self._retry_after = 1
        self._lost = 0
        self._delay = 0.0

    def outage(self, on: bool) -> None:
        """Answer every API request with 503 until told otherwise."""
        with self._lock:
            self._outage = on

    def rate_limit(self, count: int, retry_after: int = 1) -> None:
        """Refuse the next ``count`` requests with 429 and this Retry-After."""
        with self._lock:
            self._limited, self._retry_after = count, retry_after

    def lost_answer(self, count: int = 1) -> None:
        """Do what the next ``count`` requests ask, then close their connections without an answer."""
        with self._lock:
            self._lost = count

    def slow(self, seconds: float) -> None:
        """Hold every answer back this long on the timeline; 0 ends it."""
        with self._lock:
            self._delay = seconds

    def clear(self) -> None:
        """End all of them."""
        with self._lock:
            self._outage, self._limited, self._lost, self._delay = False, 0, 0, 0.0

    def take(self) -> Fault:
        """Return what happens to the request at hand, and count it off."""
        with self._lock:
            if self._outage:
                return Fault(outage=True)
            if self._limited > 0:
                self._limited -= 1
                return Fault(retry_after=self._retry_after)
            lose = self._lost > 0
            self._lost -= lose
            return Fault(lose_answer=lose, delay=self._delay)
