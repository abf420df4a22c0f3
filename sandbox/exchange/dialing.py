"""One Dial under way: whom it rings, who wins, and what its action is told (Twilio: TwiML Voice Dial and Number)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from sandbox.exchange.records import CallPlan
from sandbox.exchange.twiml import TwimlError

if TYPE_CHECKING:
    from datetime import datetime

    from sandbox.exchange.records import Hook
    from sandbox.exchange.speech import Utterance
    from sandbox.exchange.switch import Switch
    from sandbox.exchange.verbs import Dial, Number


class PartyLine(Protocol):
    """The conversation of a party, as far as a Dial goes into it."""

    def join(self, url: str, method: str) -> Hook:
        """Return ``url`` as seen from the document that is being followed."""

    def talk(self, dialing: Dialing) -> None:
        """Talk with the other party of ``dialing`` from now on."""

    def dial_over(self, verb: Dial, extra: dict[str, str]) -> None:
        """Go on after a Dial."""


class Party(Protocol):
    """A call as a Dial, and whoever follows the documents of the call, needs it."""

    sid: str
    to: str
    from_: str
    status: str
    plan: CallPlan
    created: datetime
    answered_at: datetime | None

    @property
    def exchange(self) -> Switch:
        """The exchange through which the call goes."""

    @property
    def line(self) -> PartyLine:
        """The conversation on the call."""

    @property
    def is_live(self) -> bool:
        """Whether the call has not ended."""

    @property
    def is_child_unbridged(self) -> bool:
        """Whether the call was rung by a Dial that has not connected it."""

    @property
    def seconds(self) -> int:
        """Seconds from the answer to the end."""

    def note(self, who: str, text: str) -> None:
        """Add a line to the transcript."""

    def voiced(self, said: Utterance) -> None:
        """Let the far end hear what was laid out on the line."""

    def pick_up(self) -> None:
        """Answer the call."""

    def converse(self, by: str | None, greeting_seconds: float) -> None:
        """Run the document of a call that was just answered."""

    def finish(self, status: str) -> None:
        """End the call, once."""

    def ring(self, dialing: Dialing, plan: CallPlan) -> Party:
        """Ring another party for a Dial of this call."""

    def bridge(self) -> bool:
        """Connect the call with the one whose Dial rang it, and return whether there was one to connect it with."""

    def leave(self) -> None:
        """Belong no longer to the Dial that rang the call."""

    def keep_recording(
        self, source: str, started: datetime, seconds: int, content: bytes | str = b"", hook: Hook | None = None
    ) -> dict[str, str]:
        """Keep a recording of the call, and return what an action is told of it."""

    def webhook_params(self) -> dict[str, str]:
        """Return what every voice webhook carries."""


class Dialing:
    """The children of one Dial; every method runs while the exchange is locked."""

    def __init__(self, parent: Party, verb: Dial) -> None:
        self.parent = parent
        self.verb = verb
        self.children: list[Party] = []
        self.bridged: Party | None = None
        self._bridged_at: datetime | None = None
        self._waiting = list(verb.numbers)
        self._over = False

    def start(self) -> None:
        """Ring every number at once, or one after another."""
        caller = self.verb.caller_id or self.parent.from_
        allowed = {*self.parent.exchange.numbers, self.parent.from_, self.parent.to}
        if caller not in allowed:
            raise TwimlError(13214, f"callerId {caller} is neither a number of the account nor of this call")
        for _ in range(1 if self.verb.sequential else len(self._waiting)):
            self._ring_next()

    def answered(self, child: Party, by: str | None, greeting_seconds: float) -> None:
        """Let a child that picked up hear its own document first, or connect it."""
        child.converse(by, greeting_seconds)
        if child.plan.document is None:
            self.bridge(child)

    def bridge(self, child: Party) -> None:
        """Connect the child with its parent; the others stop ringing. Whoever comes second is hung up on."""
        if self.bridged is not None or self._over:
            child.finish("completed")
            return
        self.bridged = child
        self._bridged_at = self.parent.exchange.now()
        for other in self.children:
            if other is not child:
                other.finish("completed" if other.answered_at else "canceled")
        if self.parent.status == "ringing":
            self.parent.pick_up()
        child.line.talk(self)
        # The parent belongs to no Dial: a called party may dial only after it has left its own.
        for call, number in ((self.parent, child.to), (child, self.parent.from_)):
            call.note("line", f"connected to {number}")

    def child_ended(self, child: Party) -> None:
        """Go on when the connected call has ended, or when nobody is left to answer."""
        if self._over:
            return
        if child is self.bridged:
            self._close("completed")
        elif self.bridged is None and self.verb.sequential and self._waiting:
            self._ring_next()
        elif self.bridged is None and not any(call.is_live for call in self.children):
            self._close(child.status)

    def release(self, child: Party) -> None:
        """Let a connected child go its own way; for the parent the Dial is over."""
        child.leave()
        self._close("completed")

    def parent_left(self) -> dict[str, str]:
        """Hang up on every child, and return what the action is told."""
        self._over = True
        told = self._result("completed" if self.bridged else "canceled")
        for child in self.children:
            child.finish("completed" if child.answered_at else "canceled")
        return told

    def speech(self, speaker: Party, words: str) -> None:
        """Let the other party hear it."""
        other = self._other(speaker)
        if other is not None:
            other.note("other", words)

    def key(self, presser: Party, key: str) -> None:
        """Let the other party hear a key; ``*`` of the dialing party may end the Dial."""
        if self.verb.hangup_on_star and key == "*" and presser is self.parent:
            for child in list(self.children):
                child.finish("completed" if child.answered_at else "canceled")
            return
        self.speech(presser, f"pressed {key}")

    def _other(self, call: Party) -> Party | None:
        if self.bridged is None:
            return None
        return self.parent if call is self.bridged else self.bridged

    def _ring_next(self) -> None:
        number = self._waiting.pop(0)
        child = self.parent.ring(self, self._plan(number))
        self.children.append(child)

    def _plan(self, number: Number) -> CallPlan:
        join = self.parent.line.join
        return CallPlan(
            to=number.number,
            from_=self.verb.caller_id or self.parent.from_,
            document=join(number.url, number.method) if number.url else None,
            status=join(number.status, number.status_method) if number.status else None,
            events=number.events,
            timeout=self.verb.timeout,
            time_limit=self.verb.time_limit,
            send_digits=number.send_digits,
            machine_detection=number.machine_detection,
            async_amd=True,
            amd=join(number.amd, "POST") if number.amd else None,
        )

    def _close(self, status: str) -> None:
        self._over = True
        self.parent.line.dial_over(self.verb, self._result(status))

    def _result(self, status: str) -> dict[str, str]:
        child = self.bridged or self.children[-1]
        told = {
            "DialCallSid": child.sid,
            "DialCallStatus": status,
            "DialBridged": "true" if self.bridged else "false",
        }
        if child.answered_at is not None:
            told["DialCallDuration"] = str(child.seconds)
        if self.verb.record and self._bridged_at is not None:
            told |= self._keep_recording(self._bridged_at)
        return told

    def _keep_recording(self, started: datetime) -> dict[str, str]:
        seconds = round((self.parent.exchange.now() - started).total_seconds())
        hook = self.parent.line.join(self.verb.recording, self.verb.recording_method) if self.verb.recording else None
        return self.parent.keep_recording("DialVerb", started, seconds, hook=hook)
