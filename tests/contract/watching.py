"""Stands before the sandbox exchange and holds everything that passes against the telephone company's document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.contract.document import FORM, document

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Watch:
    """An ASGI application in front of another.

    ``violations`` are sentences. A request that the exchange refused is one only if ``requests_count``: a test of the
    exchange sends wrong ones on purpose, and only has to see them refused; our product sends none.
    """

    def __init__(self, app: ASGIApp, *, requests_count: bool = True) -> None:
        self._app = app
        self._requests_count = requests_count
        self.violations: list[str] = []
        #: How many requests, and how many answers, were looked at.
        self.requests = self.answers = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request and its answer pass, and look at both."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        passing = _Passing(receive, send)
        await passing.take()
        try:
            await self._app(scope, passing.receive, passing.send)
        finally:
            self._look(scope, passing)

    def _look(self, scope: Scope, passing: _Passing) -> None:
        headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        wrong = document().request(
            scope["method"],
            scope["path"],
            scope["query_string"].decode(),
            bytes(passing.asked),
            headers.get("content-type", FORM),
        )
        self.requests += 1
        refused = passing.status is not None and passing.status >= 400
        if self._requests_count or not refused:
            self.violations += wrong
        if passing.status is None:
            return  # the connection was closed, as a fault has it
        self.answers += 1
        self.violations += document().answer(
            scope["method"], scope["path"], passing.status, passing.content_type, bytes(passing.answered)
        )


class _Passing:
    """What passes in one exchange of request and answer."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._taken: list[Message] = []
        self.asked = bytearray()
        self.answered = bytearray()
        self.status: int | None = None
        self.content_type = ""

    @property
    def transport(self) -> Any:
        """The connection, which the exchange closes where a fault loses its answer."""
        return getattr(getattr(self._send, "__self__", None), "transport", None)

    async def take(self) -> None:
        """Read the whole request, which the exchange may refuse unread."""
        more = True
        while more:
            message = await self._receive()
            self._taken.append(message)
            self.asked += message.get("body", b"")
            more = message.get("more_body", False)

    async def receive(self) -> Message:
        """Let a part of the request pass."""
        return self._taken.pop(0) if self._taken else await self._receive()

    async def send(self, message: Message) -> None:
        """Let a part of the answer pass."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.content_type = dict(message["headers"]).get(b"content-type", b"").decode()
        else:
            self.answered += message.get("body", b"")
        await self._send(message)
