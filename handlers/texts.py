"""Text messages: pings that identify nobody, and what people answer to them."""

from __future__ import annotations

from dataclasses import replace

from handlers import desk
from handlers.domain.access import OptOut
from handlers.domain.machinery import SYSTEM, AuditFact
from handlers.domain.tasks import TaskKind
from handlers.once import once
from handlers.ports import House, Reading, Transaction

#: The words that opt out at once, and back in (Twilio, "Support for opt-out keywords").
STOP = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
START = frozenset({"START", "YES", "UNSTOP"})
#: What the vendor answers by itself.
HELP = frozenset({"HELP", "INFO"})


def opted_out(look: Reading, number: str) -> bool:
    """Tell whether a number answered STOP."""
    found = look.get(OptOut, number)
    return found is not None and found.lifted_at is None


def texted(house: House, *, message_sid: str, sender: str, body: str) -> str:
    """Act on a text to our number: STOP and START at once; anything else is answered with how to call.

    "Yes" is START to the vendor; of somebody who has not opted out it is an answer to our text, and confirms nothing.
    """
    word = body.strip().upper()

    def act(tx: Transaction) -> str:
        if word in STOP:
            return _stopped(tx, house, sender)
        if word in HELP:
            return ""
        if word in START and opted_out(tx, sender):
            return _started(tx, house, sender)
        tx.audit(AuditFact(action="text:other", actor="caller", facts={"length": len(body)}))
        if opted_out(tx, sender):
            return ""  # whoever said STOP is not answered either
        return f"Nothing is confirmed by text. Please call {house.our_number} and give the code you were sent."

    return once(house, SYSTEM, f"text:{message_sid}", act)


def _stopped(tx: Transaction, house: House, sender: str) -> str:
    found = tx.get(OptOut, sender)
    if found is None:
        tx.add(OptOut(id=sender, facility=SYSTEM, at=tx.now))
    elif found.lifted_at is not None:
        tx.put(replace(found, at=tx.now, lifted_at=None))
    owners = _owners(house, sender)
    tx.audit(AuditFact(action="text:opt_out", actor="caller", facts={"contacts": owners}))
    desk.open_task(tx, house, TaskKind.OPTED_OUT, subject_id=_subject(owners))
    return ""  # the vendor answers STOP itself


def _started(tx: Transaction, house: House, sender: str) -> str:
    found = tx.get(OptOut, sender)
    if found is not None:
        tx.put(replace(found, lifted_at=tx.now))
    owners = _owners(house, sender)
    tx.audit(AuditFact(action="text:opt_in", actor="caller", facts={"contacts": owners}))
    desk.settle(tx, house, TaskKind.OPTED_OUT, _subject(owners), "opted_in")
    return ""


def _subject(owners: str) -> str:
    return f"opt-out:{owners or 'unknown'}"


def _owners(house: House, number: str) -> str:
    contacts = house.directory().contacts.values()
    return ",".join(sorted(one.id for one in contacts if any(line.e164 == number for line in one.numbers)))
