"""Whether a contact may be called now: counted over all their numbers, every relay and every facility."""

from __future__ import annotations

from handlers.domain import limits
from handlers.domain.directory import Contact
from handlers.domain.limits import Full
from handlers.domain.relays import Attempt, AttemptState, Outcome, Purpose, Relay
from handlers.ports import Transaction

#: The name under which transactions of several facilities count one contact's calls one after the other.
_COUNTING = "calls of shared contacts"


def full(tx: Transaction, relay: Relay, contact: Contact) -> Full | None:
    """Return the limit that keeps a relay from calling a contact now; category 1 is never delayed, and shadow calls nobody."""
    if relay.category == 1 or relay.shadow or not contact.limits:
        return None
    if contact.facilities != (tx.facility,):
        tx.alone(_COUNTING)
    ours = {"who": contact.id, "purpose": Purpose.CONTACT, "channel": "call", "inbound": False}
    since = tx.now - max(one.within for one in contact.limits)
    left = tx.since(Attempt, "submitted_at", since, **ours)
    leaving = tx.all(Attempt, state=AttemptState.QUEUED, **ours)
    made = {one.id: one for one in (*leaving, *left) if one.outcome is not Outcome.REFUSED}
    return limits.full(contact.limits, (one.submitted_at or one.planned_at for one in made.values()), tx.now)
