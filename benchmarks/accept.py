"""How fast `web` accepts, against the same route without a database; and `serve` beside it."""

from __future__ import annotations

import sqlite3
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from benchmarks import ground, load, postgresql, vendors
from benchmarks.figures import Bound, Figure
from benchmarks.ground import Ground

SITES = 8
CONNECTIONS = 128
CROWDS = (8, 32, 64, 128)
WARM_UP = 400
#: The ratio depends on how many wait at a time, so its name says with how many it was measured.
RATIO, TARGET = f"accept: web ÷ no database, {CONNECTIONS} connections", 0.6
#: How long what a flood left undone may take to be handled.
DRAINED_WITHIN = 300.0


@dataclass(slots=True)
class Runs:
    """What the runs of one process gave."""

    rates: list[float]
    cores: list[float]
    load_cores: list[float]
    database_cores: list[float]


def measure(runs: int, *, quick: bool) -> list[Figure]:
    """Measure everything about accepting."""
    count = 4000 if quick else 8000
    home = postgresql.programs()
    figures = [] if home is None else _figures(*_web(home, runs, count, CONNECTIONS))
    if home is None:
        print(f"accept: `web` is not measured, which is a miss: {postgresql.GET_IT}", file=sys.stderr)
        figures.append(Figure.not_measured(RATIO, "", Bound.AT_LEAST, TARGET))
    return [*figures, *_serve(runs, count)]


def measure_crowds(runs: int, *, quick: bool) -> list[Figure]:
    """Measure how the ratio depends on how many wait at a time; no target, since the target is of capacity."""
    home = postgresql.programs()
    if home is None:
        return [Figure.not_measured("crowds: web ÷ no database", "", Bound.AT_LEAST, 0.0)]
    figures = []
    for connections in CROWDS:
        with_database, without = _web(home, runs, 1000 if quick else 4000, connections)
        ratios, name = _ratios(with_database, without), f"crowds: {connections} connections, web ÷ no database"
        figures += [
            Figure(name, "", ratios, digits=2),
            Figure("  web", "/s", tuple(with_database.rates), digits=0),
            Figure("  no database", "/s", tuple(without.rates), digits=0),
        ]
    return figures


def _web(home: Path, runs: int, count: int, connections: int) -> tuple[Runs, Runs]:
    """Flood `web` and the route without a database in turn; return what the runs of each gave."""
    with ExitStack() as held:
        here = held.enter_context(ground.ground(sites=SITES))
        server = held.enter_context(postgresql.serving(home))
        ours = here.with_settings(**ground.on_port(ground.free_port()), RADRELAY_DATABASE_URL=server.url)
        bare = here.with_settings(**ground.on_port(ground.free_port()))
        ground.command(ours, "migrate")
        ground.command(ours, "directory", "load")
        web = held.enter_context(ground.process([*ground.RADRELAY, "web"], ours, here.folder / "web.log"))
        undurable = [sys.executable, "-m", "benchmarks.undurable"]
        other = held.enter_context(ground.process(undurable, bare, here.folder / "undurable.log"))
        with_database, without = Runs([], [], [], []), Runs([], [], [], [])
        for run in range(runs):
            before = server.count("inbox")
            answered = _one(ours, web.pid, f"web{run}", count, with_database, connections, server.pid)
            stored = server.count("inbox") - before
            _expect_all(answered, count, stored)
            _expect_all(_one(bare, other.pid, f"bare{run}", count, without, connections), count)
    return with_database, without


def _ratios(with_database: Runs, without: Runs) -> tuple[float, ...]:
    return tuple(a / b for a, b in zip(with_database.rates, without.rates, strict=True))


def _figures(with_database: Runs, without: Runs) -> list[Figure]:
    _say("web", with_database)
    _say("no database", without)
    return [
        Figure(RATIO, "", _ratios(with_database, without), Bound.AT_LEAST, TARGET, 2),
        Figure("accept: web, PostgreSQL, fsync on", "/s", tuple(with_database.rates), digits=0),
        Figure("accept: the same route, no database", "/s", tuple(without.rates), digits=0),
    ]


def _serve(runs: int, count: int) -> list[Figure]:
    """Measure `serve` on SQLite: a flood beside its own worker, and how soon all that it left undone is handled."""
    with ExitStack() as held:
        stand_in = held.enter_context(vendors.serving())
        here = held.enter_context(ground.ground(sites=SITES, vendors=stand_in.url))
        ours = here.with_settings(**ground.on_port(ground.free_port()))
        serve = held.enter_context(ground.process([*ground.RADRELAY, "serve"], ours, here.folder / "serve.log"))
        found, handled, drained, sustained = Runs([], [], [], []), [], [], []
        for run in range(runs):
            before, done, start = *_inbox(here), time.perf_counter()
            answered = _one(ours, serve.pid, f"serve{run}", count // 2, found, CONNECTIONS)
            after, done_after = _inbox(here)
            flooded = time.perf_counter()
            handled.append((done_after - done) / (flooded - start))
            _expect_all(answered, count // 2, after - before)
            end = _drained(here)
            drained.append((after - done_after) / (end - flooded))
            sustained.append((after - before) / (end - start))
    _say("serve", found)
    return [
        Figure("serve, SQLite: accepted and handled, until nothing is left", "/s", tuple(sustained), digits=0),
        Figure(f"  accepted in a flood of {count // 2}", "/s", tuple(found.rates), digits=0),
        Figure("  handled during the flood", "/s", tuple(handled), digits=0),
        Figure("  what is left, handled after it", "/s", tuple(drained), digits=0),
    ]


def _drained(here: Ground) -> float:
    """Wait until every event is handled; return when that was. What is never handled was not accepted in earnest."""
    until = time.perf_counter() + DRAINED_WITHIN
    while time.perf_counter() < until:
        total, done = _inbox(here)
        if total == done:
            return time.perf_counter()
        time.sleep(0.05)
    raise AssertionError(f"{total - done} accepted events were not handled within {DRAINED_WITHIN:.0f} s")


def _one(
    environment: dict[str, str],
    pid: int,
    prefix: str,
    count: int,
    into: Runs,
    connections: int,
    database: int | None = None,
) -> load.Answered:
    watched = [pid] if database is None else [pid, database]
    start, before = time.perf_counter(), [ground.busy_seconds(one) for one in watched]
    port = int(environment["RADRELAY_PORT"])
    answered = load.run(port, prefix=prefix, count=count, warm_up=WARM_UP, connections=connections, facilities=SITES)
    # The warm-up and the signing lie in this time, too: the share while the clock ran was not lower.
    spent = [ground.busy_seconds(one) - was for one, was in zip(watched, before, strict=True)]
    share = (count + WARM_UP) / count * answered.seconds
    into.rates.append(answered.rate)
    into.cores.append(spent[0] / min(share, time.perf_counter() - start))
    into.load_cores.append(answered.cores)
    into.database_cores += [one / share for one in spent[1:]]
    return answered


def _inbox(here: Ground) -> tuple[int, int]:
    """Return how many rows the inbox of a SQLite file has, and how many of them were handled."""
    with sqlite3.connect(here.folder / "radrelay.db") as connection:
        total, done = connection.execute("SELECT count(*), count(*) FILTER (WHERE state='done') FROM inbox").fetchone()
    connection.close()
    return int(total), int(done)


def _expect_all(answered: load.Answered, count: int, stored: int | None = None) -> None:
    """Every event was accepted, and every 202 is a stored row."""
    if answered.accepted != count:
        raise AssertionError(f"{count} events were answered {answered.statuses}")
    if stored is not None and stored != answered.accepted + answered.warmed:
        raise AssertionError(f"{answered.accepted + answered.warmed} were answered 202, but {stored} rows are stored")


def _say(what: str, runs: Runs) -> None:
    database = f", the database about {max(runs.database_cores):.2f}" if runs.database_cores else ""
    print(
        f"accept: {what}: the process took about {max(runs.cores):.2f} cores{database}, "
        f"the load at most {max(runs.load_cores):.2f}",
        file=sys.stderr,
    )
