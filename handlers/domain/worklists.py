"""The order of a worklist, and what is waiting, as values.

Orders, metadata and human flags only: putting studies in order by reading their pixels is a regulated device's function.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import NamedTuple

from handlers.domain.classes import Priority, ReadKind
from handlers.domain.studies import Read

#: Most urgent first.
ORDER: tuple[Priority, ...] = tuple(Priority)


class Whose(IntEnum):
    """Where a read stands on somebody's worklist, in the order in which it is shown."""

    MINE = 0
    READY = 1  #: open, and its images are complete
    ARRIVING = 2  #: open, and images are still to come
    OTHERS = 3  #: claimed by somebody else


#: What is there to be claimed.
OPEN = frozenset({Whose.READY, Whose.ARRIVING})


def is_claimed_with(read: Read, other: Read) -> bool:
    """Tell whether, of linked reads, one is claimed with the other: those of one kind and pool are."""
    return (other.kind, other.pool) == (read.kind, read.pool)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A read on a worklist, with what of its study the law asks about."""

    read: Read
    whose: Whose
    modality: str
    patient_state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """How many reads of a modality somebody claimed since an instant, and whether they hold them still."""

    reader: str
    modality: str
    is_held: bool
    count: int
    #: When the last of them was claimed.
    last: datetime


class Alike(NamedTuple):
    """How many reads of a worklist are of one class and alike in everything else that is judged: thousands of these are made."""

    facility: str
    pool: str
    kind: ReadKind
    subspecialty: str
    modality: str
    patient_state: str
    #: Readers without the subspecialty may read it by now.
    is_general: bool
    #: Of this only whether caps hold for it is judged.
    priority: Priority
    mine: int
    ready: int
    arriving: int
    others: int

    @property
    def open(self) -> int:
        """How many of them are there to be claimed."""
        return self.ready + self.arriving
