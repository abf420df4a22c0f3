"""A database that takes every statement and then cannot commit, as one does whose disk is full."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.flows.stage import Stage

#: What a database does that takes every statement and then cannot commit: a constraint that is checked at the end.
_SQLITE = (
    "CREATE TABLE nowhere (id INTEGER PRIMARY KEY)",
    "CREATE TABLE unkept (id INTEGER REFERENCES nowhere (id) DEFERRABLE INITIALLY DEFERRED)",
    'CREATE TRIGGER unkept_{0} AFTER INSERT ON "{0}" BEGIN INSERT INTO unkept VALUES (1); END',
)
_SQLITE_AGAIN = ("DROP TRIGGER unkept_{0}", "DROP TABLE unkept", "DROP TABLE nowhere")
_POSTGRESQL = (
    "CREATE FUNCTION unkept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the disk is full'; END $$",
    """CREATE CONSTRAINT TRIGGER unkept_{0} AFTER INSERT ON "{0}" DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION unkept()""",
)
_POSTGRESQL_AGAIN = ('DROP TRIGGER unkept_{0} ON "{0}"', "DROP FUNCTION unkept")


@contextmanager
def no_commit(stage: Stage, table: str) -> Iterator[None]:
    """Let every commit fail that follows an insert into a table."""
    database = stage.service.store.database
    before, after = (_SQLITE, _SQLITE_AGAIN) if database.is_sqlite else (_POSTGRESQL, _POSTGRESQL_AGAIN)

    def run(statements: tuple[str, ...]) -> None:
        with database.writing() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement.format(table))

    run(before)
    try:
        yield
    finally:
        run(after)
