"""The clock and the drain: APScheduler wakes for the next due instant, threads carry out what commits left to do.

Due instants are rows; the scheduler holds one date job for the earliest and cron work, in memory, so that nothing is lost
with it. Every loop may be woken too often or too late without harm.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from typing import Protocol

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.date import DateTrigger
from apscheduler.triggers.interval import IntervalTrigger

from bot.bell import Bell
from handlers import dispatcher, intake, overdue
from handlers.dispatcher import Vendors
from handlers.domain.errors import RadrelayError
from handlers.domain.machinery import WAKE_INBOX
from handlers.intake import Parse
from handlers.ports import Due, House

log = structlog.get_logger(__name__)

#: Lanes by prefix, and how many threads carry each: Slack's channels are many and each is slow; a sink may be slower.
LANES = {"voice": 1, "control": 2, "text": 1, "slack:": 3, "hook:": 2}
#: A loop that was not woken looks by itself after so long; other processes' commits may go unnoticed.
LOOK_ANYWAY = 1.0
HEARTBEAT = timedelta(seconds=10)
SWEEP = timedelta(seconds=30)


def _begins(lanes: str) -> Callable[[str], bool]:
    return lambda touched: touched.startswith(lanes)


class Store(Protocol):
    """What the worker needs of the store beside the house's memory."""

    on_commit: list[Callable[[Collection[str]], None]]

    def beat(self, name: str) -> None:
        """Record that a worker went round."""

    def forget_deliveries(self, before: datetime) -> int:
        """Drop the ids of inbound messages older than any vendor repeats."""


class Worker:
    """Everything that happens without anybody asking."""

    def __init__(self, house: House, vendors: Vendors, parse: Parse, store: Store, name: str = "worker") -> None:
        self._house = house
        self._vendors = vendors
        self._parse = parse
        self._store = store
        self._name = name
        #: Each bell, with what of a commit concerns those who wait for it.
        self._bells: list[tuple[Callable[[str], bool], Bell]] = []
        self._plan = Bell()
        #: When every loop was last told to look; what was due by then waits for no timer.
        self._seen: datetime | None = None
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._scheduler = BackgroundScheduler(
            timezone=UTC, job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        )
        self._ids = itertools.count()
        self._armed: tuple[str, datetime] | None = None
        self._arming = threading.Lock()
        #: Called with each deadline as its handler is entered; the benchmark measures lateness there.
        self.on_entry: Callable[[Due], None] | None = None

    # --- one round, in the caller's thread (tests, and `radrelay worker --once`) -------------------------------------

    def drain(self) -> int:
        """Do everything that can be done now, and return how many things were done."""
        done = 0
        while self._is_anything_due() and (count := self._round()):
            done += count
        return done

    def _is_anything_due(self) -> bool:
        instant = self._house.memory.next_instant()
        return instant is not None and instant <= self._house.clock.now()

    def _round(self) -> int:
        count = 0
        while intake.handle_next(self._house, self._parse, self._failed):
            count += 1
        count += overdue.handle_due(self._house, self._failed, self.on_entry)
        for lanes in LANES:
            while dispatcher.send_next(self._house, self._vendors, lanes, self._failed):
                count += 1
        return count

    # --- threads -----------------------------------------------------------------------------------------------------

    def start(
        self,
        cron: list[tuple[timedelta, Callable[[], None]]] | None = None,
        at_once: Collection[Callable[[], None]] = (),
    ) -> None:
        """Start the threads and the scheduler; ``cron`` is work that runs every so often, of which ``at_once`` also now."""
        self._store.on_commit.append(self.wake)
        self._spawn("inbox", Bell(), WAKE_INBOX.__eq__, lambda _: self._inbox_step())
        for lanes, threads in LANES.items():
            self._spawn(lanes.strip(":"), Bell(), _begins(lanes), self._lane_step(lanes), threads)
        self._spawn("planner", self._plan, WAKE_INBOX.__ne__, lambda _: self._arm())  # new events wait for no instant
        self._scheduler.start()
        for every, work in [(HEARTBEAT, self._beat), (SWEEP, self._sweep), *(cron or [])]:
            first = {"next_run_time": datetime.now(UTC)} if work in at_once else {}
            self._scheduler.add_job(self._guarded(work), IntervalTrigger(seconds=int(every.total_seconds())), **first)
        self._beat()
        self._look_everywhere()

    def stop(self) -> None:
        """Stop in reverse: no new due work, then the threads, each after what it is doing."""
        if self.wake in self._store.on_commit:
            self._store.on_commit.remove(self.wake)
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)
        self._stopping.set()
        self.wake()
        for thread in self._threads:
            thread.join()
        self._threads.clear()

    def wake(self, touched: Collection[str] | None = None) -> None:
        """Let the loops look that a commit, here or in another process, concerns; all of them when that is not known."""
        for concerns, bell in self._bells:
            if touched is None or any(map(concerns, touched)):
                bell.ring()

    def _look_everywhere(self) -> None:
        self._seen = self._house.clock.now()
        self.wake()

    def _spawn(
        self, name: str, bell: Bell, concerns: Callable[[str], bool], step: Callable[[Bell], object], threads: int = 1
    ) -> None:
        self._bells.append((concerns, bell))
        for index in range(threads):
            thread = threading.Thread(
                target=self._loop, args=(bell, step), name=f"radrelay-{name}-{index}", daemon=True
            )
            self._threads.append(thread)
            thread.start()

    def _loop(self, bell: Bell, step: Callable[[Bell], object]) -> None:
        while not self._stopping.is_set():
            try:
                busy = step(bell)
            except Exception as error:  # noqa: BLE001 - a loop that ends would silently stop a whole lane
                self._failed(error)
                busy = False
            if not busy:
                bell.wait(LOOK_ANYWAY)
        bell.ring()  # the next of its threads stops, too

    def _inbox_step(self) -> bool:
        return intake.handle_next(self._house, self._parse, self._failed)

    def _lane_step(self, lanes: str) -> Callable[[Bell], bool]:
        # Whoever takes something lets another look for the next while it sends.
        return lambda bell: dispatcher.send_next(self._house, self._vendors, lanes, self._failed, bell.ring)

    # --- the clock ---------------------------------------------------------------------------------------------------

    def _arm(self) -> None:
        """Hold one date job for the earliest instant at which anything stored falls due."""
        instant = self._house.memory.next_instant(self._seen)
        with self._arming:
            if instant is None or (self._armed is not None and self._armed[1] <= instant):
                return
            if self._armed is not None and self._scheduler.get_job(self._armed[0]) is not None:
                self._scheduler.remove_job(self._armed[0])
            key = f"due-{next(self._ids)}"
            self._armed = (key, instant)
            self._scheduler.add_job(self._tick, DateTrigger(max(instant, self._house.clock.now())), args=[key], id=key)

    def _tick(self, key: str) -> None:
        """Handle what is due, or wake the lanes whose effects may leave, and arm for the next instant."""
        handled = 0
        try:
            handled = overdue.handle_due(self._house, self._failed, self.on_entry)
        except Exception as error:  # noqa: BLE001 - the next instant must be armed whatever happens
            self._failed(error)
        with self._arming:
            if self._armed is not None and self._armed[0] == key:
                self._armed = None
        if handled:
            self._plan.ring()  # their commits have woken whom they concern
        else:
            self._look_everywhere()

    def _beat(self) -> None:
        self._store.beat(self._name)

    def _sweep(self) -> None:
        """Look whether anything is due that no timer waits for."""
        with self._arming:
            stale = self._armed is not None and self._scheduler.get_job(self._armed[0]) is None
            if stale:
                self._armed = None
        self._look_everywhere()

    def _guarded(self, work: Callable[[], None]) -> Callable[[], None]:
        def run() -> None:
            try:
                work()
            except Exception as error:  # noqa: BLE001 - cron work comes again
                self._failed(error)

        return run

    def _failed(self, error: Exception) -> None:
        reason = str(error) if isinstance(error, RadrelayError) else ""
        log.warning("work_failed", error=type(error).__name__, reason=reason, exc_info=error)
