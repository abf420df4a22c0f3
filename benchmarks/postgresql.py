"""A PostgreSQL server that keeps its promises (fsync on, full pages, synchronous commit), gone after the benchmark."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.ground import LOOPBACK, free_port

START_SECONDS = 30
GET_IT = "PostgreSQL's programs (initdb, postgres) were not found: apt-get install postgresql"


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    url: str
    pid: int

    def count(self, table: str) -> int:
        """Return how many rows a table of ours has."""
        with psycopg.connect(self.url) as connection:
            found = connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()  # noqa: S608 - our own name
        return int(found[0]) if found else 0

    def run(self, statement: str) -> None:
        """Run one statement."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement.encode())


def programs() -> Path | None:
    """Return the directory of the newest PostgreSQL's programs, or None."""
    homes = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if (path / "initdb").exists()]
    if homes:
        return max(homes, key=lambda path: int("".join(filter(str.isdigit, path.parent.name)) or 0))
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


@contextmanager
def serving(home: Path) -> Iterator[Server]:
    """Run a server with one empty database; as root it runs as the user that Debian's package made."""
    folder = Path(tempfile.mkdtemp(prefix="radrelay-bench-pg-"))
    whose: dict[str, Any] = {"cwd": folder}
    if os.geteuid() == 0:
        whose |= {"user": "postgres", "group": "postgres", "extra_groups": []}
        shutil.chown(folder, "postgres", "postgres")
    port = free_port()
    make = [str(home / "initdb"), "-D", str(folder / "data"), "-A", "trust", "-U", "postgres", "-E", "UTF8"]
    subprocess.run([*make, "--no-sync", "--locale=C"], check=True, capture_output=True, **whose)
    options = {"listen_addresses": LOOPBACK, "unix_socket_directories": "", "fsync": "on", "synchronous_commit": "on"}
    command = [str(home / "postgres"), "-D", str(folder / "data"), "-p", str(port)]
    command += [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    with (folder / "log").open("wb") as log:
        running = subprocess.Popen(command, stdout=log, stderr=log, **whose)
    try:
        url = f"postgresql://postgres@{LOOPBACK}:{port}/postgres"
        _await(url, folder / "log")
        yield Server(url, running.pid)
    finally:
        running.send_signal(signal.SIGINT)
        try:
            running.wait(START_SECONDS)
        except subprocess.TimeoutExpired:
            running.kill()
        shutil.rmtree(folder, ignore_errors=True)


def _await(url: str, log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        with contextlib.suppress(psycopg.OperationalError), psycopg.connect(url, connect_timeout=5):
            return
        time.sleep(0.05)
    raise RuntimeError(f"postgres did not start: {log.read_text(errors='replace')}")
