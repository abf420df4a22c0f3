"""The reads that somebody may see, in one message (``/worklist``) and on the app's Home.

Reads keep the order in which they come: one's own first, then by class, then by time left. What does not fit is counted.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.slack.blocks import Json, Message, actions, button, context, plain, safe, section
from bot.slack.cards import (
    Action,
    buttons_for,
    emoji,
    headline,
    read_actions_block,
    read_block,
    read_lines,
    read_text,
    time_line,
)
from handlers.domain.cards import ReadCard, Worklist

_IN_MESSAGE = 10  #: reads; Slack takes 50 blocks and about 13,000 characters in a message
_IN_HOME = 30  #: reads; a view takes 100 blocks
_IN_WHY = 6  #: reasons of up to 400 characters, in a section of 3,000
_WHY_IN_MESSAGE = 2  #: a message takes less than a view
_LESS = ", with more time left or a lower class"


def _rows(cards: Sequence[ReadCard], slack_user: str, *, reads: bool) -> list[Json]:
    rows = []
    for card in cards:
        lines = [f"{emoji(card)} *{headline(card)}*", *read_lines(card)]
        rows.append(section("\n".join(lines), read_block(card.read_id)))
        rows.append(actions(read_actions_block(card), buttons_for(card, slack_user, reads=reads)))
    return rows


def _more(count: int, which: str = "") -> list[Json]:
    return [context(f"And {count} more{which}.")] if count > 0 else []


def worklist(reads: Worklist, slack_user: str) -> Message:
    """Return the worklist as a message for one person: its beginning, how many there are, and what is not for them."""
    where = "in your pools" if reads.reads else "at your sites"
    if not reads.total:
        text = f"Nothing is waiting: no open read {where}."
        return Message(text, (section(text),))
    shown = reads.cards[:_IN_MESSAGE]
    title = f"{_count(reads.total)} {where}"
    text = "\n".join([title, *(read_text(card) for card in shown)])
    rows = _rows(shown, slack_user, reads=reads.reads)
    more = _more(reads.total - reads.barred_reads - len(shown))
    return Message(text, (section(f"*{title}*"), *rows, *more, *_barred(reads, _WHY_IN_MESSAGE)))


def home(reads: Worklist, slack_user: str, notice: str = "") -> Json:
    """Return the Home: what is mine, what I may read now, what is arriving, what I may not read and why.

    Whoever is no radiologist sees what waits. ``notice`` stands above all of it. What does not fit into Slack's hundred
    blocks is counted.
    """
    mine = [card for card in reads.cards if card.claimed_slack_user == slack_user and card.state == "claimed"]
    ready = [card for card in reads.cards if card.state == "open" and card.ready]
    arriving = [card for card in reads.cards if card.state == "open" and not card.ready]
    mine = mine[:_IN_HOME]
    ready = ready[: _IN_HOME - len(mine)]
    arriving = arriving[: _IN_HOME - len(mine) - len(ready)]
    blocks = [section(safe(notice, 1500))] if notice else []
    blocks += _mine(reads, mine, slack_user) if reads.reads else []
    blocks += _may_read(reads) if reads.reads else _waiting(reads)
    blocks += [*_rows(ready, slack_user, reads=reads.reads), *_more(reads.ready - len(ready), _LESS)]
    if reads.arriving:
        rows = _rows(arriving, slack_user, reads=reads.reads)
        blocks += [_title("Arriving"), *rows, *_more(reads.arriving - len(arriving), _LESS)]
    return {"type": "home", "blocks": [*blocks, *_barred(reads)]}


def _mine(reads: Worklist, mine: Sequence[ReadCard], slack_user: str) -> list[Json]:
    rows = _rows(mine, slack_user, reads=True) or [section("You hold no read.")]
    return [_title("Mine"), *rows, *_more(reads.mine - len(mine), " of yours")]


def _may_read(reads: Worklist) -> list[Json]:
    return [_title("You may read"), *(_next_row() if reads.open else [section("No open read that you may read.")])]


def _waiting(reads: Worklist) -> list[Json]:
    return [_title("Waiting"), *([] if reads.open else [section("No open read at your sites.")])]


def _next_row() -> list[Json]:
    return [actions("next-read", [button("Next read", Action.NEXT_READ, "next", style="primary")])]


def _barred(reads: Worklist, many: int = _IN_WHY) -> list[Json]:
    """Return what somebody may not read, with every reason; the most frequent first."""
    if not reads.barred_reads:
        return []
    lines = [f"• {_count(one.count)}: {safe(' '.join(one.why), 400)}" for one in reads.barred[:many]]
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
