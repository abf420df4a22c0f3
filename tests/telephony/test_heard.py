"""What a callback's form may say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.domain.dialog import Key, digits_said, keyed
from handlers.domain.relays import Stage
from telephony.heard import ANSWERS, FOR_WHOM, NOT_AN_ANSWER, BadForm, Form, answer_in


@pytest.mark.parametrize(
    ("speech", "answer"),
    [
        ("Three, four, one.", "three four one"),
        ("341", "341"),
        ("Doctor.", "doctor"),
        ("Please hold", "please hold"),
        ("", ""),
        (" . ", ""),
    ],
)
def test_a_spoken_answer_counts(speech: str, answer: str) -> None:
    """Digits and the words for keys."""
    assert answer_in(speech) == answer


@pytest.mark.parametrize(
    "speech",
    [
        "You have reached Doctor Smith. Please leave a message.",
        "Thank you for calling Mercy. For a nurse, press two.",
        "The physician is not available, press one to leave a message",
        "Hello?",
        "one two three four five six seven eight nine",
    ],
)
def test_a_greeting_a_menu_and_talk_in_the_room_answer_nothing(speech: str) -> None:
    """Otherwise a mailbox that says *doctor* would be told the finding."""
    assert answer_in(speech) == NOT_AN_ANSWER
    assert keyed(Stage.MENU, "", answer_in(speech))[0] is Key.UNKNOWN


@pytest.mark.parametrize(
    "speech",
    [
        "Mercy switchboard, how may I direct your call?",
        "I'm sorry, who would you like to speak to?",
        "Whom may I connect you to?",
        "Who are you trying to reach?",
    ],
)
def test_an_operator_who_asks_whom_we_want_is_understood(speech: str) -> None:
    """It tells nobody anything, so it counts whatever else is said with it; no role is meant by it."""
    assert answer_in(speech) == FOR_WHOM
    assert keyed(Stage.MENU, "", FOR_WHOM) == (Key.FOR_WHOM, "")
    assert keyed(Stage.CODE, "", FOR_WHOM)[0] is Key.UNKNOWN
    assert keyed(Stage.TAKE, "", FOR_WHOM)[0] is Key.UNKNOWN


@given(st.text(max_size=80))
def test_other_peoples_words_never_pass(speech: str) -> None:
    """What comes through consists of answers only."""
    kept = answer_in(speech)
    assert kept in (NOT_AN_ANSWER, FOR_WHOM) or all(
        word in ANSWERS or word == "*" or word.isdigit() for word in kept.split()
    )


@pytest.mark.parametrize("word", sorted(ANSWERS - {"please", "a", "number", "me", "now"}))
def test_every_answer_means_something_to_the_inside(word: str) -> None:
    """The door's list and the inside's agree."""
    assert digits_said(word) or keyed(Stage.MENU, "", word)[0] is not Key.UNKNOWN


@pytest.mark.parametrize("digits", ["12a", "1" * 33, "1 2", "١", "-1"])
def test_keys_are_keys(digits: str) -> None:
    """Anything else cannot have been pressed, and is not repeated in the refusal."""
    with pytest.raises(BadForm) as refused:
        Form({"Digits": digits}).digits()
    assert digits not in str(refused.value)


@pytest.mark.parametrize(
    ("form", "is_bridged"), [({"DialBridged": "true"}, True), ({"DialBridged": "false"}, False), ({}, False)]
)
def test_a_bridge_is_claimed_only_when_it_is_said(form: dict[str, str], is_bridged: bool) -> None:
    """The record never claims more than happened."""
    assert Form(form).bridged() is is_bridged
    with pytest.raises(BadForm):
        Form({"DialBridged": "yes"}).bridged()
