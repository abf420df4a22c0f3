"""Who waits for a bell: one is woken at a time, and no ring is lost."""

from __future__ import annotations

import queue
import threading
import time

from bot.bell import Bell

PATIENCE = 10.0


def _waiting(bell: Bell, woken: queue.SimpleQueue[int], count: int) -> list[threading.Thread]:
    """Start so many threads, each of which waits once."""

    def wait(index: int) -> None:
        bell.wait(PATIENCE)
        woken.put(index)

    threads = [threading.Thread(target=wait, args=(index,)) for index in range(count)]
    for thread in threads:
        thread.start()
    return threads


def test_a_ring_before_anybody_waits_is_kept_once() -> None:
    """Work that came while its thread was busy is looked for at once; twice rung is one look."""
    bell, woken = Bell(), queue.SimpleQueue[int]()
    bell.ring()
    bell.ring()
    threads = _waiting(bell, woken, 2)
    first = woken.get(timeout=PATIENCE)
    threads[1 - first].join(0.1)
    assert threads[1 - first].is_alive()
    bell.ring()
    assert woken.get(timeout=PATIENCE) == 1 - first


def test_each_ring_wakes_one_who_wakes_the_next() -> None:
    """Three wait; whoever is woken rings on, until all are."""
    bell, woken = Bell(), queue.SimpleQueue[int]()
    threads = _waiting(bell, woken, 3)
    seen = set()
    for _ in threads:
        bell.ring()
        seen.add(woken.get(timeout=PATIENCE))
    assert seen == {0, 1, 2}
    for thread in threads:
        thread.join(PATIENCE)


def test_a_bell_that_nobody_rings_lets_go_after_a_while() -> None:
    """Other processes' commits may go unnoticed, so each loop looks by itself, too."""
    bell, begun = Bell(), time.monotonic()
    bell.wait(0.01)
    bell.ring()
    bell.wait(PATIENCE)
    assert 0.01 <= time.monotonic() - begun < PATIENCE
