"""Turns a prompt into TwiML with Twilio's own classes, which also do the escaping.

Every word is inside its Gather, so that keys work while it is spoken, and silence comes back to us
(``actionOnEmptyResult``). Source: twilio.com/docs/voice/twiml, pages Say, Gather, Record, Dial, Number.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from twilio.twiml.messaging_response import MessagingResponse
from twilio.twiml.voice_response import Dial, Gather, Record, VoiceResponse

from handlers.domain.dialog import CALLBACK_DIGITS, CONFIRM_DIGITS, Prompt, PromptKind
from telephony import spoken
from telephony.phrases import Utterance
from telephony.script import utterances
from telephony.urls import Urls

#: A basic voice: eligible under Twilio's HIPAA list (text to speech by Amazon Polly), plain and quick.
VOICE: Final = "Polly.Joanna"
LANGUAGE: Final = "en-US"
RING_SECONDS: Final = 25
RECORD_SECONDS: Final = 60
#: How long the most keys and pauses take that a call can be created with (Twilio: SendDigits, 32 of half a second).
KEYS_SECONDS: Final = 16
#: A pager terminal is left this long to say that it took the digits; hung up on sooner, some of them drop the page.
PAGER_SECONDS: Final = 4

_MENU_HINTS = "physician, doctor, nurse, please hold, person, wrong person, zero, one, two, three, eight, nine, star"
_NUMBER_HINTS = "one, two, three, four, five, six, seven, eight, zero, star"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listen:
    """How an answer is waited for. Empty ``hints`` means that only keys count."""

    digits: int | None
    finish: str
    hints: str = ""
    #: Words of their own are asked for, such as a name: no hints.
    words: bool = False
    #: Seconds of silence after the last word or key.
    timeout: int = 6


_MENU = Listen(digits=1, finish="", hints=_MENU_HINTS)
_CODE = Listen(digits=CONFIRM_DIGITS, finish="#", hints=_NUMBER_HINTS, timeout=8)
#: Keys only: a mailbox's greeting must never be able to take a case or to accept a bridge.
_TAKE = Listen(digits=1, finish="", timeout=8)

_WORDS = Listen(digits=1, finish="", words=True, timeout=6)

#: A PIN is not said aloud in a corridor. A held receiver lies on a counter, where every voice would end the hold.
LISTENS: dict[PromptKind, Listen] = {
    PromptKind.OPENING: _MENU,
    PromptKind.NO_AGREEMENT: _MENU,
    PromptKind.MAY_NOT: _MENU,
    PromptKind.RECORD_CHOICE: Listen(digits=1, finish="", hints=_MENU_HINTS, timeout=8),
    PromptKind.PIN: Listen(digits=None, finish="#", timeout=5),
    PromptKind.TELLING: _CODE,
    PromptKind.CODE: _CODE,
    PromptKind.HOLD: Listen(digits=1, finish="", timeout=1),
    PromptKind.DESK: _TAKE,
    PromptKind.CLAIM: _TAKE,
    PromptKind.PIN_OFFER: _TAKE,
    PromptKind.VERIFY: _TAKE,
    PromptKind.PIN_TOLD: Listen(digits=None, finish="#", timeout=8),
    PromptKind.DICTATE: _TAKE,
    PromptKind.FETCHING: Listen(digits=1, finish="", timeout=2),
    PromptKind.DICTATED: _TAKE,
    PromptKind.WHISPER: _TAKE,
    PromptKind.CONNECT: _TAKE,
    PromptKind.ASK: _MENU,
    PromptKind.TRANSFER: Listen(digits=1, finish="", hints=_MENU_HINTS, timeout=8),
    PromptKind.SERVICE: _MENU,
    PromptKind.MESSAGE: _WORDS,
    PromptKind.PROMISE: Listen(digits=3, finish="#", words=True, timeout=6),
    PromptKind.NAME: _WORDS,
    PromptKind.NAME_CHECK: Listen(digits=1, finish="", words=True, timeout=6),
    PromptKind.CALLBACK: Listen(digits=CALLBACK_DIGITS, finish="#", hints=_NUMBER_HINTS, timeout=5),
}
#: After these words the call goes on by itself: the two parties hear each other.
GOES_ON = frozenset({PromptKind.WHISPER_GO, PromptKind.CONNECTED})


#: Spoken or recorded on the line; the silence after it goes on by itself.
RECORDS = frozenset({PromptKind.RECORD, PromptKind.DICTATION})


def _say(where: VoiceResponse | Gather, said: list[Utterance], played: str = "") -> None:
    for utterance in said:
        if utterance.sound:
            where.play(played)
        else:
            where.say(utterance.text, voice=VOICE, language=LANGUAGE)
        if utterance.pause:
            where.pause(length=utterance.pause)


class Speaker:
    """Renders prompts for one deployment.

    ``our_number`` is what a bridged phone shows; ``staffed_number`` is given when even an answer of ours failed.
    """

    def __init__(self, urls: Urls, *, our_number: str, staffed_number: str = "") -> None:
        self._urls = urls
        self._our_number = our_number
        self._staffed_number = staffed_number

    def document(self, token: str, turn: int, prompt: Prompt) -> str:
        """Return the TwiML of a prompt; what is answered to it comes to ``(token, turn)``."""
        response = VoiceResponse()
        if prompt.kind in RECORDS:
            self._record(response, token, turn, prompt)
        elif prompt.kind is PromptKind.BRIDGE:
            self._bridge(response, token, turn, prompt)
        else:
            played = "" if prompt.voice is None else self._urls.play(token, turn - 1, prompt.voice.until)
            _listen_or_end(response, prompt, self._urls.voice(token, turn), played)
        return str(response)

    def whisper(self, token: str, leg: str, turn: int, prompt: Prompt) -> str:
        """Return the TwiML for the one being bridged; the answer comes to ``(token, leg, turn)``."""
        response = VoiceResponse()
        _listen_or_end(response, prompt, self._urls.whisper(token, leg, turn))
        return str(response)

    def fallback(self) -> str:
        """Return the apology that is said when a document of ours could not be had; it needs nothing else to work."""
        response = VoiceResponse()
        words = "I am sorry, something failed on our side."
        if self._staffed_number:
            number = spoken.telephone(self._staffed_number)
            words += f" Please call radiology at {number}. Again: {number}."
        response.say(words, voice=VOICE, language=LANGUAGE)
        response.hangup()
        return str(response)

    def text(self, words: str) -> str:
        """Return the TwiML that answers a text message, or no answer where there are no words."""
        response = MessagingResponse()
        if words:
            response.message(words)
        return str(response)

    def _record(self, response: VoiceResponse, token: str, turn: int, prompt: Prompt) -> None:
        _say(response, utterances(prompt))
        action = self._urls.record(token, turn)
        response.append(
            Record(
                action=action,
                method="POST",
                play_beep=True,
                finish_on_key="#",
                max_length=RECORD_SECONDS,
                timeout=5,
                trim="trim-silence",
                recording_status_callback=self._urls.recording(token),
                recording_status_callback_method="POST",
                recording_status_callback_event="completed absent",
            )
        )
        # Twilio does not request the action of a Record in which nothing was said; it goes on here instead.
        response.redirect(action, method="POST")

    def _bridge(self, response: VoiceResponse, token: str, turn: int, prompt: Prompt) -> None:
        if not prompt.dial:
            raise ValueError("a bridge needs at least one telephone to ring")
        _say(response, utterances(prompt))
        dial = Dial(
            action=self._urls.dial(token, turn),
            method="POST",
            timeout=RING_SECONDS,
            answer_on_bridge=True,
            caller_id=prompt.callback_number or self._our_number,
        )
        for leg in prompt.dial:
            whisper = self._urls.whisper(token, leg.key, 0)
            dial.number(leg.number, url=whisper, method="POST", send_digits=leg.send_digits or None)
        response.append(dial)


def _listen_or_end(response: VoiceResponse, prompt: Prompt, action: str, played: str = "") -> None:
    listen = LISTENS.get(prompt.kind)
    if prompt.kind is PromptKind.VOICEMAIL:
        response.pause(length=1)
    if prompt.kind is PromptKind.PAGED:
        # Twilio does not say whether a document waits for the keys that a call is created with; the line is kept for them.
        response.pause(length=KEYS_SECONDS)
    if prompt.kind is PromptKind.PAGED:
        response.pause(length=PAGER_SECONDS)
    if listen is None:
        _say(response, utterances(prompt), played)
        if prompt.kind not in GOES_ON:
            response.hangup()
        return
    heard = bool(listen.hints) or listen.words
    gather = Gather(
        input="dtmf speech" if heard else "dtmf",
        action=action,
        method="POST",
        num_digits=listen.digits,
        finish_on_key=listen.finish,
        timeout=listen.timeout,
        action_on_empty_result=True,
        language=LANGUAGE if heard else None,
        hints=listen.hints or None,
        speech_timeout="auto" if heard else None,
    )
    _say(gather, utterances(prompt), played)
    response.append(gather)
