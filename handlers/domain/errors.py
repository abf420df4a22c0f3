"""What may go wrong, as values with a sentence for a human. None of them ever carries a patient's data."""

from __future__ import annotations

from datetime import timedelta


class RadrelayError(Exception):
    """The root of every error of ours; its text is free of patient data by construction."""


class Rejection(RadrelayError):
    """An expected refusal: what happened, to which value, what to do next.

    ``code`` is stable and short (``license_expired``); ``sentence`` is shown to the person who asked.
    """

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


class DeliveryFailed(RadrelayError):
    """A vendor did not take what was sent, and certainly did nothing; it may be tried again after ``retry_after``."""

    def __init__(self, reason: str, retry_after: timedelta | None = None, *, answered: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after
        #: Whether the vendor answered at all: one that asks for patience is there.
        self.answered = answered


class NotYet(DeliveryFailed):
    """Nothing was asked of the vendor, since a limit of its is reached; ``retry_after`` says when to look again."""


class DeliveryRefused(RadrelayError):
    """A vendor refused for good; trying the same again cannot succeed. ``code`` is the vendor's."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code
        self.reason = reason


class DeliveryInDoubt(RadrelayError):
    """No answer came after the request was sent: it may have happened. Look it up before any second try."""


class StaleWrite(RadrelayError):
    """A row changed between reading and writing it; the transaction is to be run again from its start."""


class ImpossibleTransition(RadrelayError):
    """A pair of state and event that the transition table does not have: a bug, never an input."""
