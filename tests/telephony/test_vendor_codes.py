"""Every error code has a meaning, a next step and a sentence for the desk; none of them identifies anybody."""

from __future__ import annotations

import pytest

from handlers.domain.relays import Outcome
from handlers.domain.troubles import NextStep, NumberIs, Trouble, is_about_the_number, refused_with
from telephony.vendor_codes import TROUBLES, trouble_of

#: What the field asks for by name, each with what it makes the ladder do.
ASKED = {
    "13224": (NextStep.FIND_NUMBER, NumberIs.BOUNCED),
    "20003": (NextStep.MEND_ACCOUNT, NumberIs.FINE),
    "21211": (NextStep.FIND_NUMBER, NumberIs.BOUNCED),
    "21215": (NextStep.NEXT_NUMBER, NumberIs.FINE),
    "21610": (NextStep.VOICE_INSTEAD, NumberIs.OPTED_OUT),
    "21614": (NextStep.VOICE_INSTEAD, NumberIs.BOUNCED),
    "30003": (NextStep.VOICE_INSTEAD, NumberIs.FINE),
    "30005": (NextStep.FIND_NUMBER, NumberIs.BOUNCED),
    "30006": (NextStep.VOICE_INSTEAD, NumberIs.BOUNCED),
    "30007": (NextStep.VOICE_INSTEAD, NumberIs.FINE),
}


@pytest.mark.parametrize("code", ASKED)
def test_what_follows_from_each_code(code: str) -> None:
    """The ladder's next step, and what is recorded of the number."""
    found = trouble_of(code)
    assert (found.step, found.number) == ASKED[code]


@pytest.mark.parametrize("found", TROUBLES.values(), ids=lambda found: found.code)
def test_each_has_its_sentences(found: Trouble) -> None:
    """What happened and what to do next, without digits: nobody's number, and no code to look up."""
    assert found.meaning.endswith(".")
    assert found.todo.endswith(".")
    assert not any(letter.isdigit() for letter in found.meaning)
    assert found.sentence == f"{found.meaning} {found.todo}"


def test_an_unknown_code_is_named_and_moves_the_ladder_on() -> None:
    """Trying the same number again could be refused for ever."""
    found = trouble_of("99999")
    assert "99999" in found.sentence
    assert found.step is NextStep.NEXT_RUNG
    assert refused_with(found) is Outcome.REFUSED
    assert not is_about_the_number(found)


def test_what_may_pass_is_tried_again_in_the_rung() -> None:
    """It is a try that failed, not a number that is no good."""
    assert refused_with(trouble_of("20404")) is Outcome.FAILED
