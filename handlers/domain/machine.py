"""The one way in which a state changes: a table of pairs, and nothing outside it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from handlers.domain.errors import ImpossibleTransition

S = TypeVar("S", bound=StrEnum)
E = TypeVar("E", bound=StrEnum)


def step(table: Mapping[tuple[S, E], S], state: S, event: E) -> S:
    """Return the state that follows; a pair that the table lacks raises ``ImpossibleTransition``."""
    try:
        return table[state, event]
    except KeyError:
        raise ImpossibleTransition(f"{type(state).__name__} {state} has no transition for {event}") from None


def allows(table: Mapping[tuple[S, E], S], state: S, event: E) -> bool:
    """Tell whether the table has the pair."""
    return (state, event) in table
