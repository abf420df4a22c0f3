"""A call as a person, or a test, drives it: answer, press, say, stay silent, hang up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.exchange.life import CallLife
from sandbox.exchange.records import Note

if TYPE_CHECKING:
    from datetime import datetime

TRANSCRIPT_SHOWN = 30


class Call(CallLife):
    """One call and whoever is at its far end.

    Also readable, from its life: ``sid``, ``to``, ``from_``, ``status``, ``direction``, ``answered_by``, ``seen``,
    ``parent_call_sid``, ``created``, ``start_time``, ``answered_at``, ``ended_at``, ``pressed``, ``seconds``.
    Whatever the product has to be asked is asked before the method returns; what takes time is left to the timeline.
    """

    def __repr__(self) -> str:
        return f"<Call {self.sid[:8]} {self.direction} {self.from_} to {self.to}: {self.status}>"

    def answer(self, by: str | None = "human", greeting_seconds: float = 6.0) -> None:
        """Pick up: a person ("human"), a "machine" that greets for ``greeting_seconds``, or None, nobody can tell."""
        with self.exchange.acting():
            self._require("ringing")
            self.pick_up()
            if self.dialing is not None:
                self.dialing.answered(self, by, greeting_seconds)
            else:
                self.converse(by, greeting_seconds)

    def answer_machine(self, greeting_seconds: float = 6.0) -> None:
        """Let an answering machine pick up; it presses no key."""
        self.answer("machine", greeting_seconds)

    def busy(self) -> None:
        """Be engaged."""
        self._refuse_with("busy")

    def decline(self) -> None:
        """Not answer, now: what the network reports as no answer."""
        self._refuse_with("no-answer")

    no_answer = decline

    def fail(self, code: int = 503) -> None:
        """Let the network fail to connect the call, with this SIP response code."""
        self.fail_code = code
        self._refuse_with("failed")

    def press(self, digits: str) -> int:
        """Press keys one after another, now, and return how many of them were listened to.

        A key is lost, as on Twilio, while no Gather or Record has begun: before the end of words outside of a Gather,
        say. `listens_from` and `speaking_until` tell when to press.
        """
        taken = 0
        for key in digits:
            if key not in "0123456789*#":
                raise ValueError(f"{key!r} is not a key of a telephone; keys are 0 to 9, * and #")
            if self.talk is not None and not self.talk.here.keypad:
                raise AssertionError(f"{self.talk.here.name} has no keys; it can only be spoken for with `say`")
            with self.exchange.acting():
                self._require("in-progress")
                self.pressed += key
                taken += self.line.key(key)
        return taken

    def say(self, words: str, confidence: float = 0.9) -> bool:
        """Speak, and return whether a Gather took the words as a SpeechResult."""
        with self.exchange.acting():
            self._require("in-progress")
            return self.line.speech(words, confidence)

    def stay_silent(self) -> datetime | None:
        """Do nothing, and return the instant at which the exchange will stop waiting."""
        self.seen = True
        return self.line.gives_up_at

    def record(self, content: bytes | str, seconds: int = 5, key: str | None = None) -> None:
        """Leave a message of ``seconds`` in the active Record and end it, with ``key`` or by silence, at once."""
        with self.exchange.acting():
            self._require("in-progress")
            self.line.message(content, seconds, key)

    def hang_up(self) -> None:
        """Put the receiver down (the far end; for an inbound call, the caller)."""
        with self.exchange.acting():
            self._require("ringing" if self.direction == "inbound" and self.answered_at is None else "in-progress")
            self.finish("completed" if self.answered_at else "no-answer")

    @property
    def heard(self) -> list[str]:
        """Everything said on this call, in order, with what is being said now; words cut off are not in it."""
        return [utterance.text for utterance in self.line.utterances if utterance.text]

    @property
    def last_heard(self) -> str:
        """What was said since the last key, word or message that was listened to."""
        return " ".join(utterance.text for utterance in self.line.utterances[self.line.mark :] if utterance.text)

    @property
    def transcript(self) -> list[Note]:
        """All of the call by time: ``voice`` is the product, ``person`` the far end, ``other`` a bridged party.

        Each utterance stands at the instant at which it begins, so words that are still to come have their instant.
        """
        spoken = [Note(said.starts, "voice", said.text) for said in self.line.utterances if said.text]
        return sorted([*self.notes, *spoken], key=lambda note: note.at)

    @property
    def waiting_for(self) -> str | None:
        """What the exchange waits for on this call: gather, record, dial or nothing."""
        return self.line.wait.kind if self.line.wait else None

    @property
    def listens_from(self) -> datetime | None:
        """The instant from which keys are listened to; None when nothing waits for them."""
        return self.line.listens_from

    @property
    def speaking_until(self) -> datetime:
        """The instant at which the words laid out so far have been said."""
        return self.line.cursor

    def spoken_seconds(self) -> float:
        """Return how many seconds of words and sounds the call has had (or will have, if nobody cuts them)."""
        return sum(utterance.seconds for utterance in self.line.utterances)

    def state(self) -> dict[str, Any]:
        """Return what the sandbox page shows of this call."""
        return {
            "sid": self.sid,
            "from": self.from_,
            "to": self.to,
            "direction": self.direction,
            "status": self.status,
            "waiting_for": self.waiting_for,
            "far_end": self.talk.here.name if self.talk else None,
            "digits": self.pressed,
            "transcript": [
                {"at": note.at.isoformat(), "who": note.who, "text": note.text}
                for note in self.transcript[-TRANSCRIPT_SHOWN:]
            ],
        }

    def _require(self, status: str) -> None:
        self.seen = True
        if self.status != status:
            raise AssertionError(f"{self!r} is {self.status}; this can only be done while it is {status}")

    def _refuse_with(self, status: str) -> None:
        with self.exchange.acting():
            self._require("ringing")
            self.finish(status)
