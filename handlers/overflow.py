"""Overflow: opened when too many reads of a facility wait or are late, closed again at lower marks, told both times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from handlers import desk, showing
from handlers.domain.agreements import CoverageAgreement, CoverageModel
from handlers.domain.coverage import OverflowChange, next_judgment, overflow_change
from handlers.domain.directory import Facility
from handlers.domain.machinery import AuditFact, Deadline, DeadlineKind
from handlers.domain.studies import Overflow, Read, ReadState
from handlers.domain.tasks import TaskKind
from handlers.ports import House, Reading, Transaction


def opened(look: Reading, facility: Facility) -> frozenset[str]:
    """Return the ids of the agreements whose overflow is open at a facility."""
    if not _agreements(facility):
        return frozenset()
    return frozenset(one.coverage for one in look.all(Overflow, facility=facility.id, closed_at=None))


def opened_for(look: Reading, facility: Facility, instant: datetime, reads: Sequence[Read]) -> frozenset[str]:
    """Return the ids of the agreements whose overflow was open when a study arrived that has these reads.

    What opened or closed since concerns the studies of since; one that a study's own arrival opened came after it.
    """
    ours = {one.id for one in _agreements(facility)}
    if not ours:
        return frozenset()
    then = {
        one.coverage
        for one in look.all(Overflow, facility=facility.id)
        if one.opened_at < instant and (one.closed_at is None or instant < one.closed_at)
    }
    return frozenset(then | (ours & {read.coverage for read in reads}))


def judge(tx: Transaction, house: House, facility: Facility) -> None:
    """Open or close each overflow of a facility as its reads stand now, and set when to look again."""
    if _agreements(facility):
        _judge(tx, house, facility)


def judge_due(tx: Transaction, house: House, facility_id: str) -> None:
    """Judge at an instant at which overflow may change by itself; what was open under an agreement that left is closed."""
    facility = house.directory().facilities.get(facility_id)
    if facility is not None:
        _judge(tx, house, facility)


def _judge(tx: Transaction, house: House, facility: Facility) -> None:
    now_open = {one.coverage: one for one in tx.all(Overflow, facility=facility.id, closed_at=None)}
    waiting = tx.all(Read, facility=facility.id, state=ReadState.OPEN)
    instants = []
    for agreement in _agreements(facility):
        current = now_open.pop(agreement.id, None)
        since = None if current is None else current.opened_at
        change = overflow_change(agreement, facility, waiting, since, tx.now)
        if change is OverflowChange.CLOSE and current is not None:
            _close(tx, house, facility, current, agreement)
            since = None
        elif change is not None and current is None:
            since = _open(tx, house, facility, agreement, change, waiting).opened_at
        instants.append(next_judgment(agreement, waiting, since, tx.now))
    for left in now_open.values():
        _close(tx, house, facility, left, None)
    upcoming = [instant for instant in instants if instant is not None]
    tx.forget(facility.id, DeadlineKind.OVERFLOW_JUDGED)
    if upcoming:
        tx.deadline(Deadline(kind=DeadlineKind.OVERFLOW_JUDGED, subject=facility.id, due_at=min(upcoming)))


def _agreements(facility: Facility) -> list[CoverageAgreement]:
    return [one for one in facility.coverage if one.model is CoverageModel.OVERFLOW]


def _open(
    tx: Transaction,
    house: House,
    facility: Facility,
    agreement: CoverageAgreement,
    change: OverflowChange,
    reads: Sequence[Read],
) -> Overflow:
    waiting = sum(read.coverage != agreement.id for read in reads)
    one = tx.add(
        Overflow(
            id=house.chance.token(),
            facility=facility.id,
            coverage=agreement.id,
            opened_at=tx.now,
            reason=change.value,
        )
    )
    facts: dict[str, str | int | bool | None] = {"coverage": agreement.id, "reason": one.reason, "waiting": waiting}
    tx.audit(AuditFact(action="overflow:open", actor="robot", subject=one.id, facts=facts))
    desk.open_task(tx, house, TaskKind.OVERFLOW_OPEN, subject_id=one.id)
    pool = agreement.pool or facility.pool
    text = (
        f"Overflow is open at {facility.alias}: {waiting} of its reads wait. Its new {_studies(agreement)} come here."
    )
    showing.tell_pool(tx, house, pool, text)
    return one


def _close(
    tx: Transaction, house: House, facility: Facility, one: Overflow, agreement: CoverageAgreement | None
) -> None:
    tx.put(replace(one, closed_at=tx.now))
    facts: dict[str, str | int | bool | None] = {"coverage": one.coverage, "agreement_left": agreement is None}
    tx.audit(AuditFact(action="overflow:close", actor="robot", subject=one.id, facts=facts))
    desk.settle(tx, house, TaskKind.OVERFLOW_OPEN, one.id, "overflow closed")
    if agreement is not None:
        pool = agreement.pool or facility.pool
        showing.tell_pool(
            tx, house, pool, f"Overflow is closed at {facility.alias}: its new {_studies(agreement)} stay with it."
        )


def _studies(agreement: CoverageAgreement) -> str:
    """Return which studies an agreement is about."""
    of = "" if "*" in agreement.modalities else f"{', '.join(agreement.modalities)} "
    special = "" if agreement.subspecialty is None else f"{agreement.subspecialty.id} "
    return f"{of}{special}studies"
