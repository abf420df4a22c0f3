"""What came of a call between two humans: only they know. Their answer, and nothing else, ends the relay or sends it on."""

from __future__ import annotations

from collections.abc import Sequence

from handlers import desk, endings, hands, people, receivers, rungs
from handlers.domain import ladder
from handlers.domain.directory import Directory
from handlers.domain.errors import Rejection
from handlers.domain.relays import Attempt, Ending, Outcome, Purpose, Relay, RelayState
from handlers.domain.tasks import DeskTask, TaskKind
from handlers.ports import House, Reading, Transaction

NOT_REACHED = "not_reached"
_READ_BACK, _REACHED = "read_back_", "reached_"
#: Tasks that stand for a relay's ending.
_OF_ENDINGS = (TaskKind.OUTCOME_NEEDED, TaskKind.LADDER_EXHAUSTED, TaskKind.NO_POLICY, TaskKind.FIND_CONTACT)


def _call_of(look: Reading, task: DeskTask) -> tuple[Relay, Attempt] | None:
    """Return the newest call between two humans of a task's open relay, None where there is none to answer for."""
    relay = look.get(Relay, task.relay_id) if task.relay_id else None
    if relay is None or relay.state is RelayState.ENDED or task.kind not in _OF_ENDINGS:
        return None
    bridged = look.all(Attempt, relay_id=relay.id, outcome=Outcome.BRIDGED)
    newest = max(bridged, key=lambda one: one.finished_at or one.planned_at, default=None)
    return None if newest is None else (relay, newest)


def choices(look: Reading, task: DeskTask) -> tuple[tuple[str, str], ...]:
    """Return what a task's call may have come to, as codes and words; none where nobody was connected."""
    found = _call_of(look, task)
    if found is None:
        return ()
    roles = [role.value for role in found[0].policy.ended_by if role.value in receivers.ROLE_WORDS]
    return (
        *((f"{_READ_BACK}{role}", f"Read back by a {receivers.ROLE_WORDS[role]}") for role in roles),
        *((f"{_REACHED}{role}", f"Reached a {receivers.ROLE_WORDS[role]}, not read back") for role in roles),
        (NOT_REACHED, "Not reached: the ladder goes on"),
    )


def answer(tx: Transaction, house: House, task: DeskTask, outcome: str, slack_user: str, actor: str) -> str:
    """Take the answer of whoever talked, or of whoever has the task."""
    found = _call_of(tx, task)
    if found is None or outcome not in dict(choices(tx, task)):
        raise Rejection("unknown_outcome", "Choose one of the outcomes in the list.")
    relay, attempt = found
    name = people.name_of(house.directory(), slack_user)
    if outcome == NOT_REACHED:
        return _goes_on(tx, house, relay, task, name, actor)
    read_back = outcome.startswith(_READ_BACK)
    role = outcome.removeprefix(_READ_BACK if read_back else _REACHED)
    receiver = _receiver(house.directory(), relay, attempt)
    at = attempt.finished_at or tx.now
    by_hand = hands.by_hand(tx, house, relay, receiver, role, at, read_back=read_back)
    ending = Ending.READ_BACK_TO_HUMAN if read_back else Ending.REACHED_WITHOUT_READ_BACK
    endings.end(tx, house, relay, ending, by=receiver, actor=actor, role=role, attempt=by_hand, told_by=name)
    return "Recorded: the relay has ended."


def _receiver(directory: Directory, relay: Relay, attempt: Attempt) -> str:
    """Return how the record names whoever was connected: a contact of this site, or nobody it knows."""
    who = attempt.to_contact if attempt.purpose is Purpose.BY_HAND else attempt.who
    return who if directory.ordering(relay.facility, who) is not None else receivers.NOT_IN_DIRECTORY


def _goes_on(tx: Transaction, house: House, relay: Relay, task: DeskTask, name: str, actor: str) -> str:
    """Send the relay on to the rung after the one at which somebody was connected; at the end the desk rings again."""
    endings.record(tx, relay, "relay:not_reached", actor)
    desk.finished(tx, house, task, name, NOT_REACHED, actor)
    others = [one for one in desk.tasks_of(tx, relay.id) if one.kind in _OF_ENDINGS]
    if relay.state is not RelayState.AT_DESK or others:
        return (
            "Recorded: not reached. The desk has it still." if others else "Recorded: not reached. The ladder goes on."
        )
    move = ladder.next_rung(relay.policy, relay.step)
    rungs.follow(tx, house, relay, move)
    onward = "The next on the ladder is called." if isinstance(move, ladder.NextRung) else "The desk is rung again."
    return f"Recorded: not reached. {onward}"


def asked(look: Reading, tasks: Sequence[DeskTask]) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return the task of a case whose call has no answer yet, and the choices; "" and none where there is none."""
    for task in tasks:
        if task.state in desk.OPEN and (found := choices(look, task)):
            return task.id, found
    return "", ()
