"""What may be wrong with a number, a text or our account at the telephone vendor, and what follows: values, no vendor's words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from handlers.domain.relays import Outcome


class NextStep(StrEnum):
    """What a vendor's error makes the ladder do."""

    TRY_AGAIN = "try_again"  # it may pass: the rung's own tries go on
    NEXT_NUMBER = "next_number"  # this number will not do now; another one of the same person may
    NEXT_RUNG = "next_rung"  # trying the same person again is no use
    VOICE_INSTEAD = "voice_instead"  # only the text failed: the telephone reaches them
    FIND_NUMBER = "find_number"  # nobody has this number: a human finds another, meanwhile as NEXT_NUMBER
    MEND_ACCOUNT = "mend_account"  # it is ours to mend, and holds for every number


class NumberIs(StrEnum):
    """What an error proves of the number itself."""

    FINE = "fine"
    BOUNCED = "bounced"  # it cannot be reached in this way; a human is to correct it
    OPTED_OUT = "opted_out"  # whoever has it answered STOP


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One error of the vendor's: its code, what it means, what follows, and what the desk does about it."""

    code: str
    meaning: str
    step: NextStep
    todo: str
    number: NumberIs = NumberIs.FINE

    @property
    def sentence(self) -> str:
        """Return what the desk is told: what happened and what to do next, without the number."""
        return f"{self.meaning} {self.todo}"


def unexplained(code: str) -> Trouble:
    """Return what is known of a code that nobody has explained: this number is not tried again, and it is named."""
    return Trouble(
        code=code,
        meaning=f"The telephone vendor answered with code {code}.",
        step=NextStep.NEXT_RUNG,
        todo="Look the code up in the vendor's documentation.",
    )


def refused_with(trouble: Trouble) -> Outcome:
    """Return what came of an attempt that the vendor would not make."""
    return Outcome.FAILED if trouble.step is NextStep.TRY_AGAIN else Outcome.REFUSED


def is_about_the_number(trouble: Trouble) -> bool:
    """Tell whether another number of the same person may do better."""
    return trouble.step in (NextStep.NEXT_NUMBER, NextStep.FIND_NUMBER)
