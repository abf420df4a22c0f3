"""Taking a desk's task by name, and giving it its outcome: the verbs of whoever sits at the desk."""

from __future__ import annotations

from handlers import bridged, desk, lockouts, people, privacy
from handlers.domain import case_code as codes
from handlers.domain.errors import Rejection
from handlers.domain.machine import allows
from handlers.domain.relays import Relay, RelayState
from handlers.domain.tasks import TASK_TABLE, DeskTask, TaskEvent, TaskKind, TaskState
from handlers.once import facility_or_reject, once
from handlers.ports import House, Reading, Transaction
from handlers.tasks_told import OUTCOMES, outcomes_of


def take(house: House, task_id: str, slack_user: str, delivery: str) -> str:
    """Take a task from Slack, by name; one that somebody else has is taken over."""
    facility = facility_or_reject(house, DeskTask, "unknown_task", "This task does not exist any more.", id=task_id)

    def act(tx: Transaction) -> str:
        task = tx.get(DeskTask, task_id)
        if task is None or not allows(TASK_TABLE, task.state, TaskEvent.TAKE):
            raise Rejection("task_done", "This task is done already.")
        directory = house.directory()
        actor = _may_act(tx, house, task, slack_user)
        name = people.name_of(directory, slack_user)
        if task.taken_by == name:
            raise Rejection("task_yours", f"You have this already. {_to_finish(tx, task)}")
        instead = f" now instead of {task.taken_by}" if task.taken_by else ""
        desk.taken(tx, house, task, name, actor)
        privacy.taken(tx, task, actor)
        return f"You have it{instead}. {_to_finish(tx, task)}"

    return once(house, facility, delivery, act)


def _to_finish(look: Reading, task: DeskTask) -> str:
    """Return how a task ends: with its relay, while that is open; else by the card's menu."""
    relay = look.get(Relay, task.relay_id) if task.relay_id else None
    if relay is None or relay.state is RelayState.ENDED:
        return "When it is done, pick the outcome on its card."
    if bridged.choices(look, task):
        return "Pick on its card what came of the call: only that ends the relay."
    return f"Record the outcome on the case page, or with `/relay log {codes.shown(relay.case_code)}`."


def _may_act(tx: Transaction, house: House, task: DeskTask, slack_user: str) -> str:
    """Return the record's name of somebody who may take a task or end it: its owner where it has one."""
    owner = privacy.may_act(tx, house.directory(), task, slack_user)
    return owner or _may_take(house, slack_user, task.facility)


def _may_take(house: House, slack_user: str, facility: str) -> str:
    """Return the record's name of somebody who may take tasks: a PACS administrator, or a radiologist of the pool."""
    directory = house.directory()
    actor = people.actor_of(directory, slack_user)
    where = facility if facility in directory.facilities else "*"
    reader = directory.radiologist_of_slack(slack_user)
    reads_here = reader is not None and where != "*" and people.may_read_at(directory, reader, where)
    if not reads_here and not people.is_admin(directory, slack_user, where):
        raise Rejection("not_at_desk", "Only a PACS administrator or a radiologist of this site's pool can take this.")
    return actor


def take_case(house: House, case: str, slack_user: str, delivery: str) -> str:
    """Take whatever of a case waits at a desk (``/relay take CASE``)."""
    code = codes.asked(case)
    with house.memory.reading() as look:
        waiting = look.all(DeskTask, case_code=code, state=desk.OPEN)
    if not waiting:
        raise Rejection("nothing_to_take", f"Nothing of case {codes.shown(code)} waits at a desk.")
    ringing = [task for task in waiting if task.state is TaskState.OPEN] or waiting
    return take(house, max(ringing, key=lambda task: task.rings).id, slack_user, delivery)


def finish(house: House, task_id: str, slack_user: str, outcome: str, delivery: str) -> str:
    """Close a task that is no relay's ending, with an outcome from the list."""
    facility = facility_or_reject(house, DeskTask, "unknown_task", "This task does not exist any more.", id=task_id)

    def act(tx: Transaction) -> str:
        task = tx.get(DeskTask, task_id)
        if task is None or task.state is TaskState.DONE:
            raise Rejection("task_done", "This task is done already.")
        if bridged.choices(tx, task):
            return bridged.answer(tx, house, task, outcome, slack_user, _may_take(house, slack_user, task.facility))
        outcomes = outcomes_of(task.kind) or OUTCOMES
        if outcome not in outcomes:
            raise Rejection("unknown_outcome", "Choose one of the outcomes in the list.")
        actor = _may_act(tx, house, task, slack_user)
        relay = tx.get(Relay, task.relay_id) if task.relay_id else None
        if relay is not None and relay.state is not RelayState.ENDED and _alone_with(tx, task, relay):
            raise Rejection(
                "relay_open", "This ends only with the relay's outcome: open the case, or `/relay log CASE`."
            )
        if task.kind is TaskKind.STORM and tx.one(Relay, facility=task.facility, state=RelayState.HELD) is not None:
            raise Rejection(
                "relays_held", f"Relays are held still. First `/relay resume {task.facility}`, or withdraw them."
            )
        desk.finished(tx, house, task, people.name_of(house.directory(), slack_user), outcome, actor)
        lockouts.task_ended(tx, task, outcome, actor)
        privacy.closed(tx, task, outcome, actor)
        return f"Done: {outcomes[outcome]}."

    return once(house, facility, delivery, act)


def _alone_with(tx: Transaction, task: DeskTask, relay: Relay) -> bool:
    """Tell whether an open relay would be left to nobody without this task: held, or at the desk with no other task."""
    if task.kind in (TaskKind.LADDER_EXHAUSTED, TaskKind.OUTCOME_NEEDED, TaskKind.NO_POLICY, TaskKind.QUIET_HOURS):
        return True
    if task.kind is TaskKind.HALTED:
        return relay.state is RelayState.HELD
    return relay.state is RelayState.AT_DESK and all(one.id == task.id for one in desk.tasks_of(tx, relay.id))
