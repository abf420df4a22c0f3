"""Several results for one contact are one call: what waits for whoever is on the line is told next, the most urgent first.

Each result keeps its own attempt, its own code and its own ending; of the same facility, since a call is one transaction's.
"""

from __future__ import annotations

from dataclasses import replace

from handlers import desk, endings, lines, receipts, rungs
from handlers.domain import dialog
from handlers.domain.directory import NumberKind
from handlers.domain.relays import Attempt, AttemptState, Outcome, Purpose, Relay, RelayState
from handlers.ports import House, Transaction
from handlers.quiet import quiet_now


def waiting(tx: Transaction, house: House, attempt: Attempt) -> list[Relay]:
    """Return the relays that would call whom this call has reached, the most urgent first.

    Of somebody who called our number only those of the contact whose PIN they keyed: a number proves nothing.
    """
    if not attempt.who or attempt.purpose not in (Purpose.CONTACT, Purpose.CALLBACK):
        return []
    called_us = attempt.purpose is Purpose.CALLBACK
    if called_us and receipts.receipt_of(tx, attempt).role_by != receipts.PIN:
        return []
    if desk.halted(tx, tx.facility) is not None:
        return []
    working = (RelayState.BETWEEN,) if called_us else (RelayState.CALLING, RelayState.BETWEEN)
    found = [
        relay
        for relay in tx.all(Relay, facility=tx.facility, state=working, shadow=False)
        if relay.id != attempt.relay_id and _waits_for(tx, house, relay, attempt.who)
    ]
    return sorted(found, key=lambda relay: (relay.category, relay.delegated_at, relay.id))


def _waits_for(tx: Transaction, house: House, relay: Relay, who: str) -> bool:
    """Tell whether a relay's rung means this contact, and no telephone rings for it yet."""
    contact = rungs.contact_of(tx, house, relay)
    if contact is None or contact.id != who or quiet_now(tx, house, relay) is not None:
        return False
    calls = [one for one in lines.open_of_relay(tx, relay.id) if one.channel == rungs.CALL]
    return all(one.state is AttemptState.QUEUED and one.submitted_at is None for one in calls)


def join(tx: Transaction, house: House, before: Attempt, relay: Relay) -> Attempt:
    """Begin an attempt for another relay on the call that is going on; one that was planned for it is not dialed."""
    for planned in [one for one in lines.open_of_relay(tx, relay.id) if one.channel == rungs.CALL]:
        lines.stop(tx, planned, case_code=relay.case_code)
        relay = tx.put(replace(relay, tries=max(relay.tries - 1, 0)))
    called_us = before.purpose is Purpose.CALLBACK
    endings.record(tx, relay, "relay:same_call", to=before.who, after=before.id)
    plan = lines.Plan(
        purpose=before.purpose,
        channel=rungs.CALL,
        who=before.who,
        number=before.number,
        number_kind=before.number_kind,
        relay_id=relay.id,
        case_code=relay.case_code,
        step=-1 if called_us else relay.step,
        try_no=relay.tries + 1,
        inbound=True,
        # Of a call to our number the vendor tells by its sid alone: that stays the first attempt's.
        sid=None if called_us else before.sid,
        follows=before.id,
    )
    attempt = lines.plan(tx, house, plan)
    contact = house.directory().contacts.get(before.who)
    endings.shown(tx, house, relay, f"Told in the same call: {'the contact' if contact is None else contact.name}.")
    return attempt


def may_be_told_at_once(before: Attempt, relay: Relay) -> bool:
    """Tell whether the role in which somebody confirmed ends this relay, too; otherwise they are asked for it again."""
    role = before.receiver_role
    return role is not None and set(dialog.stands_for(role)) <= set(relay.policy.ended_by)


def more_urgent(tx: Transaction, house: House, attempt: Attempt) -> Relay | None:
    """Return a relay that whoever has just answered must be told first: what is more urgent waits for no telling."""
    relay = tx.get(Relay, attempt.relay_id) if attempt.relay_id else None
    if relay is None or relay.state is RelayState.ENDED or attempt.purpose is not Purpose.CONTACT:
        return None
    if attempt.number_kind == NumberKind.PAGER:  # the digits that were sent to it are this relay's
        return None
    first = next(iter(waiting(tx, house, attempt)), None)
    return first if first is not None and first.category < relay.category else None


def stand_back(tx: Transaction, house: House, attempt: Attempt) -> None:
    """Let an attempt that was answered give its call to a more urgent relay; its own relay waits for the line."""
    relay = tx.get(Relay, attempt.relay_id or "")
    if relay is None:
        raise LookupError(f"the relay of attempt {attempt.id} is missing")
    lines.finish(tx, attempt, Outcome.CANCELED, case_code=relay.case_code, line_over=False)
    rungs.wait_for_line(tx, house, tx.put(replace(relay, tries=max(relay.tries - 1, 0))))
