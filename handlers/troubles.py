"""What follows from an error of the telephone vendor's beside the ladder: a number recorded, the desk asked to mend the account."""

from __future__ import annotations

from dataclasses import replace

from handlers import desk
from handlers.bounced import bounced
from handlers.domain.relays import Attempt, Purpose
from handlers.domain.tasks import TaskKind
from handlers.domain.troubles import NextStep, NumberIs
from handlers.ports import House, Transaction

#: Before the code, what the task about the account is about.
ACCOUNT = "account:"


def explained(house: House, attempt: Attempt, code: str) -> Attempt:
    """Return an attempt with a vendor's code and what it means; "" is no error."""
    return replace(attempt, vendor_code=code, vendor_says=house.trouble_of(code).sentence if code else "")


def met(tx: Transaction, house: House, attempt: Attempt, case_code: str) -> None:
    """Act on the error that an attempt met; what becomes of the ladder is decided elsewhere."""
    if not attempt.vendor_code:
        return
    trouble = house.trouble_of(attempt.vendor_code)
    if trouble.number is NumberIs.BOUNCED and attempt.purpose in (Purpose.CONTACT, Purpose.VERIFY, Purpose.PIN):
        bounced(tx, house, attempt, trouble.code, case_code=case_code)
    if trouble.step is NextStep.MEND_ACCOUNT:
        desk.open_task(tx, house, TaskKind.ACCOUNT_REFUSED, subject_id=f"{ACCOUNT}{trouble.code}")
