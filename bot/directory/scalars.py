"""One written value at a time: durations, days, times, numbers and names, each with a sentence for what it is not."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, time, timedelta
from enum import StrEnum
from functools import cache
from math import ceil
from string import Formatter
from typing import TypeVar
from urllib.parse import urlsplit
from zoneinfo import available_timezones

import phonenumbers

from bot.directory.nodes import Entry, Value
from bot.directory.problems import Unfit, nearest
from handlers.pins import is_pin_hash

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

_UNITS = {"d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1), "s": timedelta(seconds=1)}
_LONGEST = timedelta(days=366)
_LONGEST_TEXT = 120
_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}", re.ASCII)
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
#: What a PACS link may hold.
LINK_FIELDS = frozenset({"accession_number", "study_instance_uid", "patient_id"})
STATES = frozenset(
    {
        "AL", "AK", "AZ", "AR", "CA", "CO", "CT", "DE", "DC", "FL", "GA", "HI", "ID", "IL", "IN", "IA", "KS", "KY", "LA",
        "ME", "MD", "MA", "MI", "MN", "MS", "MO", "MT", "NE", "NV", "NH", "NJ", "NM", "NY", "NC", "ND", "OH", "OK", "OR",
        "PA", "RI", "SC", "SD", "TN", "TX", "UT", "VT", "VA", "WA", "WV", "WI", "WY", "AS", "GU", "MP", "PR", "VI",
    }
)  # fmt: skip


def lifted(parse: Callable[[str], T]) -> Callable[[Value], T]:
    """Return a parser of values from a parser of their text."""
    return lambda value: parse(value.text())


def each(parse: Callable[[Value], T]) -> Callable[[Value], tuple[T, ...]]:
    """Return a parser of lists, whose every item is read by ``parse``; those that cannot be read are problems and left out."""

    def read(value: Value) -> tuple[T, ...]:
        found = (item.read(parse) for item in value.items())
        return tuple(item for item in found if item is not None)

    return read


def opened(read: Callable[[Entry], T]) -> Callable[[Value], T]:
    """Return a parser of mappings, whose unknown keys are refused after ``read``."""

    def parse(value: Value) -> T:
        with value.entry() as entry:
            return read(entry)

    return parse


def text(written: str) -> str:
    """Return one line of text; at most 120 characters."""
    if len(written) > _LONGEST_TEXT or not written.isprintable():
        raise Unfit(f"this is longer than {_LONGEST_TEXT} characters or not one line of text: shorten it.")
    return written.strip()


def identifier(written: str) -> str:
    """Return an id: lower case letters, digits, ``-`` and ``_``."""
    if not _ID.fullmatch(written):
        raise Unfit(f'"{written}" is not an id: use up to 64 lower case letters, digits, - and _, as in night-desk.')
    return written


def duration(written: str) -> timedelta:
    """Return a duration such as ``90s``, ``15m``, ``3h`` or ``15d``; more than nothing, at most 366 days."""
    match = re.fullmatch(r"([0-9]{1,8})([smhd])", written)
    if match is None:
        raise Unfit(f'"{written}" is not a duration: write a whole number and s, m, h or d, as in 90s, 15m, 3h, 15d.')
    length = int(match[1]) * _UNITS[match[2]]
    if not timedelta(0) < length <= _LONGEST:
        raise Unfit(f'"{written}" is not between 1s and {_LONGEST.days}d: write a duration that can be waited for.')
    return length


def long_duration(written: str) -> timedelta:
    """Return a duration of years or days, such as ``6y`` or ``2192d``, at most fifty years; a year has 365.25 days."""
    match = re.fullmatch(r"([0-9]{1,5})([yd])", written)
    days = 0.0 if match is None else int(match[1]) * (365.25 if match[2] == "y" else 1)
    if not 1 <= days <= 50 * 365.25:
        raise Unfit(f'"{written}" is not from 1d to 50y: write a whole number and y or d, as in 6y.')
    return timedelta(days=ceil(days))


def lease(written: str) -> timedelta:
    """Return a duration from one minute to a day: how long whoever holds a read may be silent."""
    length = duration(written)
    if not timedelta(minutes=1) <= length <= timedelta(days=1):
        raise Unfit(f'"{written}" is not between 1m and 1d: write how long a reader may be silent, as in 30m.')
    return length


def written_duration(length: timedelta) -> str:
    """Return the shortest way to write a duration of whole seconds; `duration` reads it back."""
    unit = next(unit for unit, one in _UNITS.items() if length % one == timedelta(0))
    return f"{length // _UNITS[unit]}{unit}"


def day(written: str) -> date:
    """Return a date such as ``2026-01-31``."""
    refusal = Unfit(f'"{written}" is not a date of the calendar: write year-month-day, as in 2026-01-31.')
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", written):
        raise refusal
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise refusal from None


def clock(written: str) -> time:
    """Return a time of day such as ``18:00``; ``24:00`` is midnight at the day's end."""
    match = re.fullmatch(r"([0-9]{1,2}):([0-9]{2})", written)
    if written == "24:00":
        return time(0)
    if match is None or int(match[1]) > 23 or int(match[2]) > 59:  # noqa: PLR2004 - a day's hours, an hour's minutes
        raise Unfit(f'"{written}" is not a time of day: write hours and minutes in quotes, as in "18:00".')
    return time(int(match[1]), int(match[2]))


def days(written: str) -> tuple[int, ...]:
    """Return one weekday or a range of them, Monday as 0; ``fri-mon`` runs over the week's end."""
    first, _, last = written.lower().partition("-")
    last = last or first
    if first not in _DAYS or last not in _DAYS:
        raise Unfit(
            f'"{written}" is not a day or a range of days: use {", ".join(_DAYS)}, as in mon-fri or [sat, sun].'
        )
    begin, end = _DAYS.index(first), _DAYS.index(last)
    return tuple((begin + step) % 7 for step in range((end - begin) % 7 + 1))


def e164(written: str) -> str:
    """Return a telephone number written in E.164; whether it can exist is judged by the check."""
    if not re.fullmatch(r"\+[1-9][0-9]{6,14}", written):
        raise Unfit(f'"{written}" is not in E.164: write + and the country code without blanks, as in "+13125550101".')
    return written


def npi(written: str) -> str:
    """Return a National Provider Identifier: ten digits, the last by Luhn over the prefix 80840 (45 CFR 162.406)."""
    if not re.fullmatch(r"[12][0-9]{9}", written):
        raise Unfit(f'"{written}" is not an NPI: it has ten digits and begins with 1 or 2.')
    doubled = (int(digit) * (1 + at % 2) for at, digit in enumerate(reversed("80840" + written)))
    if sum(value - 9 if value > 9 else value for value in doubled) % 10:  # noqa: PLR2004 - Luhn
        raise Unfit(f'the check digit of the NPI "{written}" is wrong: compare it with the NPI registry.')
    return written


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def zone(written: str) -> str:
    """Return a time zone of the IANA database."""
    if written not in _zones():
        raise Unfit(f'"{written}" is not a time zone: write one such as America/Chicago.{nearest(written, _zones())}')
    return written


def state(written: str) -> str:
    """Return a state, district or territory by its two letters."""
    if written not in STATES:
        raise Unfit(f'"{written}" is not a state: write its two capital letters, as in IL.')
    return written


@cache
def _countries() -> frozenset[str]:
    return frozenset(phonenumbers.SUPPORTED_REGIONS)


def country(written: str) -> str:
    """Return a country by its two letters (ISO 3166-1 alpha-2)."""
    if written not in _countries():
        raise Unfit(f'"{written}" is not a country: write its two capital letters, as in US.')
    return written


def modality(written: str) -> str:
    """Return a DICOM modality (PS3.3 C.7.3.1.1.1) or ``*`` for all."""
    if not re.fullmatch(r"[A-Z]{2,12}|\*", written):
        raise Unfit(f'"{written}" is not a modality: write capitals as DICOM does, CT, MR, CR, or "*" for all.')
    return written


def slack_user(written: str) -> str:
    """Return a Slack user's id."""
    if not re.fullmatch(r"[UW][A-Z0-9]{6,20}", written):
        raise Unfit(f'"{written}" is not a Slack user id: copy the member ID (U…) from the profile, not the name.')
    return written


def slack_channel(written: str) -> str:
    """Return a Slack channel's id."""
    if not re.fullmatch(r"[CG][A-Z0-9]{6,20}", written):
        raise Unfit(f'"{written}" is not a Slack channel id: copy the channel ID (C…) from its details, not the name.')
    return written


def environment_name(written: str) -> str:
    """Return an environment variable's name; anything else may be a secret and is not repeated."""
    if not re.fullmatch(r"[A-Z][A-Z0-9_]{2,80}", written):
        raise Unfit(
            "this is not the name of an environment variable, as in RADRELAY_SOURCE_RIS_SECRET; never write secrets."
        )
    return written


def pin_hash(written: str) -> str:
    """Return a PIN's hash; anything else may be a PIN and is not repeated."""
    if not is_pin_hash(written):
        raise Unfit(
            "this is not a PIN's hash: make one with radrelay directory hash-pin, and never write the PIN itself."
        )
    return written


def extension(written: str) -> str:
    """Return an extension as people read it."""
    if not re.fullmatch(r"[0-9*#]{1,10}", written):
        raise Unfit(f'"{written}" is not an extension: write up to ten digits in quotes.')
    return written


def send_digits(written: str) -> str:
    """Return keys for Twilio's SendDigits: digits, ``*``, ``#``, and ``w`` or ``W`` for half a second's or a second's pause."""
    if not re.fullmatch(r"[0-9*#wW]{1,32}", written):
        raise Unfit(f'"{written}" cannot be keyed: use digits, *, #, and w for half a second, as in "ww4410".')
    return written


def flag(written: str) -> bool:
    """Return yes or no."""
    if written.lower() not in {"true", "false", "yes", "no", "on", "off"}:
        raise Unfit(f'"{written}" is not true or false.')
    return written.lower() in {"true", "yes", "on"}


def whole(least: int, most: int) -> Callable[[str], int]:
    """Return a parser of whole numbers between two bounds."""

    def parse(written: str) -> int:
        if not re.fullmatch(r"[0-9]{1,6}", written) or not least <= int(written) <= most:
            raise Unfit(f'"{written}" is not a whole number from {least} to {most}.')
        return int(written)

    return parse


def choice(kind: type[E]) -> Callable[[str], E]:
    """Return a parser of one of an enumeration's words."""

    def parse(written: str) -> E:
        try:
            return kind(written)
        except ValueError:
            words = ", ".join(kind)
            raise Unfit(f'"{written}" is not one of {words}.{nearest(written, kind)}') from None

    return parse


def address(written: str) -> str:
    """Return the ``https`` URL of a system that is sent to (``http`` on loopback); what is in it goes to nobody else."""
    try:
        parts = urlsplit(written)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or port == 0 or not written.isascii() or re.search(r"[\s\"'<>\\{}]", written):
        raise Unfit("this is not an address: write https://HOST/PATH without blanks or quotes.")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise Unfit("this address holds a user, a password or a fragment: messages are signed with secrets instead.")
    if parts.scheme != "https" and not (parts.scheme == "http" and host in {"127.0.0.1", "localhost"}):
        raise Unfit("this address is not https: what is told names studies and may not travel in clear.")
    return written


def link(written: str) -> str:
    """Return an ``https`` URL whose braces hold only what the case page can fill in (``http`` on loopback)."""
    allowed = f"its braces may hold only {', '.join(sorted(LINK_FIELDS))}."
    try:
        parts, pieces = urlsplit(written), list(Formatter().parse(written))
        loopback = parts.scheme == "http" and parts.hostname in {"127.0.0.1", "localhost"}
    except ValueError:
        raise Unfit(f"this link cannot be filled in: {allowed}") from None
    if any(name is not None and (name not in LINK_FIELDS or spec or change) for _, name, spec, change in pieces):
        raise Unfit(f"this link cannot be filled in: {allowed}")
    if not (parts.scheme == "https" or loopback) or not parts.hostname or re.search(r"[\s\"'<>\\]", written):
        raise Unfit(f'"{written}" is not a link: write https://… without blanks or quotes.')
    if "{" in parts.netloc:
        raise Unfit("this link's host is not fixed: use braces after the host only.")
    return written
