"""Whether every change of the domain has its entry: each transaction of a story is watched at the database itself.

A transaction that wrote a value of a kind and no entry that speaks of this kind is remembered with the functions that
wrote it, and fails the story.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from sqlalchemy import Connection, event

from handlers.domain.access import PageSession
from store.database import Database
from store.mapping import KEPT

#: Values that are no domain: a session is only how long a case page may be looked at; each view of it is an entry.
EXCEPT: frozenset[type] = frozenset({PageSession})
#: Tables whose every change needs an entry. Queues, lanes, deadlines, deliveries and Slack's ts are machinery, no values.
DOMAIN = frozenset(kept.table.name for kind, kept in KEPT.items() if kind not in EXCEPT)
ENTRIES = "audit_entry"
#: The nouns of the actions that speak of a change to each table.
SPEAK_OF: dict[str, tuple[str, ...]] = {
    "study": ("study",),
    "read": ("read", "clock"),
    "problem": ("problem",),
    "read_override": ("override", "read"),
    "overflow": ("overflow",),
    "lease": ("lease", "read"),
    "viewing": ("viewing",),
    "report": ("report",),
    "early_report": ("report",),
    "finding": ("finding",),
    "relay": ("relay", "rung", "finding"),
    "attempt": ("attempt", "call", "text", "pickup"),
    "turn": ("call", "attempt"),
    "desk_task": ("task",),
    "recording": ("recording",),
    "dictation": ("dictation",),
    "legal_hold": ("recordings",),
    "halt": ("calls",),
    "link": ("link",),
    "pickup": ("pickup",),
    "handover": ("handover",),
    "on_duty": ("rota",),
    "calendar_copy": ("calendar",),
    "directory_version": ("directory",),
    "inbound_call": ("call",),
    "opt_out": ("text",),
    "vendor_health": ("vendor",),
    "wrong_entry": ("call", "pickup"),
    "lockout": ("lockout",),
    "text_reply": ("text",),
    "contact_pin": ("pin",),
    "privacy_event": ("privacy",),
    "number_standing": ("number", "attempt", "text"),
}
_WRITES = re.compile(r'\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+"?(\w+)"?', re.IGNORECASE)


@dataclass
class Written:
    """What one transaction has written so far: each table of the domain, and by which functions of ours."""

    tables: dict[str, str] = field(default_factory=dict)
    nouns: set[str] = field(default_factory=set)


class RecordWatch:
    """Watches one database's transactions; ``unrecorded`` names those that changed the domain and told nobody."""

    def __init__(self) -> None:
        self.unrecorded: list[str] = []
        self.watched = 0

    def watch(self, database: Database) -> None:
        """Begin to watch an opened database."""
        event.listen(database.engine, "before_cursor_execute", self._executing)
        event.listen(database.engine, "begin", self._begun)
        event.listen(database.engine, "commit", self._committing)
        event.listen(database.engine, "rollback", self._begun)

    def _begun(self, connection: Connection) -> None:
        connection.info["written"] = Written()

    def _executing(
        self, connection: Connection, _cursor: Any, statement: str, _parameters: Any, context: Any, _many: bool
    ) -> None:
        found = _WRITES.match(statement)
        written = connection.info.setdefault("written", Written())
        if found is None:
            return
        if found[1] == ENTRIES:
            written.nouns |= {row["action"].partition(":")[0] for row in context.compiled_parameters}
        elif found[1] in DOMAIN:
            written.tables[found[1]] = _by_whom()

    def _committing(self, connection: Connection) -> None:
        written = connection.info.pop("written", Written())
        if not written.tables:
            return
        self.watched += 1
        for table, whom in written.tables.items():
            if not written.nouns & set(SPEAK_OF[table]):
                self.unrecorded.append(f"{table} by {whom}")


def _by_whom() -> str:
    """Return the functions of the inside that are running, innermost first."""
    names: list[str] = []
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and len(names) < 6:
        if "/handlers/" in frame.f_code.co_filename:
            names.append(frame.f_code.co_qualname)
        frame = frame.f_back
    return " < ".join(names)
