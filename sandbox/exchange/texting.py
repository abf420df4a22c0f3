"""Reads the answer to a text strictly: messages to whoever wrote (Twilio: TwiML Messaging Message, Body)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.exchange.numbers import E164
from sandbox.exchange.twiml import TwimlError, read_root
from sandbox.exchange.verbs import METHOD, SCHEMA, URL, Check

if TYPE_CHECKING:
    from xml.etree import ElementTree as ET

MAX_BODY = 1600
INVALID_BODY = 14103
ATTRIBUTES: dict[str, Check] = {
    "to": lambda value: E164.fullmatch(value) is not None,
    "from": lambda value: E164.fullmatch(value) is not None,
    "action": URL,
    "method": METHOD,
    "statusCallback": URL,
}
CODES = {"to": 14101, "from": 14102, "method": 14104, "statusCallback": 14105}
#: Allowed by Twilio; nothing here does them.
NOT_IN_SANDBOX = ("to", "from", "action", "statusCallback")


def read_replies(document: bytes) -> list[str]:
    """Return the words of each message, or raise TwimlError for anything that is not exactly allowed."""
    root = read_root(document)
    if root.attrib or _has_text(root):
        raise TwimlError(SCHEMA, "<Response> has neither attributes nor text")
    return [_message(element) for element in root]


def _message(element: ET.Element) -> str:
    if element.tag != "Message":
        raise TwimlError(SCHEMA, f"<{element.tag}> is not allowed (or not supported) in the answer to a text")
    for name, value in element.attrib.items():
        if name not in ATTRIBUTES:
            raise TwimlError(SCHEMA, f"<Message> has no attribute {name!r}")
        if not ATTRIBUTES[name](value):
            raise TwimlError(CODES.get(name, SCHEMA), f"{value!r} is not allowed for {name!r} of <Message>")
        if name in NOT_IN_SANDBOX:
            raise TwimlError(SCHEMA, f"{name!r} of <Message> is not supported here: the answer goes to whoever wrote")
    words = _words(element)
    if not words:
        raise TwimlError(INVALID_BODY, "<Message> has no words")
    if len(words) > MAX_BODY:
        raise TwimlError(INVALID_BODY, f"<Message> has {len(words)} characters; at most {MAX_BODY} are sent")
    return words


def _words(element: ET.Element) -> str:
    bodies = list(element)
    for body in bodies:
        if body.tag != "Body" or body.attrib or len(body):
            raise TwimlError(
                SCHEMA, f"<{body.tag}> is not allowed (or not supported) in <Message>; only a plain <Body>"
            )
    if bodies and _has_text(element):
        raise TwimlError(SCHEMA, "<Message> has both text and <Body>")
    if len(bodies) > 1:
        raise TwimlError(SCHEMA, "<Message> has more than one <Body>")
    return "".join([element.text or "", *(body.text or "" for body in bodies)]).strip()


def _has_text(element: ET.Element) -> bool:
    return any(text and text.strip() for text in (element.text, *(child.tail for child in element)))
