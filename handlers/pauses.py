"""A read's clock as it is kept: begun with its study, and standing still while a problem with it lasts.

Whatever moves a due instant moves it here. How problems begin and what their desk does is told in ``problems`` and ``desk``.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from handlers import showing, thresholds
from handlers.domain import clocks
from handlers.domain.clocks import Clock, ClockStart
from handlers.domain.directory import Facility
from handlers.domain.machine import step
from handlers.domain.machinery import AuditFact, DeadlineKind
from handlers.domain.problems import OUTCOMES, PROBLEM_TABLE, Problem, ProblemEvent, event_of
from handlers.domain.studies import WAITING, Read, ReadState, Study
from handlers.ports import House, Reading, Transaction


def begun(study: Study, facility: Facility, target: timedelta) -> Clock:
    """Return the clock with which a read of a study begins: what the site says starts it, and the read's target."""
    instants = {
        ClockStart.ORDER: study.ordered_at,
        ClockStart.LAST_IMAGE: study.last_image_at,
        ClockStart.RECEIVED: study.received_at,
        ClockStart.READY: study.ready_at,
    }
    started = instants[facility.clock] or study.last_image_at or study.received_at
    return Clock(started=started, target=target)


def clock_of(look: Reading, read: Read) -> Clock:
    """Return a read's clock as it stands, with the pauses of its problems."""
    return Clock(
        started=read.clock_started_at,
        target=timedelta(seconds=read.target_seconds),
        stopped=read.reported_at if read.state is ReadState.REPORTED else None,
        pauses=tuple(problem.pause() for problem in _pausing(look, read)),
    )


def _pausing(look: Reading, read: Read) -> list[Problem]:
    """Return the problems that ever stopped a read's clock: its own, and before a split those of the read it was part of."""
    own = look.all(Problem, read_id=read.id, pauses=True)
    if not read.split_from:
        return own
    shared = look.all(Problem, read_id=read.split_from, pauses=True)
    return [problem for problem in shared if problem.opened_at < read.opened_at] + own


def following(look: Reading, read: Read, study: Study, facility: Facility, target: timedelta) -> Read:
    """Return a read whose clock starts as its study has it now, and whose target is this; its pauses stay."""
    clock = begun(study, facility, target)
    changed = replace(read, clock_started_at=clock.started, target_seconds=int(clock.target.total_seconds()))
    return _opened_as(read, _timed(look, changed))


def _timed(look: Reading, read: Read) -> Read:
    clock = clock_of(look, read)
    return _opened_as(read, replace(read, due_at=clocks.due(clock), paused_since=clocks.paused_since(clock)))


def _opened_as(before: Read, after: Read) -> Read:
    """Return a subspecialty's read open to general readers at the same share of its target as before."""
    if before.general_at is None or not before.target_seconds:
        return after
    percent = 100 - 100 * (before.due_at - before.general_at) / timedelta(seconds=before.target_seconds)
    return replace(after, general_at=after.at_share(round(percent)))


def retimed(tx: Transaction, house: House, read: Read, actor: str, reason: str = "") -> Read:
    """Write what a read's problems make of its clock, and record when it stops or goes on; else nothing is recorded."""
    changed = _timed(tx, read)
    if changed == read:
        return read
    if read.paused_since is None and changed.paused_since is not None:
        _clock(tx, AuditFact(action="clock:pause", actor=actor, facts={"reason": reason}), read)
    elif read.paused_since is not None and changed.paused_since is None:
        moved = int((changed.due_at - read.due_at).total_seconds())
        facts: dict[str, str | int | bool | None]
        facts = {"reason": reason, "due_at": changed.due_at.isoformat(), "moved_seconds": moved}
        _clock(tx, AuditFact(action="clock:resume", actor=actor, facts=facts), read)
    changed = tx.put(changed)
    showing.plan_refresh(tx, house, changed)
    thresholds.plan(tx, house, changed)
    return changed


def _clock(tx: Transaction, fact: AuditFact, read: Read) -> None:
    tx.audit(replace(fact, case_code=read.case_code, subject=read.id))


def taken(tx: Transaction, house: House, problem_id: str, name: str, actor: str) -> None:
    """Record who looks after a problem now: whoever took its desk task."""
    problem = tx.get(Problem, problem_id)
    if problem is not None:
        problem = tx.put(replace(problem, state=step(PROBLEM_TABLE, problem.state, ProblemEvent.TAKE), taken_by=name))
        _audit(tx, problem, "problem:take", actor)
        _show(tx, house, problem)


def ended(tx: Transaction, house: House, problem_id: str, outcome: str, by: str, actor: str) -> None:
    """Record a problem's outcome; its read's clock goes on when no other problem holds it, and its reader is told."""
    problem = tx.get(Problem, problem_id)
    read = None if problem is None else tx.get(Read, problem.read_id)
    if problem is None or read is None:
        return
    over = step(PROBLEM_TABLE, problem.state, event_of(outcome))
    problem = tx.put(replace(problem, state=over, ended_at=tx.now, ended_by=by, outcome=outcome))
    tx.forget(problem.id, DeadlineKind.PROBLEM_REMINDER)
    _audit(tx, problem, "problem:solve", actor, outcome=outcome)
    changed = retimed(tx, house, read, actor, problem.kind.value)
    showing.show_read(tx, house, changed)
    words = f"{_ended_words(problem)}{_goes_on(house, read, changed, tx.now)}"
    reader = house.directory().radiologists.get(read.claimed_by or "")
    showing.note_read(tx, house, changed, words, to="" if reader is None else reader.slack_user)


def _ended_words(problem: Problem) -> str:
    """Return how a problem ended: by whom and in the menu's words, or with the read that it was a problem with."""
    chosen = OUTCOMES.get(problem.outcome)
    if chosen is None:
        return f"Problem ended, {problem.outcome.replace('_', ' ')}: {problem.kind.words}."
    return f"Problem ended by {problem.ended_by}: {problem.kind.words}. {chosen}."


def _goes_on(house: House, before: Read, after: Read, now: datetime) -> str:
    if after.state not in WAITING or before.paused_since is None:
        return ""
    if after.paused_since is not None:
        return " The clock stands still for another problem."
    facility = house.directory().facilities[after.facility]
    return f" The clock goes on; due {showing.clock_time(facility, after.due_at, now)}."


def _show(tx: Transaction, house: House, problem: Problem) -> None:
    read = tx.get(Read, problem.read_id)
    if read is not None:
        showing.show_read(tx, house, read)


def _audit(tx: Transaction, problem: Problem, action: str, actor: str, **facts: str) -> None:
    said = {"kind": problem.kind.value, "read": problem.read_id, **facts}
    tx.audit(AuditFact(action=action, actor=actor, case_code=problem.case_code, subject=problem.id, facts=said))
