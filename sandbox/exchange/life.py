"""The life of a call, from queued to its end, and the callbacks that tell of it (Twilio: Call resource, statuses)."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Protocol

from sandbox.exchange.line import Line
from sandbox.exchange.numbers import whereabouts
from sandbox.exchange.records import API_VERSION, LIVE, CallPlan, Note, new_sid
from sandbox.exchange.switch import Switch

if TYPE_CHECKING:
    from sandbox.exchange.dialing import Dialing
    from sandbox.exchange.recordings import Recordings
    from sandbox.exchange.records import Hook
    from sandbox.exchange.speech import Utterance
    from sandbox.timeline import Timer

#: How long the detection listens to a voice before it decides (Twilio: AMD, about four seconds).
DETECTION_SECONDS = 4.0
HUMAN_SECONDS = 2.0
SIP_CODES = {"completed": 200, "busy": 486, "no-answer": 487, "canceled": 487, "failed": 503}


class Somebody(Protocol):
    """Who is at a far end, as a call knows them."""

    @property
    def name(self) -> str:
        """How the page and the transcript name them."""

    @property
    def keypad(self) -> bool:
        """Whether there are keys to press."""


class Listening(Protocol):
    """What a call tells its far end."""

    @property
    def here(self) -> Somebody:
        """Who is there now."""

    def ring(self) -> None:
        """Learn that it rings."""

    def picked_up(self, keys: str) -> None:
        """Learn that it is connected, and which keys are sent."""

    def voiced(self, said: Utterance) -> None:
        """Learn which words were laid out on the line."""

    def told(self, words: str) -> None:
        """Hear the other party of a bridge."""

    @property
    def keys(self) -> str:
        """Every key that was sent, heard or not."""

    def over(self) -> None:
        """Learn that it has ended."""


class Trunk(Switch, ABC):
    """The exchange as calls need it: it keeps their recordings and rings other parties for them."""

    recordings: Recordings

    @abstractmethod
    def dial_child(self, parent: CallLife, dialing: Dialing, plan: CallPlan) -> CallLife:
        """Ring another party for a Dial."""


class CallLife:
    """What happens to a call; every method here runs while the exchange is locked."""

    def __init__(
        self,
        exchange: Trunk,
        plan: CallPlan,
        direction: str,
        parent: CallLife | None = None,
        dialing: Dialing | None = None,
    ) -> None:
        self.exchange = exchange
        self.plan = plan
        self.sid = new_sid("CA")
        self.to = plan.to
        self.from_ = plan.from_
        #: outbound-api, outbound-dial or inbound.
        self.direction = direction
        self.parent_call_sid = parent.sid if parent else None
        #: The Dial that rings this call, if it is a child.
        self.dialing = dialing
        #: queued, ringing, in-progress, completed, busy, failed, no-answer, canceled.
        self.status = "queued"
        #: What the answering machine detection found, as Twilio reports it; None without detection.
        self.answered_by: str | None = None
        #: Whether a test or a person has looked at this call.
        self.seen = False
        self.created: datetime = exchange.now()
        self.updated: datetime = self.created
        self.start_time: datetime | None = None
        self.answered_at: datetime | None = None
        self.ended_at: datetime | None = None
        self.queue_milliseconds = 0
        self.fail_code: int | None = None
        #: Every key that was pressed, in order.
        self.pressed = ""
        self.notes: list[Note] = []
        #: Who is at the far end by itself; None: only a test or a person at the page acts for it.
        self.talk: Listening | None = None
        self.line = Line(self)
        self._sequence = 0
        self._timers: list[Timer] = []
        self._detecting = False

    @property
    def is_live(self) -> bool:
        """Whether the call has not ended."""
        return self.status in LIVE

    @property
    def is_child_unbridged(self) -> bool:
        """Whether this call was rung by a Dial that has not connected it."""
        return self.dialing is not None and self.dialing.bridged is not self

    @property
    def seconds(self) -> int:
        """Seconds from the answer to the end, rounded up as on a bill; 0 when it was not answered."""
        if self.answered_at is None:
            return 0
        return math.ceil(((self.ended_at or self.exchange.now()) - self.answered_at).total_seconds())

    def note(self, who: str, text: str) -> None:
        """Add a line to the transcript; what the other party of a bridge says is heard at the far end."""
        self.notes.append(Note(self.exchange.now(), who, text))
        if who == "other" and self.talk is not None:
            self.talk.told(text)

    def voiced(self, said: Utterance) -> None:
        """Let the far end hear what was laid out on the line."""
        if self.talk is not None:
            self.talk.voiced(said)

    def begin(self, due: datetime) -> None:
        """Queue the call until ``due``; then it is dialed and rings."""
        wait = (due - self.created).total_seconds()
        self.queue_milliseconds = round(wait * 1000)
        self._timers.append(self.exchange.later(max(0.0, wait), self._dial))

    def receive(self) -> None:
        """Ring one of our own numbers: the document decides whether it is answered."""
        self.status = "ringing"
        self.start_time = self.exchange.now()
        self.note("line", "ringing")
        self.line.begin()

    def pick_up(self) -> None:
        """Answer the call: its document is asked for, at once or after the detection of a machine."""
        self._cancel_timers()
        self.status = "in-progress"
        self.answered_at = self.updated = self.exchange.now()
        self.note("line", "answered")
        self._progress("answered")
        limit = self.answered_at + timedelta(seconds=self.plan.time_limit)
        self._timers.append(self.exchange.later_at(limit, lambda: self.finish("completed")))
        if self.plan.send_digits:
            self.note("line", f"keys {self.plan.send_digits}")
        if self.talk is not None:
            self.talk.picked_up(self.plan.send_digits)

    def converse(self, by: str | None, greeting_seconds: float) -> None:
        """Run the document of a call that was just answered, beside or after the detection of a machine."""
        if self.plan.machine_detection is None:
            self.line.begin()
            return
        found, seconds = self._detection(by, greeting_seconds)
        self._detecting = True
        self._timers.append(self.exchange.later(seconds, lambda: self._detected(found, seconds)))
        if self.plan.async_amd:
            self.line.begin()

    def ring(self, dialing: Dialing, plan: CallPlan) -> CallLife:
        """Ring another party for a Dial of this call."""
        return self.exchange.dial_child(self, dialing, plan)

    def bridge(self) -> bool:
        """Connect the call with the one whose Dial rang it, and return whether there was one to connect it with."""
        if self.dialing is None or not self.is_child_unbridged:
            return False
        self.dialing.bridge(self)
        return True

    def leave(self) -> None:
        """Belong no longer to the Dial that rang the call."""
        self.dialing = None

    def redirect(self, target: Hook | str) -> None:
        """Leave whatever the call does for another document, given by its address or as TwiML."""
        self.line.leave_dial()
        if isinstance(target, str):
            self.line.follow(target)
        else:
            self.line.fetch(target)

    def finish(self, status: str) -> None:
        """End the call, once; whoever is connected to it learns of it."""
        if not self.is_live:
            return
        self._cancel_timers()
        if self._detecting:
            self._detected("unknown", 0.0, ended=True)
        self.status = status
        self.ended_at = self.updated = self.exchange.now()
        self.note("line", status)
        self.line.close()
        if self.talk is not None:
            self.talk.over()
        if self.answered_at is not None and self.plan.record:
            self.keep_recording("OutboundAPI", self.answered_at, self.seconds, hook=self.plan.recording)
        self._progress("completed")
        if self.dialing is not None:
            self.dialing.child_ended(self)

    def keep_recording(
        self, source: str, started: datetime, seconds: int, content: bytes | str = b"", hook: Hook | None = None
    ) -> dict[str, str]:
        """Keep a recording of the call, and return what an action is told of it (Twilio: TwiML Voice Record, Dial)."""
        recordings = self.exchange.recordings
        kept = recordings.add(self.sid, source, started, seconds, content, hook)
        return {"RecordingSid": kept.sid, "RecordingUrl": recordings.url(kept), "RecordingDuration": str(seconds)}

    def webhook_params(self) -> dict[str, str]:
        """Return what every voice webhook carries (Twilio: TwiML Voice, request parameters)."""
        params = {
            "AccountSid": self.exchange.account_sid,
            "ApiVersion": API_VERSION,
            "CallSid": self.sid,
            "CallStatus": self.status,
            "Called": self.to,
            "Caller": self.from_,
            "Direction": self.direction,
            "From": self.from_,
            "To": self.to,
        }
        for prefix, number in (("Called", self.to), ("Caller", self.from_), ("To", self.to), ("From", self.from_)):
            params |= whereabouts(prefix, number)
        if self.parent_call_sid:
            params["ParentCallSid"] = self.parent_call_sid
        if self.answered_by and not self.plan.async_amd:
            params["AnsweredBy"] = self.answered_by
        return params

    def _dial(self) -> None:
        if self.status != "queued":
            return
        self.start_time = self.exchange.now()
        self._progress("initiated", status="initiated")
        self.status = "ringing"
        self.updated = self.start_time
        self.note("line", "ringing")
        self._progress("ringing")
        self._timers.append(self.exchange.later(self.plan.timeout, lambda: self.finish("no-answer")))
        if self.talk is not None:
            self.talk.ring()

    def _progress(self, event: str, status: str | None = None) -> None:
        """Tell the product of a change (Twilio: Call resource, StatusCallback webhook)."""
        if self.plan.status is None or event not in self.plan.events:
            return
        params = self.webhook_params() | {
            "CallStatus": status or self.status,
            "CallbackSource": "call-progress-events",
            "SequenceNumber": str(self._sequence),
            "Timestamp": format_datetime(self.exchange.now()),
        }
        self._sequence += 1
        if event == "completed":
            params |= {
                "CallDuration": str(self.seconds),
                "Duration": str(math.ceil(self.seconds / 60)),
                "SipResponseCode": str(self.fail_code or SIP_CODES[self.status]),
            }
        self.exchange.courier.announce(event, self.sid, self.plan.status, params)

    def _detection(self, by: str | None, greeting_seconds: float) -> tuple[str, float]:
        """Return what the detection will find and after how many seconds (Twilio: Answering Machine Detection)."""
        limit = float(self.plan.machine_timeout)
        if by == "human":
            return "human", min(HUMAN_SECONDS, limit)
        if by != "machine":
            return "unknown", limit
        if self.plan.machine_detection == "Enable":
            return "machine_start", min(DETECTION_SECONDS, limit)
        return ("machine_end_beep", greeting_seconds) if greeting_seconds <= limit else ("unknown", limit)

    def _detected(self, found: str, seconds: float, *, ended: bool = False) -> None:
        self._detecting = False
        self.answered_by = found
        self.note("line", f"detection: {found}")
        if not self.plan.async_amd:
            if not ended:
                self.line.begin()
            return
        if self.plan.amd is not None:
            params = {
                "AccountSid": self.exchange.account_sid,
                "CallSid": self.sid,
                "AnsweredBy": found,
                "MachineDetectionDuration": str(round(seconds * 1000)),
            }
            self.exchange.courier.announce("amd", self.sid, self.plan.amd, params)

    def _cancel_timers(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
