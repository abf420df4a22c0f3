"""What is judged at a claim: the duty, and what else must be known of whoever asks for it."""

from __future__ import annotations

from datetime import datetime

from handlers.domain.classes import Priority, ReadKind
from handlers.domain.directory import Directory
from handlers.domain.eligibility import Duty, Refusal, cap_of, refusals
from handlers.domain.standing import Radiologist
from handlers.domain.studies import Read, ReadState, Study
from handlers.ports import Reading, Transaction


def of_read(directory: Directory, read: Read, study: Study) -> Duty:
    """Return the duty of a read as things stand now."""
    return of(directory, read.facility, read.pool, read.priority, modality=study.modality, state=study.patient_state)


def of(directory: Directory, facility: str, pool: str, priority: Priority, *, modality: str, state: str) -> Duty:
    """Return the duty that such a read is; ``state`` is where the patient is."""
    return Duty(
        facility=directory.facilities[facility],
        pool=directory.pools[pool],
        kind=ReadKind.FINAL,
        modality=modality,
        patient_state=state,
        priority=priority,
    )


def of_report(directory: Directory, study: Study, kind: ReadKind) -> Duty:
    """Return the duty that a report did, whether or not anybody claimed it."""
    facility = directory.facilities[study.facility]
    return Duty(
        facility=facility,
        pool=directory.pools[facility.pool],
        kind=kind,
        modality=study.modality,
        patient_state=study.patient_state,
        priority=study.priority,
    )


def held_by(look: Reading, reader: Radiologist) -> int:
    """Return how many reads somebody holds, of whatever facility."""
    return len(look.all(Read, state=ReadState.CLAIMED, claimed_by=reader.id))


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
    return tuple(one for one in found if one.code != "not_in_pool")
