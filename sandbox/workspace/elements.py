"""Block elements and composition objects with their limits (Slack: "Block elements", "Composition objects")."""

from __future__ import annotations

import re
from typing import Any

from sandbox.workspace.shapes import (
    Check,
    Shape,
    anything,
    array,
    at_least_one,
    blame,
    boolean,
    exactly_one,
    integer,
    one_of,
    string,
    text,
)

_FETCHED = re.compile(r"https://[^\s/]+\S*|http://(127\.0\.0\.1|localhost)(:\d+)?/\S*")
ACTION_ID: dict[str, Check] = {"action_id": string(255)}

#: Slack: "Confirmation dialog object".
CONFIRM = Shape(
    {
        "title": text(100, plain=True),
        "text": text(300),
        "confirm": text(30, plain=True),
        "deny": text(30, plain=True),
    },
    {"style": one_of("primary", "danger")},
    typed=False,
)


def _option(*, plain: bool, url: bool = False) -> Shape:
    """Slack: "Option object": text 75, value 150, description 75; a url only in overflow menus."""
    extra: dict[str, Check] = {"url": string(3000)} if url else {}
    return Shape(
        {"text": text(75, plain=plain), "value": string(150)},
        {"description": text(75, plain=plain), **extra},
        typed=False,
    )


_SELECT_OPTION = _option(plain=True)
_RICH_OPTION = _option(plain=False)
_GROUP = Shape({"label": text(75, plain=True), "options": array(_SELECT_OPTION, 100)}, typed=False)
_INPUT: dict[str, Check] = {**ACTION_ID, "focus_on_load": boolean}
_PLACEHOLDER: dict[str, Check] = {"placeholder": text(150, plain=True)}
_MENU: dict[str, Check] = {**_INPUT, **_PLACEHOLDER, "confirm": CONFIRM}
_DISPATCH = Shape({}, {"trigger_actions_on": array(one_of("on_enter_pressed", "on_character_entered"), 2)}, typed=False)


def offered(element: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the options of a menu, ungrouped."""
    groups = element.get("option_groups") or []
    return [*(element.get("options") or []), *(option for group in groups for option in group.get("options", []))]


def _initial_is_offered(value: Any, where: str, problems: list[str]) -> None:
    chosen = [value["initial_option"]] if "initial_option" in value else value.get("initial_options", [])
    if not isinstance(chosen, list) or any(option not in offered(value) for option in chosen):
        blame(problems, "initial option must exactly match one of the provided options", where)


def _values_are_unique(value: Any, where: str, problems: list[str]) -> None:
    values = [option.get("value") for option in offered(value) if isinstance(option, dict)]
    if len(values) != len({str(item) for item in values}):
        blame(problems, "option values must be unique", f"{where}/options")


def _static(multiple: bool) -> Shape:
    initial: dict[str, Check] = (
        {"initial_options": array(_SELECT_OPTION, 100), "max_selected_items": integer(1, 100)}
        if multiple
        else {"initial_option": _SELECT_OPTION}
    )
    return Shape(
        {},
        {**_MENU, **initial, "options": array(_SELECT_OPTION, 100), "option_groups": array(_GROUP, 100)},
        (exactly_one("options", "option_groups"), _initial_is_offered, _values_are_unique),
    )


def _ids(initial: str, *, multiple: bool, filtered: bool = False) -> Shape:
    extra: dict[str, Check] = {initial: array(string(255), 100) if multiple else string(255)}
    if multiple:
        extra["max_selected_items"] = integer(1, 100)
    else:
        extra["response_url_enabled"] = boolean
    if filtered:
        extra |= {"default_to_current_conversation": boolean, "filter": anything}
    return Shape({}, {**_MENU, **extra})


def _typed_text(**extra: Check) -> Shape:
    return Shape(
        {}, {**_INPUT, **_PLACEHOLDER, "initial_value": string(3000, 0), "dispatch_action_config": _DISPATCH, **extra}
    )


_BUTTON = Shape(
    {"text": text(75, plain=True)},
    {
        **ACTION_ID,
        "url": string(3000),
        "value": string(2000),
        "style": one_of("primary", "danger"),
        "confirm": CONFIRM,
        "accessibility_label": string(75),
    },
)


def image_url(value: Any, where: str, problems: list[str]) -> None:
    """Accept an address that Slack's servers could fetch: https, or loopback, where only this sandbox's page looks."""
    before = len(problems)
    string(3000)(value, where, problems)
    if len(problems) == before and not _FETCHED.match(value):
        blame(problems, "must be a valid URL", where)


_IMAGE = Shape(
    {"alt_text": string(2000)},
    {"image_url": image_url, "slack_file": anything},
    (exactly_one("image_url", "slack_file"),),
)
_CHECKBOXES = Shape(
    {"options": array(_RICH_OPTION, 10)},
    {**_INPUT, "initial_options": array(_RICH_OPTION, 10), "confirm": CONFIRM},
    (_initial_is_offered, _values_are_unique),
)
_RADIO = Shape(
    {"options": array(_RICH_OPTION, 10)},
    {**_INPUT, "initial_option": _RICH_OPTION, "confirm": CONFIRM},
    (_initial_is_offered, _values_are_unique),
)
_OVERFLOW = Shape(
    {"options": array(_option(plain=True, url=True), 5)}, {**ACTION_ID, "confirm": CONFIRM}, (_values_are_unique,)
)
_NUMBER = Shape(
    {"is_decimal_allowed": boolean},
    {
        **_INPUT,
        **_PLACEHOLDER,
        "initial_value": string(40),
        "min_value": string(40),
        "max_value": string(40),
        "dispatch_action_config": _DISPATCH,
    },
)
_ICON = Shape(
    {"icon": one_of("trash"), "text": text(75, plain=True)},
    {
        **ACTION_ID,
        "value": string(2000),
        "confirm": CONFIRM,
        "accessibility_label": string(75),
        "visible_to_user_ids": anything,
    },
)

#: Every element known here; a type that is missing is refused as unsupported.
ELEMENTS: dict[str, Check] = {
    "button": _BUTTON,
    "image": _IMAGE,
    "checkboxes": _CHECKBOXES,
    "radio_buttons": _RADIO,
    "overflow": _OVERFLOW,
    "static_select": _static(multiple=False),
    "multi_static_select": _static(multiple=True),
    "users_select": _ids("initial_user", multiple=False),
    "multi_users_select": _ids("initial_users", multiple=True),
    "conversations_select": _ids("initial_conversation", multiple=False, filtered=True),
    "multi_conversations_select": _ids("initial_conversations", multiple=True, filtered=True),
    "channels_select": _ids("initial_channel", multiple=False),
    "multi_channels_select": _ids("initial_channels", multiple=True),
    "datepicker": Shape({}, {**_MENU, "initial_date": string(10, 10)}),
    "timepicker": Shape({}, {**_MENU, "initial_time": string(5, 5), "timezone": string(100)}),
    "datetimepicker": Shape({}, {**_INPUT, "initial_date_time": integer(0, 9_999_999_999), "confirm": CONFIRM}),
    "plain_text_input": _typed_text(multiline=boolean, min_length=integer(0, 3000), max_length=integer(1, 3000)),
    "email_text_input": _typed_text(),
    "url_text_input": _typed_text(),
    "number_input": _NUMBER,
    "icon_button": _ICON,
}

_SELECTS = {"static_select", "users_select", "conversations_select", "channels_select"}
_MULTI = {f"multi_{kind}" for kind in _SELECTS}
_CHOICES = {"checkboxes", "radio_buttons", "datepicker", "timepicker"}

IN_SECTION = _SELECTS | _MULTI | _CHOICES | {"button", "image", "overflow"}
IN_ACTIONS = _SELECTS | _CHOICES | {"button", "overflow", "datetimepicker"}
IN_INPUT = (
    _SELECTS
    | _MULTI
    | _CHOICES
    | {"plain_text_input", "email_text_input", "url_text_input", "number_input", "datetimepicker"}
)
REQUIRE_URL_OR_FILE = at_least_one("image_url", "slack_file")
