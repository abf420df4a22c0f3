"""Every word that is said on the telephone: a prompt in, utterances out.

Written for somebody who is tired and busy: who it is, a human's key, what is wanted, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from math import ceil
from typing import Final

from handlers.domain.dialog import IDENTIFYING, PLAYS, Lead, Prompt, PromptKind
from handlers.domain.policies import Role
from telephony import radiology, spoken


class Part(StrEnum):
    """What an utterance is for."""

    LEAD = "lead"  # what the last key did
    WHO = "who"  # who calls, for whom, and the key that reaches a person
    MENU = "menu"
    IDENTITY = "identity"
    PROCEDURE = "procedure"
    FINDING = "finding"
    CODE = "code"
    ACTION = "action"  # what to do now, or what happens next


@dataclass(frozen=True, slots=True)
class Utterance:
    """Words said in one breath."""

    text: str
    part: Part
    #: Whole seconds of silence after the words.
    pause: int = 0
    #: Seconds of a recording that is played in place of words.
    sound: float = 0.0

    @property
    def seconds(self) -> float:
        """How long it takes, with its silence."""
        return spoken.seconds(self.text) + self.pause + self.sound

    @property
    def shown(self) -> str:
        """What it is on paper."""
        if self.sound:
            return f"(recording of {self.sound:.0f} s)"
        return self.text + (f" ({self.pause} s)" if self.pause else "")


Words = Iterator[Utterance]

#: How many words of a facility's name keep the opening within ten seconds; a longer name wants an alias.
FACILITY_WORDS: Final = 4
#: A procedure is said before its finding only while the finding still begins this soon after the key: with a second and a
#: half for whoever presses it, that is fifteen seconds after the answer.
LEAD_IN_SECONDS: Final = 3.5
HOLD_ROUNDS: Final = 6
HOLD_ROUND_SECONDS: Final = 30

_LEADS = {
    Lead.AGAIN: "Again.",
    Lead.UNKNOWN_KEY: "That is not a choice here.",
    # One sentence for both: nobody is told which part of what they entered was right.
    Lead.WRONG_CODE: "That did not match.",
    Lead.WRONG_PIN: "That did not match.",
    Lead.CHANGED: "The result has just changed; please listen again.",
    Lead.NOBODY_CAME: "Nobody came to the line.",
    Lead.STILL_HOLDING: "Thank you for holding.",
    Lead.NOT_RECORDED: "Not recorded.",
    Lead.NOTHING_HEARD: "I heard nothing.",
    Lead.TOO_SHORT: "That was too short for a read-back; it does not count.",
    Lead.NEXT_RESULT: "Confirmed, and on the record. The next result.",
    Lead.NOT_YET: "Please hear it first.",
    Lead.ONCE_MORE: "Once more.",
}
_ROLE_WORDS = {Role.PHYSICIAN: "physician", Role.NP: "N P", Role.PA: "P A", Role.RN: "nurse"}
_PRACTITIONER_ORDER = (Role.PHYSICIAN, Role.NP, Role.PA)


def one_of(roles: tuple[Role, ...]) -> str:
    """Return roles as a choice: ``physician, N P or P A``; nobody named means a physician."""
    words = [_ROLE_WORDS[role] for role in _ROLE_WORDS if role in roles] or ["physician"]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _practitioner(prompt: Prompt) -> str:
    return one_of(tuple(role for role in _PRACTITIONER_ORDER if role in prompt.ended_by))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _site(prompt: Prompt) -> str:
    """Return the facility, or "" where the prompt belongs to none and carries our own name."""
    return "" if prompt.facility.lower() == "radrelay" else prompt.facility


def _twice(text: str, part: Part) -> Words:
    yield Utterance(f"{text}.", part, pause=1)
    yield Utterance(f"Again, {text[0].lower()}{text[1:]}.", part)


def _person(prompt: Prompt) -> str:
    """Return how a human is reached: first the radiologist where the policy says so."""
    whom = "the radiologist" if prompt.radiologist_first else "a person"
    return f"say person for {whom}" if prompt.by_voice else f"press 0 for {whom}"


def _roles(prompt: Prompt) -> str:
    if prompt.by_voice:
        return "Say physician, nurse, please hold, or wrong person."
    return f"1 {_practitioner(prompt)}; 2 nurse; 3 please hold; 9 wrong person."


def _results(prompt: Prompt) -> str:
    return "critical result" if prompt.results == 1 else f"{prompt.results} critical results"


def _opening(prompt: Prompt) -> Words:
    yield Utterance(f"Radiology, {prompt.facility}, {_results(prompt)}; {_person(prompt)}.", Part.WHO)
    yield Utterance(_roles(prompt), Part.MENU)


def _ask(prompt: Prompt) -> Words:
    yield Utterance(f"Radiology, {prompt.facility}: please connect me to {prompt.who}; {_person(prompt)}.", Part.WHO)
    yield Utterance(f"Critical result. {_roles(prompt)}", Part.MENU)


def _transfer(_prompt: Prompt) -> Words:
    yield Utterance("Thank you. I am holding.", Part.ACTION)


def _service(prompt: Prompt) -> Words:
    yield Utterance(f"Radiology, {prompt.facility}, urgent, for {prompt.who}; {_person(prompt)}.", Part.WHO)
    yield Utterance("1 to take a message; 9 wrong number.", Part.MENU)


def _message(prompt: Prompt) -> Words:
    yield Utterance(f"Please have {prompt.who} call radiology.", Part.ACTION)
    yield from _call_us(prompt)
    yield Utterance("For the record, please say your name.", Part.ACTION)


def _promise(prompt: Prompt) -> Words:
    yield Utterance(f"Thank you. In how many minutes will {prompt.who} have it? Key or say the number.", Part.ACTION)


def _promised(prompt: Prompt) -> Words:
    yield Utterance(f"Noted: {prompt.minutes} minutes. We keep trying too. Goodbye.", Part.ACTION)


def _paged(_prompt: Prompt) -> Words:
    yield Utterance("A page was sent. Goodbye.", Part.ACTION)


def _name(_prompt: Prompt) -> Words:
    yield Utterance("Confirmed, on the record. Please say your name, and ordering, covering or agent.", Part.ACTION)


def _name_check(prompt: Prompt) -> Words:
    yield Utterance(f"I have: {prompt.stated}. 1 if that is right; 2 to say it again.", Part.ACTION)


def _named(_prompt: Prompt) -> Words:
    yield Utterance("Thank you. Goodbye.", Part.ACTION)


def _pin(prompt: Prompt) -> Words:
    yield Utterance(f"Radiology, {prompt.facility}, {_results(prompt)}; press 0, pound, for a person.", Part.WHO)
    yield Utterance("Or key your PIN, then pound. Wrong person: 9, pound.", Part.MENU)


def _no_agreement(prompt: Prompt) -> Words:
    yield Utterance(f"Radiology, {prompt.facility}, critical result; press 0 and a person will tell you.", Part.WHO)
    yield Utterance("9 wrong person.", Part.MENU)


def _may_not(prompt: Prompt) -> Words:
    yield Utterance(f"This result must go to a {one_of(prompt.ended_by)}; press 0 for a person.", Part.WHO)
    yield Utterance("3 please hold, I will get one; 9 wrong person.", Part.MENU)


def _identity(prompt: Prompt) -> str:
    name = spoken.person(prompt.patient_name)
    if prompt.birth_date is not None:
        second = f"born {spoken.day(prompt.birth_date)}"
    else:
        second = f"record number {spoken.one_by_one(prompt.patient_id)}" if prompt.patient_id else ""
    return ", ".join(said for said in (name, second) if said)


def _findings(findings: tuple[str, ...], *, corrects: bool) -> str:
    correction = "Correction of an earlier result. " if corrects else ""
    said = [radiology.said(finding).rstrip(".") for finding in findings]
    if len(said) == 1:
        return f"{correction}Finding: {said[0]}."
    return f"{correction}{len(said)} findings. " + " ".join(f"Number {n}: {text}." for n, text in enumerate(said, 1))


def _told(prompt: Prompt) -> Words:
    identity = Utterance(f"{_identity(prompt)}.", Part.IDENTITY)
    procedure = Utterance(f"{radiology.said(prompt.procedure).rstrip('.')}.", Part.PROCEDURE)
    finding = tuple(_finding(prompt))
    yield identity
    if identity.seconds + procedure.seconds <= LEAD_IN_SECONDS:
        yield from (procedure, *finding)
    else:
        yield from (*finding, procedure)


def _finding(prompt: Prompt) -> Words:
    """Say the findings, or play them in the voice of whose they are."""
    if prompt.voice is None:
        yield Utterance(_findings(prompt.findings, corrects=prompt.corrects), Part.FINDING)
        return
    correction = "Correction of an earlier result. " if prompt.corrects else ""
    yield Utterance(f"{correction}The radiologist's own words:", Part.FINDING)
    yield Utterance("", Part.FINDING, sound=prompt.voice.seconds)


def _code(prompt: Prompt) -> Words:
    yield from _twice(f"Code: {spoken.one_by_one(prompt.code)}", Part.CODE)
    if prompt.by_voice:
        yield Utterance("To confirm, say that code now. Star repeats.", Part.ACTION)
        yield Utterance("Person, or wrong person.", Part.ACTION)
        return
    yield Utterance("To confirm, key or say that code now. Star repeats.", Part.ACTION)
    yield Utterance("0, pound, a person; 9, pound, wrong person.", Part.ACTION)


def _telling(prompt: Prompt) -> Words:
    yield from _told(prompt)
    yield from _code(prompt)


def _record_choice(prompt: Prompt) -> Words:
    yield from _told(prompt)
    yield Utterance("Read it back, recorded: press 1. Not recorded, by code: press 8.", Part.ACTION)
    yield Utterance("0 for a person; 9 wrong person; star repeats.", Part.ACTION)


def _record(_prompt: Prompt) -> Words:
    yield Utterance("After the tone, say your name and read the finding back, then press pound.", Part.ACTION)


def _hold(prompt: Prompt) -> Words:
    first = f"Holding. Please bring a {_practitioner(prompt)}; then press any key."
    for text in (first, *["Still holding. Press any key when ready."] * (HOLD_ROUNDS - 1)):
        yield Utterance(text, Part.ACTION, pause=HOLD_ROUND_SECONDS - ceil(spoken.seconds(text)))


def _bridge(prompt: Prompt) -> Words:
    yield Utterance(f"Connecting you to {prompt.who or 'a person'}. Please stay on the line.", Part.ACTION)


def _confirmed(_prompt: Prompt) -> Words:
    yield Utterance("Confirmed. Your code is on the record. Thank you, goodbye.", Part.ACTION)


def _recorded(_prompt: Prompt) -> Words:
    yield Utterance("Your read-back is on the record. Thank you, goodbye.", Part.ACTION)


def _call_us(prompt: Prompt) -> Words:
    if not prompt.callback_number:
        return
    code = f", code {spoken.in_groups(prompt.callback_code)}" if prompt.callback_code else ""
    yield from _twice(f"Call {spoken.telephone(prompt.callback_number)}{code}", Part.CODE)


def _message_left(prompt: Prompt) -> Words:
    yield Utterance(f"Thank you. Please have a {one_of(prompt.ended_by)} call back; we keep trying too.", Part.ACTION)
    yield from _call_us(prompt)
    yield Utterance("Goodbye.", Part.ACTION)


def _wrong_person(_prompt: Prompt) -> Words:
    yield Utterance("Thank you; noted as the wrong person. We will call somebody else. Goodbye.", Part.ACTION)


def _silent(_prompt: Prompt) -> Words:
    # Whatever answered may be a machine or a menu: neither our number nor the code is left there.
    yield Utterance("I heard no answer, so nothing is confirmed. Goodbye.", Part.ACTION)


def _voicemail(prompt: Prompt) -> Words:
    yield Utterance(f"This is radiology for {prompt.facility}, with an urgent callback.", Part.WHO)
    yield from _call_us(prompt)


def _hang_up(_prompt: Prompt) -> Words:
    yield Utterance("Goodbye.", Part.ACTION)


def _retracted(prompt: Prompt) -> Words:
    yield Utterance("Radiology has withdrawn this result. Please disregard it.", Part.ACTION)
    if prompt.callback_number:
        yield Utterance(f"Questions: {spoken.telephone(prompt.callback_number)}.", Part.ACTION)
    yield Utterance("Goodbye.", Part.ACTION)


def _ended(prompt: Prompt) -> Words:
    by = f" {prompt.who}." if prompt.who else ""
    yield Utterance(f"This radiology callback has ended.{by}", Part.ACTION)
    if prompt.callback_number:
        yield Utterance(f"Questions: {spoken.telephone(prompt.callback_number)}.", Part.ACTION)
    yield Utterance("Goodbye.", Part.ACTION)


def _desk(prompt: Prompt) -> Words:
    called = f", for {prompt.who}" if prompt.who else ""
    place = _site(prompt) or "radiology"
    yield Utterance(f"Radrelay{called}: {place} needs you now; press 1 to take it.", Part.WHO)
    if prompt.case_code:
        yield Utterance(f"Case {spoken.in_groups(prompt.case_code, 4)}. Star repeats.", Part.MENU)


def _taken(_prompt: Prompt) -> Words:
    yield Utterance("Taken; it is yours until you enter an outcome. Details are on the case page.", Part.ACTION)
    yield Utterance("Goodbye.", Part.ACTION)


def _has_it(prompt: Prompt) -> Words:
    yield Utterance(f"{_sentence(prompt.who or 'somebody')} has it already. Thank you, goodbye.", Part.ACTION)


def _not_taken(_prompt: Prompt) -> Words:
    yield Utterance("Not taken. We will keep calling. Goodbye.", Part.ACTION)


def _connect(prompt: Prompt) -> Words:
    yield Utterance(f"Radrelay: press 1 to be connected to {prompt.who}.", Part.WHO)
    if prompt.case_code:
        yield Utterance(f"Case {spoken.in_groups(prompt.case_code, 4)}.", Part.MENU)


def _not_connected(prompt: Prompt) -> Words:
    yield Utterance(f"{_sentence(prompt.who or 'nobody')} did not answer. The relay goes on. Goodbye.", Part.ACTION)


def _connected(_prompt: Prompt) -> Words:
    # Whoever answers hears our person and no machine: nothing recorded is played to a number without consent.
    yield from ()


def _claim(prompt: Prompt) -> Words:
    called = f", for {prompt.who}" if prompt.who else ""
    what = " ".join(word for word in (prompt.priority, radiology.said(prompt.modality)) if word)
    left = f"{prompt.minutes} minutes left" if prompt.minutes > 0 else "it is late"
    yield Utterance(
        f"Radrelay{called}: nobody has a {what} at {prompt.facility}, {left}; press 1 to claim it.", Part.WHO
    )
    yield Utterance("2 to pass. Star repeats.", Part.MENU)


def _claimed(prompt: Prompt) -> Words:
    case = f" Case {spoken.in_groups(prompt.case_code, 4)}." if prompt.case_code else ""
    yield Utterance(f"Claimed; it is yours.{case} Goodbye.", Part.ACTION)


def _not_claimed(prompt: Prompt) -> Words:
    yield Utterance(f"Not claimed. {prompt.who} We are asking the desk. Goodbye.", Part.ACTION)


def _passed(_prompt: Prompt) -> Words:
    yield Utterance("Noted; we are asking the desk. Goodbye.", Part.ACTION)


def _pin_offer(prompt: Prompt) -> Words:
    yield Utterance(f"Radrelay for {prompt.facility}, with a new PIN for {prompt.who}; press 1 to hear it.", Part.WHO)
    yield Utterance("9 wrong person. Star repeats.", Part.MENU)


def _pin_told(prompt: Prompt) -> Words:
    if prompt.code:  # it is erased when the call is over
        yield from _twice(f"Your radrelay PIN is {spoken.one_by_one(prompt.code)}", Part.CODE)
    yield Utterance("To set it, key it now, then pound. Star repeats.", Part.ACTION)


def _pin_set(_prompt: Prompt) -> Words:
    yield Utterance(
        "Your PIN is set. Radiology asks for it when it calls you, and nobody else does. Goodbye.", Part.ACTION
    )


def _pin_not_set(_prompt: Prompt) -> Words:
    yield Utterance("That did not match, so nothing has changed. We can call you again. Goodbye.", Part.ACTION)


def _verify(prompt: Prompt) -> Words:
    yield Utterance(
        f"Radrelay for {prompt.facility}, checking this number for {prompt.who}; press 1 if it is right.", Part.WHO
    )
    yield Utterance("9 if it is not. Star repeats.", Part.MENU)


def _verified(_prompt: Prompt) -> Words:
    yield Utterance("Thank you; noted. Radiology calls here with critical results. Goodbye.", Part.ACTION)


def _not_them(_prompt: Prompt) -> Words:
    yield Utterance("Thank you; noted as the wrong person. Goodbye.", Part.ACTION)


def _callback(_prompt: Prompt) -> Words:
    yield Utterance("Radiology callback line; press 0, pound, for a person.", Part.WHO)
    yield Utterance("Or key or say your six-digit code.", Part.MENU)


def _whisper(prompt: Prompt) -> Words:
    about = f", about {_site(prompt)}" if _site(prompt) else ""
    yield Utterance(f"Radrelay: a caller is on the line{about}; press 1 to talk.", Part.WHO)
    if prompt.case_code:
        yield Utterance(f"Case {spoken.in_groups(prompt.case_code, 4)}.", Part.MENU)


def _whisper_go(_prompt: Prompt) -> Words:
    yield Utterance("Connected.", Part.ACTION)


def _dictate(prompt: Prompt) -> Words:
    called = f", for {prompt.who}" if prompt.who else ""
    case = spoken.in_groups(prompt.case_code, 4)
    yield Utterance(f"Radrelay{called}: case {case}; press 1 to record the finding in your own voice.", Part.WHO)
    yield Utterance("It is played to whoever has identified, and kept. 2 not now. Star repeats.", Part.MENU)


def _dictation(_prompt: Prompt) -> Words:
    yield Utterance("After the tone say the finding, then pound. No name; we say who the patient is.", Part.ACTION)


def _fetching(_prompt: Prompt) -> Words:
    yield Utterance("One moment.", Part.ACTION)


def _dictated(prompt: Prompt) -> Words:
    if prompt.voice is not None:
        yield Utterance("", Part.FINDING, sound=prompt.voice.seconds)
    yield Utterance("1 to keep it, 2 to say it again, star to hear it again.", Part.MENU)


def _dictation_kept(_prompt: Prompt) -> Words:
    yield Utterance("Kept. It is played where this finding is told. Goodbye.", Part.ACTION)


def _not_dictated(_prompt: Prompt) -> Words:
    yield Utterance("Nothing is kept; the finding is spoken as it is written. Goodbye.", Part.ACTION)


def _referred(prompt: Prompt) -> Words:
    yield Utterance("I am sorry, nobody could come to the line. We keep calling.", Part.ACTION)
    # The staffed number is answered by humans; the callback code is for our own.
    yield from _call_us(replace(prompt, callback_code=""))
    yield Utterance("Goodbye.", Part.ACTION)


_WORDS: dict[PromptKind, Callable[[Prompt], Words]] = {
    PromptKind.OPENING: _opening,
    PromptKind.PIN: _pin,
    PromptKind.NO_AGREEMENT: _no_agreement,
    PromptKind.MAY_NOT: _may_not,
    PromptKind.TELLING: _telling,
    PromptKind.RECORD_CHOICE: _record_choice,
    PromptKind.CODE: _code,
    PromptKind.RECORD: _record,
    PromptKind.HOLD: _hold,
    PromptKind.BRIDGE: _bridge,
    PromptKind.CONFIRMED: _confirmed,
    PromptKind.RECORDED: _recorded,
    PromptKind.MESSAGE_LEFT: _message_left,
    PromptKind.WRONG_PERSON: _wrong_person,
    PromptKind.SILENT: _silent,
    PromptKind.VOICEMAIL: _voicemail,
    PromptKind.HANG_UP: _hang_up,
    PromptKind.RETRACTED: _retracted,
    PromptKind.ENDED: _ended,
    PromptKind.DESK: _desk,
    PromptKind.TAKEN: _taken,
    PromptKind.HAS_IT: _has_it,
    PromptKind.NOT_TAKEN: _not_taken,
    PromptKind.CLAIM: _claim,
    PromptKind.CLAIMED: _claimed,
    PromptKind.NOT_CLAIMED: _not_claimed,
    PromptKind.PASSED: _passed,
    PromptKind.PIN_OFFER: _pin_offer,
    PromptKind.PIN_TOLD: _pin_told,
    PromptKind.PIN_SET: _pin_set,
    PromptKind.PIN_NOT_SET: _pin_not_set,
    PromptKind.VERIFY: _verify,
    PromptKind.VERIFIED: _verified,
    PromptKind.NOT_THEM: _not_them,
    PromptKind.CALLBACK: _callback,
    PromptKind.WHISPER: _whisper,
    PromptKind.WHISPER_GO: _whisper_go,
    PromptKind.REFERRED: _referred,
    PromptKind.CONNECT: _connect,
    PromptKind.CONNECTED: _connected,
    PromptKind.NOT_CONNECTED: _not_connected,
    PromptKind.ASK: _ask,
    PromptKind.TRANSFER: _transfer,
    PromptKind.SERVICE: _service,
    PromptKind.MESSAGE: _message,
    PromptKind.PROMISE: _promise,
    PromptKind.PROMISED: _promised,
    PromptKind.PAGED: _paged,
    PromptKind.NAME: _name,
    PromptKind.NAME_CHECK: _name_check,
    PromptKind.NAMED: _named,
    PromptKind.DICTATE: _dictate,
    PromptKind.DICTATION: _dictation,
    PromptKind.FETCHING: _fetching,
    PromptKind.DICTATED: _dictated,
    PromptKind.DICTATION_KEPT: _dictation_kept,
    PromptKind.NOT_DICTATED: _not_dictated,
}
_REVEALS_CODE = frozenset({PromptKind.TELLING, PromptKind.CODE, PromptKind.PIN_TOLD})


def _sayable(prompt: Prompt) -> Prompt:
    """Return the prompt without what its kind must never say, whatever it carries."""
    if prompt.kind not in IDENTIFYING:
        prompt = replace(prompt, patient_name="", birth_date=None, patient_id="", procedure="", findings=())
    if prompt.kind not in PLAYS:
        prompt = replace(prompt, voice=None)
    return prompt if prompt.kind in _REVEALS_CODE else replace(prompt, code="")


def utterances(prompt: Prompt) -> list[Utterance]:
    """Return what is said, in order: first what the last key did, then the prompt's own words."""
    lead = [] if prompt.lead is Lead.NONE else [Utterance(_LEADS[prompt.lead], Part.LEAD)]
    return lead + list(_WORDS[prompt.kind](_sayable(prompt)))


def seconds_before(prompt: Prompt, part: Part) -> float:
    """Return how long a prompt speaks before its first utterance of a part begins (all of it, where it has none)."""
    total = 0.0
    for utterance in utterances(prompt):
        if utterance.part is part:
            break
        total += utterance.seconds
    return total


class CallScript:
    """The port ``handlers.ports.Script``."""

    def seconds(self, prompt: Prompt) -> float:
        """Return how long a prompt takes to speak, at the normal pace, with its silences."""
        return sum(utterance.seconds for utterance in utterances(prompt))

    def seconds_to_tell(self, prompt: Prompt) -> float:
        """Return how long a prompt speaks until all of its findings were said; what is to be done comes after them."""
        said = utterances(prompt)
        last = max((at for at, one in enumerate(said) if one.part is Part.FINDING), default=-1)
        return sum(utterance.seconds for utterance in said[: last + 1])
