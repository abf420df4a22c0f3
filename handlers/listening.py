"""A radiologist listens to a recorded read-back on the case page and says whether it matches the finding."""

from __future__ import annotations

from dataclasses import replace

from handlers import desk, dictations, endings, people, recordings, relays, showing
from handlers.domain.directory import Directory, Facility
from handlers.domain.errors import Rejection
from handlers.domain.recordings import RecordingKind
from handlers.domain.relays import Ending, Heard, Recording, RecordingState, Relay, RelayState
from handlers.domain.studies import Finding, FindingState, Study
from handlers.domain.tasks import TaskKind
from handlers.once import once
from handlers.ports import House, Reading, Transaction
from handlers.session import Session


def may_judge(look: Reading, directory: Directory, relay: Relay, slack_user: str) -> bool:
    """Tell whether this person says whether a read-back matches: whose finding it is, or the reader on call."""
    reader = directory.radiologist_of_slack(slack_user)
    return reader is not None and (
        reader.id == relay.delegated_by or reader.id in dictations.on_call(look, directory, relay)
    )


def judge(house: House, opened: Session, recording_id: str, *, matches: bool, delivery: str) -> str:
    """Record that a read-back was heard and matches, or does not: then its finding is told anew."""

    def act(tx: Transaction) -> str:
        directory = house.directory()
        kept, relay = _of_case(tx, opened, recording_id)
        if not may_judge(tx, directory, relay, opened.slack_user):
            raise Rejection(
                "not_yours", "Only the radiologist whose finding it is, or the reader on call, can say that."
            )
        if kept.heard is not Heard.UNHEARD:
            who = people.name_of(directory, opened.slack_user) if kept.heard_by == "" else _name(directory, kept)
            raise Rejection("judged", f"{who} has said that already: it {kept.heard.value.replace('_', ' ')}.")
        reader = people.radiologist(directory, opened.slack_user)
        heard = Heard.MATCHES if matches else Heard.DIFFERS
        kept = tx.put(replace(kept, heard=heard, heard_by=reader.id, heard_at=tx.now))
        actor = f"radiologist:{reader.id}"
        if matches:
            recordings.record(tx, kept, "recording:match", actor)
            showing.note_study(tx, house, relay.study_id, f"{reader.name} heard the read-back: it matches the finding.")
            return "Recorded: you heard the read-back, and it matches the finding."
        recordings.record(tx, kept, "recording:differ", actor)
        showing.note_study(
            tx, house, relay.study_id, f"{reader.name} heard the read-back: it does NOT match the finding."
        )
        return _told_anew(tx, house, relay, kept, actor)

    return once(house, opened.facility, delivery, act)


def _name(directory: Directory, kept: Recording) -> str:
    reader = directory.radiologists.get(kept.heard_by)
    return "Somebody" if reader is None else reader.name


def _of_case(tx: Transaction, opened: Session, recording_id: str) -> tuple[Recording, Relay]:
    kept = tx.get(Recording, recording_id)
    relay = None if kept is None else tx.get(Relay, kept.relay_id)
    if kept is None or relay is None or relay.case_code != opened.case_code or kept.kind is not RecordingKind.READ_BACK:
        raise Rejection("no_recording", "This recording is not here.")
    if kept.state is not RecordingState.STORED:
        raise Rejection("no_recording", "There is nothing to listen to: the recording is not here.")
    return kept, relay


def _told_anew(tx: Transaction, house: House, relay: Relay, kept: Recording, actor: str) -> str:
    """Ring the desk; where the relay had ended by this read-back, a new one tells its receiver the finding again."""
    desk.open_task(
        tx, house, TaskKind.READ_BACK_DIFFERS, case_code=relay.case_code, relay_id=relay.id, subject_id=kept.id
    )
    by_it = relay.state is RelayState.ENDED and relay.ending is Ending.READ_BACK_RECORDED
    study = tx.get(Study, relay.study_id)
    if not by_it or relay.ended_attempt != kept.attempt_id or study is None:
        return "Recorded: it does not match. The desk is rung; this read-back has ended no relay."
    for old in endings.findings_of(tx, relay):
        _again(tx, house, study, relay, old, actor)
    return "Recorded: it does not match. The desk is rung, and a new relay tells the finding again."


def _again(tx: Transaction, house: House, study: Study, relay: Relay, old: Finding, actor: str) -> None:
    """Let a finding be told anew: the earlier telling stands in the record, and what comes corrects it."""
    receiver = relay.ended_by if relay.ended_by in house.directory().contacts else relay.ordering
    tx.put(replace(old, state=FindingState.AMENDED))
    fresh = tx.add(
        replace(
            old,
            id=house.chance.token(),
            relay_id=None,
            state=FindingState.WAITING,
            reported_at=tx.now,
            to=receiver,
            amends=old.id,
            version=0,
        )
    )
    endings.record(tx, relay, "finding:amend", actor, finding=fresh.id, was=old.id)
    relays.take_up(tx, house, study, fresh, started_by=actor)


def said_of(look: Reading, directory: Directory, relay: Relay, facility: Facility) -> str:
    """Return what the statement adds of the read-back that ended a relay: who heard it, or that it never came."""
    kept = look.one(Recording, relay_id=relay.id, attempt_id=relay.ended_attempt or "", kind=RecordingKind.READ_BACK)
    if kept is None:
        return ""
    if kept.heard is Heard.UNHEARD or kept.heard_at is None:
        return ", THE RECORDING NEVER ARRIVED" if kept.state is RecordingState.MISSING else ""
    when = facility.local(kept.heard_at).strftime("ON %Y-%m-%d AT %H:%M %Z")
    found = "FOUND TO MATCH" if kept.heard is Heard.MATCHES else "FOUND NOT TO MATCH THE FINDING"
    return f", HEARD BY {_name(directory, kept)} {when} AND {found}"
