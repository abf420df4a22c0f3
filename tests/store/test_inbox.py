"""The inbox: accepted once, in order, by one worker a facility, set aside when it keeps failing, erased when done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import event, select, text

from handlers.domain.machinery import Accepted, AuditFact, Verdict
from handlers.ports import Delivered
from store.cipher import Cipher
from store.memory import SqlMemory
from store.queues import EVENT_TRIES, INBOX
from tests.clock import NOON, ManualClock
from tests.conftest import INDEX_KEY, MakeMemory
from tests.store.opened import opened_memory
from tests.store.threads import together

NEW, REPEATED, DIFFERENT = Verdict.NEW, Verdict.REPEATED, Verdict.DIFFERENT


def accepted(delivery: str, body: bytes = b"{}", facility: str = "north", **fields: Any) -> Accepted:
    """Return a delivery of the source ris."""
    at = fields.pop("received_at", NOON)
    return Accepted(source="ris", delivery_id=delivery, facility=facility, kind="study", body=body, received_at=at)


def handle(memory: SqlMemory) -> str | None:
    """Handle the next delivery and return its id."""
    with memory.next_delivery() as work:
        return None if work is None else work[0].accepted.delivery_id


def rolled_back(memory: SqlMemory) -> Delivered:
    """Fail at the next delivery, as a bug would, and return it; the failure is not counted yet."""
    taken: list[Delivered] = []

    def break_at_it() -> None:
        with memory.next_delivery() as work:
            assert work is not None
            taken.append(work[0])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        break_at_it()
    return taken[0]


def fail(memory: SqlMemory) -> bool:
    """Fail at the next delivery; True when it was set aside."""
    return memory.delivery_failed(rolled_back(memory), "RuntimeError")


def rows(memory: SqlMemory) -> dict[str, tuple[str, bytes, str]]:
    """Return state, body and reason of every delivery."""
    with memory.database.reading() as connection:
        found = connection.execute(select(INBOX)).mappings()
        return {row["delivery_id"]: (row["state"], bytes(row["body"]), row["reason"]) for row in found}


def test_a_group_is_one_commit_with_a_verdict_each(memory: SqlMemory) -> None:
    """New, repeated and different are told apart within one group and across groups."""
    commits: list[int] = []
    memory.on_commit.append(lambda _touched: commits.append(1))
    assert memory.accept([accepted("1", b"a"), accepted("2", b"b"), accepted("1", b"a")]) == [NEW, NEW, REPEATED]
    assert memory.accept([accepted("1", b"a"), accepted("2", b"other"), accepted("3")]) == [REPEATED, DIFFERENT, NEW]
    assert memory.accept([]) == []
    assert len(commits) == 2
    assert [handle(memory) for _ in range(4)] == ["1", "2", "3", None]


def test_the_same_id_of_another_source_is_another_delivery(memory: SqlMemory) -> None:
    """Ids are unique per source."""
    other = Accepted(source="pacs", delivery_id="1", facility="north", kind="study", body=b"b", received_at=NOON)
    assert memory.accept([accepted("1", b"a"), other]) == [NEW, NEW]


def test_one_bad_row_fails_alone(memory: SqlMemory) -> None:
    """Its neighbors are committed, also those of a facility that was never heard of; only its own door hears of it."""
    naive = accepted("bad", received_at=datetime(2026, 1, 1))  # noqa: DTZ001
    verdicts = memory.accept([accepted("1"), naive, accepted("2", facility="never heard of"), accepted("\ud800")])
    assert (verdicts[0], verdicts[2]) == (NEW, NEW)
    assert isinstance(verdicts[1], Exception)
    assert isinstance(verdicts[3], Exception)
    assert sorted(filter(None, (handle(memory) for _ in range(3)))) == ["1", "2"]


def test_each_facility_is_handled_in_its_order(memory: SqlMemory) -> None:
    """The oldest first, whatever the ids; facilities in the order of their oldest."""
    memory.accept([accepted("z"), accepted("s1", facility="south"), accepted("a"), accepted("s2", facility="south")])
    assert [handle(memory) for _ in range(5)] == ["z", "s1", "a", "s2", None]


def test_a_handled_body_is_erased(memory: SqlMemory) -> None:
    """What remains is that it came, so that a repeat is known; until then the body is sealed."""
    memory.accept([accepted("1", b"DOE^JANE")])
    assert b"DOE" not in rows(memory)["1"][1]
    with memory.next_delivery() as work:
        assert work is not None
        assert work[0].accepted.body == b"DOE^JANE"
        work[1].audit(AuditFact(action="study:receive", actor="source:ris"))
    assert rows(memory)["1"] == ("done", b"", "")
    assert memory.accept([accepted("1", b"DOE^JANE"), accepted("1", b"ROE^RICHARD")]) == [REPEATED, DIFFERENT]


def test_one_that_keeps_failing_is_set_aside_and_the_next_goes_on(memory: SqlMemory, clock: ManualClock) -> None:
    """Its facility waits for its tries; then it is kept with body and reason, for a human, and the order goes on."""
    memory.accept([accepted("poison", b"DOE^JANE"), accepted("next")])
    for attempt in range(1, EVENT_TRIES + 1):
        assert fail(memory) is (attempt == EVENT_TRIES)
        if attempt < EVENT_TRIES:
            assert handle(memory) is None
            assert memory.next_instant() == clock.now() + timedelta(seconds=1)
        clock.advance(timedelta(seconds=1))
    assert handle(memory) == "next"
    state, body, reason = rows(memory)["poison"]
    assert (state, reason) == ("aside", "RuntimeError")
    assert memory.cipher.open(body) == b"DOE^JANE"


def test_a_facility_that_waits_for_its_next_try_holds_nobody_else_up(memory: SqlMemory) -> None:
    """Behind a failed item of one facility, another's is handled at once."""
    memory.accept([accepted("poison"), accepted("behind"), accepted("s1", facility="south")])
    fail(memory)
    assert handle(memory) == "s1"
    assert handle(memory) is None


def test_failing_after_another_process_handled_it_changes_nothing(memory: SqlMemory) -> None:
    """Between a rollback and its counting another process may take the item: it stays done."""
    memory.accept([accepted("1")])
    taken = rolled_back(memory)
    assert handle(memory) == "1"
    assert memory.delivery_failed(taken, "late") is False
    assert rows(memory)["1"][0] == "done"


def test_a_body_whose_key_is_missing_is_set_aside_like_any_other(make_memory: MakeMemory, clock: ManualClock) -> None:
    """It comes empty, fails to parse, and keeps its sealed bytes for the day when the key is back."""
    make_memory(cipher=Cipher([Fernet.generate_key().decode()], INDEX_KEY)).accept([accepted("1", b"DOE^JANE")])
    memory = make_memory()
    memory.accept([accepted("2", b"fine")])
    for _ in range(EVENT_TRIES):
        fail(memory)
        clock.advance(timedelta(seconds=1))
    assert rows(memory)["1"][0] == "aside"
    assert rows(memory)["1"][1] != b""
    assert handle(memory) == "2"


def test_workers_take_each_delivery_once_and_each_facility_in_order(make_memory: MakeMemory) -> None:
    """Eight workers through two engines: nothing twice, nothing lost, and every facility's order is kept."""
    memories = [make_memory(), make_memory()]
    wanted = [f"{facility}-{number:02}" for number in range(10) for facility in ("n", "s", "e", "w")]
    memories[0].accept(accepted(one, facility=one[0]) for one in wanted)
    done: list[str] = []

    def work(memory: SqlMemory) -> None:
        idle = 0
        while idle < 3:
            with memory.next_delivery() as taken:
                if taken is not None:
                    done.append(taken[0].accepted.delivery_id)
            idle = 0 if taken is not None else idle + 1

    together([lambda memory=memories[i % 2]: work(memory) for i in range(8)])  # type: ignore[misc]
    while (one := handle(memories[0])) is not None:
        done.append(one)
    assert sorted(done) == sorted(wanted)
    for facility in ("n", "s", "e", "w"):
        mine = [one for one in done if one[0] == facility]
        assert mine == sorted(mine)


@contextmanager
def two_memories(url: str) -> Iterator[tuple[SqlMemory, SqlMemory]]:
    """Open a database as two processes would."""
    with opened_memory(url, 1) as one, opened_memory(url, 2) as two:
        yield one, two


@pytest.mark.postgresql
def test_workers_take_different_facilities_in_parallel(postgresql_database_url: str) -> None:
    """PostgreSQL only (SQLite has one writer): a facility in work is skipped, another is taken, a third worker rests."""
    with two_memories(postgresql_database_url) as (one, two), ExitStack() as stack:
        one.accept([accepted("n1"), accepted("n2"), accepted("s1", facility="south")])
        first = stack.enter_context(one.next_delivery())
        second = stack.enter_context(two.next_delivery())
        assert first is not None
        assert second is not None
        assert {first[0].accepted.delivery_id, second[0].accepted.delivery_id} == {"n1", "s1"}
        assert handle(one) is None
    with opened_memory(postgresql_database_url, 3) as three:
        assert handle(three) == "n2"


@pytest.mark.postgresql
def test_an_item_handled_between_two_looks_is_not_handled_again(postgresql_database_url: str) -> None:
    """PostgreSQL only: the look that chose a facility may be older than its lock, so the item is looked up afresh."""
    with two_memories(postgresql_database_url) as (one, two):
        one.accept([accepted("n1"), accepted("s1", facility="south")])
        done: list[str | None] = []

        class Intruding:
            """Lets the other process handle n1 after the facility was chosen and before its item is read."""

            def __init__(self) -> None:
                self.armed = True

            def __call__(self, _conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
                if self.armed and statement.startswith("SELECT chain.facility"):
                    self.armed = False
                    done.append(handle(two))

        event.listen(one.database.engine, "before_cursor_execute", Intruding())
        done.append(handle(one))
        assert done == ["n1", "s1"]
        with one.database.reading() as connection:
            assert connection.execute(text("SELECT count(*) FROM inbox WHERE state = 'pending'")).scalar_one() == 0
