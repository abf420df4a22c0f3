"""What Slack is asked to show: effects with ids only. The cards are made when they are sent, in ``drawing``."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from handlers import thresholds
from handlers.domain import regions
from handlers.domain.directory import Directory, Facility
from handlers.domain.machinery import Deadline, DeadlineKind, Effect, EffectKind, slack_lane
from handlers.domain.relays import Relay
from handlers.domain.studies import WAITING, Read, ReadBy, ReadState, Study
from handlers.domain.tasks import DeskTask, TaskState
from handlers.ports import House, Reading, Transaction


def clock_time(facility: Facility, instant: datetime, now: datetime) -> str:
    """Return an instant as people at the facility say it now: ``02:03 CST``, ``Thu 02:03 CST`` where it is another day."""
    local = facility.local(instant)
    is_today = local.date() == facility.today(now)
    return local.strftime("%H:%M %Z" if is_today else "%a %H:%M %Z")


def show_read(tx: Transaction, house: House, read: Read) -> None:
    """Ask for a read's card to be posted or redrawn, once however often it changed.

    A read by the facility's own radiologists has no card, and a pool that has left has no channel.
    """
    pool = house.directory().pools.get(read.pool)
    if pool is not None and read.by is ReadBy.US:
        lane = slack_lane(pool.channel)
        tx.effect(Effect(kind=EffectKind.READ_CARD, subject=read.id, lane=lane, once=f"card:{read.id}", rank=4))


def show_study(tx: Transaction, house: House, study_id: str) -> None:
    """Ask for the cards of a study's reads to be redrawn."""
    for read in tx.all(Read, study_id=study_id):
        show_read(tx, house, read)


def show_held(tx: Transaction, house: House, read: Read) -> None:
    """Ask for a read's card to be redrawn after it changed hands or ended, and for all that says so of linked or split studies."""
    show_read(tx, house, read)
    show_linked(tx, house, read)
    if read.region:
        for other in other_regions(tx, read):
            show_read(tx, house, other)
        for task in tx.all(DeskTask, case_code=read.case_code, state=(TaskState.OPEN, TaskState.TAKEN)):
            show_task(tx, house, task)


def show_linked(tx: Transaction, house: House, read: Read) -> None:
    """Ask for the cards of linked accessions' open reads to be redrawn: they say how many are claimed at once."""
    study = tx.get(Study, read.study_id)
    if study is None or not study.group:
        return
    linked = tuple(one.id for one in tx.all(Study, facility=study.facility, group=study.group) if one.id != study.id)
    for other in tx.all(Read, study_id=linked, state=ReadState.OPEN) if linked else ():
        show_read(tx, house, other)


def other_regions(look: Reading, read: Read) -> list[Read]:
    """Return the reads of the other regions of a split study."""
    return other_reads(read, look.all(Read, study_id=read.study_id, kind=read.kind)) if read.region else []


def other_reads(read: Read, of_study: Iterable[Read]) -> list[Read]:
    """Return, of a study's reads, those of its other regions that are of the same kind, from head to foot."""
    alike = (one for one in of_study if one.region and one.kind is read.kind and one.id != read.id)
    return regions.in_order(alike)


def card_of(look: Reading, **equal: str) -> Read | None:
    """Return the one of a case's reads whose card tells its history, or None where nobody of ours reads it.

    It is the one that somebody holds, else the one that is due first, else the newest.
    """
    reads = [read for read in look.all(Read, **equal) if read.by is ReadBy.US]
    held = [read for read in reads if read.state is ReadState.CLAIMED and read.claimed_at is not None]
    waiting = [read for read in reads if read.state is ReadState.OPEN]
    if held:
        return max(held, key=lambda read: read.claimed_at or read.opened_at)
    if waiting:
        return min(waiting, key=lambda read: read.due_at)
    return max(reads, key=lambda read: (read.opened_at, read.due_at), default=None)


def note_study(tx: Transaction, house: House, study_id: str, text: str) -> None:
    """Add a line to the history in the thread of a study's card."""
    read = card_of(tx, study_id=study_id)
    if read is not None:
        note_read(tx, house, read, text)


def note_read(
    tx: Transaction, house: House, read: Read, text: str, *, to: str = "", mention: bool = False, rank: int = 6
) -> None:
    """Add a line to the history in the thread of a read's card, where it has one.

    Args:
        tx: the facility's transaction.
        house: whose directory names the channel.
        read: the read.
        text: a sentence from a fixed list.
        to: the Slack user who is called by it.
        mention: whether everybody in the channel is.
        rank: lower leaves first.
    """
    pool = house.directory().pools.get(read.pool)
    if pool is not None and read.by is ReadBy.US:
        lane = slack_lane(pool.channel)
        args = {"text": text} | ({"to": to} if to else {}) | ({"mention": "yes"} if mention else {})
        tx.effect(Effect(kind=EffectKind.READ_NOTE, subject=read.id, lane=lane, args=args, rank=rank))


def tell_pool(tx: Transaction, house: House, pool_id: str, text: str) -> None:
    """Tell a pool's channel something that belongs to no case."""
    pool = house.directory().pools.get(pool_id)
    if pool is not None:
        lane = slack_lane(pool.channel)
        tx.effect(Effect(kind=EffectKind.POOL_NOTE, subject=pool.id, lane=lane, args={"text": text}, rank=3))


def tell_desks(tx: Transaction, house: House, desks: Iterable[str], text: str) -> None:
    """Tell the channels of desks something that belongs to no task, each channel once."""
    known = house.directory().desks
    channels = {known[one].channel: one for one in desks if one in known}
    for channel, desk in sorted(channels.items()):
        tx.effect(
            Effect(kind=EffectKind.POOL_NOTE, subject=desk, lane=slack_lane(channel), args={"text": text}, rank=3)
        )


def show_task(tx: Transaction, house: House, task: DeskTask) -> None:
    """Ask for a desk task's card to be posted or redrawn."""
    channel = house.directory().desks[task.desk].channel
    tx.effect(
        Effect(kind=EffectKind.DESK_CARD, subject=task.id, lane=slack_lane(channel), once=f"task:{task.id}", rank=2)
    )


def note_task(tx: Transaction, house: House, task: DeskTask, text: str, *, mention: bool = False, to: str = "") -> None:
    """Add a line under a desk task's card; a mention calls the channel, ``to`` one Slack user."""
    channel = house.directory().desks[task.desk].channel
    args = {"text": text, "mention": "yes" if mention else "", "to": to}
    tx.effect(Effect(kind=EffectKind.DESK_NOTE, subject=task.id, lane=slack_lane(channel), args=args, rank=3))


def plan_refresh(tx: Transaction, house: House, read: Read) -> None:
    """Set the next instant at which a waiting read's card is drawn again, so that its minutes stay honest where they matter.

    That is when somebody more is told of it, and at its target; while its clock stands still there is none.
    """
    if read.state not in WAITING or read.paused_since is not None:
        tx.forget(read.id, DeadlineKind.CARD_REFRESH)
        return
    told = thresholds.shares(house, read)
    instants = [read.at_share(percent) for percent in (told.pool, told.desk, 100)]
    upcoming = [instant for instant in instants if instant > tx.now]
    if upcoming:
        tx.deadline(Deadline(kind=DeadlineKind.CARD_REFRESH, subject=read.id, due_at=min(upcoming)))


def in_shadow(look: Reading, directory: Directory, facility: str, relay_id: str | None) -> bool:
    """Tell whether nobody may be called for what belongs to this site and relay: a site in shadow, or a test study."""
    site = directory.facilities.get(facility)
    relay = look.get(Relay, relay_id) if relay_id else None
    return (site is not None and site.shadow) or (relay is not None and relay.shadow)
