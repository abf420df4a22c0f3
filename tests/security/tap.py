"""Listens at a door: every request and its answer, as they were on the wire."""

from __future__ import annotations

from dataclasses import dataclass, field

from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: A request of the test's own that puts patient data where no client of ours would; its address is not the product's.
OUR_MISUSE = b"x-test-misuse"


@dataclass
class Exchanged:
    """One request with its answer."""

    method: str
    path: str
    target: str
    headers: list[tuple[bytes, bytes]]
    asked: bytes = b""
    status: int = 0
    answer_headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    answered: bytes = b""

    @property
    def is_misuse(self) -> bool:
        return any(name == OUR_MISUSE for name, _ in self.headers)


class Tap:
    """An application in front of another, which it leaves as it is."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.heard: list[Exchanged] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        query = scope["query_string"].decode("latin-1")
        target = scope["raw_path"].decode("latin-1") + (f"?{query}" if query else "")
        one = Exchanged(scope["method"], scope["path"], target, list(scope["headers"]))
        self.heard.append(one)

        async def asked() -> Message:
            message = await receive()
            one.asked += message.get("body", b"")
            return message

        async def answered(message: Message) -> None:
            if message["type"] == "http.response.start":
                one.status, one.answer_headers = message["status"], list(message.get("headers", ()))
            one.answered += message.get("body", b"")
            await send(message)

        await self._app(scope, asked, answered)
