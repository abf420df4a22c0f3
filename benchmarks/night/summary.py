"""A night in words and figures: plain tables, each line of which can be read aloud by itself."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from benchmarks.figures import percentile
from benchmarks.night.arrivals import CLASSES
from benchmarks.night.idle import Idle, beside_idle, idleness
from benchmarks.night.law import Law
from benchmarks.night.people import AtWork
from benchmarks.night.seen import Seen
from benchmarks.night.town import BEGINS, DESK_CHANNEL, HOURS, POOLS, TARGETS, Reader, Town
from handlers.domain.routing import units_of
from handlers.domain.studies import Read, ReadState
from sandbox.workspace import Message

#: As long as the longest coffee: a read that waits longer for somebody who is free was kept from them.
PATIENCE = timedelta(minutes=12)
_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1)}


def summary(seen: Seen, town: Town, law: Law, people: Sequence[AtWork]) -> str:
    """Return the whole summary, without anything that depends on the machine."""
    states = len(set(town.states.values()))
    head = (
        f"A night of {len(seen.studies)} studies, {len(people)} readers, {len(town.states)} facilities in {states} states, "
        f"{BEGINS:%Y-%m-%d %H:%M} to {seen.until:%Y-%m-%d %H:%M} UTC; {len(seen.entries)} entries in the record."
    )
    parts = [
        head,
        _table("Reads by class", _BY_CLASS, [*_by_class(seen)]),
        "\n".join([_breaches(seen, law, people), _left(seen, law, people), _given_back(seen)]),
        _table("Refused claims by rule", ("rule", "claims"), _refusals(seen)),
        _asked(people),
        _table("Readers", _BY_READER, [*_by_reader(seen, law, people)]),
        _table("Slack channels, as one who reads them sees them", _BY_CHANNEL, [*_by_channel(seen, town)]),
        _ephemerals(seen, people),
    ]
    return "\n\n".join(parts)


_BY_CLASS = (
    "class",
    "target",
    "reads",
    "reported",
    "canceled",
    "open at end",
    "p50 min",
    "p90 min",
    "% in target",
    "breaches",
)


def _by_class(seen: Seen) -> Iterable[Sequence[str]]:
    for name in CLASSES:
        yield _class_row(name, [read for read in seen.reads.values() if read.priority.value == name], seen.until)
    yield _class_row("all", list(seen.reads.values()), seen.until)


def _class_row(name: str, reads: list[Read], until: datetime) -> Sequence[str]:
    """Return a class's row; minutes count from the last image, as the target does."""
    reported = [read for read in reads if read.state is ReadState.REPORTED]
    canceled = [read for read in reads if read.state is ReadState.CANCELED]
    wanted = [read for read in reads if read.state is not ReadState.CANCELED]
    breached = [read for read in wanted if _is_breached(read, until)]
    judged = {read.id for read in reported} | {read.id for read in breached}
    minutes = [_minutes(read) for read in reported]
    return (
        name,
        TARGETS.get(name, ""),
        str(len(reads)),
        str(len(reported)),
        str(len(canceled)),
        str(len(wanted) - len(reported)),
        f"{percentile(minutes, 0.5):.1f}" if minutes else "-",
        f"{percentile(minutes, 0.9):.1f}" if minutes else "-",
        f"{100 * (len(judged) - len(breached)) / len(judged):.0f}" if judged else "-",
        str(len(breached)),
    )


def _is_breached(read: Read, until: datetime) -> bool:
    return read.state is not ReadState.CANCELED and (read.reported_at or until) > read.due_at


def _minutes(read: Read) -> float:
    target = TARGETS[read.priority.value]
    begun = read.due_at - int(target[:-1]) * _UNITS[target[-1]]
    return ((read.reported_at or begun) - begun) / _MINUTE


def _breaches(seen: Seen, law: Law, people: Sequence[AtWork]) -> str:
    """Say how many breached although somebody was free for long: work that was kept from them."""
    breached = [read for read in seen.reads.values() if _is_breached(read, seen.until)]
    beside = beside_idle(seen, law, [one.reader for one in people], breached, PATIENCE)
    return (
        f"Breached: {len(breached)}; {beside} of them had waited more than {PATIENCE / _MINUTE:.0f} minutes at a stretch while "
        "somebody at work who may read them held nothing."
    )


def _left(seen: Seen, law: Law, people: Sequence[AtWork]) -> str:
    """Say of the reads that are left why nobody read them."""
    left = [read for read in seen.reads.values() if read.state in (ReadState.OPEN, ReadState.CLAIMED)]
    fit = {read.id: [one.reader for one in people if _may(law, one.reader, seen, read)] for read in left}
    nobody = sum(not readers for readers in fit.values())
    off = sum(bool(fit[read.id]) and all(one.ends <= read.opened_at for one in fit[read.id]) for read in left)
    late = sum(read.opened_at >= BEGINS + (HOURS - 1) * _HOUR for read in left)
    return (
        f"Left open at the end: {len(left)}; {nobody} of them no reader here may read, {off} only readers whose shift was over "
        f"when they came; {late} came in the last hour."
    )


def _given_back(seen: Seen) -> str:
    actions = Counter(entry["action"] for entry in seen.entries)
    return (
        f"Given back: {actions['read:return']} because the reader may not read them any more, {actions['read:release']} by the "
        "reader."
    )


def _may(law: Law, reader: Reader, seen: Seen, read: Read) -> bool:
    return not law.broken(reader.id, seen.works[read.id], read.opened_at)


def _refusals(seen: Seen) -> list[Sequence[str]]:
    refused = [str(entry["facts"]["rules"]) for entry in seen.entries if entry["action"] == "read:refuse"]
    counts = Counter(rule for rules in refused for rule in rules.split(","))
    rows = [(rule, str(count)) for rule, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]
    return [*rows, ("claims refused, each once", str(len(refused)))]


def _asked(people: Sequence[AtWork]) -> str:
    answers = sum((one.answers for one in people), Counter[str]())
    return (
        f"Asked for the next read: {answers['next']} times with one, {answers['nothing']} times nothing waited; clicked "
        f"Claim freely {answers['claim']} times, Claim these {answers['claim_linked']} times."
    )


_BY_READER = (
    "reader",
    "pools",
    "reads",
    "work units",
    "hours on shift",
    "idle min",
    "nothing waited",
    "between reads",
    "posts/h",
)


def _by_reader(seen: Seen, law: Law, people: Sequence[AtWork]) -> Iterable[Sequence[str]]:
    idle = idleness(seen, law, [one.reader for one in people])
    for one in people:
        done = [read for read in seen.reads.values() if read.reported_by == one.reader.id]
        units = sum(units_of(seen.works[read.id].modality) for read in done)
        hours = (one.reader.ends - one.reader.begins) / _HOUR
        yield (
            one.reader.name,
            "+".join(one.reader.pools),
            str(len(done)),
            f"{units:.1f}",
            f"{hours:.0f}",
            *_idle_cells(idle[one.reader.id]),
            f"{_sees(seen, one.reader) / hours:.1f}",
        )


def _sees(seen: Seen, reader: Reader) -> int:
    """Return how many posts a reader sees during the shift: those in their channels, and those for them alone."""
    channels = {POOLS[pool] for pool in reader.pools}
    shown = [one for one in seen.messages if one.channel in channels and (not one.thread_ts or one.broadcast)]
    shown += [one for one in seen.ephemerals if reader.slack_user in one.visible_to]
    return sum(reader.begins.timestamp() <= float(one.ts) < reader.ends.timestamp() for one in shown)


def _idle_cells(idle: Idle) -> Sequence[str]:
    return tuple(
        f"{span / _MINUTE:.0f}" for span in (idle.nothing_waited + idle.between, idle.nothing_waited, idle.between)
    )


_BY_CHANNEL = (
    "channel",
    "cards",
    "broadcasts",
    "other posts",
    "posts/h",
    "busiest hour",
    "thread notes",
    "card updates",
    "updates/h",
)


def _by_channel(seen: Seen, town: Town) -> Iterable[Sequence[str]]:
    channels = {pool: POOLS[pool] for pool in town.directory["pools"]} | {"desk": DESK_CHANNEL}
    hours = (seen.until - BEGINS) / _HOUR
    for name, channel in channels.items():
        there = [message for message in seen.messages if message.channel == channel]
        shown = [message for message in there if not message.thread_ts or message.broadcast]
        cards = [message for message in shown if _is_card(message)]
        broadcasts = [message for message in shown if message.broadcast]
        busiest = max(Counter(int(float(message.ts)) // 3600 for message in shown).values(), default=0)
        updates = sum(message.edited for message in there)
        yield (
            name,
            str(len(cards)),
            str(len(broadcasts)),
            str(len(shown) - len(cards) - len(broadcasts)),
            f"{len(shown) / hours:.1f}",
            str(busiest),
            str(len(there) - len(shown)),
            str(updates),
            f"{updates / hours:.1f}",
        )


def _is_card(message: Message) -> bool:
    first = str(message.blocks[0].get("block_id", "")) if message.blocks else ""
    return first.startswith(("read:", "task:"))


def _ephemerals(seen: Seen, people: Sequence[AtWork]) -> str:
    users = {one.reader.slack_user for one in people}
    counts = [sum(user in message.visible_to for message in seen.ephemerals) for user in sorted(users)]
    return (
        f"Seen by one person only: {sum(counts)} messages to readers, {statistics.median(counts):.0f} to a reader (median), "
        f"{max(counts)} to one at most."
    )


def _table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return rows under their title; the first column is words, the others are figures."""
    lines = [head, *rows]
    widths = [max(len(line[place]) for line in lines) for place in range(len(head))]
    side: list[Callable[[str, int], str]] = [str.ljust, *[str.rjust] * (len(head) - 1)]
    drawn = [
        "  ".join(put(cell, width) for put, cell, width in zip(side, line, widths, strict=True)).rstrip()
        for line in lines
    ]
    return "\n".join([title, *drawn])
