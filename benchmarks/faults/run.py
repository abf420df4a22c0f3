"""One run: relay after relay, each under faults from its own seed, and what came of all of them."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from handlers.domain.relays import OPEN_ATTEMPT, Attempt, Relay, RelayState
from sandbox.serving import Servers
from store import audit
from telephony.dialer import TwilioDialer
from tests.flows.acts import creates
from tests.flows.mixed import EVENTS, let_go, lives, rings_twice
from tests.flows.mortal import MortalStage

#: What may happen to the creation of a call or a text; ``mute`` takes real time, so it is rarer.
CREATES = ("lost_answer", "lost_answer", "429", "500", "503")
TEXTS = ("message-queued", "message-sent", "message-delivered")
#: Nothing of a callback is left alone for long.
TIMES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """What came of a run."""

    faults: Counter[str]
    relays: int
    ended: int
    lost: int
    double_dials: int
    doubled_texts: int
    #: What else is not as it must be, in words.
    amiss: tuple[str, ...]

    @property
    def injected(self) -> int:
        """Return how many faults there were; an outage is one, however many requests it refused."""
        return sum(self.faults.values())

    @property
    def good(self) -> bool:
        """Tell whether nothing was lost and nothing was doubled."""
        return not (self.lost or self.double_dials or self.doubled_texts or self.amiss)


def run(
    servers: Servers,
    database_url: str,
    folder: Path,
    *,
    faults: int,
    seed: int = 1,
    dialer: type[TwilioDialer] = TwilioDialer,
    on_relay: Callable[[int, int], None] | None = None,
) -> Came:
    """Start relays until so many faults were injected and each has reached a human; ``dialer`` is how the product calls."""
    stage = MortalStage(servers, database_url, folder, dialer=dialer)
    try:
        stage.load("storm: {relays: 10, within: 15m}", "storm: {relays: 1000, within: 15m}")
        return _until(stage, faults, seed, on_relay)
    finally:
        with suppress(Exception):
            stage.close()


def _until(stage: MortalStage, wanted: int, seed: int, on_relay: Callable[[int, int], None] | None) -> Came:
    more: Counter[str] = Counter()
    relays, lost, twice = 0, 0, 0
    while sum(_counted(stage, more).values()) < wanted:
        chance = random.Random(f"{seed}:{relays}")
        relays += 1
        stage.stroke_ct()
        _spoil(stage, chance, more)
        stage.finding()
        at_once: list[bool] = []
        lost += not lives(stage, chance, lambda met=at_once: met.append(rings_twice(stage)))  # type: ignore[misc]
        twice += any(at_once)
        stage.exchange.faults.clear()
        let_go(stage)
        if on_relay is not None:
            on_relay(relays, sum(_counted(stage, more).values()))
    return _judged(stage, _counted(stage, more), relays, lost, twice)


def _counted(stage: MortalStage, more: Counter[str]) -> Counter[str]:
    """Return the faults that happened by kind; what was only asked for and never happened does not count."""
    of_vendor = Counter({kind: count for kind, count in stage.exchange.faults.counts.items() if kind != "outage"})
    return of_vendor + stage.reaper.deaths + more


def _spoil(stage: MortalStage, chance: random.Random, more: Counter[str]) -> None:
    """Switch on faults: of creates, of callbacks, of the whole vendor for a while, and of our own process."""
    faults = stage.exchange.faults
    if chance.random() < 0.5:  # the hard case: neither the answer nor the first callbacks say that the call exists
        faults.next_create("lost_answer")
        faults.drop("initiated", "ringing", times=2)
    for _ in range(chance.randint(1, 4)):
        faults.next_create("mute" if chance.random() < 0.08 else chance.choice(CREATES))  # type: ignore[arg-type]
    if chance.random() < 0.5:
        faults.next_create(chance.choice(CREATES), of="Messages")  # type: ignore[arg-type]
    faults.drop(*chance.sample(EVENTS, 2), times=chance.randint(0, TIMES))
    faults.duplicate(*chance.sample((*EVENTS, *TEXTS), 4), times=chance.randint(1, 2 * TIMES))
    faults.delay(chance.choice((1, 7, 40)), chance.choice(EVENTS), times=TIMES)
    if chance.random() < 0.4:
        faults.hold("ringing", until="answered")
    if chance.random() < 0.4:
        faults.hold("message-queued", until="message-delivered")
    if chance.random() < 0.15:
        faults.outage()
        more["outage of the whole vendor"] += 1
        stage.timeline.after(chance.choice((3, 20, 100)), lambda: faults.outage(on=False))
    if chance.random() < 0.3:
        stage.reaper.next = chance.choice(("before", "after"))
    if chance.random() < 0.2:
        more["restart"] += 1
        stage.restart()


def _judged(stage: MortalStage, faults: Counter[str], relays: int, lost: int, twice: int) -> Came:
    stage.advance(minutes=10)
    started = stage.all(Relay)
    open_lines = stage.all(Attempt, state=tuple(OPEN_ATTEMPT))
    texts = Counter(one.hook.url.rsplit("/", 1)[-1] for one in stage.exchange.messages if one.hook is not None)
    with stage.service.store.database.snapshot() as connection:
        amiss = [problem for one in audit.verify(connection, []) for problem in one.problems]
    amiss += [f"an attempt that never finished: {one.id}" for one in open_lines]
    amiss += [f"two lines to one number at once, in {twice} relays"] * bool(twice)
    return Came(
        faults=faults,
        relays=relays,
        ended=sum(relay.state is RelayState.ENDED for relay in started),
        lost=lost + relays - len(started),
        double_dials=sum(count - 1 for count in creates(stage).values()),
        doubled_texts=sum(count - 1 for count in texts.values()),
        amiss=tuple(amiss),
    )
