"""A handler that plans itself into the past would do nothing else for ever: it is stopped, told, and tried again later."""

from __future__ import annotations

from datetime import timedelta

import pytest

from handlers import overdue
from handlers.domain.machinery import SYSTEM, Deadline, DeadlineKind
from handlers.ports import House, Transaction
from tests.flows.stage import Stage


def test_a_deadline_that_plans_itself_back_is_stopped_and_the_others_go_on(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After some rounds it waits a second; what else is due is handled; the operator hears of it."""
    rounds: list[str] = []

    def back(tx: Transaction, _house: House, subject: str) -> None:
        rounds.append(subject)
        if subject == "loop":
            kind = DeadlineKind.CALENDAR_FAILING
            tx.deadline(Deadline(kind=kind, subject=subject, due_at=tx.now - timedelta(seconds=1)))

    monkeypatch.setitem(overdue.HANDLERS, DeadlineKind.CALENDAR_FAILING, back)
    house = stage.service.house
    with house.memory.transaction(SYSTEM) as tx:
        for subject in ("loop", "other"):
            tx.deadline(Deadline(kind=DeadlineKind.CALENDAR_FAILING, subject=subject, due_at=tx.now))
    told: list[Exception] = []
    overdue.handle_due(house, told.append)
    assert rounds.count("loop") == overdue.AT_MOST
    assert rounds.count("other") == 1
    assert [type(one) for one in told] == [overdue.PlansItselfBack]
    with house.memory.transaction(SYSTEM) as tx:
        tx.forget("loop", DeadlineKind.CALENDAR_FAILING)
