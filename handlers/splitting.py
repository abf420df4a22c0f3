"""A trauma's read that is split by region: a read for each, claimed by whoever may, all under the clock of the one.

The first region keeps the read's row, and with it its holder, lease and card. A split is not done twice, nor undone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from handlers import coverage, leases, overflow, people, showing, sinks
from handlers.domain import case_code as codes
from handlers.domain import regions
from handlers.domain.classes import Priority
from handlers.domain.errors import Rejection
from handlers.domain.machinery import AuditFact
from handlers.domain.regions import Region
from handlers.domain.sinks import ReadEvent
from handlers.domain.studies import WAITING, Read, ReadBy, ReadState
from handlers.hands import facility_of_case, parse_case
from handlers.once import once
from handlers.ports import House, Transaction


def split(house: House, case: str, words: Sequence[str], slack_user: str, delivery: str) -> str:
    """Split a trauma's read by region: whoever holds it, or a PACS administrator while nobody does."""
    code = parse_case(case)
    facility = facility_of_case(house, code)
    actor = people.hand_at(house.directory(), slack_user, facility)
    wanted = regions.asked(words)

    def act(tx: Transaction) -> str:
        read = _to_be_split(tx, house, code, slack_user)
        return _split(tx, house, read, wanted, actor, people.name_of(house.directory(), slack_user))

    return once(house, facility, delivery, act)


def _to_be_split(tx: Transaction, house: House, code: str, slack_user: str) -> Read:
    """Return the read that somebody holds, else the most pressing one that is open; or refuse."""
    reader = house.directory().radiologist_of_slack(slack_user)
    waiting = [read for read in tx.all(Read, case_code=code) if read.by is ReadBy.US and read.state in WAITING]
    if not waiting:
        raise Rejection("read_over", f"No read of case {codes.shown(code)} waits: there is nothing to split.")
    mine = [read for read in waiting if reader is not None and read.claimed_by == reader.id]
    unheld = [read for read in waiting if read.state is ReadState.OPEN]
    read = min(mine or unheld or waiting, key=lambda one: one.due_at)
    if read.region:
        raise Rejection("already_split", "This read is split by region already. A split is not done twice, nor undone.")
    if read.priority is not Priority.TRAUMA:
        raise Rejection("not_trauma", f"Only a trauma is split by region. The class of this one is {read.priority}.")
    if not mine:
        _may_split(house, read, slack_user)
    if read.paused_since is not None:
        raise Rejection(
            "paused", "Its clock stands still for a problem with the study. Have the problem ended, then split it."
        )
    return read


def _may_split(house: House, read: Read, slack_user: str) -> None:
    """Refuse whoever does not hold a read, but a PACS administrator while nobody does."""
    directory = house.directory()
    if read.state is ReadState.CLAIMED:
        holder = directory.radiologists.get(read.claimed_by or "")
        name = "Another reader" if holder is None else holder.name
        raise Rejection("not_holder", f"{name} has this read: only they can split it.")
    if not people.is_admin(directory, slack_user, read.facility):
        raise Rejection(
            "not_holder", "Nobody has this read: claim it, then split it. Unclaimed, only a PACS administrator can."
        )


def _split(tx: Transaction, house: House, read: Read, wanted: tuple[Region, ...], actor: str, name: str) -> str:
    _tell_holder(tx, house, read, ReadEvent.RELEASED)
    first = tx.put(replace(read, region=wanted[0].value))
    _tell_holder(tx, house, first, ReadEvent.CLAIMED)
    further = [_of_region(tx, house, read, region) for region in wanted[1:]]
    facts = {"regions": ",".join(wanted), "reads": ",".join(one.id for one in (first, *further))}
    tx.audit(AuditFact(action="read:split", actor=actor, case_code=read.case_code, subject=read.id, facts=facts))
    for one in further:
        coverage.begin(tx, house, one)
    if first.claimed_by is not None:
        leases.act(tx, house, first, first.claimed_by, "slack")
    named = ", ".join(wanted)
    showing.show_held(tx, house, first)
    showing.note_read(
        tx, house, first, f"Split by region by {name}: {named}. One clock; a problem with one pauses that one only."
    )
    overflow.judge(tx, house, people.facility_of(house.directory(), read.facility))
    kept = f" You have {wanted[0]}; the others are open." if first.claimed_by is not None else ""
    return f"Split: {named}, all due as before.{kept}"


def _of_region(tx: Transaction, house: House, read: Read, region: Region) -> Read:
    """Return an open read of one more region, under the clock of the read that is split."""
    return replace(
        read,
        id=house.chance.token(),
        region=region.value,
        split_from=read.id,
        state=ReadState.OPEN,
        opened_at=tx.now,
        claimed_by=None,
        claimed_at=None,
        version=0,
    )


def _tell_holder(tx: Transaction, house: House, read: Read, event: ReadEvent) -> None:
    """Tell the site's sinks, where somebody has the read: the whole is given back, and one region is theirs."""
    if read.claimed_by is not None:
        sinks.tell(tx, house, read, event, read.claimed_by, tx.now)
