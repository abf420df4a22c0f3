"""Telephone numbers: which are valid, which are ours, and how Twilio writes them."""

from __future__ import annotations

import re
from dataclasses import dataclass

E164 = re.compile(r"\+[1-9][0-9]{6,14}")
NORTH_AMERICAN = re.compile(r"\+1[2-9][0-9]{2}[2-9][0-9]{6}")


@dataclass(frozen=True)
class NumberConfig:
    """What one of the account's own numbers does (Twilio: IncomingPhoneNumber resource)."""

    voice_url: str | None = None
    sms_url: str | None = None
    sms_capable: bool = True
    voice_capable: bool = True
    voice_method: str = "POST"
    sms_method: str = "POST"
    voice_fallback_url: str | None = None
    #: Requested once, when an inbound call has ended.
    status_url: str | None = None


def is_dialable(number: str) -> bool:
    """Say whether ``number`` is E.164; North American numbers need ten digits with a possible area code."""
    if number.startswith("+1"):
        return NORTH_AMERICAN.fullmatch(number) is not None
    return E164.fullmatch(number) is not None


def formatted(number: str) -> str:
    """Write a North American number as Twilio's ``to_formatted`` does; others stay as they are."""
    if NORTH_AMERICAN.fullmatch(number):
        return f"({number[2:5]}) {number[5:8]}-{number[8:]}"
    return number


def whereabouts(prefix: str, number: str) -> dict[str, str]:
    """Return the geographic parameters of a webhook for one end (Twilio: TwiML request parameters)."""
    country = "US" if number.startswith("+1") else ""
    return {f"{prefix}City": "", f"{prefix}State": "", f"{prefix}Zip": "", f"{prefix}Country": country}
