"""Telephone lines: planning a call or a text, and finishing one. At most one line is open to a number."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from handlers.domain.dialog import CODE_ALPHABET, CONFIRM_DIGITS
from handlers.domain.machine import allows, step
from handlers.domain.machinery import AuditFact, Deadline, DeadlineKind, Effect, EffectKind
from handlers.domain.relays import (
    AFTERWARDS,
    ATTEMPT_TABLE,
    OPEN_ATTEMPT,
    Attempt,
    AttemptEvent,
    AttemptState,
    Outcome,
    Purpose,
    Stage,
)
from handlers.ports import House, Reading, Transaction

ROBOT = "robot"
LIVE = (AttemptState.TALKING, AttemptState.BRIDGED)
#: What a call waits for at first, where that is not the menu.
_FIRST = {
    Purpose.DESK: Stage.TAKE,
    Purpose.RADIOLOGIST: Stage.TAKE,
    Purpose.BY_HAND: Stage.TAKE,
    Purpose.ON_CALL: Stage.CLAIM,
    Purpose.PIN: Stage.CHECK,
    Purpose.VERIFY: Stage.CHECK,
    Purpose.DICTATION: Stage.DICTATE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is known before a try: why, for whom, over what, at which number."""

    purpose: Purpose
    channel: str
    who: str
    number: str
    number_kind: str
    send_digits: str = ""
    relay_id: str | None = None
    task_id: str | None = None
    read_id: str | None = None
    to_contact: str = ""
    to_number: str = ""
    case_code: str = ""
    step: int = 0
    try_no: int = 1
    inbound: bool = False
    rank: int = 1
    sid: str | None = None
    #: The attempt before this one on the same call.
    follows: str | None = None


def is_busy(tx: Reading, number: str) -> bool:
    """Tell whether a line of ours to this number is, or may be, open; of whatever facility."""
    return tx.one(Attempt, open_number=number) is not None


def _holds_line(tx: Transaction, what: Plan) -> bool:
    """Tell whether a call takes its number's one line: every one of ours, and a caller's own where it is free."""
    if what.purpose is Purpose.CALLBACK:
        return bool(what.number) and not is_busy(tx, what.number)
    return what.channel == "call" and not what.inbound


def plan(tx: Transaction, house: House, what: Plan) -> Attempt:
    """Record the intent, and the effect that will carry it out."""
    attempt = Attempt(
        id=house.chance.token(),
        facility=tx.facility,
        relay_id=what.relay_id,
        task_id=what.task_id,
        read_id=what.read_id,
        to_contact=what.to_contact,
        to_number=what.to_number,
        token=house.chance.token(),
        purpose=what.purpose,
        channel=what.channel,
        inbound=what.inbound,
        who=what.who,
        number=what.number,
        number_kind=what.number_kind,
        send_digits=what.send_digits,
        ours=house.number_at(tx.facility) if what.channel != "hand" else "",
        step=what.step,
        try_no=what.try_no,
        state=AttemptState.TALKING if what.inbound else AttemptState.QUEUED,
        stage=_FIRST.get(what.purpose, Stage.MENU),
        planned_at=tx.now,
        code=house.chance.digits(CONFIRM_DIGITS, CODE_ALPHABET),
        open_number=what.number if _holds_line(tx, what) else None,
        sid=what.sid,
        follows=what.follows,
        answered_at=tx.now if what.inbound else None,
    )
    tx.add(attempt)
    record(tx, attempt, "attempt:plan", what.case_code)
    if not what.inbound:
        is_call = what.channel == "call"
        kind = EffectKind.PLACE_CALL if is_call else EffectKind.SEND_TEXT
        tx.effect(Effect(kind=kind, subject=attempt.id, lane="voice" if is_call else "text", rank=what.rank))
    return attempt


def following(tx: Transaction, attempt: Attempt) -> Attempt | None:
    """Return the attempt that came after this one on the same call."""
    return tx.one(Attempt, follows=attempt.id)


def move(attempt: Attempt, event: AttemptEvent) -> Attempt:
    """Return the attempt in the state that the table gives."""
    return replace(attempt, state=step(ATTEMPT_TABLE, attempt.state, event))


def may(attempt: Attempt, event: AttemptEvent) -> bool:
    """Tell whether the table knows this event in the attempt's state."""
    return allows(ATTEMPT_TABLE, attempt.state, event)


def finish(
    tx: Transaction, attempt: Attempt, outcome: Outcome, *, case_code: str, line_over: bool, vendor_code: str = ""
) -> Attempt:
    """Record what came of an attempt. The line stays taken until the vendor says that it is over."""
    done = replace(
        move(attempt, AttemptEvent.FINISH),
        finished_at=tx.now,
        outcome=outcome,
        vendor_code=vendor_code,
        stage=attempt.stage if attempt.stage in AFTERWARDS else Stage.OVER,
        open_number=None if line_over else attempt.open_number,
    )
    done = tx.put(done)
    record(tx, done, "attempt:finish", case_code, outcome=outcome.value, vendor_code=vendor_code)
    if line_over:
        tx.forget(done.id, DeadlineKind.CALL_SILENT)
    elif done.open_number is not None:
        watch(tx, done, 60)
    return done


def release(tx: Transaction, attempt: Attempt) -> Attempt:
    """Free the line of a finished attempt."""
    tx.forget(attempt.id, DeadlineKind.CALL_SILENT)
    return tx.put(replace(attempt, open_number=None)) if attempt.open_number is not None else attempt


def watch(tx: Transaction, attempt: Attempt, seconds: int) -> None:
    """Ask the vendor ourselves if nothing is heard for so long: callbacks get lost."""
    due_at = tx.now + timedelta(seconds=seconds)
    tx.deadline(Deadline(kind=DeadlineKind.CALL_SILENT, subject=attempt.id, due_at=due_at))


def stop(tx: Transaction, attempt: Attempt, *, case_code: str) -> Attempt:
    """Keep a planned attempt from being sent, or hang up one that rings; a live conversation is left alone."""
    if attempt.state not in OPEN_ATTEMPT or attempt.state in LIVE:
        return attempt
    if attempt.state is AttemptState.QUEUED:
        return finish(tx, attempt, Outcome.CANCELED, case_code=case_code, line_over=True)
    tx.effect(Effect(kind=EffectKind.HANG_UP, subject=attempt.id, lane="control", rank=0))
    return finish(tx, attempt, Outcome.CANCELED, case_code=case_code, line_over=attempt.channel != "call")


def open_of_relay(tx: Transaction, relay_id: str) -> list[Attempt]:
    """Return the attempts of a relay that are not finished."""
    return tx.all(Attempt, relay_id=relay_id, state=tuple(OPEN_ATTEMPT))


def record(tx: Transaction, attempt: Attempt, action: str, case_code: str, **facts: str | int | bool | None) -> None:
    """Append what happened to an attempt to the record: codes and ids, no number and no code."""
    tx.audit(
        AuditFact(
            action=action,
            actor=ROBOT,
            case_code=case_code,
            subject=attempt.id,
            facts={
                "purpose": attempt.purpose.value,
                "channel": attempt.channel,
                "who": attempt.who,
                "step": attempt.step,
                "try": attempt.try_no,
                **facts,
            },
        )
    )
