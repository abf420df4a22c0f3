"""Alembic's entry: it runs inside a transaction that ``store.schema`` opened, or makes offline sense of nothing."""

from __future__ import annotations

from alembic import context
from sqlmodel import SQLModel

from store import queue_tables, tables  # noqa: F401 - they name every table in the metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=SQLModel.metadata)
with context.begin_transaction():
    context.run_migrations()
