"""Wrong codes and PINs counted across calls, the lock that follows, and its end; the desk is told, the caller is not.

Whoever is locked out hears what a wrong entry hears, whatever they enter, and is connected to a human.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from handlers import desk, lines
from handlers.domain import lockouts
from handlers.domain.directory import Directory
from handlers.domain.lockouts import LIMITS, Lockout, Whose, WrongEntry, of_caller, of_contact
from handlers.domain.machinery import AuditFact
from handlers.domain.tasks import DeskTask, TaskKind
from handlers.ports import House, Reading, Transaction

#: The outcome of the desk's task that ends a lock before its time.
UNLOCKED = "unlocked"
#: Wrong entries are counted one after the other, of whatever facility: a lock counts over all of them.
_ALONE = "lockouts"


def is_locked(look: Reading, subject: str) -> bool:
    """Tell whether nothing that this subject (`of_caller`, `of_contact`) enters counts now."""
    return lockouts.holding(look.all(Lockout, subject=subject), look.now) is not None


def wrong(tx: Transaction, house: House, subjects: Iterable[str]) -> None:
    """Count a wrong entry for each subject; too many lock it out, and tell the desk. While locked nothing is counted."""
    tx.alone(_ALONE)
    for subject in subjects:
        locks = tx.all(Lockout, subject=subject)
        if lockouts.holding(locks, tx.now) is not None:
            continue
        tx.add(WrongEntry(id=house.chance.token(), facility=tx.facility, subject=subject, at=tx.now))
        kind = lockouts.whose(subject)
        since = lockouts.counts_since(kind, locks, tx.now)
        if lockouts.locks_out(kind, tx.count_since(WrongEntry, "at", since, subject=subject)):
            _begin(tx, house, subject, locks)


def _begin(tx: Transaction, house: House, subject: str, earlier: list[Lockout]) -> None:
    kind = lockouts.whose(subject)
    lasts = LIMITS[kind].lasts
    lock = tx.add(
        Lockout(
            id=house.chance.token(),
            facility=tx.facility,
            subject=subject,
            whose=kind,
            began_at=tx.now,
            until=tx.now + lasts,
        )
    )
    contact = subject.partition(":")[2] if kind is Whose.CONTACT else ""
    _record(tx, lock, "lockout:begin", lines.ROBOT, contact=contact, seconds=int(lasts.total_seconds()))
    told = (tx.one(DeskTask, kind=TaskKind.LOCKED_OUT, subject_id=one.id, state=desk.OPEN) for one in earlier)
    if not any(told):
        desk.open_task(tx, house, TaskKind.LOCKED_OUT, subject_id=lock.id)


def lift(tx: Transaction, subject: str, actor: str) -> None:
    """End a subject's lock before its time; what was wrong before is forgotten with it."""
    lock = lockouts.holding(tx.all(Lockout, subject=subject), tx.now)
    if lock is not None:
        lock = tx.put(replace(lock, lifted_at=tx.now, lifted_by=actor))
        _record(tx, lock, "lockout:lift", actor)


def unlock(tx: Transaction, house: House, subject: str, actor: str) -> None:
    """End a subject's lock, and the desk's task that told of it, since what they ask for has happened."""
    locks = tx.all(Lockout, subject=subject)
    lift(tx, subject, actor)
    for one in locks:
        desk.settle(tx, house, TaskKind.LOCKED_OUT, one.id, UNLOCKED)


def task_ended(tx: Transaction, task: DeskTask, outcome: str, actor: str) -> None:
    """Lift the lock that a desk's task told of, where the desk has settled it so."""
    lock = tx.get(Lockout, task.subject_id) if task.kind is TaskKind.LOCKED_OUT else None
    if lock is not None and outcome == UNLOCKED:
        lift(tx, lock.subject, actor)


def told(look: Reading, directory: Directory, task: DeskTask) -> str:
    """Return what the desk is told: whose PIN it is, or whose telephone by the directory; never a number."""
    first = look.get(Lockout, task.subject_id)
    if first is None:
        return ""
    newest = look.all(Lockout, subject=first.subject)[-1]
    facility = directory.facilities.get(task.facility)
    until = newest.until if facility is None else facility.local(newest.until)
    ends = f"Until {until:%H:%M %Z} whatever is entered brings a human"
    known = first.subject.partition(":")[2]
    if first.whose is Whose.CONTACT:
        contact = directory.contacts.get(known)
        name = "somebody who has left the directory" if contact is None else contact.name
        return f"The PIN of {name} was entered wrong too often. {ends}."
    if first.whose is Whose.WITHHELD:
        return f"Callers who show no number entered too much that was wrong. {ends}, from such telephones."
    names = [one.name for one in directory.contacts.values() if any(line.e164 == known for line in one.numbers)]
    theirs = f"the telephone of {' or '.join(names)}" if names else "a telephone that is not in the directory"
    return f"Too much was entered wrong from {theirs}. {ends}, from there."


def _record(tx: Transaction, lock: Lockout, action: str, actor: str, **facts: str | int) -> None:
    tx.audit(AuditFact(action=action, actor=actor, subject=lock.id, facts={"of": lock.whose.value, **facts}))


__all__ = ["UNLOCKED", "is_locked", "lift", "of_caller", "of_contact", "task_ended", "told", "unlock", "wrong"]
