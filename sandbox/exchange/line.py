"""Listens to the far end of one call: keys, words and messages, taken when something waits for them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sandbox.exchange.script import Script
from sandbox.exchange.waits import DialWait, GatherWait, RecordWait

if TYPE_CHECKING:
    from datetime import datetime


class Line(Script):
    """The conversation on one call; every method runs while the exchange is locked."""

    @property
    def listens_from(self) -> datetime | None:
        """The instant from which input is taken; None when nothing waits for it."""
        return self.wait.opens if isinstance(self.wait, GatherWait | RecordWait) else None

    def key(self, key: str) -> bool:
        """Take a key, and return whether anything listened."""
        wait = self.wait
        heard = isinstance(wait, DialWait) or self._is_open("dtmf")
        self.call.note("person", f"pressed {key}" if heard else f"pressed {key}, but nothing listened")
        if isinstance(wait, DialWait):
            wait.dialing.key(self.call, key)
        elif heard and isinstance(wait, GatherWait):
            self._interject()
            self._gather_key(wait, key)
        elif heard and isinstance(wait, RecordWait) and key in wait.verb.finish_on_key:
            seconds = max(0, round((self._now() - wait.opens).total_seconds()))
            self._end_message(wait, b"", seconds, key)
        return heard

    def speech(self, words: str, confidence: float) -> bool:
        """Take spoken words, and return whether a Gather took them."""
        self.call.note("person", words)
        wait = self.wait
        if isinstance(wait, DialWait):
            wait.dialing.speech(self.call, words)
        if not isinstance(wait, GatherWait) or not self._is_open("speech"):
            return False
        self._interject()
        self.submit(wait.verb, {"SpeechResult": words, "Confidence": str(confidence), "Language": "en-US"})
        return True

    def message(self, content: bytes | str, seconds: int, key: str | None) -> None:
        """End the active Record with a message."""
        wait = self.wait
        if not isinstance(wait, RecordWait):
            # Not a wrong type: the story expected a Record where there is none.
            raise AssertionError(  # noqa: TRY004
                f"{self.call!r} does not record; it waits for {wait.kind if wait else 'nothing'}"
            )
        if key is not None and key not in wait.verb.finish_on_key:
            raise AssertionError(f"{key!r} does not end this recording; {wait.verb.finish_on_key!r} do")
        self.call.note("person", content if isinstance(content, str) else f"recorded {seconds} s")
        self._end_message(wait, content, seconds, key)

    def _is_open(self, kind: str) -> bool:
        opens = self.listens_from
        if opens is None or self._now() < opens:
            return False
        return kind in self.wait.verb.input if isinstance(self.wait, GatherWait) else kind == "dtmf"

    def _interject(self) -> None:
        self.cut()
        self.mark = len(self.utterances)

    def _gather_key(self, wait: GatherWait, key: str) -> None:
        """Add a key; the finishing key counts only after another (Twilio: TwiML Voice Gather, finishOnKey)."""
        verb = wait.verb
        finishes = key in verb.finish_on_key
        if not finishes:
            wait.digits += key
        if wait.digits and (finishes or len(wait.digits) == verb.num_digits):
            finisher = key if finishes else ""
            self.submit(verb, {"Digits": wait.digits, "FinishedOnKey": finisher, "msg": "Gather End"})
        else:
            self._later(self._now() + timedelta(seconds=verb.timeout), self.gather_over)

    def _end_message(self, wait: RecordWait, content: bytes | str, seconds: int, key: str | None) -> None:
        self._interject()
        kept = self.keep_message(wait.verb, wait.opens, content, seconds)
        self.submit(wait.verb, kept | {"Digits": key or ""})
