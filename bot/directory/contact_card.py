"""A contact card (vCard) of our numbers, so that a telephone shows who calls instead of an unknown number.

It holds the numbers that call for a site, the site's own staffed line, and nothing of any person or case (RFC 2426).
"""

from __future__ import annotations

from handlers.domain.directory import Facility

_NOTE = (
    "NOTE:The first number calls and texts about critical results\\, and can be called back at any hour. "
    "The second is staffed."
)
_LINE = "\r\n"


def card(facility: Facility, our_number: str) -> str:
    """Return the card of one site; ``our_number`` is the number for all, where the site has none of its own."""
    ours = facility.caller_number or our_number
    return _LINE.join(
        (
            "BEGIN:VCARD",
            "VERSION:3.0",
            f"FN:{_escaped(f'Radiology critical results, {facility.alias}')}",
            "N:;Radiology critical results;;;",
            f"ORG:{_escaped(facility.name)};Radiology",
            f"TEL;TYPE=WORK,VOICE,PREF:{ours}",
            f"TEL;TYPE=WORK:{facility.callback_number}",
            _NOTE,
            "CATEGORIES:Radiology",
            "END:VCARD",
            "",
        )
    )


def file_name(facility: Facility) -> str:
    """Return what the card is called as a file."""
    return f"radiology-{facility.id}.vcf"


def _escaped(text: str) -> str:
    for sign in ("\\", ",", ";"):
        text = text.replace(sign, f"\\{sign}")
    return text.replace("\n", " ")
