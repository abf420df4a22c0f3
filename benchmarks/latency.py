"""How long after a 202 its card is asked for at Slack, and after a finding's 202 its call at Twilio.

One event a second for each channel, over several channels at once; `radrelay serve` on SQLite is the product. Each run has
sites and channels of its own: first studies, whose cards are awaited, then a finding on each, whose calls are awaited.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from contextlib import ExitStack
from urllib.parse import parse_qs

from benchmarks import events, ground, vendors
from benchmarks.figures import Bound, Figure
from benchmarks.load import ACCEPTED, Answer
from benchmarks.vendors import Arrived, Vendors

CHANNELS = 4
TARGET_MS = 50.0
#: How long the last card or call is awaited.
PATIENCE = 10.0


class Line:
    """One keep-alive connection to the product."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection((ground.LOOPBACK, port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, request: bytes) -> float:
        """Send a request and return the instant at which its 202 had come."""
        self._socket.sendall(request)
        answer, status = Answer(), None
        while status is None:
            status = answer.take(self._socket.recv(65536))
        at = time.perf_counter()
        if status != ACCEPTED:
            raise AssertionError(f"an event was answered {status}")
        return at

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


def measure(runs: int, *, quick: bool) -> list[Figure]:
    """Measure cards and calls, in turn."""
    seconds = 5 if quick else 15
    cards: list[list[float]] = []
    calls: list[list[float]] = []
    with ExitStack() as held:
        stand_in = held.enter_context(vendors.serving())
        contacts = (runs + 1) * CHANNELS * seconds
        here = held.enter_context(ground.ground(sites=(runs + 1) * CHANNELS, contacts=contacts, vendors=stand_in.url))
        ours = here.with_settings(**ground.on_port(ground.free_port()))
        log = here.folder / "serve.log"
        held.enter_context(ground.process([*ground.RADRELAY, "serve"], ours, log, "/readyz"))
        line = Line(int(ours["RADRELAY_PORT"]))
        held.callback(line.close)
        _run(line, stand_in, runs, 2, runs * CHANNELS * seconds)  # warm-up: the run whose figures nobody sees
        for run in range(runs):
            of_cards, of_calls = _run(line, stand_in, run, seconds, run * CHANNELS * seconds)
            cards.append(of_cards)
            calls.append(of_calls)
    samples = CHANNELS * seconds
    return [
        *_figures(f"latency: accepted → card at Slack, {samples} a run", cards),
        *_figures(f"latency: finding accepted → call at Twilio, {samples} a run", calls),
    ]


def _figures(name: str, runs: list[list[float]]) -> list[Figure]:
    return [
        Figure.of_samples(f"{name}, p95", "ms", runs, 0.95, Bound.AT_MOST, TARGET_MS),
        Figure.of_samples("  its p50", "ms", runs, 0.50, None, 0.0),
        Figure.of_samples("  its greatest", "ms", runs, 1.0, None, 0.0),
    ]


def _run(line: Line, stand_in: Vendors, run: int, seconds: int, first_person: int) -> tuple[list[float], list[float]]:
    """Send studies, then findings; return milliseconds from each 202 to its first request at the vendor."""
    places = [(run * CHANNELS + place, second) for second in range(seconds) for place in range(CHANNELS)]
    # Of one length, since a card is recognized by the key that it holds; numbers of their own, since none is called twice.
    keys = {(site, second): f"s{site:03}n{second:03}" for site, second in places}
    person = {key: first_person + index for index, key in enumerate(keys.values())}

    def study(site: int, key: str) -> bytes:
        event = events.study(f"site{site}", key, ordering_contact=ground.contact(person[key]))
        return events.request(event, f"study-{key}")

    def finding(site: int, key: str) -> bytes:
        return events.request(events.finding(f"site{site}", key), f"finding-{key}")

    accepted = _every_second(line, places, keys, study)
    cards = _awaited(stand_in, {events.shown(key): key for key in keys.values()}, _card, accepted)
    reported = _every_second(line, places, keys, finding)
    calls = _awaited(stand_in, {ground.number(person[key]): key for key in keys.values()}, _dialed, reported)
    return cards, calls


def _every_second(
    line: Line,
    places: list[tuple[int, int]],
    keys: dict[tuple[int, int], str],
    make: Callable[[int, str], bytes],
) -> dict[str, float]:
    """Send one event a second for each site, the sites spread over the second; return when each was accepted."""
    start = time.perf_counter() + 0.1
    accepted = {}
    for place, (site, second) in enumerate(places):
        key = keys[site, second]
        request = make(site, key)
        time.sleep(max(0.0, start + second + place % CHANNELS / CHANNELS - time.perf_counter()))
        accepted[key] = line.send(request)
    return accepted


def _awaited(
    stand_in: Vendors,
    wanted: dict[str, str],
    sign: Callable[[Arrived, dict[str, str]], str | None],
    accepted: dict[str, float],
) -> list[float]:
    """Wait until each event has had its first request at the vendor; return the milliseconds from its 202 to that."""
    until = time.perf_counter() + PATIENCE
    first: dict[str, float] = {}
    while time.perf_counter() < until:
        for one in tuple(stand_in.arrived):
            key = sign(one, wanted)
            if key is not None:
                first.setdefault(key, one.at)
        if len(first) == len(accepted):
            return [(first[key] - at) * 1000 for key, at in accepted.items()]
        time.sleep(0.05)
    raise AssertionError(f"{len(accepted) - len(first)} of {len(accepted)} events never reached the vendor")


def _card(one: Arrived, wanted: dict[str, str]) -> str | None:
    if one.path != "/api/chat.postMessage" or "thread_ts" in one.body:
        return None
    return next((key for words, key in wanted.items() if words in one.body), None)


def _dialed(one: Arrived, wanted: dict[str, str]) -> str | None:
    if not one.path.endswith("/Calls.json"):
        return None
    return wanted.get(parse_qs(one.body).get("To", [""])[0])
