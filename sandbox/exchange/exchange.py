"""The exchange itself: the account behind its REST API, and what a test or a page asks of it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from sandbox.exchange.account import Account
from sandbox.exchange.callbacks import SentRequest
from sandbox.exchange.calls import Call
from sandbox.exchange.messages import Message
from sandbox.exchange.recordings import Recording
from sandbox.exchange.records import CallPlan, Hook
from sandbox.exchange.rest import Front
from sandbox.exchange.snapshots import restore_calls, snapshot_calls

if TYPE_CHECKING:
    from sandbox.exchange.talk import FarEnd

MESSAGES_SHOWN = 100


class Exchange(Account):
    """A telephone company with one account.

    ``app`` is its REST API (ASGI). Time, ringing and callbacks go through ``timeline``: run by hand in a test, by its
    thread behind the page. Give ``client`` to reach a product that does not listen on a port.
    """

    @cached_property
    def app(self) -> Front:
        """The REST API as an ASGI application."""
        return Front(self)

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

    def far_end(self, number: str, far_end: FarEnd | None) -> None:
        """Let calls to ``number`` be answered by somebody or something of its own from now on; None: by nobody."""
        self.far_ends.pop(number, None)
        if far_end is not None:
            self.far_ends[number] = far_end

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

    def state(self) -> dict[str, Any]:
        """Return what the sandbox page shows: live calls, the last texts and the errors."""
        with self._lock:
            return {
                "calls": [call.state() for call in self._calls if call.is_live],
                "messages": [
                    {
                        "sid": text.sid,
                        "from": text.from_,
                        "to": text.to,
                        "body": text.body,
                        "status": text.status,
                        "direction": text.direction,
                        "error": text.error_code,
                        "at": text.created.isoformat(),
                    }
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
