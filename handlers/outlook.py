"""What starting a finding would do, for the page that shows patient, finding and receiver before anything is dialed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from handlers import coverage, duty, endings, numbers
from handlers.domain.directory import Contact, Directory, Facility
from handlers.domain.errors import Rejection
from handlers.domain.policies import EscalationPolicy, Role
from handlers.domain.quiet import Quiet, Then, quiet_at
from handlers.domain.relays import Relay, RelayState
from handlers.domain.studies import Study
from handlers.drawing import relay_line
from handlers.ports import House, Reading
from handlers.session import Session
from handlers.showing import clock_time


@dataclass(frozen=True, slots=True, kw_only=True)
class Callee:
    """Somebody whom the ladder would call; a radiologist and a desk have no role of a receiver."""

    name: str
    role: Role | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """Whom the ladder would call, in its order, the desk last; and, in sentences, what else is to be known."""

    calls: tuple[Callee, ...] = ()
    notes: tuple[str, ...] = ()


def outlook(house: House, opened: Session, *, category: int, contact_id: str | None) -> Outlook:
    """Return what starting a finding of this category, for this receiver or the study's own, would do now."""
    directory = house.directory()
    facility = directory.facilities[opened.facility]
    with house.memory.reading() as look:
        study = look.one(Study, case_code=opened.case_code)
        if study is None:
            raise Rejection("unknown_case", "This case does not exist any more.")
        relay = look.one(Relay, study_id=study.id, state=endings.OPEN)
        policy = coverage.policy_now(look, facility, study, category)
        policy = None if policy is None else duty.resolved(look, directory, policy)
        if relay is not None:
            return _joining(look, directory, relay, policy, category, contact_id)
        ordering = directory.ordering(facility.id, contact_id or study.ordering_contact, study.ordering_npi or None)
        if policy is None:
            desk = directory.desks[facility.desk].name
            return Outlook(notes=(f"No policy of this site fits, so nobody is called by machine: {desk} is rung.",))
        climbed = _climbed(look, directory, policy, ordering)
    quiet = quiet_at(facility.quiet, facility.zone, category, study.patient_class, look.now)
    if quiet is not None:
        climbed = replace(climbed, notes=(_quietly(facility, quiet, look.now), *climbed.notes))
    named = directory.contacts.get(contact_id or "")
    if named is None or policy.calls(named.id):
        return climbed
    asked = f"No rung of this site's ladder calls {named.name}: the desk is asked to tell them."
    return Outlook(calls=climbed.calls, notes=(*climbed.notes, asked))


def _quietly(facility: Facility, quiet: Quiet, now: datetime) -> str:
    if quiet.then is Then.DESK:
        return "Quiet hours: nobody is called by machine; the desk has it at once."
    return f"Quiet hours: nobody is called before {clock_time(facility, quiet.until, now)}."


def _climbed(look: Reading, directory: Directory, policy: EscalationPolicy, ordering: Contact | None) -> Outlook:
    """Return whom a ladder calls, and whom of it no robot may dial."""
    calls: list[Callee] = []
    notes: list[str] = []
    for rung in policy.steps:
        if rung.to == "radiologist":
            calls.append(Callee(name="The radiologist whose finding it is"))
            continue
        if rung.to in directory.rotas:
            notes.append(f"Nobody is on duty on {rung.to} now: the ladder goes on without them.")
            continue
        contact = ordering if rung.to == "ordering" else directory.contacts.get(rung.to)
        if contact is not None and numbers.dialable(look, contact):
            calls.append(Callee(name=contact.name, role=contact.role))
            continue
        who = "The ordering clinician" if contact is None else contact.name
        notes.append(f"{who} cannot be called by machine: the desk is asked to reach them.")
    return Outlook(calls=(*calls, Callee(name=directory.desks[policy.desk.who].name)), notes=tuple(notes))


def _joining(
    look: Reading,
    directory: Directory,
    relay: Relay,
    policy: EscalationPolicy | None,
    category: int,
    contact_id: str | None,
) -> Outlook:
    """Return what a further finding does to the relay that is open already."""
    notes = [
        f"It joins the relay that is open ({relay_line(directory, relay, look.now)}); whoever confirms that is told both."
    ]
    calls: tuple[Callee, ...] = ()
    if relay.state is RelayState.AT_DESK:
        notes.append("The desk is rung about it.")
    elif category < relay.category and relay.state is not RelayState.HELD and policy is not None:
        climbed = _climbed(look, directory, policy, directory.contacts.get(relay.ordering or ""))
        calls = climbed.calls
        notes += ["It is more urgent, so the ladder begins anew.", *climbed.notes]
    named = directory.contacts.get(contact_id or "")
    if named is not None and named.id != relay.ordering:
        notes.append(f"That relay is not {named.name}'s: the desk is asked to tell them.")
    return Outlook(calls=calls, notes=tuple(notes))
