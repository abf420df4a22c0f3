"""A workspace served on loopback and a small product that answers it, for the tests of the workspace itself."""

from __future__ import annotations

import json
import socket
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import uvicorn
from slack_sdk import WebClient
from slack_sdk.signature import SignatureVerifier
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from sandbox.timeline import Timeline
from sandbox.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.types import ASGIApp, Receive, Scope, Send

Json = dict[str, Any]

BOT_TOKEN = "xoxb-sandbox"
APP_TOKEN = "xapp-sandbox"
SIGNING_SECRET = "a-signing-secret"
READS = "C0READS"
ANA = "U0ANA"
BEN = "U0BEN"


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def option(value: str) -> Json:
    return {"text": plain(value), "value": value}


CARD = [
    {"type": "section", "text": {"type": "mrkdwn", "text": "*CT head*"}},
    {
        "type": "actions",
        "block_id": "card",
        "elements": [
            {"type": "button", "text": plain("Claim"), "action_id": "claim", "value": "42", "style": "primary"},
            {"type": "overflow", "action_id": "more", "options": [option("release"), option("log")]},
        ],
    },
]
MODAL: Json = {
    "type": "modal",
    "callback_id": "finding",
    "private_metadata": "42",
    "title": plain("Critical finding"),
    "submit": plain("Call"),
    "notify_on_close": True,
    "blocks": [
        {
            "type": "input",
            "block_id": "category",
            "label": plain("Category"),
            "element": {"type": "radio_buttons", "action_id": "pick", "options": [option("1"), option("2")]},
        },
        {
            "type": "input",
            "block_id": "phrase",
            "label": plain("Phrase"),
            "element": {"type": "static_select", "action_id": "pick", "options": [option("ich"), option("pe")]},
        },
        {
            "type": "input",
            "block_id": "note",
            "optional": True,
            "label": plain("Note"),
            "element": {"type": "plain_text_input", "action_id": "words", "initial_value": "none"},
        },
        {
            "type": "input",
            "block_id": "to",
            "optional": True,
            "label": plain("To"),
            "element": {"type": "users_select", "action_id": "who"},
        },
        {
            "type": "input",
            "block_id": "flags",
            "optional": True,
            "label": plain("Flags"),
            "element": {"type": "checkboxes", "action_id": "all", "options": [option("x"), option("y")]},
        },
    ],
}
FILLED: dict[str, Json] = {
    "category": {"pick": "2"},
    "phrase": {"pick": "pe"},
    "to": {"who": BEN},
    "flags": {"all": ["y"]},
}


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    instant: datetime = datetime(2031, 3, 4, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.instant

    def forward(self, seconds: float) -> None:
        self.instant += timedelta(seconds=seconds)


@dataclass
class Product:
    """Answers every signed request with what ``answer`` returns, and keeps the payloads."""

    payloads: list[dict[str, Any]] = field(default_factory=list)
    answer: Callable[[dict[str, Any]], Response] = lambda _payload: Response("", 200)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        body = await request.body()
        headers = dict(request.headers.items())
        if not SignatureVerifier(SIGNING_SECRET).is_valid_request(body, headers):
            await Response("", 401)(scope, receive, send)
            return
        if headers["content-type"] == "application/json":
            payload = json.loads(body)
        else:
            form = {key: values[0] for key, values in parse_qs(body.decode(), keep_blank_values=True).items()}
            payload = json.loads(form["payload"]) if "payload" in form else form
        self.payloads.append(payload)
        await self.answer(payload)(scope, receive, send)


@contextmanager
def served(app: ASGIApp) -> Iterator[str]:
    """Serve an application on a free port of loopback and yield its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listener.close()


@dataclass
class Stage:
    """Everything a test of the workspace needs."""

    clock: Clock
    timeline: Timeline
    workspace: Workspace
    product: Product
    client: WebClient
    url: str

    def post(self, text: str = "a card", **over: Any) -> str:
        """Post a message as the product does, a second after the last, and return its ts."""
        self.clock.forward(1)
        ts: str = self.client.chat_postMessage(channel=READS, text=text, **over)["ts"]
        return ts


@contextmanager
def staged() -> Iterator[Stage]:
    """Serve a product and a workspace that know each other."""
    clock, product = Clock(), Product()
    timeline = Timeline(clock)
    with served(product) as product_url:
        workspace = Workspace(
            timeline,
            bot_token=BOT_TOKEN,
            signing_secret=SIGNING_SECRET,
            app_token=APP_TOKEN,
            product_url=product_url,
            channels={READS: "reads", "C0EMPTY": "empty"},
            users={ANA: "Dr. Ana Ruiz", BEN: "Dr. Ben Okafor"},
        )
        with served(workspace.app) as url:
            workspace.memory.url = url
            yield Stage(clock, timeline, workspace, product, WebClient(BOT_TOKEN, base_url=f"{url}/api/"), url)
            workspace.stop()


def ack(**body: Any) -> Response:
    """Answer with JSON."""
    return JSONResponse(body)


def words(text: str) -> Response:
    """Answer with plain text."""
    return PlainTextResponse(text)


def forget(stage: Stage) -> None:
    """Leave the stage as a test found it."""
    stage.product.payloads.clear()
    stage.product.answer = lambda _payload: Response("", 200)
    for user in (ANA, BEN):
        stage.workspace.memory.close_all(user)
    stage.workspace.look()
