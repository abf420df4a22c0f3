"""Every word that is said on the telephone: a prompt in, utterances out.

Written for somebody who is tired and busy: who it is, a human's key, what is wanted, and nothing else.
"""

from __future__ import annotations

from dataclasses import replace

from handlers.domain.dialog import IDENTIFYING, PLAYS, Lead, Prompt, PromptKind
from telephony import own_words, receiver_words
from telephony.phrases import Part, Utterance

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
_WORDS = {**receiver_words.WORDS, **own_words.WORDS}
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
