"""What is said to those who are to receive a result, and to whoever answers in their place: operators, services, mailboxes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from math import ceil
from typing import Final

from handlers.domain.dialog import Prompt, PromptKind
from telephony import radiology, spoken
from telephony.phrases import Part, Utterance, Words, call_us, one_of, person, practitioner, twice

#: How many words of a facility's name keep the opening within ten seconds; a longer name wants an alias.
FACILITY_WORDS: Final = 4
#: A procedure is said before its finding only while the finding still begins this soon after the key: with a second and a
#: half for whoever presses it, that is fifteen seconds after the answer.
LEAD_IN_SECONDS: Final = 3.5
HOLD_ROUNDS: Final = 6
HOLD_ROUND_SECONDS: Final = 30


def _roles(prompt: Prompt) -> str:
    if prompt.by_voice:
        return "Say physician, nurse, please hold, or wrong person."
    return f"1 {practitioner(prompt)}; 2 nurse; 3 please hold; 9 wrong person."


def _results(prompt: Prompt) -> str:
    return "critical result" if prompt.results == 1 else f"{prompt.results} critical results"


def _opening(prompt: Prompt) -> Words:
    yield Utterance(f"Radiology, {prompt.facility}, {_results(prompt)}; {person(prompt)}.", Part.WHO)
    yield Utterance(_roles(prompt), Part.MENU)


def _ask(prompt: Prompt) -> Words:
    yield Utterance(f"Radiology, {prompt.facility}: please connect me to {prompt.who}; {person(prompt)}.", Part.WHO)
    yield Utterance(f"Critical result. {_roles(prompt)}", Part.MENU)


def _transfer(_prompt: Prompt) -> Words:
    yield Utterance("Thank you. I am holding.", Part.ACTION)


def _service(prompt: Prompt) -> Words:
    yield Utterance(f"Radiology, {prompt.facility}, urgent, for {prompt.who}; {person(prompt)}.", Part.WHO)
    yield Utterance("1 to take a message; 9 wrong number.", Part.MENU)


def _message(prompt: Prompt) -> Words:
    yield Utterance(f"Please have {prompt.who} call radiology.", Part.ACTION)
    yield from call_us(prompt)
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
    yield from twice(f"Code: {spoken.one_by_one(prompt.code)}", Part.CODE)
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
    first = f"Holding. Please bring a {practitioner(prompt)}; then press any key."
    for text in (first, *["Still holding. Press any key when ready."] * (HOLD_ROUNDS - 1)):
        yield Utterance(text, Part.ACTION, pause=HOLD_ROUND_SECONDS - ceil(spoken.seconds(text)))


def _bridge(prompt: Prompt) -> Words:
    yield Utterance(f"Connecting you to {prompt.who or 'a person'}. Please stay on the line.", Part.ACTION)


def _confirmed(_prompt: Prompt) -> Words:
    yield Utterance("Confirmed. Your code is on the record. Thank you, goodbye.", Part.ACTION)


def _recorded(_prompt: Prompt) -> Words:
    yield Utterance("Your read-back is on the record. Thank you, goodbye.", Part.ACTION)


def _message_left(prompt: Prompt) -> Words:
    yield Utterance(f"Thank you. Please have a {one_of(prompt.ended_by)} call back; we keep trying too.", Part.ACTION)
    yield from call_us(prompt)
    yield Utterance("Goodbye.", Part.ACTION)


def _wrong_person(_prompt: Prompt) -> Words:
    yield Utterance("Thank you; noted as the wrong person. We will call somebody else. Goodbye.", Part.ACTION)


def _silent(_prompt: Prompt) -> Words:
    # Whatever answered may be a machine or a menu: neither our number nor the code is left there.
    yield Utterance("I heard no answer, so nothing is confirmed. Goodbye.", Part.ACTION)


def _voicemail(prompt: Prompt) -> Words:
    yield Utterance(f"This is radiology for {prompt.facility}, with an urgent callback.", Part.WHO)
    yield from call_us(prompt)


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


def _callback(_prompt: Prompt) -> Words:
    yield Utterance("Radiology callback line; press 0, pound, for a person.", Part.WHO)
    yield Utterance("Or key or say your six-digit code.", Part.MENU)


def _referred(prompt: Prompt) -> Words:
    yield Utterance("I am sorry, nobody could come to the line. We keep calling.", Part.ACTION)
    # The staffed number is answered by humans; the callback code is for our own.
    yield from call_us(replace(prompt, callback_code=""))
    yield Utterance("Goodbye.", Part.ACTION)


WORDS: Mapping[PromptKind, Callable[[Prompt], Words]] = {
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
    PromptKind.CALLBACK: _callback,
    PromptKind.REFERRED: _referred,
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
}
