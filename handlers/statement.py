"""The sentences for the report: what happened, to whom, when, and no more than that.

Form after the ACR's practice parameter for communication and the sentence that sites dictate:
``COMMUNICATED TO {name, title} BY {method} ON {date} AT {time} {zone}, …``.
"""

from __future__ import annotations

from handlers import listening, messages, people, receipts, receivers
from handlers.domain import dialog
from handlers.domain.afterwards import Relation, Stated
from handlers.domain.directory import Directory, Facility
from handlers.domain.pickups import PAGE
from handlers.domain.policies import Role
from handlers.domain.relays import Attempt, Ending, Purpose, ReceiverRole, Relay, RelayState
from handlers.ports import Reading
from handlers.receipts import Receipt

TITLES = {
    Role.PHYSICIAN.value: "PHYSICIAN",
    Role.NP.value: "NURSE PRACTITIONER",
    Role.PA.value: "PHYSICIAN ASSISTANT",
    Role.RN.value: "NURSE",
}
_HOW = {
    Ending.CONFIRMED_BY_CODE: "RECEIPT CONFIRMED BY {} CODE",
    Ending.CONFIRMED_ON_PAGE: "CONFIRMED ON THE PICKUP PAGE BY {} CODE",
    Ending.READ_BACK_RECORDED: "READ BACK BY RECEIVER, RECORDED",
    Ending.READ_BACK_TO_HUMAN: "READ BACK BY RECEIVER",
    Ending.REACHED_WITHOUT_READ_BACK: "REACHED WITHOUT READ-BACK",
}


def statement_of(look: Reading, directory: Directory, case_code: str) -> str:
    """Return the statement of a case: a sentence for each of its relays, oldest first, so that none hides another."""
    relays = sorted(look.all(Relay, case_code=case_code), key=lambda relay: relay.delegated_at)
    if not relays:
        return "NO CRITICAL RESULT COMMUNICATION IS RECORDED FOR THIS CASE."
    return " ".join(_of_relay(look, directory, relay) for relay in relays)


def _of_relay(look: Reading, directory: Directory, relay: Relay) -> str:
    facility = people.facility_of(directory, relay.facility)
    attempts = look.all(Attempt, relay_id=relay.id)
    if relay.state is not RelayState.ENDED or relay.ended_at is None:
        calls = sum(one.channel not in ("sms", PAGE) for one in attempts)
        made = "SHADOW, NOBODY IS CALLED" if relay.shadow else f"{calls} {'CALL' if calls == 1 else 'CALLS'} SO FAR"
        return f"CRITICAL RESULT COMMUNICATION IS NOT COMPLETE: {made}, NOT CONFIRMED RECEIVED."
    if relay.ending in _HOW:
        return _received(relay, facility, directory, look)
    return _not_received(relay, facility, [one for one in attempts if one.first_told_at is not None])


def _when(facility: Facility, relay: Relay, attempt: Attempt | None) -> str:
    """Return the instant of receipt: of a call made by hand as stated, else of the confirmation."""
    by_hand = attempt is not None and attempt.channel == "hand" and attempt.answered_at is not None
    instant = attempt.answered_at if attempt is not None and by_hand else relay.ended_at
    if instant is None:
        raise LookupError("an ended relay has an instant")
    return facility.local(instant).strftime("ON %Y-%m-%d AT %H:%M %Z")


def _received(relay: Relay, facility: Facility, directory: Directory, look: Reading) -> str:
    attempt = look.get(Attempt, relay.ended_attempt or "")
    receipt = receipts.receipt_of(look, attempt)
    name = _receiver(attempt, receipt, receivers.name_of(look, directory, relay.ended_by, attempt))
    title = _title(relay, receipt)
    how = _HOW[relay.ending].format(receipts.CODE_BY[receipt.code_by]) if relay.ending is not None else ""
    heard = listening.said_of(look, directory, relay, facility)
    given = _stated(look, attempt)
    method = "BY A ONE-TIME LINK" if relay.ending is Ending.CONFIRMED_ON_PAGE else "BY TELEPHONE"
    return f"COMMUNICATED TO {name}, {title},{given} {method} {_when(facility, relay, attempt)}, {how}{heard}.".upper().replace(
        "  ", " "
    )


def _receiver(attempt: Attempt | None, receipt: Receipt, name: str) -> str:
    """Return the receiver as exactly as known: on a shared line a key gives a role and no name, a PIN gives both."""
    if attempt is None or attempt.channel == "hand" or receipt.role_by == receipts.PIN:
        return name
    if attempt.purpose is Purpose.CALLBACK and not attempt.who:
        return "A PERSON WHO CALLED BACK WITH THE RELAY'S CODE"
    return f"THE PERSON ANSWERING FOR {name}" if name else "A PERSON ANSWERING THE CALL"


def _stated(look: Reading, attempt: Attempt | None) -> str:
    """Return the name that whoever received it gave for themselves, as stated, and their relation to the order."""
    stated = None if attempt is None else messages.stated_by(look, attempt)
    if stated is None:
        return ""
    name, how, relation = stated
    related = "" if relation is Relation.NOT_STATED else f", {relation.value}"
    checked = "played back and confirmed" if how is Stated.CONFIRMED else "as heard"
    return f' WHO GAVE THE NAME "{name}" ({checked}{related}),'


def _title(relay: Relay, receipt: Receipt) -> str:
    """Return every role that the receiver's key stands for, and by what it is known."""
    roles = dialog.stands_for(ReceiverRole(relay.ended_role)) if relay.ended_role else ()
    title = " OR ".join(TITLES.get(role.value, "RECEIVER") for role in roles) or "RECEIVER"
    return f"{title} {receipts.KNOWN_BY[receipt.role_by]}"


def _not_received(relay: Relay, facility: Facility, told: list[Attempt]) -> str:
    words = {
        Ending.WITHDRAWN: "THE CRITICAL RESULT RELAY WAS WITHDRAWN BY THE RADIOLOGIST",
        Ending.RETRACTED: "THE FINDING WAS RETRACTED",
        Ending.CLOSED: f"THE RELAY WAS CLOSED WITHOUT RECEIPT ({relay.ended_note.replace('_', ' ')}) BY {relay.ended_by}",
        Ending.SHADOW: "SHADOW: NOBODY WAS CALLED; THIS IS NO COMMUNICATION",
    }
    ended = words.get(relay.ending or Ending.CLOSED, "NOT COMMUNICATED")
    return f"{ended} {_when(facility, relay, None)}{_told_before(told)}.".upper()


def _told_before(told: list[Attempt]) -> str:
    """Return by what the finding had become known before its relay ended without receipt."""
    calls = sum(one.channel != PAGE for one in told)
    ways = [f"SPOKEN ON {calls} {'CALL' if calls == 1 else 'CALLS'}"] if calls else []
    ways += ["SHOWN ON THE PICKUP PAGE"] if calls < len(told) else []
    return f", AFTER THE FINDING HAD BEEN {' AND '.join(ways)}" if ways else ""
