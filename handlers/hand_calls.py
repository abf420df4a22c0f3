"""`/relay call CASE`: our own person's telephone rings first, and 1 connects them to a clinician. A human speaks, not a robot.

So it may reach numbers that no robot may dial: a human places it, and nothing recorded is played to whoever answers (47 CFR
64.1200 speaks of automated dialing and of artificial or recorded voices).
"""

from __future__ import annotations

from handlers import bridges, desk, endings, hands, lines, people
from handlers.domain.dialog import Leg
from handlers.domain.directory import Contact, Directory, Number, NumberKind
from handlers.domain.errors import Rejection
from handlers.domain.relays import Attempt, Purpose, Relay
from handlers.domain.turns import CONTACT
from handlers.once import once
from handlers.ports import House, Reading, Transaction

#: At these nobody can be spoken with.
_SILENT_KINDS = frozenset({NumberKind.PAGER, NumberKind.FAX})


def call(house: House, case: str, contact_id: str, slack_user: str, delivery: str) -> str:
    """Ring whoever asks, then the contact that is named, or the one whose turn it is on the relay's ladder."""
    code = hands.parse_case(case)
    facility = hands.facility_of_case(house, code)
    actor = hands.may_handle(house, slack_user, facility)
    directory = house.directory()
    who, phone = _own_phone(directory, slack_user)

    def act(tx: Transaction) -> str:
        relay = hands.open_relay(tx, code)
        contact = _meant(directory, relay, contact_id)
        number = _number(contact)
        _refuse_what_cannot_be(tx, directory, relay, contact, number, phone)
        plan = lines.Plan(
            purpose=Purpose.BY_HAND,
            channel="call",
            who=who,
            number=phone,
            number_kind="direct",
            to_contact=contact.id,
            to_number=number.e164,
            relay_id=relay.id,
            case_code=code,
            step=-1,
            rank=0,
        )
        lines.plan(tx, house, plan)
        endings.record(tx, relay, "relay:call", actor, to=contact.id)
        name = people.name_of(directory, slack_user)
        endings.shown(tx, house, relay, f"{name} is being connected to {contact.name}.")
        return (
            f"Your telephone rings now: press 1 and you are connected to {contact.name}. Then say here what came of it."
        )

    return once(house, facility, delivery, act)


def _own_phone(directory: Directory, slack_user: str) -> tuple[str, str]:
    """Return the id and the telephone of whoever asks, or refuse."""
    reader = directory.radiologist_of_slack(slack_user)
    person = reader or directory.staff_of_slack(slack_user)
    if person is None or not person.phone:
        raise Rejection(
            "no_phone", "The directory has no telephone of yours to ring. Ask for it to be added as `phone`."
        )
    return person.id, person.phone


def _meant(directory: Directory, relay: Relay, contact_id: str) -> Contact:
    """Return the contact who is named, or the one of the ladder's rung at which the relay is, or the ordering one."""
    rung = relay.policy.steps[relay.step].to if relay.step < len(relay.policy.steps) else "ordering"
    asked = contact_id or (relay.ordering if rung in ("ordering", "radiologist") else rung) or ""
    found = directory.ordering(relay.facility, asked)
    if found is None and not contact_id and relay.ordering:
        found = directory.ordering(relay.facility, relay.ordering)
    if found is None:
        raise Rejection(
            "unknown_contact",
            "Say whom, by the id of a contact of this site: `/relay call CASE CONTACT`."
            if not contact_id
            else "There is no such contact at this site. Its id is what the directory file calls it.",
        )
    return found


def _number(contact: Contact) -> Number:
    spoken = [one for one in contact.numbers if one.kind not in _SILENT_KINDS]
    checked = [one for one in spoken if one.verified is not None]
    if not spoken:
        raise Rejection("not_dialable", f"{contact.name} has no number at which somebody can be spoken with.")
    return (checked or spoken)[0]


def _refuse_what_cannot_be(
    tx: Transaction, directory: Directory, relay: Relay, contact: Contact, number: Number, phone: str
) -> None:
    if relay.shadow:
        raise Rejection("in_shadow", "This site is in shadow, or the study is a test: nobody is called.")
    if desk.halted(tx, relay.facility) is not None:
        raise Rejection(
            "halted", "Calls are halted here. `/relay resume` lets them go on; your own telephone works as ever."
        )
    if bridges.is_busy(tx, directory, phone):
        raise Rejection("phone_busy", "A call of ours rings or holds your telephone already. Take that one first.")
    if bridges.is_busy(tx, directory, number.e164):
        raise Rejection(
            "line_busy", f"A call of ours rings or talks at {contact.name}'s number already: it is not cut off."
        )


def legs(look: Reading, directory: Directory, attempt: Attempt) -> bridges.Legs:
    """Return whom our person is connected to: the contact alone, to whom nothing is whispered."""
    contact = directory.contacts.get(attempt.to_contact)
    numbers = () if contact is None else contact.numbers
    number = next((one for one in numbers if one.e164 == attempt.to_number), None)
    digits = "" if number is None else number.dialed_after()
    busy = bridges.is_busy(look, directory, attempt.to_number, apart_from=attempt.id)
    return ((CONTACT, () if busy else (Leg(key="c", number=attempt.to_number, send_digits=digits),)),)
