"""Live calls: each answer is durable before anything is said to it, and its repeat is answered the same."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil

from handlers import (
    bridges,
    call_facts,
    check_calls,
    dictations,
    identity,
    lines,
    messages,
    outcomes,
    receipts,
    recordings,
    ringing,
    several,
)
from handlers.domain import afterwards, checking, conversation, dialog, dictation, turns
from handlers.domain.dialog import Key, Lead, Prompt, PromptKind
from handlers.domain.errors import Rejection
from handlers.domain.relays import (
    AFTERWARDS,
    CONFIRMS,
    Attempt,
    AttemptEvent,
    AttemptState,
    Purpose,
    Relay,
    RelayState,
    Stage,
    Turn,
)
from handlers.domain.said import Facts, Said
from handlers.domain.turns import PENDING
from handlers.once import in_transaction
from handlers.ports import House, Transaction

#: A live call is asked after when nothing was heard of it for so long after what it was told had been said.
WATCH_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What was keyed, or what speech recognition heard."""

    digits: str = ""
    speech: str = ""
    #: All that was said, as it was heard. Kept, sealed, only where somebody was asked for words: their own name.
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What to say, and the token and turn that the next answer will carry."""

    token: str
    turn: int
    prompt: Prompt


def unknown_call() -> Rejection:
    """Return the refusal for a token that names no call."""
    return Rejection("unknown_call", "This call is not known.")


def _facility_of_token(house: House, token: str) -> str:
    facility = house.memory.facility_of(Attempt, token=token)
    if facility is None:
        raise unknown_call()
    return facility


def _attempt(tx: Transaction, token: str) -> Attempt:
    attempt = tx.one(Attempt, token=token)
    if attempt is None:
        raise unknown_call()
    return attempt


# --- turns -----------------------------------------------------------------------------------------------------------


def answer(house: House, token: str, turn: int, heard: Heard) -> Reply:
    """Take one answer (turn 0: the call was picked up) and return what is said next."""
    facility = _facility_of_token(house, token)

    def act(tx: Transaction) -> Reply:
        attempt = _attempt(tx, token)
        kept = kept_reply(tx, attempt, turn)
        if kept is not None:
            return kept
        first = several.more_urgent(tx, house, attempt) if turn == 0 else None
        if first is not None and attempt.state is not AttemptState.FINISHED:
            return _give_way(tx, house, attempt, first)
        facts = call_facts.facts_for(tx, house, attempt)
        if attempt.stage in AFTERWARDS:
            said = _afterwards(attempt, facts, heard)
        elif turn == 0:
            said = picked_up(attempt, facts, tx)
        elif attempt.stage is Stage.RECORD and attempt.purpose is Purpose.DICTATION:
            said = dictation.recorded(attempt, facts, seconds=0)
        elif attempt.stage is Stage.RECORD:
            said = conversation.read_back(attempt, facts, seconds=0, now=tx.now)
        else:
            said = _turn(house, attempt, facts, heard, tx)
        return say(tx, house, said, turn, _to_keep(attempt.stage, heard))

    return in_transaction(house, facility, act)


def kept_reply(tx: Transaction, attempt: Attempt, turn: int) -> Reply | None:
    """Return the reply that this turn got before, None for the turn that is awaited; any other gets the last reply."""
    kept = tx.one(Turn, attempt_id=attempt.id, number=turn)
    if kept is None and turn == attempt.turn:
        return None
    kept = kept or tx.one(Turn, attempt_id=attempt.id)
    if kept is None:
        raise unknown_call()
    following = lines.following(tx, attempt) if kept.number == attempt.turn - 1 else None
    if following is not None:
        return kept_reply(tx, following, 0)
    return Reply(token=attempt.token, turn=kept.number + 1, prompt=dialog.prompt_from_text(kept.answer))


def picked_up(attempt: Attempt, facts: Facts, tx: Transaction) -> Said:
    """Begin with whoever has answered."""
    if attempt.state is AttemptState.FINISHED:
        return Said(attempt=attempt, prompt=Prompt(kind=PromptKind.HANG_UP))
    attempt = replace(lines.move(attempt, AttemptEvent.ANSWERED), answered_at=tx.now)
    if facts.relay is not None and facts.relay.state is RelayState.ENDED and attempt.purpose is not Purpose.DESK:
        return turns.ended(attempt, facts)
    return turns.opening(attempt, facts)


def _turn(house: House, attempt: Attempt, facts: Facts, heard: Heard, tx: Transaction) -> Said:
    if attempt.stage is Stage.OVER or attempt.state is AttemptState.FINISHED:
        return Said(attempt=attempt, prompt=Prompt(kind=PromptKind.HANG_UP))
    key, number = dialog.keyed(attempt.stage, heard.digits, heard.speech)
    if attempt.purpose is Purpose.DICTATION:
        return dictation.turn(attempt, facts, key)
    if attempt.stage is Stage.CLAIM and key is Key.TAKE and not facts.not_to_take:
        facts = replace(facts, claim_refused=ringing.claim(tx, house, attempt))
    if attempt.stage in checking.STAGES:
        facts, right = check_calls.before_turn(tx, house, attempt, facts, key, number)
        return conversation.converse(attempt, facts, key, number, pin_ok=right, now=tx.now)
    keyed_pin = attempt.stage is Stage.PIN and key is Key.NUMBER
    if keyed_pin and identity.is_locked_out(tx, house.directory(), attempt):
        facts = replace(facts, locked_out=True)
    receiver = identity.whose_pin(tx, house, attempt, number) if keyed_pin else None
    if receiver is not None:
        attempt, facts = replace(attempt, who=receiver.id), replace(facts, contact_role=receiver.role)
    return conversation.converse(attempt, facts, key, number, pin_ok=receiver is not None, now=tx.now)


def _to_keep(stage: Stage, heard: Heard) -> Heard:
    """Return what of an answer is kept, sealed: words only where they were asked for, of a PIN only how many keys it was."""
    if stage in AFTERWARDS:
        return replace(heard, speech=heard.words)
    return replace(heard, digits="#" * len(heard.digits)) if stage in (Stage.PIN, Stage.NEW_PIN) else heard


def _afterwards(attempt: Attempt, facts: Facts, heard: Heard) -> Said:
    key, _ = dialog.keyed(attempt.stage, heard.digits, heard.speech)
    return afterwards.decide(attempt, facts, key, heard.digits, heard.words)


def say(tx: Transaction, house: House, said: Said, turn: int, heard: Heard) -> Reply:
    """Keep the turn, act on what it came to, and return the words' facts; all in the one transaction."""
    attempt = replace(said.attempt, turn=turn + 1)
    if said.prompt.kind in dialog.IDENTIFYING:
        attempt = replace(attempt, telling_seconds=house.script.seconds_to_tell(said.prompt))
    case_code = ""
    relay = tx.get(Relay, attempt.relay_id) if attempt.relay_id else None
    if relay is not None:
        case_code = relay.case_code
    attempt = tx.put(attempt)
    _keep_turn(tx, house, attempt, turn, heard, said.prompt)
    role = "" if attempt.receiver_role is None else attempt.receiver_role.value
    lines.record(
        tx,
        attempt,
        "call:turn",
        case_code,
        turn=turn,
        said=said.prompt.kind.value,
        lead=said.prompt.lead.value,
        role=role,
        by=receipts.given_by(heard.digits, heard.speech),
    )
    if attempt.state in lines.LIVE:
        lines.watch(tx, attempt, WATCH_SECONDS + ceil(house.script.seconds(said.prompt)))
    if said.outcome is not None and attempt.state is not AttemptState.FINISHED:
        attempt = outcomes.finish(tx, house, attempt, said.outcome, line_over=False)
    messages.noted(tx, attempt, said, case_code, heard.speech)
    is_received = attempt.outcome in CONFIRMS and said.attempt.stage is Stage.OVER
    if is_received and (following := next(iter(several.waiting(tx, house, attempt)), None)):
        return _next_result(tx, house, attempt, following)
    return Reply(token=attempt.token, turn=turn + 1, prompt=said.prompt)


def _keep_turn(tx: Transaction, house: House, attempt: Attempt, turn: int, heard: Heard, answer: Prompt) -> None:
    tx.add(
        Turn(
            id=house.chance.token(),
            facility=attempt.facility,
            attempt_id=attempt.id,
            number=turn,
            heard=f"{heard.digits}|{heard.speech}",
            answer=dialog.prompt_to_text(answer),
            at=tx.now,
        )
    )


# --- several results -------------------------------------------------------------------------------------------------


def _next_result(tx: Transaction, house: House, before: Attempt, relay: Relay) -> Reply:
    """Go on, on the same call, with the next result for whoever has confirmed one."""
    attempt = several.join(tx, house, before, relay)
    facts = call_facts.facts_for(tx, house, attempt)
    if several.may_be_told_at_once(before, relay):
        attempt = replace(attempt, receiver_role=before.receiver_role)
        said = turns.telling(attempt, facts, tx.now, Lead.NEXT_RESULT)
    else:
        said = turns.asked_who(attempt, facts, Lead.NEXT_RESULT)
    return say(tx, house, said, 0, Heard())


def _give_way(tx: Transaction, house: House, attempt: Attempt, relay: Relay) -> Reply:
    """Begin with what is more urgent than that for which somebody's telephone rang; that one is told after it."""
    attempt = tx.put(replace(lines.move(attempt, AttemptEvent.ANSWERED), answered_at=tx.now, turn=1))
    several.stand_back(tx, house, attempt)
    fresh = tx.get(Relay, relay.id)
    following = several.join(tx, house, attempt, relay if fresh is None else fresh)
    reply = say(tx, house, turns.opening(following, call_facts.facts_for(tx, house, following)), 0, Heard())
    _keep_turn(tx, house, attempt, 0, Heard(), reply.prompt)
    lines.record(tx, attempt, "call:give_way", relay.case_code, to=following.id)
    return reply


def voicemail(house: House, token: str) -> Reply:
    """Say the voicemail words to a machine that was found at its beep."""
    facility = _facility_of_token(house, token)

    def act(tx: Transaction) -> Reply:
        attempt = _attempt(tx, token)
        if attempt.state is not AttemptState.TALKING:
            last = kept_reply(tx, attempt, attempt.turn - 1)
            return last or Reply(token=token, turn=attempt.turn, prompt=Prompt(kind=PromptKind.HANG_UP))
        said = conversation.voicemail(attempt, call_facts.facts_for(tx, house, attempt))
        return say(tx, house, said, attempt.turn, Heard())

    return in_transaction(house, facility, act)


def recorded(house: House, token: str, turn: int, *, recording_sid: str, seconds: int) -> Reply:
    """Take a recorded read-back; the recording itself is fetched afterwards and never holds the relay up."""
    facility = _facility_of_token(house, token)

    def act(tx: Transaction) -> Reply:
        attempt = _attempt(tx, token)
        kept = kept_reply(tx, attempt, turn)
        if kept is not None:
            return kept
        if attempt.stage is not Stage.RECORD:
            raise unknown_call()
        facts = call_facts.facts_for(tx, house, attempt)
        if attempt.purpose is Purpose.DICTATION:
            said = dictations.recorded(tx, house, attempt, facts, recording_sid=recording_sid, seconds=seconds)
            return say(tx, house, said, turn, Heard())
        said = conversation.read_back(attempt, facts, seconds=seconds, now=tx.now)
        if recording_sid:  # whatever it counts for: it holds a voice and a finding, and must not stay at the vendor
            recordings.expect(tx, house, attempt, recording_sid)
        return say(tx, house, said, turn, Heard())

    return in_transaction(house, facility, act)


# --- bridges ---------------------------------------------------------------------------------------------------------


def dialed(house: House, token: str, turn: int, *, status: str, bridged: bool) -> Reply:  # noqa: ARG001
    """Take the end of a dialed leg. Whether somebody of ours accepted is what we recorded, not what the vendor says."""
    facility = _facility_of_token(house, token)

    def act(tx: Transaction) -> Reply:
        attempt = _attempt(tx, token)
        kept = kept_reply(tx, attempt, turn)
        if kept is not None:
            return kept
        if attempt.state is not AttemptState.BRIDGED:
            return Reply(token=token, turn=turn, prompt=Prompt(kind=PromptKind.HANG_UP))
        return say(
            tx, house, conversation.bridge_over(attempt, call_facts.facts_for(tx, house, attempt)), turn, Heard()
        )

    return in_transaction(house, facility, act)


def whispered(house: House, token: str, leg: str, turn: int, heard: Heard) -> Reply:
    """Ask the one who is being bridged whether they accept: 1 does, anything else does not (it may be a machine)."""
    facility = _facility_of_token(house, token)

    def act(tx: Transaction) -> Reply:
        attempt = _attempt(tx, token)
        facts = call_facts.facts_for(tx, house, attempt)
        name = _leg_name(tx, house, facts.relay, attempt, leg)
        kind = whisper_kind(turn, heard) if leg != "c" else PromptKind.WHISPER_GO
        open_bridge = attempt.state is AttemptState.BRIDGED and attempt.bridged_to.endswith(PENDING)
        if kind is PromptKind.WHISPER_GO and attempt.bridged_to != name:
            if not open_bridge:
                kind = PromptKind.HANG_UP
            else:
                attempt = tx.put(replace(attempt, bridged_to=name))
                lines.record(tx, attempt, "call:bridge", facts.case_code.replace("-", ""), leg=leg, to=name)
        if leg == "c" and kind is PromptKind.WHISPER_GO:
            kind = PromptKind.CONNECTED
        prompt = Prompt(kind=kind, facility=facts.facility, case_code=facts.case_code)
        return Reply(token=token, turn=turn + 1, prompt=prompt)

    return in_transaction(house, facility, act)


def whisper_kind(turn: int, heard: Heard) -> PromptKind:
    """Return what the one being bridged is told: asked first, then connected for 1, else hung up on."""
    if turn == 0:
        return PromptKind.WHISPER
    return PromptKind.WHISPER_GO if (heard.digits or dialog.digits_said(heard.speech)) == "1" else PromptKind.HANG_UP


def _leg_name(tx: Transaction, house: House, relay: Relay | None, attempt: Attempt, leg: str) -> str:
    directory = house.directory()
    facility = directory.facilities[attempt.facility]
    if leg.startswith("d") and leg[1:].isdigit():
        phones = directory.desks[facility.desk].phones
        if int(leg[1:]) < len(phones):
            return phones[int(leg[1:])].who
        raise unknown_call()
    if leg == "c":
        return attempt.to_contact
    on_call = bridges.reader_on_call(tx, directory, facility) if leg == "o" else None
    reader = on_call or directory.radiologists.get("" if relay is None else relay.delegated_by)
    return "the radiologist" if reader is None else reader.name
