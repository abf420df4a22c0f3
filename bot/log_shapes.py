"""What a log line may hold: known keys, each with the shape of its value, and exceptions without their words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import PurePath
from traceback import walk_tb
from typing import Any

from handlers.domain.errors import RadrelayError

WITHHELD = "[withheld]"
MAX_CAUSES = 8
MAX_FRAMES = 25
PLACE_PARTS = 3

_CODE = re.compile(r"[a-z][a-z0-9_]{0,47}(?:[:.][a-z0-9_]{1,48}){0,3}")
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_CASE = re.compile(r"\d{4}-?\d{4}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,120}")
_ROUTE = re.compile(r"/(?:[a-z-]+|\{[a-z_]+\})?(?:/(?:[a-z-]+|\{[a-z_]+\})){0,7}")
_PLACE = re.compile(r"[\w./<>-]{1,160}:\d{1,6} [\w.<>]{1,120}")
_VERSION = re.compile(r"[0-9A-Za-z.+-]{1,40}")
_METHOD = re.compile(r"[A-Z]{3,7}")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]{5,15}(?:Z|[+-]\d\d:\d\d)")


def is_code(text: object) -> bool:
    """Tell whether something is a name of ours: ``call_placed``, ``read:claim``; never words with spaces."""
    return isinstance(text, str) and _CODE.fullmatch(text) is not None


def _matches(pattern: re.Pattern[str]) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float)


def _is_code_or_number(value: object) -> bool:
    return is_code(value) or _is_number(value)


_IS_ID, _IS_NAME = _matches(_ID), _matches(_NAME)

#: key → the shape its value must have. Everything else is withheld.
ALLOWED: dict[str, Callable[[object], bool]] = {
    "event": is_code,
    "level": is_code,
    "logger": _IS_NAME,
    "timestamp": _matches(_INSTANT),
    "due_at": _matches(_INSTANT),
    "case": _matches(_CASE),
    "facility": _IS_ID,
    "attempt": _IS_ID,
    "task": _IS_ID,
    "relay": _IS_ID,
    "study": _IS_ID,
    "read": _IS_ID,
    "recording": _IS_ID,
    "effect": _IS_ID,
    "deadline": _IS_ID,
    "delivery": _IS_ID,
    "source": _IS_ID,
    "sink": _IS_ID,
    "variable": _matches(re.compile(r"[A-Z][A-Z0-9_]{0,63}")),
    "sid": _IS_ID,
    "code": _is_code_or_number,
    "kind": is_code,
    "lane": _matches(re.compile(r"[a-z]{1,12}(?::[A-Z0-9]{1,16}|:[a-z0-9_-]{1,64})?")),
    "outcome": is_code,
    "state": is_code,
    "mode": is_code,
    "count": _is_number,
    "tries": _is_number,
    "seconds": _is_number,
    "port": _is_number,
    "status": _is_code_or_number,
    "route": _matches(_ROUTE),
    "method": _matches(_METHOD),
    "version": lambda value: _is_number(value) or _matches(_VERSION)(value),
    "error": _IS_NAME,
    "place": _matches(_PLACE),
    "withheld_keys": _is_number,
}


def shown(key: str, value: object) -> object:
    """Return a value as it may be logged: itself where key and shape are known, else ``[withheld]``."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        value = value.isoformat()
    if isinstance(value, timedelta):
        value = value.total_seconds()
    fits = ALLOWED.get(key)
    if value is None or value == WITHHELD:
        return value
    if fits is None or not fits(value):
        return WITHHELD
    return str(value) if isinstance(value, str) else value


def short_path(path: str) -> str:
    """Return the end of a source file's path: enough to find it, nothing of the machine."""
    return "/".join(PurePath(path).parts[-PLACE_PARTS:]).lstrip("/")


def _frames(error: BaseException) -> list[str]:
    found = [
        f"{short_path(frame.f_code.co_filename)}:{line} {frame.f_code.co_name}"
        for frame, line in walk_tb(error.__traceback__)
    ]
    return [place if _PLACE.fullmatch(place) else WITHHELD for place in found[-MAX_FRAMES:]]


def _one(error: BaseException) -> dict[str, Any]:
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    told: dict[str, Any] = {"error": name if _NAME.fullmatch(name) else WITHHELD, "frames": _frames(error)}
    if isinstance(error, RadrelayError):
        told["reason"] = str(error)
    if isinstance(error, BaseExceptionGroup):
        told["members"] = [_one(member) for member in error.exceptions[:MAX_CAUSES]]
    return told


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    following: BaseException | None = error
    while following is not None and id(following) not in seen and len(seen) < MAX_CAUSES:
        seen.add(id(following))
        yield following
        following = following.__cause__ or (None if following.__suppress_context__ else following.__context__)


def causes(error: BaseException) -> dict[str, Any]:
    """Return an exception as it may be logged: types and places of it, of its causes and of a group's members.

    Only an exception of ours brings its own words, under ``reason``.
    """
    first, *rest = _chain(error)
    told = _one(first)
    if rest:
        told["causes"] = [_one(cause) for cause in rest]
    return told
