"""How late deadlines are handled: 100 a second for ten seconds, by the real worker with its scheduler and threads."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import ExitStack

from benchmarks import ground, postgresql
from benchmarks.figures import Bound, Figure

PER_SECOND = 100
TARGET_MS = 10.0


def measure(runs: int, *, quick: bool) -> list[Figure]:
    """Measure on both databases, in turn; PostgreSQL where its programs are."""
    seconds = 3 if quick else 10
    lateness: dict[str, list[dict[str, list[float]]]] = {"SQLite": []}
    with ExitStack() as held:
        home = postgresql.programs()
        server = None if home is None else held.enter_context(postgresql.serving(home))
        if server is None:
            print(f"deadlines: not measured on PostgreSQL, which is a miss: {postgresql.GET_IT}", file=sys.stderr)
        else:
            lateness["PostgreSQL"] = []
        for run in range(runs):
            with ground.ground() as here:
                lateness["SQLite"].append(_one(here.with_settings(**ground.on_port(9)), seconds))
                if server is not None:
                    name = f"run{run}"
                    server.run(f"CREATE DATABASE {name}")
                    url = server.url.rpartition("/")[0] + f"/{name}"
                    settings = here.with_settings(**ground.on_port(9), RADRELAY_DATABASE_URL=url)
                    lateness["PostgreSQL"].append(_one(settings, seconds))
    figures = [figure for engine, found in lateness.items() for figure in _figures(engine, found)]
    if server is None:
        figures.append(Figure.not_measured(_name("PostgreSQL"), "ms", Bound.AT_MOST, TARGET_MS))
    return figures


def _name(engine: str) -> str:
    return f"deadlines, {engine}: p99 lateness to handler entry"


def _one(environment: dict[str, str], seconds: int) -> dict[str, list[float]]:
    command = [sys.executable, "-m", "benchmarks.punctual", str(PER_SECOND), str(seconds)]
    done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, list[float]] = json.loads(done.stdout.splitlines()[-1])
    return found


def _figures(engine: str, runs: list[dict[str, list[float]]]) -> list[Figure]:
    entered, done = [run["entered"] for run in runs], [run["done"] for run in runs]
    return [
        Figure.of_samples(_name(engine), "ms", entered, 0.99, Bound.AT_MOST, TARGET_MS),
        Figure.of_samples("  its p50", "ms", entered, 0.50, None, 0.0),
        Figure.of_samples("  p99 lateness to the handler's commit", "ms", done, 0.99, None, 0.0),
    ]
