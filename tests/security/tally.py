"""How many forged requests a run sent and saw refused, on each database; what it says of it, and when that fails a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from tests.databases import in_ci

PROPERTY = "radrelay forged requests"
DATABASES = ("sqlite", "postgresql")
#: What the whole run has to send, on both databases together.
WANTED = 10_000
#: The rest `make test` runs by itself, and nothing is forged there.
ALL_BUT_ALONE = "not alone"

Record = Callable[[str, object], None]


def keep(record: Record, database: str, number: int) -> None:
    """Note on a test's report that so many forged requests were sent and refused."""
    record(PROPERTY, f"{database} {number}")


def sentence(sent: Counter[str]) -> str:
    """Say how many there were; a run on one database says that it is half of what is wanted."""
    each = ", ".join(f"{name} {sent[name]}" for name in DATABASES)
    said = f"forged requests refused: {sent.total()} ({each})"
    missing = [name for name in DATABASES if not sent[name]]
    if missing:
        return f"{said}: only half, since none was sent on {' and '.join(missing)}; {WANTED} are both databases'"
    return said


def is_enough(sent: Counter[str]) -> bool:
    """Tell whether both databases together saw as many as are wanted."""
    return sent.total() >= WANTED and all(sent[name] for name in DATABASES)


class CountsForgeries:
    """Adds up what the tests report; with pytest-xdist the reports of all workers arrive at the controller."""

    def __init__(self, config: pytest.Config) -> None:
        self.sent: Counter[str] = Counter()
        self._is_worker = hasattr(config, "workerinput")
        chosen = config.getoption("keyword") or config.getoption("markexpr") not in ("", ALL_BUT_ALONE)
        self._is_whole = config.args_source is pytest.Config.ArgsSource.TESTPATHS and not chosen

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add what one passed test sent."""
        if report.when != "call" or not report.passed:
            return
        for name, value in report.user_properties:
            if name == PROPERTY:
                database, number = str(value).split()
                self.sent[database] += int(number)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Print the sum."""
        if self.sent:
            terminalreporter.write_line(sentence(self.sent))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Fail a whole run under CI that sent too few."""
        must = in_ci() and self._is_whole and not self._is_worker and exitstatus == pytest.ExitCode.OK
        if must and not is_enough(self.sent):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
