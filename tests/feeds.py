"""A calendar feed on loopback that a test can change, break and look at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.sandbox.workspace_stage import served

SECRET_PATH = "private-3f9c2b"


@dataclass
class Feed:
    """What the feed answers now."""

    url: str = ""
    body: str | bytes = ""
    status: int = 200
    asked: int = 0

    def answer(self, _request: Request) -> Response:
        """Answer as it is set to."""
        self.asked += 1
        return Response(self.body, self.status, media_type="text/calendar")


def calendar(*events: str) -> str:
    """Return a calendar of events, each its lines."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN"]
    for event in events:
        lines += ["BEGIN:VEVENT", *event.splitlines(), "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""])


def shift(title: str, begins: str, ends: str, *more: str, uid: str = "", zone: str = "America/Chicago") -> str:
    """Return an event's lines; times are local, as ``20260601T190000``."""
    when = [f"DTSTART;TZID={zone}:{begins}", f"DTEND;TZID={zone}:{ends}"]
    return "\n".join([f"UID:{uid or title}-{begins}", f"SUMMARY:{title}", *when, *more])


@contextmanager
def feeding() -> Iterator[Feed]:
    """Serve a feed."""
    feed = Feed()
    with served(Starlette(routes=[Route(f"/{SECRET_PATH}.ics", feed.answer)])) as url:
        feed.url = f"{url}/{SECRET_PATH}.ics"
        yield feed
