"""A tiny server on loopback that answers as it is told, also not at all."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from tests.contract.document import FORM, document

ACCOUNT = "AC" + "0" * 32
CALL = "CA" + "1" * 32
MESSAGE = "SM" + "2" * 32
#: A path under which the interface is served, as a proxy may do.
PREFIX = "/prefix"
RECORDING = "RE" + "3" * 32


@dataclass(frozen=True)
class Canned:
    """One answer; status 0 drops the connection, -1 says nothing until the test ends."""

    status: int = 200
    body: object = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Seen:
    method: str
    path: str
    form: Mapping[str, list[str]]
    authorization: str


class FakeTwilio:
    def __init__(self) -> None:
        self.answers: list[Canned] = []
        self.seen: list[Seen] = []
        #: What was asked otherwise than the telephone company's document describes.
        self.violations: list[str] = []
        self.over = threading.Event()
        self.url = ""

    def will(self, status: int = 200, body: object = None, headers: Mapping[str, str] | None = None) -> None:
        """Queue an answer."""
        self.answers.append(Canned(status, {} if body is None else body, headers or {}))


def call(
    *,
    status: str = "queued",
    created: str = "Mon, 24 Nov 2025 10:00:00 +0000",
    sid: str = CALL,
    direction: str = "outbound-api",
    parent: str | None = None,
) -> dict[str, object]:
    return {
        "sid": sid,
        "to": "+12025550111",
        "status": status,
        "date_created": created,
        "answered_by": None,
        "direction": direction,
        "parent_call_sid": parent,
    }


def page(name: str, *rows: dict[str, object]) -> dict[str, object]:
    return {name: list(rows), "page": 0, "page_size": 20, "next_page_uri": None, "uri": "/"}


def _handler(fake: FakeTwilio) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0"))).decode()
            fake.seen.append(Seen(self.command, self.path, parse_qs(body), self.headers.get("authorization", "")))
            asked, kind = urlsplit(self.path), self.headers.get("content-type", FORM)
            path = asked.path.removeprefix(PREFIX)
            fake.violations += document().request(self.command, path, asked.query, body.encode(), kind)
            canned = fake.answers.pop(0)
            if canned.status <= 0:
                if canned.status < 0:
                    fake.over.wait(10)
                self.close_connection = True
                return
            content = canned.body if isinstance(canned.body, bytes) else json.dumps(canned.body).encode()
            self.send_response(canned.status)
            for name, value in canned.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(content)))
            self.send_header("connection", "close")
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_DELETE = _answer  # noqa: N815 - the library's names

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    return Handler


@contextmanager
def serving() -> Iterator[FakeTwilio]:
    fake = FakeTwilio()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(fake))
    fake.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield fake
    finally:
        fake.over.set()
        server.shutdown()
        thread.join()
        server.server_close()
    assert not fake.violations, f"not as the telephone company's document says: {fake.violations}"


def closed_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
