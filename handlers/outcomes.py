"""What follows from a finished attempt: the relay ends, its ladder moves, or a desk's task is taken."""

from __future__ import annotations

from handlers import check_calls, desk, dictations, endings, lines, privacy, receipts, ringing, rungs, showing, troubles
from handlers.domain import checking
from handlers.domain.relays import CONFIRMS, Attempt, Ending, Outcome, Purpose, Relay, RelayState
from handlers.domain.studies import Read
from handlers.domain.tasks import TaskKind, TaskState
from handlers.domain.turns import PENDING
from handlers.ports import House, Transaction

_ENDINGS = {
    Outcome.CONFIRMED_BY_CODE: Ending.CONFIRMED_BY_CODE,
    Outcome.CONFIRMED_ON_PAGE: Ending.CONFIRMED_ON_PAGE,
    Outcome.READ_BACK_RECORDED: Ending.READ_BACK_RECORDED,
}


def finish(
    tx: Transaction, house: House, attempt: Attempt, outcome: Outcome, *, line_over: bool, vendor_code: str = ""
) -> Attempt:
    """Finish an attempt and act on what it came to."""
    relay = tx.get(Relay, attempt.relay_id) if attempt.relay_id else None
    read = tx.get(Read, attempt.read_id) if attempt.read_id else None
    case_code = relay.case_code if relay is not None else "" if read is None else read.case_code
    attempt = troubles.explained(house, attempt, vendor_code)
    done = lines.finish(tx, attempt, outcome, case_code=case_code, line_over=line_over, vendor_code=vendor_code)
    troubles.met(tx, house, done, case_code)
    if done.purpose is Purpose.DESK:
        desk.rang(tx, house, done, outcome)
    elif done.purpose in checking.PURPOSES:
        check_calls.rang(tx, house, done, outcome)
    elif done.purpose is Purpose.ON_CALL:
        ringing.rang(tx, house, done, outcome)
    elif done.purpose is Purpose.DICTATION:
        dictations.rang(tx, house, done, outcome)
    elif relay is not None:
        _on_relay(tx, house, relay, done, outcome)
    return done


def _on_relay(tx: Transaction, house: House, relay: Relay, attempt: Attempt, outcome: Outcome) -> None:
    if attempt.told_at is not None and outcome is Outcome.WRONG_PERSON:
        privacy.opened(tx, house, relay, attempt)
    if relay.state is RelayState.ENDED:
        return
    if outcome in CONFIRMS:
        role = "" if attempt.receiver_role is None else attempt.receiver_role.value
        by = attempt.who or "caller"
        actor = f"{_known_by(tx, attempt)}:{by}"
        endings.end(tx, house, relay, _ENDINGS[outcome], by=by, actor=actor, role=role, attempt=attempt)
    elif outcome is Outcome.BRIDGED:
        _taken_by(tx, house, relay, _who_talked(house, attempt))
    elif outcome is Outcome.TAKEN:
        reader = house.directory().radiologists.get(attempt.who)
        _taken_by(tx, house, relay, attempt.who if reader is None else reader.name)
    else:
        if attempt.channel == "call":
            showing.note_study(
                tx, house, relay.study_id, f"Call ended: {outcome.value.replace('_', ' ')}{_said(attempt)}."
            )
        rungs.after(tx, house, relay, attempt)


def _who_talked(house: House, attempt: Attempt) -> str:
    """Return the name of our own person who talked with a clinician: whoever accepted, or whoever had asked for it."""
    if attempt.purpose is not Purpose.BY_HAND:
        return attempt.bridged_to.rstrip(PENDING)
    directory = house.directory()
    person = directory.radiologists.get(attempt.who) or directory.staff.get(attempt.who)
    return attempt.who if person is None else person.name


def _said(attempt: Attempt) -> str:
    """Return what the vendor's code meant, where there was one."""
    return f": {attempt.vendor_says.rstrip('.')}" if attempt.vendor_says else ""


def _known_by(tx: Transaction, attempt: Attempt) -> str:
    """Return how exactly the record may name who confirmed: the contact only by their PIN, else whoever answered there."""
    return "contact" if receipts.receipt_of(tx, attempt).role_by == receipts.PIN else "answering"


def _taken_by(tx: Transaction, house: House, relay: Relay, who: str) -> None:
    """Give whatever of a relay waits at a desk to the human who has it now; it needs their outcome."""
    rungs.stop_ringing(tx, relay)
    waiting = [task for task in desk.tasks_of(tx, relay.id) if task.state is TaskState.OPEN]
    for task in waiting:
        desk.taken(tx, house, task, who, f"phone:{who}")
    if not waiting:
        rungs.to_desk(tx, house, relay, TaskKind.OUTCOME_NEEDED, taken_by=who)
