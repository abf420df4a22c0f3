"""Reports that were signed: each ends the read of its kind. An odd one is accepted, flagged and told: a clinical fact.

A final report also ends a preliminary read that is still to come. A report that nobody here owes (the facility's own
radiologists read) ends what was awaited, and is not odd for being signed by a stranger. Of a study that was split by region a
report ends what it covers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from handlers import coverage, desk, duties, overflow, people, problems, showing, sinks, standing, studies, unclaimed
from handlers.domain.classes import ReadKind
from handlers.domain.directory import Directory
from handlers.domain.eligibility import WAIVABLE, refusals
from handlers.domain.events import EventKind, ReportEvent
from handlers.domain.machinery import AuditFact, DeadlineKind
from handlers.domain.problems import REPORTED
from handlers.domain.regions import Covered, Region, covered, in_order
from handlers.domain.sinks import ReadEvent
from handlers.domain.standing import Radiologist
from handlers.domain.studies import DUE, EarlyReport, Read, ReadBy, ReadState, Report, Study
from handlers.domain.tasks import TaskKind
from handlers.ports import House, Transaction

#: Who signed, where the directory does not have them.
UNKNOWN = "unknown"


def apply(tx: Transaction, house: House, event: ReportEvent, source: str) -> None:
    """Take a report: end the read, and tell the desk of anything odd about it."""
    directory = house.directory()
    study = studies.find(tx, event.facility, event.accession_number)
    reader = people.resolve_radiologist(directory, event.signed_by)
    kind = event.kind.value.removeprefix("report.")
    if study is None:
        _wait_for_study(tx, house, event, source)
        return
    region = "" if event.region is None else event.region.value
    signed_by = UNKNOWN if reader is None else reader.id
    reads = in_order(tx.all(Read, study_id=study.id))
    covers = covered(reads, kind, region, signed_by)
    judged = _judged(reads, kind, region, covers)
    flags = _flags(directory, study, judged, reader, event)
    report = Report(
        id=house.chance.token(),
        facility=study.facility,
        study_id=study.id,
        kind=kind,
        signed_by=signed_by,
        signed_at=event.signed_at,
        received_at=tx.now,
        flags=flags,
        region=region,
    )
    tx.add(report)
    facts = {"kind": kind, "signed_by": signed_by, "flags": ",".join(flags)} | ({"region": region} if region else {})
    tx.audit(
        AuditFact(action="report:receive", actor=source, case_code=study.case_code, subject=report.id, facts=facts)
    )
    card = None if judged else showing.card_of(tx, study_id=study.id)
    _end_reads(tx, house, reads, covers, report)
    if flags:
        desk.open_task(tx, house, TaskKind.ODD_REPORT, case_code=study.case_code, subject_id=report.id)
    stranger = "a reader who is not in the directory" if judged else "the site's own radiologist"
    _tell(tx, house, judged or ([] if card is None else [card]), report, stranger if reader is None else reader.name)
    if covers.ended or covers.superseded:
        overflow.judge(tx, house, directory.facilities[study.facility])


def _wait_for_study(tx: Transaction, house: House, event: ReportEvent, source: str) -> None:
    """Keep a report whose study is not here, and ask the desk: it may be early, or of another site."""
    early = tx.add(
        EarlyReport(
            id=house.chance.token(),
            facility=event.facility,
            accession_number=event.accession_number,
            kind=event.kind.value,
            signed_by=event.signed_by,
            signed_at=event.signed_at,
            region="" if event.region is None else event.region.value,
            source=source,
            event_at=event.at,
            received_at=tx.now,
        )
    )
    tx.audit(AuditFact(action="report:unknown_study", actor=source, subject=early.id, facts={"kind": early.kind}))
    desk.open_task(tx, house, TaskKind.UNKNOWN_REPORT, subject_id=early.id)


def join_early(tx: Transaction, house: House, facility: str, accession_number: str) -> None:
    """Take the reports that waited for a study, in the order in which they were signed."""
    waiting = tx.all(EarlyReport, facility=facility, accession_number=accession_number, joined_at=None)
    if not waiting or studies.find(tx, facility, accession_number) is None:
        return
    for early in sorted(waiting, key=lambda one: (one.signed_at, one.received_at)):
        tx.put(replace(early, joined_at=tx.now))
        desk.settle(tx, house, TaskKind.UNKNOWN_REPORT, early.id, "the study arrived")
        apply(
            tx,
            house,
            ReportEvent(
                kind=EventKind(early.kind),
                at=early.event_at,
                facility=facility,
                accession_number=accession_number,
                signed_by=early.signed_by,
                signed_at=early.signed_at,
                region=Region(early.region) if early.region else None,
            ),
            early.source,
        )


def _tell(tx: Transaction, house: House, reads: Sequence[Read], report: Report, name: str) -> None:
    """Tell a report under the first card, and under the others that it ended their reads too."""
    only = f", {report.region} only" if report.region else ""
    odd = f" Odd: {', '.join(flag.replace('_', ' ') for flag in report.flags)}." if report.flags else ""
    for read in reads[:1]:
        holder = _holder(house.directory(), read, report)
        had = "" if holder is None else f" {holder.name} {'had' if _is_over(tx, read) else 'has'} it."
        text = f"{report.kind.capitalize()} report signed by {name}{only}.{odd}{had}"
        showing.note_read(tx, house, read, text, to="" if holder is None else holder.slack_user)
    for read in reads[1:]:
        holder = _holder(house.directory(), read, report)
        text = f"Ended by a report on the whole study, signed by {name}."
        showing.note_read(tx, house, read, text, to="" if holder is None else holder.slack_user)


def _holder(directory: Directory, read: Read, report: Report) -> Radiologist | None:
    """Return who has or had a read on which somebody else signed a report; None where it is the signer, or nobody."""
    holder = directory.radiologists.get(read.claimed_by or "")
    return None if holder is None or holder.id == report.signed_by else holder


def _is_over(tx: Transaction, read: Read) -> bool:
    now = tx.get(Read, read.id)
    return now is None or now.state not in DUE


def _judged(reads: Sequence[Read], kind: str, region: str, covers: Covered) -> list[Read]:
    """Return the reads by us that a report is judged with: those it ends, else the one of its region, else of the study."""
    ours = [read for read in covers.ended if read.by is ReadBy.US]
    if ours:
        return ours
    named = [read for read in reads if region and read.region == region]
    owed = _owed(named, kind) or _owed(reads, kind)
    return [] if owed is None else [owed]


def _owed(reads: Sequence[Read], kind: str) -> Read | None:
    """Return the read by us that a report of this kind is judged with; None where the facility's own radiologists read.

    A preliminary report of a study for which we owe the final only is judged with that.
    """
    ours = [read for read in reads if read.by is ReadBy.US and read.state is not ReadState.CANCELED]
    of_kind = [read for read in ours if read.kind.value == kind]
    if not of_kind and kind == ReadKind.PRELIMINARY:
        of_kind = ours
    due = [read for read in of_kind if read.state in DUE]
    return min(due, key=lambda read: (read.due_at, read.id)) if due else of_kind[-1] if of_kind else None


def _flags(
    directory: Directory, study: Study, judged: Sequence[Read], reader: Radiologist | None, event: ReportEvent
) -> tuple[str, ...]:
    """Return what is odd about a report, as codes: judged at the instant of signing. Others' readers are not ours to judge."""
    is_of_none = event.region is not None and all(read.region != event.region for read in judged)
    codes = ["other_region"] if judged and is_of_none else []
    for read in judged:
        codes += ["unknown_reader"] if reader is None else _odd(directory, study, read, reader, event)
    return tuple(dict.fromkeys(codes))


def _odd(directory: Directory, study: Study, read: Read, reader: Radiologist, event: ReportEvent) -> list[str]:
    failing = refusals(
        reader,
        duties.of_read(directory, read, study, event.signed_at),
        proxies=directory.proxy_agreements,
        held=None,
        now=event.signed_at,
    )
    holds = read.claimed_by == reader.id  # whoever was judged at the claim is not judged by the house's rules again
    codes = [refusal.code for refusal in failing if not holds or refusal.code not in WAIVABLE]
    if read.claimed_by is not None and read.claimed_by != reader.id:
        codes.insert(0, "other_reader")
    if read.claimed_by is None and read.state is ReadState.OPEN:
        codes.insert(0, "never_claimed")
    return codes


def _end_reads(tx: Transaction, house: House, reads: Sequence[Read], covers: Covered, report: Report) -> None:
    """End the reads that a report covers, and what a final one makes superfluous."""
    for read in reads:
        if read in covers.ended:
            _end(tx, house, read, report)
        elif read in covers.superseded:
            coverage.supersede(tx, house, read, "Superseded: the final report is signed.")


def _end(tx: Transaction, house: House, read: Read, report: Report) -> None:
    read = tx.put(replace(read, state=ReadState.REPORTED, reported_at=report.signed_at, reported_by=report.signed_by))
    tx.forget(read.id, DeadlineKind.CARD_REFRESH)
    standing.forget(tx, read)
    unclaimed.over(tx, house, read, "reported")
    if read.by is ReadBy.US:
        sinks.tell(tx, house, read, ReadEvent.REPORTED, report.signed_by, report.signed_at)
    tx.audit(AuditFact(action="read:end", actor="robot", case_code=read.case_code, subject=read.id))
    read = problems.end_all(tx, house, read, REPORTED)
    showing.show_held(tx, house, read)
