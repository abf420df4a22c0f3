"""What may be typed after /relay."""

from __future__ import annotations

import pytest

from bot.slack.blocks import Message
from bot.slack.commands import USAGES, Asked, parse


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("open 4821-0934", Asked("open", "4821-0934")),
        ("OPEN 48210934", Asked("open", "4821-0934")),
        ("open  4821 0934 ", Asked("open", "4821-0934")),
        ("open 4821–0934", Asked("open", "4821-0934")),
        ("redirect 4821 0934 dr-osei", Asked("redirect", "4821-0934", ("dr-osei",))),
        ("redirect nonsense dr-osei", Asked("redirect", "nonsense", ("dr-osei",))),
        ("take 1234", Asked("take", "1234")),
        ("halt", Asked("halt")),
        ("halt riverside", Asked("halt", "", ("riverside",))),
        ("status", Asked("status")),
    ],
)
def test_a_command_is_read_as_people_type_it(text: str, asked: Asked) -> None:
    """Dashes, spaces and capitals do not matter; a bad code is left for the verb to refuse."""
    assert parse(text) == asked


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("open", "Which case? `/relay open CASE`"),
        ("redirect 4821-0934", "Something is missing. `/relay redirect CASE CONTACT`"),
        ("open 4821-0934 now", "That is too much. `/relay open CASE`"),
        ("status please", "That is too much. `/relay status`"),
        ("withdrew 4821-0934", "There is no such subcommand. Did you mean `/relay withdraw`?"),
        ("<!channel>", "There is no such subcommand."),
        ("", "`/relay open CASE`"),
    ],
)
def test_what_cannot_be_read_is_explained_with_an_example(text: str, words: str) -> None:
    """The answer names what is wrong, the usage and an example."""
    answer = parse(text)
    assert isinstance(answer, Message)
    assert answer.text.startswith(words)
    assert "Example: `/relay " in answer.text


def test_help_has_an_example_of_everything() -> None:
    """Each subcommand's line has its usage, and its example is one that can be carried out."""
    answer = parse("help")
    assert isinstance(answer, Message)
    for usage in USAGES:
        assert usage.line in answer.text
        assert usage.name == "help" or isinstance(parse(usage.example), Asked)
