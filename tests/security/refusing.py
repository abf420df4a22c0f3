"""Sends forgeries and replays, and holds what is stored before them against what is stored after them."""

from __future__ import annotations

import http
import random
from collections import Counter
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from tests.flows.stage import Stage
from tests.security.forging import Forgery
from tests.security.wire import Request, Wire, counts, snapshot

#: How many of each kind, on each database; a run adds up what it sent (tally.py).
EVENTS, DICOM, SLACK, TWILIO, LINKS, PAGES = 1400, 500, 1300, 1300, 300, 400
#: No such address, not this method, not this type of body: answered before anybody asks who sent it.
TURNED_AWAY = (404, 405, 415)
OTHER_METHODS = ("GET", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD")
TOLERANCE = 300  #: seconds, of Slack's and of Standard Webhooks' timestamps


def refused(stage: Stage, opened: Wire, forgeries: Iterable[Forgery], number: int) -> Counter[int]:
    """Send so many that reach the check of who sent them: each is refused with 4xx, and every row is as before.

    What is turned away before that check (404, 405, 415) is sent, refused and left out of the count.
    """
    before = snapshot(stage)
    outside = (len(stage.workspace.traffic), len(stage.exchange.calls), len(stage.exchange.messages))
    statuses: Counter[int] = Counter()
    let_in = []
    for forgery in forgeries:
        status = opened.send(forgery.request).status
        statuses[status] += 1
        if not 400 <= status < 500:
            let_in.append(f"{status} to {forgery.what}: {forgery.request}")
        if reached_the_check(statuses) == number:
            break
    assert let_in == [], f"{len(let_in)} of {number}, the first: {let_in[0][:1500]}"
    after = snapshot(stage)
    assert counts(after) == counts(before)
    assert after == before
    assert outside == (len(stage.workspace.traffic), len(stage.exchange.calls), len(stage.exchange.messages))
    assert reached_the_check(statuses) == number
    return statuses


def reached_the_check(statuses: Counter[int]) -> int:
    """Return how many were refused by who sent them, and not by where, how or as what they were sent."""
    return sum(count for status, count in statuses.items() if status not in TURNED_AWAY)


def nothing_changes(stage: Stage, opened: Wire, requests: Iterable[Request], accepted: Callable[[int], bool]) -> None:
    """Send requests again, byte for byte: each is accepted, and every row of every table is as before."""
    before = snapshot(stage)
    for request in requests:
        assert accepted(opened.send(request).status), request
    assert snapshot(stage) == before


def is_ok(status: int) -> bool:
    """Tell whether it is 200."""
    return status == http.HTTPStatus.OK


def sent(url: str, headers: dict[str, str], body: bytes, method: str = "POST") -> Request:
    """Return a request that a client of the sandbox made."""
    return Request(method, urlsplit(url).path, tuple((name.lower(), value) for name, value in headers.items()), body)


def ages(chance: random.Random) -> int:
    """Return how much too late or too early, in seconds."""
    return chance.choice([-1, 1]) * chance.choice([TOLERANCE + 20, 2 * TOLERANCE, 86_400, 10_000_000])


def seed(stage: Stage, kind: str) -> str:
    """Return what the forgeries of a kind are drawn from: others on each database."""
    return f"{kind} on {database_of(stage)}"


def database_of(stage: Stage) -> str:
    """Return which kind of database a story runs on."""
    return stage.service.store.database.url.get_backend_name()
