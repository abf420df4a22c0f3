"""The methods that only look: auth, team, users and conversations."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from sandbox.workspace.chat import as_slack, is_true
from sandbox.workspace.model import Channel, Json, Message, Refusal

if TYPE_CHECKING:
    from sandbox.workspace.memory import Memory


def auth_test(memory: Memory, _args: Json) -> Json:
    """Slack: "auth.test"."""
    identity = memory.identity
    return {
        "url": f"https://{identity.team_domain}.slack.com/",
        "team": identity.team_name,
        "user": identity.bot_name,
        "team_id": identity.team_id,
        "user_id": identity.bot_user_id,
        "bot_id": identity.bot_id,
        "is_enterprise_install": False,
    }


def api_test(_memory: Memory, args: Json) -> Json:
    """Slack: "api.test"."""
    if args.get("error"):
        raise Refusal(str(args["error"]), args=args)
    return {"args": args}


def team_info(memory: Memory, _args: Json) -> Json:
    """Slack: "team.info"."""
    identity = memory.identity
    team = {"id": identity.team_id, "name": identity.team_name, "domain": identity.team_domain}
    return {"team": {**team, "email_domain": "", "icon": {"image_default": True}}}


def connections_open(memory: Memory, _args: Json) -> Json:
    """Slack: "apps.connections.open"; nothing listens at the address, the sandbox speaks HTTP only."""
    return {"url": f"ws://127.0.0.1/link/?ticket={memory.new_id('T')}&app_id={memory.identity.app_id}"}


def users_info(memory: Memory, args: Json) -> Json:
    """Slack: "users.info"."""
    if args["user"] not in memory.users and args["user"] != memory.identity.bot_user_id:
        raise Refusal("user_not_found")
    return {"user": user_as_slack(memory, args["user"])}


def users_list(memory: Memory, args: Json) -> Json:
    """Slack: "users.list"."""
    members = [user_as_slack(memory, user) for user in [*memory.users, memory.identity.bot_user_id]]
    return paged("members", members, args)


def conversations_info(memory: Memory, args: Json) -> Json:
    """Slack: "conversations.info"."""
    channel = memory.channel(args["channel"])
    shown = channel_as_slack(channel)
    return {"channel": shown | ({"num_members": len(memory.users)} if is_true(args.get("include_num_members")) else {})}


def conversations_list(memory: Memory, args: Json) -> Json:
    """Slack: "conversations.list"; public channels unless ``types`` says otherwise."""
    wanted = set(str(args.get("types") or "public_channel").split(","))
    kinds = {False: "public_channel", True: "im"}
    channels = [channel_as_slack(c) for c in memory.channels.values() if kinds[c.is_im] in wanted]
    return paged("channels", channels, args)


def conversations_open(memory: Memory, args: Json) -> Json:
    """Slack: "conversations.open"; one person only, group messages are left out."""
    if args.get("channel"):
        return {"channel": {"id": memory.channel(args["channel"]).id}}
    users = args.get("users") or ""
    people = users.split(",") if isinstance(users, str) else list(users)
    if people in ([], [""]):
        raise Refusal("users_list_not_supplied")
    if len(people) > 1:
        raise Refusal("too_many_users")
    if people[0] not in memory.users:
        raise Refusal("user_not_found")
    return {"no_op": False, "already_open": False, "channel": {"id": memory.direct(people[0]).id}}


def conversations_join(memory: Memory, args: Json) -> Json:
    """Slack: "conversations.join"."""
    channel = memory.channel(args["channel"])
    if channel.is_im:
        raise Refusal("method_not_supported_for_channel_type")
    was_in, channel.has_bot = channel.has_bot, True
    return {"channel": channel_as_slack(channel), **({"warning": "already_in_channel"} if was_in else {})}


def conversations_history(memory: Memory, args: Json) -> Json:
    """Slack: "conversations.history"; newest first, replies only when broadcast."""
    channel = memory.joined(args["channel"])
    shown = [m for m in memory.messages if m.channel == channel.id and (not m.thread_ts or m.broadcast)]
    return _messages(memory, list(reversed(shown)), args)


def conversations_replies(memory: Memory, args: Json) -> Json:
    """Slack: "conversations.replies"; the parent, then its replies, oldest first."""
    channel = memory.joined(args["channel"])
    parent = memory.find(channel.id, args["ts"])
    if parent is None:
        raise Refusal("thread_not_found")
    replies = [m for m in memory.messages if m.channel == channel.id and m.thread_ts == parent.ts]
    return _messages(memory, [parent, *replies], args)


def _messages(memory: Memory, messages: list[Message], args: Json) -> Json:
    oldest, latest = float(args.get("oldest") or 0), float(args.get("latest") or "inf")
    inclusive = is_true(args.get("inclusive"))

    def wanted(message: Message) -> bool:
        ts = float(message.ts)
        return oldest < ts < latest or (inclusive and ts in (oldest, latest))

    with_metadata = is_true(args.get("include_all_metadata"))
    shown = [as_slack(memory, m, with_metadata=with_metadata) for m in messages if wanted(m)]
    answer = paged("messages", shown, args)
    return {**answer, "has_more": bool(answer["response_metadata"]["next_cursor"])}


def paged(name: str, items: list[Json], args: Json) -> Json:
    """Return one page and the cursor of the next (Slack: "Pagination")."""
    try:
        begin = int(base64.b64decode(str(args.get("cursor") or "") + "==")[5:] or 0)
        limit = min(int(args.get("limit") or 100), 1000)
    except ValueError:
        raise Refusal("invalid_cursor") from None
    end = begin + limit
    cursor = base64.b64encode(f"next:{end}".encode()).decode() if end < len(items) else ""
    return {name: items[begin:end], "response_metadata": {"next_cursor": cursor}}


def user_as_slack(memory: Memory, user: str) -> Json:
    """Return a person as users.info does (Slack: "User object")."""
    is_bot = user == memory.identity.bot_user_id
    name = memory.identity.bot_name if is_bot else memory.users[user]
    shown: dict[str, Any] = {
        "id": user,
        "team_id": memory.identity.team_id,
        "name": username(name),
        "deleted": False,
        "real_name": name,
        "tz": "America/New_York",
        "profile": {"real_name": name, "display_name": name},
        "is_admin": False,
        "is_bot": is_bot,
        "is_app_user": False,
    }
    return shown


def username(name: str) -> str:
    """Return the handle of a full name: "Dr. Ana Ruiz" is dr.ana.ruiz."""
    return ".".join("".join(c if c.isalnum() else " " for c in name.lower()).split())


def channel_as_slack(channel: Channel) -> Json:
    """Return a channel as conversations.info does (Slack: "Conversation object")."""
    shown: Json = {"id": channel.id, "is_im": channel.is_im, "is_channel": not channel.is_im, "is_archived": False}
    if channel.is_im:
        return {**shown, "user": channel.person, "is_open": True}
    return {**shown, "name": channel.name, "is_member": channel.has_bot, "is_private": False, "created": 1_700_000_000}
