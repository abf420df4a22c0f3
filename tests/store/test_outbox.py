"""The outbox: each effect leaves once, coalesced, paced and in order; a sender that crashed leaves it in doubt."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from handlers.domain.machinery import Effect, EffectKind
from handlers.ports import Sending
from store.memory import SqlMemory
from store.queues import LEASE, OUTBOX, Pace
from tests.clock import NOON, ManualClock
from tests.conftest import MakeMemory
from tests.store.threads import PATIENCE, together

SECOND = timedelta(seconds=1)
LANE = "slack:C1"


def effect(subject: str, lane: str = "control", **fields: Any) -> Effect:
    """Return an effect about a subject."""
    return Effect(kind=EffectKind.READ_CARD, subject=subject, lane=lane, **fields)


def put(memory: SqlMemory, *effects: Effect) -> None:
    """Record effects."""
    with memory.transaction("north") as tx:
        for one in effects:
            tx.effect(one)


def take(memory: SqlMemory, lanes: str = "") -> Sending:
    """Take the next effect; there is one."""
    taken = memory.take_effect(lanes)
    assert taken is not None
    return taken


def taken_all(memory: SqlMemory, lanes: str = "") -> list[str]:
    """Take and finish every effect that may leave now."""
    subjects = []
    while (one := memory.take_effect(lanes)) is not None:
        subjects.append(one.effect.subject)
        memory.effect_done(one)
    return subjects


def test_the_urgent_leave_first_then_the_oldest(memory: SqlMemory) -> None:
    """Rank, then order of recording."""
    put(memory, effect("card"), effect("second card"), effect("category 1", rank=0))
    assert taken_all(memory) == ["category 1", "card", "second card"]


def test_an_effect_comes_back_as_it_was_recorded(memory: SqlMemory) -> None:
    """Kind, subject, lane, ids and facility; it was never tried."""
    put(memory, effect("read-1", args={"by": "ann", "mention": "1"}, rank=2, once="card:read-1"))
    taken = take(memory)
    wanted = effect("read-1", args={"by": "ann", "mention": "1"}, rank=2, due_at=NOON)
    assert (taken.facility, taken.effect, taken.tries, taken.in_doubt) == ("north", wanted, 0, False)


def test_a_worker_sees_only_the_lanes_it_serves(memory: SqlMemory) -> None:
    """Voice is not held up by Slack."""
    put(memory, effect("card", LANE), effect("call", "voice"))
    assert taken_all(memory, "voice") == ["call"]
    assert taken_all(memory, "slack:") == ["card"]


def test_a_pending_twin_is_not_doubled(memory: SqlMemory) -> None:
    """Ten changes of a card before it is sent are one effect; without a key nothing coalesces."""
    for _ in range(10):
        put(memory, effect("read-1", once="card:read-1"), effect("note"))
    assert sorted(taken_all(memory)) == ["note"] * 10 + ["read-1"]


def test_a_twin_makes_a_pending_effect_leave_sooner_and_never_later(memory: SqlMemory, clock: ManualClock) -> None:
    """The earlier instant and the more urgent rank of both count."""
    put(memory, effect("read-1", once="card:read-1", due_at=NOON + 10 * SECOND, rank=5), effect("note", rank=3))
    assert memory.take_effect("slack") is None
    put(memory, effect("read-1", once="card:read-1", due_at=NOON, rank=1))
    put(memory, effect("read-1", once="card:read-1", due_at=NOON + 20 * SECOND, rank=9))
    assert taken_all(memory) == ["read-1", "note"]
    clock.advance(30 * SECOND)
    assert taken_all(memory) == []


def test_a_change_while_its_twin_is_being_sent_is_sent_too(memory: SqlMemory) -> None:
    """What was rendered before the change is out of date: a new effect is recorded."""
    put(memory, effect("read-1", once="card:read-1"))
    sending = take(memory)
    put(memory, effect("read-1", once="card:read-1"))
    memory.effect_done(sending)
    assert taken_all(memory) == ["read-1"]


def test_a_change_that_is_not_committed_yet_keeps_its_pending_twin_from_leaving(make_memory: MakeMemory) -> None:
    """Else the twin would be rendered from before the change, and nothing would be left to send after it."""
    changing, sending = make_memory(), make_memory()
    put(changing, effect("read-1", once="card:read-1"))
    inside, go_on = threading.Event(), threading.Event()

    def change() -> None:
        with changing.transaction("north") as tx:
            tx.effect(effect("read-1", once="card:read-1"))
            inside.set()
            assert go_on.wait(PATIENCE)

    sent: list[str] = []

    def send() -> None:
        assert inside.wait(PATIENCE)
        taken = sending.take_effect("")
        if taken is not None:
            assert go_on.is_set(), "it left before the change was committed"
            sent.append(taken.effect.subject)
            sending.effect_done(taken)

    with ThreadPoolExecutor(2) as pool:
        changed, left = pool.submit(change), pool.submit(send)
        wait([left], timeout=0.3)
        go_on.set()
        changed.result(PATIENCE)
        left.result(PATIENCE)
    assert sent + taken_all(sending) == ["read-1"]


def test_a_lane_leaves_at_its_pace(make_memory: MakeMemory, clock: ManualClock) -> None:
    """At most one in its span, whoever takes it; the next instant says when the next may leave."""
    memory = make_memory(pace_of=lambda _: Pace(SECOND, alone=False))
    put(memory, *(effect(str(number), "voice") for number in range(3)))
    for number in range(3):
        assert take(memory).effect.subject == str(number)
        assert memory.take_effect("") is None
        assert memory.next_instant() == clock.now() + (SECOND if number < 2 else LEASE - 2 * SECOND)
        clock.advance(SECOND)


def test_an_alone_lane_has_one_on_the_way(memory: SqlMemory, clock: ManualClock) -> None:
    """The next of the lane waits for the answer of the one before it; other lanes go on meanwhile."""
    put(memory, effect("first", LANE), effect("second", LANE), effect("elsewhere", "slack:C2"))
    first = take(memory)
    assert take(memory).effect.subject == "elsewhere"
    assert memory.take_effect("") is None
    assert memory.next_instant() == NOON + LEASE
    memory.effect_done(first)
    assert memory.next_instant() == NOON
    assert take(memory).effect.subject == "second"
    clock.advance(SECOND)
    assert memory.take_effect("") is None


def test_a_sender_that_crashed_leaves_its_effect_in_doubt(make_memory: MakeMemory, clock: ManualClock) -> None:
    """Nobody takes it while its lease runs; then it is taken with a warning that the vendor may have it."""
    crashed, other = make_memory(), make_memory()
    put(crashed, effect("call", LANE))
    take(crashed)
    clock.advance(LEASE - SECOND)
    assert other.take_effect("") is None
    clock.advance(SECOND)
    again = take(other)
    assert (again.effect.subject, again.in_doubt, again.tries) == ("call", True, 1)
    assert other.take_effect("") is None


def test_an_effect_given_back_leaves_at_its_instant(memory: SqlMemory, clock: ManualClock) -> None:
    """Its tries are counted, and its lane is free for others meanwhile."""
    put(memory, effect("first", LANE), effect("second", LANE))
    memory.effect_later(take(memory), NOON + 3 * SECOND, "slack is down")
    assert taken_all(memory) == ["second"]
    assert memory.next_instant() == NOON + 3 * SECOND
    clock.advance(3 * SECOND)
    again = take(memory)
    assert (again.effect.subject, again.tries, again.in_doubt) == ("first", 1, False)


def test_a_whole_lane_waits_when_the_vendor_asks(memory: SqlMemory, clock: ManualClock) -> None:
    """A 429 is about the channel: everything of the lane waits, in order; other lanes do not."""
    put(memory, effect("first", LANE), effect("second", LANE), effect("elsewhere", "slack:C2"))
    memory.effect_later(take(memory), NOON + 30 * SECOND, "rate limited", whole_lane=True)
    assert taken_all(memory) == ["elsewhere"]
    assert memory.next_instant() == NOON + 30 * SECOND
    clock.advance(30 * SECOND)
    assert taken_all(memory) == ["first", "second"]


def test_a_dropped_effect_stays_with_its_reason(memory: SqlMemory, clock: ManualClock) -> None:
    """It never leaves again, frees its lane, and an operator sees why."""
    put(memory, effect("first", LANE), effect("second", LANE))
    memory.effect_dropped(take(memory), "channel_not_found: it was archived")
    assert taken_all(memory) == ["second"]
    clock.advance(timedelta(days=1))
    assert memory.take_effect("") is None
    with memory.database.reading() as connection:
        row = connection.execute(select(OUTBOX)).mappings().one()
    assert (row["state"], row["reason"]) == ("dropped", "channel_not_found: it was archived")


def test_a_sender_that_was_only_slow_cannot_give_back_what_another_took(
    make_memory: MakeMemory, clock: ManualClock
) -> None:
    """Its lease ran out, another process looks it up: given back or dropped by the first, it would leave twice."""
    slow, other = make_memory(), make_memory()
    put(slow, effect("call", LANE), effect("next", LANE))
    before = take(slow)
    clock.advance(LEASE)
    again = take(other)
    slow.effect_later(before, clock.now(), "timeout")
    slow.effect_dropped(before, "refused")
    assert other.take_effect("") is None
    slow.effect_done(before)
    assert other.take_effect("") is None
    other.effect_done(again)
    assert taken_all(other) == ["next"]


def test_an_effect_is_done_with_what_came_of_it(memory: SqlMemory) -> None:
    """``sent`` is part of the transaction that records the vendor's answer."""
    put(memory, effect("read-1", LANE))
    sending = take(memory)
    with memory.transaction("north") as tx:
        tx.remember_message("read-1", "C1", "1.0")
        tx.sent(sending)
    with memory.database.reading() as connection:
        assert connection.execute(select(OUTBOX.c.id)).all() == []
    assert memory.take_effect("") is None


@pytest.mark.parametrize("alone", [False, True])
def test_no_two_takers_get_the_same_effect(make_memory: MakeMemory, alone: bool) -> None:
    """Eight takers through two engines: each of sixty effects is taken once, and an alone lane has one at a time."""
    memories = [make_memory(pace_of=lambda _: Pace(timedelta(0), alone=alone)) for _ in range(2)]
    wanted = [f"{lane}-{number:02}" for number in range(15) for lane in "abcd"]
    put(memories[0], *(effect(one, f"slack:{one[0]}") for one in wanted))
    done: list[str] = []
    lock = threading.Lock()
    on_the_way = dict.fromkeys("abcd", 0)
    most = dict.fromkeys("abcd", 0)

    def work(memory: SqlMemory) -> None:
        while len(done) < len(wanted):
            taken = memory.take_effect("slack:")
            if taken is None:
                continue
            lane = taken.effect.subject[0]
            with lock:
                done.append(taken.effect.subject)
                on_the_way[lane] += 1
                most[lane] = max(most[lane], on_the_way[lane])
            with lock:
                on_the_way[lane] -= 1
            memory.effect_done(taken)

    together([lambda memory=memories[i % 2]: work(memory) for i in range(8)])  # type: ignore[misc]
    assert sorted(done) == sorted(wanted)
    if alone:
        assert most == dict.fromkeys("abcd", 1)
        for lane in "abcd":
            mine = [one for one in done if one[0] == lane]
            assert mine == sorted(mine)


def test_recording_and_finishing_at_once_never_deadlocks(make_memory: MakeMemory) -> None:
    """Transactions that finish an effect and record its twin, and takers, use the same rows in opposite orders."""
    memories = [make_memory() for _ in range(3)]
    put(memories[0], effect("read-1", LANE, once="card:read-1"))
    rounds = 40

    def finish_and_record(memory: SqlMemory) -> None:
        for _ in range(rounds):
            taken = memory.take_effect("slack:")
            with memory.transaction("north") as tx:
                if taken is not None:
                    tx.sent(taken)
                tx.effect(effect("read-1", LANE, once="card:read-1"))

    def take_and_finish(memory: SqlMemory) -> None:
        for _ in range(rounds):
            taken = memory.take_effect("slack:")
            if taken is not None:
                memory.effect_done(taken)

    together(
        [lambda: finish_and_record(memories[0]), lambda: finish_and_record(memories[1])]
        + [lambda: take_and_finish(memories[2]) for _ in range(2)]
    )
    put(memories[0], effect("read-1", LANE, once="card:read-1"))
    assert taken_all(memories[0]) == ["read-1"]
