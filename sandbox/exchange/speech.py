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


@dataclass(frozen=True)
class Piece:
    """A word (or a spelled group) and its seconds; no text is silence."""

    text: str
    seconds: float


def spoken(text: str, rate: float = 1.0) -> list[Piece]:
    """Return the words of ``text`` at the normal pace times ``rate``."""
    return [Piece(word, 1 / (WORDS_A_SECOND * rate)) for word in text.split()]


def spelled(text: str, rate: float = 1.0) -> list[Piece]:
    """Return the groups of ``text`` with each character said by itself."""
    return [Piece(word, SPELLED_SECONDS * sum(map(str.isalnum, word)) / rate) for word in text.split()]


def keyed(digits: str) -> list[Piece]:
    """Return the tones of ``digits``, where ``w`` is half a second of silence (Twilio: Play, digits)."""
    return [Piece(f"[keys {digits}]", sum(0.5 if key in "wW" else 0.25 for key in digits))]


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
