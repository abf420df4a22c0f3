"""The page of call scripts is what is really said."""

from __future__ import annotations

from pathlib import Path

from handlers.domain.dialog import PromptKind
from telephony.scripts_page import page

COMMITTED = Path(__file__).parents[2] / "docs" / "call-scripts.md"


def test_the_committed_page_is_what_the_code_says() -> None:
    """Written anew with ``python -m telephony.scripts_page > docs/call-scripts.md``."""
    assert COMMITTED.read_text(encoding="utf-8") == page()


def test_the_page_shows_every_kind() -> None:
    """Each under its name."""
    assert all(f"## `{kind.value}`\n" in page() for kind in PromptKind)
