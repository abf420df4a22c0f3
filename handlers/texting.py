"""Texts on their way: sent so that none is lost, and what became of each, told or asked for. Delivered acknowledges nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from handlers import desk, lines, optouts, outages, outcomes, pickups, showing, troubles
from handlers.domain.errors import DeliveryRefused, Rejection
from handlers.domain.machinery import SYSTEM, Deadline, DeadlineKind, Effect, EffectKind
from handlers.domain.relays import Attempt, AttemptEvent, AttemptState, Outcome, Relay, RelayState
from handlers.domain.troubles import NumberIs
from handlers.once import in_transaction, once
from handlers.optouts import opted_out
from handlers.ports import House, Sending, Texter, Transaction

CLOCK_SLACK = timedelta(seconds=5)
#: Texts, by account at the vendor.
Texters = Mapping[str, Texter]
#: How soon the vendor is asked about a text of which nothing final was heard; then ever more rarely, for so long.
ASKED_AFTER, ASKED_WITHIN = timedelta(minutes=1), timedelta(hours=2)
#: After these words of the vendor's nothing more is said of a text.
UNDELIVERED = ("failed", "undelivered")
FINAL = (*UNDELIVERED, "delivered", "read", "canceled")


def _case(tx: Transaction, attempt: Attempt) -> str:
    relay = tx.get(Relay, attempt.relay_id) if attempt.relay_id else None
    return "" if relay is None else relay.case_code


def text(house: House, texters: Texters, sending: Sending) -> None:
    """Send the one text there is; an in-doubt one is looked up before it is sent again."""

    def prepare(tx: Transaction) -> tuple[Attempt, Relay] | None:
        attempt = tx.get(Attempt, sending.effect.subject)
        relay = tx.get(Relay, attempt.relay_id) if attempt is not None and attempt.relay_id else None
        wanted = attempt is not None and attempt.state is not AttemptState.FINISHED
        stopped = relay is None or relay.state is RelayState.ENDED or desk.halted(tx, sending.facility) is not None
        if attempt is None or relay is None or not wanted or stopped or opted_out(tx, attempt.number):
            if attempt is not None and attempt.state is not AttemptState.FINISHED:
                lines.finish(tx, attempt, Outcome.CANCELED, case_code=_case(tx, attempt), line_over=True)
            tx.sent(sending)
            return None
        if attempt.state is AttemptState.QUEUED:
            attempt = tx.put(
                replace(outages.over_account(tx, house, lines.move(attempt, AttemptEvent.SUBMIT)), submitted_at=tx.now)
            )
            lines.record(tx, attempt, "attempt:submit", relay.case_code)
        return attempt, relay

    prepared = in_transaction(house, sending.facility, prepare)
    if prepared is not None:
        _send_text(house, texters, sending, *prepared)


def _send_text(house: House, texters: Texters, sending: Sending, attempt: Attempt, relay: Relay) -> None:
    doubtful = sending.in_doubt or sending.tries > 0 or bool(sending.effect.args)
    sid = _text_found(house, texters, attempt, relay) if doubtful else None
    facility = house.directory().facilities[sending.facility]
    link = "" if sid else in_transaction(house, sending.facility, lambda tx: pickups.offer(tx, house, attempt, relay))
    try:
        with outages.watched(house, attempt.account, attempt.id):
            sid = sid or texters[attempt.account].send(
                token=attempt.token,
                to=attempt.number,
                facility=facility.alias,
                callback_number=attempt.ours or house.our_number,
                callback_code=relay.callback_code,
                pickup=link,
            )
    except DeliveryRefused as refused:
        code = refused.code
        in_transaction(house, sending.facility, lambda tx: _text_over(tx, house, sending, Outcome.REFUSED, None, code))
        if house.trouble_of(code).number is NumberIs.OPTED_OUT:
            in_transaction(house, SYSTEM, lambda tx: optouts.stop(tx, house, attempt.number, lines.ROBOT))
        return
    in_transaction(house, sending.facility, lambda tx: _text_over(tx, house, sending, Outcome.TEXTED, sid, ""))


def _text_found(house: House, texters: Texters, attempt: Attempt, relay: Relay) -> str | None:
    """Return the vendor's text of this attempt: with the relay's code, and not known to be another attempt's."""
    since = (attempt.submitted_at or attempt.planned_at) - CLOCK_SLACK
    ours = attempt.ours or house.our_number
    with outages.watched(house, attempt.account, attempt.id):
        sids = texters[attempt.account].find(
            to=attempt.number, ours=ours, since=since, callback_code=relay.callback_code
        )
    with house.memory.reading() as look:
        known = {sid: look.one(Attempt, sid=sid) for sid in sids}
    return next((sid for sid, one in known.items() if one is None or one.id == attempt.id), None)


def _text_over(tx: Transaction, house: House, sending: Sending, outcome: Outcome, sid: str | None, code: str) -> None:
    tx.sent(sending)
    attempt = tx.get(Attempt, sending.effect.subject)
    if attempt is None or attempt.state is AttemptState.FINISHED:
        return
    done = outcomes.finish(tx, house, replace(attempt, sid=sid), outcome, line_over=True, vendor_code=code)
    if outcome is Outcome.REFUSED:
        _not_delivered(tx, house, done)
    else:
        _ask_later(tx, done)


def _not_delivered(tx: Transaction, house: House, attempt: Attempt) -> None:
    """Say that a text did not arrive, and why. The ladder needs nothing: each rung that texts calls too."""
    relay = tx.get(Relay, attempt.relay_id) if attempt.relay_id else None
    if relay is None or relay.state is RelayState.ENDED:
        return
    why = f": {attempt.vendor_says}" if attempt.vendor_says else "."
    showing.note_study(tx, house, relay.study_id, f"Text not delivered{why}")


# --- what became of it -----------------------------------------------------------------------------------------------


def _ask_later(tx: Transaction, attempt: Attempt) -> None:
    """Ask the vendor ourselves when nothing final is heard of a text: callbacks get lost."""
    age = tx.now - (attempt.finished_at or tx.now)
    if attempt.sid is not None and age < ASKED_WITHIN:
        due_at = tx.now + max(age * 2, ASKED_AFTER)
        tx.deadline(Deadline(kind=DeadlineKind.TEXT_SILENT, subject=attempt.id, due_at=due_at))


def silent_due(tx: Transaction, attempt_id: str) -> None:
    """Have the vendor asked about a text."""
    effect = Effect(kind=EffectKind.CHECK_TEXT, subject=attempt_id, lane="control", rank=4)
    tx.effect(replace(effect, once=f"check_text:{attempt_id}"))


def check(house: House, texters: Texters, sending: Sending) -> None:
    """Ask the vendor what became of a text of which nothing final was heard."""
    with house.memory.reading() as look:
        attempt = look.get(Attempt, sending.effect.subject)
    if attempt is None or attempt.sid is None:
        house.memory.effect_done(sending)
        return
    with outages.watched(house, attempt.account, attempt.id):
        found = texters[attempt.account].look(attempt.sid)

    def act(tx: Transaction) -> None:
        tx.sent(sending)
        fresh = tx.get(Attempt, sending.effect.subject)
        if fresh is not None:
            lines.record(tx, fresh, "text:asked", _case(tx, fresh), status=found.status)
            _seen(tx, house, fresh, found.status, found.error_code)

    in_transaction(house, sending.facility, act)


def text_status(house: House, token: str, *, sid: str, status: str, error_code: str = "") -> None:
    """Take what the vendor says by itself became of a text."""
    facility = house.memory.facility_of(Attempt, token=token)
    if facility is None:
        raise Rejection("unknown_call", "This call is not known.")

    def act(tx: Transaction) -> str:
        attempt = tx.one(Attempt, token=token)
        if attempt is not None:
            lines.record(tx, attempt, "text:status", _case(tx, attempt), status=status, vendor_code=error_code)
            _seen(tx, house, attempt, status, error_code)
        return ""

    once(house, facility, f"text-status:{sid}:{status}", act)


def _seen(tx: Transaction, house: House, attempt: Attempt, status: str, code: str) -> None:
    """Apply what became of a text, once, whoever says it first: the vendor, or its answer to our question."""
    if status not in FINAL:
        _ask_later(tx, attempt)
        return
    tx.forget(attempt.id, DeadlineKind.TEXT_SILENT)
    if status in UNDELIVERED and attempt.outcome is Outcome.TEXTED:
        failed = tx.put(replace(troubles.explained(house, attempt, code), outcome=Outcome.FAILED))
        troubles.met(tx, house, failed, _case(tx, failed))
        _not_delivered(tx, house, failed)
