"""Giving a contact a PIN: a call to a number that is verified, told digit by digit to whoever presses 1, and keyed back.

The PIN is random, is told nowhere else, and stands nowhere once the call is over but as a hash. It takes the place of the
earlier one only when it was keyed back: a call that comes to nothing changes nothing.
"""

from __future__ import annotations

from dataclasses import replace

from handlers import bridges, desk, lines, lockouts, numbers, people, pins, showing
from handlers.domain import dialog
from handlers.domain.contact_pins import PIN_DIGITS, ContactPin, PinState
from handlers.domain.dialog import Key, PromptKind
from handlers.domain.directory import Contact, Directory, Facility, Number, NumberKind
from handlers.domain.errors import Rejection
from handlers.domain.machinery import AuditFact
from handlers.domain.relays import Attempt, Outcome, Purpose, Stage, Turn
from handlers.once import once
from handlers.ports import House, Reading, Transaction

#: Numbers that one person answers: a PIN is not said to an operator, nor to whoever stands at a unit's desk.
PERSONAL = frozenset({NumberKind.MOBILE, NumberKind.DIRECT})
#: After calls about findings, of whatever category.
_RANK = 4
_NOT_DIALABLE = (
    "has no mobile or direct number that is verified and may be called: a PIN is told to nobody but its owner. "
    "`/relay verify CONTACT` checks a number that has consent."
)
_WHY = {
    Outcome.BUSY: "the line was busy",
    Outcome.NO_ANSWER: "nobody answered",
    Outcome.MACHINE: "a machine answered, which was told nothing",
    Outcome.WRONG_PERSON: "somebody else answered",
    Outcome.REFUSED: "the number cannot be called",
}


def site_for(directory: Directory, contact_id: str, slack_user: str) -> tuple[Contact, Facility]:
    """Return a contact, and the site in whose name this PACS administrator may have it called; else refuse.

    Of several sites the first that calls anybody: one in shadow does not.
    """
    people.actor_of(directory, slack_user)
    contact = directory.contacts.get(contact_id)
    mine = [
        one
        for one in directory.facilities.values()
        if contact is not None and contact.serves(one.id) and people.is_admin(directory, slack_user, one.id)
    ]
    if contact is None or not mine:
        sentence = "There is no such contact at a site that you administer. Its id is what the directory file calls it."
        raise Rejection("unknown_contact", sentence)
    if contact.retired:
        raise Rejection("retired", f"{contact.name} is retired in the directory.")
    awake = [one for one in mine if not one.shadow]
    if not awake:
        raise Rejection("in_shadow", f"{mine[0].alias} is in shadow: nobody is called there.")
    return contact, awake[0]


def pin(house: House, contact_id: str, slack_user: str, delivery: str) -> str:
    """Call a contact with a new PIN (``/relay pin CONTACT``); the earlier one holds until the new one is keyed back."""
    directory = house.directory()
    contact, site = site_for(directory, contact_id, slack_user)

    def act(tx: Transaction) -> str:
        mine = [one for one in numbers.dialable(tx, contact) if one.kind in PERSONAL]
        if not mine:
            raise Rejection("not_dialable", f"{contact.name} {_NOT_DIALABLE}")
        if desk.halted(tx, site.id) is not None:
            raise Rejection("halted", f"Calls of {site.alias} are halted: `/relay resume` first.")
        number = mine[len(tx.all(Attempt, purpose=Purpose.PIN, who=contact.id)) % len(mine)]
        if bridges.is_busy(tx, directory, number.e164):
            raise Rejection("line_busy", f"A call of ours to {contact.name} is on the line: try again in a minute.")
        _call(tx, house, contact, number, people.actor_of(directory, slack_user))
        return (
            f"Calling {contact.name} at the number that ends in {number.e164[-2:]}. Whoever presses 1 hears the PIN and "
            f"keys it back; the desk's channel says what came of it. Until then an earlier PIN holds."
        )

    return once(house, site.id, delivery, act)


def _call(tx: Transaction, house: House, contact: Contact, number: Number, actor: str) -> None:
    plan = lines.Plan(
        purpose=Purpose.PIN,
        channel="call",
        who=contact.id,
        number=number.e164,
        number_kind=number.kind.value,
        send_digits=number.dialed_after(),
        rank=_RANK,
    )
    attempt = lines.plan(tx, house, plan)
    tx.add(
        ContactPin(
            id=house.chance.token(),
            facility=attempt.facility,
            contact=contact.id,
            hashed="",
            state=PinState.PENDING,
            attempt_id=attempt.id,
            issued_at=tx.now,
            issued_by=actor,
        )
    )
    _record(tx, attempt, "pin:call", actor)


def before_turn(tx: Transaction, house: House, attempt: Attempt, key: Key, number: str) -> tuple[str, bool]:
    """Return the PIN that may be told on this turn, "" for none, and whether the one that was told is keyed back now."""
    pending = tx.one(ContactPin, attempt_id=attempt.id, state=PinState.PENDING)
    if pending is None:
        return "", False
    if attempt.stage is Stage.CHECK and key is Key.TAKE:
        return _new(tx, house, attempt, pending), False
    if attempt.stage is not Stage.NEW_PIN or not pending.hashed:
        return "", False
    is_right = key is Key.NUMBER and pins.pin_matches(number, pending.hashed, house.pin_pepper)
    return _told_before(tx, attempt), is_right


def _new(tx: Transaction, house: House, attempt: Attempt, pending: ContactPin) -> str:
    while pins.weakness_of(new := house.chance.digits(PIN_DIGITS, dialog.CODE_ALPHABET)) is not None:
        pass
    tx.put(replace(pending, hashed=pins.hash_pin(new, house.pin_pepper)))
    _record(tx, attempt, "pin:tell", lines.ROBOT)
    return new


def _told_before(look: Reading, attempt: Attempt) -> str:
    """Return the PIN that this call has told, from its own turns, where it stands sealed until the call is over."""
    prompts = (dialog.prompt_from_text(turn.answer) for turn in look.all(Turn, attempt_id=attempt.id))
    return next((one.code for one in prompts if one.kind is PromptKind.PIN_TOLD), "")


def rang(tx: Transaction, house: House, attempt: Attempt, outcome: Outcome) -> None:
    """Act on the end of such a call: the new PIN holds, or nothing has changed; the PIN itself is erased."""
    for turn in tx.all(Turn, attempt_id=attempt.id):
        prompt = dialog.prompt_from_text(turn.answer)
        if prompt.code:
            tx.put(replace(turn, answer=dialog.prompt_to_text(replace(prompt, code=""))))
    directory = house.directory()
    contact, site = directory.contacts.get(attempt.who), directory.facilities.get(attempt.facility)
    pending = tx.one(ContactPin, attempt_id=attempt.id, state=PinState.PENDING)
    if outcome is Outcome.PIN_SET and pending is not None and contact is not None and site is not None:
        _activate(tx, house, attempt, pending, site)
        return
    if pending is not None:
        tx.put(replace(pending, state=PinState.VOID))
    _record(tx, attempt, "pin:not_set", lines.ROBOT, outcome=outcome.value)
    if contact is not None and site is not None:
        why = _WHY.get(outcome, "it was not keyed back")
        again = f"`/relay pin {contact.id}` calls again; an earlier PIN holds."
        showing.tell_desks(tx, house, [site.desk], f"No new PIN for {contact.name}: {why}. {again}")


def _activate(tx: Transaction, house: House, attempt: Attempt, pending: ContactPin, site: Facility) -> None:
    tx.alone(f"pin:{attempt.who}")
    for earlier in tx.all(ContactPin, contact=attempt.who, state=PinState.ACTIVE):
        tx.put(replace(earlier, state=PinState.VOID))
    expires = tx.now + site.pin_lasts
    tx.put(replace(pending, state=PinState.ACTIVE, activated_at=tx.now, expires_at=expires))
    last_day = site.today(expires).isoformat()
    _record(tx, attempt, "pin:activate", lines.ROBOT, expires=last_day)
    lockouts.unlock(tx, house, lockouts.of_contact(attempt.who), lines.ROBOT)
    contact = house.directory().contacts[attempt.who]
    showing.tell_desks(tx, house, [site.desk], f"{contact.name} has a new PIN, which holds until {last_day}.")


def _record(tx: Transaction, attempt: Attempt, action: str, actor: str, **facts: str | int) -> None:
    tx.audit(AuditFact(action=action, actor=actor, subject=attempt.id, facts={"contact": attempt.who, **facts}))
