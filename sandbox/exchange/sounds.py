"""Fetches what a document plays, as Twilio does before it plays it (TwiML Voice Play; errors 11200 and 12300 where it cannot)."""

from __future__ import annotations

import io
import wave
from typing import TYPE_CHECKING

from sandbox.exchange import twiml
from sandbox.exchange.speech import PLAYED_SECONDS, Piece
from sandbox.exchange.twiml import TwimlError
from sandbox.exchange.verbs import Gather, Say

if TYPE_CHECKING:
    from sandbox.exchange.callbacks import Courier
    from sandbox.exchange.records import Hook

OK = 200
KINDS = ("audio/mpeg", "audio/wav", "audio/wave", "audio/x-wav", "audio/basic", "audio/x-aiff", "audio/x-gsm")


def played(document: bytes) -> list[str]:
    """Return the addresses of what a document plays; none where it cannot be read."""
    try:
        verbs = twiml.read(document)
    except TwimlError:
        return []
    says = [one for verb in verbs for one in (verb.prompts if isinstance(verb, Gather) else (verb,))]
    return [piece.url for say in says if isinstance(say, Say) for piece in say.pieces if piece.url]


def fetched(courier: Courier, hook: Hook) -> Piece:
    """Return a sound with its length, or say why there is none."""
    reply = courier.ask("media", hook, {})
    if reply.status != OK:
        raise TwimlError(11200, f"a sound could not be fetched: {reply.trouble or f'HTTP {reply.status}'}")
    kind = reply.content_type.partition(";")[0].strip().lower()
    if kind not in KINDS:
        raise TwimlError(12300, f"the content type of a sound is {kind or 'missing'}")
    seconds = _seconds(reply.body)
    return Piece(f"(recording of {seconds:.0f} s)", seconds)


def _seconds(audio: bytes) -> float:
    try:
        with wave.open(io.BytesIO(audio)) as sound:
            return float(sound.getnframes() / sound.getframerate())
    except (wave.Error, EOFError):
        return PLAYED_SECONDS
