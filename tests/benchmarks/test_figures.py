"""A benchmark's verdict: what is held against the target, what counts as a miss, and what may be quoted."""

from __future__ import annotations

import pytest

from benchmarks.__main__ import LEAST_RUNS, main
from benchmarks.accept import CONNECTIONS, RATIO
from benchmarks.figures import Bound, Figure, table

GOOD = [1.0] * 100
BAD = [1.0] * 50 + [90.0] * 50


def lateness(*runs: list[float]) -> Figure:
    return Figure.of_samples("lateness, p95", "ms", runs, 0.95, Bound.AT_MOST, 50.0)


def test_a_bad_run_is_not_outvoted_by_good_ones() -> None:
    """Two of five runs are bad: the median of the runs would be met, all samples together are not."""
    figure = lateness(GOOD, BAD, GOOD, BAD, GOOD)
    assert figure.median <= figure.target
    assert figure.missed
    assert "all samples; worst run 90.0" in table([figure])
    assert not lateness(GOOD, GOOD).missed


def test_a_rate_is_judged_by_its_median_and_shown_with_its_spread() -> None:
    """One slow run of five does not miss, three do."""
    assert not Figure("rate", "", (0.5, 0.7, 0.7, 0.7, 0.7), Bound.AT_LEAST, 0.6).missed
    assert Figure("rate", "", (0.5, 0.5, 0.5, 0.7, 0.7), Bound.AT_LEAST, 0.6).missed


def test_what_could_not_be_measured_is_missed() -> None:
    """Without PostgreSQL there is no figure, and that is no success."""
    figure = Figure.not_measured("lateness on PostgreSQL", "ms", Bound.AT_MOST, 10.0)
    assert figure.missed
    assert "not measured" in table([figure])
    assert "MISSED" in table([figure])


def test_the_ratio_names_how_many_connections_it_is_of() -> None:
    """With fewer connections it is another figure."""
    assert f"{CONNECTIONS} connections" in RATIO


@pytest.mark.parametrize(
    ("arguments", "sample", "status", "said"),
    [
        pytest.param([], 1.0, 0, "", id="quotable"),
        pytest.param([], 90.0, 1, "", id="missed"),
        pytest.param(["--runs", "2"], 1.0, 3, "not quotable: 2 runs", id="too-few-runs"),
        pytest.param(["--quick"], 1.0, 0, "shows only that it works", id="quick"),
        pytest.param(["--quick"], 90.0, 1, "shows only that it works", id="quick-and-missed"),
        pytest.param(["--runs", "2"], 90.0, 1, "not quotable: 2 runs", id="too-few-and-missed"),
    ],
)
def test_the_status_says_what_may_be_quoted(
    capsys: pytest.CaptureFixture[str], arguments: list[str], sample: float, status: int, said: str
) -> None:
    """Too few runs are 3 unless they were asked for as quick ones; a miss is 1 whatever else."""

    def measure(runs: int, *, quick: bool) -> list[Figure]:
        assert quick or runs in (2, LEAST_RUNS)
        return [lateness(*([sample] * 10 for _ in range(runs)))]

    assert main(arguments, {"lateness": (measure, "how late")}) == status
    printed = capsys.readouterr().out
    assert (said in printed) if said else ("not quotable" not in printed)
