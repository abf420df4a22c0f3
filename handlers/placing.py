"""Placing calls so that none is lost and none is made twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from handlers import callbacks, desk, lines, outages, outcomes, rungs
from handlers.domain.errors import DeliveryFailed, DeliveryInDoubt, DeliveryRefused, NotYet
from handlers.domain.machinery import Effect, EffectKind
from handlers.domain.relays import (
    OPEN_ATTEMPT,
    Attempt,
    AttemptEvent,
    AttemptState,
    Purpose,
    Relay,
    RelayState,
)
from handlers.domain.troubles import refused_with
from handlers.once import in_transaction
from handlers.ports import CallSeen, Dialer, House, Sending, Transaction

#: When an in-doubt call is looked for, after it was submitted.
LOOK_AFTER = timedelta(seconds=5)
#: How often it is looked for before the vendor is believed not to have it.
LOOKS = 2
CLOCK_SLACK = timedelta(seconds=5)
UNKNOWN_VENDOR_WAIT = timedelta(seconds=10)
#: While as many calls are open as may be, a line is looked for so often.
FULL_WAIT = timedelta(seconds=2)
#: The telephone, by account at the vendor.
Dialers = Mapping[str, Dialer]


def _attempt(tx: Transaction, sending: Sending) -> Attempt | None:
    return tx.get(Attempt, sending.effect.subject)


def _case(tx: Transaction, attempt: Attempt) -> str:
    relay = tx.get(Relay, attempt.relay_id) if attempt.relay_id else None
    return "" if relay is None else relay.case_code


def _submit(tx: Transaction, house: House, sending: Sending) -> Attempt | None:
    """Mark an attempt as being sent, unless it is not wanted any more; one that was being sent before is in doubt."""
    attempt = _attempt(tx, sending)
    ours_to_send = attempt is not None and attempt.state in (AttemptState.QUEUED, AttemptState.SUBMITTING)
    if attempt is None or not ours_to_send or attempt.sid is not None:
        tx.sent(sending)
        return None
    if attempt.state is AttemptState.SUBMITTING:
        _in_doubt(tx, attempt)
        tx.sent(sending)
        return None
    if desk.halted(tx, attempt.facility) is not None:
        _halted(tx, house, attempt)
        tx.sent(sending)
        return None
    _expect_a_free_line(tx, house)
    attempt = tx.put(
        replace(outages.over_account(tx, house, lines.move(attempt, AttemptEvent.SUBMIT)), submitted_at=tx.now)
    )
    lines.record(tx, attempt, "attempt:submit", _case(tx, attempt), account=attempt.account)
    return attempt


def _expect_a_free_line(tx: Transaction, house: House) -> None:
    """Raise ``NotYet`` while as many calls are open as the account may have; what is most urgent leaves first, then."""
    if house.concurrent_calls is None:
        return
    tx.alone("open calls")  # counted over all facilities
    states = tuple(OPEN_ATTEMPT - {AttemptState.QUEUED})
    if len(tx.all(Attempt, channel="call", inbound=False, state=states)) >= house.concurrent_calls:
        raise NotYet("as many calls are open as the account may have", FULL_WAIT)


def _halted(tx: Transaction, house: House, attempt: Attempt) -> None:
    lines.stop(tx, attempt, case_code=_case(tx, attempt))
    relay = tx.get(Relay, attempt.relay_id) if attempt.relay_id else None
    if relay is not None and relay.state in (RelayState.CALLING, RelayState.BETWEEN):
        rungs.hold(tx, house, relay, "halt")


def place(house: House, dialers: Dialers, sending: Sending) -> None:
    """Place a call from its intent row: mark, ask, record what the vendor said."""
    attempt = in_transaction(house, sending.facility, lambda tx: _submit(tx, house, sending))
    if attempt is None:
        return
    try:
        with outages.watched(house, attempt.account, attempt.id):
            sid = dialers[attempt.account].place(
                token=attempt.token,
                to=attempt.number,
                ours=attempt.ours or house.our_number,
                send_digits=attempt.send_digits,
                detect_machine=attempt.purpose is not Purpose.CALLBACK,
            )
    except DeliveryInDoubt:
        in_transaction(house, sending.facility, lambda tx: _lost_answer(tx, sending))
    except DeliveryRefused as refused:
        code = refused.code
        in_transaction(house, sending.facility, lambda tx: _refused(tx, house, sending, code))
    except DeliveryFailed as failed:
        wait = failed.retry_after or UNKNOWN_VENDOR_WAIT
        in_transaction(house, sending.facility, lambda tx: _postponed(tx, sending))
        raise DeliveryFailed(failed.reason, wait) from None
    else:
        in_transaction(house, sending.facility, lambda tx: _accepted(tx, house, sending, sid, "queued"))


def _accepted(tx: Transaction, house: House, sending: Sending, sid: str, status: str) -> None:
    """Record the vendor's sid. A callback may have been quicker: then only the sid is new."""
    attempt = _attempt(tx, sending)
    tx.sent(sending)
    if attempt is None or (attempt.sid is not None and attempt.sid != sid):
        return
    attempt = replace(attempt, sid=sid)
    if attempt.state is AttemptState.FINISHED:
        attempt = tx.put(attempt)
        lines.record(tx, attempt, "call:accepted", _case(tx, attempt))
        if attempt.open_number is not None:
            tx.effect(Effect(kind=EffectKind.HANG_UP, subject=attempt.id, lane="control", rank=0))
        return
    callbacks.seen(tx, house, attempt, status)


def _lost_answer(tx: Transaction, sending: Sending) -> None:
    tx.sent(sending)
    attempt = _attempt(tx, sending)
    if attempt is not None and attempt.state is AttemptState.SUBMITTING:
        _in_doubt(tx, attempt)


def _in_doubt(tx: Transaction, attempt: Attempt) -> None:
    attempt = tx.put(lines.move(attempt, AttemptEvent.LOST_ANSWER))
    lines.record(tx, attempt, "attempt:in_doubt", _case(tx, attempt))
    _look_later(tx, attempt, 1)


def _look_later(tx: Transaction, attempt: Attempt, look: int) -> None:
    lane = "control" if attempt.channel == "call" else "text"
    kind = EffectKind.FIND_CALL if attempt.channel == "call" else EffectKind.SEND_TEXT
    tx.effect(
        Effect(kind=kind, subject=attempt.id, lane=lane, rank=0, args={"look": str(look)}, due_at=tx.now + LOOK_AFTER)
    )


def _postponed(tx: Transaction, sending: Sending) -> None:
    """Let the attempt wait for its effect to leave again, inside the rung's time: the vendor certainly did nothing."""
    attempt = _attempt(tx, sending)
    if attempt is not None and attempt.state is AttemptState.SUBMITTING:
        attempt = tx.put(lines.move(attempt, AttemptEvent.POSTPONED))
        lines.record(tx, attempt, "attempt:postpone", _case(tx, attempt))


def _refused(tx: Transaction, house: House, sending: Sending, code: str) -> None:
    tx.sent(sending)
    attempt = _attempt(tx, sending)
    if attempt is not None and attempt.state is AttemptState.SUBMITTING:
        outcome = refused_with(house.trouble_of(code))
        outcomes.finish(tx, house, attempt, outcome, line_over=True, vendor_code=code)


def _found(house: House, dialers: Dialers, attempt: Attempt) -> CallSeen | None:
    """Return the vendor's newest call to the number since it was asked for, unless that is known to be another one."""
    since = (attempt.submitted_at or attempt.planned_at) - CLOCK_SLACK
    with outages.watched(house, attempt.account, attempt.id):
        seen = dialers[attempt.account].find(to=attempt.number, ours=attempt.ours or house.our_number, since=since)
    if seen is None:
        return None
    with house.memory.reading() as look:
        known = look.one(Attempt, sid=seen.sid)
    return seen if known is None or known.id == attempt.id else None


def find(house: House, dialers: Dialers, sending: Sending) -> None:
    """Look an in-doubt call up at the vendor; only when it is certainly not there is it placed again."""
    with house.memory.reading() as look:
        attempt = look.get(Attempt, sending.effect.subject)
    if attempt is None or attempt.state is not AttemptState.IN_DOUBT:
        house.memory.effect_done(sending)
        return
    seen = _found(house, dialers, attempt)
    if seen is not None:
        sid, status = seen.sid, seen.status
        in_transaction(house, sending.facility, lambda tx: _accepted(tx, house, sending, sid, status))
        return

    def not_there(tx: Transaction) -> None:
        tx.sent(sending)
        fresh = _attempt(tx, sending)
        if fresh is None or fresh.state is not AttemptState.IN_DOUBT:
            return
        looked = int(sending.effect.args.get("look", "1"))
        if looked < LOOKS:
            _look_later(tx, fresh, looked + 1)
            return
        fresh = tx.put(lines.move(fresh, AttemptEvent.NOT_THERE))
        lines.record(tx, fresh, "attempt:not_there", _case(tx, fresh))
        tx.effect(Effect(kind=EffectKind.PLACE_CALL, subject=fresh.id, lane="voice", rank=0))

    in_transaction(house, sending.facility, not_there)


def check(house: House, dialers: Dialers, sending: Sending) -> None:
    """Ask the vendor what became of a call of which nothing was heard."""
    with house.memory.reading() as look:
        attempt = look.get(Attempt, sending.effect.subject)
    if attempt is None or attempt.sid is None:
        house.memory.effect_done(sending)
        return
    with outages.watched(house, attempt.account, attempt.id):
        seen = dialers[attempt.account].look(attempt.sid)

    def act(tx: Transaction) -> None:
        tx.sent(sending)
        fresh = _attempt(tx, sending)
        if fresh is None or (fresh.state is AttemptState.FINISHED and fresh.open_number is None):
            return
        lines.record(tx, fresh, "call:asked", _case(tx, fresh), status=seen.status)
        callbacks.seen(tx, house, fresh, seen.status, seen.error_code, seen.ended_at)
        again = tx.get(Attempt, fresh.id)
        if again is not None and again.open_number is not None:
            lines.watch(tx, again, callbacks.RING_WATCH_SECONDS)

    in_transaction(house, sending.facility, act)


def hang_up(house: House, dialers: Dialers, sending: Sending) -> None:
    """End a call that is not wanted any more; one that was in doubt is looked up, or ended when it is heard of."""
    with house.memory.reading() as look:
        attempt = look.get(Attempt, sending.effect.subject)
    sid = None if attempt is None else attempt.sid
    if attempt is not None and sid is None and attempt.submitted_at is not None and attempt.open_number is not None:
        seen = _found(house, dialers, attempt)
        sid = None if seen is None else seen.sid
        if sid is None:
            in_transaction(house, sending.facility, lambda tx: _is_not_there(tx, sending))
    if attempt is not None and sid is not None:
        with outages.watched(house, attempt.account, attempt.id):
            dialers[attempt.account].hang_up(sid)
    house.memory.effect_done(sending)


def _is_not_there(tx: Transaction, sending: Sending) -> None:
    """Free the line of a call that was stopped in doubt, and that the vendor surely does not have by now."""
    attempt = _attempt(tx, sending)
    if attempt is None or attempt.sid is not None or attempt.state is not AttemptState.FINISHED:
        return
    if attempt.submitted_at is not None and tx.now - attempt.submitted_at > LOOKS * LOOK_AFTER:
        lines.record(tx, attempt, "call:never_heard_of", _case(tx, attempt))
        lines.release(tx, attempt)


def leave_voicemail(house: House, dialers: Dialers, sending: Sending) -> None:
    """Turn a call that a machine answered to the voicemail words."""
    with house.memory.reading() as look:
        attempt = look.get(Attempt, sending.effect.subject)
    if attempt is not None and attempt.sid is not None and attempt.state is AttemptState.TALKING:
        dialers[attempt.account].leave_voicemail(sid=attempt.sid, token=attempt.token)
    house.memory.effect_done(sending)
