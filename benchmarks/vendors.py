"""A stand-in for Slack and Twilio that answers at once and stamps when each request had arrived."""

from __future__ import annotations

import asyncio
import itertools
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate

_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Arrived:
    """One request as it came; ``at`` by ``time.perf_counter``."""

    at: float
    path: str
    body: str


@dataclass(slots=True)
class Vendors:
    """Both vendors on one port; their paths differ."""

    url: str = ""
    arrived: list[Arrived] = field(default_factory=list)
    _ids: Iterator[int] = field(default_factory=itertools.count)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection's requests until it ends."""
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode("latin-1").split("\r\n")
                headers = {
                    name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])
                }
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                path = lines[0].split(" ")[1]
                self.arrived.append(Arrived(time.perf_counter(), path, body.decode()))
                writer.write(self._answer(path))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def _answer(self, path: str) -> bytes:
        number = next(self._ids)
        if path.startswith("/api/"):
            status, said = "200 OK", {"ok": True, "channel": "C1", "ts": f"1700000000.{number:06d}", "messages": []}
        else:
            status = "201 Created"
            said = {"sid": f"CA{number:032x}", "status": "ringing", "date_created": formatdate(usegmt=True)}
        body = json.dumps(said).encode()
        head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        return head.encode() + body


@contextmanager
def serving() -> Iterator[Vendors]:
    """Serve in a thread for as long as the body runs."""
    vendors = Vendors()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="vendors", daemon=True)
    thread.start()
    started = asyncio.run_coroutine_threadsafe(asyncio.start_server(vendors.serve, "127.0.0.1", 0, limit=2**20), loop)
    server = started.result(_SECONDS)
    vendors.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield vendors
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_SECONDS)
