"""Deadlines that have fallen due: each handled once, whatever restarted in between."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from handlers import (
    calendars,
    callbacks,
    desk,
    handover,
    leases,
    messages,
    overflow,
    pickups,
    privacy,
    problems,
    recordings,
    returns,
    ringing,
    rungs,
    studies,
    texting,
    unclaimed,
)
from handlers.domain.errors import RadrelayError
from handlers.domain.machinery import DeadlineKind
from handlers.once import in_transaction
from handlers.ports import Due, House, Transaction

Handler = Callable[[Transaction, House, str], None]

HANDLERS: dict[DeadlineKind, Handler] = {
    DeadlineKind.RUNG_RETRY: rungs.retry_due,
    DeadlineKind.RUNG_OVER: rungs.rung_over,
    DeadlineKind.CALL_SILENT: lambda tx, _house, subject: callbacks.silent_due(tx, subject),
    DeadlineKind.TEXT_SILENT: lambda tx, _house, subject: texting.silent_due(tx, subject),
    DeadlineKind.DESK_ROUND: desk.round_due,
    DeadlineKind.DESK_PHONE: desk.phone_due,
    DeadlineKind.TASK_REMINDER: desk.reminder_due,
    DeadlineKind.PROBLEM_REMINDER: problems.reminder_due,
    DeadlineKind.CARD_REFRESH: studies.refresh_due,
    DeadlineKind.STUDY_STABLE: studies.stable_due,
    DeadlineKind.PRIVACY_REMINDER: privacy.reminder_due,
    DeadlineKind.READER_CALL: ringing.due,
    DeadlineKind.OPENS_TO_ALL: unclaimed.opens_due,
    DeadlineKind.CLAIM_STANDING: returns.due,
    DeadlineKind.ROTA_CHANGE: handover.change_due,
    DeadlineKind.CALENDAR_FAILING: calendars.failing_due,
    DeadlineKind.HANDOVER_LATE: handover.late_due,
    DeadlineKind.LEASE_DUE: leases.due,
    DeadlineKind.MESSAGE_GIVEN: messages.given_due,
    DeadlineKind.RECORDING_LATE: recordings.late,
    DeadlineKind.PICKUP_OVER: pickups.visit_over,
    DeadlineKind.OVERFLOW_JUDGED: overflow.judge_due,
}


#: So often one deadline may fall due in one look.
AT_MOST = 20


class PlansItselfBack(RadrelayError):
    """A handler plans its own deadline for an instant that has passed, which would go on for ever: a bug of ours."""


def handle(house: House, due: Due) -> bool:
    """Handle one deadline; False when somebody else did, or it moved. The compare-and-set is in its own transaction."""

    def act(tx: Transaction) -> bool:
        if not tx.is_due(due):
            return False
        HANDLERS[due.kind](tx, house, due.subject)
        return True

    return in_transaction(house, due.facility, act)


def handle_due(
    house: House, on_failure: Callable[[Exception], None], on_entry: Callable[[Due], None] | None = None
) -> int:
    """Handle everything that is due; one that fails is tried again a little later and the next goes on."""
    handled = 0
    met: Counter[str] = Counter()
    while due_now := house.memory.take_due():
        for due in due_now:
            met[due.id] += 1
            if met[due.id] > AT_MOST:
                on_failure(PlansItselfBack(due.kind.value))
                house.memory.due_failed(due)
                continue
            if on_entry is not None:
                on_entry(due)
            try:
                handle(house, due)
            except Exception as error:  # noqa: BLE001 - a deadline is never lost to a bug
                on_failure(error)
                house.memory.due_failed(due)
            handled += 1
    return handled
