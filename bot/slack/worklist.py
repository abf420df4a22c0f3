"""The reads that somebody may see, in one message (``/worklist``) and on the app's Home.

Reads keep the order in which they come: one's own first, then by class, then by time left. What does not fit is counted.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.slack.blocks import Json, Message, actions, button, context, plain, safe, section
from bot.slack.cards import (
    Action,
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
_IN_WHY = 6  #: reasons of up to 400 characters, in a section of 3,000
_LESS = ", with more time left or a lower class"


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
    """Return the Home: what is mine, what I may read now, what is arriving, what I may not read and why.

    ``notice`` stands above all of it. What does not fit into Slack's hundred blocks is counted.
    """
    mine = [card for card in reads.cards if card.claimed_slack_user == slack_user and card.state == "claimed"]
    ready = [card for card in reads.cards if card.state == "open" and card.ready]
    arriving = [card for card in reads.cards if card.state == "open" and not card.ready]
    mine = mine[:_IN_HOME]
    ready = ready[: _IN_HOME - len(mine)]
    arriving = arriving[: _IN_HOME - len(mine) - len(ready)]
    blocks = [section(safe(notice, 1500))] if notice else []
    blocks += [
        _title("Mine"),
        *(_rows(mine) or [section("You hold no read.")]),
        *_more(reads.mine - len(mine), " of yours"),
    ]
    blocks += [_title("You may read"), *(_next_row() if reads.open else [section("No open read that you may read.")])]
    blocks += [*_rows(ready), *_more(reads.ready - len(ready), _LESS)]
    if reads.arriving:
        blocks += [_title("Arriving"), *_rows(arriving), *_more(reads.arriving - len(arriving), _LESS)]
    return {"type": "home", "blocks": [*blocks, *_barred(reads)]}


def _next_row() -> list[Json]:
    return [actions("next-read", [button("Next read", Action.NEXT_READ, "next", style="primary")])]


def _barred(reads: Worklist) -> list[Json]:
    """Return what somebody may not read, with every reason; the most frequent first."""
    if not reads.barred_reads:
        return []
    lines = [f"• {_count(one.count)}: {safe(' '.join(one.why), 400)}" for one in reads.barred[:_IN_WHY]]
    return [_title("Not for you"), section("\n".join([f"{_count(reads.barred_reads)} you may not claim.", *lines]))]


def _count(reads: int) -> str:
    return f"{reads} read{'' if reads == 1 else 's'}"


def closed_home(sentence: str) -> Json:
    """Return the Home of somebody who may see nothing."""
    return {"type": "home", "blocks": [section(safe(sentence, 1500))]}


def _title(text: str) -> Json:
    return {"type": "header", "text": plain(text)}


def about(card: ReadCard) -> str:
    """Return which study a form is about, without identifiers."""
    return f"{headline(card)} · case {safe(card.case_code, 12)} · {time_line(card)}"
