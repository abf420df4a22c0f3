"""The load: a process of its own that writes signed requests to several keep-alive connections as fast as they answer.

Everything is signed before the clock starts; while it runs, this process only writes, reads and counts, and it says how
much of a core that took.
"""

from __future__ import annotations

import argparse
import json
import re
import selectors
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass

from benchmarks import events

ACCEPTED = "202"
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
_SILENT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Answered:
    """What one run of load got."""

    #: Answers by status, without those of the warm-up.
    statuses: dict[str, int]
    seconds: float
    #: How much of a core the load itself took.
    cores: float
    #: 202s of the warm-up, which are stored, too.
    warmed: int

    @property
    def accepted(self) -> int:
        """Return how many events were answered 202 while the clock ran."""
        return self.statuses.get(ACCEPTED, 0)

    @property
    def rate(self) -> float:
        """Return how many were accepted in a second."""
        return self.accepted / self.seconds


class Answer:
    """Takes the pieces of one HTTP answer until it is whole."""

    def __init__(self) -> None:
        self._pieces = b""

    def take(self, piece: bytes) -> str | None:
        """Return the status when the answer is whole."""
        self._pieces += piece
        end = self._pieces.find(b"\r\n\r\n")
        if end < 0:
            return None
        length = _LENGTH.search(self._pieces[: end + 2])
        if length is None:
            raise ValueError("an answer without Content-Length")
        if len(self._pieces) < end + 4 + int(length[1]):
            return None
        status, self._pieces = self._pieces[9:12].decode(), b""
        return status


def drive(port: int, requests: Iterable[bytes], connections: int) -> Counter[str]:
    """Send requests over so many connections, each as soon as the one before it is answered; count the statuses."""
    left: Iterator[bytes] = iter(requests)
    statuses: Counter[str] = Counter()
    selector = selectors.DefaultSelector()
    for _ in range(connections):
        line = socket.create_connection(("127.0.0.1", port))
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(line, selectors.EVENT_READ, Answer())
        _next(selector, line, left)
    while selector.get_map():
        ready = selector.select(_SILENT_SECONDS)
        if not ready:
            raise TimeoutError(f"no answer for {_SILENT_SECONDS:.0f} s")
        for key, _ in ready:
            line = key.fileobj  # type: ignore[assignment]
            piece = line.recv(65536)
            if not piece:
                raise ConnectionError("the server closed a connection")
            status = key.data.take(piece)
            if status is not None:
                statuses[status] += 1
                _next(selector, line, left)
    selector.close()
    return statuses


def _next(selector: selectors.BaseSelector, line: socket.socket, left: Iterator[bytes]) -> None:
    following = next(left, None)
    if following is None:
        selector.unregister(line)
        line.close()
    else:
        line.sendall(following)


def measure(port: int, *, prefix: str, count: int, warm_up: int, connections: int, facilities: int) -> Answered:
    """Sign ``warm_up`` and ``count`` events of studies, send the first, then time the others."""
    signed = [
        events.request(events.study(f"site{number % facilities}", f"{prefix}-{number}"), f"msg_{prefix}_{number}")
        for number in range(warm_up + count)
    ]
    warmed = drive(port, signed[:warm_up], connections)
    counted = signed[warm_up:]
    busy, start = time.process_time(), time.perf_counter()
    statuses = drive(port, counted, connections)
    seconds = time.perf_counter() - start
    return Answered(dict(statuses), seconds, (time.process_time() - busy) / seconds, warmed[ACCEPTED])


def run(port: int, *, prefix: str, count: int, warm_up: int, connections: int, facilities: int) -> Answered:
    """Measure from a process of its own."""
    asked = {"prefix": prefix, "count": count, "warm-up": warm_up, "connections": connections, "facilities": facilities}
    command = [sys.executable, "-m", "benchmarks.load", "--port", str(port)]
    command += [part for name, value in asked.items() for part in (f"--{name}", str(value))]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return Answered(**json.loads(done.stdout))


def main() -> None:
    """Measure and print what came of it, as JSON."""
    asked = argparse.ArgumentParser(description=__doc__)
    for name in ("port", "count", "warm-up", "connections", "facilities"):
        asked.add_argument(f"--{name}", type=int, required=True)
    asked.add_argument("--prefix", required=True)
    print(json.dumps(asdict(measure(**vars(asked.parse_args())))))


if __name__ == "__main__":
    main()
