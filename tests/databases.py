"""Databases for tests: a file of SQLite and, for the same cases, a PostgreSQL server of our own.

The server is started from Debian's programs, once per test process, on a socket file, without fsync; nothing of it stays.
Root may not run it, so it then runs as the user that Debian's package made.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import psycopg
import pytest
from sqlalchemy import URL, Dialect, make_url

from store import schema
from store.database import Database

START_SECONDS = 30
#: Memory that looks like a disk: thousands of small databases are made, and nobody keeps any of them.
SHARED_MEMORY, NEEDED = Path("/dev/shm"), 512 * 1024 * 1024
TEMPLATE = "radrelay_template"
GET_POSTGRESQL = "PostgreSQL's programs (initdb, postgres) were not found: apt-get install postgresql"
GET_CHROMIUM = "Chromium was not found: apt-get install chromium fonts-dejavu-core"


def in_ci() -> bool:
    """Tell whether nothing may be skipped."""
    return os.environ.get("CI", "").lower() == "true"


def missing(sentence: str) -> NoReturn:
    """Skip, saying what is missing and how to get it; with CI=true that is a failure."""
    if in_ci():
        pytest.fail(f"{sentence} (with CI=true nothing is skipped)", pytrace=False)
    pytest.skip(sentence)


def need_chromium() -> str:
    """Return the path of a Chromium, or skip."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name)
        if found is not None:
            return found
    missing(GET_CHROMIUM)


def scratch() -> Path | None:
    """Return where databases of tests are made: shared memory where there is enough, None for the usual place."""
    if not os.access(SHARED_MEMORY, os.W_OK) or shutil.disk_usage(SHARED_MEMORY).free < NEEDED:
        return None
    return SHARED_MEMORY


def postgresql_programs() -> Path | None:
    """Return the directory of the newest PostgreSQL's programs, or None."""
    homes = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if (path / "initdb").exists()]
    if homes:
        return max(homes, key=lambda path: int("".join(filter(str.isdigit, path.parent.name)) or 0))
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


def free_port() -> int:
    """Return a port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class PostgresqlServer:
    """A PostgreSQL server that lives as long as the tests of this process, with a migrated template."""

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        self._folder = Path(tempfile.mkdtemp(prefix="radrelay-pg-", dir=scratch()))
        self._as: dict[str, Any] = {}
        if os.geteuid() == 0:
            self._as = {"user": "postgres", "group": "postgres", "extra_groups": []}
            shutil.chown(self._folder, "postgres", "postgres")
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: psycopg.Connection[Any] | None = None
        self._made = 0
        self._left: list[str] = []

    def start(self) -> None:
        """Make a cluster, start it and migrate the template."""
        command = [str(self._programs / "initdb"), "-D", str(self._data), "-A", "trust", "-U", "postgres"]
        command += ["--no-sync", "-E", "UTF8", "--locale=C"]
        made = subprocess.run(command, capture_output=True, text=True, check=False, cwd=self._folder, **self._as)
        if made.returncode:
            raise RuntimeError(f"initdb failed: {made.stderr}")
        if not self._started():
            raise RuntimeError(f"postgres did not start: {self._log.read_text(errors='replace')}")
        self._admin(f"CREATE DATABASE {TEMPLATE}")
        database = Database(self.url(TEMPLATE))
        schema.migrate(database)
        database.close()

    def stop(self) -> None:
        """End the server (fast shutdown) and remove what it wrote."""
        if self._connection is not None:
            self._connection.close()
        if self._process is not None:
            self._process.send_signal(2)
            try:
                self._process.wait(START_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def url(self, name: str) -> str:
        """Return the address of one of its databases."""
        return URL.create("postgresql", "postgres", database=name, query={"host": str(self._folder)}).render_as_string()

    def create(self, template: str = TEMPLATE) -> str:
        """Make a database like the migrated template, and return its address."""
        self._made += 1
        name = f"case_{self._made}"
        self._admin(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")  # nothing here is flushed
        while self._left:
            self._admin(f"DROP DATABASE {self._left.pop()} WITH (FORCE)")
        return self.url(name)

    def drop(self, url: str) -> None:
        """Remove a database, whoever is still connected; a little later, since that waits for who just left."""
        self._left.append(make_url(url).database or "")

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    @property
    def _log(self) -> Path:
        return self._folder / "log"

    def _started(self) -> bool:
        options = {"listen_addresses": "", "unix_socket_directories": str(self._folder), "max_connections": 300}
        options |= {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "shared_buffers": "64MB"}
        options |= {"wal_level": "minimal", "max_wal_senders": 0, "autovacuum": "off", "jit": "off"}
        command = [str(self._programs / "postgres"), "-D", str(self._data)]
        command += [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self._folder, **self._as)
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            with contextlib.suppress(psycopg.OperationalError):
                self._admin("SELECT 1")
                return True
            time.sleep(0.02)
        return False

    def _admin(self, statement: str) -> None:
        if self._connection is None:
            url = self.url("postgres")
            self._connection = psycopg.connect(url, autocommit=True, connect_timeout=START_SECONDS)
        self._connection.execute(statement.encode())


def need_postgresql() -> Iterator[PostgresqlServer]:
    """Yield a running server, or skip."""
    programs = postgresql_programs()
    if programs is None:
        missing(GET_POSTGRESQL)
    server = PostgresqlServer(programs)
    try:
        server.start()
        yield server
    finally:
        server.stop()


_SHARED: dict[str, tuple[Dialect, dict[Any, Any]]] = {}


def share_what_is_compiled(database: Database) -> None:
    """Compile each statement once a process and kind of database: each story has an engine of its own, as a process has.

    SQLAlchemy keeps what it compiled by the dialect, so that is the first engine's, too.
    """
    engine = database.engine
    dialect, compiled = _SHARED.setdefault(database.url.get_backend_name(), (engine.dialect, {}))
    engine.dialect = dialect
    engine.update_execution_options(compiled_cache=compiled)


def sqlite_url(path: Path) -> str:
    """Return the address of a SQLite file."""
    return f"sqlite:///{path}"


def migrated_file(path: Path) -> Path:
    """Make a SQLite file at head, closed, so that it may be copied."""
    database = Database(sqlite_url(path))
    schema.migrate(database)
    database.close()
    return path
