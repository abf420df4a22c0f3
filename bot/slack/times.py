"""Times and durations as a worklist says them."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

_HOUR = 60  #: minutes
_DAY = 24 * _HOUR
_MINUTES_SAID_UP_TO = 2 * _HOUR


def span(minutes: int) -> str:
    """Return ``12 min``, ``3 h 10 min`` or ``2 d 4 h``."""
    if minutes < _MINUTES_SAID_UP_TO:
        return f"{minutes} min"
    if minutes < _DAY:
        hours, rest = divmod(minutes, _HOUR)
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    days, rest = divmod(minutes, _DAY)
    return f"{days} d {rest // _HOUR} h" if rest >= _HOUR else f"{days} d"


def left(minutes: int) -> str:
    """Return ``12 min left`` or ``4 min over``."""
    return f"{span(minutes)} left" if minutes >= 0 else f"{span(-minutes)} over"


def clock(instant: datetime, zone: str, now: datetime | None = None) -> str:
    """Return ``02:15 EST`` in a facility's zone, with the weekday when that is another day than ``now``."""
    local = instant.astimezone(ZoneInfo(zone))
    if now is not None and now.astimezone(ZoneInfo(zone)).date() != local.date():
        return local.strftime("%a %H:%M %Z")
    return local.strftime("%H:%M %Z")
