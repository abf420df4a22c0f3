"""Reads the parameters of a REST request: unknown ones are refused, which Twilio does not do, so that typos are found."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urlencode, urlsplit

from sandbox.exchange.records import EVENTS, Hook, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable

LIST_PARAMETERS = ("PageSize", "Page", "PageToken")
UNKNOWN = 20001


def refuse(code: int, message: str, status: int = 400) -> NoReturn:
    """Answer with one of Twilio's errors."""
    raise Refusal(status, code, message)


class Parameters:
    """The parameters of one request."""

    def __init__(self, pairs: Iterable[tuple[str, str]], known: Iterable[str]) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in pairs:
            self._values.setdefault(name, []).append(value)
        unknown = sorted(set(self._values) - set(known))
        if unknown:
            refuse(UNKNOWN, f"unknown parameter {', '.join(unknown)}; the known ones are {', '.join(sorted(known))}")

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def text(self, name: str) -> str | None:
        """Return the value, or None; given twice is refused."""
        values = self._values.get(name, [])
        if len(values) > 1:
            refuse(UNKNOWN, f"{name} was given {len(values)} times")
        return values[0] if values else None

    def many(self, name: str) -> list[str]:
        """Return every value of a repeatable parameter."""
        return self._values.get(name, [])

    def encoded(self, without: Iterable[str]) -> str:
        """Return the parameters but ``without`` as the beginning of a query, with a trailing ampersand."""
        left = {name: values for name, values in self._values.items() if name not in without}
        return urlencode(left, doseq=True) + "&" if left else ""

    def whole(self, name: str, default: int, low: int, high: int, code: int = UNKNOWN) -> int:
        """Return a whole number from ``low`` to ``high``."""
        value = self.text(name)
        if value is None:
            return default
        if not (value.isascii() and value.isdigit() and low <= int(value) <= high):
            refuse(code, f"{name} is {value!r}; it must be a whole number from {low} to {high}")
        return int(value)

    def choice(self, name: str, allowed: Iterable[str], default: str | None = None, code: int = UNKNOWN) -> str | None:
        """Return one of the allowed values."""
        value = self.text(name)
        if value is None:
            return default
        if value not in allowed:
            refuse(code, f"{name} is {value!r}; it must be one of {', '.join(allowed)}")
        return value

    def yes(self, name: str) -> bool:
        """Return whether it is ``true``."""
        return (self.choice(name, ("true", "false"), "false") or "false") == "true"

    def url(self, name: str, code: int) -> str | None:
        """Return an absolute http or https URL."""
        value = self.text(name)
        if value is None:
            return None
        try:
            parts = urlsplit(value)
            valid = parts.scheme in ("http", "https") and bool(parts.hostname) and not set(value) & set(" \t\r\n")
        except ValueError:
            valid = False
        if not valid:
            refuse(code, f"{name} is not a valid URL: {value}")
        return value

    def hook(self, name: str, code: int, method_name: str | None = None) -> Hook | None:
        """Return a URL with its method; a method without its URL is refused."""
        method_name = method_name or f"{name}Method"
        method = self.choice(method_name, ("GET", "POST"), "POST", 21209) or "POST"
        url = self.url(name, code)
        if url is None and method_name in self:
            refuse(UNKNOWN, f"{method_name} is given without {name}")
        return Hook(url, method) if url is not None else None

    def events(self, name: str) -> frozenset[str]:
        """Return the call progress events asked for; the end of the call if none is named."""
        asked = [event for value in self.many(name) for event in value.split()]
        wrong = sorted(set(asked) - set(EVENTS))
        if wrong:
            refuse(21626, f"{name} {', '.join(wrong)} is not one of {', '.join(EVENTS)}")
        return frozenset(asked) or frozenset({"completed"})

    def matches(self, name: str, at: datetime | None) -> bool:
        """Say whether an instant passes the filters ``name``, ``name>`` and ``name<`` (on or after, on or before)."""
        for sign in ("", ">", "<"):
            value = self.text(name + sign)
            if value is not None and not (at is not None and _passes(at, sign, value)):
                return False
        return True


def _passes(at: datetime, sign: str, value: str) -> bool:
    try:
        bound: date = date.fromisoformat(value) if len(value) == len("2000-01-01") else datetime.fromisoformat(value)
    except ValueError:
        refuse(UNKNOWN, f"{value!r} is not a date in ISO 8601")
    if not isinstance(bound, datetime):
        day = at.date()
        return day == bound if not sign else day >= bound if sign == ">" else day <= bound
    if bound.tzinfo is None:
        refuse(UNKNOWN, f"{value!r} does not name its time zone")
    if not sign and (bound.hour, bound.minute, bound.second) == (0, 0, 0):
        # The official client writes a day as its midnight.
        return at.date() == bound.date()
    # Twilio keeps whole seconds.
    whole = at.replace(microsecond=0)
    return whole == bound if not sign else whole >= bound if sign == ">" else whole <= bound


def dates(name: str) -> tuple[str, str, str]:
    """Return the names of the three filters on one instant."""
    return (name, f"{name}>", f"{name}<")
