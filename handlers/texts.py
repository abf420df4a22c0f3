"""Texts to our number: STOP and START at once, HELP answered, and replies that are kept and confirm nothing."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import timedelta

from handlers import optouts, pickups, replies
from handlers.domain.machinery import SYSTEM, AuditFact
from handlers.domain.relays import Relay
from handlers.domain.texts import Word, word_of
from handlers.once import once
from handlers.ports import House, Transaction

#: So many texts of one number are answered within an hour: a machine that answers our answers must not go on for ever.
ANSWERS, WITHIN = 5, timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What a text comes to, decided once: the words of the answer ("" for none), and the relays that it concerns."""

    word: str
    say: str = ""
    #: ``facility/relay``, of ids.
    relays: tuple[str, ...] = ()


def texted(house: House, *, message_sid: str, sender: str, ours: str, body: str, keyword: str = "") -> str:
    """Act on a text to our number, and return the words of the answer.

    It is decided once, in the system's chain; what follows for each relay is done in its own facility's, so that a repeat
    of the message does what a crash between them left undone.

    Args:
        house: what every verb needs.
        message_sid: the vendor's id of the message, whose repeat changes nothing.
        sender: the number it came from.
        ours: the number of ours it came to.
        body: its words.
        keyword: STOP, START or HELP, where the vendor says which it took it for and has answered it in our words.
    """
    word = word_of(body, keyword)
    delivery = f"text:{message_sid}"

    def decide(tx: Transaction) -> str:
        return json.dumps(asdict(_taken(tx, house, word, sender, ours, body, answered=bool(keyword))))

    kept = json.loads(once(house, SYSTEM, delivery, decide))
    taken = Taken(word=kept["word"], say=kept["say"], relays=tuple(kept["relays"]))
    for one in taken.relays:
        _follow(house, taken, one, delivery, sender=sender, body=body, sid=message_sid)
    return taken.say


def _follow(house: House, taken: Taken, one: str, delivery: str, *, sender: str, body: str, sid: str) -> None:
    """Do what a text means for one relay."""
    facility, relay_id = one.split("/")

    def act(tx: Transaction) -> str:
        if taken.word == Word.STOP:
            replies.to_voice(tx, house, relay_id, sender)
        else:
            replies.keep(tx, house, relay_id, sid=sid, number=sender, body=body, several=len(taken.relays))
        return ""

    once(house, facility, f"{delivery}:{relay_id}", act)


def _taken(tx: Transaction, house: House, word: Word, sender: str, ours: str, body: str, *, answered: bool) -> Taken:
    """Decide what a text comes to.

    "Yes" is START to the vendor; of somebody who has not opted out it is a reply to our text, and confirms nothing.
    Whoever has opted out is not answered, since the vendor would refuse it.
    """
    out = optouts.opted_out(tx, sender)
    if word is Word.STOP:
        concerned = [] if out else replies.open_relays(tx, sender)
        optouts.stop(tx, house, sender)
        return Taken(word=word, relays=_ids(concerned))
    if word is Word.START and (out or answered):
        optouts.start(tx, house, sender)
        return Taken(word=word)
    if word is Word.HELP:
        tx.audit(AuditFact(action="text:help", actor="caller"))
        return Taken(word=word, say="" if out or answered else _help(tx, house, sender, ours))
    found = replies.open_relays(tx, sender, body)
    tx.audit(AuditFact(action="text:other", actor="caller", facts={"length": len(body), "relays": len(found)}))
    say = "" if out else _limited(tx, sender, _how(tx, found, sender, ours))
    return Taken(word=Word.OTHER, say=say, relays=_ids(found))


def _ids(found: list[Relay]) -> tuple[str, ...]:
    return tuple(f"{relay.facility}/{relay.id}" for relay in found)


def _how(tx: Transaction, found: list[Relay], sender: str, ours: str) -> str:
    """Say how to confirm; it tells nobody more than that something is open, and how many where several are."""
    if not found:
        return f"No callback is open for this number. To reach a person call {ours} and press 0."
    if len(found) > 1:
        open_now = f"{len(found)} callbacks are open"
        return f"Nothing is confirmed by text. {open_now}: please call {ours} and give each code you were sent."
    link = ", or open the link in our text" if pickups.is_offered(tx, found[0], sender) else ""
    return f"Nothing is confirmed by text. Please call {ours} and give the code you were sent{link}."


def _help(tx: Transaction, house: House, sender: str, ours: str) -> str:
    """Say who we are and where a person answers; the vendor's own answer, sent before this one, says neither."""
    directory = house.directory()
    sites = {one for contact in optouts.owners(directory, sender) for one in contact.facilities if one != "*"}
    known = [directory.facilities[one] for one in sorted(sites) if one in directory.facilities]
    who = f" for {known[0].alias}" if len(known) == 1 else ""
    reach = f"call {known[0].callback_number}" if len(known) == 1 else f"call {ours} and press 0"
    return _limited(tx, sender, f"This number sends urgent radiology callbacks{who}. To reach a person {reach}.")


def _limited(tx: Transaction, sender: str, say: str) -> str:
    """Return an answer, "" where this number has had enough of them within the hour."""
    hour = int(tx.now.timestamp() // WITHIN.total_seconds())
    return say if any(tx.first_time("text-answer", f"{sender} {hour} {one}") for one in range(ANSWERS)) else ""
