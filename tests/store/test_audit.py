"""The record: a chain of exact bytes a facility; whatever is done to it afterwards, verification names the place."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from handlers.domain.machinery import AuditFact
from store import audit
from store.audit import ChainReport
from store.database import Database
from store.memory import SqlMemory
from tests.clock import NOON, ManualClock
from tests.conftest import MakeMemory
from tests.store.threads import together

RECORD_PAGE = Path(__file__).parents[2] / "docs" / "record.md"
Tamper = Callable[[SqlMemory], None]


def record(memory: SqlMemory, count: int = 6, facility: str = "north", clock: ManualClock | None = None) -> None:
    """Record facts, two in a transaction."""
    for number in range(0, count, 2):
        with memory.transaction(facility) as tx:
            for one in (number, number + 1)[: count - number]:
                facts = {"number": one, "name": "Zoë \u2028 \x00", "yes": True, "none": None}
                tx.audit(AuditFact(action="read:claim", actor="radiologist:ann", case_code="48210934", facts=facts))
        if clock is not None:
            clock.advance(timedelta(seconds=1))


def verified(memory: SqlMemory, anchors: Path | None = None) -> dict[str, ChainReport]:
    """Verify the record against an anchor file."""
    lines = audit.anchors(anchors) if anchors is not None else []
    with memory.database.snapshot() as connection:
        return {report.chain: report for report in audit.verify(connection, lines)}


def problems(memory: SqlMemory, anchors: Path | None = None) -> list[str]:
    """Return every problem."""
    return [problem for report in verified(memory, anchors).values() for problem in report.problems]


def anchor(memory: SqlMemory, path: Path) -> None:
    """Anchor the heads at noon."""
    with memory.database.snapshot() as connection:
        audit.anchor(connection, path, NOON)


def untie(database: Database) -> None:
    """Remove the guards, as an attacker with every right would."""
    with database.writing() as connection:
        if database.is_sqlite:
            names = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all()
            for name in names:
                connection.execute(text(f"DROP TRIGGER {name}"))
        else:
            for table in ("audit_entry", "chain"):
                connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))


def tamper(memory: SqlMemory, *statements: str) -> None:
    """Run statements against an unguarded record."""
    untie(memory.database)
    with memory.database.writing() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def rewritten(memory: SqlMemory, seq: int, actor: str) -> list[str]:
    """Return statements that change an entry's bytes and its hash."""
    with memory.database.reading() as connection:
        query = text("SELECT body FROM audit_entry WHERE chain = 'north' AND seq = :seq")
        body = json.loads(connection.execute(query, {"seq": seq}).scalar_one())
    changed = orjson.dumps(body | {"actor": actor, "facts": {}}, option=orjson.OPT_SORT_KEYS)
    values = f"body = '{changed.decode()}', hash = '{audit.digest(changed)}'"
    return [f"UPDATE audit_entry SET {values} WHERE chain = 'north' AND seq = {seq}"]  # noqa: S608 - a test's own words


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


CHANGES = {
    "changed bytes": (
        ["UPDATE audit_entry SET body = REPLACE(body, 'ann', 'eve') WHERE seq = 3"],
        [r"north #3: the entry was changed \(its bytes do not have its hash\)"],
    ),
    "changed hash": (
        ["UPDATE audit_entry SET hash = 'x' WHERE seq = 3"],
        [r"north #3: the entry was changed", r"north #4: it does not follow #3"],
    ),
    "not even JSON": (
        ["UPDATE audit_entry SET body = 'gone', hash = 'x' WHERE seq = 3"],
        [r"north #3: the entry was changed", r"north #3: .*cannot be read", r"north #4: it does not follow #3"],
    ),
    "removed": (["DELETE FROM audit_entry WHERE seq = 3"], [r"north #4: #3 was removed"]),
    "several removed": (["DELETE FROM audit_entry WHERE seq IN (2, 3)"], [r"north #4: #2 to #3 was removed"]),
    "the first removed": (["DELETE FROM audit_entry WHERE seq = 1"], [r"north #2: #1 was removed"]),
    "removed and closed up": (
        ["DELETE FROM audit_entry WHERE seq = 3", "UPDATE audit_entry SET seq = 3 WHERE seq = 4",
         "UPDATE audit_entry SET seq = 4 WHERE seq = 5", "UPDATE audit_entry SET seq = 5 WHERE seq = 6"],
        [r"north #3: it does not follow #2", r"north #3: it was moved \(its bytes say north #4\)",
         r"north #4: it was moved", r"north #5: it was moved", r"north: the head says #6 but the last entry is #5"],
    ),
    "reordered": (
        ["UPDATE audit_entry SET seq = 99 WHERE seq = 3", "UPDATE audit_entry SET seq = 3 WHERE seq = 4",
         "UPDATE audit_entry SET seq = 4 WHERE seq = 99"],
        [r"north #3: it does not follow #2", r"north #3: it was moved", r"north #4: it does not follow #3",
         r"north #4: it was moved", r"north #5: it does not follow #4"],
    ),
    "inserted": (
        ["UPDATE audit_entry SET seq = seq + 10 WHERE seq >= 4", "UPDATE audit_entry SET seq = seq - 9 WHERE seq >= 14",
         "INSERT INTO audit_entry (chain, seq, at, action, case_code, body, hash)"
         " SELECT chain, 4, at, action, case_code, body, hash FROM audit_entry WHERE seq = 3"],
        [r"north #4: it does not follow #3", r"north #4: it was moved \(its bytes say north #3\)",
         r"north #5: it does not follow #4", r"north #5: it was moved", r"north #6: it was moved",
         r"north #7: it was moved", r"north: the head says #6 but the last entry is #7"],
    ),
    "moved to another chain": (
        ["UPDATE audit_entry SET chain = 'south', seq = 1 WHERE seq = 6"],
        [r"north: the head says #6 but the last entry is #5", r"south #1: it does not follow #0",
         r"south #1: it was moved \(its bytes say north #6\)", r"south: the head was removed"],
    ),
    "another case to find it by": (
        ["UPDATE audit_entry SET case_code = '00000000' WHERE seq = 2"],
        [r"north #2: a search column was changed"],
    ),
    "another action to find it by": (
        ["UPDATE audit_entry SET action = 'read:release' WHERE seq = 2"],
        [r"north #2: a search column was changed"],
    ),
    "another instant to find it by": (
        ["UPDATE audit_entry SET at = '2020-01-01 00:00:00.000000' WHERE seq = 2"],
        [r"north #2: a search column was changed"],
    ),
    "a cut tail": (
        ["DELETE FROM audit_entry WHERE seq = 6"],
        [r"north: the head says #6 but the last entry is #5"],
    ),
    "a head of its own": (
        ["UPDATE chain SET hash = 'x'"],
        [r"north: the head does not have the hash of #6"],
    ),
    "no head": (["DELETE FROM chain"], [r"north: the head was removed"]),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_is_named(change: str, memory: SqlMemory) -> None:
    """The row and what was done to it, whether or not there are anchors; nothing else is accused."""
    statements, wanted = CHANGES[change]
    record(memory)
    tamper(memory, *statements)
    found = problems(memory)
    assert len(found) == len(wanted), found
    for problem, pattern in zip(found, wanted, strict=True):
        assert re.match(pattern, problem), problem


def test_an_entry_rewritten_with_its_hash_is_named_by_the_next(memory: SqlMemory) -> None:
    """A forged hash makes the forged row look whole; the one after it does not follow."""
    record(memory)
    tamper(memory, *rewritten(memory, 3, "radiologist:eve"))
    (problem,) = problems(memory)
    assert problem.startswith("north #4: it does not follow #3: a row was changed, inserted or reordered here")


def test_on_sqlite_an_instant_that_is_none_is_named(memory: SqlMemory) -> None:
    """A column that cannot even be read does not end the look (PostgreSQL refuses to store one)."""
    record(memory)
    if memory.database.is_sqlite:
        tamper(memory, "UPDATE audit_entry SET at = 'never' WHERE seq = 2")
        assert problems(memory) == ["north #2: the entry was changed (it cannot be read)"]
    assert verified(memory)["north"].entries == 6


def cut_to(memory: SqlMemory, seq: int) -> None:
    """Cut the tail and set the head back to fit."""
    head = f"SELECT hash FROM audit_entry WHERE seq = {seq}"  # noqa: S608 - a number
    tamper(
        memory, f"DELETE FROM audit_entry WHERE seq > {seq}", f"UPDATE chain SET seq = {seq}, hash = ({head})"  # noqa: S608
    )  # fmt: skip


def test_a_tail_cut_before_the_last_anchor_is_named(memory: SqlMemory, tmp_path: Path) -> None:
    """With a head that fits: only the anchor, outside the database, knows."""
    record(memory)
    anchor(memory, tmp_path / "anchors.jsonl")
    cut_to(memory, 4)
    assert problems(memory) == []
    assert problems(memory, tmp_path / "anchors.jsonl") == [
        "north: the tail was cut: #5 to #6 were anchored and are gone"
    ]


def test_a_chain_that_was_removed_whole_is_named(memory: SqlMemory, tmp_path: Path) -> None:
    """The anchors remember chains that the database no longer has."""
    record(memory, 3)
    anchor(memory, tmp_path / "anchors.jsonl")
    tamper(memory, "DELETE FROM audit_entry", "DELETE FROM chain")
    assert problems(memory, tmp_path / "anchors.jsonl") == [
        "north: the tail was cut: #1 to #3 were anchored and are gone"
    ]


def test_a_tail_cut_after_the_last_anchor_is_not_found_but_was_counted(memory: SqlMemory, tmp_path: Path) -> None:
    """What lies after the anchor is printed for this reason: how much could be cut without a trace."""
    record(memory, 4)
    anchor(memory, tmp_path / "anchors.jsonl")
    record(memory, 2)
    assert verified(memory, tmp_path / "anchors.jsonl")["north"].after_anchor == 2
    cut_to(memory, 4)
    report = verified(memory, tmp_path / "anchors.jsonl")["north"]
    assert (report.problems, report.after_anchor) == ([], 0)


def rewrite_from(memory: SqlMemory, first: int, actor: str) -> None:
    """Rewrite a chain from an entry to its end so that it is whole again, hashes, head and all."""
    untie(memory.database)
    with memory.database.writing() as connection:
        rows = connection.execute(text("SELECT seq, body, hash FROM audit_entry ORDER BY seq")).all()
        prev = ""
        for seq, body, hashed in rows:
            if seq >= first:
                said = json.loads(body) | {"actor": actor, "prev": prev}
                body = orjson.dumps(said, option=orjson.OPT_SORT_KEYS).decode()  # noqa: PLW2901
                hashed = audit.digest(body.encode())  # noqa: PLW2901
                change = text("UPDATE audit_entry SET body = :body, hash = :hash WHERE seq = :seq")
                connection.execute(change, {"body": body, "hash": hashed, "seq": seq})
            prev = hashed
        connection.execute(text("UPDATE chain SET hash = :hash"), {"hash": prev})


def test_a_chain_rewritten_whole_is_not_the_one_that_was_anchored(memory: SqlMemory, tmp_path: Path) -> None:
    """Even when the rewritten one was anchored again later: an anchor is never replaced by another."""
    path = tmp_path / "anchors.jsonl"
    record(memory)
    anchor(memory, path)
    rewrite_from(memory, 3, "radiologist:eve")
    assert problems(memory) == []
    assert problems(memory, path) == ["north #6: it is not the entry that was anchored"]
    anchor(memory, path)
    assert problems(memory, path) == ["north #6: it is not the entry that was anchored"]


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
