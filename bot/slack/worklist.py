"""The reads that somebody may see, in one message (``/worklist``) and on the app's Home.

Reads keep the order in which they come: one's own first, then by class, then by time left. What does not fit is counted.
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
from handlers.domain.cards import ReadCard, Worklist

_IN_MESSAGE = 10  #: reads; Slack takes 50 blocks and about 13,000 characters in a message
_IN_HOME = 30  #: reads; a view takes 100 blocks


def _rows(cards: Sequence[ReadCard]) -> list[Json]:
    rows = []
    for card in cards:
        lines = [f"{emoji(card)} *{headline(card)}*", *read_lines(card)]
        rows.append(section("\n".join(lines), read_block(card.read_id)))
        rows.append(actions(read_actions_block(card), read_buttons(card)))
    return rows


def _more(count: int, which: str = "") -> list[Json]:
    return [context(f"And {count} more{which}.")] if count > 0 else []


def worklist(reads: Worklist) -> Message:
    """Return the worklist as a message for one person: its beginning, and how many there are."""
    if not reads.total:
        text = "Nothing is waiting for you: no open read in your pools."
        return Message(text, (section(text),))
    shown = reads.cards[:_IN_MESSAGE]
    title = f"{reads.total} read{'' if reads.total == 1 else 's'} in your pools"
    text = "\n".join([title, *(read_text(card) for card in shown)])
    return Message(text, (section(f"*{title}*"), *_rows(shown), *_more(reads.total - len(shown))))


def home(reads: Worklist, slack_user: str, notice: str = "") -> Json:
    """Return the Home: what is mine, then what is open; ``notice`` stands above both."""
    mine = [card for card in reads.cards if card.claimed_slack_user == slack_user and card.state == "claimed"]
    mine = mine[:_IN_HOME]
    shown = [card for card in reads.cards if card.state == "open"][: _IN_HOME - len(mine)]
    blocks = [section(safe(notice, 1500))] if notice else []
    blocks += [_title("Mine"), *(_rows(mine) or [section("You hold no read.")])]
    blocks += _more(reads.mine - len(mine), " of yours")
    blocks += [_title("Open"), *(_rows(shown) or ([] if reads.open else [section("No open read in your pools.")]))]
    more = ", with more time left or a lower class"
    return {"type": "home", "blocks": [*blocks, *_more(reads.open - len(shown), more)]}


def closed_home(sentence: str) -> Json:
    """Return the Home of somebody who may see nothing."""
    return {"type": "home", "blocks": [section(safe(sentence, 1500))]}


def _title(text: str) -> Json:
    return {"type": "header", "text": plain(text)}


def about(card: ReadCard) -> str:
    """Return which study a form is about, without identifiers."""
    return f"{headline(card)} · case {safe(card.case_code, 12)} · {time_line(card)}"
