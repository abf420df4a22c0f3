"""One turn of a call: from what was keyed or said to what is said next, what it came to, and nothing else.

Everything here is a pure function of the attempt, the facts and the key. Words are ``telephony.script``'s.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from handlers.domain import afterwards, checking, dialog, own_people, shared_lines
from handlers.domain.dialog import Key, Lead, PromptKind
from handlers.domain.directory import NumberKind
from handlers.domain.relays import Attempt, Outcome, Purpose, ReceiverRole, RelayState, Stage
from handlers.domain.said import Facts, Said, ending, prompt_of
from handlers.domain.turns import (
    PENDING,
    asked_who,
    bridging,
    ended,
    has_heard,
    nobody_answered,
    opening,
    silent,
    telling,
    was_told,
    wrong,
)

#: The shortest recording that can be a read-back: a second to begin after the tone, a name and a finding of two or three
#: words each (two seconds at the normal pace), a second to find the pound key. A cough, a hello or a hang-up is shorter.
MIN_READ_BACK_SECONDS = 4
#: Where whoever has the line is asked in which role they hear it.
_ASKS_ROLE = frozenset({Stage.MENU, Stage.ASK, Stage.TRANSFER})


def converse(attempt: Attempt, facts: Facts, key: Key, number: str, *, pin_ok: bool, now: datetime) -> Said:
    """Decide one turn."""
    relay_over = facts.relay is not None and facts.relay.state is RelayState.ENDED
    if attempt.stage is Stage.OVER:
        return Said(attempt=attempt, prompt=prompt_of(PromptKind.HANG_UP, facts))
    if relay_over and attempt.purpose is not Purpose.DESK:
        return ended(attempt, facts)
    if attempt.stage in checking.STAGES:
        return checking.converse(attempt, facts, key, pin_ok=pin_ok)
    if attempt.stage is Stage.TAKE:
        return own_people.take(attempt, facts, key)
    if attempt.stage is Stage.CLAIM:
        return own_people.claim(attempt, facts, key)
    return _with_a_receiver(attempt, facts, key, number, pin_ok=pin_ok, now=now)


def _with_a_receiver(attempt: Attempt, facts: Facts, key: Key, number: str, *, pin_ok: bool, now: datetime) -> Said:
    """Decide a turn with somebody who is to receive a result: first the keys that mean the same at every stage."""
    if key is Key.TRANSFER:
        return shared_lines.transfer(attempt, facts, now)
    if key is Key.FOR_WHOM and attempt.number_kind == NumberKind.SWITCHBOARD:
        return shared_lines.for_whom(attempt, facts)
    key = Key.UNKNOWN if key is Key.FOR_WHOM else key
    if key is Key.PERSON or attempt.turn >= dialog.MAX_TURNS:
        return bridging(attempt, facts)
    if key is Key.WRONG_PERSON:
        return ending(attempt, PromptKind.WRONG_PERSON, facts, Outcome.WRONG_PERSON)
    if attempt.stage is Stage.CODE:
        return _code(attempt, facts, key, number, now)
    if attempt.stage is Stage.RECORD_CHOICE:
        return _record_choice(attempt, facts, key, number, now)
    return _before_telling(attempt, facts, key, number, pin_ok=pin_ok, now=now)


def _before_telling(attempt: Attempt, facts: Facts, key: Key, number: str, *, pin_ok: bool, now: datetime) -> Said:
    """Decide a turn before anything identifying was said: MENU, PIN, NO_AGREEMENT, MAY_NOT, HOLD, RECORD.

    Talk that is no answer counts as silence until a first key: a phone tree that keeps talking errs in nothing, and no
    human is called to it.
    """
    if attempt.stage is Stage.SERVICE:
        return shared_lines.service(attempt, facts, key)
    if key is Key.HOLD and (attempt.stage is Stage.ASK or facts.by_voice):
        return shared_lines.transfer(attempt, facts, now)
    if key is Key.HOLD:
        return Said(
            attempt=replace(attempt, stage=Stage.HOLD, holds=attempt.holds + 1),
            prompt=prompt_of(PromptKind.HOLD, facts),
        )
    if attempt.stage is Stage.HOLD:
        lead = Lead.STILL_HOLDING if key is Key.SILENCE else Lead.NONE
        silences = attempt.silent + 1 if key is Key.SILENCE else 0
        return opening(replace(attempt, silent=silences), facts, lead)
    if attempt.stage is Stage.PIN and key is Key.NUMBER:
        return _identified(attempt, facts, now, pin_ok=pin_ok)
    if attempt.stage in _ASKS_ROLE and key in (Key.PRACTITIONER, Key.NURSE):
        return asked_who(attempt, facts) if facts.has_pin else _claimed_role(attempt, facts, key, now)
    if attempt.stage is Stage.MAY_NOT:
        return _may_not(attempt, facts, key)
    talks = not facts.somebody_keyed or attempt.transfers > 0  # "Hello?" of somebody who has just come is no answer
    only_talk = key is Key.UNKNOWN and not number and talks
    if key is Key.SILENCE or only_talk:
        lead = Lead.NONE if attempt.stage in (Stage.ASK, Stage.TRANSFER) else Lead.AGAIN
        return silent(attempt, opening(attempt, facts, lead), nobody_answered(attempt, facts))
    if key is Key.AGAIN:
        return opening(attempt, facts, Lead.AGAIN)
    return wrong(attempt, facts, opening(attempt, facts, Lead.UNKNOWN_KEY))


def _may_not(attempt: Attempt, facts: Facts, key: Key) -> Said:
    if key is Key.SILENCE:
        return ending(attempt, PromptKind.MESSAGE_LEFT, facts, Outcome.MESSAGE_LEFT)
    lead = Lead.AGAIN if key is Key.AGAIN else Lead.UNKNOWN_KEY
    again = Said(attempt=attempt, prompt=prompt_of(PromptKind.MAY_NOT, facts, lead))
    return again if key is Key.AGAIN else wrong(attempt, facts, again)


def _identified(attempt: Attempt, facts: Facts, now: datetime, *, pin_ok: bool) -> Said:
    again = opening(attempt, facts, Lead.WRONG_PIN)
    if facts.locked_out:
        return bridging(replace(attempt, wrong=dialog.MAX_WRONG), facts, again.prompt.lead)
    if not pin_ok:
        return wrong(attempt, facts, again)
    role = None if facts.contact_role is None else ReceiverRole(facts.contact_role.value)
    attempt = replace(attempt, receiver_role=role)
    if facts.relay is not None and facts.contact_role in facts.relay.policy.ended_by:
        return telling(attempt, facts, now)
    return Said(attempt=replace(attempt, stage=Stage.MAY_NOT), prompt=prompt_of(PromptKind.MAY_NOT, facts))


def _claimed_role(attempt: Attempt, facts: Facts, key: Key, now: datetime) -> Said:
    ended_by = () if facts.relay is None else facts.relay.policy.ended_by
    attempt = replace(attempt, receiver_role=dialog.role_of(key, ended_by))
    if dialog.may_end(key, ended_by):
        return telling(attempt, facts, now)
    return Said(attempt=replace(attempt, stage=Stage.MAY_NOT), prompt=prompt_of(PromptKind.MAY_NOT, facts))


def _is_stale(attempt: Attempt, facts: Facts) -> bool:
    return facts.relay is not None and attempt.revision != facts.relay.revision


def _code(attempt: Attempt, facts: Facts, key: Key, number: str, now: datetime) -> Said:
    if _is_stale(attempt, facts):
        return telling(attempt, facts, now, Lead.CHANGED)
    if key is Key.NUMBER and number == attempt.code:
        return afterwards.confirmed(attempt, facts)
    if key is Key.AGAIN:
        return telling(attempt, facts, now, Lead.AGAIN)
    if key in (Key.SILENCE, Key.UNKNOWN):  # talk in the room errs in nothing
        return silent(attempt, telling(attempt, facts, now, Lead.AGAIN), bridging(attempt, facts))
    return wrong(attempt, facts, _by_code(attempt, facts, now, Lead.WRONG_CODE))


def _by_code(attempt: Attempt, facts: Facts, now: datetime, lead: Lead) -> Said:
    """Ask for the code alone once the finding has had its time; before, all of it is told again, and the code after it.

    So no code is known to anybody who has not been told the finding.
    """
    if not has_heard(attempt, now):
        return telling(attempt, replace(facts, recording=False), now, lead)
    prompt = replace(prompt_of(PromptKind.CODE, facts, lead), code=attempt.code)
    return Said(attempt=replace(attempt, stage=Stage.CODE), prompt=prompt)


def _record_choice(attempt: Attempt, facts: Facts, key: Key, number: str, now: datetime) -> Said:
    if _is_stale(attempt, facts):
        return telling(attempt, facts, now, Lead.CHANGED)
    if key is Key.RECORD and not has_heard(attempt, now):
        return telling(attempt, facts, now, Lead.NOT_YET)
    if key is Key.RECORD:
        return Said(attempt=replace(attempt, stage=Stage.RECORD), prompt=prompt_of(PromptKind.RECORD, facts))
    if key is Key.DECLINE:
        return _by_code(attempt, facts, now, Lead.NOT_RECORDED)
    only_talk = key is Key.UNKNOWN and not number
    if key is Key.SILENCE or only_talk:
        return silent(attempt, telling(attempt, facts, now, Lead.AGAIN), bridging(attempt, facts))
    if key is Key.AGAIN:
        return telling(attempt, facts, now, Lead.AGAIN)
    return wrong(attempt, facts, telling(attempt, facts, now, Lead.UNKNOWN_KEY))


def read_back(attempt: Attempt, facts: Facts, *, seconds: int, now: datetime) -> Said:
    """Decide after a recorded read-back: one with nothing on it goes on with the code, too short a one is asked again."""
    if facts.relay is not None and facts.relay.state is RelayState.ENDED:
        return ended(attempt, facts)
    if _is_stale(attempt, facts):
        return telling(attempt, facts, now, Lead.CHANGED)
    if seconds == 0:
        return _by_code(attempt, facts, now, Lead.NOTHING_HEARD)
    if seconds < MIN_READ_BACK_SECONDS:
        again = Said(attempt=attempt, prompt=prompt_of(PromptKind.RECORD, facts, Lead.TOO_SHORT))
        return wrong(attempt, facts, again)
    role = attempt.receiver_role
    return ending(
        attempt, PromptKind.RECORDED, facts, Outcome.READ_BACK_RECORDED, who="" if role is None else role.value
    )


def bridge_over(attempt: Attempt, facts: Facts) -> Said:
    """Decide after a dialed leg ended: somebody had accepted, or the next is tried, or the dialog goes on."""
    if attempt.bridged_to and not attempt.bridged_to.endswith(PENDING):
        return ending(attempt, PromptKind.HANG_UP, facts, Outcome.BRIDGED)
    return bridging(attempt, facts, Lead.NOBODY_CAME)


def voicemail(attempt: Attempt, facts: Facts) -> Said:
    """Leave the callback number and code, unless a human has answered meanwhile."""
    if attempt.stage not in (Stage.MENU, Stage.PIN, Stage.NO_AGREEMENT) or attempt.receiver_role is not None:
        return opening(attempt, facts, Lead.AGAIN)
    return ending(attempt, PromptKind.VOICEMAIL, facts, Outcome.VOICEMAIL_LEFT)


def hung_up(attempt: Attempt, at: datetime) -> Outcome:
    """Return what a call came to that ended so at ``at``: a finding counts as heard only when its time had passed."""
    if attempt.bridged_to and not attempt.bridged_to.endswith(PENDING):
        return Outcome.BRIDGED
    if was_told(attempt, at):
        return Outcome.REACHED_WITHOUT_READ_BACK
    if attempt.stage is Stage.MAY_NOT:
        return Outcome.MESSAGE_LEFT
    return Outcome.HUNG_UP
