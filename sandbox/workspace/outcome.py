"""What a person sees once the product has answered, or has not (Slack: "Acknowledgment response")."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sandbox.workspace.chat import content, show_ephemeral
from sandbox.workspace.model import Answer, Json, Message, Refusal, Sent, View
from sandbox.workspace.views import checked, put_on_top, replace_body

if TYPE_CHECKING:
    from sandbox.workspace.memory import Memory

OK = 200


def of_action(_user: str, sent: Sent) -> Answer:
    """After a click: nothing, or a warning sign beside the button."""
    return Answer(sent.status, failure=_failure(sent))


def of_command(memory: Memory, user: str, channel: str, command: str, sent: Sent) -> Answer:
    """After a slash command: a text or JSON body is shown, to the person alone unless it says in_channel."""
    if failure := _failure(sent):
        words = f'{command} failed with the error "{failure}"'
        with memory.lock:
            show_ephemeral(memory, channel, user, {"text": words, "blocks": []})
        return Answer(sent.status, words, failure=failure)
    given = _parsed(sent.answer)
    if given is None:
        given = {"text": sent.answer}
    if not given.get("text") and not given.get("blocks"):
        return Answer(sent.status)
    with memory.lock:
        try:
            shown = content(memory, given)
        except Refusal as refusal:
            return Answer(sent.status, failure=f"{refusal.error}: {refusal.problems}")
        if given.get("response_type") == "in_channel":
            bot = memory.identity.bot_user_id
            memory.messages.append(Message(channel, memory.new_ts(), shown["text"], shown["blocks"], user=bot))
        else:
            show_ephemeral(memory, channel, user, shown)
    return Answer(sent.status, shown["text"], shown["blocks"])


def of_submission(memory: Memory, view: View, sent: Sent) -> Answer:
    """After a modal's submit: it closes, shows errors, or becomes another (Slack: "Modals, Modifying modals")."""
    failure = _failure(sent)
    if failure:
        return Answer(sent.status, failure=failure)
    given = _parsed(sent.answer) if sent.answer.strip() else {}
    if given is None:
        return Answer(sent.status, failure="the answer to a submission must be empty or JSON")
    with memory.lock:
        try:
            return _follow(memory, view, given, sent)
        except Refusal as refusal:
            return Answer(sent.status, failure=f"{refusal.error}: {refusal.problems}")


def _follow(memory: Memory, view: View, given: Json, sent: Sent) -> Answer:
    wish = given.get("response_action")
    if wish == "errors":
        return _with_errors(view, given, sent)
    if wish == "update":
        replace_body(memory, view, checked(memory, given.get("view")))
    elif wish == "push":
        put_on_top(memory, view.user, checked(memory, given.get("view")))
    elif wish == "clear":
        memory.close_all(view.user)
    elif wish is None:
        stack = memory.stacks.get(view.user, [])
        if view.id in stack:
            stack.remove(view.id)
        memory.views.pop(view.id, None)
    else:
        return Answer(sent.status, failure=f"unknown response_action {wish!r}")
    return Answer(sent.status)


def _with_errors(view: View, given: Json, sent: Sent) -> Answer:
    errors = given.get("errors")
    inputs = {block["block_id"] for block in view.blocks if block["type"] == "input"}
    if not isinstance(errors, dict) or not errors:
        return Answer(sent.status, failure="response_action errors needs a mapping of block_id to sentence")
    if unknown := sorted(set(errors) - inputs):
        return Answer(sent.status, failure=f"errors for what is no input block: {', '.join(unknown)}")
    view.errors = {str(block_id): str(sentence) for block_id, sentence in errors.items()}
    return Answer(sent.status, errors=view.errors)


def _failure(sent: Sent) -> str:
    if sent.status is None:
        return "operation_timeout"
    return "" if sent.status == OK else "dispatch_failed"


def _parsed(answer: str) -> Json | None:
    try:
        given = json.loads(answer)
    except ValueError:
        return None
    return given if isinstance(given, dict) else None
