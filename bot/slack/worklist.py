"""The reads that somebody may see, in one message (``/worklist``) and on the app's Home.

Reads keep the order in which they come: by class, then by time left.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.slack.blocks import Json, Message, actions, context, plain, safe, section
from bot.slack.cards import (
    emoji,
    headline,
    read_actions_block,
    read_block,
    read_buttons,
    read_lines,
    read_text,
    time_line,
)
from handlers.domain.cards import ReadCard

_IN_MESSAGE = 10  #: reads; Slack takes 50 blocks and about 13,000 characters in a message
_IN_HOME = 30  #: reads; a view takes 100 blocks


def _rows(cards: Sequence[ReadCard]) -> list[Json]:
    rows = []
    for card in cards:
        lines = [f"{emoji(card)} *{headline(card)}*", *read_lines(card)]
        rows.append(section("\n".join(lines), read_block(card.read_id)))
        rows.append(actions(read_actions_block(card), read_buttons(card)))
    return rows


def _unique(cards: Sequence[ReadCard]) -> list[ReadCard]:
    return list({card.read_id: card for card in cards}.values())


def _more(count: int) -> list[Json]:
    return [context(f"And {count} more, with more time left or a lower class.")] if count > 0 else []


def worklist(cards: Sequence[ReadCard]) -> Message:
    """Return the worklist as a message for one person."""
    reads = _unique(cards)
    if not reads:
        text = "Nothing is waiting for you: no open read in your pools."
        return Message(text, (section(text),))
    shown = reads[:_IN_MESSAGE]
    title = f"{len(reads)} read{'' if len(reads) == 1 else 's'} in your pools"
    text = "\n".join([title, *(read_text(card) for card in shown)])
    return Message(text, (section(f"*{title}*"), *_rows(shown), *_more(len(reads) - len(shown))))


def home(cards: Sequence[ReadCard], slack_user: str, notice: str = "") -> Json:
    """Return the Home: what is mine, then what is open; ``notice`` stands above both."""
    reads = _unique(cards)
    mine = [card for card in reads if card.claimed_slack_user == slack_user and card.state == "claimed"][:_IN_HOME]
    others = [card for card in reads if card.state == "open"]
    shown = others[: _IN_HOME - len(mine)]
    blocks = [section(safe(notice, 1500))] if notice else []
    blocks += [_title("Mine"), *(_rows(mine) or [section("You hold no read.")])]
    blocks += [_title("Open"), *(_rows(shown) or [section("No open read in your pools.")])]
    return {"type": "home", "blocks": [*blocks, *_more(len(others) - len(shown))]}


def closed_home(sentence: str) -> Json:
    """Return the Home of somebody who may see nothing."""
    return {"type": "home", "blocks": [section(safe(sentence, 1500))]}


def _title(text: str) -> Json:
    return {"type": "header", "text": plain(text)}


def about(card: ReadCard) -> str:
    """Return which study a form is about, without identifiers."""
    return f"{headline(card)} · case {safe(card.case_code, 12)} · {time_line(card)}"
