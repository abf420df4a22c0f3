"""Problems with a study: what keeps it from being read, and the one table of how a problem moves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from handlers.domain.clocks import Pause


class ProblemKind(StrEnum):
    """What is wrong with a study."""

    INCOMPLETE_SERIES = "incomplete_series"
    MISSING_PRIOR = "missing_prior"
    MISSING_HISTORY = "missing_history"
    WRONG_PROTOCOL = "wrong_protocol"
    BACK_TO_TECHNOLOGIST = "back_to_technologist"

    @property
    def words(self) -> str:
        """Return it as people say it: ``missing prior``."""
        return self.value.replace("_", " ")


class ProblemState(StrEnum):
    """Where a problem stands; taken is not solved, and closed is over without being solved."""

    OPEN = "open"
    TAKEN = "taken"
    SOLVED = "solved"
    CLOSED = "closed"


class ProblemEvent(StrEnum):
    """What moves a problem."""

    TAKE = "take"
    SOLVE = "solve"
    CLOSE = "close"


PROBLEM_TABLE = {
    (ProblemState.OPEN, ProblemEvent.TAKE): ProblemState.TAKEN,
    (ProblemState.OPEN, ProblemEvent.SOLVE): ProblemState.SOLVED,
    (ProblemState.OPEN, ProblemEvent.CLOSE): ProblemState.CLOSED,
    (ProblemState.TAKEN, ProblemEvent.TAKE): ProblemState.TAKEN,
    (ProblemState.TAKEN, ProblemEvent.SOLVE): ProblemState.SOLVED,
    (ProblemState.TAKEN, ProblemEvent.CLOSE): ProblemState.CLOSED,
}
UNSOLVED = (ProblemState.OPEN, ProblemState.TAKEN)

#: What a problem may end with at the desk, with its words.
OUTCOMES: Mapping[str, str] = {
    "solved": "Solved: it can be read",
    "read_as_is": "Read it as it is",
    "canceled": "There is no such problem",
}
#: What else ends one: its read is over.
REPORTED, STUDY_CANCELED, SUPERSEDED = "reported", "study_canceled", "superseded"
_SOLVES = "solved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that keeps a read from being done, from its report by a person until its outcome.

    Its desk task has its ``id`` as subject. ``pauses`` is what the site's directory said of its kind when it began.
    """

    id: str
    facility: str
    read_id: str
    case_code: str
    kind: ProblemKind
    state: ProblemState
    pauses: bool
    opened_at: datetime
    #: How the record names who reported it.
    opened_by: str
    #: Who looks after it, by name.
    taken_by: str = ""
    ended_at: datetime | None = None
    ended_by: str = ""
    outcome: str = ""
    version: int = 0

    def pause(self) -> Pause:
        """Return the stretch in which its read's clock stands still for it."""
        return Pause(began=self.opened_at, ended=self.ended_at, reason=self.kind.value, by=self.opened_by)


def event_of(outcome: str) -> ProblemEvent:
    """Return how an outcome moves a problem."""
    return ProblemEvent.SOLVE if outcome == _SOLVES else ProblemEvent.CLOSE
