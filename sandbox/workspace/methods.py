"""Every Web API method known here: what it takes, what it needs, which scope, and who answers.

Slack ignores some unknown parameters; here each one is refused with ``invalid_arguments``, so that a misspelling shows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.workspace import chat, lookups, views
from sandbox.workspace.memory import Memory
from sandbox.workspace.model import Json

Answerer = Callable[[Memory, Json], Json]


@dataclass(frozen=True)
class Method:
    """One method; the names in ``needs`` are taken as well."""

    answer: Answerer
    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    scope: str = ""
    token: str = "bot"  #: "bot", "app" or "none"
    changes: bool = False  #: whether the page looks different afterwards


_PAGE = ("cursor", "limit")
_TEXT = ("text", "blocks", "attachments", "as_user", "link_names", "parse", "markdown_text")
_LOOK = ("icon_emoji", "icon_url", "username")
_RANGE = (*_PAGE, "inclusive", "include_all_metadata", "latest", "oldest")
_UNFURL = ("unfurl_links", "unfurl_media")

METHODS: dict[str, Method] = {
    "api.test": Method(lookups.api_test, takes=("error", "foo"), token="none"),
    "auth.test": Method(lookups.auth_test),
    "team.info": Method(lookups.team_info, takes=("team", "domain"), scope="team:read"),
    "apps.connections.open": Method(lookups.connections_open, token="app"),
    "users.info": Method(lookups.users_info, ("user",), ("include_locale",), "users:read"),
    "users.list": Method(lookups.users_list, (), (*_PAGE, "include_locale", "team_id"), "users:read"),
    "conversations.info": Method(
        lookups.conversations_info, ("channel",), ("include_locale", "include_num_members"), "channels:read"
    ),
    "conversations.list": Method(
        lookups.conversations_list, (), (*_PAGE, "exclude_archived", "team_id", "types"), "channels:read"
    ),
    "conversations.history": Method(lookups.conversations_history, ("channel",), _RANGE, "channels:history"),
    "conversations.replies": Method(lookups.conversations_replies, ("channel", "ts"), _RANGE, "channels:history"),
    "conversations.open": Method(
        lookups.conversations_open, (), ("channel", "users", "return_im", "prevent_creation"), "im:write", changes=True
    ),
    "conversations.join": Method(lookups.conversations_join, ("channel",), (), "channels:join", changes=True),
    "chat.postMessage": Method(
        chat.post_message,
        ("channel",),
        (*_TEXT, *_LOOK, *_UNFURL, "thread_ts", "reply_broadcast", "mrkdwn", "metadata"),
        "chat:write",
        changes=True,
    ),
    "chat.update": Method(
        chat.update, ("channel", "ts"), (*_TEXT, "reply_broadcast", "metadata", "file_ids"), "chat:write", changes=True
    ),
    "chat.postEphemeral": Method(
        chat.post_ephemeral, ("channel", "user"), (*_TEXT, *_LOOK, "thread_ts"), "chat:write", changes=True
    ),
    "chat.delete": Method(chat.delete, ("channel", "ts"), ("as_user",), "chat:write", changes=True),
    "chat.getPermalink": Method(chat.permalink, ("channel", "message_ts")),
    "views.open": Method(views.open_view, ("trigger_id", "view"), changes=True),
    "views.push": Method(views.push_view, ("trigger_id", "view"), changes=True),
    "views.update": Method(views.update_view, ("view",), ("view_id", "external_id", "hash"), changes=True),
    "views.publish": Method(views.publish_view, ("user_id", "view"), ("hash",), changes=True),
}

#: What the app is granted unless a test takes some away; ``groups:`` is what ``channels:`` is, for private channels.
ALL_SCOPES = frozenset(
    {method.scope for method in METHODS.values() if method.scope} | {"commands", "groups:history", "groups:read"}
)
