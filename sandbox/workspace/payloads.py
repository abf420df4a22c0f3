"""The bodies that Slack sends an app (Slack: "Interaction payloads", "Slash commands", "Events API")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.workspace.chat import as_slack
from sandbox.workspace.entered import entry, states
from sandbox.workspace.lookups import username
from sandbox.workspace.model import Json, Message, ResponseUrl, View
from sandbox.workspace.views import as_slack as view_as_slack

if TYPE_CHECKING:
    from sandbox.workspace.memory import Memory

#: The old verification token, still in every payload; signatures have replaced it.
VERIFICATION_TOKEN = "sandbox-verification-token"


def _common(memory: Memory, kind: str, user: str) -> Json:
    identity = memory.identity
    name = username(memory.users[user])
    return {
        "type": kind,
        "user": {"id": user, "username": name, "name": name, "team_id": identity.team_id},
        "team": {"id": identity.team_id, "domain": identity.team_domain},
        "api_app_id": identity.app_id,
        "token": VERIFICATION_TOKEN,
        "enterprise": None,
        "is_enterprise_install": False,
    }


def action(memory: Memory, block_id: str, element: Json, value: Any) -> Json:
    """Return one entry of ``actions``."""
    done = {"action_id": element["action_id"], "block_id": block_id, "type": element["type"]}
    done["action_ts"] = memory.new_ts()
    if element["type"] in ("button", "icon_button"):
        done["text"] = element["text"]
        chosen = element.get("value") if value is None else value
        return done | ({"value": chosen} if chosen is not None else {}) | _kept(element, "style")
    return done | entry(element, value)


def block_actions(memory: Memory, user: str, message: Message, done: Json) -> Json:
    """Slack: "block_actions payload", from a message; an ephemeral one is not repeated in it."""
    channel = memory.channels[message.channel]
    ephemeral = bool(message.visible_to)
    container = {"type": "message", "message_ts": message.ts, "channel_id": channel.id, "is_ephemeral": ephemeral}
    if message.thread_ts:
        container["thread_ts"] = message.thread_ts
    reply_to = ResponseUrl(user, channel.id, memory.timeline.now(), message.ts, ephemeral)
    payload = {
        **_common(memory, "block_actions", user),
        "container": container,
        "trigger_id": memory.new_trigger(user),
        "channel": {"id": channel.id, "name": "directmessage" if channel.is_im else channel.name},
        "state": {"values": states(message.blocks, {})},
        "response_url": memory.new_response_url("actions", reply_to),
        "actions": [done],
    }
    return payload if ephemeral else payload | {"message": as_slack(memory, message)}


def view_actions(memory: Memory, view: View, done: Json) -> Json:
    """Slack: "block_actions payload", from a modal or the Home."""
    values = states(view.blocks, view.entered)
    return {
        **_common(memory, "block_actions", view.user),
        "container": {"type": "view", "view_id": view.id},
        "trigger_id": memory.new_trigger(view.user),
        "view": view_as_slack(memory, view, values),
        "actions": [done],
    }


def view_submission(memory: Memory, view: View) -> Json:
    """Slack: "view_submission payload"."""
    return {
        **_common(memory, "view_submission", view.user),
        "trigger_id": memory.new_trigger(view.user),
        "view": view_as_slack(memory, view, states(view.blocks, view.entered)),
        "response_urls": [],
    }


def view_closed(memory: Memory, view: View, *, cleared: bool) -> Json:
    """Slack: "view_closed payload"."""
    shown = view_as_slack(memory, view, states(view.blocks, view.entered))
    return {**_common(memory, "view_closed", view.user), "view": shown, "is_cleared": cleared}


def slash_command(memory: Memory, user: str, channel_id: str, command: str, text: str) -> Json:
    """Slack: "Implementing slash commands, Receiving a command payload"; form fields."""
    identity = memory.identity
    channel = memory.channels[channel_id]
    reply_to = ResponseUrl(user, channel.id, memory.timeline.now())
    return {
        "token": VERIFICATION_TOKEN,
        "team_id": identity.team_id,
        "team_domain": identity.team_domain,
        "channel_id": channel.id,
        "channel_name": "directmessage" if channel.is_im else channel.name,
        "user_id": user,
        "user_name": username(memory.users[user]),
        "command": command,
        "text": text,
        "api_app_id": identity.app_id,
        "is_enterprise_install": "false",
        "response_url": memory.new_response_url("commands", reply_to),
        "trigger_id": memory.new_trigger(user),
    }


def event_callback(memory: Memory, event: Json) -> Json:
    """Slack: "Events API, Callback field"."""
    identity = memory.identity
    now = memory.timeline.now()
    authorization = {"enterprise_id": None, "team_id": identity.team_id, "user_id": identity.bot_user_id}
    return {
        "token": VERIFICATION_TOKEN,
        "team_id": identity.team_id,
        "api_app_id": identity.app_id,
        "event": {**event, "event_ts": memory.new_ts()},
        "type": "event_callback",
        "event_id": memory.new_id("Ev"),
        "event_time": int(now.timestamp()),
        "authorizations": [{**authorization, "is_bot": True, "is_enterprise_install": False}],
        "is_ext_shared_channel": False,
    }


def app_home_opened(memory: Memory, user: str) -> Json:
    """Slack: "app_home_opened event"; with the Home as it is, when there is one."""
    event: Json = {"type": "app_home_opened", "user": user, "channel": memory.direct(user).id, "tab": "home"}
    home = memory.homes.get(user)
    if home is not None:
        event["view"] = view_as_slack(memory, home, states(home.blocks, home.entered))
    return event_callback(memory, event)


def _kept(element: Json, *keys: str) -> Json:
    return {key: element[key] for key in keys if key in element}
