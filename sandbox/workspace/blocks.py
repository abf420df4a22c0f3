"""Block Kit: what a message and a view may show (Slack: "Blocks", "Reference: views").

The newest display blocks (cards, charts, task lists) are refused as unsupported: the sandbox draws none of them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sandbox.workspace.elements import ELEMENTS, IN_ACTIONS, IN_INPUT, IN_SECTION, REQUIRE_URL_OR_FILE, image_url
from sandbox.workspace.model import Json, elements, texts
from sandbox.workspace.shapes import (
    Check,
    Shape,
    anything,
    array,
    at_least_one,
    blame,
    boolean,
    one_of,
    string,
    text,
    typed,
)

if TYPE_CHECKING:
    from collections.abc import Callable

MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
#: All texts of one message together; not in the reference, measured by others (slackapi/bolt-js issue 2509).
MESSAGE_CHARACTERS = 13_200
VIEW_BYTES = 250_000

_ID: dict[str, Check] = {"block_id": string(255)}
_CONTEXT_ITEM = typed(
    {
        "image": ELEMENTS["image"],
        "plain_text": Shape({"text": string(3000)}, {"emoji": boolean}),
        "mrkdwn": Shape({"text": string(3000)}, {"verbatim": boolean}),
    }
)
_RICH_PART = typed(
    dict.fromkeys(("rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote"), anything)
)

BLOCKS: dict[str, Check] = {
    "section": Shape(
        {},
        {
            **_ID,
            "text": text(3000),
            "fields": array(text(2000), 10),
            "accessory": typed(ELEMENTS, IN_SECTION),
            "expand": boolean,
        },
        (at_least_one("text", "fields"),),
    ),
    "header": Shape({"text": text(150, plain=True)}, {**_ID, "level": anything}),
    "divider": Shape({}, _ID),
    "context": Shape({"elements": array(_CONTEXT_ITEM, 10)}, _ID),
    "actions": Shape({"elements": array(typed(ELEMENTS, IN_ACTIONS), 25)}, _ID),
    "input": Shape(
        {"label": text(2000, plain=True), "element": typed(ELEMENTS, IN_INPUT)},
        {**_ID, "hint": text(2000, plain=True), "optional": boolean, "dispatch_action": boolean},
    ),
    "image": Shape(
        {"alt_text": string(2000)},
        {**_ID, "image_url": image_url, "title": text(2000, plain=True), "slack_file": anything},
        (REQUIRE_URL_OR_FILE,),
    ),
    "rich_text": Shape({"elements": array(_RICH_PART, 100)}, _ID),
    "markdown": Shape({"text": string(12_000)}, _ID),
}
_IN_MESSAGE = set(BLOCKS)
_IN_VIEW = set(BLOCKS) - {"markdown"}

_VIEW_COMMON: dict[str, Check] = {
    "private_metadata": string(3000, 0),
    "callback_id": string(255, 0),
    "external_id": string(255, 0),
}
_VIEW_BLOCKS = array(typed(BLOCKS, _IN_VIEW), VIEW_BLOCKS, low=0)
_VIEW = typed(
    {
        "modal": Shape(
            {"title": text(24, plain=True), "blocks": _VIEW_BLOCKS},
            {
                **_VIEW_COMMON,
                "close": text(24, plain=True),
                "submit": text(24, plain=True),
                "clear_on_close": boolean,
                "notify_on_close": boolean,
                "submit_disabled": boolean,
            },
        ),
        "home": Shape({"blocks": _VIEW_BLOCKS}, _VIEW_COMMON),
    }
)
_METADATA = Shape({"event_type": string(255), "event_payload": anything}, typed=False)


def check_message_blocks(blocks: Any) -> list[str]:
    """Return what Slack would refuse in a message's blocks; an empty list is fine."""
    problems: list[str] = []
    array(typed(BLOCKS, _IN_MESSAGE), MESSAGE_BLOCKS, low=0)(blocks, "/blocks", problems)
    if not problems:
        _check_ids(blocks, "/blocks", problems)
    return problems


def too_long_together(blocks: list[Json]) -> bool:
    """Whether the texts of one message exceed what Slack takes at once (``msg_blocks_too_long``)."""
    return sum(len(words) for words in texts(blocks)) > MESSAGE_CHARACTERS


def check_view(view: Any, kinds: tuple[str, ...] = ("modal",)) -> list[str]:
    """Return what Slack would refuse in a view (Slack: "views.open", "views.publish")."""
    problems: list[str] = []
    _VIEW(view, "/view", problems)
    if problems:
        return problems
    one_of(*kinds)(view["type"], "/view/type", problems)
    _check_ids(view["blocks"], "/view/blocks", problems)
    has_input = [position for position, block in enumerate(view["blocks"]) if block["type"] == "input"]
    if view["type"] == "modal" and has_input and "submit" not in view:
        blame(problems, "must define `submit` to use an `input` block in modals", f"/view/blocks/{has_input[0]}/input")
    focused = [element for _, element in elements_with_ids(view["blocks"]) if element.get("focus_on_load")]
    if len(focused) > 1:
        blame(problems, "only one element may have focus_on_load", "/view/blocks")
    return problems


def is_view_too_large(view: Json) -> bool:
    """Whether a view is over the 250 kB that ``views.open`` takes."""
    return len(json.dumps(view).encode()) > VIEW_BYTES


def check_metadata(metadata: Any) -> list[str]:
    """Return what is wrong with message metadata (Slack: "Message metadata")."""
    problems: list[str] = []
    _METADATA(metadata, "/metadata", problems)
    return problems


def with_ids(blocks: list[Json], new_id: Callable[[], str]) -> list[Json]:
    """Return a copy in which every block and element has an id, as Slack hands them back."""
    filled: list[Json] = json.loads(json.dumps(blocks))
    for block in filled:
        block.setdefault("block_id", new_id())
        inside = [block.get("accessory"), block.get("element"), *(block.get("elements") or [])]
        for element in inside:
            if isinstance(element, dict) and element.get("type") in ELEMENTS and element["type"] != "image":
                element.setdefault("action_id", new_id())
    return filled


def elements_with_ids(blocks: list[Json]) -> list[tuple[str, Json]]:
    """Return (block_id, element) for every element that carries an action_id."""
    return list(elements(blocks))


def _check_ids(blocks: list[Json], where: str, problems: list[str]) -> None:
    """Refuse a block_id used twice, and an action_id used twice in its block (Slack: "Block elements")."""
    seen: set[str] = set()
    for position, block in enumerate(blocks):
        if (block_id := block.get("block_id")) is not None:
            if block_id in seen:
                blame(problems, f"`block_id` must be unique: {block_id}", f"{where}/{position}/block_id")
            seen.add(block_id)
        ids = [element["action_id"] for _, element in elements([block])]
        if len(ids) != len(set(ids)):
            blame(problems, "`action_id` must be unique within its block", f"{where}/{position}")
