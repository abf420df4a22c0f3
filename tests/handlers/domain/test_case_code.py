"""Case codes."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.domain import case_code
from handlers.domain.errors import Rejection

BODIES = st.text("0123456789", min_size=7, max_size=7)


@given(BODIES)
def test_a_code_carries_its_own_check_digit(body: str) -> None:
    """What is made is valid, is shown in two groups, and is read back with or without the dash."""
    code = case_code.with_check_digit(body)
    assert case_code.is_valid(code)
    assert case_code.parse(case_code.shown(code)) == code
    assert case_code.parse(f" {code[:4]} {code[4:]} ") == code


@given(BODIES, st.integers(0, 7), st.integers(1, 9))
def test_every_single_wrong_digit_is_found(body: str, place: int, by: int) -> None:
    """One digit mistyped is never another case."""
    code = case_code.with_check_digit(body)
    wrong = str((int(code[place]) + by) % 10)
    assert case_code.parse(code[:place] + wrong + code[place + 1 :]) is None


@given(BODIES, st.integers(0, 6))
def test_every_swapped_pair_is_found(body: str, place: int) -> None:
    """Two neighbors swapped are never another case."""
    code = case_code.with_check_digit(body)
    swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    assert swapped == code or case_code.parse(swapped) is None


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("1166-9524", "One digit of this case code is wrong: compare it with the card."),
        ("1166-952", "That is not a case code. It has eight digits, like 4821-0934."),
        ("1166-952O", "That is not a case code. It has eight digits, like 4821-0934."),
    ],
)
def test_what_is_wrong_with_a_mistyped_code_is_said(typed: str, sentence: str) -> None:
    """Whoever typed eight digits is not told that a code has eight."""
    with pytest.raises(Rejection, match=re.escape(sentence)):
        case_code.asked(typed)


@given(st.text(max_size=12))
def test_whatever_is_typed_is_a_code_or_nothing(typed: str) -> None:
    """No text raises, and only eight digits with their check digit are a code."""
    code = case_code.parse(typed)
    assert code is None or (len(code) == 8 and case_code.is_valid(code))
