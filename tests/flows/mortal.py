"""A world whose product may be killed at the worst moment: while it asks the vendor for a call; it starts again by itself."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot import intake
from bot.worker import Worker
from telephony.dialer import TwilioDialer
from tests.flows.stage import Stage

#: How long the product waits for a mute vendor: real seconds, so that a run does not wait the usual ten each time.
PATIENCE = 0.4


class Killed(BaseException):
    """Nothing of ours catches this, as nothing catches kill -9."""


class Reaper:
    """Kills the product at a call that it places, when it was told to."""

    def __init__(self) -> None:
        #: ``before`` the vendor hears of the call, ``after`` it took it, or "".
        self.next = ""
        self.deaths: Counter[str] = Counter()

    def take(self) -> str:
        """Return how the product dies now, if at all."""
        when, self.next = self.next, ""
        if when:
            self.deaths[f"killed {when} the call was asked for"] += 1
        return when


class MortalStage(Stage):
    """A story's world in which the product may die; ``dialer`` is how it calls."""

    def __init__(self, *given: Any, dialer: type[TwilioDialer] = TwilioDialer, **named: Any) -> None:
        self.reaper = Reaper()
        self._dialer = dialer
        super().__init__(*given, **named)

    def start(self) -> None:
        """Start the product with a dialer that may kill it."""
        super().start()
        self.service.account._wire.timeout = PATIENCE
        service, reaper = self.service, self.reaper

        class Mortal(self._dialer):  # type: ignore[name-defined,misc]
            def place(self, **asked: Any) -> str:
                when = reaper.take()
                if when == "before":
                    raise Killed
                sid: str = super().place(**asked)
                if when == "after":
                    raise Killed
                return sid

        vendors = replace(service._vendors(), dialer=Mortal(service.account, service.urls))
        service.worker = Worker(service.house, vendors, intake.parse, service.store.memory)

    def settle(self) -> None:
        """Let everything happen that can, over as many lives as it takes."""
        while True:
            try:
                super().settle()
            except Killed:
                self.restart()
            else:
                return

    def advance(self, seconds: float = 0, *, minutes: float = 0) -> None:
        """Move time on, over as many lives as it takes."""
        until = self.clock.instant + timedelta(seconds=seconds, minutes=minutes)
        while True:
            try:
                self.motion.advance(until)
            except Killed:
                self.restart()
            else:
                return
