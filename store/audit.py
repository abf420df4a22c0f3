"""The tamper-evident record: a chain of exact bytes per facility, its heads anchored outside the database.

45 CFR 164.312(b) asks for audit controls, 164.312(c)(1) for integrity. Entries hold ids, codes and facts, never patient
data, encrypted or not: keys rotate, chains cannot.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, Table, bindparam, insert, select, type_coerce, update
from sqlalchemy.types import NullType

from handlers.domain.machinery import AuditFact
from store.queue_tables import AuditEntry, Chain

ENTRY: Table = AuditEntry.__table__  # type: ignore[attr-defined]
CHAIN: Table = Chain.__table__  # type: ignore[attr-defined]
_APPEND = insert(ENTRY)
_FORWARD = update(CHAIN).where(CHAIN.c.facility == bindparam("chain"))


def entry_bytes(chain: str, seq: int, at: datetime, fact: AuditFact, prev: str) -> bytes:
    """Return the exact bytes of an entry; these are stored, hashed and verified, never made again."""
    return orjson.dumps(
        {
            "v": 1,
            "chain": chain,
            "seq": seq,
            "at": at.astimezone(UTC).isoformat(),
            "actor": fact.actor,
            "action": fact.action,
            "case": fact.case_code,
            "subject": fact.subject,
            "facts": dict(fact.facts),
            "prev": prev,
        },
        option=orjson.OPT_SORT_KEYS,
    )


def digest(body: bytes) -> str:
    """Return the SHA-256 of an entry's bytes."""
    return hashlib.sha256(body).hexdigest()


def append(
    connection: Connection, chain: str, head: tuple[int, str], at: datetime, facts: list[AuditFact]
) -> tuple[int, str]:
    """Append entries after ``head`` and return the new head; the caller holds the chain's row."""
    seq, prev = head
    rows = []
    for fact in facts:
        seq += 1
        body = entry_bytes(chain, seq, at, fact, prev)
        prev = digest(body)
        rows.append(
            {
                "chain": chain,
                "seq": seq,
                "at": at,
                "action": fact.action,
                "case_code": fact.case_code,
                "body": body.decode(),
                "hash": prev,
            }
        )
    connection.execute(_APPEND, rows)
    connection.execute(_FORWARD, {"chain": chain, "seq": seq, "hash": prev})
    return seq, prev


@dataclass(slots=True)
class ChainReport:
    """What verification found in one chain."""

    chain: str
    entries: int = 0
    problems: list[str] = field(default_factory=list)
    #: The greatest sequence number that was anchored; 0 where none was.
    anchored_to: int = 0
    #: Entries after the last anchor: a tail cut there would not be noticed yet.
    after_anchor: int = 0
    anchored_at: str = ""


def _entries(connection: Connection, chain: str | None = None, case_code: str | None = None) -> Iterator[Any]:
    # The instant as the driver gives it: a tampered one is to be named, not to end the look.
    columns = [column for column in ENTRY.c if column.name != "at"]
    query = select(*columns, type_coerce(ENTRY.c.at, NullType()).label("at")).order_by(ENTRY.c.chain, ENTRY.c.seq)
    if chain is not None:
        query = query.where(ENTRY.c.chain == chain)
    if case_code is not None:
        query = query.where(ENTRY.c.case_code == case_code)
    yield from connection.execution_options(yield_per=1000).execute(query).mappings()


def verify(connection: Connection, anchors: list[dict[str, Any]]) -> list[ChainReport]:
    """Check every chain and name each changed, removed, inserted or reordered row, and a cut tail up to the last anchor.

    Give it a snapshot, and anchors that were read before the snapshot was taken.
    """
    reports: dict[str, ChainReport] = {}
    seen: dict[str, tuple[int, str]] = {}
    anchored: dict[str, dict[int, set[str]]] = {}
    for line in anchors:
        for chain, (seq, hashed) in line["heads"].items():
            anchored.setdefault(chain, {}).setdefault(seq, set()).add(hashed)
    for row in _entries(connection):
        report = reports.setdefault(row["chain"], ChainReport(row["chain"]))
        report.entries += 1
        before = seen.get(row["chain"], (0, ""))
        try:
            seen[row["chain"]] = _check_row(row, report, before, anchored.get(row["chain"], {}))
        except (KeyError, TypeError, ValueError):
            report.problems.append(f"{row['chain']} #{row['seq']}: the entry was changed (it cannot be read)")
            seen[row["chain"]] = (before[0] + 1, row["hash"])
    heads = {row["facility"]: (row["seq"], row["hash"]) for row in connection.execute(select(CHAIN)).mappings()}
    for chain in sorted({*heads, *anchored, *reports}):
        report = reports.setdefault(chain, ChainReport(chain))
        _check_head(report, seen.get(chain, (0, "")), heads.get(chain), anchors)
    return [reports[chain] for chain in sorted(reports)]


def _same_instant(stored: Any, said: str) -> bool:
    instant = stored if isinstance(stored, datetime) else datetime.fromisoformat(stored)
    return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)) == datetime.fromisoformat(said)


def _check_row(
    row: Any, report: ChainReport, before: tuple[int, str], anchored: dict[int, set[str]]
) -> tuple[int, str]:
    seq, prev = before
    body = row["body"].encode()
    where = f"{row['chain']} #{row['seq']}"
    if row["seq"] != seq + 1:
        missing = f"#{seq + 1}" if row["seq"] == seq + 2 else f"#{seq + 1} to #{row['seq'] - 1}"
        report.problems.append(f"{where}: {missing} was removed")
    if digest(body) != row["hash"]:
        report.problems.append(f"{where}: the entry was changed (its bytes do not have its hash)")
    said = orjson.loads(body)
    if row["seq"] == seq + 1 and said["prev"] != prev:
        report.problems.append(f"{where}: it does not follow #{seq}: a row was changed, inserted or reordered here")
    if (said["chain"], said["seq"]) != (row["chain"], row["seq"]):
        report.problems.append(f"{where}: it was moved (its bytes say {said['chain']} #{said['seq']})")
    if (said["action"], said["case"]) != (row["action"], row["case_code"]) or not _same_instant(row["at"], said["at"]):
        report.problems.append(f"{where}: a search column was changed (its bytes say otherwise)")
    if anchored.get(row["seq"], {row["hash"]}) != {row["hash"]}:
        report.problems.append(f"{where}: it is not the entry that was anchored")
    return row["seq"], row["hash"]


def _check_head(
    report: ChainReport, last: tuple[int, str], head: tuple[int, str] | None, anchors: list[dict[str, Any]]
) -> None:
    if head is None and last[0]:
        report.problems.append(f"{report.chain}: the head was removed")
    if head is not None and head[0] == last[0] and head[1] != last[1]:
        report.problems.append(f"{report.chain}: the head does not have the hash of #{last[0]}")
    if head is not None and head[0] != last[0]:
        report.problems.append(f"{report.chain}: the head says #{head[0]} but the last entry is #{last[0]}")
    ours = [line for line in anchors if report.chain in line["heads"]]
    if not ours:
        report.after_anchor = last[0]
        return
    newest = ours[-1]
    at_seq = max(line["heads"][report.chain][0] for line in ours)
    report.anchored_at = newest["at"]
    report.anchored_to = at_seq
    report.after_anchor = max(last[0] - at_seq, 0)
    if last[0] < at_seq:
        report.problems.append(
            f"{report.chain}: the tail was cut: #{last[0] + 1} to #{at_seq} were anchored and are gone"
        )


def export(connection: Connection, case_code: str | None = None) -> Iterator[dict[str, Any]]:
    """Yield every entry as its own bytes say, with its hash."""
    for row in _entries(connection, case_code=case_code):
        yield {**_said(row), "hash": row["hash"]}


def _said(row: Any) -> dict[str, Any]:
    """Return what an entry's bytes say; one that was made unreadable is told as such."""
    keys = ("chain", "seq", "at", "actor", "action", "case", "subject", "facts", "prev")
    try:
        said = orjson.loads(row["body"])
        return {key: said[key] for key in keys}
    except (KeyError, TypeError, ValueError):
        blank: dict[str, Any] = dict.fromkeys(keys, "")
        return blank | {"chain": row["chain"], "seq": row["seq"], "action": "entry:unreadable", "facts": {}}


def export_after(connection: Connection, seen: dict[str, int]) -> list[dict[str, Any]]:
    """Return entries that came after the sequence numbers in ``seen``, oldest first, and move ``seen`` on."""
    fresh = []
    for row in connection.execute(select(CHAIN)).mappings():
        chain = row["facility"]
        query = select(ENTRY).where(ENTRY.c.chain == chain, ENTRY.c.seq > seen.get(chain, 0)).order_by(ENTRY.c.seq)
        for entry in connection.execute(query).mappings():
            fresh.append({**_said(entry), "hash": entry["hash"]})
            seen[chain] = entry["seq"]
    return sorted(fresh, key=lambda entry: (entry["at"], entry["chain"], entry["seq"]))


def anchor(connection: Connection, path: Path, at: datetime) -> dict[str, Any]:
    """Write the heads of all chains to a file outside the database, durably; return what was written."""
    heads = {
        row["facility"]: [row["seq"], row["hash"]] for row in connection.execute(select(CHAIN)).mappings() if row["seq"]
    }
    line = {"at": at.isoformat(), "heads": heads}
    path.parent.mkdir(parents=True, exist_ok=True)
    torn = path.exists() and path.read_bytes()[-1:] not in {b"", b"\n"}
    with path.open("ab") as handle:
        handle.write(b"\n" if torn else b"")  # a crash left half a line: ours begins on its own
        handle.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
        handle.flush()
        os.fsync(handle.fileno())
    return line


def anchors(path: Path) -> list[dict[str, Any]]:
    """Read the anchor file, without lines that cannot be read; a missing one is no anchors."""
    return [line for line in map(_anchor, _lines(path)) if line is not None]


def damaged_anchors(path: Path) -> list[int]:
    """Return the numbers of the anchor file's lines that cannot be read: cut short by a crash, or tampered with."""
    return [number for number, line in enumerate(_lines(path), 1) if _anchor(line) is None]


def _lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines() if path.exists() else []


def _anchor(line: bytes) -> dict[str, Any] | None:
    try:
        said: dict[str, Any] = orjson.loads(line)
        heads = {str(chain): (int(seq), str(hashed)) for chain, (seq, hashed) in said["heads"].items()}
        return {"at": str(said["at"]), "heads": heads}
    except (AttributeError, KeyError, TypeError, ValueError):
        return None
