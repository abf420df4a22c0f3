"""Reads that pass from one reader to another: taken over when a lease was offered, or reassigned by an administrator.

Whoever gets one is judged exactly as by a claim, the other's claim ends in the same transaction, and both are told.
"""

from __future__ import annotations

from handlers import claims, holding, leases, people, showing
from handlers.domain import regions
from handlers.domain.classes import ReadKind
from handlers.domain.directory import Directory
from handlers.domain.errors import Rejection
from handlers.domain.leases import LeaseState
from handlers.domain.machinery import AuditFact
from handlers.domain.standing import Radiologist
from handlers.domain.studies import WAITING, Read, ReadState
from handlers.hands import facility_of_case, parse_case
from handlers.once import facility_or_reject, once
from handlers.ports import House, Transaction

#: How the one read of a case is called.
_ONLY = "this read"


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
    waived = claims.judge(tx, directory, read, reader)
    former, actor = _name(directory, lease.holder), f"radiologist:{reader.id}"
    read = holding.begin(tx, house, read, reader)
    facts = claims.standing(tx, directory, read, reader) | {"taken_from": lease.holder}
    facts |= {"waived": waived} if waived else {}
    tx.audit(AuditFact(action="read:take_over", actor=actor, case_code=read.case_code, subject=read.id, facts=facts))
    text = f"{reader.name} took this over from {former}."
    showing.note_read(tx, house, read, text, to=_slack(directory, lease.holder))
    return f"It is yours, taken over from {former}, who is told: {claims.which(directory, read, tx.now)}."


def reassign(house: House, case: str, radiologist: str, slack_user: str, delivery: str, *, region: str = "") -> str:
    """Give a read to a radiologist, named by directory id or NPI, whoever has it now: a PACS administrator of its site.

    ``region`` names the read, as a region, ``preliminary`` or ``final``; where it names none, it is the first that nobody has.
    """
    code = parse_case(case)
    facility = facility_of_case(house, code)
    directory = house.directory()
    actor = people.admin(directory, slack_user, facility)
    reader = people.resolve_radiologist(directory, radiologist)
    if reader is None:
        raise Rejection("unknown_radiologist", "There is no such radiologist. Type the id that the directory file has.")

    def act(tx: Transaction) -> str:
        read = _to_be_read(tx, code, region, reader)
        by = people.name_of(directory, slack_user)
        return claims.or_refused(tx, read.id, actor, lambda: _reassign(tx, house, read, reader, (actor, by)))

    return claims.told(once(house, facility, delivery, act))


def _to_be_read(tx: Transaction, code: str, which: str, reader: Radiologist) -> Read:
    """Return the read of a case that waits: a preliminary one first, and rather one that is open, or at least not theirs.

    Where none waits it is the last of those that are meant.
    """
    reads = tx.all(Read, case_code=code)
    if not reads:
        raise Rejection("unknown_read", claims.UNKNOWN)
    reads = regions.meant(reads, which)
    waiting = [one for one in reads if one.state in WAITING]
    return min(waiting, key=lambda one: _reluctance(one, reader)) if waiting else reads[-1]


def _reluctance(read: Read, reader: Radiologist) -> tuple[bool, bool, bool]:
    is_final = read.kind is not ReadKind.PRELIMINARY
    return read.claimed_by == reader.id, is_final, read.state is ReadState.CLAIMED


def _reassign(tx: Transaction, house: House, read: Read, reader: Radiologist, by: tuple[str, str]) -> str:
    directory, (actor, admin) = house.directory(), by
    reads = tx.all(Read, case_code=read.case_code)
    this = regions.named(read, reads)
    if read.state not in WAITING:
        raise Rejection(
            "read_over",
            f"{regions.named(read, reads, begins=True)} is {read.state.value}; there is nothing to reassign.",
        )
    if read.claimed_by == reader.id:
        raise Rejection("already_theirs", f"{reader.name} has {this} already.")
    try:
        waived = claims.judge(tx, directory, read, reader, to_another=True)
    except Rejection as failing:
        which = "this" if this == _ONLY else this
        raise Rejection(failing.code, f"{reader.name} may not read {which}. {failing.sentence}") from None
    former = read.claimed_by
    read = holding.begin(tx, house, read, reader)
    facts = claims.standing(tx, directory, read, reader) | {"to": reader.id, "taken_from": former or ""}
    facts |= {"waived": waived} if waived else {}
    tx.audit(AuditFact(action="read:reassign", actor=actor, case_code=read.case_code, subject=read.id, facts=facts))
    showing.note_read(tx, house, read, f"Given to {reader.name} by {admin}.", to=reader.slack_user)
    if former is not None:
        text = f"{_name(directory, former)} does not have this any more: {admin} gave it to {reader.name}."
        showing.note_read(tx, house, read, text, to=_slack(directory, former))
    what = "it" if this == _ONLY else this
    instead = "" if former is None else f" instead of {_name(directory, former)}"
    return f"{reader.name} has {what} now{instead}, and is told."


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
