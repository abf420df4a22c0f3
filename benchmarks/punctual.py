"""One run of deadlines, in a process of its own: the product's worker over rows that were put there ahead.

Each deadline is the refresh of a card whose read is reported by now: its handler marks it done and finds nothing to draw.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Collection
from datetime import timedelta

from bot import logs, settings
from bot.settings import Mode
from bot.wiring.service import Service
from handlers.domain.classes import Priority
from handlers.domain.machinery import Deadline, DeadlineKind
from handlers.domain.studies import Read, ReadState
from handlers.ports import Due

#: From when the rows are stored to the first instant; starting the threads lies in it.
AHEAD = timedelta(seconds=2)
PATIENCE = 30.0


class Stopwatch:
    """Notes how late each deadline's handler was entered, and how late its transaction was committed."""

    def __init__(self, service: Service) -> None:
        self._now = service.clock.now
        self._mine = threading.local()
        self.entered: list[float] = []
        self.done: list[float] = []
        service.worker.on_entry = self._on_entry
        service.store.memory.on_commit.append(self._on_commit)

    def _on_entry(self, due: Due) -> None:
        self.entered.append(self._late(due))
        self._mine.due = due

    def _on_commit(self, _touched: Collection[str]) -> None:
        due = getattr(self._mine, "due", None)
        if due is not None:
            self.done.append(self._late(due))
            self._mine.due = None

    def _late(self, due: Due) -> float:
        return (self._now() - due.due_at).total_seconds() * 1000


def lay_out(service: Service, per_second: int, seconds: int) -> None:
    """Store reads that are reported, and for each a deadline of its own instant."""
    first = service.clock.now() + AHEAD + timedelta(milliseconds=per_second * seconds)
    with service.store.memory.transaction("site0") as tx:
        for number in range(per_second * seconds):
            read = Read(
                id=f"read{number}",
                facility="site0",
                study_id=f"study{number}",
                case_code=f"{number:08d}",
                pool="pool0",
                priority=Priority.STROKE,
                state=ReadState.REPORTED,
                opened_at=tx.now,
                due_at=tx.now,
                clock_started_at=tx.now,
                target_seconds=0,
            )
            tx.add(read)
            due_at = first + timedelta(seconds=number / per_second)
            tx.deadline(Deadline(kind=DeadlineKind.CARD_REFRESH, subject=read.id, due_at=due_at))


def main() -> None:
    """Run and print lateness in milliseconds, as JSON."""
    per_second, seconds = int(sys.argv[1]), int(sys.argv[2])
    read = settings.for_service(Mode.DOCTOR)
    logs.configure(read.log_level)
    service = Service(read, doors=False, works=True)
    service.prepare()
    lay_out(service, per_second, seconds)
    watch = Stopwatch(service)
    until = time.monotonic() + seconds + PATIENCE
    with service.running():
        while len(watch.done) < per_second * seconds and time.monotonic() < until:
            time.sleep(0.1)
    service.close()
    if len(watch.entered) != per_second * seconds or len(watch.done) != per_second * seconds:
        raise SystemExit(f"{len(watch.entered)} of {per_second * seconds} deadlines were handled")
    print(json.dumps({"entered": watch.entered, "done": watch.done}))


if __name__ == "__main__":
    main()
