"""How a relay stands and how it ends: only by a human. What every other verb on relays rests on."""

from __future__ import annotations

from dataclasses import replace

from handlers import desk, lines, receipts, showing
from handlers.domain.directory import Directory
from handlers.domain.machine import step
from handlers.domain.machinery import AuditFact, DeadlineKind
from handlers.domain.relays import RELAY_TABLE, Attempt, Ending, Purpose, Relay, RelayEvent, RelayState
from handlers.domain.studies import Finding, FindingState
from handlers.ports import House, Reading, Transaction

ROBOT = lines.ROBOT
OPEN = tuple(state for state in RelayState if state is not RelayState.ENDED)


def record(tx: Transaction, relay: Relay, action: str, actor: str = ROBOT, **facts: str | int | bool | None) -> None:
    """Append what happened to a relay to the record."""
    said = {"category": relay.category, "state": relay.state.value, "step": relay.step, **facts}
    tx.audit(AuditFact(action=action, actor=actor, case_code=relay.case_code, subject=relay.id, facts=said))


def moved(relay: Relay, event: RelayEvent) -> Relay:
    """Return the relay in the state that the table gives."""
    return replace(relay, state=step(RELAY_TABLE, relay.state, event))


def shown(tx: Transaction, house: House, relay: Relay, note: str = "") -> None:
    """Ask Slack to show how the relay stands."""
    showing.show_study(tx, house, relay.study_id)
    if note:
        showing.note_study(tx, house, relay.study_id, note)


def open_relay(tx: Transaction, study_id: str) -> Relay | None:
    """Return the study's relay that has not ended."""
    return tx.one(Relay, study_id=study_id, state=OPEN)


def findings_of(look: Reading, relay: Relay) -> list[Finding]:
    """Return the findings that a relay tells now."""
    return look.all(Finding, relay_id=relay.id, state=FindingState.RELAYED)


def told(tx: Transaction, relay: Relay) -> list[Attempt]:
    """Return the attempts in which somebody heard the finding."""
    return [one for one in tx.all(Attempt, relay_id=relay.id) if one.first_told_at is not None]


def ended_by(directory: Directory, by: str) -> str:
    """Return who ended a relay, for people: a contact by name, and the site where an event of it did."""
    if by.startswith("source:"):
        return "the site"
    receiver = directory.contacts.get(by)
    return by if receiver is None else receiver.name


def end(
    tx: Transaction,
    house: House,
    relay: Relay,
    ending: Ending,
    *,
    by: str,
    actor: str,
    role: str = "",
    attempt: Attempt | None = None,
    note: str = "",
    told_by: str = "",
) -> Relay:
    """End a relay: everything pending stops, everybody is shown how it ended; ``told_by`` made the call by hand."""
    relay = replace(
        moved(relay, RelayEvent.END),
        ended_at=tx.now,
        ending=ending,
        ended_by=by,
        ended_role=role,
        ended_attempt=None if attempt is None else attempt.id,
        ended_note=note,
    )
    relay = tx.put(relay)
    tx.forget(relay.id, DeadlineKind.RUNG_RETRY, DeadlineKind.RUNG_OVER)
    receipt = receipts.receipt_of(tx, attempt)
    known = {"role_by": receipt.role_by, "code_by": receipt.code_by}
    record(tx, relay, "relay:end", actor, ending=ending.value, by=by, role=role, **known)
    for one in lines.open_of_relay(tx, relay.id):
        # A desk's phone rings for its task, and stops with it: a task that outlives the relay keeps ringing.
        if one.purpose is not Purpose.DESK and (attempt is None or one.id != attempt.id):
            lines.stop(tx, one, case_code=relay.case_code)
    who = told_by or ended_by(house.directory(), by)
    desk.finish_all(tx, house, relay.id, who, f"relay ended: {ending.value}", actor)
    shown(tx, house, relay, f"Relay ended: {ending.value.replace('_', ' ')}{receipts.ended_words(receipt, role)}.")
    return relay
