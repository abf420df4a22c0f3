"""Numbers that bounced: the vendor says that nobody can be reached there in the way it was tried."""

from __future__ import annotations

from handlers import lines
from handlers.domain.relays import Attempt
from handlers.ports import House, Transaction


def bounced(tx: Transaction, house: House, attempt: Attempt, code: str, *, case_code: str = "") -> None:  # noqa: ARG001
    """Record that the number of an attempt bounced, by which code of the vendor's."""
    lines.record(tx, attempt, "attempt:bounce", case_code, vendor_code=code)
