"""How long words take: an estimate that makes a stopwatch out of a transcript."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

#: About 165 words a minute, a synthetic voice at its normal rate.
WORDS_A_SECOND = 2.75
#: One spelled character or digit.
SPELLED_SECONDS = 0.4
#: A sound file whose length is not known.
PLAYED_SECONDS = 3.0
#: One key that is sent, with the gap after it.
KEY_SECONDS = 0.25
#: Twilio's pauses between keys: half a second, and a second.
PAUSES = {"w": 0.5, "W": 1.0}


@dataclass(frozen=True)
class Piece:
    """A word (or a spelled group) and its seconds; no text is silence."""

    text: str
    seconds: float
    #: The keys that are sent with it.
    keys: str = ""
    #: Where a sound is, whose length is known once it was fetched.
    url: str = ""


def spoken(text: str, rate: float = 1.0) -> list[Piece]:
    """Return the words of ``text`` at the normal pace times ``rate``."""
    return [Piece(word, 1 / (WORDS_A_SECOND * rate)) for word in text.split()]


def spelled(text: str, rate: float = 1.0) -> list[Piece]:
    """Return the groups of ``text`` with each character said by itself."""
    return [Piece(word, SPELLED_SECONDS * sum(map(str.isalnum, word)) / rate) for word in text.split()]


def keyed(digits: str) -> list[Piece]:
    """Return the tones of ``digits``, where ``w`` is half a second of silence and ``W`` a whole one (Twilio: Play)."""
    return [Piece(f"[keys {digits}]", sum(PAUSES.get(key, KEY_SECONDS) for key in digits), digits)]


def key_delays(digits: str) -> list[tuple[str, float]]:
    """Return each key of ``digits`` with the seconds after which it has been sent."""
    at, sent = 0.0, []
    for key in digits:
        at += PAUSES.get(key, KEY_SECONDS)
        if key not in PAUSES:
            sent.append((key, at))
    return sent


@dataclass(frozen=True)
class Utterance:
    """Pieces said without a gap from one instant on, until they end or are cut off."""

    starts: datetime
    pieces: tuple[Piece, ...]
    ends: datetime

    @classmethod
    def at(cls, starts: datetime, pieces: tuple[Piece, ...]) -> Utterance:
        """Return ``pieces`` said from ``starts`` on."""
        return cls(starts, pieces, starts + timedelta(seconds=sum(piece.seconds for piece in pieces)))

    @property
    def text(self) -> str:
        """The words, as one line."""
        return " ".join(piece.text for piece in self.pieces if piece.text)

    @property
    def is_keys(self) -> bool:
        """Whether it is keys that are sent, not words."""
        return any(piece.keys for piece in self.pieces)

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return (self.ends - self.starts).total_seconds()

    def cut(self, at: datetime) -> Utterance:
        """Return what was said completely when it was cut off at ``at``."""
        if at >= self.ends:
            return self
        kept: list[Piece] = []
        clock = self.starts
        for piece in self.pieces:
            clock += timedelta(seconds=piece.seconds)
            if clock > at:
                break
            kept.append(piece)
        return Utterance(self.starts, tuple(kept), max(at, self.starts))
