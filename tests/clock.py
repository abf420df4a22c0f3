"""Time and chance that a test decides."""

from __future__ import annotations

import random
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


class ManualClock:
    """A clock that moves only when it is told."""

    def __init__(self, now: datetime = NOON) -> None:
        self._now = now

    def now(self) -> datetime:
        """Return the instant."""
        return self._now

    def advance(self, duration: timedelta) -> datetime:
        """Move on, never back, and return the new instant."""
        if duration < timedelta(0):
            raise ValueError("time is not turned back")
        self._now += duration
        return self._now

    def advance_to(self, instant: datetime) -> datetime:
        """Move on to an instant; one that has passed changes nothing."""
        self._now = max(self._now, instant)
        return self._now


class SeededChance:
    """Values that look unguessable and are the same in every run."""

    def __init__(self, seed: int | str = 0) -> None:
        self._random = random.Random(seed)

    def token(self) -> str:
        """Return a token of 128 bits."""
        return urlsafe_b64encode(self._random.getrandbits(128).to_bytes(16, "big")).decode().rstrip("=")

    def digits(self, count: int, alphabet: str) -> str:
        """Return digits drawn from an alphabet."""
        return "".join(self._random.choice(alphabet) for _ in range(count))
