"""Where the tables say of a relay's ending what the record does not: somebody changed a row, and the chain cannot be changed.

Statements are made from the tables. Of all that they say, how, when, by whom and in which role a relay ended is compared here.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import Connection, Table, select

from store.audit import ENTRY
from store.tables import RelayRow

RELAY: Table = RelayRow.__table__  # type: ignore[attr-defined]
ENDED, ENDS = "ended", "relay:end"


def contradictions(connection: Connection) -> Iterator[tuple[str, str]]:
    """Yield (facility, problem) for each relay whose row and whose last entry differ in how it ended."""
    recorded = _recorded(connection)
    columns = (RELAY.c.id, RELAY.c.facility, RELAY.c.case_code, RELAY.c.state, RELAY.c.ending, RELAY.c.ended_by)
    rows = connection.execute(select(*columns, RELAY.c.ended_role, RELAY.c.ended_at)).mappings()
    for row in rows:
        said = recorded.get(row["id"])
        told = _told(row) if row["state"] == ENDED else None
        where = f"{row['facility']}: the relay of case {row['case_code']}"
        if told is not None and said is None:
            yield row["facility"], f"{where} is ended by its row, and the record says nothing of that"
        elif told is None and said is not None:
            yield row["facility"], f"{where} is open by its row, and the record says that it ended"
        elif told != said:
            yield row["facility"], f"{where} ended otherwise by its row than by the record"


def _told(row: Any) -> tuple[str, ...]:
    return row["ending"] or "", row["ended_by"], row["ended_role"], _instant(row["ended_at"])


def _recorded(connection: Connection) -> dict[str, tuple[str, ...]]:
    """Return how each relay ended by its last entry; one that was made unreadable is a problem of the chain's own."""
    found: dict[str, tuple[str, ...]] = {}
    query = select(ENTRY.c.body).where(ENTRY.c.action == ENDS).order_by(ENTRY.c.chain, ENTRY.c.seq)
    for body in connection.execute(query).scalars():
        try:
            said = orjson.loads(body)
            facts = said["facts"]
            found[said["subject"]] = (facts["ending"], facts["by"], facts["role"], _instant(said["at"]))
        except (KeyError, TypeError, ValueError):
            continue
    return found


def _instant(stored: Any) -> str:
    if stored is None:
        return ""
    instant = stored if isinstance(stored, datetime) else datetime.fromisoformat(stored)
    return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
