"""Calendar feeds of rotas: fetched over HTTPS, read with a bound on everything, and reduced to shifts of known people.

A feed's address is a secret and its events may say anything: neither is logged, repeated in an error or kept. An event
whose title is not one of the rota's names is dropped here.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, time
from typing import Any
from urllib.parse import urlsplit

import httpx
import recurring_ical_events
from icalendar import Calendar
from pydantic import SecretStr

from handlers.domain.errors import DeliveryFailed
from handlers.domain.rotas import Rota, Shift, instant_of, plain_title

TIMEOUT = 10.0  #: seconds for each of connecting, sending and each part of the answer
LARGEST = 4 * 1024 * 1024  #: bytes of a feed
MOST_EVENTS = 1_000  #: events in a feed that carry a name of the rota
MOST_SHIFTS = 5_000  #: of them and their repetitions, within the span that is asked for
_MOST_A_DAY = 4  #: repetitions of one event in a day
_OLDEST = 1990  #: no repetition is counted from a year before this
_TOO_FINE = ("SECONDLY", "MINUTELY", "HOURLY")
_OK = 200


class CalendarFeeds:
    """Implements ``handlers.ports.Calendars``; ``secret`` returns the value of an environment variable."""

    def __init__(self, secret: Callable[[str], SecretStr | None]) -> None:
        self._secret = secret

    def shifts(self, rota: Rota, begins: datetime, ends: datetime) -> tuple[Shift, ...]:
        """Return the shifts of a span by the rota's calendar; raises ``DeliveryFailed`` with a reason that holds nothing of it."""
        if rota.calendar is None:
            return ()
        address = self._secret(rota.calendar.url_env)
        if address is None:
            raise DeliveryFailed("not_set")
        body = _fetched(address.get_secret_value())
        try:
            return tuple(sorted(_read(body, rota, begins, ends), key=lambda one: (one.begins, one.ends, one.who)))
        except DeliveryFailed:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a feed holds, its words must not reach a log
            raise DeliveryFailed(f"unreadable {type(error).__name__}") from None


def _fetched(address: str) -> bytes:
    parts = urlsplit(address)
    if parts.scheme != "https" and parts.hostname not in {"127.0.0.1", "localhost"}:
        raise DeliveryFailed("not_https")
    try:
        with (
            httpx.Client(timeout=TIMEOUT, trust_env=False, max_redirects=3) as client,
            client.stream("GET", address, headers={"accept": "text/calendar"}) as answer,
        ):
            if answer.status_code != _OK:
                raise DeliveryFailed(f"http_{answer.status_code}")
            body = bytearray()
            for part in answer.iter_bytes():
                body += part
                if len(body) > LARGEST:
                    raise DeliveryFailed("too_large")
            return bytes(body)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise DeliveryFailed(f"not_reached {type(error).__name__}") from None


def _read(body: bytes, rota: Rota, begins: datetime, ends: datetime) -> Iterator[Shift]:
    if not body.lstrip(b"\xef\xbb\xbf\r\n ").startswith(b"BEGIN:VCALENDAR"):
        raise DeliveryFailed("not_a_calendar")
    calendar = Calendar.from_ical(body)
    names = {plain_title(name): who for name, who in (rota.calendar.names if rota.calendar else {}).items()}
    _keep_named(calendar, names)
    found: Any = recurring_ical_events.of(calendar).between(begins, ends)
    for count, event in enumerate(itertools.islice(found, MOST_SHIFTS + 1)):
        if count == MOST_SHIFTS:
            raise DeliveryFailed("too_many_shifts")
        who = names.get(plain_title(str(event.get("SUMMARY", ""))))
        since, until = (_instant(rota.zone, event[key].dt) for key in ("DTSTART", "DTEND"))
        if who is not None and since < until and str(event.get("STATUS", "")).upper() != "CANCELLED":
            yield Shift(who=who, begins=since, ends=until)


def _keep_named(calendar: Calendar, names: Mapping[str, str]) -> None:
    """Drop every event of which no occurrence has a name of the rota, before any is repeated; refuse what has no bound."""
    events: list[Any] = list(calendar.walk("VEVENT"))
    named = {str(one.get("UID", "")) for one in events if plain_title(str(one.get("SUMMARY", ""))) in names}
    kept = [one for one in events if str(one.get("UID", "")) in named]
    if len(kept) > MOST_EVENTS:
        raise DeliveryFailed("too_many_events")
    for one in kept:
        _refuse_boundless(one)
    others = [one for one in calendar.subcomponents if one.name not in {"VEVENT", "VTODO", "VJOURNAL"}]
    calendar.subcomponents = [*others, *kept]


def _refuse_boundless(event: Any) -> None:
    rules = event.get("RRULE", [])
    for rule in rules if isinstance(rules, list) else [rules]:
        a_day = len(rule.get("BYHOUR", [0])) * len(rule.get("BYMINUTE", [0])) * len(rule.get("BYSECOND", [0]))
        if any(str(one).upper() in _TOO_FINE for one in rule.get("FREQ", [])) or a_day > _MOST_A_DAY:
            raise DeliveryFailed("repeats_too_often")
        if event["DTSTART"].dt.year < _OLDEST:
            raise DeliveryFailed("repeats_since_too_long")


def _instant(zone: str, at: date) -> datetime:
    """Return an instant; a day is its local midnight, a time without a zone is the rota's own."""
    if not isinstance(at, datetime):
        at = datetime.combine(at, time())
    return instant_of(zone, at) if at.tzinfo is None else at.astimezone(UTC)
