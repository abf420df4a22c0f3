"""Messages to Slack's channels: the ``Messenger`` port over Slack's own client.

Nothing is tried twice here: the caller knows when a second try is right, and a post whose answer was lost is looked for
first (``find``). What Slack answers becomes one of three errors, none of which repeats what was sent.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from http.client import HTTPException
from typing import Any
from urllib.error import URLError

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web import SlackResponse

from bot.slack.blocks import Json, Message
from bot.slack.cards import desk_card, read_block, read_card, task_block, thread_note
from bot.slack.handovers import handover_card
from bot.slack.replies import quiet
from handlers.domain.cards import DeskCard, HandoverCard, Note, ReadCard
from handlers.domain.errors import DeliveryFailed, DeliveryInDoubt, DeliveryRefused

TIMEOUT = 10  #: seconds
_TOO_MANY = 429
_UNAVAILABLE = 503
_SERVER_ERROR = 500
_PAGES = 10  #: of history looked through for a lost post
_SKEW = timedelta(minutes=2)  #: between Slack's clock and ours

#: An update of a message that is gone, or not ours any more: it is posted anew.
_GONE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})
#: Slack did nothing; later it may.
_LATER = frozenset(
    {"ratelimited", "rate_limited", "service_unavailable", "request_timeout", "team_added_to_org", "accesslimited"}
)
#: Slack: "It's possible some aspect of the operation succeeded before the error was raised".
_PERHAPS = frozenset({"fatal_error", "internal_error"})
_TOKEN = "Slack does not accept SLACK_BOT_TOKEN; install the app again and set the new token"  # noqa: S105
_OURS = "Slack does not accept what radrelay drew; this is a bug, please report it with this code"
_WHAT_TO_DO = {
    "channel_not_found": "Slack has no such channel for the app; check its id in the directory, and invite the app",
    "not_in_channel": "the app is not in the channel; type /invite @radrelay in it",
    "is_archived": "the channel is archived; name another in the directory",
    "missing_scope": "the app lacks a scope; update it from the manifest and install it again",
    "restricted_action": "the workspace keeps the app from posting here; ask its administrator",
    "restricted_action_read_only_channel": "only some may post in this channel; ask its administrator",
    "thread_not_found": "the message that this belongs to was deleted",
    "message_not_found": "the message that this belongs to was deleted",
    **dict.fromkeys(
        ("invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "not_allowed_token_type"),
        _TOKEN,
    ),
    **dict.fromkeys(
        (
            "invalid_blocks",
            "invalid_blocks_format",
            "invalid_arguments",
            "msg_too_long",
            "msg_blocks_too_long",
            "no_text",
        ),
        _OURS,
    ),
}


def web_client(token: str | None, api_url: str = "https://slack.com/api/") -> WebClient:
    """Return a client that tries once, waits ten seconds, and logs nothing of what it carries."""
    base_url = api_url.rstrip("/") + "/"
    return WebClient(token, base_url=base_url, timeout=TIMEOUT, retry_handlers=[], logger=quiet)


class SlackMessenger:
    """Implements ``handlers.ports.Messenger``.

    ``outcomes`` are the codes that end a desk task without a relay, with their words.
    """

    def __init__(self, client: WebClient, outcomes: Mapping[str, str]) -> None:
        self._client = client
        self._outcomes = dict(outcomes)

    def show_read(self, channel: str, ts: str | None, card: ReadCard) -> str:
        """Post the card, or update the message ``ts`` (anew where it is gone); return the message's ts."""
        return self._show(channel, ts, read_card(card))

    def show_task(self, channel: str, ts: str | None, card: DeskCard) -> str:
        """Post the desk's card, or update it; return its ts."""
        return self._show(channel, ts, desk_card(card, self._outcomes))

    def show_handover(self, channel: str, ts: str | None, card: HandoverCard) -> str:
        """Post a handover's card, or update it; return its ts."""
        return self._show(channel, ts, handover_card(card))

    def note(self, channel: str, thread_ts: str | None, note: Note, *, mention: bool = False) -> None:
        """Add a line to a message's thread, or to the channel itself; ``mention`` shows it there too, with @here."""
        more: dict[str, Any] = {} if thread_ts is None else {"thread_ts": thread_ts}
        if mention and more:
            more["reply_broadcast"] = True
        self._post(channel, thread_note(note, mention=mention), **more)

    def find(self, channel: str, subject: str, since: datetime) -> str | None:
        """Return the ts of our message that shows a read or a task, posted since an instant (our clock)."""
        wanted = {subject, read_block(subject), task_block(subject)}
        oldest, cursor = f"{(since - _SKEW).timestamp():.6f}", ""
        for _ in range(_PAGES):
            page = self._look(channel, oldest, cursor)
            for posted in page["messages"]:
                if posted.get("bot_id") and any(block.get("block_id") in wanted for block in posted.get("blocks", [])):
                    return str(posted["ts"])
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return None
        raise DeliveryFailed("the channel holds too many messages since then to find ours")

    def _show(self, channel: str, ts: str | None, message: Message) -> str:
        if ts is None:
            return self._post(channel, message)
        try:
            _ask(
                lambda: self._client.chat_update(
                    channel=channel, ts=ts, text=message.text, blocks=list(message.blocks)
                ),
                repeatable=True,
            )
        except DeliveryRefused as refused:
            if refused.code not in _GONE:
                raise
            return self._post(channel, message)
        return ts

    def _post(self, channel: str, message: Message, **more: Any) -> str:
        answer = _ask(
            lambda: self._client.chat_postMessage(
                channel=channel,
                text=message.text,
                blocks=list(message.blocks),
                unfurl_links=False,
                unfurl_media=False,
                **more,
            ),
            repeatable=False,
        )
        return str(answer["ts"])

    def _look(self, channel: str, oldest: str, cursor: str) -> SlackResponse:
        return _ask(
            lambda: self._client.conversations_history(
                channel=channel, oldest=oldest, limit=200, cursor=cursor or None
            ),
            repeatable=True,
        )


def _ask(call: Callable[[], SlackResponse], *, repeatable: bool) -> SlackResponse:
    """Make one request; ``repeatable`` is one that does no harm when it is done twice."""
    try:
        return call()
    except SlackApiError as error:
        raise _told(error.response, repeatable=repeatable) from None
    except (OSError, HTTPException, SlackClientError, ValueError) as error:
        if repeatable or _was_never_sent(error):
            raise DeliveryFailed(f"Slack was not reached: {type(error).__name__}") from None
        raise DeliveryInDoubt(f"no answer came from Slack: {type(error).__name__}") from None


def _was_never_sent(error: Exception) -> bool:
    """Tell whether it failed before a byte of the request left: no address, no connection, no trust."""
    if not isinstance(error, URLError):
        return False
    never = (ConnectionRefusedError, socket.gaierror, ssl.SSLCertVerificationError)
    unreachable = isinstance(error.reason, OSError) and error.reason.errno in _UNREACHABLE
    return isinstance(error.reason, never) or unreachable


_UNREACHABLE = (100, 101, 112, 113)  #: ENETDOWN, ENETUNREACH, EHOSTDOWN, EHOSTUNREACH


def _told(response: Any, *, repeatable: bool) -> DeliveryFailed | DeliveryRefused | DeliveryInDoubt:
    status, headers = response.status_code, response.headers
    if status == _TOO_MANY or response.get("error") in ("ratelimited", "rate_limited"):
        return DeliveryFailed("Slack asks for patience (429)", _patience(headers))
    if status >= _SERVER_ERROR:
        if repeatable or status == _UNAVAILABLE:
            return DeliveryFailed(f"Slack answered HTTP {status}")
        return DeliveryInDoubt(f"Slack answered HTTP {status}")
    code = _code(response)
    unclear = code in _PERHAPS or not code
    words = f"Slack answered {code or 'nothing that can be read'}"
    if code in _LATER or (unclear and repeatable):
        return DeliveryFailed(words)
    if unclear:
        return DeliveryInDoubt(words)
    return DeliveryRefused(code, _sentence(code, response.data))


def _code(response: Any) -> str:
    """Return Slack's error code, or "" for an answer that was not Slack's."""
    code = str(response.get("error") or "")
    return code if code.replace("_", "").isalnum() else ""


def _sentence(code: str, data: Json) -> str:
    words = _WHAT_TO_DO.get(code, "Slack refused with this code; its page on the method says why")
    return f"{words} (needed: {data['needed']})" if code == "missing_scope" and data.get("needed") else words


def _patience(headers: Mapping[str, str]) -> timedelta:
    value = next((value for name, value in headers.items() if name.lower() == "retry-after"), "")
    return timedelta(seconds=int(value) if value.isascii() and value.isdigit() else 1)
