"""What is judged at a claim: the duty, and what else must be known of whoever asks for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from handlers.domain.directory import Directory, Facility
from handlers.domain.eligibility import UNCAPPED, WAIVABLE, Duty, Refusal, cap_of, refusals
from handlers.domain.standing import Pool, Radiologist
from handlers.domain.studies import Read, ReadState, Study
from handlers.domain.worklists import Alike
from handlers.ports import Reading, Transaction


def of_read(directory: Directory, read: Read, study: Study, now: datetime) -> Duty:
    """Return the duty of a read as things stand at an instant."""
    duty = of(directory, read, modality=study.modality, state=study.patient_state, is_general=is_general(read, now))
    return duty if read.paused_since is not None else replace(duty, general_at=read.general_at)


def of(directory: Directory, read: Read | Alike, *, modality: str, state: str, is_general: bool) -> Duty:
    """Return the duty that such a read is.

    Args:
        directory: as it is now; a pool that has left it is the facility's own.
        read: the read, or reads that are alike.
        modality: of the study.
        state: where the patient is.
        is_general: whether readers without the subspecialty may read it.
    """
    facility = directory.facilities[read.facility]
    return Duty(
        facility=facility,
        pool=directory.pools.get(read.pool) or directory.pools[facility.pool],
        kind=read.kind,
        modality=modality,
        patient_state=state,
        priority=read.priority,
        subspecialty="" if is_general else read.subspecialty,
        general_pool=directory.pools[facility.pool] if is_general and read.subspecialty else None,
        site_pools=_site_pools(directory, facility) if facility.coverage else (),
    )


def _site_pools(directory: Directory, facility: Facility) -> tuple[Pool, ...]:
    return tuple(directory.pools[one] for one in facility.pools() if one in directory.pools)


def is_general(read: Read, now: datetime) -> bool:
    """Tell whether a subspecialty's read has waited so long that readers without it may read it; a pause is no wait."""
    return read.general_at is None or read.clock_at(now) >= read.general_at


def held_by(look: Reading, reader: Radiologist) -> int:
    """Return how many reads somebody holds that count towards a cap, of whatever facility: stroke and trauma do not."""
    held = look.all(Read, state=ReadState.CLAIMED, claimed_by=reader.id)
    return sum(read.priority not in UNCAPPED for read in held)


def failing(tx: Transaction, directory: Directory, reader: Radiologist, duty: Duty) -> tuple[Refusal, ...]:
    """Judge a reader for a duty inside the transaction that gives it to them, and return every rule that fails.

    Where a queue has a cap, no other facility's transaction gives this reader a read at the same time.
    """
    held = None
    if cap_of(reader, duty) is not None:
        tx.alone(f"reader:{reader.id}")
        held = held_by(tx, reader)
    return refusals(reader, duty, proxies=directory.proxy_agreements, held=held, now=tx.now)


def refused(
    directory: Directory, reader: Radiologist, duty: Duty, held: int | None, now: datetime
) -> tuple[Refusal, ...]:
    """Judge a reader who holds so many reads, outside the transaction that would give them one more."""
    return refusals(reader, duty, proxies=directory.proxy_agreements, held=held, now=now)


def standing(directory: Directory, reader: Radiologist, duty: Duty, look: Reading) -> tuple[Refusal, ...]:
    """Judge whether somebody who holds a read may go on with it: what the law asks, not how the house shares work."""
    found = refusals(reader, duty, proxies=directory.proxy_agreements, held=None, now=look.now)
    return tuple(one for one in found if one.code not in WAIVABLE)
