"""What a call may speak of, as things stand at this moment."""

from __future__ import annotations

from handlers import (
    bridges,
    callbacks,
    check_calls,
    dictations,
    endings,
    hand_calls,
    identity,
    receipts,
    receivers,
    ringing,
    several,
)
from handlers.domain import case_code as codes
from handlers.domain import checking, dialog
from handlers.domain.directory import SHARED, Contact, Directory, Facility, NumberKind
from handlers.domain.relays import Attempt, Ending, Purpose, Relay
from handlers.domain.said import Facts
from handlers.domain.studies import Finding, Study
from handlers.domain.tasks import DeskTask, TaskState
from handlers.ports import House, Transaction

#: How a relay ends that somebody received; any other was closed without.
_RECEIVED = frozenset(
    {
        Ending.CONFIRMED_BY_CODE,
        Ending.CONFIRMED_ON_PAGE,
        Ending.READ_BACK_RECORDED,
        Ending.READ_BACK_TO_HUMAN,
        Ending.REACHED_WITHOUT_READ_BACK,
    }
)


def facts_for(tx: Transaction, house: House, attempt: Attempt) -> Facts:
    """Gather what a call may speak of, as things stand now."""
    directory = house.directory()
    if attempt.purpose in checking.PURPOSES:
        return check_calls.facts(directory, attempt, house.our_number)
    if attempt.purpose is Purpose.ON_CALL:
        return ringing.facts(tx, directory, attempt, house.number_at(attempt.facility))
    if attempt.purpose is Purpose.DICTATION:
        return dictations.facts(tx, directory, attempt, house.number_at(attempt.facility))
    relay = tx.get(Relay, attempt.relay_id) if attempt.relay_id else None
    task = tx.get(DeskTask, attempt.task_id) if attempt.task_id else None
    facility = directory.facilities.get(attempt.facility)
    name = facility.alias if facility is not None else "radrelay"
    shown = codes.shown(task.case_code) if task is not None and task.case_code else ""
    if relay is None or facility is None or attempt.purpose is Purpose.DESK:
        has_it = _who_has(task)
        return Facts(
            relay=relay,
            facility=name,
            case_code=shown,
            our_number=house.number_at(attempt.facility),
            not_to_take=has_it,
        )
    contact = directory.contacts.get(attempt.to_contact or attempt.who)
    has_pin = bool(identity.with_pin(tx, directory, attempt))
    findings = endings.findings_of(tx, relay)
    study = tx.get(Study, relay.study_id)
    if study is None:
        raise LookupError(f"the study of relay {relay.id} is missing")
    return Facts(
        relay=relay,
        facility=name,
        case_code=codes.shown(relay.case_code),
        our_number=house.number_at(attempt.facility),
        staffed_number=facility.callback_number,
        patient_name=study.patient_name,
        birth_date=study.birth_date,
        patient_id=study.patient_id,
        procedure=study.description or f"{study.modality} {study.body_part}".strip(),
        findings=tuple(one.text for one in findings),
        results=1 + len(several.waiting(tx, house, attempt)) if attempt.told_at is None else 1,
        corrects=_corrects(tx, findings),
        has_pin=has_pin,
        somebody_keyed=attempt.purpose is Purpose.CALLBACK or not callbacks.untouched(tx, attempt),
        contact_role=None if contact is None else contact.role,
        may_identify=directory.vendor_may_hear("twilio", facility.today(tx.now)),
        recording=facility.recording.read_back,
        voice=dictations.voice_of(tx, relay, facility),
        legs=_legs(tx, directory, attempt, relay, facility),
        ended_words=_ended_words(tx, house, relay, facility),
        fresh_code=_another_code(house, attempt),
        asked_for=_asked_for(contact, attempt),
        by_voice=attempt.number_kind == NumberKind.BADGE,
        shared_line=not has_pin and attempt.number_kind in SHARED,
    )


def _legs(tx: Transaction, directory: Directory, attempt: Attempt, relay: Relay, facility: Facility) -> bridges.Legs:
    if attempt.purpose is Purpose.BY_HAND:
        return hand_calls.legs(tx, directory, attempt)
    return bridges.free(tx, directory, bridges.legs_of(tx, directory, relay, facility), apart_from=attempt.id)


def _asked_for(contact: Contact | None, attempt: Attempt) -> str:
    """Return whom an operator is asked for: what the directory says for that number, else the contact's name."""
    if contact is None:
        return ""
    meant = (one.ask_for for one in contact.numbers if one.e164 == attempt.number and one.ask_for)
    return next(meant, contact.name)


def _corrects(tx: Transaction, findings: list[Finding]) -> bool:
    """Tell whether somebody was told, by an earlier relay, what one of these findings amends."""
    amended = [tx.get(Finding, one.amends) for one in findings if one.amends]
    before = [tx.get(Relay, one.relay_id) for one in amended if one is not None and one.relay_id]
    here = {one.relay_id for one in findings}
    return any(one is not None and one.id not in here and endings.told(tx, one) for one in before)


def _another_code(house: House, attempt: Attempt) -> str:
    while (code := house.chance.digits(dialog.CONFIRM_DIGITS, dialog.CODE_ALPHABET)) == attempt.code:
        pass
    return code


def _who_has(task: DeskTask | None) -> str:
    """Return who has a desk's task, or finished it; "" while it can be taken."""
    if task is None or task.state is TaskState.OPEN:
        return ""
    return task.done_by or task.taken_by or "somebody"


def _ended_words(tx: Transaction, house: House, relay: Relay, facility: Facility) -> str:
    """Return how an ended relay ended, for a caller: received by whom or closed by whom, and when."""
    if relay.ended_at is None:
        return ""
    local = facility.local(relay.ended_at)
    directory = house.directory()
    name = receivers.spoken_name(directory, relay)
    attempt = tx.get(Attempt, relay.ended_attempt or "")
    known = attempt is None or attempt.channel == "hand" or receipts.receipt_of(tx, attempt).role_by == receipts.PIN
    if relay.ended_by in directory.contacts and not known:
        name = f"somebody who answered for {name}"
    how = "received" if relay.ending in _RECEIVED else "closed"
    return f"It was {how} at {local.hour}:{local.minute:02d} by {name}"
