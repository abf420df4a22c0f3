"""The table of guards cannot rot: each text is there, once, and each test exists."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.guards.table import GUARDS, Guard

TREE = Path(__file__).parents[2]
AT_LEAST = 10


def test_there_are_enough_guards_and_each_has_a_name() -> None:
    """At least ten, no name twice."""
    assert len({guard.name for guard in GUARDS}) == len(GUARDS) >= AT_LEAST


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.name)
def test_a_guards_text_is_there_once_and_its_test_exists(guard: Guard) -> None:
    """Whoever moves a guard or its test moves its line in the table."""
    text = (TREE / guard.file).read_text(encoding="utf-8")
    assert text.count(guard.old) == 1, f"{guard.file} holds {guard.old!r} {text.count(guard.old)} times"
    assert guard.new != guard.old
    ast.parse(text.replace(guard.old, guard.new))
    file, _, name = guard.test.partition("::")
    module = ast.parse((TREE / file).read_text(encoding="utf-8"))
    tests = {node.name for node in module.body if isinstance(node, ast.FunctionDef)}
    assert not name or name in tests, f"{file} has no {name}"
