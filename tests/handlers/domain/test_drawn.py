"""The drawn state machines."""

from __future__ import annotations

from pathlib import Path

from handlers.domain import drawn
from handlers.domain.pickups import PICKUP_TABLE
from handlers.domain.problems import PROBLEM_TABLE
from handlers.domain.relays import ATTEMPT_TABLE, RELAY_TABLE
from handlers.domain.tasks import TASK_TABLE

PAGE = Path(__file__).parents[3] / "docs" / "state-machines.md"


def test_the_page_is_drawn_from_the_tables() -> None:
    """`python -m handlers.domain.drawn > docs/state-machines.md` was run after the last change."""
    assert PAGE.read_text() == drawn.page()


def test_every_pair_of_every_table_is_drawn() -> None:
    """No transition is missing from the pictures."""
    drawn_page = drawn.page()
    for table in (RELAY_TABLE, ATTEMPT_TABLE, TASK_TABLE, PROBLEM_TABLE, PICKUP_TABLE):
        for (state, event), after in table.items():
            arrows = [line for line in drawn_page.splitlines() if line.startswith(f"    {state} --> {after}: ")]
            assert any(event.value in line.split(": ")[1].split(", ") for line in arrows)
