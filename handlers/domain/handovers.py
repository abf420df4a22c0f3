"""Handing over at a change of shift: who was seen on duty, and what is offered to whoever follows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Place(StrEnum):
    """Where a rota is used, and so whose work is handed over."""

    POOL = "pool"
    DESK = "desk"


@dataclass(frozen=True, slots=True, kw_only=True)
class OnDuty:
    """Who was last seen on duty on a rota; ``id`` is the rota's. A change is a difference to this, however late it is seen."""

    id: str
    facility: str
    who: str | None
    since: datetime
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """What ``outgoing`` holds at a pool or a desk, offered to ``incoming``, who accepts it by name."""

    id: str
    facility: str
    rota: str
    place: Place
    #: The pool's or the desk's id.
    at: str
    outgoing: str
    incoming: str
    offered_at: datetime
    reminders: int = 0
    accepted_at: datetime | None = None
    #: How the record names whoever accepted: the incoming person, or a PACS administrator in their name.
    accepted_by: str = ""
    version: int = 0
