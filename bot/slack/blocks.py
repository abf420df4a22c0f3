"""Pieces of Block Kit. Every text that is not ours goes through ``safe`` first.

Limits: Slack, "Blocks", "Block elements", "Composition objects". ``verbatim`` keeps Slack from turning ``@here``, ``#room``
and addresses in somebody's text into mentions and links ("Text object").
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

HEADER = 150  #: characters in a header
LABEL = 75  #: characters in a button, an option and its description
MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
_ASTRAL = 0xFFFF  #: above it Slack, counting UTF-16, counts two
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


@dataclass(frozen=True, slots=True)
class Message:
    """What is shown, and ``text``: the complete notification, which screen readers read."""

    text: str
    blocks: tuple[Json, ...] = ()


def safe(text: str, limit: int) -> str:
    """Return text on one line, escaped (Slack: "Formatting message text"), and cut so that it fits after escaping."""
    visible = "".join(" " if unicodedata.category(c).startswith(("C", "Z")) else c for c in text)
    shown: list[str] = []
    room = limit - 1
    for character in " ".join(visible.split()):
        piece = _ESCAPES.get(character, character)
        room -= len(piece) + (ord(character) > _ASTRAL)
        if room < 0:
            return "".join(shown).rstrip() + "…"
        shown.append(piece)
    return "".join(shown)


def plain(text: str) -> Json:
    """Return a plain text object."""
    return {"type": "plain_text", "text": text, "emoji": False}


def mrkdwn(text: str) -> Json:
    """Return a formatted text object in which nothing is linked by itself."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def header(text: str, block_id: str) -> Json:
    """Return a header."""
    return {"type": "header", "block_id": block_id, "text": plain(text)}


def section(text: str, block_id: str = "") -> Json:
    """Return a paragraph."""
    return {"type": "section", "text": mrkdwn(text)} | ({"block_id": block_id} if block_id else {})


def context(*lines: str) -> Json:
    """Return small print, an element a line."""
    return {"type": "context", "elements": [mrkdwn(line) for line in lines]}


def actions(block_id: str, elements: Sequence[Json]) -> Json:
    """Return a row of buttons and menus."""
    return {"type": "actions", "block_id": block_id, "elements": list(elements)}


def button(label: str, action_id: str, value: str, *, style: str = "", spoken: str = "") -> Json:
    """Return a button whose value is an id; ``spoken`` is what a screen reader says instead of the label."""
    more = {"style": style} if style else {}
    more |= {"accessibility_label": spoken[:LABEL]} if spoken else {}
    return {"type": "button", "text": plain(label), "action_id": action_id, "value": value, **more}


def link(label: str, action_id: str, url: str) -> Json:
    """Return a button that opens an address."""
    return {"type": "button", "text": plain(label), "action_id": action_id, "url": url, "style": "primary"}


def option(label: str, value: str, description: str = "") -> Json:
    """Return one choice of a menu."""
    more = {"description": plain(description)} if description else {}
    return {"text": plain(label), "value": value, **more}


def confirm(title: str, question: str, yes: str) -> Json:
    """Return a question that Slack asks before it sends the click."""
    return {"title": plain(title), "text": plain(question), "confirm": plain(yes), "deny": plain("Not yet")}


def modal(title: str, blocks: Sequence[Json], **more: Any) -> Json:
    """Return a modal (Slack: "Modals"; its title has 24 characters)."""
    return {"type": "modal", "title": plain(title), "blocks": list(blocks), "close": plain("Close"), **more}
