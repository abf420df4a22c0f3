"""What the stories stand on: a clock that stands still, and four servers on loopback that are started once."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import uvicorn
from fastapi.dependencies import models
from starlette.types import ASGIApp, Receive, Scope, Send


class Clock:
    """A clock that stands still until it is moved; it begins now, unless a story is about another day."""

    def __init__(self, begins: datetime | None = None) -> None:
        self.instant = begins or datetime.now(UTC).replace(microsecond=0)

    def now(self) -> datetime:
        """Return the instant."""
        return self.instant

    __call__ = now


class Switch:
    """The application that a server serves; each story puts its own behind it."""

    app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.app is None:
            raise RuntimeError("nothing is served here")
        await self.app(scope, receive, send)


@dataclass
class Servers:
    """Four servers on loopback, started once."""

    product: Switch = field(default_factory=Switch)
    slack: Switch = field(default_factory=Switch)
    exchange: Switch = field(default_factory=Switch)
    pacs: Switch = field(default_factory=Switch)
    urls: dict[str, str] = field(default_factory=dict)


@contextmanager
def serving() -> Iterator[Servers]:
    """Serve for as long as the body runs."""
    servers = Servers()
    running = []
    for name in ("product", "slack", "exchange", "pacs"):
        listener = socket.create_server(("127.0.0.1", 0))
        config = uvicorn.Config(
            getattr(servers, name), log_config=None, lifespan="off", access_log=False, timeout_graceful_shutdown=1
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        servers.urls[name] = f"http://127.0.0.1:{listener.getsockname()[1]}"
        running.append((server, thread))
    try:
        yield servers
    finally:
        for server, thread in running:
            server.should_exit = True
            thread.join(10)


def forget_endpoints() -> None:
    """Let FastAPI forget the endpoints of a story: through them it would keep whole services, and tests would crawl."""
    for kept in vars(models).values():
        if hasattr(kept, "cache_clear"):
            kept.cache_clear()
