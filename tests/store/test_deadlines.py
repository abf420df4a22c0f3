"""Deadlines: one row a kind and subject, done once by compare and set, never lost to a failing handler."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from handlers.domain.machinery import Accepted, Deadline, DeadlineKind
from handlers.ports import Due
from store.memory import SqlMemory
from tests.clock import NOON, ManualClock
from tests.conftest import MakeMemory
from tests.store.threads import together

SECOND = timedelta(seconds=1)
RETRY, OVER = DeadlineKind.RUNG_RETRY, DeadlineKind.RUNG_OVER


def put(memory: SqlMemory, subject: str, due_at: datetime, kind: DeadlineKind = RETRY, facility: str = "north") -> None:
    """Record a deadline."""
    with memory.transaction(facility) as tx:
        tx.deadline(Deadline(kind=kind, subject=subject, due_at=due_at))


def finish(memory: SqlMemory, due: Due) -> bool:
    """Do what its handler does first."""
    with memory.transaction(due.facility) as tx:
        return tx.is_due(due)


def test_what_is_due_comes_oldest_first(memory: SqlMemory, clock: ManualClock) -> None:
    """Of every facility, up to a limit, and nothing that lies ahead."""
    put(memory, "late", NOON + 2 * SECOND)
    put(memory, "early", NOON + SECOND, facility="south")
    put(memory, "ahead", NOON + timedelta(hours=1))
    assert memory.take_due() == []
    assert memory.oldest_overdue() is None
    assert memory.next_instant() == NOON + SECOND
    clock.advance(3 * SECOND)
    assert [(due.facility, due.subject) for due in memory.take_due()] == [("south", "early"), ("north", "late")]
    assert [due.subject for due in memory.take_due(limit=1)] == ["early"]
    assert memory.oldest_overdue() == NOON + SECOND


def test_a_deadline_replaces_the_undone_one_of_its_kind_and_subject(memory: SqlMemory, clock: ManualClock) -> None:
    """A rung has one end; another kind, or another subject, is another deadline."""
    put(memory, "relay-1", NOON + SECOND)
    put(memory, "relay-1", NOON + 5 * SECOND)
    put(memory, "relay-1", NOON + SECOND, OVER)
    clock.advance(2 * SECOND)
    assert [(due.kind, due.subject) for due in memory.take_due()] == [(OVER, "relay-1")]
    clock.advance(3 * SECOND)
    assert len(memory.take_due()) == 2


def test_a_deadline_is_done_once(memory: SqlMemory) -> None:
    """Compare and set inside the handler's transaction: a second tick does nothing."""
    put(memory, "relay-1", NOON)
    (due,) = memory.take_due()
    assert finish(memory, due) is True
    assert finish(memory, due) is False
    assert memory.take_due() == []
    assert memory.next_instant() is None


def test_a_deadline_that_moved_meanwhile_is_not_done(memory: SqlMemory) -> None:
    """Its handler read an instant that is no longer the truth."""
    put(memory, "relay-1", NOON)
    (due,) = memory.take_due()
    put(memory, "relay-1", NOON + SECOND)
    assert finish(memory, due) is False
    assert memory.next_instant() == NOON + SECOND


def test_of_many_ticks_one_handles_it(make_memory: MakeMemory) -> None:
    """Eight workers that saw the same row due: one runs its handler."""
    memories = [make_memory(), make_memory()]
    put(memories[0], "relay-1", NOON)
    (due,) = memories[0].take_due()
    entered: list[int] = []
    lock = threading.Lock()

    def tick(number: int) -> bool:
        done = finish(memories[number % 2], due)
        with lock:
            entered.append(number)
        return done

    assert sorted(together([lambda number=number: tick(number) for number in range(8)])) == [False] * 7 + [True]  # type: ignore[misc]
    assert len(entered) == 8


def test_a_failing_handler_postpones_its_deadline_and_never_loses_it(memory: SqlMemory, clock: ManualClock) -> None:
    """1 s, 2 s, 4 s … and at most a minute, for as long as it takes."""
    put(memory, "relay-1", NOON)
    waits = []
    for _ in range(8):
        (due,) = memory.take_due()
        memory.due_failed(due)
        assert memory.take_due() == []
        instant = memory.next_instant()
        assert instant is not None
        waits.append((instant - clock.now()).total_seconds())
        clock.advance_to(instant)
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]


def test_a_failing_handler_does_not_move_what_was_moved_meanwhile(memory: SqlMemory) -> None:
    """The new instant stands: it was set by somebody who knew better."""
    put(memory, "relay-1", NOON)
    (due,) = memory.take_due()
    put(memory, "relay-1", NOON + timedelta(hours=1))
    memory.due_failed(due)
    assert memory.next_instant() == NOON + timedelta(hours=1)
    memory.due_failed(Due("x", "north", RETRY, "no such relay", NOON))


def test_forgotten_deadlines_do_not_fall_due(memory: SqlMemory) -> None:
    """Only the named kinds of the named subject are dropped."""
    put(memory, "relay-1", NOON, RETRY)
    put(memory, "relay-1", NOON, OVER)
    put(memory, "relay-2", NOON, RETRY)
    with memory.transaction("north") as tx:
        tx.forget("relay-1", RETRY)
        tx.forget("relay-2")
    assert sorted((due.kind, due.subject) for due in memory.take_due()) == [(OVER, "relay-1"), (RETRY, "relay-2")]


def test_the_next_instant_is_the_earliest_of_everything_stored(memory: SqlMemory) -> None:
    """A deadline, a waiting effect or a waiting delivery, whichever is first."""
    assert memory.next_instant() is None
    put(memory, "relay-1", NOON + 5 * SECOND)
    assert memory.next_instant() == NOON + 5 * SECOND
    at = NOON + 2 * SECOND
    memory.accept([Accepted(source="ris", delivery_id="1", facility="n", kind="study", body=b"", received_at=at)])
    assert memory.next_instant() == at
