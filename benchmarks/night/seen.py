"""What a night left behind: the record, the reads, and what Slack showed. Figures are made from this."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from benchmarks.night.arrivals import Arrival
from benchmarks.night.law import Work
from benchmarks.night.world import World
from handlers.domain.studies import Read, Report, Study
from sandbox.workspace import Message
from store import audit

Entry = dict[str, Any]
Span = tuple[datetime, datetime]
_OPENS = frozenset({"read:open", "read:release", "read:return"})
_CLOSES = frozenset({"read:claim", "read:end", "read:cancel"})
_FREES = frozenset({"read:end", "read:cancel", "read:release", "read:return"})


@dataclass(frozen=True)
class Seen:
    """A night as it is looked back on at its end."""

    until: datetime
    entries: tuple[Entry, ...]  #: of all chains, oldest first
    problems: tuple[str, ...]  #: of the chains, as verification names them
    studies: dict[str, Study]
    reads: dict[str, Read]
    reports: tuple[Report, ...]
    messages: tuple[Message, ...]
    ephemerals: tuple[Message, ...]
    cards: dict[str, tuple[str, str]]  #: where each read is shown
    works: dict[str, Work]  #: what each read is, by what its site sent

    def opened(self) -> dict[str, list[Span]]:
        """Return when each read waited for somebody, by its id."""
        since: dict[str, datetime] = {}
        found: defaultdict[str, list[Span]] = defaultdict(list)
        for entry in self.entries:
            read = str(entry["subject"])
            if entry["action"] in _OPENS or (entry["action"] == "read:follow" and entry["facts"].get("reopened")):
                since[read] = instant(entry)
            elif entry["action"] in _CLOSES and read in since:
                found[read].append((since.pop(read), instant(entry)))
        for read, begun in since.items():
            found[read].append((begun, self.until))
        return found

    def held(self) -> dict[str, list[Span]]:
        """Return when each reader held anything, a span a read, by the reader's id."""
        holders: dict[str, tuple[str, datetime]] = {}
        found: defaultdict[str, list[Span]] = defaultdict(list)
        for entry in self.entries:
            read, at = str(entry["subject"]), instant(entry)
            if entry["action"] == "read:claim":
                holders[read] = (reader_of(entry), at)
            elif entry["action"] in _FREES and read in holders:
                reader, since = holders.pop(read)
                found[reader].append((since, at))
        for reader, since in holders.values():
            found[reader].append((since, self.until))
        return found


def instant(entry: Entry) -> datetime:
    """Return when an entry was written."""
    return datetime.fromisoformat(entry["at"])


def reader_of(entry: Entry) -> str:
    """Return the radiologist who did what an entry says."""
    return str(entry["actor"]).removeprefix("radiologist:")


def look_back(world: World, arrivals: list[Arrival]) -> Seen:
    """Read all of it."""
    store = world.service.store
    with store.database.snapshot() as connection:
        entries = sorted(audit.export(connection), key=lambda one: (instant(one), one["chain"], one["seq"]))
        problems = [problem for one in audit.verify(connection, []) for problem in one.problems]
    with store.memory.reading() as look:
        studies = {one.id: one for one in look.all(Study)}
        reads = {one.id: one for one in look.all(Read)}
        shown = {read: look.message(read) for read in reads}
        reports = tuple(look.all(Report))
    sent = {(one.site, one.accession): one for one in arrivals}
    works = {}
    for read in reads.values():
        study = studies[read.study_id]
        one = sent[study.facility, study.accession_number]
        works[read.id] = Work(one.site, one.state, one.modality, one.priority)
    memory = world.workspace.memory
    return Seen(
        until=world.clock.now(),
        entries=tuple(entries),
        problems=tuple(problems),
        studies=studies,
        reads=reads,
        reports=reports,
        messages=tuple(memory.messages),
        ephemerals=tuple(memory.ephemerals),
        cards={read: place for read, place in shown.items() if place is not None},
        works=works,
    )
