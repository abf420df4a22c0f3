"""How long recordings are kept: destroyed when their time has passed, unless a legal hold keeps their case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from handlers import hands, recordings
from handlers.domain import case_code as codes
from handlers.domain.errors import Rejection
from handlers.domain.machinery import AuditFact
from handlers.domain.recordings import KEPT_FOR, HoldReason, LegalHold
from handlers.domain.relays import Recording, RecordingState
from handlers.once import in_transaction
from handlers.ports import House, Reading, Transaction

OPERATOR = "command line"
_HERE = (RecordingState.STORED,)


def destroy_old(house: House) -> int:
    """Destroy the sound of every recording whose time has passed; return how many."""
    with house.memory.reading() as look:
        kept = look.all(Recording, state=_HERE)
        due = [one for one in kept if _is_over(look, house, one)]
    return sum(in_transaction(house, one.facility, lambda tx, one=one: _destroy(tx, house, one)) for one in due)  # type: ignore[misc]


def _is_over(look: Reading, house: House, recording: Recording) -> bool:
    facility = house.directory().facilities.get(recording.facility)
    kept_for = KEPT_FOR if facility is None else facility.recordings_kept
    return recording.announced_at + kept_for <= look.now and not held(look, recordings.case_of(look, recording))


def _destroy(tx: Transaction, house: House, recording: Recording) -> int:
    fresh = tx.get(Recording, recording.id)
    if fresh is None or fresh.state not in _HERE or not _is_over(tx, house, fresh):
        return 0
    recordings.destroy(tx, fresh, "retention")
    return 1


def held(look: Reading, code: str) -> LegalHold | None:
    """Return the hold that keeps a case's recordings, or None."""
    return look.one(LegalHold, case_code=code, released_at=None) if code else None


def hold(house: House, case: str, reason: str) -> str:
    """Keep a case's recordings past their time, until somebody releases them."""
    code = codes.asked(case)
    if reason not in list(HoldReason):
        raise Rejection("unknown_reason", f"The reason is one of {', '.join(HoldReason)}: no name and no sentence.")

    def act(tx: Transaction) -> str:
        if held(tx, code) is not None:
            raise Rejection("held", f"The recordings of case {codes.shown(code)} are held already.")
        kept = tx.add(
            LegalHold(
                id=house.chance.token(),
                facility=tx.facility,
                case_code=code,
                reason=HoldReason(reason),
                by=OPERATOR,
                at=tx.now,
            )
        )
        facts = {"reason": kept.reason.value}
        tx.audit(AuditFact(action="recordings:hold", actor=OPERATOR, case_code=code, subject=kept.id, facts=facts))
        return f"The recordings of case {codes.shown(code)} are kept until `radrelay release {codes.shown(code)}`."

    return in_transaction(house, hands.facility_of_case(house, code), act)


def release(house: House, case: str) -> str:
    """Let a case's recordings be destroyed when their time has passed."""
    code = codes.asked(case)

    def act(tx: Transaction) -> str:
        kept = held(tx, code)
        if kept is None:
            raise Rejection("not_held", f"No hold keeps the recordings of case {codes.shown(code)}.")
        tx.put(replace(kept, released_by=OPERATOR, released_at=tx.now))
        tx.audit(AuditFact(action="recordings:release", actor=OPERATOR, case_code=code, subject=kept.id))
        return f"Released: the recordings of case {codes.shown(code)} are destroyed when their time has passed."

    return in_transaction(house, hands.facility_of_case(house, code), act)


def holds(house: House) -> Sequence[str]:
    """Return the holds in force, a line each."""
    with house.memory.reading() as look:
        kept = look.all(LegalHold, released_at=None)
    return [
        f"{codes.shown(one.case_code)}  {one.facility}  {one.reason.value}  since {one.at:%Y-%m-%d} by {one.by}"
        for one in kept
    ]
