"""A process that dies at the worst moment: between telling the vendor and writing down what the vendor said."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from bot import intake
from bot.worker import Worker
from telephony.dialer import TwilioDialer
from tests.flows.stage import Stage


class Crash(BaseException):
    """Nothing of ours catches this, as nothing catches kill -9."""


class CrashingDialer(TwilioDialer):
    """Dies just before its request leaves, or just after the vendor took it."""

    asks_first = True

    def place(self, **asked: Any) -> str:
        """Die."""
        if self.asks_first:
            super().place(**asked)
        raise Crash


class CrashingBeforeAsking(CrashingDialer):
    """Dies before the vendor hears of anything."""

    asks_first = False


@contextmanager
def dying_while_dialing(stage: Stage, dialer: type[CrashingDialer]) -> Iterator[None]:
    """Let the worker die at the next call that it places; afterwards the worker of before does the work again."""
    service, healthy = stage.service, stage.service.worker
    vendors = replace(service._vendors(), dialer=dialer(service.account, service.urls))
    service.worker = Worker(service.house, vendors, intake.parse, service.store.memory)
    with pytest.raises(Crash):
        yield
    service.worker = healthy
