"""What words are made of: utterances, with what they are for and how long they take, and the phrases that many prompts share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from handlers.domain.dialog import Prompt
from handlers.domain.policies import Role
from telephony import spoken


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

_ROLE_WORDS = {Role.PHYSICIAN: "physician", Role.NP: "N P", Role.PA: "P A", Role.RN: "nurse"}
_PRACTITIONER_ORDER = (Role.PHYSICIAN, Role.NP, Role.PA)


def one_of(roles: tuple[Role, ...]) -> str:
    """Return roles as a choice: ``physician, N P or P A``; nobody named means a physician."""
    words = [_ROLE_WORDS[role] for role in _ROLE_WORDS if role in roles] or ["physician"]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def practitioner(prompt: Prompt) -> str:
    """Return the roles that key 1 stands for."""
    return one_of(tuple(role for role in _PRACTITIONER_ORDER if role in prompt.ended_by))


def sentence(text: str) -> str:
    """Return text as it begins a sentence."""
    return text[:1].upper() + text[1:]


def site(prompt: Prompt) -> str:
    """Return the facility, or "" where the prompt belongs to none and carries our own name."""
    return "" if prompt.facility.lower() == "radrelay" else prompt.facility


def twice(text: str, part: Part) -> Words:
    """Say something two times, with a second between, for whoever writes it down."""
    yield Utterance(f"{text}.", part, pause=1)
    yield Utterance(f"Again, {text[0].lower()}{text[1:]}.", part)


def call_us(prompt: Prompt) -> Words:
    """Say our number and the relay's code, slowly and twice; nothing where there is no number."""
    if not prompt.callback_number:
        return
    code = f", code {spoken.in_groups(prompt.callback_code)}" if prompt.callback_code else ""
    yield from twice(f"Call {spoken.telephone(prompt.callback_number)}{code}", Part.CODE)


def person(prompt: Prompt) -> str:
    """Return how a human is reached: first the radiologist where the policy says so."""
    whom = "the radiologist" if prompt.radiologist_first else "a person"
    return f"say person for {whom}" if prompt.by_voice else f"press 0 for {whom}"
