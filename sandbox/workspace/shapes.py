"""A small language for saying what an object may hold, with refusals worded and pointed at as Slack words them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

#: (value, JSON pointer, problems so far); a check adds problems and never raises.
Check = Callable[[Any, str, list[str]], None]


def blame(problems: list[str], rule: str, where: str) -> None:
    """Add one problem, in the words Slack uses, with its JSON pointer."""
    problems.append(f"{rule} [json-pointer:{where}]")


@dataclass(frozen=True)
class Shape:
    """The keys that an object must and may have, and rules between them."""

    required: Mapping[str, Check] = field(default_factory=dict)
    optional: Mapping[str, Check] = field(default_factory=dict)
    rules: tuple[Check, ...] = ()
    typed: bool = True  #: whether a "type" key belongs here

    def __call__(self, value: Any, where: str, problems: list[str]) -> None:
        """Check the object's keys, then each value, then the rules between them."""
        if not isinstance(value, dict):
            blame(problems, "must be an object", where)
            return
        known = {**self.required, **self.optional}
        for key in self.required:
            if key not in value:
                blame(problems, f"missing required field: {key}", where)
        for key, item in value.items():
            if key == "type" and self.typed:
                continue
            if key not in known:
                blame(problems, f"invalid additional property: {key}", where)
            else:
                known[key](item, f"{where}/{key}", problems)
        for rule in self.rules:
            rule(value, where, problems)


def anything(_value: Any, _where: str, _problems: list[str]) -> None:
    """Accept whatever is there."""


def string(high: int, low: int = 1) -> Check:
    """Accept a string of ``low`` to ``high`` characters."""

    def check(value: Any, where: str, problems: list[str]) -> None:
        if not isinstance(value, str):
            blame(problems, "must be a string", where)
        elif len(value) > high:
            blame(problems, f"must be less than {high + 1} characters", where)
        elif len(value) < low:
            blame(problems, f"must be more than {low - 1} characters", where)

    return check


def boolean(value: Any, where: str, problems: list[str]) -> None:
    """Accept true and false."""
    if not isinstance(value, bool):
        blame(problems, "must be a boolean", where)


def integer(low: int, high: int) -> Check:
    """Accept a whole number between two."""

    def check(value: Any, where: str, problems: list[str]) -> None:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            blame(problems, f"must be an integer from {low} to {high}", where)

    return check


def one_of(*values: str) -> Check:
    """Accept one of some words."""

    def check(value: Any, where: str, problems: list[str]) -> None:
        if value not in values:
            blame(problems, f"value must be one of: {', '.join(values)}", where)

    return check


def array(item: Check, high: int, low: int = 1) -> Check:
    """Accept a list of ``low`` to ``high`` items."""

    def check(value: Any, where: str, problems: list[str]) -> None:
        if not isinstance(value, list):
            blame(problems, "must be an array", where)
            return
        if len(value) > high:
            blame(problems, f"no more than {high} items allowed", where)
        elif len(value) < low:
            blame(problems, f"no fewer than {low} items allowed", where)
        for position, entry in enumerate(value):
            item(entry, f"{where}/{position}", problems)

    return check


def typed(shapes: Mapping[str, Check], allowed: Collection[str] | None = None) -> Check:
    """Accept an object whose ``type`` is one of some, and of that type's shape."""

    def check(value: Any, where: str, problems: list[str]) -> None:
        if not isinstance(value, dict):
            blame(problems, "must be an object", where)
            return
        kind = value.get("type")
        if kind is None:
            blame(problems, "missing required field: type", where)
        elif not isinstance(kind, str) or kind not in (shapes if allowed is None else allowed) or kind not in shapes:
            blame(problems, f"unsupported type: {kind}", f"{where}/type")
        else:
            shapes[kind](value, where, problems)

    return check


def text(high: int, *, plain: bool = False, low: int = 1) -> Check:
    """Accept a text object (Slack: "Text object"): plain_text, or mrkdwn where that is allowed."""
    words = string(high, low)
    shapes: dict[str, Check] = {"plain_text": Shape({"text": words}, {"emoji": boolean})}
    if not plain:
        shapes["mrkdwn"] = Shape({"text": words}, {"verbatim": boolean})
    return typed(shapes)


def exactly_one(*keys: str) -> Check:
    """Require one, and only one, of some keys."""

    def check(value: Any, where: str, problems: list[str]) -> None:
        if sum(key in value for key in keys) != 1:
            blame(problems, f"must define exactly one of: {', '.join(keys)}", where)

    return check


def at_least_one(*keys: str) -> Check:
    """Require one or more of some keys."""

    def check(value: Any, where: str, problems: list[str]) -> None:
        if not any(key in value for key in keys):
            blame(problems, f"must define either {' or '.join(f'`{key}`' for key in keys)}", where)

    return check
