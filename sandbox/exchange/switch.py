"""What every part of the exchange stands on: the account's particulars, its time, its lock and the way to the product."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sandbox.exchange.callbacks import Courier
from sandbox.exchange.faults import Faults

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import httpx

    from sandbox.exchange.numbers import NumberConfig
    from sandbox.exchange.records import ApplicationError
    from sandbox.timeline import Timeline, Timer


class Switch:
    """Lets the parts act one at a time, now or later, and ask the product while nothing is locked."""

    def __init__(
        self,
        timeline: Timeline,
        account_sid: str,
        auth_token: str,
        numbers: Mapping[str, NumberConfig],
        base_url: str,
        client: httpx.Client | None,
    ) -> None:
        self.timeline = timeline
        self.account_sid = account_sid
        self.auth_token = auth_token
        self.numbers = dict(numbers)
        #: Where the REST API can be reached; recording URLs begin with it.
        self.base_url = base_url
        self.opened = timeline.now()
        self.faults = Faults()
        self.courier = Courier(timeline, auth_token, self.faults, client)
        #: Answers of the product that would have ended in "an application error has occurred".
        self.application_errors: list[ApplicationError] = []
        #: Called after anything changed, never while the exchange is locked.
        self.on_change: Callable[[], None] = lambda: None
        self._lock = threading.RLock()
        self._depth = 0
        self._errands: list[Callable[[], None]] = []

    def now(self) -> datetime:
        """Return the instant on the timeline."""
        return self.timeline.now()

    def errand(self, what: Callable[[], None]) -> None:
        """Do ``what``, which asks the product, as soon as nothing is locked."""
        self._errands.append(what)

    @contextmanager
    def acting(self, *, errands_on_timeline: bool = False) -> Iterator[None]:
        """Lock the exchange; when the outermost lock is released, do the errands, here or on the timeline."""
        errands: list[Callable[[], None]] = []
        with self._lock:
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
                outermost = self._depth == 0
                if outermost:
                    errands, self._errands = self._errands, []
        for errand in errands:
            if errands_on_timeline:
                self.timeline.after(0, errand)
            else:
                errand()
        if outermost:
            self.on_change()

    def later(self, seconds: float, what: Callable[[], None]) -> Timer:
        """Do ``what``, locked, when ``seconds`` have passed."""
        return self.later_at(self.now() + timedelta(seconds=seconds), what)

    def later_at(self, due: datetime, what: Callable[[], None]) -> Timer:
        """Do ``what``, locked, at ``due``."""

        def fire() -> None:
            with self.acting():
                what()

        return self.timeline.at(due, fire)
