"""Calendars of rotas: read outside any transaction, kept as the last good copy, and told of when they fail for long."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from handlers import desk, handover
from handlers.domain.errors import DeliveryFailed
from handlers.domain.machinery import SYSTEM, AuditFact, Deadline, DeadlineKind
from handlers.domain.rotas import CalendarCopy, Rota, Shift
from handlers.domain.tasks import TaskKind
from handlers.once import in_transaction
from handlers.ports import Calendars, House, Transaction

ROBOT = "robot"
#: What of a calendar is kept, in whole days from now; longer than anybody asks ahead of a failing feed.
BEHIND, AHEAD = timedelta(days=2), timedelta(days=62)
#: How long a feed may fail before the desk is told.
FAILS_FOR = timedelta(hours=6)


def refresh(house: House, calendars: Calendars) -> None:
    """Read every calendar; one that fails keeps its last good copy, and the next is read all the same."""
    today = house.clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    for rota in [one for one in house.directory().rotas.values() if one.calendar is not None]:
        try:
            shifts = calendars.shifts(rota, today - BEHIND, today + AHEAD)
        except DeliveryFailed as failed:
            in_transaction(house, SYSTEM, _Failing(rota, failed.reason))
        else:
            in_transaction(house, SYSTEM, _Loading(house, rota, shifts))


class _Loading:
    """Keeping what was read, where it differs from the copy or the feed had failed; who is on duty is looked at anew."""

    def __init__(self, house: House, rota: Rota, shifts: tuple[Shift, ...]) -> None:
        self._house, self._rota, self._shifts = house, rota, shifts

    def __call__(self, tx: Transaction) -> None:
        rota, copy = self._rota, tx.get(CalendarCopy, self._rota.id)
        if copy is not None and copy.shifts == self._shifts and copy.failing_since is None:
            return
        if copy is None:
            tx.add(CalendarCopy(id=rota.id, facility=SYSTEM, shifts=self._shifts, at=tx.now))
        else:
            tx.put(replace(copy, shifts=self._shifts, at=tx.now, failing_since=None))
        facts = {"shifts": len(self._shifts), "people": len({one.who for one in self._shifts})}
        tx.audit(AuditFact(action="calendar:load", actor=ROBOT, subject=rota.id, facts=facts))
        tx.forget(rota.id, DeadlineKind.CALENDAR_FAILING)
        desk.settle(tx, self._house, TaskKind.CALENDAR_FAILING, rota.id, "it can be read again")
        handover.look_at(tx, self._house.directory(), rota)


class _Failing:
    """Recording that a feed has begun to fail; its copy stays."""

    def __init__(self, rota: Rota, reason: str) -> None:
        self._rota, self._reason = rota, reason

    def __call__(self, tx: Transaction) -> None:
        rota, copy = self._rota, tx.get(CalendarCopy, self._rota.id)
        if copy is not None and copy.failing_since is not None:
            return
        if copy is None:
            tx.add(CalendarCopy(id=rota.id, facility=SYSTEM, shifts=(), at=tx.now, failing_since=tx.now))
        else:
            tx.put(replace(copy, failing_since=tx.now))
        kept = 0 if copy is None else len(copy.shifts)
        facts: dict[str, str | int | bool | None] = {"reason": self._reason, "kept": kept}
        tx.audit(AuditFact(action="calendar:fail", actor=ROBOT, subject=rota.id, facts=facts))
        tx.deadline(Deadline(kind=DeadlineKind.CALENDAR_FAILING, subject=rota.id, due_at=tx.now + FAILS_FOR))


def failing_due(tx: Transaction, house: House, rota_id: str) -> None:
    """Tell the desk of a calendar that has failed for hours, once until it can be read again."""
    copy, rota = tx.get(CalendarCopy, rota_id), house.directory().rotas.get(rota_id)
    if copy is not None and copy.failing_since is not None and rota is not None and rota.calendar is not None:
        desk.open_task(tx, house, TaskKind.CALENDAR_FAILING, subject_id=rota_id)
