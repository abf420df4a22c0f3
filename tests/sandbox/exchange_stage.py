"""An exchange served on loopback, a small product that answers it, and Twilio's own client, for the exchange's tests."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from sandbox.exchange import Exchange, NumberConfig
from sandbox.timeline import Timeline
from tests.contract.watching import Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.types import ASGIApp, Receive, Scope, Send

ACCOUNT = "AC" + "1" * 32
TOKEN = "a-token-of-the-sandbox"
OURS = "+14155550100"
MUTE = "+14155550101"
DOCTOR = "+12125550123"
NURSE = "+12125550124"


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    instant: datetime = datetime(2031, 3, 4, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.instant


@dataclass
class Product:
    """Answers each path with its page; keeps what was asked; refuses what is not signed."""

    url: str = ""
    pages: dict[str, Any] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    on_ask: Callable[[str], None] = lambda _path: None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        form = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
        url = self.url + scope["path"] + (f"?{scope['query_string'].decode()}" if scope["query_string"] else "")
        if not RequestValidator(TOKEN).validate(url, form, request.headers.get("x-twilio-signature", "")):
            await Response("", 403)(scope, receive, send)
            return
        self.asked.append((scope["path"], form or dict(request.query_params)))
        self.on_ask(scope["path"])
        page = self.pages.get(scope["path"], Response("", 204))
        response = (
            page if isinstance(page, Response) else Response(f"<Response>{page}</Response>", media_type="text/xml")
        )
        await response(scope, receive, send)

    def forms(self, path: str) -> list[dict[str, str]]:
        """Return what was sent to one path."""
        return [form for asked, form in self.asked if asked == path]


class Loopback(TwilioHttpClient):  # type: ignore[misc, unused-ignore]
    """Twilio's own client, sent to loopback."""

    def __init__(self, url: str, timeout: float | None = 10) -> None:
        super().__init__(timeout=timeout)
        self.url = url
        self.session.trust_env = False

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        parts = urlsplit(url)
        query = f"?{parts.query}" if parts.query else ""
        return super().request(method, self.url + parts.path + query, *args, **kwargs)


class Switch:
    """The application that is served; each test puts its own behind it."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


@dataclass
class Servers:
    """Two servers on loopback."""

    exchange_url: str
    product_url: str
    exchange: Switch
    product: Switch


@contextmanager
def serving() -> Iterator[Servers]:
    """Serve an exchange and a product for the tests of one file."""
    exchange, product = Switch(), Switch()
    with _served(exchange) as exchange_url, _served(product) as product_url:
        yield Servers(exchange_url, product_url, exchange, product)


@contextmanager
def _served(app: ASGIApp) -> Iterator[str]:
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listener.close()


@dataclass
class Stage:
    """Everything a test of the exchange needs."""

    clock: Clock
    timeline: Timeline
    exchange: Exchange
    product: Product
    http: Loopback
    client: Client

    def url(self, path: str) -> str:
        return self.product.url + path

    def create(self, **over: Any) -> Any:
        """Create a call to the doctor whose document is /voice."""
        given = {"to": DOCTOR, "from_": OURS} | over
        if not {"url", "twiml", "application_sid"} & set(given):
            given["url"] = self.url("/voice")
        return self.client.calls.create(**given)

    def dialed(self, **over: Any) -> Any:
        """Create a call and let it ring; return it as the exchange knows it."""
        created = self.create(**over)
        self.timeline.run_due()
        call = self.exchange.find(created.sid)
        call.seen = True
        return call

    def advance(self, seconds: float) -> None:
        """Move the time on, from one thing due to the next."""
        end = self.clock.instant + timedelta(seconds=seconds)
        while (due := self.timeline.next_due()) is not None and due <= end:
            self.clock.instant = max(self.clock.instant, due)
            self.timeline.run_due()
        self.clock.instant = end

    def hear_out(self, call: Any) -> None:
        """Move the time on until everything laid out was said."""
        self.advance((call.speaking_until - self.clock.instant).total_seconds())


@contextmanager
def staged(servers: Servers, **over: Any) -> Iterator[Stage]:
    """Put a fresh exchange and a fresh product on stage."""
    clock = Clock()
    timeline = over.pop("timeline", None) or Timeline(clock)
    product = Product(servers.product_url)
    numbers = {
        OURS: NumberConfig(voice_url=f"{product.url}/inbound", sms_url=f"{product.url}/sms"),
        MUTE: NumberConfig(sms_capable=False),
    }
    exchange = Exchange(timeline, ACCOUNT, TOKEN, numbers, base_url=servers.exchange_url, **over)
    contract = Watch(exchange.app, requests_count=False)
    servers.exchange.app, servers.product.app = contract, product
    http = Loopback(servers.exchange_url)
    yield Stage(clock, timeline, exchange, product, http, Client(ACCOUNT, TOKEN, http_client=http))
    http.session.close()
    exchange.close()
    assert not contract.violations, f"not as the telephone company's document says: {contract.violations}"
