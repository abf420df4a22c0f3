"""Four servers on loopback that are started once; what each of them serves may change while it runs."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import uvicorn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import ASGIApp, Receive, Scope, Send


class Switch:
    """The application that a server serves; each story puts its own behind it."""

    app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the application of now answer."""
        if self.app is None:
            raise RuntimeError("nothing is served here")
        await self.app(scope, receive, send)


@dataclass
class Servers:
    """The product's server, and those of the stand-ins that it calls: Slack, the telephone exchange, a client's PACS."""

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
