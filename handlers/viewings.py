"""Studies that somebody opens and closes in the PACS: shown on the card, a sign of the holder, news to them otherwise."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from handlers import leases, people, showing, studies
from handlers.domain.events import EventKind, ViewingEvent
from handlers.domain.leases import NOTICED_EVERY
from handlers.domain.machinery import AuditFact
from handlers.domain.studies import WAITING, Read, ReadState, Study
from handlers.domain.viewings import UNKNOWN, Viewing
from handlers.ports import House, Transaction

#: How people read it who are not in the directory.
SOMEBODY = "somebody who is not in the directory"


def apply(tx: Transaction, house: House, event: ViewingEvent, source: str) -> None:
    """Take what the PACS says. Nothing is refused for the state of things; a late one changes nothing."""
    study = studies.find(tx, event.facility, event.accession_number)
    reader = people.resolve_radiologist(house.directory(), event.by)
    who = UNKNOWN if reader is None else reader.id
    if study is None:
        tx.audit(AuditFact(action="viewing:unknown_study", actor=source, facts={"who": who}))
        return
    about = {"actor": source, "case_code": study.case_code, "subject": study.id}
    former = tx.one(Viewing, study_id=study.id, who=who)
    if former is not None and event.acted_at <= former.event_at:
        tx.audit(AuditFact(action="viewing:late_event", facts={"who": who, "kind": event.kind.value}, **about))
        return
    if former is not None and _is_heard_already(former, event):
        return
    _keep(tx, house, study, former, who, event)
    waiting = tx.all(Read, study_id=study.id, state=WAITING)
    if event.kind is EventKind.STUDY_CLOSED:
        tx.audit(AuditFact(action="viewing:close", facts={"who": who}, **about))
    else:
        tx.audit(AuditFact(action="viewing:open", facts={"who": who}, **about))
        for read in waiting:
            _follow(tx, house, read, who, event.acted_at)
    for read in waiting:
        showing.show_read(tx, house, read)


def _is_heard_already(former: Viewing, event: ViewingEvent) -> bool:
    """Tell whether it is said again that a study is open, as some PACS do every few seconds: nothing has changed."""
    again = event.kind is EventKind.STUDY_OPENED and former.is_open(event.acted_at)
    return again and event.acted_at - former.event_at < NOTICED_EVERY


def _keep(
    tx: Transaction, house: House, study: Study, former: Viewing | None, who: str, event: ViewingEvent
) -> Viewing:
    is_over = event.kind is EventKind.STUDY_CLOSED
    if former is None:
        return tx.add(
            Viewing(
                id=house.chance.token(),
                facility=study.facility,
                study_id=study.id,
                who=who,
                opened_at=event.acted_at,
                closed_at=event.acted_at if is_over else None,
                event_at=event.acted_at,
            )
        )
    if is_over:
        return tx.put(replace(former, closed_at=event.acted_at, event_at=event.acted_at))
    still_open = former.is_open(event.acted_at)
    opened_at = former.opened_at if still_open else event.acted_at
    return tx.put(replace(former, opened_at=opened_at, closed_at=None, event_at=event.acted_at))


def _follow(tx: Transaction, house: House, read: Read, who: str, at: datetime) -> None:
    """Renew the holder's lease, or tell the holder, once in a claim, who else has it open."""
    if read.state is not ReadState.CLAIMED or read.claimed_by is None:
        return
    if who == read.claimed_by:
        leases.act(tx, house, read, who, "pacs", at)
        return
    if any(one.claimed_by == who for one in tx.all(Read, study_id=read.study_id, state=ReadState.CLAIMED)):
        return  # who holds another read of this study opens it for that
    since = "" if read.claimed_at is None else read.claimed_at.isoformat()
    if not tx.first_time("viewing", f"{read.id} {since} {who}"):
        return
    directory = house.directory()
    holder, viewer = directory.radiologists.get(read.claimed_by), directory.radiologists.get(who)
    name = SOMEBODY if viewer is None else viewer.name
    text = f"{name[0].upper()}{name[1:]} opened this in the PACS, though {'another reader' if holder is None else holder.name} has the read."
    showing.note_read(tx, house, read, text, to="" if holder is None else holder.slack_user)
