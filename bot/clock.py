"""The wall clock and real chance: the only places that read either."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime


class WallClock:
    """The time."""

    def now(self) -> datetime:
        """Return the instant, in UTC."""
        return datetime.now(UTC)


class SecretChance:
    """Unguessable values from the operating system."""

    def token(self) -> str:
        """Return 144 bits, URL-safe."""
        return secrets.token_urlsafe(18)

    def digits(self, count: int, alphabet: str) -> str:
        """Return ``count`` digits drawn from ``alphabet``."""
        return "".join(secrets.choice(alphabet) for _ in range(count))
