"""Requests as bytes on a kept-alive connection, and what the database holds before and after them."""

from __future__ import annotations

import http.client
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import literal_column, select, text
from sqlmodel import SQLModel

from tests.flows.stage import Stage

Header = tuple[str, str]
#: What a good visit moves on without anything having happened: how long it lives.
SLIDES = {"page_session": {"seen_at", "version"}}
Snapshot = Mapping[str, list[str]]


@dataclass(frozen=True)
class Request:
    """One request, exactly as it is to be sent."""

    method: str
    target: str
    headers: tuple[Header, ...]
    body: bytes = b""

    def header(self, name: str) -> str:
        """Return a header's value."""
        return next(value for key, value in self.headers if key == name)

    def with_header(self, name: str, *values: str) -> Request:
        """Return the request with this header once for each value: none drops it."""
        kept = tuple(pair for pair in self.headers if pair[0] != name)
        return replace(self, headers=(*kept, *((name, value) for value in values)))


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    headers: Mapping[str, str]


class Wire:
    """A connection to the product that is kept."""

    def __init__(self, base: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(base).netloc, timeout=30)

    def send(self, request: Request) -> Answer:
        """Send one request; a connection that the server closed is opened anew."""
        try:
            return self._send(request)
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            self._connection.close()
            return self._send(request)

    def _send(self, request: Request) -> Answer:
        connection = self._connection
        connection.putrequest(request.method, request.target, skip_accept_encoding=True)
        for name, value in request.headers:
            connection.putheader(name, value.encode("latin-1"))
        connection.putheader("content-length", str(len(request.body)))
        connection.endheaders(request.body)
        response = connection.getresponse()
        return Answer(response.status, response.read(), {name.lower(): value for name, value in response.getheaders()})

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


@contextmanager
def wire(stage: Stage) -> Iterator[Wire]:
    """Open a connection for the body."""
    opened = Wire(stage.servers.urls["product"])
    try:
        yield opened
    finally:
        opened.close()


def snapshot(stage: Stage) -> Snapshot:
    """Return every row of every table, once everything is quiet."""
    stage.settle()
    found = {}
    with stage.service.store.database.reading() as connection:
        for table in SQLModel.metadata.sorted_tables:
            query: Any = select(literal_column("*")).select_from(text(f'"{table.name}"'))
            slides = SLIDES.get(table.name, set())
            rows = connection.execute(query).mappings()
            found[table.name] = sorted(
                repr({name: value for name, value in row.items() if name not in slides}) for row in rows
            )
    return found


def counts(seen: Snapshot) -> dict[str, int]:
    """Return how many rows each table has."""
    return {table: len(rows) for table, rows in seen.items()}
