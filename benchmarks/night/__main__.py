"""`python -m benchmarks.night`: live through a simulated night and print what came of it."""

from __future__ import annotations

import argparse
import logging
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import structlog

from benchmarks import postgresql
from benchmarks.night.night import Size, Told, live_through

WRONG, NOT_RUN = 1, 3
QUICK = Size(studies=60, readers=5, facilities=12)
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - a database that nobody keeps need not reach a disk
EXAMPLE = """
The same seed gives the same night, word for word. Status 1: a claim was against a rule, or something was lost.

  python -m benchmarks.night --seed 7 --studies 200 --readers 6
  python -m benchmarks.night --quick --database postgresql
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Live through the night that was asked for; return the exit status."""
    given = _asked(arguments)
    size = QUICK if given.quick else Size(given.studies, given.readers, given.facilities)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    begun = time.monotonic()
    with _folder() as folder, _database(given.database, folder) as url:
        if url is None:
            print(postgresql.GET_IT, file=sys.stderr)
            return NOT_RUN
        told = live_through(given.seed, size, url, folder, on_hour=lambda at: _progress(at, time.monotonic() - begun))
    print(f"Seed {given.seed}. {told.summary}")
    print(f"\nIt took {time.monotonic() - begun:.0f} seconds on this machine.")
    return _verdict(told)


def _asked(arguments: Sequence[str] | None) -> argparse.Namespace:
    asked = argparse.ArgumentParser(
        prog="python -m benchmarks.night",
        description=__doc__,
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    usual = Size()
    asked.add_argument("--seed", type=int, default=1, help="of everything that is random (1)")
    asked.add_argument("--studies", type=_count, default=usual.studies, help=f"how many arrive ({usual.studies})")
    asked.add_argument("--readers", type=_count, default=usual.readers, help=f"how many read ({usual.readers})")
    asked.add_argument(
        "--facilities", type=_count, default=usual.facilities, help=f"how many send ({usual.facilities})"
    )
    asked.add_argument(
        "--database", default="sqlite", help="sqlite, postgresql (a server of its own), or the URL of an empty database"
    )
    asked.add_argument("--quick", action="store_true", help="a small night, to see that it works")
    return asked.parse_args(arguments)


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def _verdict(told: Told) -> int:
    if not told.complaints:
        print("Every claim was lawful at its instant, and nothing was lost.")
        return 0
    print(f"{len(told.complaints)} things are not as they must be:", file=sys.stderr)
    for complaint in told.complaints[:20]:
        print(f"  {complaint}", file=sys.stderr)
    return WRONG


def _progress(at: datetime, seconds: float) -> None:
    print(f"· {at:%H:%M} UTC, after {seconds:.0f} s", file=sys.stderr, flush=True)


@contextmanager
def _folder() -> Iterator[Path]:
    fast = SHARED_MEMORY if os.access(SHARED_MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="radrelay-night-", dir=fast) as name:
        yield Path(name)


@contextmanager
def _database(asked: str, folder: Path) -> Iterator[str | None]:
    """Yield the address of the database that was asked for; None where it cannot be had."""
    if asked == "sqlite":
        yield f"sqlite:///{folder / 'radrelay.db'}"
    elif asked == "postgresql":
        home = postgresql.programs()
        if home is None:
            yield None
        else:
            with postgresql.serving(home) as server:
                yield server.url
    else:
        yield asked


if __name__ == "__main__":
    sys.exit(main())
