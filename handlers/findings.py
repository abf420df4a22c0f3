"""Findings: reported from outside, from Slack's modal or from the case page; amended; retracted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from handlers import desk, endings, leases, people, relays, studies
from handlers.domain.directory import Phrase
from handlers.domain.errors import Rejection
from handlers.domain.events import EventKind, FindingEvent
from handlers.domain.machinery import AuditFact
from handlers.domain.relays import Ending, Relay, RelayState
from handlers.domain.studies import Finding, FindingState, Read, Study
from handlers.domain.tasks import TaskKind
from handlers.once import facility_or_reject, once
from handlers.ports import House, Transaction


def apply(tx: Transaction, house: House, event: FindingEvent, source: str) -> None:
    """Take a finding event."""
    if event.kind is EventKind.FINDING_REPORTED:
        _reported(tx, house, event, source)
    elif event.kind is EventKind.FINDING_AMENDED:
        _amended(tx, house, event, source)
    else:
        _retracted(tx, house, event, source)


def _new(tx: Transaction, house: House, event: FindingEvent, study: Study | None) -> Finding:
    reader = people.resolve_radiologist(house.directory(), event.found_by)
    return Finding(
        id=house.chance.token(),
        facility=event.facility,
        study_id=None if study is None else study.id,
        relay_id=None,
        accession_number=event.accession_number,
        category=event.category or 1,
        text=event.text or "",
        found_by=None if reader is None else reader.id,
        found_at=event.found_at or event.at,
        to=event.to,
        state=FindingState.WAITING,
        reported_at=tx.now,
        event_at=event.at,
    )


def _reported(tx: Transaction, house: House, event: FindingEvent, source: str) -> None:
    study = studies.find(tx, event.facility, event.accession_number)
    finding = tx.add(_new(tx, house, event, study))
    case = "" if study is None else study.case_code
    facts = {"category": finding.category, "found_by": finding.found_by}
    tx.audit(AuditFact(action="finding:report", actor=source, case_code=case, subject=finding.id, facts=facts))
    if study is None:
        desk.open_task(tx, house, TaskKind.FINDING_WITHOUT_STUDY, subject_id=finding.id)
        return
    desk.settle(tx, house, TaskKind.AMENDED_UNKNOWN, study.id, "the finding came")
    relays.take_up(tx, house, study, finding, started_by=source)


def _concerned(tx: Transaction, event: FindingEvent) -> list[Finding]:
    """Return the live findings that an amendment or retraction means."""
    live = (FindingState.WAITING, FindingState.RELAYED)
    found = tx.all(Finding, facility=event.facility, accession_number=event.accession_number, state=live)
    return [one for one in found if event.replaces in (None, one.text)]


def _case_of(tx: Transaction, finding: Finding) -> str:
    """Return a finding's case, where its study has come."""
    study = studies.find(tx, finding.facility, finding.accession_number)
    return "" if study is None else study.case_code


def _amended(tx: Transaction, house: House, event: FindingEvent, source: str) -> None:
    concerned = _concerned(tx, event)
    if not concerned:
        _amended_unknown(tx, house, event, source)
        return
    for old in concerned:
        if event.at < old.event_at:
            late = AuditFact(action="finding:late_event", actor=source, case_code=_case_of(tx, old), subject=old.id)
            tx.audit(late)
            return
        tx.put(replace(old, state=FindingState.AMENDED))
        desk.settle(tx, house, TaskKind.FINDING_WITHOUT_STUDY, old.id, "amended")
        relays.nobody_asks(tx, house, old, "amended")
    last = concerned[-1]
    study = studies.find(tx, event.facility, event.accession_number)
    fresh = replace(
        _new(tx, house, event, study),
        category=event.category or last.category,
        text=event.text or last.text,
        found_by=_new(tx, house, event, study).found_by or last.found_by,
        found_at=event.found_at or last.found_at,
        to=event.to or last.to,
        relay_id=last.relay_id,
        state=last.state,
        amends=last.id,
    )
    tx.add(fresh)
    case = "" if study is None else study.case_code
    tx.audit(AuditFact(action="finding:amend", actor=source, case_code=case, subject=fresh.id, facts={"was": last.id}))
    if study is None:
        desk.open_task(tx, house, TaskKind.FINDING_WITHOUT_STUDY, subject_id=fresh.id)
    relay = tx.get(Relay, last.relay_id) if last.relay_id else None
    if study is None or relay is None:
        return
    if relay.state is RelayState.ENDED:
        # The earlier telling stands in the record; what is true now is told anew.
        tx.put(replace(fresh, relay_id=None, state=FindingState.WAITING, version=0))
        reopened = tx.get(Finding, fresh.id)
        if reopened is not None:
            relays.take_up(tx, house, study, reopened, started_by=source)
        return
    stood = relay.state
    relay = relays.amended(tx, house, relay, fresh, to=event.to)
    if stood is relay.state is RelayState.AT_DESK:
        desk.open_task(
            tx, house, TaskKind.FINDING_CHANGED_AFTER, case_code=relay.case_code, relay_id=relay.id, subject_id=fresh.id
        )


def _amended_unknown(tx: Transaction, house: House, event: FindingEvent, source: str) -> None:
    """Take an amendment of a finding that nobody has: with its words it is a finding; without any a person has to ask."""
    if event.text:
        _reported(tx, house, event, source)
        return
    study = studies.find(tx, event.facility, event.accession_number)
    case, subject = (study.case_code, study.id) if study is not None else ("", house.chance.token())
    tx.audit(AuditFact(action="finding:amend_unknown", actor=source, case_code=case))
    desk.open_task(tx, house, TaskKind.AMENDED_UNKNOWN, case_code=case, subject_id=subject)


def _retracted(tx: Transaction, house: House, event: FindingEvent, source: str) -> None:
    concerned = _concerned(tx, event)
    if not concerned:
        tx.audit(AuditFact(action="finding:retract_unknown", actor=source))
        return
    for old in concerned:
        tx.put(replace(old, state=FindingState.RETRACTED))
        case = _case_of(tx, old)
        tx.audit(AuditFact(action="finding:retract", actor=source, case_code=case, subject=old.id))
        relays.nobody_asks(tx, house, old, "retracted")
        if old.state is FindingState.WAITING:
            desk.settle(tx, house, TaskKind.FINDING_WITHOUT_STUDY, old.id, "retracted")
    for relay_id in dict.fromkeys(old.relay_id for old in concerned if old.relay_id):
        relay = tx.get(Relay, relay_id)
        if relay is not None:
            _relay_lost_a_finding(tx, house, relay, source)


def _relay_lost_a_finding(tx: Transaction, house: House, relay: Relay, source: str) -> None:
    """Stop what is pending at once, and have everyone who was told listed and told, by whatever relay of the study."""
    if any(endings.told(tx, one) for one in tx.all(Relay, study_id=relay.study_id)):
        desk.open_task(tx, house, TaskKind.RETRACTED_AFTER_TELLING, case_code=relay.case_code, relay_id=relay.id)
    if relay.state is RelayState.ENDED:
        return
    if endings.findings_of(tx, relay):
        relays.changed(tx, house, relay, relay.category, "A finding was retracted; another remains.")
        return
    endings.end(tx, house, relay, Ending.RETRACTED, by=source, actor=source)


# --- from Slack and the case page ------------------------------------------------------------------------------------


def phrases(house: House, slack_user: str, read_id: str) -> list[Phrase]:
    """Return the directory's finding phrases, for somebody who may report on this read."""
    directory = house.directory()
    facility = facility_or_reject(house, Read, "unknown_read", "This read does not exist any more.", id=read_id)
    _may_report(house, slack_user, facility)
    return list(directory.phrases.values())


def _may_report(house: House, slack_user: str, facility: str) -> str:
    """Return the directory id of the radiologist who reports; only a radiologist of the site's pool has findings."""
    directory = house.directory()
    reader = people.radiologist(directory, slack_user)
    if not people.may_read_at(directory, reader, facility):
        raise Rejection("not_in_pool", "Only a radiologist of this site's pool can report a finding here.")
    return reader.id


def report(
    house: House,
    *,
    study_id: str,
    slack_user: str,
    category: int,
    phrase_id: str | None,
    text: str | None,
    delivery: str,
    to: str | None = None,
    found_by: str | None = None,
    found_at: datetime | None = None,
) -> str:
    """Take a finding from a radiologist: a phrase of the directory (Slack), or free text (only the case page)."""
    facility = facility_or_reject(house, Study, "unknown_study", "This study does not exist any more.", id=study_id)
    reader_id = _on_behalf_of(house, slack_user, facility, found_by)
    actor = people.actor_of(house.directory(), slack_user)
    directory = house.directory()
    words = _words(directory.phrases.values(), phrase_id, text, category)
    if to is not None and directory.ordering(facility, to) is None:
        raise Rejection("unknown_contact", "This contact is not one of this site's. Choose one from the list.")

    def act(tx: Transaction) -> str:
        study = tx.get(Study, study_id)
        if study is None:
            raise Rejection("unknown_study", "This study does not exist any more.")
        leases.act_on_case(tx, house, study.case_code, slack_user, "slack")
        return _start(tx, house, study, reader_id, actor, words, category, to, found_at or tx.now)

    return once(house, facility, delivery, act)


def _on_behalf_of(house: House, slack_user: str, facility: str, found_by: str | None) -> str:
    """Return whose finding it is: a radiologist's own, or, from a PACS administrator, one of the pool's, by name."""
    directory = house.directory()
    if directory.radiologist_of_slack(slack_user) is not None or not people.is_admin(directory, slack_user, facility):
        reader_id = _may_report(house, slack_user, facility)
        if found_by not in (None, reader_id):
            raise Rejection("not_yours", "You can report your own findings only.")
        return reader_id
    reader = directory.radiologists.get(found_by or "")
    if reader is None or not people.may_read_at(directory, reader, facility):
        raise Rejection("unknown_radiologist", "Choose the radiologist of this site's pool whose finding it is.")
    return reader.id


def _words(phrases: Iterable[Phrase], phrase_id: str | None, text: str | None, category: int) -> str:
    if category not in (1, 2, 3):
        raise Rejection("bad_category", "Choose category 1, 2 or 3.")
    if text:
        return text
    phrase = next((one for one in phrases if one.id == phrase_id), None)
    if phrase is None:
        raise Rejection("unknown_phrase", "Choose a finding from the list, or enter it on the case page.")
    return phrase.text


def _start(
    tx: Transaction,
    house: House,
    study: Study,
    reader_id: str,
    actor: str,
    words: str,
    category: int,
    to: str | None,
    found_at: datetime,
) -> str:
    finding = tx.add(
        Finding(
            id=house.chance.token(),
            facility=study.facility,
            study_id=study.id,
            relay_id=None,
            accession_number=study.accession_number,
            category=category,
            text=words,
            found_by=reader_id,
            found_at=found_at,
            to=to,
            state=FindingState.WAITING,
            reported_at=tx.now,
            event_at=tx.now,
        )
    )
    facts: dict[str, str | int | bool | None] = {"category": category, "found_by": reader_id}
    tx.audit(
        AuditFact(action="finding:report", actor=actor, case_code=study.case_code, subject=finding.id, facts=facts)
    )
    desk.settle(tx, house, TaskKind.AMENDED_UNKNOWN, study.id, "the finding came")
    running = endings.open_relay(tx, study.id) is not None
    relay = relays.take_up(tx, house, study, finding, started_by=actor)
    taken = tx.get(Finding, finding.id)
    is_repeat = taken is not None and taken.state is FindingState.REPEATED
    return _answer(relay, running=running, is_repeat=is_repeat)


def _answer(relay: Relay, *, running: bool, is_repeat: bool) -> str:
    """Say what became of a finding: ``running`` where its study's relay was open before, ``is_repeat`` where it told it."""
    if relay.shadow:
        return "Recorded. This site is in shadow, or the study is a test: nobody is called; the thread shows what would have happened."
    if running and relay.state is not RelayState.HELD:
        at_desk = " The desk is asked about it too." if relay.state is RelayState.AT_DESK and not is_repeat else ""
        joined = f"Recorded. It joined the relay that is running (category {relay.category})."
        return f"{'Reported already; the relay goes on.' if is_repeat else joined}{at_desk}"
    words_of = {
        RelayState.HELD: f"Recorded, but calls are held ({relay.hold_reason}): nobody is being called. The desk was told.",
        RelayState.AT_DESK: "Recorded. Nobody can be called by machine, so the desk is being rung.",
        RelayState.ENDED: "Recorded as a repeat: this finding was confirmed already, so nobody is called. The desk is asked.",
    }
    return words_of.get(relay.state, "Recorded. The call is being placed; the thread shows what happens.")
