"""What a call may speak of, what one of its turns comes to, and which facts each prompt may carry."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from handlers.domain import dialog
from handlers.domain.dialog import Lead, Leg, Prompt, PromptKind, Voice
from handlers.domain.policies import Role
from handlers.domain.relays import Attempt, Outcome, Relay, Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Unclaimed:
    """What of a read that nobody has is said to whoever is on call: nothing of a patient."""

    reader: str
    priority: str
    modality: str
    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a call may speak of."""

    relay: Relay | None
    facility: str
    case_code: str
    our_number: str
    #: The facility's staffed number, given where no robot can help.
    staffed_number: str = ""
    patient_name: str = ""
    birth_date: date | None = None
    patient_id: str = ""
    procedure: str = ""
    findings: tuple[str, ...] = ()
    #: One of them corrects what somebody was told before.
    corrects: bool = False
    #: How many results wait for whoever is on the line, this one counted.
    results: int = 1
    has_pin: bool = False
    #: Too much was entered wrong: whatever is keyed as a PIN brings a human.
    locked_out: bool = False
    #: Somebody has pressed a key or said an answer on this call: before that it may be a menu or a machine that talks.
    somebody_keyed: bool = False
    contact_role: Role | None = None
    #: The telephone vendor's agreement allows patient data.
    may_identify: bool = False
    recording: bool = False
    legs: tuple[tuple[str, tuple[Leg, ...]], ...] = ()
    ended_words: str = ""
    #: Who has what a desk's phone rings for, or that it is done; "" while it can be taken.
    not_to_take: str = ""
    #: The read that whoever is on call is asked to claim.
    unclaimed: Unclaimed | None = None
    #: Why they may not, once they have tried; "" where they may.
    claim_refused: str = ""
    #: The name of the contact whom a call about no case is for, and the new PIN that it may tell.
    checked: str = ""
    new_pin: str = ""
    #: Whom an operator or an answering service is asked for: a name or a place of the directory.
    asked_for: str = ""
    #: The line has no keypad.
    by_voice: bool = False
    #: The one line that several people answer: whoever confirms there is asked for their name.
    shared_line: bool = False
    #: Another code than the call's own, for a telling of what has changed: the earlier one confirms nothing any more.
    fresh_code: str = ""
    #: The findings in their radiologist's own voice, as they are now; None: their words are spoken.
    voice: Voice | None = None
    #: Whom a call of our own to a radiologist is for.
    reader: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """The attempt as it is after the turn, what is said, and what it came to (None: the call goes on)."""

    attempt: Attempt
    prompt: Prompt
    outcome: Outcome | None = None
    #: In how many minutes somebody said that a message will be given.
    promised: int | None = None


#: Whoever is told these has nothing to key at our number any more: questions go to humans.
_BEGINS = frozenset({PromptKind.OPENING, PromptKind.PIN})
_FOR_QUESTIONS = frozenset({PromptKind.REFERRED, PromptKind.RETRACTED, PromptKind.ENDED})


#: These name whoever is asked for; they are said to people who connect or take messages.
_ASKS_FOR = frozenset(
    {
        PromptKind.CONNECT,
        PromptKind.NOT_CONNECTED,
        PromptKind.ASK,
        PromptKind.SERVICE,
        PromptKind.MESSAGE,
        PromptKind.PROMISE,
    }
)


def prompt_of(kind: PromptKind, facts: Facts, lead: Lead = Lead.NONE) -> Prompt:
    """Return a prompt with the facts that its kind may carry, and no other."""
    relay = facts.relay
    identifying = kind in dialog.IDENTIFYING
    return Prompt(
        kind=kind,
        lead=lead,
        facility=facts.facility,
        case_code=facts.case_code,
        category=0 if relay is None else relay.category,
        patient_name=facts.patient_name if identifying else "",
        birth_date=facts.birth_date if identifying else None,
        patient_id=facts.patient_id if identifying and facts.birth_date is None else "",
        procedure=facts.procedure if identifying else "",
        findings=facts.findings if identifying else (),
        corrects=facts.corrects and identifying,
        results=facts.results if kind in _BEGINS else 1,
        voice=facts.voice if kind in dialog.PLAYS else None,
        callback_number=facts.staffed_number if kind in _FOR_QUESTIONS else facts.our_number,
        callback_code="" if relay is None else relay.callback_code,
        ended_by=() if relay is None else relay.policy.ended_by,
        who=facts.asked_for if kind in _ASKS_FOR else "",
        by_voice=facts.by_voice,
        radiologist_first=relay is not None and relay.policy.bridge,
    )


def ending(attempt: Attempt, kind: PromptKind, facts: Facts, outcome: Outcome, who: str = "") -> Said:
    """Return what ends the call: a last prompt, and what it came to."""
    return Said(
        attempt=replace(attempt, stage=Stage.OVER), prompt=replace(prompt_of(kind, facts), who=who), outcome=outcome
    )
