"""The one account of the exchange: its calls, texts and recordings, and the rate at which its calls start."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sandbox.exchange.calls import Call
from sandbox.exchange.life import Trunk
from sandbox.exchange.messages import Message, Messages
from sandbox.exchange.recordings import Recordings
from sandbox.exchange.records import CallPlan, Refusal
from sandbox.exchange.talk import Talk

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

    from sandbox.exchange.dialing import Dialing
    from sandbox.exchange.life import CallLife
    from sandbox.exchange.numbers import NumberConfig
    from sandbox.exchange.talk import FarEnd
    from sandbox.timeline import Timeline


#: Twilio: error 20003, answered as HTTP 401.
UNAUTHORIZED = 20003


class Account(Trunk):
    """What the REST API shows and changes (Twilio: Account resource)."""

    def __init__(
        self,
        timeline: Timeline,
        account_sid: str,
        auth_token: str,
        numbers: Mapping[str, NumberConfig],
        *,
        calls_per_second: float = 1.0,
        base_url: str = "https://api.twilio.com",
        client: httpx.Client | None = None,
    ) -> None:
        super().__init__(timeline, account_sid, auth_token, numbers, base_url, client)
        #: Creates above this rate are queued, as Twilio queues them.
        self.calls_per_second = calls_per_second
        self.recordings = Recordings(self)
        self.texts = Messages(self)
        #: Who is at a number by itself, and answers the calls to it.
        self.far_ends: dict[str, FarEnd] = {}
        self._calls: list[Call] = []
        self._next_start = self.opened
        self._starts: deque[datetime] = deque()

    @property
    def calls(self) -> list[Call]:
        """Every call, in the order of creation."""
        return list(self._calls)

    @property
    def messages(self) -> list[Message]:
        """Every text, in both directions, in the order of creation."""
        return list(self.texts.all)

    def find(self, sid: str) -> Call:
        """Return the call with this identifier; KeyError if there is none."""
        for call in self._calls:
            if call.sid == sid:
                return call
        raise KeyError(sid)

    def place(self, plan: CallPlan) -> Call:
        """Accept an outbound call; above the rate it waits in the queue."""
        now = self.now()
        while self._starts and self._starts[0] <= now - timedelta(seconds=1):
            self._starts.popleft()
        if self.faults.refuse_above_rate and len(self._starts) >= self.calls_per_second:
            self.faults.count("rate")
            raise Refusal(429, 20429, "Too Many Requests")
        code = self.faults.refusal_of(plan.to)
        if code is not None:
            raise Refusal(401 if code == UNAUTHORIZED else 400, code, f"The call to {plan.to} was refused ({code}).")
        self._starts.append(now)
        start = max(now, self._next_start)
        self._next_start = start + timedelta(seconds=1 / self.calls_per_second)
        call = self._attended(Call(self, plan, "outbound-api"))
        self._calls.append(call)
        call.begin(start)
        return call

    def dial_child(self, parent: CallLife, dialing: Dialing, plan: CallPlan) -> Call:
        """Ring another party for a Dial."""
        child = self._attended(Call(self, plan, "outbound-dial", parent, dialing))
        self._calls.append(child)
        child.begin(self.now())
        return child

    def forget(self, call: Call) -> None:
        """Remove a call that has ended."""
        self._calls.remove(call)

    def _attended(self, call: Call) -> Call:
        """Return the call with whoever is at its number."""
        far_end = self.far_ends.get(call.to)
        if far_end is not None:
            call.talk = Talk(call, far_end)
        return call
