"""What is left of a story once it is over, and has to go: FastAPI keeps more than it needs."""

from __future__ import annotations

from fastapi.dependencies import models


def forget_endpoints() -> None:
    """Let FastAPI forget the endpoints of a story: through them it would keep whole services, and tests would crawl."""
    for kept in vars(models).values():
        if hasattr(kept, "cache_clear"):
            kept.cache_clear()
