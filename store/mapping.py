"""Values to rows and back, by equal field names; a test holds the names together."""

from __future__ import annotations

import base64
import dataclasses
from collections.abc import Callable, Mapping
from datetime import date, datetime
from enum import Enum
from typing import Any, TypeVar, get_type_hints

import orjson
from pydantic import TypeAdapter
from sqlalchemy import Table
from sqlmodel import SQLModel

from handlers.domain import (
    access,
    contact_pins,
    handovers,
    leases,
    lockouts,
    numbers,
    outage,
    overrides,
    pickups,
    privacy,
    problems,
    recordings,
    relays,
    rotas,
    studies,
    tasks,
    texts,
    viewings,
)
from store import reading_tables, tables
from store.cipher import Cipher

V = TypeVar("V")

_PLAIN = (str, int, bool, float, datetime)


@dataclasses.dataclass(frozen=True, slots=True)
class Kept:
    """How one kind of value is kept: its table, the fields sealed together, the fields found by keyed index."""

    row: type[SQLModel]
    #: The instant by which values of this kind are ordered.
    born: str
    sealed: frozenset[str] = frozenset()
    indexed: frozenset[str] = frozenset()

    @property
    def table(self) -> Table:
        """The table itself."""
        table: Table = self.row.__table__  # type: ignore[attr-defined]
        return table


_STUDY_SEALED = frozenset(
    {
        "accession_number", "study_instance_uid", "patient_id", "patient_name", "birth_date", "sex", "body_part",
        "description", "location", "ordering_npi", "ordering_name", "ordering_phone", "callback_phone", "group",
    }
)  # fmt: skip

KEPT: Mapping[type[Any], Kept] = {
    studies.Study: Kept(
        reading_tables.StudyRow,
        "received_at",
        _STUDY_SEALED,
        frozenset({"accession_number", "study_instance_uid", "group"}),
    ),
    studies.Read: Kept(reading_tables.ReadRow, "opened_at"),
    overrides.Override: Kept(reading_tables.OverrideRow, "asked_at"),
    studies.Overflow: Kept(reading_tables.OverflowRow, "opened_at"),
    problems.Problem: Kept(reading_tables.ProblemRow, "opened_at"),
    leases.Lease: Kept(reading_tables.LeaseRow, "claimed_at"),
    viewings.Viewing: Kept(reading_tables.ViewingRow, "opened_at"),
    studies.Report: Kept(reading_tables.ReportRow, "received_at"),
    studies.EarlyReport: Kept(
        reading_tables.EarlyReportRow,
        "received_at",
        frozenset({"accession_number", "signed_by"}),
        frozenset({"accession_number"}),
    ),
    studies.Finding: Kept(
        tables.FindingRow, "reported_at", frozenset({"accession_number", "text"}), frozenset({"accession_number"})
    ),
    relays.Relay: Kept(tables.RelayRow, "delegated_at"),
    relays.Attempt: Kept(tables.AttemptRow, "planned_at"),
    relays.Turn: Kept(tables.TurnRow, "number", frozenset({"heard", "answer"})),
    tasks.DeskTask: Kept(tables.DeskTaskRow, "opened_at"),
    handovers.OnDuty: Kept(reading_tables.OnDutyRow, "since"),
    rotas.CalendarCopy: Kept(reading_tables.CalendarCopyRow, "at"),
    handovers.Handover: Kept(reading_tables.HandoverRow, "offered_at"),
    relays.Recording: Kept(tables.RecordingRow, "announced_at", frozenset({"audio"})),
    pickups.Pickup: Kept(tables.PickupRow, "made_at"),
    texts.TextReply: Kept(tables.TextReplyRow, "at", frozenset({"number", "words"})),
    recordings.Dictation: Kept(tables.DictationRow, "asked_at"),
    recordings.LegalHold: Kept(tables.LegalHoldRow, "at"),
    relays.Halt: Kept(tables.HaltRow, "at"),
    access.Link: Kept(tables.LinkRow, "made_at"),
    access.PageSession: Kept(tables.PageSessionRow, "opened_at"),
    access.DirectoryVersion: Kept(tables.DirectoryVersionRow, "number"),
    access.InboundCall: Kept(tables.InboundCallRow, "at"),
    lockouts.WrongEntry: Kept(tables.WrongEntryRow, "at", frozenset({"subject"}), frozenset({"subject"})),
    lockouts.Lockout: Kept(tables.LockoutRow, "began_at", frozenset({"subject"}), frozenset({"subject"})),
    contact_pins.ContactPin: Kept(tables.ContactPinRow, "issued_at"),
    numbers.NumberStanding: Kept(tables.NumberStandingRow, "since", frozenset({"number"}), frozenset({"number"})),
    privacy.PrivacyEvent: Kept(tables.PrivacyEventRow, "opened_at"),
    access.OptOut: Kept(tables.OptOutRow, "at"),
    outage.VendorHealth: Kept(tables.VendorHealthRow, "failing_since"),
}


def _only(hint: Any) -> Any:
    """Return the one type of a hint that is not None, or None where there are several."""
    parts = {part for part in getattr(hint, "__args__", (hint,)) if part is not type(None)}
    return next(iter(parts)) if len(parts) == 1 else None


def _reader(hint: Any) -> Callable[[Any], Any]:
    """Return how a stored field becomes the value's field."""
    only = _only(hint)
    if only in _PLAIN:
        return lambda stored: stored
    if isinstance(only, type) and issubclass(only, Enum):
        return lambda stored: None if stored is None else only(stored)
    adapter: TypeAdapter[Any] = TypeAdapter(hint)
    return lambda stored: None if stored is None else adapter.validate_json(stored)


def _writer(hint: Any) -> Callable[[Any], Any]:
    """Return how a value's field is stored."""
    only = _only(hint)
    if only in _PLAIN:
        return lambda value: value
    if isinstance(only, type) and issubclass(only, Enum):
        return lambda value: None if value is None else str(value.value)
    adapter: TypeAdapter[Any] = TypeAdapter(hint)
    return lambda value: None if value is None else adapter.dump_json(value).decode()


_TYPES: Mapping[type[Any], Mapping[str, Any]] = {kind: get_type_hints(kind) for kind in KEPT}
_READ = {kind: {name: _reader(hint) for name, hint in hints.items()} for kind, hints in _TYPES.items()}
_WRITE = {kind: {name: _writer(hint) for name, hint in hints.items()} for kind, hints in _TYPES.items()}


def _sealable(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, date):
        return value.isoformat()
    return value


def _unsealed(hint: Any, stored: Any) -> Any:
    if hint is bytes:
        return base64.b64decode(stored)
    if hint == date | None:
        return None if stored is None else date.fromisoformat(stored)
    return stored


def columns_of(value: Any, cipher: Cipher) -> dict[str, Any]:
    """Return the row of a value, with its patient fields sealed and their keyed indexes."""
    kind = type(value)
    kept = KEPT[kind]
    row: dict[str, Any] = {}
    sealed: dict[str, Any] = {}
    for field in dataclasses.fields(kind):
        held = getattr(value, field.name)
        if field.name in kept.sealed:
            sealed[field.name] = _sealable(held)
        else:
            row[field.name] = _WRITE[kind][field.name](held)
        if field.name in kept.indexed:
            row[f"{field.name}_index"] = cipher.index(f"{kept.table.name}.{field.name}", held) if held else ""
    if kept.sealed:
        row["sealed"] = cipher.seal(orjson.dumps(sealed))
    return row


def value_of(kind: type[V], row: Mapping[str, Any], cipher: Cipher) -> V:
    """Return the value that a row keeps."""
    kept = KEPT[kind]
    hints = _TYPES[kind]
    opened = orjson.loads(cipher.open(row["sealed"])) if kept.sealed else {}
    fields: dict[str, Any] = {}
    for field in dataclasses.fields(kind):  # type: ignore[arg-type]
        if field.name in kept.sealed:
            fields[field.name] = _unsealed(hints[field.name], opened[field.name])
        else:
            fields[field.name] = _READ[kind][field.name](row[field.name])
    return kind(**fields)


def criterion(kind: type[Any], field: str, wanted: Any, cipher: Cipher) -> tuple[str, Any]:
    """Return the column and the stored value to compare it with, for a search by equal fields."""
    kept = KEPT[kind]
    if field in kept.indexed:
        return f"{field}_index", cipher.index(f"{kept.table.name}.{field}", wanted) if wanted else ""
    if field in kept.sealed:
        raise ValueError(f"{kind.__name__}.{field} is sealed and has no index: it cannot be searched")
    return field, (None if wanted is None else _WRITE[kind][field](wanted))
