"""Which words steer the texting, and which relays a reply is about."""

from __future__ import annotations

from dataclasses import replace

import pytest

from handlers.domain.policies import Role
from handlers.domain.relays import Purpose
from handlers.domain.texts import Word, about, word_of
from tests.handlers.domain.test_conversation import attempt_for, relay_with

ONE = relay_with((Role.PHYSICIAN,))
OTHER = replace(ONE, id="other", callback_code="111222")
TRIED = attempt_for(Purpose.CONTACT)


@pytest.mark.parametrize(
    ("body", "by_vendor", "word"),
    [
        ("STOP", "", Word.STOP),
        (" stop \n", "", Word.STOP),
        ("OptOut", "", Word.STOP),
        ("Stop please", "", Word.OTHER),
        ("arret", "STOP", Word.STOP),
        ("yes", "", Word.START),
        ("help", "", Word.HELP),
        ("aide", "HELP", Word.HELP),
        ("on my way", "", Word.OTHER),
        ("", "", Word.OTHER),
    ],
)
def test_a_keyword_is_the_whole_text_or_what_the_vendor_took_it_for(body: str, by_vendor: str, word: Word) -> None:
    """As Twilio does: "Stop please" is no keyword."""
    assert word_of(body, by_vendor) is word


@pytest.mark.parametrize(
    ("body", "tried", "meant"),
    [
        ("on my way", [TRIED], ["relay"]),
        ("on my way", [TRIED, replace(TRIED, relay_id="other")], ["relay", "other"]),
        ("on my way", [], []),
        ("code 111222, ok", [TRIED], ["other"]),
        ("code:482173", [], ["relay"]),
        ("482173 and 111222", [], ["relay", "other"]),
        ("call me at 13125550101", [TRIED], ["relay"]),
        ("1482173", [TRIED, replace(TRIED, relay_id="other")], ["relay", "other"]),
        ("999999", [TRIED], ["relay"]),
    ],
)
def test_a_code_names_the_relay_and_else_the_number_does(body: str, tried: list[object], meant: list[str]) -> None:
    """A code that is no open relay's, or part of a longer number, names none."""
    assert [one.id for one in about(body, [ONE, OTHER], tried)] == meant  # type: ignore[arg-type]
