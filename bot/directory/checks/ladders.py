"""Rungs that nobody can reach, relays that nobody could end, and ladders that do not end at a telephone."""

from __future__ import annotations

from collections.abc import Iterator

from bot.directory.policies import SPECIAL
from bot.directory.problems import Marks, Problem, suggestion
from bot.directory.scalars import written_duration
from handlers.domain.directory import DIALABLE, Contact, Directory, Facility
from handlers.domain.policies import EscalationPolicy, Role, Step
from handlers.domain.rotas import Rota, RotaKind

#: Roles that a receiver can key, or that a human can write down.
CAN_END = frozenset({Role.PHYSICIAN, Role.NP, Role.PA, Role.RN})


def problems(directory: Directory, marks: Marks) -> Iterator[Problem]:
    """Yield what is wrong with each ladder, as each facility would climb it."""
    seen: set[EscalationPolicy] = set()
    for facility in directory.facilities.values():
        if not facility.rules:
            yield marks.error(f"facilities.{facility.id}", "no policy applies here: name a policy set or write rules.")
        of_agreements = (rule for agreement in facility.coverage for rule in agreement.rules)
        for policy in dict.fromkeys(rule.policy for rule in (*facility.rules, *of_agreements)):
            if policy not in seen:
                seen.add(policy)
                yield from _ends(directory, policy, marks)
            for at, step in enumerate(policy.steps):
                where = f"rung {at + 1} of {policy.name} at {facility.id}"
                yield from _rung(directory, facility, step, marks, f"policies.{policy.name}.steps[{at}]", where)


def _ends(directory: Directory, policy: EscalationPolicy, marks: Marks) -> Iterator[Problem]:
    path = f"policies.{policy.name}"
    able = CAN_END & set(policy.ended_by)
    roles = ", ".join(role for role in Role if role in CAN_END)
    if not able:
        yield marks.error(f"{path}.ended_by", f"nobody may end a relay of this policy: name at least one of {roles}.")
    for role in policy.ended_by:
        if able and role not in CAN_END:
            yield marks.warning(f"{path}.ended_by", f'"{role}" can end nothing, a message is left there: name {roles}.')
    yield from _last(directory, policy, marks)
    if not policy.steps:
        yield marks.warning(path, "there are no steps: every relay goes straight to the desk.")
    for at, step in enumerate(policy.steps):
        fitting = 1 + (step.within.total_seconds() - 1) // step.retry_after.total_seconds()
        if step.tries > fitting:
            spans = f"retry_after {written_duration(step.retry_after)} in within {written_duration(step.within)}"
            sentence = f"only {fitting:.0f} of {step.tries} tries fit ({spans}): wait less or longer."
            yield marks.warning(f"{path}.steps[{at}]", sentence)


def _last(directory: Directory, policy: EscalationPolicy, marks: Marks) -> Iterator[Problem]:
    path = f"policies.{policy.name}.desk"
    desk = directory.desks.get(policy.desk.who)
    facility_desk = any(facility.desk == policy.desk.who for facility in directory.facilities.values())
    if desk is None and not facility_desk:
        who = policy.desk.who
        yield marks.error(f"{path}.who", f'there is no desk "{who}".{suggestion(who, directory.desks)}')
    elif desk is not None and not desk.phones:
        yield marks.error(path, f'this ladder ends at the desk "{desk.id}", which has no phone: add phones to it.')


def _rung(
    directory: Directory, facility: Facility, step: Step, marks: Marks, path: str, where: str
) -> Iterator[Problem]:
    """Judge a rung of a facility's ladder; ``where`` names it in words."""
    if step.to == "ordering":
        yield from _ordering(directory, facility, marks, path, where)
        return
    if step.to == "radiologist":
        yield from _radiologists(directory, facility, marks, path)
        return
    at = marks.roles.get((facility.id, step.to), f"{path}.to")
    rota = directory.rotas.get(step.to)
    if rota is not None:
        yield from _on_rota(directory, facility, step, rota, marks, at, where)
        return
    contact = directory.contacts.get(step.to)
    if contact is None:
        known = directory.contacts.keys() | directory.rotas.keys() | SPECIAL
        yield marks.error(at, f'there is no contact "{step.to}".{suggestion(step.to, known)}')
        return
    yield from _called(contact, facility, step, marks, at, where)


def _ordering(directory: Directory, facility: Facility, marks: Marks, path: str, where: str) -> Iterator[Problem]:
    """Warn of a rung of the ordering clinician where no contact of the site, whoever orders, may be called by machine."""
    mine = [one for one in directory.contacts.values() if one.serves(facility.id)]
    if not any(one.may_be_called() for one in mine):
        sentence = (
            f"nobody could answer {where}: no contact of {facility.id}, whoever orders, may be called by machine."
        )
        yield marks.warning(
            path, f"{sentence} Add one with consent and a verified number; until then the desk is asked."
        )


def _on_rota(
    directory: Directory, facility: Facility, step: Step, rota: Rota, marks: Marks, at: str, where: str
) -> Iterator[Problem]:
    """Judge a rung of a rota: every person who may stand there, since any of them may be the one whom it calls."""
    if rota.kind is not RotaKind.CONTACTS:
        sentence = f'the rota "{rota.id}" is for {rota.kind}: a rung calls a rota of contacts.'
        yield marks.error(at, sentence)
        return
    for who in rota.people:
        contact = directory.contacts.get(who)
        if contact is not None:
            yield from _called(contact, facility, step, marks, at, where)


def _called(contact: Contact, facility: Facility, step: Step, marks: Marks, at: str, where: str) -> Iterator[Problem]:
    reason = _unreachable(contact, facility)
    if reason is not None:
        yield marks.error(at, f'nobody could answer {where}: the contact "{contact.id}" {reason}')
    elif "sms" in step.channels and not any(number.may_be_texted() for number in contact.numbers):
        yield marks.warning(at, f'"{contact.id}" has no mobile with sms_consent: no text will go with the call.')


def _radiologists(directory: Directory, facility: Facility, marks: Marks, path: str) -> Iterator[Problem]:
    pools = [directory.pools[pool] for pool in facility.pools() if pool in directory.pools]
    readers = dict.fromkeys(member for pool in pools for member in pool.members)
    for reader in map(directory.radiologists.get, readers):
        if reader is not None and not reader.phone:
            sentence = f"has no phone, but {path} calls the radiologist: add phone."
            yield marks.error(f"radiologists.{reader.id}", sentence)


def _unreachable(contact: Contact, facility: Facility) -> str | None:
    """Return why the robot can call none of a contact's numbers, with what to do; None when it can."""
    if contact.retired:
        return "is retired: name another."
    if "*" not in contact.facilities and facility.id not in contact.facilities:
        return f"is not of {facility.id}: add it to the contact's facilities or name another."
    return None if any(number.may_be_dialed() for number in contact.numbers) else _undialed(contact)


def _undialed(contact: Contact) -> str:
    if not contact.numbers:
        return "has no numbers: add one."
    speaking = [number for number in contact.numbers if number.kind in DIALABLE]
    if not speaking:
        return "has only fax numbers: add a number at which somebody answers."
    if all(number.consent is None for number in speaking):
        return "has given no consent to automated calls: record consent, or name another."
    if all(number.verified is None for number in speaking):
        return "has no verified number: check one and record verified."
    return "has no number with both consent and verified: record both for one of them."
