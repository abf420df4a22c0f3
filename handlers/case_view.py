"""The case page's contents, as one frozen value: the only place with identifiers."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote

from handlers import bridged, desk, endings, listening, messages, receipts, receivers, replies, task_words
from handlers.domain import case_code as codes
from handlers.domain.case_page import (
    CaseView,
    FindingLine,
    ReadLine,
    RecordingLine,
    RelayView,
    ReportLine,
    TaskLine,
    TimelineLine,
)
from handlers.domain.directory import Directory, Facility
from handlers.domain.pickups import PAGE
from handlers.domain.problems import UNSOLVED, Problem
from handlers.domain.recordings import RecordingKind
from handlers.domain.regions import in_turn
from handlers.domain.relays import CONFIRMS, Attempt, Heard, Outcome, Recording, Relay, RelayState
from handlers.domain.studies import WAITING, Finding, Read, Report, Study
from handlers.domain.tasks import DeskTask
from handlers.domain.texts import TextReply
from handlers.domain.turns import has_heard
from handlers.drawing import relay_line
from handlers.hands import CLOSE_REASONS
from handlers.ports import House, Transaction
from handlers.session import Session
from handlers.statement import statement_of


def view_of(tx: Transaction, house: House, study: Study, opened: Session) -> CaseView:
    """Gather a case as it stands now."""
    directory = house.directory()
    facility = directory.facilities[study.facility]
    relays = tx.all(Relay, study_id=study.id)
    relay = relays[-1] if relays else None
    recordings = [one for each in relays for one in tx.all(Recording, relay_id=each.id)]
    tasks = tx.all(DeskTask, case_code=study.case_code)
    call_task, call_outcomes = bridged.asked(tx, tasks)
    return CaseView(
        facility=facility.name,
        alias=facility.alias,
        zone=facility.zone,
        case_code=codes.shown(study.case_code),
        accession_number=study.accession_number,
        study_instance_uid=study.study_instance_uid,
        patient_name=study.patient_name,
        patient_id=study.patient_id,
        birth_date=study.birth_date,
        sex=study.sex,
        modality=study.modality,
        body_part=study.body_part,
        description=study.description,
        priority=study.priority.value,
        patient_class=study.patient_class.value,
        patient_state=study.patient_state,
        location=study.location,
        ordering=_ordering(directory, study),
        callback_phone=study.callback_phone or study.ordering_phone,
        instance_count=study.instance_count,
        received_at=study.received_at,
        last_image_at=study.last_image_at,
        ready=study.ready,
        test=study.test,
        reads=tuple(_read(tx, directory, one) for one in in_turn(tx.all(Read, study_id=study.id))),
        reports=tuple(_report(directory, one) for one in tx.all(Report, study_id=study.id)),
        findings=tuple(_finding(directory, one) for one in tx.all(Finding, study_id=study.id)),
        relay=None if relay is None else _relay(tx, directory, relay),
        timeline=_timeline(tx, directory, relays),
        recordings=tuple(_recording(tx, directory, opened, one) for one in recordings),
        tasks=tuple(_task(tx, directory, one) for one in tasks),
        contacts=_contacts(directory, study.facility),
        finders=_finders(directory, opened, facility),
        close_reasons=tuple(CLOSE_REASONS.items()),
        pacs_link=_pacs_link(facility, study),
        may=_may(opened, directory, relay),
        halted=desk.halted(tx, study.facility) is not None,
        shadow=facility.shadow,
        staffed_number=facility.callback_number,
        call_task=call_task,
        call_outcomes=call_outcomes,
    )


def _ordering(directory: Directory, study: Study) -> str:
    known = directory.ordering(study.facility, study.ordering_contact, study.ordering_npi or None)
    stated = study.ordering_name or study.ordering_npi
    return (
        known.name if known is not None else f"{stated} (as stated; not in the directory)" if stated else "not stated"
    )


def _read(tx: Transaction, directory: Directory, read: Read) -> ReadLine:
    reader = directory.radiologists.get(read.claimed_by or "")
    waits = read.state in WAITING
    problems = tx.all(Problem, read_id=read.id, state=UNSOLVED) if waits and read.paused_since is not None else []
    return ReadLine(
        kind=read.kind.value,
        by=read.by.value,
        coverage=read.coverage,
        state=read.state.value,
        claimed_by="" if reader is None else reader.name,
        claimed_at=read.claimed_at,
        due_at=read.due_at,
        region=read.region,
        paused=", ".join(one.kind.words for one in problems if one.pauses),
        paused_since=read.paused_since if waits else None,
    )


def _report(directory: Directory, report: Report) -> ReportLine:
    known = directory.radiologists.get(report.signed_by)
    name = report.signed_by if known is None else known.name
    return ReportLine(
        kind=report.kind, signed_by=name, signed_at=report.signed_at, flags=report.flags, region=report.region
    )


def _finding(directory: Directory, finding: Finding) -> FindingLine:
    known = directory.radiologists.get(finding.found_by or "")
    named = directory.contacts.get(finding.to or "")
    return FindingLine(
        id=finding.id,
        category=finding.category,
        text=finding.text,
        found_by="not stated" if known is None else known.name,
        found_at=finding.found_at,
        state=finding.state.value,
        to=(finding.to or "") if named is None else named.name,
    )


def _relay(tx: Transaction, directory: Directory, relay: Relay) -> RelayView:
    ordering = directory.contacts.get(relay.ordering or "")
    delegate = directory.radiologists.get(relay.delegated_by)
    ended = ""
    if relay.ended_at is not None and relay.ending is not None:
        by = endings.ended_by(directory, relay.ended_by)
        who = receivers.name_of(tx, directory, by, tx.get(Attempt, relay.ended_attempt or ""))
        ended = f"{relay.ending.value.replace('_', ' ')} — {who} {f'({receipts.role_words(relay.ended_role)})' if relay.ended_role else ''}".strip()
    return RelayView(
        state=relay.state.value,
        category=relay.category,
        delegated_by="nobody known was named" if delegate is None else delegate.name,
        callback_code=relay.callback_code if relay.state is not RelayState.ENDED else "",
        ordering_contact="not in the directory" if ordering is None else ordering.name,
        steps=tuple(f"{one.to}: {'/'.join(one.channels)}, {one.tries} tries" for one in relay.policy.steps),
        at_step=relay.step,
        line=relay_line(directory, relay, tx.now),
        ended=ended,
        statement=statement_of(tx, directory, relay.case_code),
    )


def _timeline(tx: Transaction, directory: Directory, relays: list[Relay]) -> tuple[TimelineLine, ...]:
    lines: list[TimelineLine] = []
    for relay in relays:
        lines.append(TimelineLine(at=relay.delegated_at, who=_named(directory, relay.started_by), what="relay started"))
        for attempt in tx.all(Attempt, relay_id=relay.id):
            lines += _attempt_lines(tx, directory, attempt)
        for reply in tx.all(TextReply, relay_id=relay.id):
            whose = replies.sender(directory, reply)
            lines.append(TimelineLine(at=reply.at, who=whose, what=f"text received: “{reply.words}”"))
        if relay.ended_at is not None and relay.ending is not None:
            what = f"relay ended: {relay.ending.value.replace('_', ' ')}"
            receiver = tx.get(Attempt, relay.ended_attempt or "")
            who = receivers.name_of(tx, directory, _named(directory, relay.ended_by), receiver)
            lines.append(TimelineLine(at=relay.ended_at, who=who, what=what))
    return tuple(sorted(lines, key=lambda line: line.at))


def _named(directory: Directory, actor: str) -> str:
    """Return a name for an actor of the record or a contact's id, where the directory has one."""
    if actor.startswith(("source:", "finding:")):  # a finding that waited for its study came from the site, too
        return "the site"
    _, _, key = actor.rpartition(":")
    known = directory.contacts.get(key) or directory.radiologists.get(key) or directory.staff.get(key)
    return actor if known is None else known.name


def _spoken(attempt: Attempt, now: datetime) -> str:
    """Say of a telling no more than happened: one that was cut off before the finding's last word was only begun."""
    if attempt.channel == PAGE:
        return "finding shown"
    is_heard = attempt.outcome in CONFIRMS or has_heard(attempt, attempt.finished_at or now)
    return "finding spoken" if is_heard else "finding begun"


def _attempt_lines(tx: Transaction, directory: Directory, attempt: Attempt) -> list[TimelineLine]:
    who = receivers.name_of(tx, directory, attempt.who, attempt)
    who = who or (f"a caller from {attempt.number}" if attempt.number else "a caller")
    what = {"sms": "text", "hand": "call by hand", PAGE: "pickup page"}.get(
        attempt.channel, "call back" if attempt.purpose.value == "callback" else "call"
    )
    role = receipts.receiver_words(tx, attempt)
    begun = _begun(attempt, what)
    said = [TimelineLine(at=attempt.planned_at, who=who, what=begun)]
    if attempt.answered_at is not None and attempt.channel == "call" and attempt.follows is None:
        said.append(TimelineLine(at=attempt.answered_at, who=who, what=f"{what} answered"))
    if attempt.told_earlier_at is not None:
        heard = "finding spoken" if attempt.heard_earlier else "finding begun"
        what_then = f"{heard}; then the line was given to somebody else"
        said.append(TimelineLine(at=attempt.told_earlier_at, who=who, what=what_then))
    if attempt.told_at is not None:
        said.append(TimelineLine(at=attempt.told_at, who=f"{who}{role}", what=_spoken(attempt, tx.now)))
    if attempt.finished_at is not None and attempt.outcome is not None:
        why = f" [{attempt.vendor_code}] {attempt.vendor_says}".rstrip() if attempt.vendor_code else ""
        words = f"{what}: {attempt.outcome.value.replace('_', ' ')}{why}{_named_themselves(tx, attempt)}"
        said.append(TimelineLine(at=attempt.finished_at, who=f"{who}{role}", what=words))
    return said


def _begun(attempt: Attempt, what: str) -> str:
    if attempt.channel == PAGE:
        return "pickup page opened"
    return f"{what} planned, try {attempt.try_no}" if attempt.follows is None else "next result, on the same call"


def _named_themselves(tx: Transaction, attempt: Attempt) -> str:
    """Return the name that somebody on a line gave for themselves, "" for none."""
    stated = messages.stated_by(tx, attempt)
    taker = "" if attempt.outcome is not Outcome.MESSAGE_LEFT else messages.message_taken_by(tx, attempt)
    if stated is not None:
        return f", by somebody who gave the name “{stated[0]}”"
    return f", taken by somebody who gave the name “{taker}”" if taker else ""


def _recording(tx: Transaction, directory: Directory, opened: Session, recording: Recording) -> RecordingLine:
    relay = tx.get(Relay, recording.relay_id)
    is_open = recording.kind is RecordingKind.READ_BACK and recording.heard is Heard.UNHEARD
    reader = directory.radiologists.get(recording.heard_by)
    heard = f"{'a radiologist' if reader is None else reader.name}: it {recording.heard.value} the finding"
    return RecordingLine(
        id=recording.id,
        at=recording.announced_at,
        state=recording.state.value,
        sha256=recording.sha256,
        kind=recording.kind.value,
        heard="" if recording.heard is Heard.UNHEARD else heard.replace("differs", "differs from"),
        may_judge=is_open and relay is not None and listening.may_judge(tx, directory, relay, opened.slack_user),
    )


def _task(tx: Transaction, directory: Directory, task: DeskTask) -> TaskLine:
    what, _ = task_words.words_of(tx, directory, task)
    return TaskLine(id=task.id, what=what, state=task.state.value, taken_by=task.taken_by)


def _contacts(directory: Directory, facility: str) -> tuple[tuple[str, str, str], ...]:
    return tuple(
        (one.id, one.name, one.role.value)
        for one in sorted(directory.contacts.values(), key=lambda contact: contact.name)
        if not one.retired and one.serves(facility)
    )


def _finders(directory: Directory, opened: Session, facility: Facility) -> tuple[tuple[str, str], ...]:
    reader = directory.radiologist_of_slack(opened.slack_user)
    if reader is not None and "radiologist" in opened.roles:
        return ((reader.id, reader.name),)
    if "pacs_admin" not in opened.roles:
        return ()
    members = dict.fromkeys(one for pool in facility.pools() for one in directory.pools[pool].members)
    return tuple((one, directory.radiologists[one].name) for one in members)


def _pacs_link(facility: Facility, study: Study) -> str:
    """Fill the site's link template; values are quoted so that none of them can change the address."""
    values = {
        "accession_number": study.accession_number,
        "study_instance_uid": study.study_instance_uid,
        "patient_id": study.patient_id,
    }
    link = facility.pacs_link
    for name, value in values.items():
        link = link.replace(f"{{{name}}}", quote(value, safe=""))
    return link


def _may(opened: Session, directory: Directory, relay: Relay | None) -> frozenset[str]:
    """Return what this person may do on the page."""
    handles = bool({"radiologist", "pacs_admin"} & set(opened.roles))
    open_relay = relay is not None and relay.state is not RelayState.ENDED
    may = {"play"} if handles or "auditor" in opened.roles else set()
    if handles:
        may.add("start")
    if handles and open_relay:
        may |= {"log", "redirect"}
    reader = directory.radiologist_of_slack(opened.slack_user)
    is_theirs = relay is not None and reader is not None and reader.id == relay.delegated_by
    if open_relay and is_theirs:
        may.add("withdraw")
    if handles and open_relay and (is_theirs or "pacs_admin" in opened.roles):
        may.add("close")
    return frozenset(may)
