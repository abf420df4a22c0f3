"""The chat.* methods and response_urls: posting, updating and deleting messages."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sandbox.workspace.blocks import check_message_blocks, check_metadata, too_long_together, with_ids
from sandbox.workspace.model import Channel, Json, Message, Refusal

if TYPE_CHECKING:
    from sandbox.workspace.memory import Memory

TEXT_LIMIT = 40_000
RESPONSE_USES = 5
RESPONSE_LIFE = timedelta(minutes=30)


def content(memory: Memory, given: Json) -> Json:
    """Return text, blocks and metadata of a message to be, or refuse them as chat.postMessage does."""
    text = given.get("text", given.get("markdown_text", ""))
    if not isinstance(text, str):
        raise Refusal("invalid_arguments", ["must be a string [json-pointer:/text]"])
    if len(text) > TEXT_LIMIT:
        raise Refusal("msg_too_long")
    blocks = given.get("blocks") or []
    if not isinstance(blocks, list):
        raise Refusal("invalid_blocks_format")
    if problems := check_message_blocks(blocks):
        raise Refusal("invalid_blocks", problems)
    if too_long_together(blocks):
        raise Refusal("msg_blocks_too_long")
    metadata = given.get("metadata") or {}
    if metadata and (problems := check_metadata(metadata)):
        raise Refusal("invalid_metadata_format", problems)
    filled = with_ids(blocks, lambda: memory.new_id("b"))
    return {"text": text, "blocks": filled, "metadata": metadata}


def post_message(memory: Memory, args: Json) -> Json:
    """Slack: "chat.postMessage"."""
    channel = memory.joined(args["channel"])
    shown = content(memory, args)
    if not (shown["text"] or shown["blocks"] or args.get("attachments")):
        raise Refusal("no_text")
    thread_ts = str(args.get("thread_ts") or "")
    if thread_ts and not _is_parent(memory, channel, thread_ts):
        raise Refusal("thread_not_found")
    if wait := memory.pace(channel.id):
        raise Refusal("ratelimited", retry_after=math.ceil(wait))
    message = Message(
        channel.id,
        memory.new_ts(),
        shown["text"],
        shown["blocks"],
        thread_ts,
        memory.identity.bot_user_id,
        metadata=shown["metadata"],
        broadcast=is_true(args.get("reply_broadcast")),
    )
    memory.messages.append(message)
    return {"channel": channel.id, "ts": message.ts, "message": as_slack(memory, message)}


def update(memory: Memory, args: Json) -> Json:
    """Slack: "chat.update"; what is left out is kept, an empty list removes the blocks."""
    channel = memory.channel(args["channel"])
    message = memory.find(channel.id, args["ts"])
    if message is None:
        raise Refusal("message_not_found")
    if message.user != memory.identity.bot_user_id:
        raise Refusal("cant_update_message")
    shown = content(memory, args)
    text = shown["text"] if "text" in args or "markdown_text" in args else message.text
    blocks = shown["blocks"] if "blocks" in args else message.blocks
    if not (text or blocks):
        raise Refusal("no_text")
    message.text, message.blocks = text, blocks
    message.metadata = shown["metadata"] if "metadata" in args else message.metadata
    message.edited += 1
    message.edited_ts = memory.new_ts()
    answer = {"channel": channel.id, "ts": message.ts, "text": message.text}
    return {**answer, "message": as_slack(memory, message)}


def post_ephemeral(memory: Memory, args: Json) -> Json:
    """Slack: "chat.postEphemeral"."""
    channel = memory.joined(args["channel"])
    if args["user"] not in memory.users:
        raise Refusal("user_not_in_channel")
    shown = content(memory, args)
    if not (shown["text"] or shown["blocks"]):
        raise Refusal("no_text")
    message = show_ephemeral(memory, channel.id, args["user"], shown, str(args.get("thread_ts") or ""))
    return {"message_ts": message.ts}


def show_ephemeral(memory: Memory, channel: str, user: str, shown: Json, thread_ts: str = "") -> Message:
    """Put a message up that only one person sees."""
    bot = memory.identity.bot_user_id
    message = Message(channel, memory.new_ts(), shown["text"], shown["blocks"], thread_ts, bot, visible_to=[user])
    memory.ephemerals.append(message)
    return message


def delete(memory: Memory, args: Json) -> Json:
    """Slack: "chat.delete"."""
    channel = memory.channel(args["channel"])
    message = memory.find(channel.id, args["ts"])
    if message is None:
        raise Refusal("message_not_found")
    if message.user != memory.identity.bot_user_id:
        raise Refusal("cant_delete_message")
    memory.messages.remove(message)
    return {"channel": channel.id, "ts": message.ts}


def permalink(memory: Memory, args: Json) -> Json:
    """Slack: "chat.getPermalink"."""
    channel = memory.channel(args["channel"])
    message = memory.find(channel.id, args["message_ts"])
    if message is None:
        raise Refusal("message_not_found")
    link = f"https://{memory.identity.team_domain}.slack.com/archives/{channel.id}/p{message.ts.replace('.', '')}"
    return {"channel": channel.id, "permalink": link + (f"?thread_ts={message.thread_ts}" if message.thread_ts else "")}


def respond(memory: Memory, key: str, given: Json) -> None:
    """Take a post to a response_url (Slack: "Handling user interaction, Message responses")."""
    response = memory.response_urls.get(key)
    if response is None or memory.timeline.now() - response.issued > RESPONSE_LIFE:
        raise Refusal("expired_url")
    if response.uses >= RESPONSE_USES:
        raise Refusal("used_url")
    allowed = {"text", "blocks", "response_type", "replace_original", "delete_original", "thread_ts", "metadata"}
    allowed |= {"unfurl_links", "unfurl_media", "attachments", "mrkdwn"}
    if unknown := sorted(set(given) - allowed):
        raise Refusal("invalid_arguments", [f"invalid additional property: {name}" for name in unknown])
    shown = content(memory, given)
    original = memory.find_shown(response.channel, response.message_ts)
    if given.get("delete_original") or given.get("replace_original"):
        _change_original(memory, original, shown, remove=bool(given.get("delete_original")))
    elif not (shown["text"] or shown["blocks"]):
        raise Refusal("no_text")
    elif given.get("response_type") == "in_channel":
        thread_ts = str(given.get("thread_ts") or "")
        bot = memory.identity.bot_user_id
        memory.messages.append(
            Message(response.channel, memory.new_ts(), shown["text"], shown["blocks"], thread_ts, bot)
        )
    else:
        show_ephemeral(memory, response.channel, response.user, shown, str(given.get("thread_ts") or ""))
    response.uses += 1


def _change_original(memory: Memory, original: Message | None, shown: Json, *, remove: bool) -> None:
    if original is None:
        raise Refusal("message_not_found")
    if remove:
        (memory.ephemerals if original.visible_to else memory.messages).remove(original)
        return
    original.text, original.blocks = shown["text"], shown["blocks"]
    original.edited += 1
    original.edited_ts = memory.new_ts()


def as_slack(memory: Memory, message: Message, *, with_metadata: bool = True) -> Json:
    """Return a message as Slack's methods and payloads show it."""
    shown: Json = {"type": "message", "user": message.user, "text": message.text, "ts": message.ts}
    if message.user == memory.identity.bot_user_id:
        shown |= {"bot_id": memory.identity.bot_id, "app_id": memory.identity.app_id}
    shown["team"] = memory.identity.team_id
    if message.blocks:
        shown["blocks"] = message.blocks
    if message.thread_ts:
        shown["thread_ts"] = message.thread_ts
    if message.edited:
        shown["edited"] = {"user": message.user, "ts": message.edited_ts}
    if message.metadata and with_metadata:
        shown["metadata"] = message.metadata
    replies = [reply for reply in memory.messages if reply.channel == message.channel and reply.thread_ts == message.ts]
    if replies:
        shown |= {"thread_ts": message.ts, "reply_count": len(replies), "latest_reply": replies[-1].ts}
    return shown


def is_true(value: Any) -> bool:
    """Read a yes or no as the Web API does: JSON, or ``1`` and ``true`` in a form."""
    return value is True or str(value).lower() in {"1", "true"}


def _is_parent(memory: Memory, channel: Channel, thread_ts: str) -> bool:
    parent = memory.find(channel.id, thread_ts)
    return parent is not None and not parent.thread_ts
