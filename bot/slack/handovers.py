"""The card of a handover: what somebody holds whose shift is over, and the button with which whoever follows accepts it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.slack.blocks import HEADER, Json, Message, actions, button, context, header, safe, section
from bot.slack.cards import Action
from bot.slack.times import clock
from handlers.domain.cards import HandoverCard

_LISTED = 20  #: lines of each kind; a section takes 3,000 characters


def handover_block(handover_id: str) -> str:
    """Return the id of a handover card's first block, by which a lost post is found again."""
    return f"handover:{handover_id}"


def handover_card(card: HandoverCard) -> Message:
    """Return a handover's card; it mentions the incoming person while it waits for them."""
    title = f"Handover · {safe(card.rota, 64)}"
    words = _words(card)
    lists = [line for line in _lists(card) if line]
    small = f"Since {clock(card.offered_at, card.zone)}"
    mention = f"<@{card.incoming_slack_user}> " if card.incoming_slack_user and card.accepted_at is None else ""
    blocks: list[Json] = [header(f"🤝 {title}"[:HEADER], handover_block(card.handover_id)), section(mention + words)]
    blocks += [section(line) for line in lists]
    blocks.append(context(small))
    if card.accepted_at is None and card.incoming:
        accept = button("Accept", Action.ACCEPT_HANDOVER, card.handover_id, style="primary")
        blocks.append(actions(f"handover-actions:{card.handover_id}", [accept]))
    return Message(". ".join([title, mention + words, *lists, small]), tuple(blocks))


def _lists(card: HandoverCard) -> Iterator[str]:
    """Yield what moves when it is accepted, then what is under way there and moves with nobody."""
    yield _listed("Reads held", card.reads)
    yield _listed("Desk tasks taken", card.tasks)
    yield _listed("Relays under way", card.relays)
    yield _listed("Desk tasks that nobody has taken", card.untaken)
    if card.waiting:
        yield f"*Reads that nobody has:* {safe(card.waiting, 200)}"


def _words(card: HandoverCard) -> str:
    outgoing, incoming = safe(card.outgoing, 60), safe(card.incoming, 60)
    if card.accepted_at is not None:
        stays = f" {outgoing} still holds what is listed here." if card.reads or card.tasks else ""
        whose = "" if card.accepted_by == card.incoming else f" for {incoming}"
        return f"{safe(card.accepted_by, 60)} accepted at {clock(card.accepted_at, card.zone)}{whose}.{stays}"
    if not incoming:
        return f"The shift of {outgoing} is over and nobody follows. This is left"
    what = "accepts this by name" if card.reads or card.tasks else "accepts by name: nothing is held, this is under way"
    return f"The shift of {outgoing} is over; {incoming} follows and {what}"


def _listed(what: str, lines: Sequence[str]) -> str:
    if not lines:
        return ""
    shown = [f"• {safe(line, 120)}" for line in lines[:_LISTED]]
    more = [f"And {len(lines) - _LISTED} more."] if len(lines) > _LISTED else []
    return "\n".join([f"*{what}*", *shown, *more])
