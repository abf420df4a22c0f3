"""One transaction of one facility: compare and set, all or nothing, one at a time, and never backwards in time."""

from __future__ import annotations

import dataclasses
import functools
import threading
from datetime import timedelta

import pytest
from sqlalchemy import text

from handlers.domain.access import DirectoryVersion, OptOut
from handlers.domain.errors import StaleWrite
from handlers.domain.machinery import AuditFact, Deadline, DeadlineKind, Effect, EffectKind
from handlers.domain.relays import Attempt, Halt
from store.cipher import Cipher
from store.memory import SqlMemory
from tests.clock import NOON, ManualClock
from tests.conftest import MakeMemory
from tests.store.test_values import example_of
from tests.store.threads import PATIENCE, together

FACT = AuditFact(action="halt:set", actor="staff:pat")


def halt(key: str = "halt-1", **fields: object) -> Halt:
    """Return a halt of the facility north."""
    return dataclasses.replace(Halt(id=key, facility="north", by="pat", at=NOON, reason="halt"), **fields)  # type: ignore[arg-type]


def test_writing_an_older_version_is_refused(memory: SqlMemory) -> None:
    """Compare and set: whoever read before the last change has to run again."""
    with memory.transaction("north") as tx:
        read = tx.add(halt())
        tx.put(dataclasses.replace(read, by="sam"))
    with pytest.raises(StaleWrite, match="changed meanwhile"), memory.transaction("north") as tx:
        tx.put(dataclasses.replace(read, by="kim"))
    with memory.reading() as look:
        assert look.get(Halt, "halt-1") == halt(by="sam", version=1)


def test_a_second_value_under_a_unique_key_is_refused(memory: SqlMemory) -> None:
    """A number is never dialed twice at once: ``open_number`` is unique among open attempts, and None never clashes."""
    one = example_of(Attempt, id="a-1", token="t-1", open_number="+15035550101")
    two = dataclasses.replace(one, id="a-2", token="t-2", open_number=None)
    with memory.transaction("north") as tx:
        tx.add(one)
        tx.add(two)
        tx.add(dataclasses.replace(two, id="a-3", token="t-3"))
    with pytest.raises(StaleWrite, match="same unique key"), memory.transaction("north") as tx:
        tx.add(dataclasses.replace(one, id="a-4", token="t-4"))
    with pytest.raises(StaleWrite, match="same unique key"), memory.transaction("north") as tx:
        tx.put(dataclasses.replace(two, open_number="+15035550101"))


def break_after_everything(memory: SqlMemory) -> None:
    """Do all that a transaction can, then fail."""
    with memory.transaction("north") as tx:
        tx.add(halt())
        tx.effect(Effect(kind=EffectKind.READ_CARD, subject="read-1", lane="slack:C1"))
        tx.deadline(Deadline(kind=DeadlineKind.RUNG_OVER, subject="relay-1", due_at=NOON))
        tx.keep_answer("delivery-1", "done")
        tx.remember_message("read-1", "C1", "1.0")
        tx.audit(FACT)
        tx.put(halt("never added"))


def test_an_exception_leaves_nothing_behind(memory: SqlMemory) -> None:
    """State, effects, deadlines, answers, audit and the chain's head are one commit or none."""
    with pytest.raises(StaleWrite):
        break_after_everything(memory)
    with memory.database.reading() as connection:
        for table in ("halt", "outbox", "deadline", "delivery", "message", "audit_entry"):
            assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 0, table  # noqa: S608


def test_a_hint_follows_each_commit_and_no_rollback(memory: SqlMemory) -> None:
    """Workers are woken after the commit, when there is something to see."""
    hints: list[int] = []
    memory.on_commit.append(lambda _touched: hints.append(1))
    with pytest.raises(StaleWrite):
        break_after_everything(memory)
    assert hints == []
    with memory.transaction("north") as tx:
        tx.add(halt())
        assert hints == []
    assert hints == [1]


def test_two_transactions_of_one_facility_never_overlap(make_memory: MakeMemory) -> None:
    """The second waits at the chain's head until the first has committed, then sees what it wrote."""
    first, second = make_memory(), make_memory()
    inside, go_on = threading.Event(), threading.Event()
    seen: list[Halt | None] = []

    def writes() -> None:
        with first.transaction("north") as tx:
            inside.set()
            tx.add(halt())
            assert go_on.wait(PATIENCE)

    def reads() -> None:
        assert inside.wait(PATIENCE)
        with second.transaction("north") as tx:
            seen.append(tx.get(Halt, "halt-1"))

    threads = [threading.Thread(target=target) for target in (writes, reads)]
    for thread in threads:
        thread.start()
    assert inside.wait(PATIENCE)
    threads[1].join(0.2)
    assert seen == []
    go_on.set()
    for thread in threads:
        thread.join(PATIENCE)
    assert seen == [halt()]


def test_counting_from_many_threads_loses_nothing(make_memory: MakeMemory) -> None:
    """Read, add one, write: sixteen at once, through two engines, end at sixteen without one stale write."""
    memories = [make_memory(), make_memory()]
    with memories[0].transaction("north") as tx:
        tx.add(halt(by="0"))

    def count(memory: SqlMemory) -> None:
        with memory.transaction("north") as tx:
            read = tx.get(Halt, "halt-1")
            assert read is not None
            tx.put(dataclasses.replace(read, by=str(int(read.by) + 1)))
            tx.audit(FACT)

    together([lambda memory=memories[i % 2]: count(memory) for i in range(16)])  # type: ignore[misc]
    with memories[0].reading() as look:
        assert look.get(Halt, "halt-1") == halt(by="16", version=16)


def test_a_transactions_instant_is_taken_after_its_lock(make_memory: MakeMemory, clock: ManualClock) -> None:
    """Whoever waited for the facility is later than whom it waited for: a chain's instants never go back."""
    first, second = make_memory(), make_memory()
    inside = threading.Event()
    instants = []

    def waits() -> None:
        assert inside.wait(PATIENCE)
        with second.transaction("north") as tx:
            instants.append(tx.now)

    thread = threading.Thread(target=waits)
    thread.start()
    with first.transaction("north") as tx:
        inside.set()
        thread.join(0.2)
        clock.advance(timedelta(minutes=1))
        assert tx.now == NOON
    thread.join(PATIENCE)
    assert instants == [NOON + timedelta(minutes=1)]


def test_a_repeated_message_gets_its_earlier_answer(memory: SqlMemory, clock: ManualClock) -> None:
    """Answers are kept per facility and delivery until no vendor repeats any more."""
    with memory.transaction("north") as tx:
        assert tx.earlier_answer("twilio:CA1:1") is None
        tx.keep_answer("twilio:CA1:1", "menu")
    with memory.transaction("north") as tx:
        assert tx.earlier_answer("twilio:CA1:1") == "menu"
    with memory.transaction("south") as tx:
        assert tx.earlier_answer("twilio:CA1:1") is None
    clock.advance(timedelta(days=2))
    assert memory.forget_deliveries(clock.now() - timedelta(days=3)) == 0
    assert memory.forget_deliveries(clock.now() - timedelta(days=1)) == 1


def test_what_was_met_before_is_known_by_its_digest_alone(memory: SqlMemory, cipher: Cipher) -> None:
    """Once per facility and kind, across transactions; no row holds the value."""
    with memory.transaction("north") as tx:
        assert tx.first_time("image", "1.2.840.1")
        assert not tx.first_time("image", "1.2.840.1")
        assert tx.first_time("image", "1.2.840.2")
        assert tx.first_time("other", "1.2.840.1")
    with memory.transaction("south") as tx:
        assert tx.first_time("image", "1.2.840.1")
    with memory.database.reading() as connection:
        kept = set(connection.exec_driver_sql("SELECT id FROM delivery WHERE facility = 'south'").scalars())
    assert kept == {f"image:{cipher.index('delivery.image', '1.2.840.1')}"}


def test_where_a_subject_is_shown_is_kept_and_moved(memory: SqlMemory) -> None:
    """The newest message shows a subject."""
    with memory.transaction("north") as tx:
        assert tx.message("read-1") is None
        tx.remember_message("read-1", "C1", "1.0")
        tx.remember_message("read-1", "C2", "2.0")
        assert tx.message("read-1") == ("C2", "2.0")


def test_looking_compares_fields_and_orders_by_birth(memory: SqlMemory) -> None:
    """``all`` is oldest first, ``one`` the newest, a tuple means any, None means none."""
    later = halt("halt-2", at=NOON + timedelta(minutes=1), lifted_at=NOON + timedelta(minutes=2))
    elsewhere = halt("halt-3", facility="south", at=NOON + timedelta(minutes=3))
    with memory.transaction("north") as tx:
        for value in (elsewhere, later, halt()):
            tx.add(value)
        assert tx.all(Halt) == [halt(), later, elsewhere]
        assert tx.one(Halt) == elsewhere
        assert tx.all(Halt, facility="north") == [halt(), later]
        assert tx.all(Halt, facility=("south", "north"), lifted_at=None) == [halt(), elsewhere]
        assert tx.all(Halt, facility=()) == []
        assert tx.count_since(Halt, "at", NOON + timedelta(minutes=1)) == 2
        assert tx.count_since(Halt, "at", NOON, facility="north") == 2
    assert memory.facility_of(Halt, reason="halt") == "south"
    assert memory.facility_of(OptOut, id="+15035550199") is None


def test_the_newest_of_numbered_values_is_found(memory: SqlMemory) -> None:
    """``newest`` returns the greatest number above the given one."""
    one = example_of(DirectoryVersion, id="d-1", number=1)
    two = dataclasses.replace(one, id="d-2", number=2)
    with memory.transaction("system") as tx:
        tx.add(two)
        tx.add(one)
        assert tx.newest(DirectoryVersion, after=0) == two
        assert tx.newest(DirectoryVersion, after=2) is None


def test_the_last_beat_of_any_worker_is_told(memory: SqlMemory, clock: ManualClock) -> None:
    """``/readyz`` reads when any worker last went round."""
    assert memory.last_beat() is None
    memory.beat("worker-1")
    clock.advance(timedelta(seconds=5))
    memory.beat("worker-2")
    memory.beat("worker-2")
    assert memory.last_beat() == NOON + timedelta(seconds=5)


def test_what_counts_over_all_facilities_is_counted_by_one_at_a_time(memory: SqlMemory) -> None:
    """Eight sites ask at once whether somebody has anything yet: one of them is the first."""

    def take(facility: str) -> int:
        with memory.transaction(facility) as tx:
            tx.alone("reader:lee")
            held = len(tx.all(Halt, by="lee"))
            if held == 0:
                tx.add(halt(f"halt-{facility}", facility=facility, by="lee"))
            return held

    held = together([functools.partial(take, f"site-{number}") for number in range(8)])
    assert sorted(held) == [0] + [1] * 7
