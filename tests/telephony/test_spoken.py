"""How things are said aloud."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony import spoken


def test_a_birth_date_is_said_as_a_physician_says_it() -> None:
    """March third, 1961."""
    assert spoken.day(date(1961, 3, 3)) == "March third, 1961"


def test_every_day_of_a_year_has_its_own_words() -> None:
    """No day of a leap year sounds like another."""
    days = [spoken.day(date(2024, 1, 1) + timedelta(days=n)) for n in range(366)]
    assert len(set(days)) == 366


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("DOE^JANE", "Jane Doe"),
        ("Doe^Jane^Marie^Dr^Jr", "Jane Marie Doe Jr"),
        ("Doe, Jane", "Jane Doe"),
        ("Jane Doe", "Jane Doe"),
        ("YAMADA^TARO=山田^太郎", "Taro Yamada"),
        ("  Jane   O'Brien-Smith ", "Jane O'Brien-Smith"),
        ("", ""),
    ],
)
def test_a_name_is_said_given_name_first(written: str, said: str) -> None:
    """DICOM's carets, a comma, capitals and plain text all become speech."""
    assert spoken.person(written) == said


@given(st.text(st.sampled_from("0123456789"), min_size=1, max_size=12))
def test_digits_are_always_apart(digits: str) -> None:
    """No voice can read a code as a number."""
    for said in (spoken.one_by_one(digits), spoken.in_groups(digits), spoken.telephone(f"+{digits}")):
        assert all(len(word) == 1 for word in said.replace(",", "").split() if word != "plus")
        kept = "".join(character for character in said if character.isdigit())
        assert kept in (digits, digits.removeprefix("1"))


def test_an_american_number_is_said_in_its_groups() -> None:
    """Area, exchange, line; the country only where it is another."""
    assert spoken.telephone("+12025550142") == "2 0 2, 5 5 5, 0 1 4 2"
    assert spoken.telephone("+4930901820").startswith("plus 4 9 3")


def test_a_digit_takes_045_seconds_and_a_word_its_share() -> None:
    """The two figures that the stopwatch is made of."""
    assert spoken.seconds("3, 4, 1") == pytest.approx(1.35)
    assert spoken.seconds("press pound for anybody listening") == pytest.approx(5 / 2.75)
    assert spoken.seconds("") == 0
