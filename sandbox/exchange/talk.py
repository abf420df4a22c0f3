"""One call and whoever, or whatever, is at its far end by itself: it answers, talks, listens and lets others talk on.

A far end hears what a person hears: words when they have been said and the voice waits, keys one after another. All that
it does is done on the timeline through the methods of `Call`, so a test or a person at the page may act beside it.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from sandbox.exchange.speech import KEY_SECONDS, WORDS_A_SECOND, key_delays

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sandbox.exchange.calls import Call
    from sandbox.exchange.speech import Utterance
    from sandbox.timeline import Timer

#: A pause of so many seconds is somebody else's turn to speak.
TURN_SECONDS = 1.0


@dataclass(kw_only=True)
class FarEnd:
    """Who answers a number. One is described once, and a copy of it takes part in each call."""

    #: How the page and the transcript name it.
    name: str = "far end"
    #: Seconds of ringing before it answers; None: it never does.
    rings_for: float | None = 4.0
    #: What the detection of machines takes it for: "human", "machine" or None, nobody can tell.
    taken_for: str | None = "human"
    #: Seconds of greeting after which a detection that waits for the end of a greeting has found it.
    greeting_seconds: float = 6.0
    #: Whether it has keys to press: a badge has none.
    keypad: bool = True
    talk: Talk = field(init=False, repr=False, compare=False)

    def begins(self) -> None:
        """Do what is done first: the call is connected."""

    def hears(self, words: str) -> None:
        """Hear what was said since it last listened, once the voice waits."""

    def key(self, key: str) -> None:
        """Hear one key."""


class Talk:
    """Who is at the far end of one call now; every method runs while the exchange is locked."""

    def __init__(self, call: Call, far_end: FarEnd) -> None:
        self.call = call
        self.here = self._joined(far_end)
        #: Every key that was sent to the far end, heard or not.
        self.keys = ""
        self._taken = 0
        self._talks_until: datetime = call.exchange.now()
        self._timers: list[Timer] = []

    def ring(self) -> None:
        """Let it ring; whoever is there picks up after a while."""
        if self.here.rings_for is not None:
            self.call.exchange.later(self.here.rings_for, self._pick_up)

    def picked_up(self, keys: str) -> None:
        """Begin: the call is connected, and ``keys`` are sent (Twilio: Call resource, SendDigits)."""
        self._talks_until = self.call.exchange.now()
        self._send(keys, self._talks_until, lambda: True)
        self.here.begins()

    def voiced(self, said: Utterance) -> None:
        """Listen to words that were laid out on the line, and to the keys among them."""
        at = said.starts
        for piece in said.pieces:
            self._send(piece.keys, at, partial(self._is_said, said))
            at += timedelta(seconds=piece.seconds)
        self.call.exchange.later_at(said.ends, self._listen)

    def told(self, words: str) -> None:
        """Hear the other party of a bridge."""
        self.here.hears(words)

    def over(self) -> None:
        """Do nothing more: the call has ended."""
        self.stop()

    # --- what a far end does ------------------------------------------------------------------------------------------

    def after(self, seconds: float, what: Callable[[], object]) -> None:
        """Do ``what`` in so many seconds if the call goes on, and if nothing is begun anew before."""

        def do() -> None:
            if self._is_connected():
                what()

        self._timers.append(self.call.exchange.later(seconds, do))

    def say(self, *sentences: str, then: Callable[[], None] | None = None, pause: float = 0.5) -> None:
        """Say sentences one after another, then go on with ``then``; each is heard when it has been said."""
        at = 0.0
        for sentence in sentences:
            at += pause + len(sentence.split()) / WORDS_A_SECOND
            self.after(at, partial(self.call.say, sentence))
        self._talks_until = self.call.exchange.now() + timedelta(seconds=at)
        if then is not None:
            self.after(at, then)
        self.after(at, self._listen)

    def press(self, keys: str) -> None:
        """Press keys, one after another."""
        for number, key in enumerate(keys, 1):
            self.after(number * KEY_SECONDS, partial(self.call.press, key))

    def hand_to(self, far_end: FarEnd, after: float) -> None:
        """Let another be at the far end, of the same call, after so many seconds in which nobody is there."""
        self.stop()
        self.here = self._joined(FarEnd(name="on hold"))
        self.after(after, partial(self._replace, far_end))

    def miss_what_was_begun(self) -> None:
        """Never hear what has been said up to now, or is being said."""
        now = self.call.exchange.now()
        self._taken = len([said for said in self.call.line.utterances if said.starts < now])

    def hang_up(self) -> None:
        """Put the receiver down."""
        self.call.hang_up()

    def stop(self) -> None:
        """Leave what was begun: words that were not said yet are not said."""
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        self._talks_until = self.call.exchange.now()

    # --- the line -----------------------------------------------------------------------------------------------------

    def _joined(self, far_end: FarEnd) -> FarEnd:
        joined = copy(far_end)
        joined.talk = self
        return joined

    def _replace(self, far_end: FarEnd) -> None:
        self.here = self._joined(far_end)
        self.call.note("line", f"now there: {far_end.name}")
        # What was said while nobody was there was heard by nobody.
        self._taken = self._ended(self.call.exchange.now())
        self.here.begins()

    def _pick_up(self) -> None:
        if self.call.status == "ringing":
            self.call.answer(self.here.taken_for, self.here.greeting_seconds)

    def _listen(self) -> None:
        now = self.call.exchange.now()
        if not self._is_connected() or self._talks_until > now or self._is_spoken_to(now):
            return
        ended = self._ended(now)
        words = " ".join(one.text for one in self.call.line.utterances[self._taken : ended] if not one.is_keys).strip()
        self._taken = ended
        if words:
            self.here.hears(words)

    def _is_spoken_to(self, now: datetime) -> bool:
        soon = now + timedelta(seconds=TURN_SECONDS)
        return any(one.ends > now and one.starts < soon for one in self.call.line.utterances)

    def _ended(self, now: datetime) -> int:
        return len([one for one in self.call.line.utterances if one.ends <= now])

    def _send(self, keys: str, starts: datetime, is_sent: Callable[[], bool]) -> None:
        for key, delay in key_delays(keys):
            due = starts + timedelta(seconds=delay)
            self.call.exchange.later_at(due, partial(self._key, key, is_sent))

    def _key(self, key: str, is_sent: Callable[[], bool]) -> None:
        if self._is_connected() and is_sent():
            self.keys += key
            self.here.key(key)

    def _is_said(self, said: Utterance) -> bool:
        """Say whether these words have been said up to now: they were not cut off."""
        now = self.call.exchange.now()
        return any(one.starts == said.starts and one.ends >= now for one in self.call.line.utterances)

    def _is_connected(self) -> bool:
        return self.call.status == "in-progress"
