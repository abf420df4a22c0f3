"""Bringing a database to the newest schema, once, whoever else tries at the same moment.

Alembic runs from inside the package, so that an installed radrelay needs no file of its own to migrate.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from handlers.domain.errors import RadrelayError
from store.database import Database

MIGRATIONS = Path(__file__).parent / "migrations"
#: The advisory lock under which PostgreSQL lets one process migrate: any number, the same in every release.
LOCK_KEY = 7_237_352_914
LOCK_SECONDS = 60


class SchemaProblem(RadrelayError):
    """The database cannot be brought to this release's schema; the text says why and what to do."""


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


@contextmanager
def _one_at_a_time(database: Database) -> Iterator[Connection]:
    """Begin the one transaction of a migration: IMMEDIATE on SQLite, under an advisory lock on PostgreSQL."""
    try:
        with database.writing() as connection:
            if not database.is_sqlite:
                connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'"))
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK_KEY})
            yield connection
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", "") == "55P03":
            raise SchemaProblem(
                f"another process has been migrating this database for more than {LOCK_SECONDS} s; "
                "look for it (`radrelay migrate`, `serve`), then run this again"
            ) from None
        raise


def migrate(database: Database) -> None:
    """Bring the database to the newest schema; all of it or nothing, and nothing where it is there already."""
    if database.is_sqlite and database.url.database not in (None, "", ":memory:"):
        Path(database.url.database).parent.mkdir(parents=True, exist_ok=True)
    if is_at_head(database):
        return
    with _one_at_a_time(database) as connection:
        try:
            command.upgrade(_config(connection), "head")
        except CommandError:
            current = MigrationContext.configure(connection).get_current_revision()
            raise SchemaProblem(
                f"the database is at schema {current}, which this release does not know: it was migrated by a newer "
                "radrelay; install that release, or restore a backup made before it"
            ) from None


def head_of(database: Database) -> tuple[str | None, str]:
    """Return the database's schema (None before the first) and the newest one."""
    with database.reading() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    return current, _newest()


@cache
def _newest() -> str:
    """Return this release's schema; its migrations are read once a process."""
    newest = ScriptDirectory.from_config(_config()).get_current_head()
    if newest is None:
        raise SchemaProblem(f"no migrations are installed in {MIGRATIONS}: install radrelay again")
    return newest


def is_at_head(database: Database) -> bool:
    """Tell whether the database has the newest schema."""
    current, newest = head_of(database)
    return current == newest
