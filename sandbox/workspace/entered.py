"""What a person entered, in the shape of ``state.values`` (Slack: "view_submission payload", "block_actions payload")."""

from __future__ import annotations

from typing import Any

from sandbox.workspace.elements import offered
from sandbox.workspace.model import Json, elements

#: element type to (the key its value has in the state, the key its initial value has in the element).
_KEYS = {
    "plain_text_input": ("value", "initial_value"),
    "email_text_input": ("value", "initial_value"),
    "url_text_input": ("value", "initial_value"),
    "number_input": ("value", "initial_value"),
    "static_select": ("selected_option", "initial_option"),
    "radio_buttons": ("selected_option", "initial_option"),
    "overflow": ("selected_option", ""),
    "checkboxes": ("selected_options", "initial_options"),
    "multi_static_select": ("selected_options", "initial_options"),
    "users_select": ("selected_user", "initial_user"),
    "multi_users_select": ("selected_users", "initial_users"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "multi_conversations_select": ("selected_conversations", "initial_conversations"),
    "channels_select": ("selected_channel", "initial_channel"),
    "multi_channels_select": ("selected_channels", "initial_channels"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
}
_STATELESS = {"button", "overflow", "image", "icon_button"}
_LISTS = ("selected_options", "selected_users", "selected_conversations", "selected_channels")


def entry(element: Json, value: Any) -> Json:
    """Return one element's state with this value; of a menu, ``value`` is an option's value, or a list of them.

    A value that the menu does not offer raises LookupError: nobody could have chosen it.
    """
    kind = str(element["type"])
    key = _KEYS[kind][0]
    if key == "selected_option" and value is not None:
        return {"type": kind, key: _option(element, value)}
    if key == "selected_options":
        return {"type": kind, key: [_option(element, item) for item in value or []]}
    return {"type": kind, key: value}


def states(blocks: list[Json], entered: dict[str, dict[str, Json]]) -> dict[str, dict[str, Json]]:
    """Return ``state.values``: what was entered, else the initial value, of every element that keeps one."""
    values: dict[str, dict[str, Json]] = {}
    for block_id, element in elements(blocks):
        if element["type"] in _STATELESS:
            continue
        action_id = element["action_id"]
        own = entered.get(block_id, {}).get(action_id)
        values.setdefault(block_id, {})[action_id] = own or _initial(element)
    return values


def missing(blocks: list[Json], values: dict[str, dict[str, Json]]) -> dict[str, str]:
    """Return the required inputs left empty, which Slack's own window refuses before the app hears of it."""
    empty: dict[str, str] = {}
    for block in blocks:
        if block["type"] == "input" and not block.get("optional"):
            state = values[block["block_id"]][block["element"]["action_id"]]
            if not any(value for key, value in state.items() if key != "type"):
                empty[block["block_id"]] = "Please complete this required field."
    return empty


def _initial(element: Json) -> Json:
    key, initial = _KEYS[element["type"]]
    empty: Any = [] if key in _LISTS else None
    return {"type": element["type"], key: element.get(initial, empty)}


def _option(element: Json, value: Any) -> Json:
    for option in offered(element):
        if option["value"] == value:
            return option
    choices = ", ".join(str(option["value"]) for option in offered(element))
    raise LookupError(f"{element['action_id']} offers no {value!r}; it offers: {choices}")
