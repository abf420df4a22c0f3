"""What the inside needs of the outsides, named for the roles they play."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from handlers.domain.cards import DeskCard, HandoverCard, Note, ReadCard
from handlers.domain.classes import Priority
from handlers.domain.dialog import Prompt
from handlers.domain.directory import Directory
from handlers.domain.machinery import Accepted, AuditFact, Deadline, DeadlineKind, Effect
from handlers.domain.rotas import Rota, Shift
from handlers.domain.sinks import ReadNotice, Sink
from handlers.domain.troubles import Trouble, unexplained
from handlers.domain.turnaround import EndedRead
from handlers.domain.worklists import ORDER, Alike, Claimed, Waiting

V = TypeVar("V")


class Clock(Protocol):
    """The time; only shells read it."""

    def now(self) -> datetime:
        """Return the instant, in UTC."""


class Chance(Protocol):
    """Unguessable values."""

    def token(self) -> str:
        """Return an opaque URL-safe token of at least 128 bits."""

    def digits(self, count: int, alphabet: str) -> str:
        """Return ``count`` digits drawn from ``alphabet``."""


class Reading(Protocol):
    """Looking at what is stored. Equal field names; patient columns are found through their keyed index."""

    now: datetime

    def get(self, kind: type[V], key: str, /) -> V | None:
        """Return the value with this id."""

    def one(self, kind: type[V], /, **equal: Any) -> V | None:
        """Return the value whose fields equal these (a tuple means any of them), the newest where there are several."""

    def all(self, kind: type[V], /, **equal: Any) -> list[V]:
        """Return every value whose fields equal these, oldest first."""

    def newest(self, kind: type[V], /, *, after: int) -> V | None:
        """Return the numbered value with the greatest ``number`` above ``after``, or None."""

    def count_since(self, kind: type[Any], field: str, since: datetime, /, **equal: Any) -> int:
        """Count values whose ``field`` lies at or after ``since``."""

    def since(self, kind: type[V], field: str, since: datetime, /, **equal: Any) -> list[V]:
        """Return the values whose ``field`` lies at or after ``since``, oldest first."""

    def worklist(
        self,
        facilities: Collection[str],
        holder: str,
        *,
        many: int,
        past: int,
        open_to: Collection[Alike] | None = None,
        also: Collection[str] = (),
        classes: Collection[Priority] = ORDER,
    ) -> list[Waiting]:
        """Return a page of the open and claimed reads of these facilities, in the worklist's order for ``holder``.

        Only reads of these classes are listed, and of what is open only that which is alike to ``open_to``, where it is
        not None, or whose id is among ``also``.
        """

    def alike(self, facilities: Collection[str], holder: str) -> list[Alike]:
        """Return how many reads of that worklist are alike in everything that is judged."""

    def claimed_since(self, since: datetime) -> list[Claimed]:
        """Return what is held by anybody, and what was claimed since an instant."""

    def ended_reads(self, since: datetime, until: datetime, facilities: Collection[str]) -> list[EndedRead]:
        """Return the reads of these facilities that a report of ours ended in a span, those of test studies left out.

        A study that was split by region is one, as the last of its regions, once all of them have ended.
        """

    def message(self, subject: str) -> tuple[str, str] | None:
        """Return (channel, ts) of the Slack message that shows a subject."""


class Transaction(Reading, Protocol):
    """One transaction of one facility, which holds that facility's chain head until it ends."""

    facility: str

    def alone(self, name: str) -> None:
        """Wait until no other facility's transaction holds this name; it is held until the end.

        For what counts over all facilities, as one reader's reads. A transaction holds one name at most, and takes it
        after its chain, so nobody waits in a circle.
        """

    def add(self, value: V) -> V:
        """Insert a value."""

    def put(self, value: V) -> V:
        """Write a changed value back and return it with its next version; a changed row raises ``StaleWrite``."""

    def effect(self, effect: Effect) -> None:
        """Record something to be sent after the commit."""

    def deadline(self, deadline: Deadline) -> None:
        """Record an instant; an undone deadline of the same kind and subject is replaced."""

    def forget(self, subject: str, *kinds: DeadlineKind) -> None:
        """Drop the undone deadlines of a subject."""

    def audit(self, fact: AuditFact) -> None:
        """Append to the facility's chain."""

    def earlier_answer(self, delivery: str) -> str | None:
        """Return the answer that an inbound message got before, or None when it is new: a repeat does nothing twice."""

    def keep_answer(self, delivery: str, answer: str) -> None:
        """Record an inbound message as handled, with its answer (free of patient data)."""

    def first_time(self, kind: str, value: str) -> bool:
        """Tell whether a value is met for the first time here, and remember it, by a keyed digest only."""

    def remember_message(self, subject: str, channel: str, ts: str) -> None:
        """Keep where a subject is shown."""

    def sent(self, sending: Sending) -> None:
        """Mark an effect as sent, together with what came of it."""

    def is_due(self, due: Due) -> bool:
        """Mark a deadline done inside its handler's transaction; False when it was done or moved already."""


@dataclass(frozen=True, slots=True)
class Sending:
    """An effect that this process took, with how often it was tried."""

    id: str
    facility: str
    effect: Effect
    tries: int
    #: True where an earlier try may have reached the vendor (a crash while sending).
    in_doubt: bool


@dataclass(frozen=True, slots=True)
class Delivered:
    """An inbox item that this process took."""

    id: str
    accepted: Accepted
    tries: int


@dataclass(frozen=True, slots=True)
class Due:
    """A deadline that has fallen due."""

    id: str
    facility: str
    kind: DeadlineKind
    subject: str
    due_at: datetime


class Memory(Protocol):
    """The store's face."""

    def transaction(self, facility: str) -> AbstractContextManager[Transaction]:
        """Open the facility's one transaction: commits at the end, rolls back on any exception."""

    def reading(self) -> AbstractContextManager[Reading]:
        """Open a look that changes nothing."""

    def facility_of(self, kind: type[Any], /, **equal: Any) -> str | None:
        """Return the facility of the newest value whose fields equal these."""

    def next_delivery(self) -> AbstractContextManager[tuple[Delivered, Transaction] | None]:
        """Take the oldest inbox item of a facility nobody else works on, inside that facility's transaction."""

    def delivery_failed(self, item: Delivered, reason: str) -> bool:
        """Count a failed try in a transaction of its own; True when the item has been set aside."""

    def take_effect(self, lanes: str) -> Sending | None:
        """Take the next effect that may leave now from lanes that begin with ``lanes``; nobody else will take it."""

    def effect_done(self, sending: Sending) -> None:
        """Mark an effect as sent (outside a transaction of its subject)."""

    def effect_later(self, sending: Sending, at: datetime, reason: str, *, whole_lane: bool = False) -> None:
        """Give an effect back, to leave at an instant; its whole lane waits too when the vendor asked for it."""

    def effect_dropped(self, sending: Sending, reason: str) -> None:
        """Give an effect up for good, with a reason that an operator sees."""

    def take_due(self, limit: int = 50) -> list[Due]:
        """Return the deadlines that are due, oldest first; handling one marks it done in its own transaction."""

    def due_failed(self, due: Due) -> None:
        """Try a deadline whose handler failed again a little later; it is never dropped."""

    def next_instant(self, seen: datetime | None = None) -> datetime | None:
        """Return the earliest instant at which a deadline or a waiting effect falls due.

        Without effects and events that were due at ``seen`` already: those who carry them out have looked since.
        """


class Messenger(Protocol):
    """Slack, by meaning. Raises ``DeliveryFailed``, ``DeliveryRefused`` or ``DeliveryInDoubt``."""

    def show_read(self, channel: str, ts: str | None, card: ReadCard) -> str:
        """Post the card, or update the message ``ts``; return the message's ts."""

    def show_task(self, channel: str, ts: str | None, card: DeskCard) -> str:
        """Post the desk's card, or update it; return its ts."""

    def show_handover(self, channel: str, ts: str | None, card: HandoverCard) -> str:
        """Post a handover's card, or update it; return its ts."""

    def note(self, channel: str, thread_ts: str | None, note: Note, *, mention: bool = False) -> None:
        """Add a line to a message's thread, or to the channel itself; ``mention`` broadcasts it with @here."""

    def find(self, channel: str, subject: str, since: datetime) -> str | None:
        """Look for a message of ours that shows ``subject`` (a post whose answer was lost)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSeen:
    """A call as the vendor knows it. ``status`` is Twilio's word."""

    sid: str
    to: str
    status: str
    created_at: datetime
    ended_at: datetime | None = None
    answered_by: str = ""
    error_code: str = ""


class Dialer(Protocol):
    """The telephone. Raises ``DeliveryFailed``, ``DeliveryRefused`` or ``DeliveryInDoubt``."""

    def place(self, *, token: str, to: str, ours: str, send_digits: str, detect_machine: bool) -> str:
        """Ask for one call from a number of ours whose callbacks carry ``token``; return the vendor's sid."""

    def find(self, *, to: str, ours: str, since: datetime) -> CallSeen | None:
        """Look for our newest call to a number, from one of ours, asked for at or after ``since``; a bridge's leg is none of these."""

    def look(self, sid: str) -> CallSeen:
        """Return what became of a call."""

    def probe(self) -> None:
        """Ask whether the account is there, about no call at all."""

    def hang_up(self, sid: str) -> None:
        """End a call, ringing or answered; harmless when it has ended."""

    def leave_voicemail(self, *, sid: str, token: str) -> None:
        """Turn a live call to the voicemail words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSeen:
    """A text as the vendor knows it. ``status`` is Twilio's word."""

    status: str
    error_code: str = ""


class Texter(Protocol):
    """Text messages. There is no parameter here that could carry patient data."""

    def send(self, *, token: str, to: str, facility: str, callback_number: str, callback_code: str, pickup: str) -> str:
        """Send the one text there is, with a link where ``pickup`` is its token; return the vendor's sid."""

    def find(self, *, to: str, ours: str, since: datetime, callback_code: str) -> list[str]:
        """Look for texts from a number of ours whose answer may have been lost, newest first."""

    def look(self, sid: str) -> TextSeen:
        """Return what became of a text."""


class Recordings(Protocol):
    """What was recorded, at the vendor."""

    def fetch(self, sid: str) -> tuple[bytes, str]:
        """Return the audio and its media type; raises ``DeliveryFailed`` while it is not there."""

    def delete(self, sid: str) -> None:
        """Delete it at the vendor once it is stored here."""

    def is_there(self, sid: str) -> bool:
        """Tell whether the vendor still has it."""


class Calendars(Protocol):
    """Calendar feeds of rotas."""

    def shifts(self, rota: Rota, begins: datetime, ends: datetime) -> tuple[Shift, ...]:
        """Return a span's shifts by the rota's calendar, oldest first.

        Raises ``DeliveryFailed`` with a reason that holds nothing of the feed or its address.
        """


class Subscribers(Protocol):
    """Clients' own systems, which are told who has a read."""

    def deliver(self, sink: Sink, message_id: str, notice: ReadNotice) -> None:
        """Send one message; raises ``DeliveryFailed``. It may arrive twice, with the same id."""


class Script(Protocol):
    """The words."""

    def seconds(self, prompt: Prompt) -> float:
        """Return how long a prompt takes to speak, at the normal pace."""

    def seconds_to_tell(self, prompt: Prompt) -> float:
        """Return how long it speaks until its findings were said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What every verb needs: the memory, the directory as it is now, the clock, chance and the script."""

    memory: Memory
    directory: Callable[[], Directory]
    clock: Clock
    chance: Chance
    script: Script
    #: Our own number, E.164, which is answered from the first day; a facility may have one of its own.
    our_number: str
    #: Server-side pepper for PINs.
    pin_pepper: bytes
    #: What the telephone vendor's error codes mean.
    trouble_of: Callable[[str], Trouble] = unexplained
    #: The number of the second account, "" where there is none; it too is answered when it is called.
    second_number: str = ""
    #: How many calls of ours may be open at once at the vendor; None is no limit.
    concurrent_calls: int | None = None

    def number_at(self, facility: str) -> str:
        """Return the number of ours that calls and texts for a facility, and is called back."""
        found = self.directory().facilities.get(facility)
        return self.our_number if found is None else found.caller_number or self.our_number
