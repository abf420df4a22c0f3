"""Radiology's abbreviations, units and signs, said so that nobody mishears them: a table, and what is never touched.

Sides, levels and numbers stay exactly as written, and so does every word that is not in the table. An abbreviation that
means two things is spelled, not guessed.
"""

from __future__ import annotations

import re

#: Spelled, letter by letter.
_SPELLED = frozenset(
    {
        *("CT", "CTA", "CTV", "CTP", "MR", "MRI", "MRA", "MRV", "MRCP", "PET", "PE", "DVT", "IV", "ICH", "SAH", "SDH", "EDH"),
        *("IVH", "AAA", "MCA", "ACA", "PCA", "ICA", "LVO", "TIA", "CVA", "RV", "LV", "IVC", "SVC", "SMA", "IMA", "ED", "ER"),
        *("ICU", "CHF", "COPD", "GI", "GU", "BP", "CSF", "CVC", "NPH", "SI", "AC", "LAD", "RCA", "AV", "VP", "TB", "HCC"),
    }
)  # fmt: skip
_SAID = {
    "XR": "X ray", "CXR": "chest X ray", "US": "ultrasound", "NM": "nuclear medicine", "KUB": "abdomen X ray",
    "RUL": "right upper lobe", "RML": "right middle lobe", "RLL": "right lower lobe",
    "LUL": "left upper lobe", "LLL": "left lower lobe",
    "RUQ": "right upper quadrant", "LUQ": "left upper quadrant",
    "RLQ": "right lower quadrant", "LLQ": "left lower quadrant",
    "SBO": "small bowel obstruction", "ETT": "endotracheal tube", "NGT": "nasogastric tube", "PICC": "pick line",
    "PTX": "pneumothorax", "FX": "fracture", "HX": "history", "WO": "without",
    "W/O": "without", "W/": "with", "S/P": "status post", "R/O": "rule out", "C/W": "consistent with",
    "H/O": "history of", "F/U": "follow-up",
}  # fmt: skip
#: Abbreviations in whatever case they are written; any other is one in capitals only ("us" is no ultrasound).
_ANY_CASE = frozenset({"W/O", "W/", "S/P", "R/O", "C/W", "H/O", "F/U", "FX", "HX"})
_UNITS = {
    "mm": "millimeter", "cm": "centimeter", "ml": "milliliter", "cc": "cubic centimeter", "hu": "Hounsfield unit",
}  # fmt: skip
_SIGNS = {"<": "less than", ">": "more than", "≤": "at most", "≥": "at least", "~": "about"}
_VOWELS = frozenset("AEIOUY")

_WORD = re.compile(r"(?<![\w/])(?:[A-Za-z]/[A-Za-z](?![\w/])|[Ww]/(?=\s|$)|[A-Za-z]+(?!\w))")
_UNIT = "|".join(_UNITS)
_NUMBER = r"\d+(?:\.\d+)?"
_TIMES = re.compile(rf"({_NUMBER})\s*[x×]\s*(?={_NUMBER})", re.IGNORECASE)
_RANGE = re.compile(rf"({_NUMBER})\s*[-–]\s*(?={_NUMBER}\s*-?\s*(?:{_UNIT})\b)", re.IGNORECASE)
_MEASURE = re.compile(rf"({_NUMBER})(\s*-\s*|\s*)({_UNIT})\b", re.IGNORECASE)
_SIGN = re.compile(rf"([{''.join(_SIGNS)}])\s*(?=\d)")
_BESIDE = re.compile(r"(?<=[A-Za-z]{2})/(?=[A-Za-z]{2})")


def said(text: str) -> str:
    """Return a procedure or a finding for the ear."""
    plain = " ".join(text.split())
    shouted = plain.isupper()
    words = _WORD.sub(lambda match: _word(match.group(), shouted=shouted), _BESIDE.sub(", ", plain))
    words = _TIMES.sub(r"\1 by ", words)
    words = _RANGE.sub(r"\1 to ", words)
    words = _MEASURE.sub(_measure, words)
    return _SIGN.sub(lambda match: f"{_SIGNS[match[1]]} ", words)


def _word(word: str, *, shouted: bool) -> str:
    upper = word.upper()
    is_one = word == upper or upper in _ANY_CASE
    if is_one and upper in _SAID:
        return _SAID[upper]
    if is_one and upper in _SPELLED:
        return " ".join(upper)
    if shouted and not set(word) & _VOWELS and len(word) > 1:
        return " ".join(word)  # no word of ours: whatever it means, its letters are said
    return word.lower() if shouted else word


def _measure(match: re.Match[str]) -> str:
    """Say a measure: ``5 millimeters``, ``1 millimeter``, and before a noun ``5 millimeter``."""
    number, between, unit = match.groups()
    plural = "" if "-" in between or float(number) == 1 else "s"
    return f"{number} {_UNITS[unit.lower()]}{plural}"
