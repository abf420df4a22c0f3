"""How soon `radrelay serve` is ready, and how much memory it holds when nothing happens."""

from __future__ import annotations

import time

from benchmarks import ground
from benchmarks.figures import Bound, Figure

IDLE_SECONDS = 5.0


def measure(runs: int, *, quick: bool) -> list[Figure]:
    """Start on a new database and again on the same one, in turn."""
    first: list[float] = []
    again: list[float] = []
    memory: list[float] = []
    _started(idle=0)  # so that the programs' bytes are in the page cache and compiled
    for _ in range(runs):
        new, old, resident = _started(idle=1 if quick else IDLE_SECONDS)
        first.append(new)
        again.append(old)
        memory.append(resident)
    return [
        Figure("start: exec → /readyz 200, database there", "s", tuple(again), Bound.AT_MOST, 2.0, 2),
        Figure("start: exec → /readyz 200, new database", "s", tuple(first), Bound.AT_MOST, 2.0, 2),
        Figure("idle memory of serve (VmRSS)", "MiB", tuple(memory), Bound.AT_MOST, 160.0, 0),
    ]


def _started(idle: float) -> tuple[float, float, float]:
    """Return the seconds of a first and of a second start, and the MiB of the second after ``idle`` seconds."""
    with ground.ground() as here:
        ours = here.with_settings(**ground.on_port(ground.free_port()))
        seconds = []
        for _ in range(2):
            start = time.perf_counter()
            with ground.process([*ground.RADRELAY, "serve"], ours, here.folder / "serve.log", "/readyz") as serve:
                seconds.append(time.perf_counter() - start)
                if len(seconds) == 2:
                    time.sleep(idle)
                    resident = ground.resident_mib(serve.pid)
        return seconds[0], seconds[1], resident
