"""A procedure or a finding as it is said, so that nobody mishears it: abbreviations, units, signs, levels, sides, dates.

Sides and numbers are never lost and never changed, and every word that is in no table stays as written.
"""

from __future__ import annotations

from telephony import abbreviations, measures


def said(text: str) -> str:
    """Return a procedure or a finding for the ear."""
    plain = " ".join(text.split())
    numbers = measures.measures(measures.levels(measures.dates(plain)))
    return abbreviations.words(abbreviations.systems(abbreviations.sides(numbers)), shouted=plain.isupper())
