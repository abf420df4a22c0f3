"""How a dialog begins, tells, goes on, is given to a human, and is told that all is over: what every turn is made of.

Everything here is a pure function of the attempt and the facts. Words are ``telephony.script``'s.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from handlers.domain import checking, dialog
from handlers.domain.dialog import Lead, Prompt, PromptKind
from handlers.domain.directory import NumberKind
from handlers.domain.machine import step
from handlers.domain.relays import ATTEMPT_TABLE, Attempt, AttemptEvent, Ending, Outcome, Purpose, Stage
from handlers.domain.said import Facts, Said, ending, prompt_of

RADIOLOGIST, ON_CALL, DESK, CONTACT = "radiologist", "on_call", "desk", "contact"
#: Whom a caller is told that they are connected to.
WHOM = {RADIOLOGIST: "the radiologist", ON_CALL: "the radiologist on call", DESK: "the desk"}
#: Whoever a line was given to needs some more time to come to it.
PATIENCE = 2
#: How a pending bridge is marked in ``Attempt.bridged_to``; once somebody accepted, it holds who.
PENDING = "?"


def opening(attempt: Attempt, facts: Facts, lead: Lead = Lead.NONE) -> Said:
    """Begin, or begin again, with whoever is on the line now."""
    if attempt.purpose in (Purpose.DESK, Purpose.RADIOLOGIST):
        prompt = replace(prompt_of(PromptKind.DESK, facts, lead), who=attempt.who)
        return Said(attempt=replace(attempt, stage=Stage.TAKE), prompt=prompt)
    if attempt.purpose is Purpose.BY_HAND:
        return Said(attempt=replace(attempt, stage=Stage.TAKE), prompt=prompt_of(PromptKind.CONNECT, facts, lead))
    if attempt.purpose is Purpose.ON_CALL:
        return Said(attempt=replace(attempt, stage=Stage.CLAIM), prompt=_asked_to_claim(facts, lead))
    if attempt.purpose in checking.PURPOSES:
        return checking.opening(attempt, facts, lead)
    if attempt.purpose is Purpose.DICTATION:
        prompt = replace(prompt_of(PromptKind.DICTATE, facts, lead), who=facts.reader)
        return Said(attempt=replace(attempt, stage=Stage.DICTATE), prompt=prompt)
    if attempt.number_kind == NumberKind.PAGER:
        return ending(attempt, PromptKind.PAGED, facts, Outcome.PAGED)
    if attempt.number_kind == NumberKind.ANSWERING_SERVICE and not attempt.transfers:
        return Said(attempt=replace(attempt, stage=Stage.SERVICE), prompt=prompt_of(PromptKind.SERVICE, facts, lead))
    nobody_can_key_it = facts.has_pin and facts.by_voice
    if not facts.may_identify or nobody_can_key_it:
        return Said(
            attempt=replace(attempt, stage=Stage.NO_AGREEMENT), prompt=prompt_of(PromptKind.NO_AGREEMENT, facts, lead)
        )
    if attempt.number_kind == NumberKind.SWITCHBOARD and not attempt.transfers:
        return Said(attempt=replace(attempt, stage=Stage.ASK), prompt=prompt_of(PromptKind.ASK, facts, lead))
    return asked_who(attempt, facts, lead)


def asked_who(attempt: Attempt, facts: Facts, lead: Lead = Lead.NONE) -> Said:
    """Ask whoever is meant to hear it who they are: by PIN where they have one, else by role."""
    if facts.has_pin:
        return Said(attempt=replace(attempt, stage=Stage.PIN), prompt=prompt_of(PromptKind.PIN, facts, lead))
    return Said(attempt=replace(attempt, stage=Stage.MENU), prompt=prompt_of(PromptKind.OPENING, facts, lead))


def _asked_to_claim(facts: Facts, lead: Lead) -> Prompt:
    prompt, read = prompt_of(PromptKind.CLAIM, facts, lead), facts.unclaimed
    if read is None:
        return prompt
    return replace(prompt, who=read.reader, priority=read.priority, modality=read.modality, minutes=read.minutes)


def has_heard(attempt: Attempt, now: datetime) -> bool:
    """Tell whether the newest telling has had the time that its words take."""
    return attempt.told_at is not None and (now - attempt.told_at).total_seconds() >= attempt.telling_seconds


def was_told(attempt: Attempt, now: datetime) -> bool:
    """Tell whether anybody on this call has heard the finding, whoever has the line now."""
    return attempt.heard_earlier or has_heard(attempt, now)


def given_on(attempt: Attempt, facts: Facts, now: datetime) -> Said:
    """Hold for whoever the line is given to: they begin anew, and what the first was told is kept as theirs.

    The code that the first may have heard confirms nothing any more (decision 0019).
    """
    attempt = replace(
        attempt,
        stage=Stage.TRANSFER,
        transfers=attempt.transfers + 1,
        told_earlier_at=attempt.first_told_at,
        heard_earlier=was_told(attempt, now),
        told_at=None,
        telling_seconds=0.0,
        receiver_role=None,
        code=facts.fresh_code or attempt.code,
        wrong=0,
        silent=0,
    )
    return Said(attempt=attempt, prompt=prompt_of(PromptKind.TRANSFER, facts))


def nobody_answered(attempt: Attempt, facts: Facts) -> Said:
    """End a call on which nobody answers any more: not read back where somebody had heard it, else silent."""
    outcome = Outcome.REACHED_WITHOUT_READ_BACK if attempt.heard_earlier else Outcome.SILENT
    return ending(attempt, PromptKind.SILENT, facts, outcome)


def telling(attempt: Attempt, facts: Facts, now: datetime, lead: Lead = Lead.NONE) -> Said:
    """Say the identifiers, the findings and how to confirm; from here on the findings count as told."""
    kind = PromptKind.RECORD_CHOICE if facts.recording else PromptKind.TELLING
    revision = 0 if facts.relay is None else facts.relay.revision
    is_other = attempt.told_at is not None and attempt.revision != revision
    attempt = replace(
        attempt,
        stage=Stage.RECORD_CHOICE if facts.recording else Stage.CODE,
        code=facts.fresh_code if is_other and facts.fresh_code else attempt.code,
        told_at=attempt.told_at if not is_other and has_heard(attempt, now) else now,
        revision=revision,
        silent=0,
    )
    return Said(attempt=attempt, prompt=replace(prompt_of(kind, facts, lead), code=attempt.code))


def ended(attempt: Attempt, facts: Facts) -> Said:
    """Tell whoever is on the line that the relay has ended meanwhile."""
    relay = facts.relay
    retracted = relay is not None and relay.ending in (Ending.RETRACTED, Ending.WITHDRAWN)
    kind = PromptKind.RETRACTED if retracted else PromptKind.ENDED
    return ending(attempt, kind, facts, Outcome.CANCELED, who=facts.ended_words)


def bridging(attempt: Attempt, facts: Facts, lead: Lead = Lead.NONE) -> Said:
    """Connect a person: the radiologist first, then the desk; where nobody is left, say so and go on."""
    tried = attempt.bridged_to.rstrip(PENDING)
    names = [name for name, _ in facts.legs]
    left = facts.legs[names.index(tried) + 1 :] if tried in names else facts.legs
    following = [leg for leg in left if leg[1]]
    if not following:
        return _nobody_came(attempt, facts)
    name, legs = following[0]
    attempt = replace(
        attempt, state=step(ATTEMPT_TABLE, attempt.state, AttemptEvent.BRIDGE), bridged_to=f"{name}{PENDING}"
    )
    whom = WHOM.get(name, facts.asked_for)
    return Said(attempt=attempt, prompt=replace(prompt_of(PromptKind.BRIDGE, facts, lead), dial=legs, who=whom))


def _nobody_came(attempt: Attempt, facts: Facts) -> Said:
    if attempt.state.value == "bridged":
        attempt = replace(attempt, state=step(ATTEMPT_TABLE, attempt.state, AttemptEvent.UNBRIDGE))
    attempt = replace(attempt, bridged_to="")
    if attempt.purpose is Purpose.BY_HAND:
        return ending(attempt, PromptKind.NOT_CONNECTED, facts, Outcome.NO_ANSWER, who=facts.asked_for)
    if attempt.first_told_at is not None:
        return ending(attempt, PromptKind.REFERRED, facts, Outcome.REACHED_WITHOUT_READ_BACK)
    if attempt.wrong >= dialog.MAX_WRONG or attempt.silent >= dialog.MAX_SILENT:
        return ending(attempt, PromptKind.REFERRED, facts, Outcome.MESSAGE_LEFT)
    return opening(replace(attempt, silent=attempt.silent + 1), facts, Lead.NOBODY_CAME)


def wrong(attempt: Attempt, facts: Facts, again: Said) -> Said:
    """Count a wrong entry; the third connects a human: a live clinician is never hung up on."""
    count = attempt.wrong + 1
    if count >= dialog.MAX_WRONG:
        return bridging(replace(attempt, wrong=count), facts, again.prompt.lead)
    return replace(again, attempt=replace(again.attempt, wrong=count))


def silent(attempt: Attempt, again: Said, at_last: Said) -> Said:
    """Count a silence: it is asked again, and at last something else happens."""
    count = attempt.silent + 1
    if count > dialog.MAX_SILENT + (PATIENCE if attempt.transfers else 0):
        return at_last
    return replace(again, attempt=replace(again.attempt, silent=count))
