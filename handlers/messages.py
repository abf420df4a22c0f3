"""What people say of themselves once a call has come to what it came to: their name, and by when a message will be given.

Names are kept as stated, sealed, in the turn in which they were said; the record knows only that there is one.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

from handlers import desk, endings, lines
from handlers.domain import afterwards, dialog
from handlers.domain.afterwards import Relation, Stated
from handlers.domain.dialog import PromptKind
from handlers.domain.machinery import Deadline, DeadlineKind
from handlers.domain.relays import Attempt, Relay, RelayState, Turn
from handlers.domain.said import Said
from handlers.ports import House, Reading, Transaction

#: A message of which nobody said by when it will be given is asked after so soon.
USUALLY_GIVEN = timedelta(minutes=15)


def noted(tx: Transaction, attempt: Attempt, said: Said, case_code: str, words: str) -> None:
    """Record what a turn after the outcome came to, and set the reminder of a message that was taken."""
    kind = said.prompt.kind
    if kind is PromptKind.NAME_CHECK:
        relation = afterwards.relation_of(words)
        lines.record(tx, attempt, "call:stated", case_code, relation=relation.value, confirmed=False)
    elif kind is PromptKind.NAMED:
        lines.record(tx, attempt, "call:stated", case_code, confirmed=True)
    elif kind is PromptKind.MESSAGE:
        _remind(tx, attempt, USUALLY_GIVEN)
    elif said.promised is not None:
        lines.record(tx, attempt, "call:promise", case_code, minutes=said.promised)
        _remind(tx, attempt, timedelta(minutes=said.promised))


def _remind(tx: Transaction, attempt: Attempt, after: timedelta) -> None:
    tx.deadline(Deadline(kind=DeadlineKind.MESSAGE_GIVEN, subject=attempt.id, due_at=tx.now + after))


def given_due(tx: Transaction, house: House, attempt_id: str) -> None:
    """Remind people of a message whose time has come: nobody has called back, or the relay would have ended."""
    attempt = tx.get(Attempt, attempt_id)
    relay = None if attempt is None or attempt.relay_id is None else tx.get(Relay, attempt.relay_id)
    if attempt is None or relay is None or relay.state is RelayState.ENDED:
        return
    contact = house.directory().contacts.get(attempt.who)
    name = "the contact" if contact is None else contact.name
    lines.record(tx, attempt, "call:not_given", relay.case_code)
    endings.shown(
        tx,
        house,
        relay,
        f"The answering service was to give {name} our message by now, and nobody has called back. A promise ends nothing.",
    )
    for task in desk.tasks_of(tx, relay.id):
        desk.remind(tx, house, task)


def stated_by(look: Reading, attempt: Attempt) -> tuple[str, Stated, Relation] | None:
    """Return the name that somebody gave on a call, how it stands, and how they are related to the order; None for none."""
    if attempt.channel != "call":
        return None
    turns = look.all(Turn, attempt_id=attempt.id)
    found = afterwards.stated_in([dialog.prompt_from_text(turn.answer) for turn in turns])
    if found is None:
        return None
    name, how = found
    return name, how, afterwards.relation_of(name)


def message_taken_by(look: Reading, attempt: Attempt) -> str:
    """Return who took a message, as they said it; "" where nobody did."""
    turns = look.all(Turn, attempt_id=attempt.id)
    for before, turn in pairwise(turns):
        if dialog.prompt_from_text(before.answer).kind is PromptKind.MESSAGE:
            return turn.heard.partition("|")[2]
    return ""
