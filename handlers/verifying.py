"""Checking a contact's numbers by calling them: whoever presses 1 confirms one, 9 takes it out of the ladder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from handlers import bounced, bridges, desk, identity, lines, numbers, people, pin_calls, showing
from handlers.domain import numbers as values
from handlers.domain.directory import DIALABLE, Contact, Directory, Facility, Number, StaffRole
from handlers.domain.errors import Rejection
from handlers.domain.machinery import AuditFact
from handlers.domain.numbers import NumberStanding, Trouble
from handlers.domain.relays import Attempt, Outcome, Purpose
from handlers.once import once
from handlers.ports import House, Reading, Transaction

#: After calls about findings, and after those who are given a PIN.
_RANK = 5
_WHY = {
    Outcome.BUSY: "the line was busy",
    Outcome.NO_ANSWER: "nobody answered",
    Outcome.MACHINE: "a machine answered",
    Outcome.REFUSED: "it cannot be called",
}


def verify(house: House, contact_id: str, slack_user: str, delivery: str) -> str:
    """Call each number of a contact that has consent and no verification, or an old one (``/relay verify CONTACT``)."""
    directory = house.directory()
    contact, site = pin_calls.site_for(directory, contact_id, slack_user)
    actor = people.actor_of(directory, slack_user)

    def act(tx: Transaction) -> str:
        if desk.halted(tx, site.id) is not None:
            raise Rejection("halted", f"Calls of {site.alias} are halted: `/relay resume` first.")
        known = numbers.standings(tx, contact)
        wanted = [one for one in contact.numbers if values.is_to_check(one, known.get(one.e164), site.today(tx.now))]
        if not wanted:
            raise Rejection("nothing_to_verify", f"{contact.name}: {_nothing_to_check(contact)}")
        free = [one for one in wanted if not bridges.is_busy(tx, directory, one.e164)]
        for number in free:
            _call(tx, house, contact, number, actor)
        return " ".join(_asked(contact, free, [one for one in wanted if one not in free]))

    return once(house, site.id, delivery, act)


def _nothing_to_check(contact: Contact) -> str:
    speaking = [one for one in contact.numbers if one.kind in DIALABLE]
    if not speaking:
        return "the directory has no number of theirs that can be spoken with. Add one."
    if all(one.consent is None for one in speaking):
        return "no number has consent to automated calls. Record the day of consent in the directory first."
    return "each number with consent was verified within a year. Nothing is to be checked."


def _asked(contact: Contact, called: Sequence[Number], busy: Sequence[Number]) -> Iterator[str]:
    if called:
        ends = " and ".join(numbers.ends_in(one.e164) for one in called)
        yield f"Calling {contact.name} at {ends}: 1 confirms, 9 does not. The desk's channel says what came of it."
    if busy:
        ends = " and ".join(numbers.ends_in(one.e164) for one in busy)
        yield f"A call of ours is on the line to {ends}: try again in a minute."


def _call(tx: Transaction, house: House, contact: Contact, number: Number, actor: str) -> None:
    plan = lines.Plan(
        purpose=Purpose.VERIFY,
        channel="call",
        who=contact.id,
        number=number.e164,
        number_kind=number.kind.value,
        send_digits=number.dialed_after(),
        rank=_RANK,
    )
    attempt = lines.plan(tx, house, plan)
    _record(tx, attempt, "number:check", actor)


def rang(tx: Transaction, house: House, attempt: Attempt, outcome: Outcome) -> None:
    """Act on the end of such a call: the number is verified, not theirs, or as it was."""
    directory = house.directory()
    contact, site = directory.contacts.get(attempt.who), directory.facilities.get(attempt.facility)
    if contact is None or site is None:
        _record(tx, attempt, "number:not_verified", lines.ROBOT, outcome=outcome.value)
        return
    ends = numbers.ends_in(attempt.number)
    if outcome is Outcome.VERIFIED:
        known = numbers.standing(tx, house, contact.id, attempt.number)
        tx.put(replace(known, verified_at=tx.now, verified_by=f"attempt:{attempt.id}"))
        _record(tx, attempt, "number:verify", lines.ROBOT)
        bounced.found(tx, house, contact.id)
        said = f"The number {ends} of {contact.name} is verified."
    elif outcome is Outcome.WRONG_PERSON:
        known = numbers.standing(tx, house, contact.id, attempt.number)
        tx.put(replace(known, bad_at=tx.now, bad_why=Trouble.NOT_THEIRS, code=""))
        _record(tx, attempt, "number:not_theirs", lines.ROBOT)
        bounced.find_number(tx, house, contact.id)
        said = f"The number {ends} is not that of {contact.name}, says whoever answered: it is not called any more."
    else:
        _record(tx, attempt, "number:not_verified", lines.ROBOT, outcome=outcome.value)
        why = _WHY.get(outcome, "nobody pressed 1")
        said = f"The number {ends} of {contact.name} is not verified: {why}."
    showing.tell_desks(tx, house, [site.desk], said)


# --- what is unverified, bounced, expired or unreachable -------------------------------------------------------------


def verify_lines(house: House, slack_user: str) -> list[str]:
    """Return, of each site that this person administers, whom no robot reaches, and what is to be verified (``/relay verify``)."""
    directory = house.directory()
    people.actor_of(directory, slack_user)
    sites = [one for one in directory.facilities.values() if people.is_admin(directory, slack_user, one.id)]
    if not sites:
        raise Rejection("not_pacs_admin", f"Only a {StaffRole.PACS_ADMIN.value.replace('_', ' ')} can do this.")
    with house.memory.reading() as look:
        lines_of = [line for site in sites for line in _of_site(look, directory, site)]
    return lines_of or ["Every contact can be called, and every number was verified within a year."]


def _of_site(look: Reading, directory: Directory, site: Facility) -> Iterator[str]:
    for contact in directory.contacts.values():
        if contact.serves(site.id) and not contact.retired:
            found = list(_of_contact(look, contact, site.today(look.now)))
            if found:
                yield f"{site.alias}: {contact.name} ({contact.id}): {'; '.join(found)}."


def _of_contact(look: Reading, contact: Contact, today: date) -> Iterator[str]:
    known = numbers.standings(look, contact)
    if not numbers.dialable(look, contact):
        yield "no number may be called by machine"
    for one in contact.numbers:
        trouble = _of_number(one, known.get(one.e164), today)
        if trouble:
            yield f"{numbers.ends_in(one.e164)} {trouble}"
    pin = identity.pin_of(look, contact)
    if pin is not None and not pin.hashed:
        yield "PIN expired"


def _of_number(number: Number, standing: NumberStanding | None, today: date) -> str:
    """Return what is to be done about a number, "" where nothing is."""
    if number.kind not in DIALABLE:
        return ""
    if number.consent is None:
        return "has no consent"
    if values.is_bad(number, standing) and standing is not None and standing.bad_why is not None:
        return {Trouble.BOUNCED: "bounced", Trouble.NOT_THEIRS: "is not theirs"}[standing.bad_why]
    verified = values.verified_on(number, standing)
    if verified is None:
        return "was never verified"
    return f"was verified on {verified.isoformat()}, long ago" if today - verified > values.GOOD_FOR else ""


def _record(tx: Transaction, attempt: Attempt, action: str, actor: str, **facts: str | int) -> None:
    """Append what was found of a number to the record: whose it is, by an attempt's id, and never the number."""
    tx.audit(AuditFact(action=action, actor=actor, subject=attempt.id, facts={"contact": attempt.who, **facts}))
