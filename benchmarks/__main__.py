"""`python -m benchmarks`: the figures of docs/performance.md against their targets; a miss is exit status 1."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from typing import Protocol

from benchmarks import accept, deadlines, latency, scale, start
from benchmarks.figures import Figure, machine, table

LEAST_RUNS = 5
MISSED, NOT_QUOTABLE = 1, 3


class Measure(Protocol):
    """Measures something in so many runs."""

    def __call__(self, runs: int, *, quick: bool) -> list[Figure]:
        """Return its figures."""


Measures = tuple[Measure, str]
MEASURES: Mapping[str, Measures] = {
    "accept": (accept.measure, "accept rate of web ÷ the same route without a database; the rate of serve"),
    "crowds": (accept.measure_crowds, "the same ratio with 8 to 128 connections; no target"),
    "latency": (latency.measure, "accepted → card at Slack, finding accepted → call at Twilio"),
    "deadlines": (deadlines.measure, "lateness of 100 deadlines a second"),
    "scale": (scale.measure, "who of 1,000 radiologists may read a study; a page of 10,000 open reads"),
    "start": (start.measure, "time to ready and idle memory of serve"),
}


def main(arguments: Sequence[str] | None = None, measures: Mapping[str, Measures] = MEASURES) -> int:
    """Measure what was asked for, print the table, and say whether every target was met.

    Status 1: a target was missed. Status 3: too few runs to quote, and nobody said that this is on purpose.
    """
    listed = "\n".join(f"  {name:10} {what}" for name, (_, what) in measures.items())
    asked = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=f"{__doc__}\n\n{listed}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    asked.add_argument("what", nargs="*", choices=[*measures, []], metavar="WHAT", help="which to measure (all)")
    asked.add_argument("--quick", action="store_true", help="fewer, shorter runs: to see that it works, not to quote")
    asked.add_argument(
        "--runs", type=int, help=f"how many runs (at least {LEAST_RUNS}, else the figures are not quoted)"
    )
    given = asked.parse_args(arguments)
    runs = given.runs or (2 if given.quick else LEAST_RUNS)
    print(machine(), flush=True)
    figures: list[Figure] = []
    for name in given.what or measures:
        print(f"· {name}", file=sys.stderr, flush=True)
        figures += measures[name][0](runs, quick=given.quick)
    print(table(figures))
    missed = [figure.name for figure in figures if figure.missed]
    quotable = runs >= LEAST_RUNS and not given.quick
    if given.quick:
        print("not quotable: a quick run shows only that it works")
    elif not quotable:
        print(f"not quotable: {runs} runs, at least {LEAST_RUNS} are needed (--quick says that this is on purpose)")
    if missed:
        print(f"missed: {'; '.join(missed)}", file=sys.stderr)
        return MISSED
    return 0 if quotable or given.quick else NOT_QUOTABLE


if __name__ == "__main__":
    sys.exit(main())
