"""What must be true of any night: every claim was lawful at its instant, nobody was sent away from work, nothing is lost."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from benchmarks.night.arrivals import Arrival
from benchmarks.night.law import EXEMPT, Law
from benchmarks.night.people import AtWork
from benchmarks.night.seen import Seen, instant, reader_of
from benchmarks.night.world import World

#: Rules of the house, which two people may waive; a claim names those that were.
_WAIVED = {"not_in_pool": "pool", "queue_full": "queue"}
_FREES = frozenset({"read:end", "read:cancel", "read:release", "read:return"})


def complaints(seen: Seen, law: Law, world: World, arrivals: list[Arrival], people: Sequence[AtWork]) -> list[str]:
    """Return a sentence for each thing that is not as it must be."""
    sent_away = {one.reader.id: one.sent_away for one in people}
    return [
        *unlawful(seen, law),
        *kept_from(seen, law, sent_away),
        *lost(seen, arrivals),
        *_reports(seen, world),
        *_asked(world),
        *_record(seen),
    ]


def kept_from(seen: Seen, law: Law, sent_away: Mapping[str, Sequence[datetime]]) -> Iterator[str]:
    """Yield each time that a reader was told that nothing waits while something did that they may read."""
    opened = [(span, read) for read, spans in seen.opened().items() for span in spans]
    for reader, instants in sent_away.items():
        for at in instants:
            waiting = [read for (begun, ended), read in opened if begun < at < ended]
            mine = [read for read in waiting if not law.broken(reader, seen.works[read], at)]
            if mine:
                yield f"{reader} was told at {at.isoformat()} that nothing waits, while {len(mine)} reads did."


def unlawful(seen: Seen, law: Law) -> Iterator[str]:
    """Yield each claim that a rule forbade at its instant, and each of a read that somebody held already."""
    holder: dict[str, str] = {}
    held: defaultdict[str, set[str]] = defaultdict(set)
    for entry in seen.entries:
        read = entry["subject"]
        if entry["action"] in _FREES and read in holder:
            held[holder.pop(read)].discard(read)
        if entry["action"] != "read:claim":
            continue
        reader, at = reader_of(entry), instant(entry)
        waived = {_WAIVED.get(code) for code in str(entry["facts"].get("waived", "")).split(",")}
        counted = sum(seen.works[one].priority not in EXEMPT for one in held[reader])
        broken = [rule for rule in law.broken(reader, seen.works[read], at, counted) if rule not in waived]
        if broken:
            yield f"{reader} claimed case {entry['case']} at {at.isoformat()} against: {', '.join(broken)}."
        if read in holder:
            yield f"{reader} claimed case {entry['case']} at {at.isoformat()} while {holder[read]} held it."
            held[holder[read]].discard(read)
        holder[read] = reader
        held[reader].add(read)


def lost(seen: Seen, arrivals: list[Arrival]) -> Iterator[str]:
    """Yield each study that is not here, has no read or more than one, or whose card nobody can see."""
    here = Counter((study.facility, study.accession_number) for study in seen.studies.values())
    reads = Counter(read.study_id for read in seen.reads.values())
    for arrival in arrivals:
        if here[arrival.site, arrival.accession] != 1:
            yield f"study {arrival.accession} of {arrival.site} is here {here[arrival.site, arrival.accession]} times."
    yield from (
        f"case {study.case_code} has {reads[key]} reads." for key, study in seen.studies.items() if reads[key] != 1
    )
    posted = {(message.channel, message.ts) for message in seen.messages}
    for read in seen.reads.values():
        if seen.cards.get(read.id) not in posted:
            yield f"case {read.case_code} is on no card."


def _reports(seen: Seen, world: World) -> Iterator[str]:
    signed = sum(b'"report.final"' in one.body for one in world.hospital.sent)
    if signed != len(seen.reports):
        yield f"{signed} reports were sent, and {len(seen.reports)} are here."
    unread = [read for read in seen.reads.values() if read.state.value == "reported" and read.reported_by is None]
    yield from (f"case {read.case_code} is reported by nobody." for read in unread)


def _asked(world: World) -> Iterator[str]:
    odd = [f"{one.status} from {one.url}: {one.answer[:120]}" for one in world.hospital.sent if one.status != 202]
    odd += [f"{why} after {sent.body[:80]!r}" for sent, why in world.workspace.failed_acks]
    odd += [f"no answer to {sent.body[:80]!r}" for sent in world.workspace.late_acks]
    yield from (f"a request went wrong: {one}." for one in odd)


def _record(seen: Seen) -> Iterator[str]:
    yield from (f"the record does not verify: {problem}." for problem in seen.problems)
    yield from (
        f"an event was set aside: {one['facts']}." for one in seen.entries if one["action"] == "event:set_aside"
    )
