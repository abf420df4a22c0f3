"""Reads that pass from one reader to another: taken over when a lease was offered, or reassigned by an administrator.

Whoever gets one is judged exactly as by a claim, the other's claim ends in the same transaction, and both are told.
"""

from __future__ import annotations

from handlers import claims, leases, people, showing
from handlers.domain.directory import Directory
from handlers.domain.errors import Rejection
from handlers.domain.leases import LeaseState
from handlers.domain.machinery import AuditFact
from handlers.domain.standing import Radiologist
from handlers.domain.studies import Read, ReadState
from handlers.once import facility_or_reject, once
from handlers.ports import House, Transaction


def take_over(house: House, read_id: str, slack_user: str, delivery: str) -> str:
    """Take a read over whose holder was told and did not answer; of two at once, one wins."""
    facility = facility_or_reject(house, Read, "unknown_read", claims.UNKNOWN, id=read_id)
    reader = people.radiologist(house.directory(), slack_user)

    def act(tx: Transaction) -> str:
        return claims.or_refused(
            tx, read_id, f"radiologist:{reader.id}", lambda: _take_over(tx, house, read_id, reader)
        )

    return claims.told(once(house, facility, delivery, act))


def _take_over(tx: Transaction, house: House, read_id: str, reader: Radiologist) -> str:
    directory = house.directory()
    read = claims.existing(tx, read_id)
    if read.claimed_by == reader.id:
        raise Rejection("already_yours", "You have this read. Press Still reading to keep it.")
    lease = leases.of(tx, read)
    if lease is None or lease.state is not LeaseState.OFFERED:
        raise Rejection(
            "not_offered", f"{_whose(directory, read)} It can be taken over only while its card offers that."
        )
    claims.judge(tx, directory, read, reader)
    former, actor = _name(directory, lease.holder), f"radiologist:{reader.id}"
    read = claims.give(tx, house, read, reader)
    facts = {"taken_from": lease.holder}
    tx.audit(AuditFact(action="read:take_over", actor=actor, case_code=read.case_code, subject=read.id, facts=facts))
    text = f"{reader.name} took this over from {former}."
    showing.note_study(tx, house, read.study_id, text, to=_slack(directory, lease.holder))
    return f"It is yours, taken over from {former}, who is told."


def _name(directory: Directory, reader_id: str | None) -> str:
    reader = directory.radiologists.get(reader_id or "")
    return "another reader" if reader is None else reader.name


def _slack(directory: Directory, reader_id: str | None) -> str:
    reader = directory.radiologists.get(reader_id or "")
    return "" if reader is None else reader.slack_user


def _whose(directory: Directory, read: Read) -> str:
    if read.state is ReadState.CLAIMED:
        name = _name(directory, read.claimed_by)
        return f"{name[0].upper()}{name[1:]} has this read."
    return f"This read is {read.state.value}."
