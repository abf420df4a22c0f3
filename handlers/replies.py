"""What people answer to our texts: matched to contact and relay, told to the thread, and an ending of nothing.

Whoever holds a telephone may write on it, and "on my way" is no receipt: a reply ends no relay and stops no ladder. Its
words may hold a patient's data: they are sealed, and shown on the case page only.
"""

from __future__ import annotations

from handlers import endings, lines, optouts, receipts, rungs
from handlers.domain.directory import Directory
from handlers.domain.relays import Attempt, AttemptState, Relay
from handlers.domain.texts import TextReply, about
from handlers.ports import House, Reading, Transaction


def open_relays(look: Reading, number: str, body: str = "") -> list[Relay]:
    """Return the open relays, of whatever facility, that a text from a number is about, oldest first."""
    relays = look.all(Relay, state=endings.OPEN, shadow=False)
    if not relays:
        return []
    tried = look.all(Attempt, relay_id=tuple(relay.id for relay in relays), number=number)
    return about(body, relays, tried)


def keep(tx: Transaction, house: House, relay_id: str, *, sid: str, number: str, body: str, several: int) -> None:
    """Keep a reply with its relay, and tell its thread that there is one, without a word of it."""
    relay = tx.get(Relay, relay_id)
    if relay is None:
        return
    tried = tx.all(Attempt, relay_id=relay.id, number=number)
    reply = TextReply(
        id=house.chance.token(),
        facility=tx.facility,
        relay_id=relay.id,
        sid=sid,
        number=number,
        words=body,
        contacts=",".join(sorted({one.who for one in tried if one.who})),
        about=several,
        at=tx.now,
    )
    tx.add(reply)
    endings.record(tx, relay, "text:reply", "caller", contacts=reply.contacts, length=len(body), about=several)
    whose = sender(house.directory(), reply)
    doubt = f" It may be about {several} relays." if several > 1 else ""
    endings.shown(
        tx, house, relay, f"A text came from {whose}; its words are on the case page. It confirms nothing.{doubt}"
    )


def sender(directory: Directory, reply: TextReply) -> str:
    """Return whose number a reply came from, as far as known: it says nothing of who wrote it."""
    ids = reply.contacts.split(",") if reply.contacts else []
    names = [directory.contacts[one].name if one in directory.contacts else one for one in ids]
    return f"the number of {receipts.either(names)}" if names else "a number that was not called or texted for this"


def to_voice(tx: Transaction, house: House, relay_id: str, number: str) -> None:
    """Go on by voice at once after STOP: a rung that waits to try this contact again does not wait any longer."""
    relay = tx.get(Relay, relay_id)
    if relay is None or relay.state not in endings.OPEN:
        return
    for text in tx.all(Attempt, relay_id=relay.id, number=number, channel=rungs.TEXT, state=AttemptState.QUEUED):
        lines.stop(tx, text, case_code=relay.case_code)
    endings.record(tx, relay, "text:to_voice", "caller")
    whose = receipts.either([one.name for one in optouts.owners(house.directory(), number)] or ["a number"])
    endings.shown(tx, house, relay, f"STOP: {whose} is not texted any more, only called.")
    rungs.retry_now(tx, house, relay, number)
