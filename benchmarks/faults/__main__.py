"""`python -m benchmarks.faults`: inject a thousand faults and print what was lost and what was dialed twice; it must be nothing."""

from __future__ import annotations

import argparse
import logging
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import structlog

from benchmarks import postgresql
from benchmarks.faults.run import Came, run
from sandbox.serving import serving

WRONG, NOT_RUN = 1, 3
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - a database that nobody keeps need not reach a disk


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print the table, and return the exit status: 1 when a relay was lost or anything was doubled."""
    asked = argparse.ArgumentParser(prog="python -m benchmarks.faults", description=__doc__)
    asked.add_argument("--faults", type=int, default=1000, help="how many are injected at least (1000)")
    asked.add_argument("--seed", type=int, default=1, help="of everything that is random (1)")
    asked.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    given = asked.parse_args(arguments)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    home = postgresql.programs() if given.database == "postgresql" else None
    if given.database == "postgresql" and home is None:
        print(postgresql.GET_IT, file=sys.stderr)
        return NOT_RUN
    begun = time.monotonic()
    fast = SHARED_MEMORY if os.access(SHARED_MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="radrelay-faults-", dir=fast) as name:
        folder = Path(name)
        if home is None:
            came = _run(f"sqlite:///{folder / 'radrelay.db'}", folder, given.faults, given.seed)
        else:
            with postgresql.serving(home) as server:
                came = _run(server.url, folder, given.faults, given.seed)
    print(table(came))
    print(f"\nSeed {given.seed}, {given.database}; it took {time.monotonic() - begun:.0f} seconds on this machine.")
    return 0 if came.good else WRONG


def _run(url: str, folder: Path, faults: int, seed: int) -> Came:
    with serving() as servers:
        return run(servers, url, folder, faults=faults, seed=seed, on_relay=_progress)


def _progress(relays: int, injected: int) -> None:
    if relays % 10 == 0:
        print(f"· {relays} relays, {injected} faults", file=sys.stderr, flush=True)


def table(came: Came) -> str:
    """Return what is printed: each kind of fault, and then what came of all of them."""
    rows = [
        (count, kind.replace("create:", "answer to a create: ").replace(":", " "))
        for kind, count in came.faults.items()
    ]
    lines = [f"{count:6}  {kind}" for count, kind in sorted(rows, key=lambda row: (-row[0], row[1]))]
    sums = {
        "faults injected": came.injected,
        "relays started": came.relays,
        "relays ended by a human": came.ended,
        "relays lost": came.lost,
        "double dials": came.double_dials,
        "doubled texts": came.doubled_texts,
    }
    lines += ["", *(f"{count:6}  {what}" for what, count in sums.items()), *(f"amiss: {one}" for one in came.amiss)]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
