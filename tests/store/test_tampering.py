"""Whatever is done to the record, verification names the place; what it cannot find is told in docs/record.md."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from store.memory import SqlMemory
from tests.store.tampering import anchor, cut_to, problems, record, rewrite_from, rewritten, tamper, verified

INSERTED = (
    "INSERT INTO audit_entry (chain, seq, at, action, case_code, body, hash)"
    " SELECT chain, 4, at, action, case_code, body, hash FROM audit_entry WHERE seq = 3"
)
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
         INSERTED],
        [r"north #4: it does not follow #3", r"north #4: it was moved \(its bytes say north #3\)",
         r"north #5: it was moved", r"north #6: it was moved",
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
