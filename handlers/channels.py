"""Slack channels that refuse us: what would be shown there is waited with, and the front desk is told, or nobody would know."""

from __future__ import annotations

from handlers import desk
from handlers.domain.directory import Directory
from handlers.domain.machinery import SYSTEM, EffectKind, channel_of
from handlers.domain.routing import RINGS_A_PHONE
from handlers.domain.studies import Read
from handlers.domain.tasks import DeskTask, TaskKind
from handlers.once import in_transaction
from handlers.ports import House, Sending, Transaction


def refused(house: House, sending: Sending, code: str) -> None:
    """Ask the front desk to have a channel mended, at the first refusal of each thing that would be shown there.

    Its telephones ring where a stroke or a trauma is not shown, or a desk does not see what it is asked.
    """
    directory = house.directory()
    if sending.tries or directory.front_desk not in directory.desks:
        return
    channel = channel_of(sending.effect.lane)

    def tell(tx: Transaction) -> None:
        read = tx.get(Read, sending.effect.subject) if sending.effect.kind is EffectKind.READ_CARD else None
        urgent = (read is not None and read.priority in RINGS_A_PHONE) or sending.effect.kind is EffectKind.DESK_CARD
        desk.open_task(tx, house, TaskKind.CHANNEL_REFUSED, subject_id=f"{channel}:{code}", rings=urgent or None)

    in_transaction(house, SYSTEM, tell)


def worked(house: House, sending: Sending) -> None:
    """End what the front desk was asked about a channel in which something that had failed is shown now."""
    channel = channel_of(sending.effect.lane)
    if not sending.tries or not channel:
        return

    def settle(tx: Transaction) -> None:
        for task in tx.all(DeskTask, kind=TaskKind.CHANNEL_REFUSED, state=desk.OPEN, facility=SYSTEM):
            if task.subject_id.partition(":")[0] == channel:
                desk.settle(tx, house, TaskKind.CHANNEL_REFUSED, task.subject_id, "it_works")

    in_transaction(house, SYSTEM, settle)


def told(directory: Directory, subject: str) -> str:
    """Return what is said of a refusing channel: which pool or desk it is of, and Slack's own code."""
    channel, _, code = subject.partition(":")
    pools = [f"the pool {one.id}" for one in directory.pools.values() if one.channel == channel]
    desks = [one.name for one in directory.desks.values() if one.channel == channel]
    where = " and ".join([*pools, *desks]) or "a pool or desk that has another one by now"
    return f"Slack refuses what is to be shown in the channel of {where} ({code}): nobody sees it there."
