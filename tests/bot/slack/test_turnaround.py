"""The answer to /tat: sentences that are read aloud as they are, and a picture of the same figures."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.slack.blocks import Message
from bot.slack.commands import parse_turnaround
from bot.slack.turnaround import turnaround
from handlers.domain.cards import Turnaround
from sandbox.workspace.blocks import check_message_blocks
from tests.bot.slack.stage import Stage
from tests.bot.slack.values import ANA, FOUND, STROKES

SENTENCE = (
    "Stroke: 9 reads, 7 of 9 in target (77 %); 2 paused meanwhile. p50 8 min, p90 17 min, p95 17 min; target 15 min."
)
URL = "https://radrelay.test"


def test_each_class_is_a_sentence() -> None:
    """Counts, share, pauses, percentiles and target; minutes are rounded up, the share down."""
    shown = turnaround(FOUND, URL)
    assert shown.text.splitlines() == ["Turnaround of Riverside, the last 7 days.", SENTENCE]
    assert check_message_blocks(list(shown.blocks)) == []
    urgent = replace(STROKES, priority="urgent", ended=1, in_target=1, paused=0, longest_target=timedelta(hours=4))
    assert turnaround(replace(FOUND, classes=(urgent,)), URL).text.endswith(
        "Urgent: 1 read, 1 of 1 in target (100 %). p50 8 min, p90 17 min, p95 17 min; target 15 min to 4 h."
    )


def test_the_picture_is_described_by_the_same_words() -> None:
    """Its address is ours; whoever does not see it is told what it shows."""
    (picture,) = [block for block in turnaround(FOUND, URL).blocks if block["type"] == "image"]
    assert picture["image_url"] == f"{URL}/pictures/turnaround/sealed.png"
    assert SENTENCE in picture["alt_text"]
    long = turnaround(replace(FOUND, classes=(STROKES,) * 22), URL)
    assert check_message_blocks(list(long.blocks)) == []
    assert all(block["type"] != "image" for block in turnaround(replace(FOUND, picture=""), URL).blocks)


def test_nothing_ended_is_told_in_words() -> None:
    """Without a read there is no picture either."""
    shown = turnaround(Turnaround(where="Riverside", span="24h"), URL)
    assert shown.text == "Turnaround of Riverside, the last 24 hours: no read ended."


@pytest.mark.parametrize(
    ("typed", "asked"),
    [("", ("", "24h")), ("7d", ("", "7d")), ("Mercy", ("mercy", "24h")), ("30D mercy", ("mercy", "30d"))],
)
def test_facility_and_span_come_in_any_order(typed: str, asked: tuple[str, str]) -> None:
    """Neither has to be said."""
    assert parse_turnaround(typed) == asked


@pytest.mark.parametrize("typed", ["mercy lakeside", "7d 30d", "jane doe 24h"])
def test_what_is_too_much_is_explained(typed: str) -> None:
    """With an example, and without what was typed."""
    answer = parse_turnaround(typed)
    assert isinstance(answer, Message)
    assert "Example: `/tat riverside 7d`" in answer.text
    assert "jane" not in answer.text


def test_the_command_is_answered_with_the_figures(stage: Stage) -> None:
    """For the person who asked, of what they asked for."""
    answer = stage.settled(stage.workspace.command(ANA, "C0READS", "/tat", "riverside 7d"))
    assert SENTENCE in answer.words
    assert stage.verbs.asked[-1] == ("turnaround", (ANA, "riverside", "7d"), {})
