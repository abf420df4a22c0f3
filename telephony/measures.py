"""Numbers for the ear: measures with their units, ranges, signs, spinal levels, scores and dates. No digit is ever lost.

Two exceptions, and no third: the 2 or 3 of ``cm3`` is part of its unit (cubic), and a date's month is said by its name.
"""

from __future__ import annotations

import re
from datetime import date

#: Unit by its written form, in whatever case: said for one of it, and for more.
_UNITS = {
    "mm": ("millimeter", "millimeters"), "cm": ("centimeter", "centimeters"), "ml": ("milliliter", "milliliters"),
    "cc": ("cubic centimeter", "cubic centimeters"), "hu": ("Hounsfield unit", "Hounsfield units"),
    "mm2": ("square millimeter", "square millimeters"), "cm2": ("square centimeter", "square centimeters"),
    "mm3": ("cubic millimeter", "cubic millimeters"), "cm3": ("cubic centimeter", "cubic centimeters"),
    "mmhg": ("millimeter of mercury", "millimeters of mercury"), "mg": ("milligram", "milligrams"),
    "mcg": ("microgram", "micrograms"), "kg": ("kilogram", "kilograms"), "ng": ("nanogram", "nanograms"),
    "meq": ("milliequivalent", "milliequivalents"), "mmol": ("millimole", "millimoles"), "dl": ("deciliter", "deciliters"),
    "fr": ("French", "French"), "bpm": ("beat per minute", "beats per minute"), "msv": ("millisievert", "millisieverts"),
    "mgy": ("milligray", "milligrays"), "hr": ("hour", "hours"), "hrs": ("hour", "hours"), "min": ("minute", "minutes"),
    "sec": ("second", "seconds"), "wk": ("week", "weeks"), "wks": ("week", "weeks"), "yo": ("year old", "year old"),
    "yr": ("year", "years"), "yrs": ("year", "years"), "%": ("percent", "percent"), "°c": ("degree Celsius", "degrees Celsius"),
    "°f": ("degree Fahrenheit", "degrees Fahrenheit"), "°": ("degree", "degrees"),
}  # fmt: skip
#: These are units in this case only: ``5 G`` may be a gauge, ``3 l`` a typing error.
_CASED = {"g": ("gram", "grams"), "L": ("liter", "liters"), "h": ("hour", "hours")}
_PER = {
    "dl": "deciliter", "l": "liter", "ml": "milliliter", "min": "minute", "s": "second", "sec": "second", "h": "hour",
    "hr": "hour", "kg": "kilogram", "yr": "year", "year": "year", "day": "day", "week": "week", "month": "month",
}  # fmt: skip
_SIGNS = {
    "<=": "at most", ">=": "at least", "≤": "at most", "≥": "at least", "<": "less than", ">": "more than",
    "~": "about", "≈": "about", "+/-": "plus or minus", "±": "plus or minus",
}  # fmt: skip
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_SUPERSCRIPTS = str.maketrans("²³", "23")


def _either(forms: dict[str, tuple[str, str]] | dict[str, str]) -> str:
    return "|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True))


_NUMBER = r"\d+(?:\.\d+)?"
#: A unit, not followed by more of a word. ``L`` is a liter only where nothing, punctuation or "of" follows: ``2 L ribs``.
_UNIT = rf"(?:(?i:{_either(_UNITS)})(?![A-Za-z\d])|[gh](?![A-Za-z\d/])|[gL](?=/)|L(?=\s*(?:$|[,;.)]|of\b)))"
_WHAT_IS_COUNTED = r"(?i:days?|weeks?|months?|years?|hours?|minutes?|seconds?|beats?|fractures?|levels?)\b"
_NAMED = r"(?i:ribs?|images?|levels?|slices?|series|weeks?|zones?|segments?)"

_SUPERSCRIPT = re.compile(r"(?<=[cm]m)[²³]", re.IGNORECASE)
_TIMES = re.compile(rf"({_NUMBER}(?:\s*(?:mm|cm))?)\s*[x×]\s*(?={_NUMBER})", re.IGNORECASE)
_RANGE = re.compile(
    rf"(?<![\w.-])(-?{_NUMBER})(?:\s*[-–]\s*|-\s+to\s+)(?={_NUMBER}(?:\s*-?\s*{_UNIT}|\s+{_WHAT_IS_COUNTED}))"
)
_NAMED_RANGE = re.compile(rf"\b({_NAMED}\s+{_NUMBER})\s*[-–]\s*(?={_NUMBER}(?![\d/-]))")
_MEASURE = re.compile(rf"({_NUMBER})(\s*-\s*|\s*)({_UNIT})(?:/((?i:{_either(_PER)}))(?![A-Za-z]))?")
_SIGN = re.compile(rf"({_either(_SIGNS)})\s*(?=-?\.?\d)")
_ALSO_OR_NOT = re.compile(r"(?:\+/-|±)\s*(?=[A-Za-z])")
#: A minus stands only where a value below zero can be: in density, in degrees, in a score.
_BELOW_ZERO = re.compile(
    rf"(?<![\w.-])[-−](?={_NUMBER}(?:\s*(?i:hu|hounsfield|°)|(?:\s+to\s+|\s*[-–]\s*)[-−]?{_NUMBER}\s*(?i:hu|hounsfield|°)))"
    r"|(?<=[Ss]core )[-−](?=\d)|(?<=[Ss]core of )[-−](?=\d)|(?<=SCORE )[-−](?=\d)|(?<= to )[-−](?=\d)"
)
_OF_TEN = re.compile(rf"\b((?i:aspects|score|score of|gcs|nihss)\s+{_NUMBER})/(?={_NUMBER})")
_LEVELS = re.compile(r"(?<![\w/-])([CTLS])(\d{1,2})\s?[-–/]\s?([CTLS]?)(\d{1,2})(?![\w/]|[-.]\d)")
_SPINE = {"C": 7, "T": 12, "L": 5, "S": 5}
_ISO_DATE = re.compile(r"(?<![\d/.-])(\d{4})-(\d{2})-(\d{2})(?![\d/-]|\.\d)")
_US_DATE = re.compile(r"(?<![\d/.-])(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})(?![\d/-]|\.\d)")


#: What is written like a date of another century is some other number.
_YEARS = range(1900, 2100)


def dates(text: str) -> str:
    """Return ``2026-11-24`` and ``11/24/2026`` with the month by its name; what is no date stays as written."""
    text = _ISO_DATE.sub(lambda found: _date(found[0], year=found[1], month=found[2], day=found[3]), text)
    return _US_DATE.sub(lambda found: _date(found[0], year=found[3], month=found[1], day=found[2]), text)


def _date(written: str, *, year: str, month: str, day: str) -> str:
    full = int(year) if len(year) > 2 else 2000 + int(year)  # noqa: PLR2004 - two digits of a year
    try:
        date(full, int(month), int(day))
    except ValueError:
        return written
    if full not in _YEARS:
        return written
    return f"{_MONTHS[int(month) - 1]} {day}, {year}"


def levels(text: str) -> str:
    """Return neighboring spinal levels side by side (``L4 5``), others as a range (``C3 to 7``)."""
    return _LEVELS.sub(_level, text)


def _level(match: re.Match[str]) -> str:
    first, upper, second, lower = match.groups()
    last = second or first
    if not (0 < int(upper) <= _SPINE[first] and 0 < int(lower) <= _SPINE[last]):
        return match[0]
    following = last == first and int(lower) == int(upper) + 1
    across = f"{first}{last}" in ("CT", "TL", "LS") and int(upper) == _SPINE[first] and int(lower) == 1
    is_sequences = first == last == "T" and second and (upper, lower) == ("1", "2")  # T1 and T2 weighted
    return f"{first}{upper}{' ' if following or across or is_sequences else ' to '}{second}{lower}"


def measures(text: str) -> str:
    """Return numbers with their signs, ranges and units as they are said."""
    text = _SUPERSCRIPT.sub(lambda match: match[0].translate(_SUPERSCRIPTS), text)
    text = _OF_TEN.sub(r"\1 of ", text)
    text = _RANGE.sub(r"\1 to ", _TIMES.sub(r"\1 by ", text))
    text = _NAMED_RANGE.sub(r"\1 to ", text)
    text = _BELOW_ZERO.sub("minus ", text)
    text = _MEASURE.sub(_measure, text)
    text = _ALSO_OR_NOT.sub("plus or minus ", text)
    return _SIGN.sub(lambda match: f"{_SIGNS[match[1]]} ", text)


def _measure(match: re.Match[str]) -> str:
    """Say a measure: ``5 millimeters``, ``1 millimeter``, and before a noun ``5 millimeter``."""
    number, between, unit, per = match.groups()
    one, more = _CASED.get(unit) or _UNITS[unit.lower()]
    said = one if "-" in between or float(number) == 1 else more
    return f"{number} {said}" + (f" per {_PER[per.lower()]}" if per else "")
