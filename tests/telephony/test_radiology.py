"""What radiologists write, as it is said on the telephone."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony import radiology


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("CT HEAD W/O CONTRAST", "C T head without contrast"),
        ("CTA chest w/ contrast", "C T A chest with contrast"),
        ("CT HEAD/NECK", "C T head, neck"),
        ("SDH/SAH", "S D H, S A H"),
        ("US abdomen", "ultrasound abdomen"),
        ("Between us", "Between us"),
        ("5mm nodule, RIGHT upper lobe", "5 millimeters nodule, RIGHT upper lobe"),
        ("NO PE. IV contrast", "NO P E. I V contrast"),
        ("T12 fracture", "T12 fracture"),
        ("C-spine\n\tfracture", "C-spine fracture"),
        ("L4-5 disc", "L4-5 disc"),
        ("ACUTE LVO, LEFT ICA", "acute L V O, left I C A"),
        ("RLL nodule", "right lower lobe nodule"),
        ("ETT in right main bronchus", "endotracheal tube in right main bronchus"),
        ("r/o PE, s/p fall", "rule out P E, status post fall"),
        ("the RT-PCR", "the RT-PCR"),
        ("XZB SIGN", "X Z B sign"),
        ("", ""),
    ],
)
def test_abbreviations_are_said_and_nothing_else_changes(written: str, said: str) -> None:
    """Spelled or spoken; sides and levels stay, and what means two things is not guessed."""
    assert radiology.said(written) == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("1 mm", "1 millimeter"),
        ("1.0 cm", "1.0 centimeter"),
        ("12 mm shift", "12 millimeters shift"),
        ("a 5-mm nodule", "a 5 millimeter nodule"),
        ("30 mL, 30 ml, 30ML", "30 milliliters, 30 milliliters, 30 milliliters"),
        ("40 HU", "40 Hounsfield units"),
        ("3 x 4.5 cm", "3 by 4.5 centimeters"),
        ("2x3x4 mm", "2 by 3 by 4 millimeters"),
        ("5-7 mm", "5 to 7 millimeters"),
        ("<5 mm, > 3 cm", "less than 5 millimeters, more than 3 centimeters"),
        ("≥ 2 cm", "at least 2 centimeters"),
        ("~20 cc", "about 20 cubic centimeters"),
        ("4-5 days", "4-5 days"),
        ("5 mmHg", "5 mmHg"),
    ],
)
def test_measures_are_said_with_their_units(written: str, said: str) -> None:
    """One is singular, so is what stands before a noun; a number never changes."""
    assert radiology.said(written) == said


@given(st.text(st.sampled_from("abdefgh R019.,-"), max_size=60))
def test_no_number_and_no_word_is_lost(text: str) -> None:
    """What has neither an abbreviation nor a unit in it is said as written, but for spaces and capitals."""
    assert "".join(radiology.said(text).lower().split()) == "".join(text.lower().split())


@given(st.text(st.sampled_from("leftright 0123456789mcx-/<.,"), max_size=60))
def test_numbers_and_sides_come_out_as_they_went_in(text: str) -> None:
    """In their order, each once."""
    numbers = re.compile(r"\d+(?:\.\d+)?")
    sides = re.compile(r"\b(?:left|right)\b", re.IGNORECASE)
    said = radiology.said(text)
    assert numbers.findall(said) == numbers.findall(" ".join(text.split()))
    assert [one.lower() for one in sides.findall(said)] == [one.lower() for one in sides.findall(text)]
