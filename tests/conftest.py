"""What every test may ask for: a fresh migrated database of each kind, a memory over it, time and chance.

``database_url`` runs a test once per database; the run prints how many cases passed on each, and with CI=true unequal
counts fail it: a case that is checked on one database only asks for ``sqlite_database_url`` or
``postgresql_database_url`` instead, and says why.
"""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

import pytest
from cryptography.fernet import Fernet

from store.cipher import Cipher
from store.database import Database
from store.memory import SqlMemory
from store.queues import Pace
from tests.clock import ManualClock, SeededChance
from tests.databases import PostgresqlServer, in_ci, migrated_file, need_postgresql, scratch, sqlite_url
from tests.security.tally import CountsForgeries

KINDS = ("sqlite", "postgresql")
PROPERTY = "radrelay database"
PASSED = pytest.StashKey[Counter[str]]()
COLLECT_AFTER = (20_000, 20, 20)
FERNET_KEY = Fernet.generate_key().decode()
INDEX_KEY = b"index key of the tests, 32 bytes"


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgresqlServer]:
    """Run a PostgreSQL server for this process's tests."""
    yield from need_postgresql()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a migrated SQLite file to copy."""
    return migrated_file(tmp_path_factory.mktemp("template") / "template.db")


@pytest.fixture
def sqlite_database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """Return a fresh, migrated SQLite file's address, for what only SQLite can show."""
    return sqlite_url(Path(shutil.copy(sqlite_template, tmp_path / "radrelay.db")))


@pytest.fixture
def postgresql_database_url(postgresql_server: PostgresqlServer) -> Iterator[str]:
    """Return a fresh, migrated PostgreSQL database's address, for what only PostgreSQL can show."""
    url = postgresql_server.create()
    yield url
    postgresql_server.drop(url)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database_url(request: pytest.FixtureRequest) -> str:
    """Return a fresh, migrated database's address; the test runs once on each kind."""
    request.node.user_properties.append((PROPERTY, request.param))
    return str(request.getfixturevalue(f"{request.param}_database_url"))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Open the test's database."""
    opened = Database(database_url)
    yield opened
    opened.close()


@pytest.fixture
def clock() -> ManualClock:
    """Return a clock that moves only when told."""
    return ManualClock()


@pytest.fixture
def cipher() -> Cipher:
    """Return a cipher with keys of the tests."""
    return Cipher([FERNET_KEY], INDEX_KEY)


class MakeMemory(Protocol):
    """Opens the test's database once more, as another process would."""

    def __call__(
        self, *, clock: ManualClock | None = None, pace_of: Callable[[str], Pace] = ..., cipher: Cipher | None = None
    ) -> SqlMemory:
        """Return a memory with its own engine and its own chance."""


def unpaced(lane: str) -> Pace:
    """Let everything leave at once; Slack's lanes in order, one at a time."""
    return Pace(timedelta(0), alone=lane.startswith("slack:"))


@pytest.fixture
def make_memory(database_url: str, clock: ManualClock, cipher: Cipher) -> Iterator[MakeMemory]:
    """Return what opens the test's database as one process would; each with a seed of its own."""
    opened: list[Database] = []
    given, sealed = clock, cipher

    def make(
        *,
        clock: ManualClock | None = None,
        pace_of: Callable[[str], Pace] = unpaced,
        cipher: Cipher | None = None,
    ) -> SqlMemory:
        opened.append(Database(database_url))
        return SqlMemory(opened[-1], cipher or sealed, clock or given, SeededChance(len(opened)), pace_of)

    yield make
    for one in opened:
        one.close()


@pytest.fixture
def memory(make_memory: MakeMemory) -> SqlMemory:
    """Return the store's face over a fresh database."""
    return make_memory()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Let one worker more run than there are cores: now and then one only waits for a process that it started."""
    del config
    return (os.cpu_count() or 1) + 1


def pytest_configure(config: pytest.Config) -> None:
    """Begin to count, and let ``tmp_path`` be in shared memory where there is any: stories flush thousands of times."""
    config.stash[PASSED] = Counter()
    memory = scratch()
    if memory is not None and config.option.basetemp is None and not hasattr(config, "workerinput"):
        config.option.basetemp = tempfile.mkdtemp(prefix="radrelay-tests-", dir=memory)
        config.add_cleanup(lambda: shutil.rmtree(config.option.basetemp, ignore_errors=True))
    config.pluginmanager.register(CountsCases(config), "radrelay-counts-cases")
    config.pluginmanager.register(CountsForgeries(config), "radrelay-counts-forgeries")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Spare the collector what was imported and collected: it lives as long as the run, and is much."""
    del session
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


class CountsCases:
    """Counts passed cases per database; with pytest-xdist the reports of all workers arrive at the controller."""

    def __init__(self, config: pytest.Config) -> None:
        self._passed = config.stash[PASSED]
        self._is_worker = hasattr(config, "workerinput")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count one passed case."""
        if report.when == "call" and report.passed:
            self._passed.update(str(value) for name, value in report.user_properties if name == PROPERTY)

    def _unequal(self) -> bool:
        return len({self._passed[kind] for kind in KINDS}) > 1

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Print the counts, and what unequal ones mean."""
        if not self._passed:
            return
        counts = ", ".join(f"{kind} {self._passed[kind]}" for kind in KINDS)
        terminalreporter.write_line(f"cases: {counts}")
        if self._unequal() and in_ci():
            terminalreporter.write_line("the counts differ: with CI=true that fails the run", red=True)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Fail the run under CI when one database was tested less than the other."""
        if self._unequal() and in_ci() and not self._is_worker and exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
