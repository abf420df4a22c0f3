"""Recordings of calls: expected, fetched and kept encrypted, deleted at the vendor and looked for there; or flagged as missing."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta

from handlers import desk, lines, showing
from handlers.domain.errors import DeliveryFailed, DeliveryRefused, Rejection
from handlers.domain.machinery import AuditFact, Deadline, DeadlineKind, Effect, EffectKind
from handlers.domain.recordings import Dictation, DictationState, RecordingKind, seconds_of
from handlers.domain.relays import Attempt, Recording, RecordingState, Relay
from handlers.domain.tasks import TaskKind
from handlers.once import in_transaction, once
from handlers.ports import House, Reading, Recordings, Sending, Transaction

LATE = timedelta(minutes=10)
#: How long a recording that did not come is asked for, and how often: at first each minute, at last hourly.
FETCHED_WITHIN = timedelta(days=7)
SOONEST_FETCH, LATEST_FETCH = timedelta(minutes=1), timedelta(hours=1)
#: After so many failed deletions, about four minutes, the desk is asked.
DELETES = 8
#: States in which there is nothing more to fetch.
SETTLED = (RecordingState.STORED, RecordingState.DESTROYED)


def case_of(look: Reading, recording: Recording) -> str:
    """Return the case of a recording."""
    relay = look.get(Relay, recording.relay_id)
    return "" if relay is None else relay.case_code


def record(
    tx: Transaction, recording: Recording, action: str, actor: str = lines.ROBOT, **facts: str | int | bool | None
) -> None:
    """Append what happened to a recording to the record."""
    tx.audit(
        AuditFact(
            action=action,
            actor=actor,
            case_code=case_of(tx, recording),
            subject=recording.id,
            facts={"kind": recording.kind.value, **facts},
        )
    )


def _of_call(tx: Transaction, attempt: Attempt) -> tuple[str | None, RecordingKind, RecordingState]:
    """Return whose relay a call's recordings are of, what they are, and that a finding which nobody kept is not fetched."""
    dictation = tx.one(Dictation, attempt_id=attempt.id)
    if dictation is None:
        return attempt.relay_id, RecordingKind.READ_BACK, RecordingState.PENDING
    dropped = dictation.state is DictationState.DROPPED
    return dictation.relay_id, RecordingKind.FINDING, RecordingState.DESTROYED if dropped else RecordingState.PENDING


def expect(tx: Transaction, house: House, attempt: Attempt, sid: str) -> Recording | None:
    """Record that something was recorded, and fetch it; one that never comes is flagged, and holds nothing up."""
    relay_id, kind, state = _of_call(tx, attempt)
    known = tx.one(Recording, sid=sid)
    if relay_id is None or known is not None:
        return known
    recording = tx.add(
        Recording(
            id=house.chance.token(),
            facility=attempt.facility,
            relay_id=relay_id,
            attempt_id=attempt.id,
            sid=sid,
            state=state,
            announced_at=tx.now,
            kind=kind,
        )
    )
    record(tx, recording, "recording:expect")
    _fetch_soon(tx, recording, after=timedelta(seconds=2))
    tx.deadline(Deadline(kind=DeadlineKind.RECORDING_LATE, subject=recording.id, due_at=tx.now + LATE))
    return recording


def _fetch_soon(tx: Transaction, recording: Recording, *, after: timedelta = timedelta()) -> None:
    tx.effect(
        Effect(
            kind=EffectKind.FETCH_RECORDING,
            subject=recording.id,
            lane="control",
            rank=5,
            due_at=tx.now + after if after else None,
            once=f"fetch:{recording.id}",
        )
    )


def recording_ready(house: House, token: str, *, recording_sid: str, status: str) -> None:
    """Take the vendor's word that a recording is ready (or absent)."""
    facility = house.memory.facility_of(Attempt, token=token)
    if facility is None:
        raise Rejection("unknown_call", "This call is not known.")

    def act(tx: Transaction) -> str:
        recording = tx.one(Recording, sid=recording_sid)
        attempt = tx.one(Attempt, token=token)
        if recording is None and attempt is not None and status != "absent":
            expect(tx, house, attempt, recording_sid)  # the call ended before it was told to us
        if recording is None or recording.state in SETTLED:
            return ""
        if status == "absent":
            if recording.state is RecordingState.PENDING:
                missing(tx, house, recording)
        else:  # also one that was given up: it is fetched late rather than left at the vendor
            _fetch_soon(tx, recording)
        return ""

    once(house, facility, f"recording:{recording_sid}:{status}", act)


def late(tx: Transaction, house: House, recording_id: str) -> None:
    """Flag a recording that never came."""
    recording = tx.get(Recording, recording_id)
    if recording is not None and recording.state is RecordingState.PENDING:
        missing(tx, house, recording)


def missing(tx: Transaction, house: House, recording: Recording) -> None:
    """Record that a recording is missing, and tell its radiologist; a relay's ending stands on the attempt, not on the file."""
    relay = tx.get(Relay, recording.relay_id)
    if relay is not None and recording.kind is RecordingKind.READ_BACK:
        read = showing.card_of(tx, study_id=relay.study_id)
        reader = house.directory().radiologists.get(relay.delegated_by)
        if read is not None:
            text = "The recording of the read-back has not arrived; it is asked for again."
            showing.note_read(tx, house, read, text, to="" if reader is None else reader.slack_user)
    record(tx, tx.put(replace(recording, state=RecordingState.MISSING)), "recording:missing")


def destroy(tx: Transaction, recording: Recording, why: str, actor: str = lines.ROBOT) -> Recording:
    """Destroy the sound of a recording; its row, its checksum and its entries stay."""
    if recording.state is RecordingState.DESTROYED:
        return recording
    destroyed = tx.put(replace(recording, state=RecordingState.DESTROYED, audio=b""))
    record(tx, destroyed, "recording:destroy", actor, why=why)
    return destroyed


# --- at the vendor ---------------------------------------------------------------------------------------------------


def fetch(house: House, recordings: Recordings, sending: Sending) -> None:
    """Fetch a recording, keep it encrypted with its checksum, delete it at the vendor, and look that it is gone."""
    with house.memory.reading() as look:
        recording = look.get(Recording, sending.effect.subject)
    if recording is None or recording.gone_at is not None:
        house.memory.effect_done(sending)
        return
    if recording.state not in SETTLED:
        try:
            _keep(house, recordings, sending, recording)
        except DeliveryFailed as failed:
            if recording.state is RecordingState.PENDING:
                raise
            _later_and_later(house, sending, recording, failed.reason)
            return
    _delete(house, recordings, sending, recording)


def _later_and_later(house: House, sending: Sending, recording: Recording, reason: str) -> None:
    """Ask again for a recording that is flagged as missing: ever more rarely, at last hourly, for a week."""
    now = house.clock.now()
    age = now - recording.announced_at
    if age > FETCHED_WITHIN:
        house.memory.effect_dropped(sending, reason)
        return
    wait = min(max(age / 10, SOONEST_FETCH), LATEST_FETCH)
    # A new effect, not this one later: two that were asked for (the vendor's word came too) become one again.
    again = replace(sending.effect, due_at=now + wait, once=f"fetch:{recording.id}")

    def ask_again(tx: Transaction) -> None:
        tx.sent(sending)
        tx.effect(again)

    in_transaction(house, sending.facility, ask_again)


def _keep(house: House, recordings: Recordings, sending: Sending, recording: Recording) -> None:
    audio, media_type = recordings.fetch(recording.sid)

    def keep(tx: Transaction) -> None:
        fresh = tx.get(Recording, recording.id)
        if fresh is None or fresh.state in SETTLED:
            return
        checksum = hashlib.sha256(audio).hexdigest()
        kept = replace(
            fresh,
            state=RecordingState.STORED,
            audio=audio,
            sha256=checksum,
            media_type=media_type,
            seconds=seconds_of(audio),
        )
        record(tx, tx.put(kept), "recording:store", sha256=checksum, bytes=len(audio))

    in_transaction(house, sending.facility, keep)


def _delete(house: House, recordings: Recordings, sending: Sending, recording: Recording) -> None:
    """Delete it and look: only a vendor that says it has no such recording has deleted it."""
    try:
        recordings.delete(recording.sid)
        is_there, reason = recordings.is_there(recording.sid), "it is still there after its deletion"
    except (DeliveryFailed, DeliveryRefused) as failed:
        is_there, reason = True, failed.reason
    if is_there:
        _delete_later(house, sending, recording, reason)
        return

    def gone(tx: Transaction) -> None:
        tx.sent(sending)
        fresh = tx.get(Recording, recording.id)
        if fresh is not None and fresh.gone_at is None:
            record(tx, tx.put(replace(fresh, gone_at=tx.now)), "recording:deleted_at_vendor")
            desk.settle(tx, house, TaskKind.RECORDING_AT_VENDOR, recording.id, "deleted at the vendor")

    in_transaction(house, sending.facility, gone)


def _delete_later(house: House, sending: Sending, recording: Recording, reason: str) -> None:
    """Try the deletion again, ever more rarely; after some tries the desk is asked, after a week an operator."""
    now = house.clock.now()
    if now - recording.announced_at > FETCHED_WITHIN:
        house.memory.effect_dropped(sending, reason)
        return
    tries = int(sending.effect.args.get("deletes", "0")) + 1
    wait = min(timedelta(seconds=2**tries), LATEST_FETCH)
    again = replace(sending.effect, args={"deletes": str(tries)}, due_at=now + wait, once=f"fetch:{recording.id}")

    def ask_again(tx: Transaction) -> None:
        tx.sent(sending)
        tx.effect(again)
        if tries == DELETES:
            case_code = case_of(tx, recording)
            desk.open_task(
                tx, house, TaskKind.RECORDING_AT_VENDOR, case_code=case_code, subject_id=recording.id, rings=False
            )

    in_transaction(house, sending.facility, ask_again)
