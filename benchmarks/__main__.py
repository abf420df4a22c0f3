"""`python -m benchmarks`: the figures of docs/performance.md against their targets; a miss is exit status 1."""

from __future__ import annotations

import argparse
import sys

from benchmarks import accept, deadlines, latency, start
from benchmarks.figures import Figure, machine, table

LEAST_RUNS = 5
MEASURES = {
    "accept": (accept.measure, "accept rate of web ÷ the same route without a database; the rate of serve"),
    "latency": (latency.measure, "accepted → card at Slack, finding accepted → call at Twilio"),
    "deadlines": (deadlines.measure, "lateness of 100 deadlines a second"),
    "start": (start.measure, "time to ready and idle memory of serve"),
}


def main() -> int:
    """Measure what was asked for, print the table, and say whether every target was met."""
    listed = "\n".join(f"  {name:10} {what}" for name, (_, what) in MEASURES.items())
    asked = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=f"{__doc__}\n\n{listed}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    asked.add_argument("what", nargs="*", choices=[*MEASURES, []], metavar="WHAT", help="which to measure (all)")
    asked.add_argument("--quick", action="store_true", help="fewer, shorter runs: to see that it works, not to quote")
    asked.add_argument(
        "--runs", type=int, help=f"how many runs (at least {LEAST_RUNS}, else the figures are not quoted)"
    )
    given = asked.parse_args()
    runs = given.runs or (2 if given.quick else LEAST_RUNS)
    print(machine(), flush=True)
    figures: list[Figure] = []
    for name in given.what or MEASURES:
        print(f"· {name}", file=sys.stderr, flush=True)
        figures += MEASURES[name][0](runs, quick=given.quick)
    print(table(figures))
    missed = [figure.name for figure in figures if figure.missed]
    if missed:
        print(f"missed: {'; '.join(missed)}", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
