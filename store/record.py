"""The record as an auditor sees it: opened without any key, from a database that this never writes to.

Only an anchor is written, and that into its own file. It takes no lock: the service goes on meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import event, inspect
from sqlalchemy.exc import DBAPIError

from handlers.domain.errors import RadrelayError
from store import audit
from store.contradictions import contradictions
from store.database import Database


class RecordProblem(RadrelayError):
    """The record cannot be read: there is no such database, it does not answer, or it was never migrated."""


class Record:
    """The chains of one database, and the file that their heads are anchored in."""

    def __init__(self, database: Database, anchor_file: Path) -> None:
        self._database = database
        self._anchor_file = anchor_file

    def verify(self) -> list[audit.ChainReport]:
        """Check every chain against itself and the anchors, and how each relay ended against what its chain says."""
        anchors = audit.anchors(self._anchor_file)  # before the snapshot: a newer anchor names entries it has not
        with self._database.snapshot() as connection:
            reports = {report.chain: report for report in audit.verify(connection, anchors)}
            for chain, problem in contradictions(connection):
                reports.setdefault(chain, audit.ChainReport(chain)).problems.append(problem)
            return [reports[chain] for chain in sorted(reports)]

    def damaged_anchors(self) -> list[int]:
        """Return the numbers of the anchor file's lines that cannot be read."""
        return audit.damaged_anchors(self._anchor_file)

    def entries(self, case_code: str | None = None) -> Iterator[dict[str, Any]]:
        """Yield every entry, or a case's, chain by chain."""
        with self._database.snapshot() as connection:
            yield from audit.export(connection, case_code)

    def fresh(self, seen: dict[str, int]) -> list[dict[str, Any]]:
        """Return what came after the sequence numbers in ``seen`` (by chain), oldest first, and move ``seen`` on."""
        with self._database.snapshot() as connection:
            return audit.export_after(connection, seen)

    def anchor(self, at: datetime) -> dict[str, Any]:
        """Write the heads of all chains to the anchor file; return what was written."""
        with self._database.snapshot() as connection:
            return audit.anchor(connection, self._anchor_file, at)


@contextmanager
def opened(url: str, anchor_file: Path) -> Iterator[Record]:
    """Open the record, or raise ``RecordProblem``."""
    database = Database(url)
    try:
        _refuse_writes(database)
        _expect_record(database)
        yield Record(database, anchor_file)
    finally:
        database.close()


def _refuse_writes(database: Database) -> None:
    if not database.is_sqlite:
        return  # each snapshot is a read-only transaction
    path = database.url.database
    if path and not Path(path).exists():
        raise RecordProblem(f"there is no database file {path}: look at RADRELAY_DATABASE_URL")

    @event.listens_for(database.engine, "connect")
    def _query_only(raw: Any, _record: Any) -> None:
        raw.execute("PRAGMA query_only=ON")


def _expect_record(database: Database) -> None:
    shown = database.url.render_as_string(hide_password=True)
    try:
        tables = inspect(database.engine).get_table_names()
    except DBAPIError as error:
        raise RecordProblem(f"the database {shown} does not answer ({type(error.orig).__name__})") from None
    if not {"audit_entry", "chain"} <= set(tables):
        raise RecordProblem(f"the database {shown} has no record yet: run `radrelay migrate`")
