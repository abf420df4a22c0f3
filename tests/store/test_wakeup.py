"""Who is woken: only those whom a commit concerns, in this process and in others; a look wakes nobody."""

from __future__ import annotations

import queue
from collections.abc import Collection, Iterator
from datetime import timedelta

import pytest
from sqlalchemy import text

from handlers.domain.machinery import WAKE_CLOCK, WAKE_INBOX, Deadline, DeadlineKind
from store.cipher import Cipher
from store.database import Database
from store.memory import SqlMemory
from store.wakeup import Listener
from tests.clock import NOON, ManualClock, SeededChance
from tests.conftest import FERNET_KEY, INDEX_KEY, unpaced
from tests.store.test_inbox import accepted
from tests.store.test_outbox import effect, put
from tests.store.threads import PATIENCE

#: On PostgreSQL whoever looked for events has passed over a facility whose chain was held.
ALWAYS = {"sqlite": set[str](), "postgresql": {WAKE_INBOX}}


@pytest.fixture
def touched(memory: SqlMemory) -> list[set[str]]:
    """Collect what each commit of the memory touched."""
    commits: list[set[str]] = []

    def note(one: Collection[str]) -> None:
        commits.append(set(one))

    memory.on_commit.append(note)
    return commits


def test_a_commit_says_whom_it_concerns(memory: SqlMemory, touched: list[set[str]]) -> None:
    """An event the inbox, an effect its lane, a deadline the clock."""
    always = ALWAYS[memory.database.url.get_backend_name()]
    memory.accept([accepted("1")])
    put(memory, effect("read", lane="slack:C1"))
    with memory.transaction("north") as tx:
        tx.deadline(Deadline(kind=DeadlineKind.RUNG_OVER, subject="relay", due_at=NOON))
    with memory.transaction("north"):
        pass
    assert touched == [{WAKE_INBOX}, {"slack:C1"} | always, {WAKE_CLOCK} | always, always]


def test_an_effect_that_may_leave_only_later_concerns_the_clock(memory: SqlMemory, touched: list[set[str]]) -> None:
    """Its lane would look, and find nothing, while the call that it watches is being placed."""
    put(memory, effect("read", lane="control", due_at=NOON + timedelta(seconds=30)))
    assert touched == [{WAKE_CLOCK} | ALWAYS[memory.database.url.get_backend_name()]]


def test_what_the_clock_waits_for_leaves_out_what_was_looked_at(memory: SqlMemory, clock: ManualClock) -> None:
    """An effect that may leave now is its lane's; a deadline that is due stays the clock's."""
    put(memory, effect("read"))
    assert memory.next_instant(clock.now()) is None
    assert memory.next_instant(clock.now() - timedelta(seconds=1)) == clock.now()
    with memory.transaction("north") as tx:
        tx.deadline(Deadline(kind=DeadlineKind.RUNG_OVER, subject="relay", due_at=NOON))
    assert memory.next_instant(clock.now()) == NOON


@pytest.fixture
def heard(postgresql_database_url: str) -> Iterator[queue.SimpleQueue[set[str]]]:
    """Listen as another process does."""
    said: queue.SimpleQueue[set[str]] = queue.SimpleQueue()
    listener = Listener(postgresql_database_url, lambda touched: said.put(set(touched)))
    listener.start()
    database = Database(postgresql_database_url)
    while said.empty():  # until it listens
        with database.writing() as connection:
            connection.execute(text("SELECT pg_notify('radrelay', 'ready'), pg_sleep(0.02)"))
    while not said.empty():
        said.get()
    yield said
    database.close()
    listener.stop()


@pytest.mark.postgresql
def test_other_processes_hear_of_a_change_and_of_no_look(
    heard: queue.SimpleQueue[set[str]], postgresql_database_url: str
) -> None:
    """Looks that told each other to look again kept an idle worker busy for ever."""
    database = Database(postgresql_database_url)
    memory = SqlMemory(database, Cipher([FERNET_KEY], INDEX_KEY), ManualClock(), SeededChance(1), unpaced)
    for _ in range(20):
        assert memory.take_effect("") is None
        with memory.next_delivery() as work:
            assert work is None
        memory.beat("worker")
    memory.accept([accepted("1"), accepted("2")])
    put(memory, effect("read", lane="slack:C1"))
    first, second = heard.get(timeout=PATIENCE), heard.get(timeout=PATIENCE)
    while first == {"ready"}:
        first, second = second, heard.get(timeout=PATIENCE)
    assert (first, second) == ({WAKE_INBOX}, {WAKE_INBOX, "slack:C1"})
    database.close()
