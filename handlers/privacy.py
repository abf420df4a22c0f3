"""A privacy event from its opening to its outcome: told to its owner by name, reminded daily, outliving its relay.

Its desk task is its face in Slack and on the case page; the event itself is what the record and its clock hold on to.
"""

from __future__ import annotations

from dataclasses import replace

from handlers import desk, lines, people, showing
from handlers.domain import case_code as codes
from handlers.domain.directory import Directory, Staff
from handlers.domain.errors import Rejection
from handlers.domain.machinery import AuditFact, Deadline, DeadlineKind
from handlers.domain.privacy import NOTIFIED_WITHIN, REMIND_EVERY, PrivacyEvent, PrivacyState
from handlers.domain.relays import Attempt, Relay
from handlers.domain.tasks import DeskTask, TaskKind
from handlers.ports import House, Reading, Transaction


def opened(tx: Transaction, house: House, relay: Relay, attempt: Attempt) -> None:
    """Open the event of a call on which the wrong person heard the finding, and tell whose it is."""
    task = desk.open_task(
        tx, house, TaskKind.WRONG_PERSON_TOLD, case_code=relay.case_code, relay_id=relay.id, subject_id=attempt.id
    )
    if tx.get(PrivacyEvent, task.id) is not None:
        return
    site = house.directory().facilities.get(relay.facility)
    event = tx.add(
        PrivacyEvent(
            id=task.id,
            facility=relay.facility,
            case_code=relay.case_code,
            relay_id=relay.id,
            attempt_id=attempt.id,
            owner="" if site is None else site.privacy_officer,
            state=PrivacyState.OPEN,
            opened_at=tx.now,
            due_at=tx.now + NOTIFIED_WITHIN,
        )
    )
    _record(tx, event, "privacy:open", lines.ROBOT, attempt=attempt.id)
    _tell(tx, house, event, task, "this privacy event is yours")
    _plan_reminder(tx, event)


def _owner(directory: Directory, event: PrivacyEvent) -> Staff | None:
    return directory.staff.get(event.owner)


def _tell(tx: Transaction, house: House, event: PrivacyEvent, task: DeskTask, what: str) -> None:
    """Call the owner by name under the task's card; where there is none, everybody in the desk's channel."""
    directory = house.directory()
    owner = _owner(directory, event)
    site = directory.facilities.get(event.facility)
    due = event.due_at.date() if site is None else site.local(event.due_at).date()
    who = "Privacy officer" if owner is None else owner.name
    text = f"{who}, {what}. Its outcome is due by {due.isoformat()}."
    showing.note_task(tx, house, task, text, mention=owner is None, to="" if owner is None else owner.slack_user)


def _plan_reminder(tx: Transaction, event: PrivacyEvent) -> None:
    tx.deadline(Deadline(kind=DeadlineKind.PRIVACY_REMINDER, subject=event.id, due_at=tx.now + REMIND_EVERY))


def reminder_due(tx: Transaction, house: House, event_id: str) -> None:
    """Remind the owner of an event that has no outcome, each day until it has."""
    event = tx.get(PrivacyEvent, event_id)
    task = tx.get(DeskTask, event_id)
    if event is None or task is None or event.state is PrivacyState.CLOSED:
        return
    _record(tx, event, "privacy:remind", lines.ROBOT, late=tx.now > event.due_at)
    late = "is late and still" if tx.now > event.due_at else "still"
    _tell(tx, house, event, task, f"this privacy event {late} has no outcome")
    _plan_reminder(tx, event)


def may_act(tx: Transaction, directory: Directory, task: DeskTask, slack_user: str) -> str | None:
    """Return the record's name of the owner, where this is who presses; None where the event is the desk's.

    An event that has an owner is nobody else's to take or to close: refused.
    """
    event = tx.get(PrivacyEvent, task.id)
    owner = None if event is None else _owner(directory, event)
    if owner is None:
        return None
    if owner.slack_user != slack_user:
        raise Rejection("not_owner", f"This privacy event is {owner.name}'s: only they take it and give its outcome.")
    return people.actor_of(directory, slack_user)


def taken(tx: Transaction, task: DeskTask, actor: str) -> None:
    """Record that somebody looks after an event."""
    event = tx.get(PrivacyEvent, task.id)
    if event is not None and event.state is PrivacyState.OPEN:
        event = tx.put(replace(event, state=PrivacyState.TAKEN))
        _record(tx, event, "privacy:take", actor)


def closed(tx: Transaction, task: DeskTask, outcome: str, actor: str) -> None:
    """Close an event with its outcome; it is not reminded of any more."""
    event = tx.get(PrivacyEvent, task.id)
    if event is None or event.state is PrivacyState.CLOSED:
        return
    event = tx.put(replace(event, state=PrivacyState.CLOSED, outcome=outcome, closed_at=tx.now, closed_by=actor))
    tx.forget(event.id, DeadlineKind.PRIVACY_REMINDER)
    _record(tx, event, "privacy:close", actor, outcome=outcome)


def told(look: Reading, directory: Directory, task: DeskTask) -> str:
    """Return what the card says: what happened, whose it is and by when it is due."""
    event = look.get(PrivacyEvent, task.id)
    if event is None:
        return ""
    owner, site = _owner(directory, event), directory.facilities.get(event.facility)
    due = event.due_at.date() if site is None else site.local(event.due_at).date()
    whose = "Its site names no privacy officer, so it is the desk's" if owner is None else f"It is {owner.name}'s"
    what = "Somebody said that they are the wrong person after the finding had been spoken."
    return f"{what} {whose}; its outcome is due by {due.isoformat()} (45 CFR 164.404)."


def status_lines(look: Reading, directory: Directory, slack_user: str) -> list[str]:
    """Return the events without an outcome of the sites somebody works for, or that are theirs, a line each."""
    waiting = look.all(PrivacyEvent, state=(PrivacyState.OPEN, PrivacyState.TAKEN))
    return [
        _line(directory, event)
        for event in waiting
        if _is_theirs(directory, event, slack_user)
        or (event.facility in directory.facilities and people.roles_at(directory, slack_user, event.facility))
    ]


def _is_theirs(directory: Directory, event: PrivacyEvent, slack_user: str) -> bool:
    owner = _owner(directory, event)
    return owner is not None and owner.slack_user == slack_user


def _line(directory: Directory, event: PrivacyEvent) -> str:
    owner, site = _owner(directory, event), directory.facilities.get(event.facility)
    alias = event.facility if site is None else site.alias
    whose = "the desk" if owner is None else owner.name
    due = event.due_at.date().isoformat()
    return f"Privacy event · {codes.shown(event.case_code)} · {alias} · {event.state.value} · {whose} · due {due}"


def _record(tx: Transaction, event: PrivacyEvent, action: str, actor: str, **facts: str | int) -> None:
    tx.audit(
        AuditFact(
            action=action,
            actor=actor,
            case_code=event.case_code,
            subject=event.id,
            facts={"owner": event.owner, "due": event.due_at.date().isoformat(), **facts},
        )
    )
