"""Who received a call made by hand: a contact of the site, or somebody whom only the caller could name.

Such a name is what a human typed, so it is kept sealed, as what was heard in that call's one turn. The record, the plain
columns and the telephone know no more than that the receiver is not in the directory, and in which role.
"""

from __future__ import annotations

from handlers import lines, receipts
from handlers.domain import dialog
from handlers.domain.dialog import Prompt, PromptKind
from handlers.domain.directory import Directory
from handlers.domain.errors import Rejection
from handlers.domain.policies import Role
from handlers.domain.relays import Attempt, ReceiverRole, Relay, Turn
from handlers.ports import House, Reading, Transaction

#: What stands in the record where somebody received it whom the directory does not know; no id has this form's meaning.
NOT_IN_DIRECTORY = "not_in_directory"
#: The roles in which somebody may end a relay, in words for people.
ROLE_WORDS = {
    Role.PHYSICIAN.value: "physician",
    Role.NP.value: "nurse practitioner",
    Role.PA.value: "physician assistant",
    Role.RN.value: "nurse",
}


def received_by(directory: Directory, facility: str, contact_id: str, stated: str) -> str:
    """Return how the record names a receiver: a contact of this site by id, anybody else by one fixed word."""
    if contact_id:
        if directory.ordering(facility, contact_id) is None:
            raise Rejection("unknown_contact", "This contact is not one of this site's. Choose one from the list.")
        return contact_id
    if not stated:
        raise Rejection("bad_receiver", "Say who received it: choose somebody from the list or write a name.")
    return NOT_IN_DIRECTORY


def keep_stated(tx: Transaction, house: House, attempt: Attempt, name: str, case_code: str) -> None:
    """Keep the name that the caller states, sealed; the record says only that there is one."""
    answer = dialog.prompt_to_text(Prompt(kind=PromptKind.HANG_UP))
    turn = Turn(
        id=house.chance.token(),
        facility=attempt.facility,
        attempt_id=attempt.id,
        number=0,
        heard=name,
        answer=answer,
        at=tx.now,
    )
    tx.add(turn)
    lines.record(tx, attempt, "call:stated", case_code)


def name_of(look: Reading, directory: Directory, who: str, attempt: Attempt | None) -> str:
    """Return a receiver's name for the case page and the statement, the only places that show a stated one."""
    contact = directory.contacts.get(who)
    if contact is not None:
        return contact.name
    if who != NOT_IN_DIRECTORY:
        return who
    turn = None if attempt is None else look.one(Turn, attempt_id=attempt.id, number=0)
    return turn.heard if turn is not None and turn.heard else "somebody who is not in the directory"


def spoken_name(directory: Directory, relay: Relay) -> str:
    """Return who has an ended relay, for a voice on the line: a contact or staff by name, anybody else by role only."""
    contact = directory.contacts.get(relay.ended_by)
    if contact is not None:
        return contact.name
    if relay.ended_role:
        roles = dialog.stands_for(ReceiverRole(relay.ended_role))
        return f"a {receipts.either([ROLE_WORDS.get(one.value, 'clinician') for one in roles])}"
    return relay.ended_by
