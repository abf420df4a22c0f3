"""The exchange itself: its calls and texts, its lock, and what a test or a page asks of it."""

from __future__ import annotations

import threading
from collections import deque
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sandbox.exchange.callbacks import Courier, SentRequest
from sandbox.exchange.calls import Call
from sandbox.exchange.faults import Faults
from sandbox.exchange.messages import Message, Messages
from sandbox.exchange.recordings import Recording, Recordings
from sandbox.exchange.records import CallPlan, Hook, Refusal
from sandbox.exchange.rest import Front
from sandbox.exchange.snapshots import restore_calls, snapshot_calls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import httpx

    from sandbox.exchange.dialing import Dialing
    from sandbox.exchange.life import CallLife
    from sandbox.exchange.numbers import NumberConfig
    from sandbox.exchange.records import ApplicationError
    from sandbox.timeline import Timeline, Timer

MESSAGES_SHOWN = 30


class Exchange:
    """A telephone company with one account.

    ``app`` is its REST API (ASGI). Time, ringing and callbacks go through ``timeline``: run by hand in a test, by its
    thread behind the page. Give ``client`` to reach a product that does not listen on a port.
    """

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
        self.timeline = timeline
        self.account_sid = account_sid
        self.auth_token = auth_token
        self.numbers = dict(numbers)
        #: Creates above this rate are queued, as Twilio queues them.
        self.calls_per_second = calls_per_second
        #: Where ``app`` can be reached; recording URLs begin with it.
        self.base_url = base_url
        self.opened = timeline.now()
        self.faults = Faults()
        self.courier = Courier(timeline, auth_token, self.faults, client)
        self.recordings = Recordings(self)
        self.texts = Messages(self)
        #: Answers of the product that would have ended in "an application error has occurred".
        self.application_errors: list[ApplicationError] = []
        #: Called after anything changed, never while the exchange is locked.
        self.on_change: Callable[[], None] = lambda: None
        self._calls: list[Call] = []
        self._next_start = timeline.now()
        self._starts: deque[datetime] = deque()
        self._lock = threading.RLock()
        self._depth = 0
        self._errands: list[Callable[[], None]] = []

    @cached_property
    def app(self) -> Front:
        """The REST API as an ASGI application."""
        return Front(self)

    @property
    def calls(self) -> list[Call]:
        """Every call, in the order of creation."""
        return list(self._calls)

    @property
    def messages(self) -> list[Message]:
        """Every text, in both directions, in the order of creation."""
        return list(self.texts.all)

    @property
    def sent(self) -> list[SentRequest]:
        """Every request sent to the product, in order."""
        return list(self.courier.sent)

    def replay(self, request: SentRequest) -> SentRequest:
        """Send a request again, byte for byte, and return the new entry with the product's status."""
        return self.courier.replay(request)

    def ringing(self, to: str | None = None) -> list[Call]:
        """Return the calls that ring, at ``to`` or anywhere."""
        return [call for call in self._calls if call.status == "ringing" and to in (None, call.to)]

    def expect_call(self, to: str) -> Call:
        """Return the one call that rings at ``to``, and note that it was looked at."""
        found = self.ringing(to)
        if len(found) != 1:
            raise AssertionError(
                f"{len(found)} calls ring at {to}, not one; ringing now: {self.ringing() or 'nothing'}"
            )
        found[0].seen = True
        return found[0]

    def expect_text(self, to: str) -> Message:
        """Return the oldest text to ``to`` that nobody has looked at, and note that it was."""
        for message in self.texts.all:
            if message.to == to and message.direction != "inbound" and not message.seen:
                message.seen = True
                return message
        unseen = [(message.to, message.body) for message in self.texts.all if not message.seen]
        raise AssertionError(f"no new text to {to}; new texts: {unseen or 'none'}")

    def nothing_rings(self) -> None:
        """Assert that no call rings or waits to ring."""
        waiting = [call for call in self._calls if call.status in ("queued", "ringing")]
        if waiting:
            raise AssertionError(f"these calls ring or are queued: {waiting}")

    def unexpected(self) -> list[Call | Message]:
        """Return the calls and texts that no test and no person has looked at."""
        calls: list[Call | Message] = [call for call in self._calls if not call.seen]
        return calls + [message for message in self.texts.all if not message.seen]

    def call_in(self, from_: str, to: str) -> Call:
        """Call one of our own numbers; the product's document is followed before this returns."""
        config = self.numbers[to]
        plan = CallPlan(
            to=to,
            from_=from_,
            document=Hook(config.voice_url, config.voice_method) if config.voice_url else None,
            fallback=Hook(config.voice_fallback_url) if config.voice_fallback_url else None,
            status=Hook(config.status_url) if config.status_url else None,
        )
        with self.acting():
            call = Call(self, plan, "inbound")
            call.seen = True
            self._calls.append(call)
            call.receive()
        return call

    def text_in(self, from_: str, to: str, body: str) -> Message:
        """Send a text to one of our own numbers; STOP, START and HELP are minded as Twilio minds them."""
        with self.acting():
            return self.texts.receive(from_, to, body)

    def sms_outcome(self, to: str, code: int | None) -> None:
        """Decide what becomes of texts to ``to``: 30003, 30005 and so on are not delivered; 21614 is refused."""
        self.texts.outcome(to, code)

    def find(self, sid: str) -> Call:
        """Return the call with this identifier; KeyError if there is none."""
        for call in self._calls:
            if call.sid == sid:
                return call
        raise KeyError(sid)

    def state(self) -> dict[str, Any]:
        """Return what the sandbox page shows: live calls, the last texts and the errors."""
        with self._lock:
            return {
                "calls": [call.state() for call in self._calls if call.is_live],
                "messages": [
                    {"sid": text.sid, "from": text.from_, "to": text.to, "body": text.body, "status": text.status}
                    for text in self.texts.all[-MESSAGES_SHOWN:]
                ],
                "application_errors": [
                    {"call_sid": error.call_sid, "code": error.code, "reason": error.reason}
                    for error in self.application_errors
                ],
            }

    def snapshot(self) -> dict[str, Any]:
        """Return everything that outlives a restart, as values for JSON."""
        with self._lock:
            return {
                "calls": snapshot_calls(self._calls),
                "messages": [message.snapshot() for message in self.texts.all],
                "recordings": [recording.snapshot() for recording in self.recordings.all.values()],
                "opted_out": sorted(self.texts.opted_out),
            }

    def restore(self, kept: dict[str, Any]) -> None:
        """Take up a snapshot; calls that were in progress are completed, and nobody is told."""
        with self._lock:
            self._calls[:] = restore_calls(self, kept["calls"])
            self.texts.all[:] = [Message.restored(message) for message in kept["messages"]]
            recordings: list[Recording] = [Recording.restored(one) for one in kept["recordings"]]
            self.recordings.all = {recording.sid: recording for recording in recordings}
            self.texts.opted_out = {(person, ours) for person, ours in kept["opted_out"]}

    def close(self) -> None:
        """Close the connections to the product."""
        self.courier.close()

    # For the parts of the exchange

    def now(self) -> datetime:
        """Return the instant on the timeline."""
        return self.timeline.now()

    def place(self, plan: CallPlan) -> Call:
        """Accept an outbound call; above the rate it waits in the queue."""
        now = self.now()
        while self._starts and self._starts[0] <= now - timedelta(seconds=1):
            self._starts.popleft()
        if self.faults.refuse_above_rate and len(self._starts) >= self.calls_per_second:
            self.faults.count("rate")
            raise Refusal(429, 20429, "Too Many Requests")
        self._starts.append(now)
        start = max(now, self._next_start)
        self._next_start = start + timedelta(seconds=1 / self.calls_per_second)
        call = Call(self, plan, "outbound-api")
        self._calls.append(call)
        call.begin(start)
        return call

    def dial_child(self, parent: CallLife, dialing: Dialing, plan: CallPlan) -> Call:
        """Ring another party for a Dial."""
        child = Call(self, plan, "outbound-dial", parent, dialing)
        self._calls.append(child)
        child.begin(self.now())
        return child

    def forget(self, call: Call) -> None:
        """Remove a call that has ended."""
        self._calls.remove(call)

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
