"""Follows documents on one call: lays words out on the timeline ahead of time and stops where it must wait.

Every change of direction (a key, a redirect, the end) begins a new epoch; timers and answers of an older one change
nothing. No lock is held while the product is asked.
"""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from sandbox.exchange import sounds, twiml
from sandbox.exchange.dialing import Dialing, Party
from sandbox.exchange.records import ApplicationError, Hook
from sandbox.exchange.speech import Piece, Utterance, spoken
from sandbox.exchange.twiml import TwimlError
from sandbox.exchange.verbs import Dial, Gather, Hangup, Pause, Record, Redirect, Reject, Say, Verb
from sandbox.exchange.waits import DialWait, GatherWait, RecordWait, Wait

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.exchange.callbacks import Reply
    from sandbox.timeline import Timer

APOLOGY = "We are sorry, an application error has occurred. Goodbye."
BEEP = Piece("", 0.5)
#: Documents in one instant after which a loop of redirects is called one (Twilio: error 11215).
LOOP = 50


class Script:
    """The documents of one call; every method but `_ask` runs while the exchange is locked."""

    def __init__(self, call: Party) -> None:
        self.call = call
        self.utterances: list[Utterance] = []
        #: How many utterances there were at the last input.
        self.mark = 0
        self.wait: Wait | None = None
        #: The instant at which everything laid out so far has been said.
        self.cursor = call.created
        self.document: Hook | None = None
        self._verbs: deque[Verb] = deque()
        self._epoch = 0
        self._timer: Timer | None = None
        self._fell_back = False
        self._sounds: dict[str, Piece] = {}
        self._fetched: tuple[datetime, int] = (call.created, 0)

    @property
    def gives_up_at(self) -> datetime | None:
        """The instant of the next thing that happens by itself on this line."""
        return self._timer.due if self._timer and not self._timer.canceled else None

    def begin(self) -> None:
        """Ask for the first document of the call, or follow the one it was created with."""
        plan = self.call.plan
        self.cursor = self._now()
        if plan.twiml is not None:
            self.follow(plan.twiml)
        elif plan.document is not None:
            self.fetch(plan.document)

    def follow(self, document: str) -> None:
        """Follow a document that came with a REST request."""
        self._interrupt()
        self._read(document.encode(), None)

    def fetch(self, hook: Hook, extra: dict[str, str] | None = None) -> None:
        """Leave what is going on, and ask the product for the next document once nothing is locked."""
        self._interrupt()
        self.call.exchange.errand(partial(self._ask, hook, extra or {}, self._epoch))

    def join(self, url: str, method: str) -> Hook:
        """Return ``url`` as seen from the document that is being followed."""
        full = urljoin(self.document.url, url) if self.document else url
        if not full.startswith(("http://", "https://")):
            raise TwimlError(11100, f"{url!r} is not an absolute URL, and there is no document it is relative to")
        return Hook(full, method)

    def talk(self, dialing: Dialing) -> None:
        """Talk with the other party of ``dialing`` from now on."""
        self.wait = DialWait(dialing)

    def dial_over(self, verb: Dial, extra: dict[str, str]) -> None:
        """Go on after a Dial: with its action, else with the next verb."""
        if verb.action is None:
            self.resume()
        else:
            self.fetch(self.join(verb.action, verb.method), extra)

    def resume(self) -> None:
        """Go on with the verb after the one that was waited for."""
        self._stop_timer()
        self.wait = None
        self.cursor = max(self.cursor, self._now())
        self.walk()

    def close(self) -> None:
        """End the conversation; a recording or a Dial under way still tells its action URL."""
        wait = self.wait
        self._interrupt()
        extra: dict[str, str] | None = None
        if isinstance(wait, RecordWait):
            seconds = max(0, round((self._now() - wait.opens).total_seconds()))
            extra = self.keep_message(wait.verb, wait.opens, b"", seconds) | {"Digits": "hangup"}
        elif isinstance(wait, DialWait) and wait.dialing.parent is self.call:
            extra = wait.dialing.parent_left()
        if extra is None or wait is None or isinstance(wait, GatherWait):
            return
        verb = wait.dialing.verb if isinstance(wait, DialWait) else wait.verb
        hook = self.join(verb.action, verb.method) if verb.action else self.document
        if hook is not None and not (isinstance(verb, Dial) and verb.action is None):
            self.call.exchange.errand(partial(self._ask, hook, extra, None))

    def leave_dial(self) -> None:
        """Drop a Dial under way because the call is redirected."""
        if not isinstance(self.wait, DialWait):
            return
        if self.wait.dialing.parent is self.call:
            self.wait.dialing.parent_left()
        else:
            self.wait.dialing.release(self.call)

    def keep_message(self, verb: Record, started: datetime, content: bytes | str, seconds: int) -> dict[str, str]:
        """Keep a message and return what the action of its Record is told (Twilio: TwiML Voice Record)."""
        hook = self.join(verb.status, verb.status_method) if verb.status else None
        return self.call.keep_recording("RecordVerb", started, seconds, content, hook)

    def walk(self) -> None:
        """Follow verbs until one has to be waited for."""
        try:
            while self._verbs:
                verb = self._verbs[0]
                if isinstance(verb, Redirect | Hangup | Reject | Dial) and self._must_wait():
                    return
                self._verbs.popleft()
                self._open_for(verb)
                if not self._do(verb):
                    return
            if not self._must_wait():
                self._end_of_document()
        except TwimlError as error:
            self.failed(error, self.document)

    def failed(self, error: TwimlError, hook: Hook | None) -> None:
        """Turn to the fallback URL, or apologize and end the call."""
        self._report(error, hook)
        fallback = self.call.plan.fallback
        if fallback is not None and not self._fell_back:
            self._fell_back = True
            self.fetch(fallback, {"ErrorCode": str(error.code), "ErrorUrl": hook.url if hook else ""})
            return
        self._interrupt()
        self._open_for(Say(()))
        self._lay_out(tuple(spoken(APOLOGY)))
        self._later(self.cursor, lambda: self.call.finish("failed"))

    def _ask(self, hook: Hook, extra: dict[str, str], epoch: int | None) -> None:
        """Ask the product, unlocked, and follow its answer if the call has not moved on; epoch None: only ask."""
        exchange = self.call.exchange
        reply = exchange.courier.ask("document", hook, self.call.webhook_params() | extra)
        with exchange.acting():
            try:
                body = document_of(reply)
                if epoch != self._epoch:
                    return
                # What it plays is fetched unlocked as well, by an errand of its own.
                playing = sounds.played(body)
            except TwimlError as error:
                if epoch == self._epoch:
                    self.failed(error, hook)
                else:
                    self._report(error, hook)
                return
            if not playing:
                self._read(body, hook)
        if playing:
            self._play(body, hook, playing, epoch)

    def _play(self, body: bytes, hook: Hook, playing: list[str], epoch: int | None) -> None:
        """Fetch what a document plays, unlocked, and follow it then."""
        exchange = self.call.exchange
        trouble, heard = None, {}
        try:
            heard = {url: sounds.fetched(exchange.courier, Hook(urljoin(hook.url, url), "GET")) for url in playing}
        except TwimlError as error:
            trouble = error
        with exchange.acting():
            if epoch != self._epoch:
                return
            self._sounds = heard
            if trouble is not None:
                self.failed(trouble, hook)
            else:
                self._read(body, hook)

    def _read(self, body: bytes, hook: Hook | None) -> None:
        self.document = hook or self.document
        try:
            self._check_for_a_loop()
            self._verbs = deque(self._verbs_of(body))
        except TwimlError as error:
            self.failed(error, hook)
            return
        self.walk()

    def _check_for_a_loop(self) -> None:
        now = self._now()
        instant, number = self._fetched
        self._fetched = (now, number + 1 if instant == now else 1)
        if self._fetched[1] > LOOP:
            raise TwimlError(11215, f"more than {LOOP} documents in one instant: a loop of redirects")

    def _verbs_of(self, body: bytes) -> list[Verb]:
        verbs = twiml.read(body)
        if self.call.is_child_unbridged and any(isinstance(verb, Dial) for verb in verbs):
            raise TwimlError(13201, "a document for the called party of a Dial may not dial")
        return verbs

    def _open_for(self, verb: Verb) -> None:
        """Answer an inbound call that still rings, unless the verb leaves it ringing."""
        waits = isinstance(verb, Reject | Pause) or (isinstance(verb, Dial) and verb.answer_on_bridge)
        if self.call.status == "ringing" and not waits:
            self.call.pick_up()

    def _do(self, verb: Verb) -> bool:
        """Do one verb, and return whether the next can follow at once."""
        match verb:
            case Say(pieces):
                self._lay_out(tuple(self._sounds.get(piece.url, piece) for piece in pieces))
                return True
            case Pause(seconds):
                self.cursor += timedelta(seconds=seconds)
                return True
            case Gather():
                self._gather(verb)
            case Record():
                self._record(verb)
            case Dial():
                self.wait = DialWait(Dialing(self.call, verb))
                self.wait.dialing.start()
            case Redirect(url, method):
                self.fetch(self.join(url, method))
            case Hangup():
                self.call.finish("completed")
            case Reject(reason):
                ringing = self.call.status == "ringing"
                self.call.finish(("busy" if reason == "busy" else "no-answer") if ringing else "completed")
        return False

    def _gather(self, verb: Gather) -> None:
        starts = self.cursor
        for prompt in verb.prompts:
            self._do(prompt)
        self.wait = GatherWait(verb, starts, prompt_ends=self.cursor)
        self._later(self.cursor + timedelta(seconds=verb.timeout), self.gather_over)

    def gather_over(self) -> None:
        """End a Gather by silence: with its keys, else as actionOnEmptyResult says."""
        if not isinstance(self.wait, GatherWait):
            return
        if self.wait.digits or self.wait.verb.action_on_empty_result:
            self.submit(self.wait.verb, {"Digits": self.wait.digits, "FinishedOnKey": "", "msg": "Gather End"})
        else:
            self.resume()

    def _record(self, verb: Record) -> None:
        if verb.play_beep:
            self._lay_out((BEEP,))
        self.wait = RecordWait(verb, self.cursor)
        # Silence from the start leaves no recording, and the next verb follows.
        self._later(self.cursor + timedelta(seconds=verb.timeout), self.resume)

    def submit(self, verb: Gather | Record, extra: dict[str, str]) -> None:
        """Send input to the action of its verb, or to the document's own URL."""
        try:
            # Without an action the input goes to the document's own URL; `join` refuses if there is none.
            url = verb.action or (self.document.url if self.document else "")
            self.fetch(self.join(url, verb.method), extra)
        except TwimlError as error:
            self.failed(error, self.document)

    def _end_of_document(self) -> None:
        if not self.call.bridge():
            self._open_for(Hangup())
            self.call.finish("completed")

    def _report(self, error: TwimlError, hook: Hook | None) -> None:
        url = hook.url if hook else None
        self.call.exchange.application_errors.append(
            ApplicationError(self.call.sid, error.code, error.reason, url, self._now())
        )
        self.call.note("line", f"application error {error.code}: {error.reason}")

    def _lay_out(self, pieces: tuple[Piece, ...]) -> None:
        utterance = Utterance.at(self.cursor, pieces)
        self.utterances.append(utterance)
        self.cursor = utterance.ends
        self.call.voiced(utterance)

    def cut(self) -> None:
        """Stop speaking now; words that were not said completely were not said."""
        now = self._now()
        begun = [utterance for utterance in self.utterances if utterance.starts < now or utterance.ends <= now]
        self.utterances = [utterance.cut(now) for utterance in begun]
        self.mark = min(self.mark, len(self.utterances))
        self.cursor = min(self.cursor, now)

    def _interrupt(self) -> None:
        self._epoch += 1
        self._stop_timer()
        self.cut()
        self.wait = None
        self._verbs.clear()
        self.cursor = self._now()

    def _must_wait(self) -> bool:
        if self.cursor <= self._now():
            return False
        self._later(self.cursor, self.walk)
        return True

    def _later(self, due: datetime, what: Callable[[], None]) -> None:
        self._stop_timer()
        epoch = self._epoch
        self._timer = self.call.exchange.later_at(due, lambda: what() if epoch == self._epoch else None)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _now(self) -> datetime:
        return self.call.exchange.now()


def document_of(reply: Reply) -> bytes:
    """Return the document of an answer, or say why it is none (Twilio: errors 11200, 11205, 12300)."""
    if reply.status is None:
        raise TwimlError(11205, f"no answer came: {reply.trouble}")
    if not 200 <= reply.status < 300:
        raise TwimlError(11200, f"the answer was HTTP {reply.status}")
    kind = reply.content_type.partition(";")[0].strip().lower()
    if kind not in ("text/xml", "application/xml"):
        raise TwimlError(12300, f"the content type is {kind or 'missing'}; it must be text/xml or application/xml")
    return reply.body
