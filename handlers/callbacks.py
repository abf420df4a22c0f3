"""What the telephone vendor tells us of calls, texts and recordings: late, twice, out of order, or never."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from handlers import lines, outages, outcomes
from handlers.domain.access import InboundCall
from handlers.domain.conversation import hung_up
from handlers.domain.directory import TAKES_VOICEMAIL
from handlers.domain.errors import Rejection
from handlers.domain.machinery import Effect, EffectKind
from handlers.domain.relays import (
    OPEN_ATTEMPT,
    Attempt,
    AttemptEvent,
    AttemptState,
    Outcome,
    Purpose,
    Relay,
    Stage,
    Turn,
)
from handlers.once import once
from handlers.ports import House, Transaction

RINGING = frozenset({"queued", "initiated", "ringing"})
_ENDS = {
    "busy": Outcome.BUSY,
    "no-answer": Outcome.NO_ANSWER,
    "failed": Outcome.FAILED,
    "canceled": Outcome.CANCELED,
}
OVER = frozenset({*_ENDS, "completed"})
RING_WATCH_SECONDS = 75
#: The word that stands for a token in the status URL of our own number, whose calls carry none.
INBOUND = "inbound"
#: What a turn holds in which nobody keyed or said an answer; the door writes ``?`` for any other talk. A machine, too, says
#: that it transfers a call.
NO_ANSWERS = ("|", "|?", "|transfer")


def status(
    house: House,
    token: str,
    *,
    sid: str,
    status: str,
    sequence: int,
    error_code: str = "",
    at: datetime | None = None,
) -> None:
    """Apply a status callback: a repeat is a no-op, an older one changes nothing and is recorded as stale.

    ``at`` is when it happened, as the vendor says; the callback may be late.
    """
    ours = {"sid": sid} if token == INBOUND else {"token": token}
    facility = house.memory.facility_of(Attempt, **ours)
    if facility is None:
        if token == INBOUND and house.memory.facility_of(InboundCall, id=sid) is not None:
            return  # a caller who hung up before any code was given
        raise Rejection("unknown_call", "This call is not known.")
    delivery = f"status:{sid}:{sequence}:{status}"

    def act(tx: Transaction) -> str:
        attempt = tx.one(Attempt, **ours)
        if attempt is None:
            return ""
        if attempt.sid is not None and attempt.sid != sid:
            lines.record(tx, attempt, "call:other_sid", _case(tx, attempt), status=status)
            return ""
        if sequence <= attempt.sequence:
            lines.record(tx, attempt, "call:stale", _case(tx, attempt), status=status, sequence=sequence)
            return ""
        seen(tx, house, replace(attempt, sid=sid, sequence=sequence), status, error_code, at)
        return ""

    once(house, facility, delivery, act)


def _case(tx: Transaction, attempt: Attempt) -> str:
    relay = tx.get(Relay, attempt.relay_id) if attempt.relay_id else None
    return "" if relay is None else relay.case_code


def seen(
    tx: Transaction,
    house: House,
    attempt: Attempt,
    status: str,
    error_code: str = "",
    at: datetime | None = None,
) -> Attempt:
    """Apply what the vendor says of a call, from a callback or because we asked."""
    attempt = tx.put(attempt)
    if status in OVER:
        return _over(tx, house, attempt, status, error_code, min(at or tx.now, tx.now))
    if attempt.state in (AttemptState.QUEUED, AttemptState.SUBMITTING, AttemptState.IN_DOUBT):
        attempt = tx.put(lines.move(attempt, AttemptEvent.ACCEPTED))
        lines.record(tx, attempt, "call:accepted", _case(tx, attempt))
    else:
        lines.record(tx, attempt, "call:status", _case(tx, attempt), status=status)
    if attempt.state in OPEN_ATTEMPT:
        lines.watch(tx, attempt, RING_WATCH_SECONDS)
    elif status in RINGING and attempt.open_number is not None:
        # It was stopped before its sid was known: this is the first sign of it.
        once_only = f"hang_up:{attempt.id}"
        tx.effect(Effect(kind=EffectKind.HANG_UP, subject=attempt.id, lane="control", rank=0, once=once_only))
    return attempt


def _over(tx: Transaction, house: House, attempt: Attempt, status: str, error_code: str, at: datetime) -> Attempt:
    """End an attempt whose call is over, and whatever was told after it on the same call."""
    done = _one_over(tx, house, attempt, status, error_code, at)
    following = lines.following(tx, attempt)
    while following is not None:
        if following.state is not AttemptState.FINISHED:
            _one_over(tx, house, following, status, error_code, at)
        following = lines.following(tx, following)
    return done


def _one_over(tx: Transaction, house: House, attempt: Attempt, status: str, error_code: str, at: datetime) -> Attempt:
    if attempt.state is AttemptState.FINISHED:
        lines.record(tx, attempt, "call:status", _case(tx, attempt), status=status)
        return lines.release(tx, attempt)
    outcome = _ENDS.get(status) or (hung_up(attempt, at) if attempt.answered_at is not None else Outcome.NO_ANSWER)
    if outcome is Outcome.HUNG_UP and attempt.machine.startswith("machine"):
        outcome = Outcome.MACHINE
    return outcomes.finish(tx, house, attempt, outcome, line_over=True, vendor_code=error_code)


def silent_due(tx: Transaction, attempt_id: str) -> None:
    """Nothing was heard of a line for a while: ask the vendor."""
    attempt = tx.get(Attempt, attempt_id)
    if attempt is None or (attempt.state is AttemptState.FINISHED and attempt.open_number is None):
        return
    if attempt.sid is None and attempt.state is AttemptState.FINISHED and outages.is_account_out(tx, attempt.account):
        lines.watch(tx, attempt, RING_WATCH_SECONDS)  # nobody can say yet whether it rings
        return
    if attempt.sid is None and attempt.state is AttemptState.FINISHED:
        lines.record(tx, attempt, "call:never_heard_of", _case(tx, attempt))
        lines.release(tx, attempt)
        return
    kind = EffectKind.CHECK_CALL if attempt.sid is not None else EffectKind.FIND_CALL
    tx.effect(Effect(kind=kind, subject=attempt.id, lane="control", rank=1, once=f"check:{attempt.id}"))


def machine(house: House, token: str, *, sid: str, answered_by: str) -> None:
    """Take the vendor's guess of who answered. It is advisory: whoever pressed a key is a human."""
    facility = house.memory.facility_of(Attempt, token=token)
    if facility is None:
        raise Rejection("unknown_call", "This call is not known.")

    def act(tx: Transaction) -> str:
        attempt = tx.one(Attempt, token=token)
        while attempt is not None and (following := lines.following(tx, attempt)) is not None:
            attempt = replace(following, sid=following.sid or sid)  # what is told on this call now
        if attempt is None or attempt.machine:
            return ""
        attempt = tx.put(replace(attempt, machine=answered_by))
        lines.record(tx, attempt, "call:answered_by", _case(tx, attempt), answered_by=answered_by)
        if answered_by.startswith(("machine", "fax")) and _nobody_spoke(tx, attempt):
            _machine_answered(tx, house, attempt, answered_by)
        return ""

    once(house, facility, f"amd:{sid}", act)


def untouched(tx: Transaction, attempt: Attempt) -> bool:
    """Tell whether nothing was keyed and no answer said on a call so far."""
    return all(turn.heard in NO_ANSWERS for turn in tx.all(Turn, attempt_id=attempt.id))


def _nobody_spoke(tx: Transaction, attempt: Attempt) -> bool:
    """Tell whether nobody pressed a key or said an answer; other talk may be the machine's own greeting."""
    waiting = attempt.stage in (
        Stage.MENU,
        Stage.PIN,
        Stage.NO_AGREEMENT,
        Stage.TAKE,
        Stage.CLAIM,
        Stage.CHECK,
        Stage.DICTATE,
    )
    return waiting and attempt.state is AttemptState.TALKING and untouched(tx, attempt)


def _machine_answered(tx: Transaction, house: House, attempt: Attempt, answered_by: str) -> None:
    """Leave the callback number and code on a person's voicemail; at a desk or on a fax leave nothing.

    At a unit, an operator or a service this guess decides nothing (a nurse who says who she is may sound like a machine):
    the menu's answer does.
    """
    takes = attempt.number_kind in TAKES_VOICEMAIL and attempt.purpose is Purpose.CONTACT
    if attempt.purpose is Purpose.CONTACT and not takes and answered_by != "fax":
        return
    if takes and answered_by.startswith("machine_end"):
        tx.effect(Effect(kind=EffectKind.LEAVE_VOICEMAIL, subject=attempt.id, lane="control", rank=0))
        return
    if takes and answered_by == "machine_start":
        return
    tx.effect(Effect(kind=EffectKind.HANG_UP, subject=attempt.id, lane="control", rank=0))
    outcomes.finish(tx, house, attempt, Outcome.MACHINE, line_over=False)
