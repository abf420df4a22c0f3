"""A finding in its radiologist's own voice (``/relay record CASE``): said by telephone, kept sealed, played where it is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from handlers import bridges, desk, duty, hands, lines, people, recordings, showing
from handlers.domain import case_code as codes
from handlers.domain import dictation
from handlers.domain.dialog import PromptKind, Voice, prompt_from_text
from handlers.domain.directory import Directory, Facility
from handlers.domain.errors import Rejection
from handlers.domain.machinery import AuditFact
from handlers.domain.oncall import on_call_reader
from handlers.domain.recordings import Dictation, DictationState
from handlers.domain.relays import (
    Attempt,
    AttemptState,
    Outcome,
    Purpose,
    Recording,
    RecordingState,
    Relay,
    RelayState,
    Turn,
)
from handlers.domain.said import Facts, Said
from handlers.domain.standing import Radiologist
from handlers.domain.studies import Read
from handlers.once import facility_or_reject, in_transaction, once
from handlers.ports import House, Reading, Transaction

#: How long the address of a recording opens after it was given out: a telling, its repeats, and the vendor's fetch.
OPENS_FOR = timedelta(minutes=5)


def _record(tx: Transaction, what: Dictation, action: str, actor: str, **facts: str | int | bool | None) -> None:
    tx.audit(
        AuditFact(
            action=action,
            actor=actor,
            case_code=what.case_code,
            subject=what.id,
            facts={"relay": what.relay_id, "revision": what.revision, **facts},
        )
    )


# --- asking for it ---------------------------------------------------------------------------------------------------


def record_finding(house: House, case: str, slack_user: str, delivery: str) -> str:
    """Ring a radiologist's telephone, so that they say the finding of an open relay; or say why not."""
    code = codes.asked(case)
    facility = hands.facility_of_case(house, code)

    def act(tx: Transaction) -> str:
        directory = house.directory()
        reader = people.radiologist(directory, slack_user)
        relay = hands.newest_relay(tx, code)
        _may(tx, directory, relay, reader)
        attempt = lines.plan(
            tx,
            house,
            lines.Plan(
                purpose=Purpose.DICTATION,
                channel="call",
                who=reader.id,
                number=reader.phone,
                number_kind="mobile",
                case_code=code,
                rank=relay.category,
            ),
        )
        what = tx.add(
            Dictation(
                id=house.chance.token(),
                facility=tx.facility,
                relay_id=relay.id,
                attempt_id=attempt.id,
                case_code=code,
                by=reader.id,
                revision=relay.revision,
                state=DictationState.ASKED,
                asked_at=tx.now,
            )
        )
        _record(tx, what, "dictation:ask", f"radiologist:{reader.id}")
        return f"Your telephone rings now. Say the finding of case {codes.shown(code)}; the relay calls on meanwhile."

    return once(house, facility, delivery, act)


def _may(tx: Transaction, directory: Directory, relay: Relay, reader: Radiologist) -> None:
    """Refuse whoever may not record here, or where nothing can be recorded now."""
    facility = people.facility_of(directory, relay.facility)
    shown = codes.shown(relay.case_code)
    if relay.state is RelayState.ENDED:
        raise Rejection("relay_ended", f"The relay of case {shown} has ended: nobody is told any more.")
    if reader.id != relay.delegated_by and reader.id not in on_call(tx, directory, relay):
        raise Rejection("not_yours", "Only the radiologist whose finding it is, or the reader on call, can record it.")
    if not facility.recording.finding:
        raise Rejection(
            "not_recorded_here", f"{facility.alias} has not agreed to recorded findings; it is spoken instead."
        )
    if not directory.vendor_may_hear("twilio", facility.today(tx.now)):
        raise Rejection("no_agreement", "The telephone vendor's agreement is not in force: no finding may be recorded.")
    if relay.shadow:
        raise Rejection("shadow", f"{facility.alias} is in shadow: nobody is called.")
    if desk.halted(tx, relay.facility) is not None:
        raise Rejection("halted", "Calls are halted. `/relay resume` lets them go on.")
    if not reader.phone or bridges.is_busy(tx, directory, reader.phone):
        raise Rejection("phone_busy", "Your telephone is in use by another call of ours. Try again in a minute.")


def on_call(look: Reading, directory: Directory, relay: Relay) -> set[str]:
    """Return who is on call for the pools of a relay's reads."""
    pools = [directory.pools.get(read.pool) for read in look.all(Read, study_id=relay.study_id)]
    shifts = duty.shifts(look, directory)
    found = [on_call_reader(directory, shifts, pool, look.now) for pool in pools if pool is not None]
    return {reader.id for reader in found if reader is not None}


# --- the call --------------------------------------------------------------------------------------------------------


def of_call(look: Reading, attempt: Attempt) -> Dictation:
    """Return what a call is to record."""
    what = look.one(Dictation, attempt_id=attempt.id)
    if what is None:
        raise LookupError(f"attempt {attempt.id} records nothing")
    return what


def facts(look: Reading, directory: Directory, attempt: Attempt, our_number: str) -> Facts:
    """Gather what the call may speak of: the case's code, and the radiologist's own voice."""
    what = of_call(look, attempt)
    relay = look.get(Relay, what.relay_id)
    facility = directory.facilities.get(attempt.facility)
    reader = directory.radiologists.get(what.by)
    return Facts(
        relay=relay,
        facility="radrelay" if facility is None else facility.alias,
        case_code=codes.shown(what.case_code),
        our_number=our_number,
        staffed_number="" if facility is None else facility.callback_number,
        reader="" if reader is None else reader.name,
        voice=_voice(look, what.recording_id) if what.state is DictationState.SAID else None,
    )


def _voice(look: Reading, recording_id: str) -> Voice | None:
    sound = look.get(Recording, recording_id) if recording_id else None
    if sound is None or sound.state is not RecordingState.STORED or not sound.seconds:
        return None
    return Voice(recording=sound.id, seconds=sound.seconds, until=int((look.now + OPENS_FOR).timestamp()))


def recorded(
    tx: Transaction, house: House, attempt: Attempt, known: Facts, *, recording_sid: str, seconds: int
) -> Said:
    """Take what was said: it takes the place of what was said before, and is fetched to be played back."""
    what = of_call(tx, attempt)
    if recording_sid:
        _drop_sound(tx, what, "said again")
        sound = recordings.expect(tx, house, attempt, recording_sid)
        what = tx.put(
            replace(
                what,
                state=DictationState.SAID,
                revision=attempt.revision,
                recording_id="" if sound is None else sound.id,
            )
        )
        _record(tx, what, "dictation:say", f"radiologist:{what.by}", seconds=seconds)
    return dictation.recorded(attempt, replace(known, voice=None), seconds=seconds)


def _drop_sound(tx: Transaction, what: Dictation, why: str) -> None:
    sound = tx.get(Recording, what.recording_id) if what.recording_id else None
    if sound is not None:
        recordings.destroy(tx, sound, why)


def rang(tx: Transaction, house: House, attempt: Attempt, outcome: Outcome) -> None:
    """Act on the call's end: what was not kept by a key is destroyed."""
    what = of_call(tx, attempt)
    reader = house.directory().radiologists.get(what.by)
    name = "The radiologist" if reader is None else reader.name
    relay = tx.get(Relay, what.relay_id)
    if outcome is Outcome.FINDING_RECORDED:
        _former(tx, what)
        kept = tx.put(replace(what, state=DictationState.KEPT, kept_at=tx.now))
        _record(tx, kept, "dictation:keep", f"radiologist:{what.by}")
        told = f"{name} recorded the finding: it is played in their own voice."
    else:
        _drop_sound(tx, what, "not kept")
        _record(
            tx,
            tx.put(replace(what, state=DictationState.DROPPED)),
            "dictation:drop",
            lines.ROBOT,
            outcome=outcome.value,
        )
        told = f"{name} recorded no finding ({outcome.value.replace('_', ' ')}): its words are spoken."
    if relay is not None:
        showing.note_study(tx, house, relay.study_id, told)


def _former(tx: Transaction, what: Dictation) -> None:
    """Destroy what was kept before for the same relay: only the newest is played."""
    for one in tx.all(Dictation, relay_id=what.relay_id, state=DictationState.KEPT):
        _drop_sound(tx, one, "recorded anew")
        _record(
            tx,
            tx.put(replace(one, state=DictationState.DROPPED)),
            "dictation:drop",
            lines.ROBOT,
            outcome="recorded anew",
        )


# --- where it is played ----------------------------------------------------------------------------------------------


def voice_of(look: Reading, relay: Relay, facility: Facility) -> Voice | None:
    """Return the voice that tells a relay's findings as they are now, or None: then their words are spoken."""
    if not facility.recording.finding:
        return None
    kept = look.all(Dictation, relay_id=relay.id, state=DictationState.KEPT)
    return _voice(look, kept[-1].recording_id) if kept and kept[-1].revision == relay.revision else None


def state_words(look: Reading, directory: Directory, relay: Relay) -> Sequence[str]:
    """Say what is recorded of a relay's findings, for the case page."""
    lines_: list[str] = []
    for one in look.all(Dictation, relay_id=relay.id, state=DictationState.KEPT):
        reader = directory.radiologists.get(one.by)
        stale = "" if one.revision == relay.revision else "; not played any more, since the finding changed"
        lines_.append(f"by {'the radiologist' if reader is None else reader.name}{stale}")
    return lines_


def play(house: House, token: str, turn_no: int) -> tuple[bytes, str]:
    """Return the sound that a turn of a live call plays. Who the call is with had identified, or there is no such turn."""
    facility = facility_or_reject(house, Attempt, "unknown_call", "This call is not known.", token=token)

    def act(tx: Transaction) -> tuple[bytes, str]:
        attempt = tx.one(Attempt, token=token)
        said = None if attempt is None else tx.one(Turn, attempt_id=attempt.id, number=turn_no)
        prompt = None if said is None else prompt_from_text(said.answer)
        live = attempt is not None and attempt.state is AttemptState.TALKING and attempt.turn == turn_no + 1
        sound = None if prompt is None or prompt.voice is None else tx.get(Recording, prompt.voice.recording)
        if not live or attempt is None or prompt is None or sound is None or sound.state is not RecordingState.STORED:
            raise Rejection("unknown_call", "There is nothing to play.")
        to = "speaker" if prompt.kind is PromptKind.DICTATED else "receiver"
        recordings.record(tx, sound, "recording:serve", lines.ROBOT, attempt=attempt.id, to=to)
        return sound.audio, sound.media_type

    return in_transaction(house, facility, act)
