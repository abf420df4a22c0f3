"""Numbers that are not texted any more: STOP at once, until START."""

from __future__ import annotations

from dataclasses import replace

from handlers import desk
from handlers.domain.access import OptOut
from handlers.domain.directory import Contact, Directory
from handlers.domain.machinery import AuditFact
from handlers.domain.tasks import TaskKind
from handlers.ports import House, Reading, Transaction


def opted_out(look: Reading, number: str) -> bool:
    """Tell whether a number answered STOP."""
    found = look.get(OptOut, number)
    return found is not None and found.lifted_at is None


def owners(directory: Directory, number: str) -> list[Contact]:
    """Return the contacts who have this number, by id."""
    having = [one for one in directory.contacts.values() if any(line.e164 == number for line in one.numbers)]
    return sorted(having, key=lambda contact: contact.id)


def stop(tx: Transaction, house: House, number: str, actor: str = "caller") -> None:
    """Text a number no more, and tell the desk; ``robot`` has it from the vendor, who refused a text."""
    found = tx.get(OptOut, number)
    if found is None:
        tx.add(OptOut(id=number, facility=tx.facility, at=tx.now))
    elif found.lifted_at is not None:
        tx.put(replace(found, at=tx.now, lifted_at=None))
    known = _ids(house, number)
    tx.audit(AuditFact(action="text:opt_out", actor=actor, facts={"contacts": known}))
    desk.open_task(tx, house, TaskKind.OPTED_OUT, subject_id=_subject(known))


def start(tx: Transaction, house: House, number: str) -> None:
    """Text a number again; what the desk was told is settled."""
    found = tx.get(OptOut, number)
    if found is not None:
        tx.put(replace(found, lifted_at=tx.now))
    known = _ids(house, number)
    tx.audit(AuditFact(action="text:opt_in", actor="caller", facts={"contacts": known}))
    desk.settle(tx, house, TaskKind.OPTED_OUT, _subject(known), "opted_in")


def _subject(known: str) -> str:
    return f"opt-out:{known or 'unknown'}"


def _ids(house: House, number: str) -> str:
    return ",".join(one.id for one in owners(house.directory(), number))
