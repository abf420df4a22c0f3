"""The next read for whoever asks, and several at once: chosen by a pure rule, claimed like any other."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import islice

from handlers import claims, duties, people, worklists
from handlers.domain import case_code, regions, routing
from handlers.domain.directory import Directory
from handlers.domain.errors import Rejection
from handlers.domain.machinery import SYSTEM, AuditFact
from handlers.domain.standing import Radiologist
from handlers.domain.studies import Read, ReadState, Study
from handlers.domain.worklists import Waiting, is_claimed_with
from handlers.once import facility_or_reject, once
from handlers.ports import House, Reading, Transaction

#: Work of a shift counts for so long.
SHIFT = timedelta(hours=10)
#: Whoever claimed nothing for so long and holds nothing is not at work.
AT_WORK = timedelta(hours=1)
#: Of what waits, so many are looked at.
LOOKED_AT = 40
#: A read that somebody else was quicker with is not the last that waits.
CHOICES = 5
#: So many are claimed at once at most.
BATCH_AT_MOST = 40
NOTHING = "Nothing waits that you may read now. `/relay why CASE` says what keeps you from a read."
NOTHING_THERE = "Nothing waits there that you may read now. `/relay why CASE` says what keeps you from a read."
_NONE = "none"


def next_read(house: House, slack_user: str, delivery: str) -> str:
    """Claim the read that is next for this reader; one that somebody else was quicker with gives way to the following."""
    reader = people.radiologist(house.directory(), slack_user)
    for turn in range(CHOICES):
        chosen = once(house, SYSTEM, f"{delivery}:{turn}", lambda tx: _choose(tx, house.directory(), reader))
        if chosen == _NONE:
            raise Rejection("nothing_waits", NOTHING)
        try:
            return claims.claim(house, chosen, slack_user, f"{delivery}:{turn}:claim", chosen=False)
        except Rejection as refused:
            if refused.code not in claims.GONE:
                raise
    raise Rejection("nothing_waits", NOTHING)


def _choose(tx: Transaction, directory: Directory, reader: Radiologist) -> str:
    """Return the id of the read that is next, and record that it was offered."""
    sites = worklists.seen_by(directory, reader.slack_user)
    waiting = list(islice(worklists.may_read(tx, directory, reader, sites), LOOKED_AT))
    at_work = _at_work(tx, directory)
    mine = at_work.pop(reader.id, routing.Load())
    colleagues = {one.read.id: _colleagues(directory, one, at_work, tx) for one in waiting}
    chosen = routing.next_read(waiting, mine, colleagues, tx.now)
    if chosen is None:
        return _NONE
    tx.audit(
        AuditFact(
            action="read:next",
            actor=f"radiologist:{reader.id}",
            case_code=chosen.read.case_code,
            subject=chosen.read.id,
            facts={"held": mine.held, "waiting": len(waiting), "site": chosen.read.facility},
        )
    )
    return chosen.read.id


def _at_work(look: Reading, directory: Directory) -> dict[str, routing.Load]:
    """Return the loads of those who hold a read or claimed one lately."""
    loads: dict[str, routing.Load] = {}
    lately: set[str] = set()
    for one in look.claimed_since(look.now - SHIFT):
        load = loads.get(one.reader, routing.Load())
        held = load.held + (one.count if one.is_held else 0)
        loads[one.reader] = routing.Load(held=held, units=load.units + one.count * routing.units_of(one.modality))
        if one.is_held or one.last >= look.now - AT_WORK:
            lately.add(one.reader)
    return {reader: load for reader, load in loads.items() if reader in lately and reader in directory.radiologists}


def _colleagues(
    directory: Directory, one: Waiting, at_work: dict[str, routing.Load], look: Reading
) -> Sequence[routing.Load]:
    general = duties.is_general(one.read, look.now)
    duty = duties.of(directory, one.read, modality=one.modality, state=one.patient_state, is_general=general)
    return [
        load
        for reader, load in at_work.items()
        if not duties.refused(directory, directory.radiologists[reader], duty, load.held, look.now)
    ]


def claim_linked(house: House, read_id: str, slack_user: str, delivery: str) -> str:
    """Claim a read and every open one that is linked to it, each judged by itself."""
    facility = facility_or_reject(house, Read, "unknown_read", claims.UNKNOWN, id=read_id)
    reader = people.radiologist(house.directory(), slack_user)

    def act(tx: Transaction) -> str:
        read = tx.get(Read, read_id)
        study = None if read is None else tx.get(Study, read.study_id)
        if read is None or study is None:
            raise Rejection("unknown_read", claims.UNKNOWN)
        linked = tx.all(Study, facility=facility, group=study.group) if study.group else [study]
        open_reads = [one for each in linked for one in tx.all(Read, study_id=each.id, state=ReadState.OPEN)]
        reads = regions.in_order(one for one in open_reads if is_claimed_with(read, one))
        has_begun = any(tx.all(Read, study_id=one.id, state=ReadState.CLAIMED, claimed_by=reader.id) for one in linked)
        return _claim_all(tx, house, reads, reader, chosen=not has_begun)

    return once(house, facility, delivery, act)


def claim_batch(house: House, facility: str, count: int, slack_user: str, delivery: str) -> str:
    """Claim the next reads of one site, at most ``count``, each judged by itself (``/relay batch FACILITY [COUNT]``)."""
    directory = house.directory()
    reader = people.radiologist(directory, slack_user)
    if facility not in worklists.seen_by(directory, slack_user):
        mine = ", ".join(worklists.seen_by(directory, slack_user)) or "none"
        raise Rejection("unknown_facility", f"There is no such facility on your worklist. Yours: {mine}.")
    many = min(count, BATCH_AT_MOST)

    def act(tx: Transaction) -> str:
        reads = [one.read for one in islice(worklists.may_read(tx, directory, reader, [facility]), many)]
        if not reads:
            raise Rejection("nothing_waits", NOTHING_THERE)
        fewer = (
            f" Only {len(reads)} {_is(len(reads), past=True)} open to you."
            if len(reads) < count <= BATCH_AT_MOST
            else ""
        )
        return _claim_all(tx, house, reads, reader) + fewer

    return once(house, facility, delivery, act)


def _claim_all(
    tx: Transaction, house: House, reads: Sequence[Read], reader: Radiologist, *, chosen: bool = True
) -> str:
    """Claim each that may be claimed; say which they are, and why the others were not.

    What is linked to a read that they hold is not ``chosen``: it belongs to what they were handed.
    """
    done: list[str] = []
    kept: dict[str, int] = {}
    for read in reads:
        try:
            if chosen:
                claims.may_choose(tx, house.directory(), read, reader)
            claims.claim_one(tx, house, read.id, reader)
            done.append(f"{case_code.shown(read.case_code)}{f' ({read.region})' if read.region else ''}")
        except Rejection as refused:
            claims.refused(tx, read.id, f"radiologist:{reader.id}", refused.code)
            kept[refused.sentence] = kept.get(refused.sentence, 0) + 1
    if not reads:
        raise Rejection("nothing_waits", "None of these is open any more.")
    left = [f"{count} not: {sentence}" for sentence, count in kept.items()]
    codes = f": {', '.join(done)}" if done else ""
    return " ".join([f"{len(done)} of {len(reads)} {_is(len(done))} yours{codes}.", *left])


def _is(count: int, *, past: bool = False) -> str:
    one, several = ("was", "were") if past else ("is", "are")
    return one if count == 1 else several
