"""What a call can be waiting for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, TypeAlias

if TYPE_CHECKING:
    from datetime import datetime

    from sandbox.exchange.dialing import Dialing
    from sandbox.exchange.verbs import Gather, Record


@dataclass
class GatherWait:
    """A Gather that has been reached, with the keys that it has so far."""

    verb: Gather
    starts: datetime
    prompt_ends: datetime
    digits: str = ""
    kind: ClassVar[str] = "gather"

    @property
    def opens(self) -> datetime:
        """The instant from which input is taken."""
        return self.starts if self.verb.barge_in else self.prompt_ends


@dataclass
class RecordWait:
    """A Record that has been reached; it listens after its beep."""

    verb: Record
    opens: datetime
    kind: ClassVar[str] = "record"


@dataclass
class DialWait:
    """A Dial under way, seen from the call that dials and from the call that is connected."""

    dialing: Dialing
    kind: ClassVar[str] = "dial"


Wait: TypeAlias = GatherWait | RecordWait | DialWait
