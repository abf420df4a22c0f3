"""The columns that tables are made of: keys, instants in UTC, text, sealed bytes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect, LargeBinary, Text, TypeDecorator
from sqlmodel import Field


class Instant(TypeDecorator[datetime]):
    """An instant in UTC on both databases; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse what has no zone, and store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a zone")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Give back UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def key_column() -> Any:
    """Return a primary key."""
    return Field(primary_key=True)


def instant_column(*, nullable: bool = False) -> Any:
    """Return an instant."""
    return Field(sa_type=Instant, nullable=nullable)


def text_column(*, nullable: bool = False) -> Any:
    """Return unbounded text."""
    return Field(sa_type=Text, nullable=nullable)


def bytes_column() -> Any:
    """Return bytes."""
    return Field(sa_type=LargeBinary)
