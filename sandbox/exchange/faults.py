"""What goes wrong between the telephone company and the product, on request: deterministic and counted."""

from __future__ import annotations

import threading
from collections import Counter, deque
from dataclasses import dataclass
from typing import Literal, get_args

CreateFault = Literal["lost_answer", "mute", "429", "500", "503"]


@dataclass
class _Rule:
    events: frozenset[str]
    left: int | None

    def take(self, event: str) -> bool:
        if (self.events and event not in self.events) or self.left == 0:
            return False
        if self.left is not None:
            self.left -= 1
        return True


@dataclass(frozen=True)
class Passage:
    """How one callback travels."""

    dropped: bool = False
    copies: int = 1
    delay: float = 0.0
    #: The event of the same call after which this one is sent.
    held_until: str | None = None


class Faults:
    """Faults to switch on in a test.

    Events are call progress names (initiated, ringing, answered, completed), ``amd``, ``recording`` and
    ``message-queued``, ``message-sent``, ``message-delivered``, ``message-undelivered``. No event named means every one.
    """

    def __init__(self) -> None:
        #: Refuse creates above the rate with 429 (20429) instead of queueing them.
        self.refuse_above_rate = False
        #: How often each fault happened: ``drop:ringing``, ``duplicate:completed``, ``create:lost_answer``, ``outage``.
        self.counts: Counter[str] = Counter()
        self._lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        """End every fault; the counts stay."""
        self.refuse_above_rate = False
        self._outage = False
        #: What a 429 asks for in its Retry-After, in seconds; None says nothing, as Twilio often does.
        self.retry_after: int | None = None
        self._refused: dict[str, int] = {}
        self._drops: list[_Rule] = []
        self._doubles: list[tuple[_Rule, int]] = []
        self._delays: list[tuple[_Rule, float]] = []
        self._holds: dict[str, str] = {}
        self._creates: dict[str, deque[CreateFault]] = {"Calls": deque(), "Messages": deque()}

    def duplicate(self, *events: str, copies: int = 2, times: int | None = None) -> None:
        """Send callbacks ``copies`` times, byte for byte the same."""
        self._doubles.append((_Rule(frozenset(events), times), copies))

    def drop(self, *events: str, times: int | None = None) -> None:
        """Never send callbacks of these events, the next ``times`` of them or all."""
        self._drops.append(_Rule(frozenset(events), times))

    def delay(self, seconds: float, *events: str, times: int | None = None) -> None:
        """Send callbacks of these events ``seconds`` late; their Timestamp stays true."""
        self._delays.append((_Rule(frozenset(events), times), seconds))

    def hold(self, event: str, until: str) -> None:
        """Send ``event`` only after ``until`` of the same call or message was sent: a changed order."""
        self._holds[event] = until

    def next_create(self, kind: CreateFault, times: int = 1, of: Literal["Calls", "Messages"] = "Calls") -> None:
        """Spoil the next creates.

        ``lost_answer``: the call exists and rings, but the connection closes without an answer. ``mute``: it exists,
        but the client waits in vain until it gives up. ``429``, ``500``, ``503``: refused, and nothing exists.
        """
        if kind not in get_args(CreateFault):
            raise ValueError(f"{kind!r} is not a fault of a create; use one of {', '.join(get_args(CreateFault))}")
        self._creates[of].extend([kind] * times)

    def refuse(self, number: str, code: int) -> None:
        """Refuse calls to a number with an error code of Twilio's, as 21211 (not valid) or 20003 (credentials)."""
        self._refused[number] = code

    def refusal_of(self, number: str) -> int | None:
        """Return the code with which calls to a number are refused, counted, or None."""
        code = self._refused.get(number)
        if code is not None:
            self.count(f"refuse:{code}")
        return code

    def outage(self, on: bool = True) -> None:
        """Answer every REST request with 503 until it is switched off."""
        self._outage = on

    def is_out(self) -> bool:
        """Say whether the REST API is out, and count the question as one refused request if it is."""
        if self._outage:
            self.count("outage")
        return self._outage

    def take_create(self, of: str) -> CreateFault | None:
        """Return the fault of the create that is now being made."""
        with self._lock:
            queue = self._creates[of]
            kind = queue.popleft() if queue else None
        if kind is not None:
            self.count(f"create:{kind}")
        return kind

    def passage(self, event: str) -> Passage:
        """Decide how a callback of ``event`` travels."""
        with self._lock:
            if any(rule.take(event) for rule in self._drops):
                self.counts[f"drop:{event}"] += 1
                return Passage(dropped=True)
            copies = next((number for rule, number in self._doubles if rule.take(event)), 1)
            delay = next((seconds for rule, seconds in self._delays if rule.take(event)), 0.0)
            held = self._holds.get(event)
            for name, happened in (("duplicate", copies > 1), ("delay", delay > 0), ("hold", held is not None)):
                if happened:
                    self.counts[f"{name}:{event}"] += 1
        return Passage(copies=copies, delay=delay, held_until=held)

    def count(self, what: str) -> None:
        """Count one fault."""
        with self._lock:
            self.counts[what] += 1
