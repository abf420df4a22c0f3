"""The humans at the end: tasks that ring a desk's phones until somebody takes them by name, and stay until an outcome."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from handlers import bridges, duty, lines, outages, overrides_told, pauses, showing
from handlers.domain.machine import step
from handlers.domain.machinery import AuditFact, Deadline, DeadlineKind
from handlers.domain.relays import OPEN_ATTEMPT, Attempt, Halt, Outcome, Purpose
from handlers.domain.studies import Read
from handlers.domain.tasks import RINGS, TASK_TABLE, DeskTask, TaskEvent, TaskKind, TaskState
from handlers.ports import House, Reading, Transaction

EVERY = timedelta(minutes=5)
#: How long somebody who took a task may be silent before the desk is reminded; after two reminders it rings again.
REMIND_AFTER = timedelta(minutes=10)
REMINDERS = 2
#: A desk's phone that another call of ours is using is tried again so soon.
PHONE_BUSY = timedelta(seconds=30)
OPEN = (TaskState.OPEN, TaskState.TAKEN)
#: What a relay's further way does not settle: somebody heard what they should not have, or what is not true, or somebody
#: whom a finding names is not told by it.
OUTLIVES = (
    TaskKind.RETRACTED_AFTER_TELLING,
    TaskKind.WRONG_PERSON_TOLD,
    TaskKind.OTHER_RECEIVER,
    TaskKind.READ_BACK_DIFFERS,
)


def halted(look: Reading, facility: str) -> Halt | None:
    """Return the halt that is in force for a facility, its own or the one for all."""
    for halt in (
        *look.all(Halt, facility=facility, lifted_at=None),
        *look.all(Halt, facility="system", lifted_at=None),
    ):
        if halt.reason == "halt":
            return halt
    return None


def open_task(
    tx: Transaction,
    house: House,
    kind: TaskKind,
    *,
    case_code: str = "",
    relay_id: str | None = None,
    subject_id: str = "",
    desk: str | None = None,
    every: timedelta = EVERY,
    rings: bool | None = None,
    taken_by: str = "",
) -> DeskTask:
    """Open a task and tell the desk at once; an open twin (same kind and subject) is returned instead of doubled.

    In shadow no task rings: its card says so.
    """
    subject = subject_id or relay_id or case_code
    for twin in tx.all(DeskTask, kind=kind, subject_id=subject, state=OPEN, facility=tx.facility):
        return twin
    directory = house.directory()
    facility = directory.facilities.get(tx.facility)
    where = desk or (facility.desk if facility is not None else directory.front_desk)
    task = DeskTask(
        id=house.chance.token(),
        facility=tx.facility,
        desk=where,
        kind=kind,
        case_code=case_code,
        relay_id=relay_id,
        subject_id=subject,
        state=TaskState.TAKEN if taken_by else TaskState.OPEN,
        opened_at=tx.now,
        every_seconds=int(every.total_seconds()),
        rings=(kind in RINGS if rings is None else rings)
        and not showing.in_shadow(tx, directory, tx.facility, relay_id),
        taken_by=taken_by,
        taken_at=tx.now if taken_by else None,
    )
    tx.add(task)
    _record(tx, task, "task:open", lines.ROBOT, kind=kind.value, taken_by=taken_by)
    showing.show_task(tx, house, task)
    if taken_by:
        _plan_reminder(tx, task)
    elif task.rings:
        task = ring_round(tx, house, task)
    return task


def ring_round(tx: Transaction, house: House, task: DeskTask) -> DeskTask:
    """Ring the desk's phones that are free, call the channel, and set the next round.

    Where the desk has a rota, the first round is for whoever is on duty, and all later ones for everybody.
    """
    directory = house.directory()
    desk = directory.desks[task.desk]
    task = tx.put(replace(task, rounds=task.rounds + 1))
    called = duty.phones(tx, directory, desk, first_round=task.rounds == 1)
    stopped = halted(tx, task.facility)
    places = () if stopped else [desk.phones.index(phone) for phone in called]
    rung = sum([_ring_phone(tx, house, task, place) for place in places])
    _record(tx, task, "task:ring", lines.ROBOT, halted=stopped is not None, rung=rung)
    halt_words = " Calls are halted, so no phone rings." if stopped else ""
    if not stopped and outages.is_out(tx):
        halt_words = f" {outages.DOWN}"
    showing.show_task(tx, house, task)
    showing.note_task(tx, house, task, f"Round {task.rounds}: nobody has taken this yet.{halt_words}", mention=True)
    following = tx.now + timedelta(seconds=task.every_seconds)
    tx.deadline(Deadline(kind=DeadlineKind.DESK_ROUND, subject=task.id, due_at=following))
    return task


def _ring_phone(tx: Transaction, house: House, task: DeskTask, place: int) -> bool:
    """Ring one of the desk's phones, and tell whether it rings now.

    One that is busy, or owed to a more urgent task, is tried again soon by itself, and the round stays as it is.
    """
    directory = house.directory()
    phone = directory.desks[task.desk].phones[place]
    again = f"{task.id}:{place}"
    if bridges.is_busy(tx, directory, phone.number) or _waits_for_another(tx, house, task, place):
        tx.deadline(Deadline(kind=DeadlineKind.DESK_PHONE, subject=again, due_at=tx.now + PHONE_BUSY))
        return False
    tx.forget(again, DeadlineKind.DESK_PHONE)
    plan = lines.Plan(
        purpose=Purpose.DESK,
        channel="call",
        who=phone.who,
        number=phone.number,
        number_kind="direct",
        relay_id=task.relay_id,
        task_id=task.id,
        case_code=task.case_code,
        try_no=task.rounds,
        rank=0,
    )
    lines.plan(tx, house, plan)
    return True


def _waits_for_another(tx: Transaction, house: House, task: DeskTask, place: int) -> bool:
    """Tell whether a more urgent task of the desk has not rung this telephone in its round: that one goes first."""
    directory = house.directory()
    desk = directory.desks[task.desk]
    phone = desk.phones[place]
    for other in tx.all(DeskTask, desk=task.desk, state=TaskState.OPEN, rings=True):
        if other.id == task.id or other.urgency() > task.urgency() or halted(tx, other.facility) is not None:
            continue
        meant = duty.phones(tx, directory, desk, first_round=other.rounds == 1)
        rung = tx.all(Attempt, task_id=other.id, number=phone.number, try_no=other.rounds)
        if phone in meant and not rung:
            return True
    return False


def phone_due(tx: Transaction, house: House, subject: str) -> None:
    """Ring a phone that was busy in its round, unless the task was taken meanwhile or rings there already."""
    task_id, _, place = subject.rpartition(":")
    task = tx.get(DeskTask, task_id)
    if task is None or task.state is not TaskState.OPEN or halted(tx, task.facility) is not None:
        return
    phones = house.directory().desks[task.desk].phones
    ringing = {one.number for one in tx.all(Attempt, task_id=task.id, state=tuple(OPEN_ATTEMPT))}
    if int(place) < len(phones) and phones[int(place)].number not in ringing:
        _ring_phone(tx, house, task, int(place))


def round_due(tx: Transaction, house: House, task_id: str) -> None:
    """Ring again, when nobody has taken the task."""
    task = tx.get(DeskTask, task_id)
    if task is not None and task.state is TaskState.OPEN:
        ring_round(tx, house, task)


def reminder_due(tx: Transaction, house: House, task_id: str) -> None:
    """Remind whoever took a task and gave no outcome; after some reminders it rings the desk again."""
    task = tx.get(DeskTask, task_id)
    if task is None or task.state is not TaskState.TAKEN:
        return
    if task.rounds >= REMINDERS and task.rings:
        again = tx.put(
            replace(task, state=step(TASK_TABLE, task.state, TaskEvent.REOPEN), taken_by="", taken_at=None, rounds=0)
        )
        _record(tx, again, "task:reopen", lines.ROBOT, taken_by=task.taken_by)
        note = f"{task.taken_by} took this and gave no outcome. It rings again."
        showing.note_task(tx, house, again, note, mention=True)
        ring_round(tx, house, again)
        return
    remind(tx, house, task)
    _plan_reminder(tx, task)


def remind(tx: Transaction, house: House, task: DeskTask) -> None:
    """Remind the desk of a task that has no outcome."""
    task = tx.put(replace(task, rounds=task.rounds + 1))
    _record(tx, task, "task:remind", lines.ROBOT, taken_by=task.taken_by)
    who = f"{task.taken_by} has this" if task.taken_by else "Nobody has taken this"
    showing.note_task(tx, house, task, f"{who}; it still needs an outcome.", mention=True)


def _plan_reminder(tx: Transaction, task: DeskTask) -> None:
    """Set the reminder of a task that was taken; a problem and a privacy event have one of their own, taken or not."""
    if task.kind in (TaskKind.STUDY_PROBLEM, TaskKind.WRONG_PERSON_TOLD):
        return
    tx.deadline(Deadline(kind=DeadlineKind.TASK_REMINDER, subject=task.id, due_at=tx.now + REMIND_AFTER))


def taken(tx: Transaction, house: House, task: DeskTask, name: str, actor: str, *, took: str = "") -> DeskTask:
    """Record that somebody took a task by name, from whoever had it; the other phones stop ringing.

    ``took`` says it where it was not them who pressed.
    """
    former = task.taken_by
    task = tx.put(
        replace(task, state=step(TASK_TABLE, task.state, TaskEvent.TAKE), taken_by=name, taken_at=tx.now, rounds=0)
    )
    tx.forget(task.id, DeadlineKind.DESK_ROUND)
    _record(tx, task, "task:take", actor, **({"taken_from": former} if former else {}))
    _quiet(tx, task)
    _plan_reminder(tx, task)
    if task.kind is TaskKind.STUDY_PROBLEM:
        pauses.taken(tx, house, task.subject_id, name, actor)
    showing.show_task(tx, house, task)
    took = took or (f"{name} took this over from {former}." if former else f"{name} took this.")
    showing.note_task(tx, house, task, f"{took} Taken is not done: it needs an outcome.")
    return task


def finished(tx: Transaction, house: House, task: DeskTask, by: str, outcome: str, actor: str) -> DeskTask:
    """Record that a task is done, and how."""
    task = tx.put(
        replace(
            task,
            state=step(TASK_TABLE, task.state, TaskEvent.FINISH),
            done_at=tx.now,
            done_by=by,
            outcome=outcome,
        )
    )
    tx.forget(task.id, DeadlineKind.DESK_ROUND, DeadlineKind.TASK_REMINDER)
    _record(tx, task, "task:done", actor, outcome=outcome)
    _quiet(tx, task)
    if task.kind is TaskKind.STUDY_PROBLEM:
        pauses.ended(tx, house, task.subject_id, outcome, by, actor)
    if task.kind is TaskKind.OVERRIDE_ASKED:
        _denied(tx, house, task, by, actor)
    showing.show_task(tx, house, task)
    return task


def _denied(tx: Transaction, house: House, task: DeskTask, by: str, actor: str) -> None:
    """End what was asked with its task; whoever asked reads under the card who denied it."""
    closed = overrides_told.closed(tx, task.subject_id, actor)
    read = None if closed is None else tx.get(Read, closed.read_id)
    if closed is None or read is None or actor == lines.ROBOT:
        return
    directory = house.directory()
    reader = directory.radiologists.get(closed.reader)
    name, to = ("somebody who has left", "") if reader is None else (reader.name, reader.slack_user)
    showing.show_read(tx, house, read)
    showing.note_read(tx, house, read, f"{by} denied the override for {name}.", to=to)


def finish_all(tx: Transaction, house: House, relay_id: str, by: str, outcome: str, actor: str) -> None:
    """Close every open task of a relay that has ended."""
    for task in tx.all(DeskTask, relay_id=relay_id, state=OPEN):
        if task.kind not in OUTLIVES:
            finished(tx, house, task, by, outcome, actor)


def tasks_of(tx: Transaction, relay_id: str) -> list[DeskTask]:
    """Return a relay's tasks that are not done."""
    return tx.all(DeskTask, relay_id=relay_id, state=OPEN)


def settle(tx: Transaction, house: House, kind: TaskKind, subject_id: str, outcome: str) -> None:
    """Close the open task of a kind and subject because what it asked for has happened."""
    for task in tx.all(DeskTask, kind=kind, subject_id=subject_id, state=OPEN, facility=tx.facility):
        finished(tx, house, task, "radrelay", outcome, lines.ROBOT)


def _quiet(tx: Transaction, task: DeskTask) -> None:
    for attempt in tx.all(Attempt, task_id=task.id, state=tuple(OPEN_ATTEMPT)):
        lines.stop(tx, attempt, case_code=task.case_code)


def rang(tx: Transaction, house: House, attempt: Attempt, outcome: Outcome) -> None:
    """Act on a finished call to a desk's phone or to the radiologist: only ``taken`` changes the task."""
    task = tx.get(DeskTask, attempt.task_id or "")
    if task is None or outcome is not Outcome.TAKEN or task.state is not TaskState.OPEN:
        return
    taken(tx, house, task, attempt.who, f"desk:{attempt.who}")


def _record(tx: Transaction, task: DeskTask, action: str, actor: str, **facts: str | int | bool | None) -> None:
    tx.audit(
        AuditFact(
            action=action,
            actor=actor,
            case_code=task.case_code,
            subject=task.id,
            facts={"kind": task.kind.value, "desk": task.desk, "round": task.rounds, **facts},
        )
    )
