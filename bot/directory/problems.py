"""What may be wrong with a directory file: problems with a line, a path and a sentence, and where each path stands."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

_MOST_NAMED = 8


class Severity(StrEnum):
    """An error keeps a directory from being loaded; a warning is told and accepted."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong: where it stands (line from 1, dotted path), what it is and what to do."""

    line: int
    path: str
    sentence: str
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        """Write the problem as one line of a compiler would, without the file's name."""
        where = f"{self.path}: " if self.path else ""
        return f"{self.line}: {self.severity}: {where}{self.sentence}"


class DirectoryProblems(ValueError):
    """The directory cannot be used: ``problems`` holds every error, in the order of the file."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class Unfit(ValueError):
    """A value that cannot be read; the sentence says why and what to write. It becomes a `Problem` where the value stands."""


@dataclass(slots=True)
class Marks:
    """Where things stand in the file, and which rule of the file each of a facility's policy rules came from."""

    lines: dict[str, int] = field(default_factory=dict)
    #: Facility id → the path of the file's rule for each of `Facility.rules`.
    rules: dict[str, list[str]] = field(default_factory=dict)
    #: Facility id and contact id → the path of the role that names the contact there.
    roles: dict[tuple[str, str], str] = field(default_factory=dict)

    def line(self, path: str) -> int:
        """Return the line of a path, or of the nearest enclosing one that the file has."""
        while path and path not in self.lines:
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return self.lines.get(path, 1)

    def error(self, path: str, sentence: str) -> Problem:
        """Return an error at a path."""
        return Problem(self.line(path), path, sentence)

    def warning(self, path: str, sentence: str) -> Problem:
        """Return a warning at a path."""
        return Problem(self.line(path), path, sentence, Severity.WARNING)


@dataclass(slots=True)
class Log:
    """Collects problems while a file is read; the same problem, met twice through an alias or a default, is kept once."""

    marks: Marks = field(default_factory=Marks)
    found: dict[Problem, None] = field(default_factory=dict)

    def add(self, problem: Problem) -> None:
        """Keep a problem."""
        self.found.setdefault(problem)

    def error(self, line: int, path: str, sentence: str) -> None:
        """Keep an error at a line that differs from the path's own."""
        self.add(Problem(line, path, sentence))

    def has_errors(self) -> bool:
        """Tell whether anything found keeps the directory from being used."""
        return any(problem.severity is Severity.ERROR for problem in self.found)


def nearest(word: str, known: Iterable[str]) -> str:
    """Return `` Did you mean "…"?`` where a known word is near, else nothing."""
    near = difflib.get_close_matches(word, sorted(set(known)), n=1)
    return f' Did you mean "{near[0]}"?' if near else ""


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return the nearest known word, else the known words when they are few."""
    words = sorted(set(known))
    if not words:
        return " There are none."
    few = f" There are: {', '.join(words)}." if len(words) <= _MOST_NAMED else ""
    return nearest(word, words) or few
