"""The Bolt app, and its two doors: ``POST /slack/events`` and Socket Mode.

Slack being down stops neither the start nor a click: a signed request is enough, and nothing is asked of Slack first.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from fastapi import APIRouter
from slack_bolt import App, BoltRequest, BoltResponse
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_bolt.adapter.starlette.handler import to_starlette_response
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient
from slack_sdk.signature import SignatureVerifier
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bot.slack.hands import Hands
from bot.slack.listeners import Listeners
from bot.slack.replies import Replies, apology, quiet
from bot.slack.verbs import SlackVerbs

log = logging.getLogger(__name__)

#: What each thing we do with Slack needs; the manifests ask for these scopes and no others.
SCOPES: Mapping[str, tuple[str, ...]] = {
    "auth.test": (),  # radrelay doctor
    "chat.postMessage": ("chat:write",),
    "chat.update": ("chat:write",),
    "conversations.history": ("channels:history", "groups:history"),
    "conversations.info": ("channels:read", "groups:read"),  # radrelay doctor
    "views.open": (),
    "views.publish": (),
    "slash commands": ("commands",),
}
BOT_SCOPES = tuple(sorted({scope for needed in SCOPES.values() for scope in needed}))
EVENTS = ("app_home_opened",)
PATH = "/slack/events"
MAX_BODY = 1024 * 1024  #: bytes; a view has at most 250 kB, before it is form-encoded
_LISTENERS = 40  #: threads; as many as Starlette lets wait for a dispatch at a time
_REPLIES = 8
_RECONNECT = 10.0  #: seconds between tries to open Socket Mode's connection
#: The only headers that Bolt is given; others could ask it for what only its own processes ask for.
_HEADERS = (
    "content-type",
    "x-slack-request-timestamp",
    "x-slack-retry-num",
    "x-slack-retry-reason",
    "x-slack-signature",
)
_REFUSED = frozenset({401, 413})
#: Seconds since 1970; Python refuses to read a number of thousands of digits, and Bolt does not expect that.
_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_MEDIA_TYPES = frozenset({"application/x-www-form-urlencoded", "application/json"})


@dataclass(frozen=True, slots=True)
class SlackApp:
    """The Bolt app with its threads."""

    bolt: App
    listeners: Hands
    replies: Hands

    def settle(self, timeout: float = 5.0) -> bool:
        """Wait until every listener has run and every answer has been sent or lost."""
        return self.listeners.settle(timeout) and self.replies.settle(timeout)

    def close(self) -> None:
        """End the threads after what they have begun."""
        self.listeners.shutdown(wait=True)
        self.replies.shutdown(wait=True)


def slack_app(verbs: SlackVerbs, *, client: WebClient, signing_secret: str, public_url: str) -> SlackApp:
    """Return the app. ``client`` carries the bot's token; ``public_url`` begins the links to the case page."""
    listeners, replies = Hands(_LISTENERS, "slack-listener"), Hands(_REPLIES, "slack-reply")
    bolt = App(
        name="radrelay",
        logger=quiet,
        client=_without_token(client),
        authorize=_anybody,
        signing_secret=signing_secret,
        token_verification_enabled=False,
        request_verification_enabled=True,
        ssl_check_enabled=False,  # it answers unsigned requests
        process_before_response=False,
        listener_executor=listeners,
    )
    bolt.error(_unforeseen)
    Listeners(verbs, Replies(replies, client), public_url).register(bolt)
    return SlackApp(bolt, listeners, replies)


def _without_token(client: WebClient) -> WebClient:
    """Return a like client; Bolt asks Slack who we are at the first click when it sees a token."""
    return WebClient(
        base_url=client.base_url,
        timeout=client.timeout,
        ssl=client.ssl,
        proxy=client.proxy,
        logger=quiet,
        retry_handlers=[],
    )


def _anybody(enterprise_id: str | None, team_id: str | None, user_id: str | None) -> AuthorizeResult:
    """Let every signed request through: the verbs know who may do what, and Slack is asked nothing."""
    return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, user_id=user_id)


def _unforeseen(error: Exception) -> BoltResponse:
    apology("listener", error)
    return BoltResponse(status=500, body="")


def slack_router(app: App, on_refused: Callable[[], None]) -> APIRouter:
    """Return the route that Slack posts everything to.

    413 a body over the limit; 401 a wrong, missing or old signature, or a body that cannot be Slack's; else Bolt's answer.
    ``on_refused`` is called for each of the two.
    """

    async def counted(request: Request) -> Response:
        answer = await events(request)
        if answer.status_code in _REFUSED:
            on_refused()
        return answer

    async def events(request: Request) -> Response:
        body = await _limited(request)
        if body is None:
            return JSONResponse({"error": "the body is too large"}, 413)
        asked = _asked(request, body)
        if asked is None:
            return JSONResponse({"error": "invalid request"}, 401)
        return to_starlette_response(await run_in_threadpool(app.dispatch, asked))

    router = APIRouter()
    router.add_route(PATH, counted, methods=["POST"], include_in_schema=False)
    return router


def signer(signing_secret: str) -> Callable[[str, str], str]:
    """Return what signs a timestamp and a body as Slack does; the doctor knocks with it."""
    verifier = SignatureVerifier(signing_secret)

    def sign(timestamp: str, body: str) -> str:
        return verifier.generate_signature(timestamp=timestamp, body=body) or ""

    return sign


async def _limited(request: Request) -> bytes | None:
    declared = request.headers.get("content-length", "0")
    if declared.isdigit() and int(declared) > MAX_BODY:
        return None
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            return None
    return bytes(body)


def _asked(request: Request, body: bytes) -> BoltRequest | None:
    """Return what Bolt verifies and dispatches, or None for what its verifier and parser would stumble over.

    Slack repeats no header and sends forms and JSON only: whatever does otherwise was not sent by Slack.
    """
    if any(len(request.headers.getlist(name)) > 1 for name in _HEADERS):
        return None
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() not in _MEDIA_TYPES:
        return None
    headers: dict[str, str | list[str]] = {name: request.headers[name] for name in _HEADERS if name in request.headers}
    timestamp, signature = (str(headers.get(f"x-slack-{name}", "")) for name in ("request-timestamp", "signature"))
    if not (_TIMESTAMP.fullmatch(timestamp) and signature.isascii()):
        return None
    try:
        return BoltRequest(body=body.decode(), headers=headers)  # type: ignore[arg-type]
    except Exception as error:  # noqa: BLE001 - it is parsed before it is verified, so anything may be in it
        log.info("slack: a body could not be read: %s", type(error).__name__)
        return None


class SocketMode:
    """Keeps a Socket Mode connection; while Slack cannot be reached it tries again, and nothing waits for it."""

    def __init__(self, app: App, app_token: str) -> None:
        self._handler = SocketModeHandler(app, app_token, logger=quiet, concurrency=_LISTENERS)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._connect, name="slack-socket-mode", daemon=True)
        self._thread.start()

    def _connect(self) -> None:
        while not self._stopping.is_set():
            try:
                self._handler.connect()  # type: ignore[no-untyped-call]
            except Exception as error:  # noqa: BLE001 - whatever keeps us from connecting, we try again
                log.warning("slack: Socket Mode is not connected: %s", type(error).__name__)
                self._stopping.wait(_RECONNECT)
            else:
                return

    def stop(self) -> None:
        """Close the connection."""
        self._stopping.set()
        self._thread.join(timeout=_RECONNECT)
        try:
            self._handler.close()  # type: ignore[no-untyped-call]
        except AttributeError:  # Slack ended the connection meanwhile, and its client closes what is closed already
            self._handler.close()  # type: ignore[no-untyped-call]


def socket_mode(app: App, app_token: str) -> SocketMode:
    """Start Socket Mode (an ``xapp-`` token with ``connections:write``) and return it, connected or not yet."""
    return SocketMode(app, app_token)
