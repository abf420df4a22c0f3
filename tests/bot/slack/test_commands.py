"""What may be typed after /relay."""

from __future__ import annotations

import pytest

from bot.slack.blocks import Message
from bot.slack.commands import ALL, COUNT_AT_MOST, USAGES, Asked, parse, parse_turnaround
from handlers import nexts
from handlers.domain.overrides import OverrideReason
from handlers.domain.problems import ProblemKind


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
        ("take case 1166-9523", Asked("take", "1166-9523")),
        ("open Case 11669523", Asked("open", "1166-9523")),
        ("halt", Asked("halt")),
        ("halt Riverside", Asked("halt", "", ("riverside",))),
        ("redirect 4821-0934 Dr-Osei", Asked("redirect", "4821-0934", ("dr-osei",))),
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
        ("open 4821-0934 now", "Too many words. `/relay open CASE`"),
        ("status please", "Too many words. `/relay status`"),
        ("open case", "Which case? `/relay open CASE`"),
        ("batch riverside 0", "COUNT is a number from 1 to 40. `/relay batch FACILITY [COUNT]`"),
        ("batch riverside ten", "COUNT is a number from 1 to 40."),
        ("batch riverside 1O", "COUNT is a number from 1 to 40."),
        ("batch riverside -1", "COUNT is a number from 1 to 40."),
        ("batch riverside 41", "COUNT is a number from 1 to 40."),
        ("problem 4821-0934", "Something is missing. `/relay problem CASE KIND [REGION | preliminary | final]`"),
        ("", "`/relay open CASE`"),
    ],
)
def test_what_cannot_be_read_is_explained_with_an_example(text: str, words: str) -> None:
    """The answer names what is wrong, the usage and an example."""
    answer = parse(text)
    assert isinstance(answer, Message)
    assert answer.text.startswith(words)
    assert "Example: `/relay " in answer.text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("withdrew 4821-0934", "Did you mean `/relay withdraw`?"),
        ("release 4821-0934", "*Release* is a button on the read's card."),
        ("relase", "*Release* is a button on the read's card."),
        ("claim 4821-0934", "*Claim* is a button on the read's card; `/relay next` claims what is next for you."),
        ("resum", "Did you mean `/relay resume`?"),
        ("hlt riverside", "Did you mean `/relay halt`?"),
        ("halting", ""),
        ("<!channel>", ""),
    ],
)
def test_a_mistyped_subcommand_is_guessed_and_calls_are_never_let_go_by_a_guess(text: str, words: str) -> None:
    """Two lines, not the whole help; what stops calls or lets them go is guessed only from a word one letter away."""
    answer = parse(text)
    assert isinstance(answer, Message)
    parts = ["There is no such subcommand.", words, "`/relay help` lists all."]
    assert answer.text == " ".join(part for part in parts if part)


@pytest.mark.parametrize(("text", "count"), [("mercy", ALL), ("mercy 1", 1), ("mercy 40", 40), ("mercy 07", 7)])
def test_only_a_missing_count_is_all(text: str, count: int) -> None:
    """Every other count is the number that was typed, and no more than are claimed at once."""
    asked = parse(f"batch {text}")
    assert isinstance(asked, Asked)
    assert asked.count == count
    assert ALL > COUNT_AT_MOST == nexts.BATCH_AT_MOST


@pytest.mark.parametrize(("text", "facility"), [("halt", None), ("resume ALL", None), ("halt Mercy", "mercy")])
def test_all_is_every_facility(text: str, facility: str | None) -> None:
    """In an emergency neither capitals nor a spelled-out "all" are in the way."""
    asked = parse(text)
    assert isinstance(asked, Asked)
    assert asked.facility == facility


@pytest.mark.parametrize("kind", ["missing_prior", "Missing-Prior", "missing prior"])
def test_a_problem_may_be_typed_as_it_is_said(kind: str) -> None:
    """Its words may be joined by anything."""
    asked = parse(f"problem 4821-0934 {kind}")
    assert isinstance(asked, Asked)
    assert asked.kind == "missing_prior"


@pytest.mark.parametrize("text", ["8d", "12h", "mercy 3"])
def test_a_span_that_there_is_not_is_no_facility(text: str) -> None:
    """The answer lists the spans."""
    answer = parse_turnaround(text)
    assert isinstance(answer, Message)
    assert answer.text.startswith("How far back is one of 24h, 7d, 30d. `/tat")


def test_help_lists_every_reason_and_every_kind() -> None:
    """Nobody has to be refused to learn them."""
    answer = parse("help")
    assert isinstance(answer, Message)
    assert all(f"`{one}`" in answer.text for one in (*OverrideReason, *ProblemKind))
    assert len(answer.text) < 3000


def test_help_has_an_example_of_everything() -> None:
    """Each subcommand's line has its usage, and its example is one that can be carried out."""
    answer = parse("help")
    assert isinstance(answer, Message)
    for usage in USAGES:
        assert usage.line in answer.text
        assert usage.name == "help" or isinstance(parse(usage.example), Asked)
