"""What a client's own systems are told of reads, so that their worklists agree with ours, and where it is sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from handlers.domain.classes import ReadKind

#: How long a sink that takes nothing is tried with one message before it is given up and the desk is told.
GIVES_UP_AFTER = timedelta(hours=24)
#: The longest time between two tries.
LONGEST_WAIT = timedelta(minutes=5)
#: The beginning of every sink's lane; its messages leave in order, one at a time.
LANES = "hook:"


def wait_after(tries: int) -> timedelta:
    """Return how long to wait after so many failed tries: 1 s, doubling, at most five minutes."""
    return min(timedelta(seconds=2 ** min(tries, 9)), LONGEST_WAIT)


class ReadEvent(StrEnum):
    """What a sink may be told."""

    CLAIMED = "read.claimed"
    RELEASED = "read.released"
    REPORTED = "read.reported"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sink:
    """A client's system that is told of the reads of its facilities; ``secret_env`` names what its messages are signed with."""

    id: str
    facilities: tuple[str, ...]
    url: str
    secret_env: tuple[str, ...]

    @property
    def lane(self) -> str:
        """Return the lane in which its messages leave."""
        return f"{LANES}{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadNotice:
    """One message. It names the study as the client's own system does, and nobody who is a patient."""

    event: ReadEvent
    recorded_at: datetime
    facility: str
    accession_number: str
    study_instance_uid: str
    #: Of the read: a study may have a preliminary and a final one.
    kind: ReadKind
    #: The region that it was of at that instant; "" is the whole study.
    region: str = ""
    #: Directory id and NPI; "" where the directory does not have the reader.
    radiologist: str
    npi: str
    #: When it was claimed, released or signed.
    at: datetime
