"""What is said to our own people (a desk, a radiologist, whoever is connected), and to a contact about no case."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from handlers.domain.dialog import Prompt, PromptKind
from telephony import radiology, spoken
from telephony.phrases import Part, Utterance, Words, sentence, site, twice


def _desk(prompt: Prompt) -> Words:
    called = f", for {prompt.who}" if prompt.who else ""
    place = site(prompt) or "radiology"
    yield Utterance(f"Radrelay{called}: {place} needs you now; press 1 to take it.", Part.WHO)
    if prompt.case_code:
        yield Utterance(f"Case {spoken.in_groups(prompt.case_code, 4)}. Star repeats.", Part.MENU)


def _taken(_prompt: Prompt) -> Words:
    yield Utterance("Taken; it is yours until you enter an outcome. Details are on the case page.", Part.ACTION)
    yield Utterance("Goodbye.", Part.ACTION)


def _has_it(prompt: Prompt) -> Words:
    yield Utterance(f"{sentence(prompt.who or 'somebody')} has it already. Thank you, goodbye.", Part.ACTION)


def _not_taken(_prompt: Prompt) -> Words:
    yield Utterance("Not taken. We will keep calling. Goodbye.", Part.ACTION)


def _connect(prompt: Prompt) -> Words:
    yield Utterance(f"Radrelay: press 1 to be connected to {prompt.who}.", Part.WHO)
    if prompt.case_code:
        yield Utterance(f"Case {spoken.in_groups(prompt.case_code, 4)}.", Part.MENU)


def _not_connected(prompt: Prompt) -> Words:
    yield Utterance(f"{sentence(prompt.who or 'nobody')} did not answer. The relay goes on. Goodbye.", Part.ACTION)


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
        yield from twice(f"Your radrelay PIN is {spoken.one_by_one(prompt.code)}", Part.CODE)
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


def _whisper(prompt: Prompt) -> Words:
    about = f", about {site(prompt)}" if site(prompt) else ""
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


WORDS: Mapping[PromptKind, Callable[[Prompt], Words]] = {
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
    PromptKind.WHISPER: _whisper,
    PromptKind.WHISPER_GO: _whisper_go,
    PromptKind.CONNECT: _connect,
    PromptKind.CONNECTED: _connected,
    PromptKind.NOT_CONNECTED: _not_connected,
    PromptKind.DICTATE: _dictate,
    PromptKind.DICTATION: _dictation,
    PromptKind.FETCHING: _fetching,
    PromptKind.DICTATED: _dictated,
    PromptKind.DICTATION_KEPT: _dictation_kept,
    PromptKind.NOT_DICTATED: _not_dictated,
}
