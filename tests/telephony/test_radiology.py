"""What radiologists write, as it is said on the telephone."""

from __future__ import annotations

import calendar
import re

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from telephony import radiology


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("CT HEAD W/O CONTRAST", "C T head without contrast"),
        ("CT ABD W/WO CONTRAST", "C T abd with and without contrast"),
        ("MR brain w & w/o contrast", "M R brain with and without contrast"),
        ("CTA chest w/ contrast", "C T A chest with contrast"),
        ("CTA chest w/contrast", "C T A chest with contrast"),
        ("CT head w/out contrast", "C T head without contrast"),
        ("CT HEAD/NECK", "C T head, neck"),
        ("SDH/SAH", "S D H, S A H"),
        ("US abdomen", "ultrasound abdomen"),
        ("Between us", "Between us"),
        ("5mm nodule, RIGHT upper lobe", "5 millimeters nodule, RIGHT upper lobe"),
        ("NO PE. IV contrast", "NO P E. I V contrast"),
        ("T12 fracture", "T12 fracture"),
        ("C-spine\n\tfracture", "C-spine fracture"),
        ("ACUTE LVO, LEFT ICA", "acute L V O, left I C A"),
        ("RLL nodule", "right lower lobe nodule"),
        ("DVT, LLE", "D V T, left lower extremity"),
        ("ETT in right main bronchus", "endotracheal tube in right main bronchus"),
        ("r/o PE, s/p fall", "rule out P E, status post fall"),
        ("hx of fx, f/u", "history of fracture, follow-up"),
        ("b/l effusions c/w edema", "bilateral effusions consistent with edema"),
        ("d/t trauma, a/w e/o SBO", "due to trauma, associated with evidence of small bowel obstruction"),
        ("65 y/o, 65 yo", "65 year old, 65 year old"),
        ("the RT-PCR", "the RT-PCR"),
        ("RESTRICTED ON DWI/ADC", "restricted on D W I, A D C"),
        ("FLAIR", "flair"),
        ("XZB SIGN", "X Z B sign"),
        ("", ""),
    ],
)
def test_abbreviations_are_said_and_nothing_else_changes(written: str, said: str) -> None:
    """Spelled or spoken; what means two things is not guessed."""
    assert radiology.said(written) == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("1 mm", "1 millimeter"),
        ("1.0 cm", "1.0 centimeter"),
        ("12 mm shift", "12 millimeters shift"),
        ("12 MM SHIFT", "12 millimeters shift"),
        ("a 5-mm nodule", "a 5 millimeter nodule"),
        ("0.5 cm", "0.5 centimeters"),
        ("30 mL, 30 ml, 30ML", "30 milliliters, 30 milliliters, 30 milliliters"),
        ("40 HU", "40 Hounsfield units"),
        ("-30 HU", "minus 30 Hounsfield units"),
        ("-30 to -10 HU", "minus 30 to minus 10 Hounsfield units"),
        ("T-score -2.5", "T-score minus 2.5"),
        ("SUV 4.5, SUVmax 11.2", "S U V 4.5, S U V max 11.2"),
        ("glucose 40 mg/dL", "glucose 40 milligrams per deciliter"),
        ("lactate 4 mmol/L", "lactate 4 millimoles per liter"),
        ("PSV 230 cm/s", "P S V 230 centimeters per second"),
        ("5 mmHg", "5 millimeters of mercury"),
        ("EF 20%", "E F 20 percent"),
        ("50-70% stenosis", "50 to 70 percent stenosis"),
        ("38.5 °C", "38.5 degrees Celsius"),
        ("12 Fr tube", "12 French tube"),
        ("1.5 L of fluid, 2 L", "1.5 liters of fluid, 2 liters"),
        ("2 g, 6 h, 3 wks, 45 min", "2 grams, 6 hours, 3 weeks, 45 minutes"),
        ("20 cm3, 20 cm³, 4 cm2", "20 cubic centimeters, 20 cubic centimeters, 4 square centimeters"),
        ("3 x 4.5 cm", "3 by 4.5 centimeters"),
        ("2 x 3 x 4 cm", "2 by 3 by 4 centimeters"),
        ("2x3x4 mm", "2 by 3 by 4 millimeters"),
        ("2.0 cm x 3 cm", "2.0 centimeters by 3 centimeters"),
        ("5-7 mm", "5 to 7 millimeters"),
        ("3 – 4 mm", "3 to 4 millimeters"),
        ("3- to 4-mm nodules", "3 to 4 millimeter nodules"),
        ("4-5 days", "4 to 5 days"),
        ("left ribs 4-7", "left ribs 4 to 7"),
        ("<5 mm, > 3 cm", "less than 5 millimeters, more than 3 centimeters"),
        ("<= 5 mm, >=2 cm", "at most 5 millimeters, at least 2 centimeters"),
        ("≥ 2 cm", "at least 2 centimeters"),
        ("~20 cc", "about 20 cubic centimeters"),
        ("+/- 2 mm, ± 2 mm", "plus or minus 2 millimeters, plus or minus 2 millimeters"),
        ("+/- edema", "plus or minus edema"),
        ("3 nodules, 4/5 strength", "3 nodules, 4/5 strength"),
    ],
)
def test_measures_are_said_with_their_units(written: str, said: str) -> None:
    """One is singular, so is what stands before a noun; a number never changes."""
    assert radiology.said(written) == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("L4-5 disc", "L4 5 disc"),
        ("T12-L1, L5/S1", "T12 L1, L5 S1"),
        ("C5/6", "C5 6"),
        ("C3-C7 fusion", "C3 to C7 fusion"),
        ("L2-5", "L2 to 5"),
        ("T1/T2 bright", "T1 T2 bright"),
        ("C9-12 is no level", "C9-12 is no level"),
        ("BI-RADS 4A", "bye rads 4A"),
        ("LI-RADS 5, LR-5", "lie rads 5, L R 5"),
        ("TI-RADS 4, Lung-RADS 4B, PI-RADS 5", "tie rads 4, lung rads 4B, pie rads 5"),
        ("ASPECTS 7, ASPECTS 8/10", "aspects 7, aspects 8 of 10"),
        ("many aspects", "many aspects"),
        ("GCS 7/15", "G C S 7 of 15"),
        ("since 11/24/2026", "since November 24, 2026"),
        ("since 2026-11-24", "since November 24, 2026"),
        ("since 3/4/26", "since March 4, 26"),
        ("13/45/2026", "13/45/2026"),
    ],
)
def test_levels_scores_and_dates_are_said_as_radiologists_say_them(written: str, said: str) -> None:
    """What is no level and no date stays as written."""
    assert radiology.said(written) == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("L hip, R kidney", "left hip, right kidney"),
        ("Lt femoral neck fx", "left femoral neck fracture"),
        ("(R) kidney", "right kidney"),
        ("XR KNEE RT", "X ray knee right"),
        ("R upper lobe, L distal ureter", "right upper lobe, left distal ureter"),
        ("R>L effusions", "right more than left effusions"),
        ("R/O PE", "rule out P E"),
        ("L spine, L facet", "L spine, L facet"),
        ("L1 fracture", "L1 fracture"),
        ("5 L pleural fluid", "5 L pleural fluid"),
        ("RT planning", "RT planning"),
        ("grade 2 L kidney", "grade 2 L kidney"),
    ],
)
def test_a_letter_is_a_side_only_where_it_can_be_nothing_else(written: str, said: str) -> None:
    """Lumbar, liters and radiotherapy stay as written."""
    assert radiology.said(written) == said


@given(st.text(st.sampled_from("abdeijk R019.,"), max_size=60))
def test_no_number_and_no_word_is_lost(text: str) -> None:
    """What has no abbreviation in it is said as written, but for spaces and capitals."""
    assert "".join(radiology.said(text).lower().split()) == "".join(text.lower().split())


_NUMBERS = re.compile(r"\d+(?:\.\d+)?")
_SIDES = re.compile(r"\b(?:left|right)\b", re.IGNORECASE)
#: What is part of a unit, and no number; and a month, which is said by its name.
_OF_UNITS = re.compile(r"(\d\s*-?\s*[cm]m)[23](?![A-Za-z\d])", re.IGNORECASE)


@given(st.text(st.sampled_from("leftright 0123456789mcx-.,<~%HU"), max_size=60))
def test_numbers_and_sides_come_out_as_they_went_in(text: str) -> None:
    """In their order, each once; of a date the month is a name."""
    assume(not re.search(r"\d{4}-\d\d-\d\d", text))
    said = radiology.said(text)
    assert _NUMBERS.findall(_OF_UNITS.sub(r"\1", said)) == _NUMBERS.findall(_OF_UNITS.sub(r"\1", text))
    assert [one.lower() for one in _SIDES.findall(said)] == [one.lower() for one in _SIDES.findall(text)]


@given(st.text(max_size=80) | st.text(st.sampled_from("0123456789 -/.cmTLSCHUxgh%<>~+"), max_size=60))
@settings(max_examples=500)
def test_of_whatever_is_written_every_digit_is_said(text: str) -> None:
    """Whatever a dictation system sends: only a unit's exponent and a date's month are not digits any more."""
    said, plain = radiology.said(text), " ".join(text.split())
    assert _digits(said) == _digits(_OF_UNITS.sub(r"\1", _without_months(plain)))


def _without_months(text: str) -> str:
    def iso(found: re.Match[str]) -> str:
        year, month, day = found.groups()
        return f"{day}{year}" if _is_date(year, month, day) else found[0]

    def american(found: re.Match[str]) -> str:
        month, day, year = found.groups()
        return f"{day}{year}" if _is_date(year, month, day) else found[0]

    text = re.sub(r"(?<![\d/.-])(\d{4})-(\d{2})-(\d{2})(?![\d/-])", iso, text)
    return re.sub(r"(?<![\d/.-])(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})(?![\d/-])", american, text)


def _is_date(year: str, month: str, day: str) -> bool:
    """Tell whether it is a day of the last century or this one."""
    full = int(year) if len(year) == 4 else 2000 + int(year)
    return 1900 <= full < 2100 and 1 <= int(month) <= 12 and 1 <= int(day) <= calendar.monthrange(full, int(month))[1]


def _digits(text: str) -> str:
    return "".join(character for character in text if character in "0123456789")


#: What a night's reports are made of: as written, its numbers, its sides.
_PIECES: list[tuple[str, list[str], list[str]]] = [
    ("LEFT MCA", [], ["left"]),
    ("L MCA", [], ["left"]),
    ("RUL nodule 5-7 mm", ["5", "7"], ["right"]),
    ("LLL", [], ["left"]),
    ("R hydronephrosis", [], []),
    ("R kidney 2 x 3 x 4 cm", ["2", "3", "4"], ["right"]),
    ("12 mm right-to-left shift", ["12"], ["right", "left"]),
    ("L4-5", ["4", "5"], []),
    ("C5/6", ["5", "6"], []),
    ("T12-L1", ["12", "1"], []),
    ("BI-RADS 4", ["4"], []),
    ("ASPECTS 8/10", ["8", "10"], []),
    ("-30 to -10 HU", ["30", "10"], []),
    ("~1.5 L", ["1.5"], []),
    ("left > right", [], ["left", "right"]),
    ("R>L", [], ["right", "left"]),
    ("+/- 0.5 cm3", ["0.5"], []),
    ("50-70%", ["50", "70"], []),
    ("s/p left hip ORIF", [], ["left"]),
    ("40 mg/dL", ["40"], []),
    ("KNEE LT", [], ["left"]),
]


@given(st.lists(st.sampled_from(_PIECES), max_size=6), st.sampled_from([", ", ". ", "; "]))
def test_a_whole_report_keeps_its_numbers_and_its_sides(
    pieces: list[tuple[str, list[str], list[str]]], by: str
) -> None:
    """However its parts stand together: in their order, each once, none guessed."""
    said = radiology.said(by.join(written for written, _, _ in pieces))
    assert _NUMBERS.findall(said) == [number for _, numbers, _ in pieces for number in numbers]
    assert [one.lower() for one in _SIDES.findall(said)] == [side for _, _, sides in pieces for side in sides]
