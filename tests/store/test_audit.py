"""The record: a chain of exact bytes a facility, anchored outside, which a stranger can verify."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import orjson
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from handlers.domain.machinery import AuditFact
from store import audit
from store.memory import SqlMemory
from tests.clock import NOON, ManualClock
from tests.conftest import MakeMemory
from tests.store.tampering import anchor, cut_to, problems, record, rewritten, tamper, verified
from tests.store.threads import together

RECORD_PAGE = Path(__file__).parents[2] / "docs" / "record.md"


def test_a_chain_that_nobody_touched_verifies(memory: SqlMemory, clock: ManualClock, tmp_path: Path) -> None:
    """Two facilities, two chains, each with its own numbers and its own anchor."""
    record(memory, 5, clock=clock)
    record(memory, 2, "south")
    anchor(memory, tmp_path / "anchors.jsonl")
    record(memory, 1)
    found = verified(memory, tmp_path / "anchors.jsonl")
    assert [report.problems for report in found.values()] == [[], []]
    north, south = found["north"], found["south"]
    assert (north.entries, north.anchored_to, north.after_anchor, north.anchored_at) == (6, 5, 1, NOON.isoformat())
    assert (south.entries, south.anchored_to, south.after_anchor) == (2, 2, 0)


def test_an_empty_chain_verifies(memory: SqlMemory, tmp_path: Path) -> None:
    """A facility that was only locked has nothing to say and nothing to anchor."""
    record(memory, 0)
    with memory.transaction("north"):
        pass
    anchor(memory, tmp_path / "anchors.jsonl")
    assert problems(memory, tmp_path / "anchors.jsonl") == []
    assert audit.anchors(tmp_path / "anchors.jsonl") == [{"at": NOON.isoformat(), "heads": {}}]


def test_half_an_anchor_line_is_told_and_spoils_no_other(memory: SqlMemory, tmp_path: Path) -> None:
    """A crash may cut the last line short: the next anchor begins on its own line, and the torn one is named."""
    path = tmp_path / "deep" / "anchors.jsonl"
    record(memory, 2)
    anchor(memory, path)
    with path.open("ab") as handle:
        handle.write(b'{"at": "2026-03-02T12:0')
    record(memory, 2)
    anchor(memory, path)
    assert [line["heads"]["north"][0] for line in audit.anchors(path)] == [2, 4]
    assert audit.damaged_anchors(path) == [2]
    assert audit.anchors(tmp_path / "none") == []
    assert audit.damaged_anchors(tmp_path / "none") == []


def test_verification_sees_one_instant_while_the_record_grows(make_memory: MakeMemory) -> None:
    """Entries and heads are read in one snapshot: a commit between the two accuses nobody."""
    writer, auditor = make_memory(), make_memory()
    record(writer, 2)

    def grow() -> list[str]:
        for _ in range(30):
            record(writer, 2)
        return []

    def look() -> list[str]:
        return [problem for _ in range(30) for problem in problems(auditor)]

    assert together([grow, look]) == [[], []]


def test_a_strangers_script_agrees(memory: SqlMemory, tmp_path: Path) -> None:
    """The twenty lines of the documentation, which know nothing of ours, find the same as we do."""
    path = tmp_path / "anchors.jsonl"
    record(memory)
    record(memory, 3, "south")
    anchor(memory, path)
    assert stranger(memory, path) == (0, "9 entries, 0 problems\n")
    tamper(memory, *rewritten(memory, 3, "radiologist:eve"))
    code, said = stranger(memory, path)
    assert (code, said.splitlines()) == (1, ["north #4: broken", "9 entries, 1 problems"])
    assert len(problems(memory, path)) == 1
    cut_to(memory, 2)
    assert stranger(memory, path)[0] == 1


def stranger(memory: SqlMemory, anchors: Path) -> tuple[int, str]:
    """Run the documentation's script on what its commands would print."""
    script = re.search(r"```python\n(.*?)```", RECORD_PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert script is not None
    out = io.StringIO()
    with memory.database.reading() as connection:
        query = text("SELECT chain, seq, hash, body FROM audit_entry ORDER BY chain, seq")
        csv.writer(out).writerows(connection.execute(query).all())
    command = [sys.executable, "-c", script[1], str(anchors)]
    done = subprocess.run(command, input=out.getvalue(), capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.returncode, done.stdout


def test_an_export_says_what_the_bytes_say(memory: SqlMemory, clock: ManualClock) -> None:
    """Chain by chain, in order, with the hash of the stored bytes; a case's entries alone on request."""
    record(memory, 2, clock=clock)
    with memory.transaction("south") as tx:
        tx.audit(AuditFact(action="relay:start", actor="robot", case_code="11111111", subject="relay-1"))
    with memory.database.snapshot() as connection:
        entries = list(audit.export(connection))
        assert [(entry["chain"], entry["seq"]) for entry in entries] == [("north", 1), ("north", 2), ("south", 1)]
        assert entries[1]["prev"] == entries[0]["hash"]
        assert entries[2]["at"] == (NOON + timedelta(seconds=1)).isoformat()
        assert [entry["subject"] for entry in audit.export(connection, "11111111")] == ["relay-1"]


def test_following_gives_each_entry_once(memory: SqlMemory, clock: ManualClock) -> None:
    """Oldest first, and only what came since the last look."""
    seen: dict[str, int] = {}

    def fresh() -> list[tuple[str, int]]:
        with memory.database.snapshot() as connection:
            return [(entry["chain"], entry["seq"]) for entry in audit.export_after(connection, seen)]

    record(memory, 1, "south", clock)
    record(memory, 2, "north", clock)
    assert fresh() == [("south", 1), ("north", 1), ("north", 2)]
    assert fresh() == []
    record(memory, 1, "north")
    assert fresh() == [("north", 3)]


def test_an_unreadable_entry_is_exported_as_such(memory: SqlMemory) -> None:
    """Verification says what is wrong with it; the export goes on."""
    record(memory, 2)
    tamper(memory, "UPDATE audit_entry SET body = 'gone' WHERE seq = 1")
    with memory.database.snapshot() as connection:
        first, second = audit.export(connection)
    assert (first["action"], first["seq"], second["action"]) == ("entry:unreadable", 1, "read:claim")


@given(st.dictionaries(st.text(), st.none() | st.booleans() | st.text() | st.integers(-(2**53), 2**53), max_size=5))
def test_the_same_fact_has_the_same_bytes(facts: dict[str, str | int | bool | None]) -> None:
    """Keys are sorted, so the order in which facts were given does not matter; the bytes say all of them."""
    one = AuditFact(action="a:b", actor="c", facts=facts)
    two = AuditFact(action="a:b", actor="c", facts=dict(reversed(list(facts.items()))))
    try:
        body = audit.entry_bytes("north", 1, NOON, one, "")
    except orjson.JSONEncodeError:
        return  # a lone surrogate is no text
    assert body == audit.entry_bytes("north", 1, NOON, two, "")
    assert json.loads(body)["facts"] == facts
