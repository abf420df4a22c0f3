"""Running a verb: once per inbound message, in one transaction, again when somebody else was quicker."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from handlers.domain.errors import Rejection, StaleWrite
from handlers.domain.machinery import SYSTEM
from handlers.ports import House, Transaction

T = TypeVar("T")
RUNS = 5


def in_transaction(house: House, facility: str, act: Callable[[Transaction], T]) -> T:
    """Run ``act`` in the facility's transaction; a stale write runs it again from its start."""
    for _ in range(RUNS - 1):
        try:
            with house.memory.transaction(facility) as tx:
                return act(tx)
        except StaleWrite:
            continue
    with house.memory.transaction(facility) as tx:
        return act(tx)


def once(house: House, facility: str, delivery: str, act: Callable[[Transaction], str]) -> str:
    """Run a verb for an inbound message; its repeat gets the same answer and changes nothing."""

    def run(tx: Transaction) -> str:
        earlier = tx.earlier_answer(delivery)
        if earlier is not None:
            return earlier
        answer = act(tx)
        tx.keep_answer(delivery, answer)
        return answer

    return in_transaction(house, facility, run)


def facility_or_reject(house: House, kind: type[object], code: str, sentence: str, **equal: str) -> str:
    """Return the facility of a stored value, or refuse."""
    facility = house.memory.facility_of(kind, **equal)
    if facility is None:
        raise Rejection(code, sentence)
    return facility


__all__ = ["SYSTEM", "facility_or_reject", "in_transaction", "once"]
