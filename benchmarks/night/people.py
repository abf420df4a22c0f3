"""The people of a night: readers who ask, read and have a coffee, and one person at the desk.

They do what people do, over HTTP: click what is on a card, type commands, let the site send the report. What they hold their
PACS would show them; here they look it up. All that is random is drawn from one generator, in the order in which things
happen.
"""

from __future__ import annotations

import random
from collections import Counter
from datetime import datetime, timedelta

from benchmarks.night.town import DESK_CHANNEL, DESK_USER, POOLS, Reader
from benchmarks.night.world import World
from handlers.domain.classes import Priority
from handlers.domain.studies import Read, ReadState, Study
from sandbox.workspace import Message

#: Minutes that a read usually takes, by modality: the median of a lognormal distribution.
READING = {"CT": 9.0, "MR": 14.0, "US": 6.0, "DX": 3.0}
SPREAD = 0.45
#: A stroke alert is one question; of a pan-scan's accessions each takes less than an examination by itself.
QUICKER = 0.6
SHORTEST, LONGEST = 0.5, 45.0
#: Who sees a free card clicks it now and then instead of asking for the next, or although they hold one.
CLICKS_FREELY, GRABS_ANOTHER = 0.15, 0.2
SCROLLS = (20.0, 120.0)
COFFEE = 0.05
#: An idle reader glances at the channels so often (seconds), and asks anyway after a while.
GLANCE, ASK_ANYWAY = (15.0, 60.0), timedelta(minutes=4)
DESK_LOOKS = 300.0


class AtWork:
    """One reader for one shift: asks for a read, reads it, and lets the site send the report."""

    def __init__(self, world: World, chance: random.Random, reader: Reader) -> None:
        self._world = world
        self._chance = chance
        self.reader = reader
        self.answers: Counter[str] = Counter()
        #: When they asked for the next read and were told that nothing waits.
        self.sent_away: list[datetime] = []
        self._channels = [channel for pool, channel in POOLS.items() if pool in reader.pools]
        self._seen = -1
        self._asked_at = reader.begins

    def begin(self) -> None:
        """Come to work."""
        self._world.at(self.reader.begins + timedelta(seconds=self._chance.uniform(5, 240)), self._look_around)

    def _mine(self) -> list[Read]:
        with self._world.service.store.memory.reading() as look:
            held = look.all(Read, state=ReadState.CLAIMED, claimed_by=self.reader.id)
        return sorted(held, key=lambda read: (read.due_at, read.id))

    def _look_around(self) -> None:
        """Go on with what one holds; else ask for a read, where there is news or some time has passed."""
        if self._world.clock.now() >= self.reader.ends:
            self._hand_back()
            return
        if self._mine():
            self._read_on()
            return
        if self._is_time_to_ask():
            self._ask()
            if self._mine():
                self._claim_linked()
                self._read_on()
                return
        self._world.after(self._chance.uniform(*GLANCE), self._look_around)

    def _is_time_to_ask(self) -> bool:
        """Tell whether there is news in one's channels, or none has been looked for in a while."""
        now = self._world.clock.now()
        news = sum(len(self._world.workspace.messages(channel)) for channel in self._channels)
        if news == self._seen and now - self._asked_at < ASK_ANYWAY:
            return False
        self._seen, self._asked_at = news, now
        return True

    def _ask(self) -> None:
        if self._chance.random() < CLICKS_FREELY:
            self._click_freely()
        if not self._mine():
            said = self._world.workspace.command(self.reader.slack_user, self._channels[0], "/relay", "next")
            self._world.hear()
            nothing = "Nothing waits" in said.words
            self.answers["nothing" if nothing else "next"] += 1
            if nothing:
                self.sent_away.append(self._world.clock.now())

    def _click_freely(self) -> None:
        """Click Claim on one of the cards that still offer it, as somebody does who scrolls up and finds one interesting."""
        free = [one for channel in self._channels for one in self._world.workspace.messages(channel)[-30:]]
        free = [one for one in free if "claim" in one.actions()]
        if free:
            self._click(self._chance.choice(free), "claim")

    def _click(self, card: Message, action: str) -> None:
        self.answers[action] += 1
        self._world.workspace.click(self.reader.slack_user, card.channel, card.ts, action)
        self._world.hear()

    def _claim_linked(self) -> None:
        """Take the other accessions of a pan-scan, too: one click on the card of any that is still open."""
        groups = set()
        with self._world.service.store.memory.reading() as look:
            for read in self._mine():
                study = look.get(Study, read.study_id)
                if study is not None and study.group:
                    groups.add((study.facility, study.group))
            siblings = [
                study for site, group in sorted(groups) for study in look.all(Study, facility=site, group=group)
            ]
            reads = [look.one(Read, study_id=study.id) for study in siblings]
            shown = [look.message(read.id) for read in reads if read is not None and read.state is ReadState.OPEN]
        for place in shown:
            card = None if place is None else self._world.workspace.memory.find(*place)
            if card is not None and "claim_linked" in card.actions():
                self._click(card, "claim_linked")
                return

    def _hand_back(self) -> None:
        """Release what was not begun, at the end of the shift."""
        with self._world.service.store.memory.reading() as look:
            shown = [look.message(read.id) for read in self._mine()]
        for place in shown:
            card = None if place is None else self._world.workspace.memory.find(*place)
            if card is not None and "release" in card.actions():
                self._click(card, "release")

    def _read_on(self) -> None:
        """Read what is due first; now and then look for another one meanwhile."""
        if self._chance.random() < GRABS_ANOTHER:
            self._world.after(self._chance.uniform(*SCROLLS), self._grab)
        read = self._mine()[0]
        with self._world.service.store.memory.reading() as look:
            study = look.get(Study, read.study_id)
        if study is None:
            raise LookupError(f"the study of read {read.id} is missing")
        usual = READING[study.modality] * (QUICKER if study.group or read.priority is Priority.STROKE else 1)
        minutes = min(max(self._chance.lognormvariate(0, SPREAD) * usual, SHORTEST), LONGEST)
        self._world.after(60 * minutes, lambda: self._sign(read.id, study))

    def _grab(self) -> None:
        if self._world.clock.now() < self.reader.ends:
            self._click_freely()

    def _sign(self, read_id: str, study: Study) -> None:
        """Sign what one still holds; what was taken away or canceled meanwhile is left alone."""
        if read_id in {read.id for read in self._mine()}:
            report = {
                "facility": study.facility,
                "accession_number": study.accession_number,
                "signed_by": self.reader.id,
                "signed_at": self._world.clock.now().isoformat(),
            }
            self._world.hospital.send_event("report.final", report)
        self._seen = -1  # whoever has finished asks for the next, news or not
        coffee = self._chance.random() < COFFEE
        pause = self._chance.uniform(300, 720) if coffee else self._chance.lognormvariate(3, 0.6)
        self._world.after(pause, self._look_around)


class AtDesk:
    """The person at the desk: looks at its channel every few minutes, takes what is new, and later says what came of it."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._taken: set[str] = set()

    def begin(self) -> None:
        """Come to work."""
        self._world.after(DESK_LOOKS, self._look)

    def _look(self) -> None:
        for card in self._world.workspace.messages(DESK_CHANNEL):
            offered = card.actions()
            if "done" not in offered:
                continue
            if card.ts in self._taken:
                outcome = offered["done"]["options"][0]["value"]
                self._world.workspace.click(DESK_USER, DESK_CHANNEL, card.ts, "done", outcome)
            else:
                self._taken.add(card.ts)
                self._world.workspace.click(DESK_USER, DESK_CHANNEL, card.ts, "take")
            self._world.hear()
        self._world.after(DESK_LOOKS, self._look)
