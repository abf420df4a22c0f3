"""What a directory that could be read may still have wrong: who is missing, whom nobody reaches, what has lapsed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bot.directory.checks import agreements, coverage, ladders, references, rotas, silence, standing
from bot.directory.problems import Marks, Problem
from handlers.domain.directory import Directory

__all__ = ["check"]


def check(directory: Directory, marks: Marks, now: datetime) -> Iterator[Problem]:
    """Yield every problem of a directory; ``marks`` says where things stand, ``now`` is what dates are judged by, in UTC.

    Errors depend on the directory alone, only warnings on ``now``.
    """
    yield from references.problems(directory, marks)
    yield from ladders.problems(directory, marks)
    yield from silence.problems(directory, marks)
    yield from rotas.problems(directory, marks, now)
    yield from coverage.problems(directory, marks)
    yield from agreements.problems(directory, marks, now.date())
    yield from standing.problems(directory, marks, now.date())
