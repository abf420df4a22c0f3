"""Handling what the inbox holds: one event, one transaction, in each facility's order."""

from __future__ import annotations

from collections.abc import Callable

from handlers import desk, findings, people, reports, studies, viewings
from handlers.domain.errors import RadrelayError
from handlers.domain.events import Event, FindingEvent, ReportEvent, StudyEvent, ViewingEvent
from handlers.domain.machinery import AuditFact
from handlers.domain.tasks import TaskKind
from handlers.once import in_transaction
from handlers.ports import Delivered, House, Transaction

#: Reads an accepted body again, as the door read it.
Parse = Callable[[Delivered], Event]


def apply(tx: Transaction, house: House, event: Event, source: str) -> None:
    """Take one event, or refuse it where its site has left since it was accepted."""
    people.facility_of(house.directory(), event.facility)
    match event:
        case StudyEvent():
            studies.apply(tx, house, event, source)
            reports.join_early(tx, house, event.facility, event.accession_number)
        case ReportEvent():
            reports.apply(tx, house, event, source)
        case FindingEvent():
            findings.apply(tx, house, event, source)
        case ViewingEvent():
            viewings.apply(tx, house, event, source)


def handle_next(house: House, parse: Parse, on_failure: Callable[[Exception], None]) -> bool:
    """Handle the oldest accepted event that nobody else handles; False when there is none.

    One that keeps failing is set aside after a few tries, a human is told, and the next goes on.
    """
    taken: Delivered | None = None
    try:
        with house.memory.next_delivery() as work:
            if work is None:
                return False
            taken, tx = work
            apply(tx, house, parse(taken), f"source:{taken.accepted.source}")
    except Exception as error:
        if taken is None:
            raise
        on_failure(error)
        _failed(house, taken, error)
    return True


def _failed(house: House, item: Delivered, error: Exception) -> None:
    reason = str(error) if isinstance(error, RadrelayError) else type(error).__name__
    if not house.memory.delivery_failed(item, reason):
        return

    def tell(tx: Transaction) -> None:
        facts = {"kind": item.accepted.kind, "error": type(error).__name__}
        tx.audit(AuditFact(action="event:set_aside", actor="robot", subject=item.id, facts=facts))
        desk.open_task(tx, house, TaskKind.EVENT_SET_ASIDE, subject_id=item.id)

    in_transaction(house, item.accepted.facility, tell)


def baa_refused(house: House, facility: str, source: str) -> None:
    """Record, without patient data, that a new study was refused because the site's agreement is not in force.

    Once per source and day: five hundred refused slices are one fact.
    """

    def act(tx: Transaction) -> None:
        day = house.directory().facilities[facility].today(tx.now).isoformat()
        fact = f"baa:{source}:{day}"
        if tx.earlier_answer(fact) is not None:
            return
        tx.keep_answer(fact, "refused")
        tx.audit(AuditFact(action="study:refuse_baa", actor=f"source:{source}"))
        desk.open_task(tx, house, TaskKind.BAA_LAPSED, subject_id=f"baa:{facility}")

    in_transaction(house, facility, act)
