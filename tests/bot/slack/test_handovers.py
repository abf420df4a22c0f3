"""The card of a handover, as Slack takes and shows it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.slack.handovers import handover_card
from handlers.domain.cards import HandoverCard
from tests.bot.slack.stage import DESK, Stage
from tests.bot.slack.values import ANA

AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
CARD = HandoverCard(
    handover_id="h1",
    rota="night-readers",
    outgoing="Dr. Ben Okafor",
    incoming="Dr. Ana Ruiz",
    incoming_slack_user=ANA,
    reads=("4821-0934 · stroke · Riverside · due 20:10 EST",),
    tasks=("outcome needed · Riverside",),
    offered_at=AT,
    zone="America/New_York",
)


def test_a_handover_is_posted_accepted_by_its_button_and_drawn_anew(stage: Stage) -> None:
    """It mentions whoever follows until it is accepted, and a lost post is found again."""
    ts = stage.messenger.show_handover(DESK, None, CARD)
    (posted,) = stage.workspace.messages(DESK)
    assert posted.ts == ts
    assert posted.text == (
        f"Handover · night-readers. <@{ANA}> The shift of Dr. Ben Okafor is over; Dr. Ana Ruiz follows and accepts this "
        "by name. *Reads held*\n• 4821-0934 · stroke · Riverside · due 20:10 EST. *Desk tasks taken*\n• outcome needed · Riverside. "
        "Since 20:00 EST"
    )
    assert stage.messenger.find(DESK, "handover:h1", stage.clock() - timedelta(minutes=1)) == ts
    stage.settled(stage.workspace.click(ANA, DESK, ts, "accept_handover"))
    ((verb, asked, _),) = stage.verbs.asked
    assert (verb, asked[:2]) == ("accept_handover", ("h1", ANA))
    assert stage.told() == "Accepted: 1 read."
    done = replace(CARD, reads=(), tasks=(), accepted_by="Pat Quinn", accepted_at=AT + timedelta(minutes=3))
    assert stage.messenger.show_handover(DESK, ts, done) == ts
    (drawn,) = stage.workspace.messages(DESK)
    assert "Pat Quinn accepted at 20:03 EST for Dr. Ana Ruiz." in drawn.text
    assert ANA not in drawn.text
    assert not [block for block in drawn.blocks if block["type"] == "actions"]


def test_a_long_handover_is_counted_to_its_end() -> None:
    """No section grows beyond what Slack takes."""
    card = handover_card(replace(CARD, reads=tuple("x" * 500 for _ in range(60))))
    lists = [block["text"]["text"] for block in card.blocks if block["type"] == "section"]
    assert all(len(text) <= 3000 for text in lists)
    assert "And 40 more." in lists[1]


def test_where_nobody_follows_there_is_nothing_to_press() -> None:
    """The card says so, and mentions nobody."""
    card = handover_card(replace(CARD, incoming="", incoming_slack_user=""))
    assert "is over and nobody follows. This is left" in card.text
    assert "<@" not in card.text
    assert not [block for block in card.blocks if block["type"] == "actions"]
