"""Numbers that bounced: not called, or not texted, until somebody has verified them; a human finds another one."""

from __future__ import annotations

from dataclasses import replace

from handlers import desk, lines, numbers
from handlers.domain import numbers as values
from handlers.domain.directory import Directory, Number
from handlers.domain.numbers import NumberStanding, Trouble
from handlers.domain.relays import Attempt
from handlers.domain.tasks import DeskTask, TaskKind
from handlers.ports import House, Reading, Transaction

#: Before the contact's id, what the task is about.
_SUBJECT = "number-of:"


def bounced(tx: Transaction, house: House, attempt: Attempt, code: str, *, case_code: str = "") -> None:
    """Record that the number of an attempt bounced, by which code of the vendor's, and have another one found.

    What bounced as a text is called still; what bounced as a call is neither called nor texted.
    """
    lines.record(tx, attempt, "attempt:bounce", case_code, vendor_code=code)
    if attempt.who not in house.directory().contacts:
        return
    known = numbers.standing(tx, house, attempt.who, attempt.number)
    if attempt.channel == "sms":
        tx.put(replace(known, untextable_at=tx.now, code=code, says=attempt.vendor_says))
    else:
        tx.put(replace(known, bad_at=tx.now, bad_why=Trouble.BOUNCED, code=code, says=attempt.vendor_says))
    find_number(tx, house, attempt.who)


def find_number(tx: Transaction, house: House, contact: str) -> None:
    """Ask the desk to find a number of a contact; one that was asked already is not asked twice."""
    desk.open_task(tx, house, TaskKind.FIND_NUMBER, subject_id=f"{_SUBJECT}{contact}")


def found(tx: Transaction, house: House, contact: str) -> None:
    """Close that question: a number of theirs was verified."""
    desk.settle(tx, house, TaskKind.FIND_NUMBER, f"{_SUBJECT}{contact}", "found")


def told(look: Reading, directory: Directory, task: DeskTask) -> str:
    """Return what the desk is told: whose numbers, by their last digits, what is wrong with each, and who is called still."""
    contact = directory.contacts.get(task.subject_id.removeprefix(_SUBJECT))
    if contact is None:
        return ""
    known = numbers.standings(look, contact)
    wrong = [
        f"{numbers.ends_in(one.e164)} {_wrong(one, known[one.e164])}" for one in contact.numbers if one.e164 in known
    ]
    trouble = "; ".join(one for one in wrong if not one.endswith(" "))
    others = (
        "Another number of theirs is called meanwhile."
        if numbers.dialable(look, contact)
        else "No machine reaches them."
    )
    return f"{contact.name} cannot be reached at every number: {trouble or 'it is gone from the directory'}. {others}"


def _wrong(number: Number, known: NumberStanding) -> str:
    """Return what is wrong with a number, "" where nothing is any more."""
    if values.is_bad(number, known):
        not_theirs = known.bad_why is Trouble.NOT_THEIRS
        return "is not theirs, says whoever answered" if not_theirs else f"bounced ({known.says or known.code})"
    bounces = known.untextable_at is not None and not values.may_be_texted(number, known)
    return f"cannot be texted ({known.says or known.code})" if bounces else ""
