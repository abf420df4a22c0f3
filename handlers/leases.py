"""The leases of claims: begun with a claim, renewed by any sign of its holder, told to them first when they run out."""

from __future__ import annotations

from datetime import datetime

from handlers import showing
from handlers.domain import leases as terms
from handlers.domain.errors import Rejection
from handlers.domain.leases import Lease, LeaseEvent, LeaseState
from handlers.domain.machinery import AuditFact, Deadline, DeadlineKind
from handlers.domain.studies import Read, ReadState
from handlers.once import facility_or_reject, once
from handlers.ports import House, Reading, Transaction

#: Leaves before the card that offers the read, should both have waited for Slack.
_TOLD_FIRST = 3


def of(look: Reading, read: Read) -> Lease | None:
    """Return the lease of the claim that a read is under, or None."""
    return terms.in_force(look.get(Lease, read.id), read)


def begin(tx: Transaction, house: House, read: Read) -> Lease | None:
    """Begin the lease of a claim that was made just now; the claim's own entry is its record."""
    if read.claimed_by is None or read.claimed_at is None:
        return None
    former = tx.get(Lease, read.id)
    span = terms.span_of(house.directory().pools.get(read.pool), read.priority)
    lease = Lease(
        id=read.id,
        facility=read.facility,
        holder=read.claimed_by,
        claimed_at=read.claimed_at,
        span_seconds=int(span.total_seconds()),
        state=LeaseState.RUNNING,
        active_at=tx.now,
        version=0 if former is None else former.version,
    )
    lease = tx.add(lease) if former is None else tx.put(lease)
    _plan(tx, lease)
    return lease


def act(tx: Transaction, house: House, read: Read | None, reader_id: str, by: str, at: datetime | None = None) -> None:
    """Notice that somebody did something with a read (``by`` slack, page or pacs): its holder's lease begins anew.

    ``at`` is when, where it is told late; what they did before they were asked is no answer.
    """
    if read is None or read.state is not ReadState.CLAIMED or read.claimed_by != reader_id:
        return
    lease = of(tx, read)
    if lease is None:  # claimed before there were leases
        begin(tx, house, read)
    elif not terms.is_noticed(lease, acted := min(at or tx.now, tx.now)):
        return
    else:
        was = lease.state
        _plan(tx, tx.put(terms.after(lease, LeaseEvent.ACT, acted)))
        if was is not LeaseState.RUNNING:
            showing.show_read(tx, house, read)
    _extended(tx, read, f"radiologist:{reader_id}", by)


def _extended(tx: Transaction, read: Read, actor: str, by: str) -> None:
    facts = {"by": by}
    tx.audit(AuditFact(action="lease:extend", actor=actor, case_code=read.case_code, subject=read.id, facts=facts))


def act_on_case(tx: Transaction, house: House, case_code: str, slack_user: str, by: str) -> None:
    """Notice somebody who looks at a case."""
    reader = house.directory().radiologist_of_slack(slack_user)
    if reader is not None and case_code:
        for read in tx.all(Read, case_code=case_code):
            act(tx, house, read, reader.id, by)


def still_reading(house: House, read_id: str, slack_user: str, delivery: str) -> str:
    """Let the holder say that they still read: the lease begins anew, and nobody may take over."""
    facility = facility_or_reject(house, Read, "unknown_read", "This read does not exist any more.", id=read_id)
    reader = house.directory().radiologist_of_slack(slack_user)

    def run(tx: Transaction) -> str:
        read = tx.get(Read, read_id)
        if read is None or reader is None or read.claimed_by != reader.id:
            raise Rejection("not_holder", "Only its holder can say so, and you do not hold this read.")
        act(tx, house, read, reader.id, "slack")
        lease = of(tx, read)
        following = None if lease is None else terms.next_event(lease)
        if following is None:
            raise Rejection("not_claimed", "This read is over.")
        until = showing.clock_time(house.directory().facilities[read.facility], following[1], tx.now)
        return f"It stays yours. You are asked again at {until} unless you do something with it before."

    return once(house, facility, delivery, run)


def active(house: House, read_id: str, slack_user: str, delivery: str) -> str:
    """Notice a click that changes nothing else, such as opening a form."""
    facility = facility_or_reject(house, Read, "unknown_read", "This read does not exist any more.", id=read_id)

    def run(tx: Transaction) -> str:
        reader = house.directory().radiologist_of_slack(slack_user)
        if reader is not None:
            act(tx, house, tx.get(Read, read_id), reader.id, "slack")
        return ""

    return once(house, facility, f"{delivery}:active", run)


def due(tx: Transaction, house: House, read_id: str) -> None:
    """Tell the holder of a lease that ran out, or offer the read to others when they were told and did not answer."""
    read = tx.get(Read, read_id)
    lease = None if read is None else of(tx, read)
    event = None if lease is None else terms.due(lease, tx.now)
    if read is None or lease is None or event is None:
        return
    if read.paused_since is not None:  # nobody can be expected to read: when the clock goes on the lease begins anew
        _plan(tx, tx.put(terms.after(lease, LeaseEvent.ACT, tx.now)))
        _extended(tx, read, "robot", "pause")
        showing.show_read(tx, house, read)
        return
    lease = tx.put(terms.after(lease, event, tx.now))
    reader = house.directory().radiologists.get(lease.holder)
    name = "Its holder" if reader is None else reader.name
    to = "" if reader is None else reader.slack_user
    about = {"actor": "robot", "case_code": read.case_code, "subject": read.id}
    facts = {"holder": lease.holder}
    if event is LeaseEvent.LAPSE:
        tx.audit(AuditFact(action="lease:lapse", facts=facts, **about))
        text = f"{name}: do you still read this? Press Still reading, or release it; else others may take over soon."
    else:
        tx.audit(AuditFact(action="lease:offer", facts=facts, **about))
        text = f"{name} has not been heard from: this read may be taken over."
    _plan(tx, lease)
    showing.note_read(tx, house, read, text, to=to, rank=_TOLD_FIRST)
    showing.show_read(tx, house, read)


def _plan(tx: Transaction, lease: Lease) -> None:
    following = terms.next_event(lease)
    if following is None:
        tx.forget(lease.id, DeadlineKind.LEASE_DUE)
    else:
        tx.deadline(Deadline(kind=DeadlineKind.LEASE_DUE, subject=lease.id, due_at=following[1]))
