"""Socket Mode over a real websocket: the same listeners, without a public address."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import threading
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from bot.slack.app import slack_app, socket_mode
from bot.slack.messenger import web_client
from tests.bot.slack.stage import SECRET
from tests.bot.slack.values import ANA, Verbs, as_port
from tests.sandbox.workspace_stage import served

#: RFC 6455, section 1.3.
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, CLOSE = 1, 8
COMMAND = {
    "type": "slash_commands",
    "envelope_id": "e1",
    "accepts_response_payload": True,
    "payload": {"command": "/relay", "text": "take 4821-0934", "user_id": ANA, "trigger_id": "1.2.3", "team_id": "T0"},
}


def send(peer: socket.socket, body: dict[str, Any]) -> None:
    """Send one unmasked text frame."""
    raw = json.dumps(body).encode()
    peer.sendall(bytes([0x80 | TEXT, 126]) + len(raw).to_bytes(2, "big") + raw)


def receive(peer: socket.socket) -> dict[str, Any]:
    """Return the next text frame, which is masked, and pass over pings."""
    while True:
        first, second = peer.recv(1)[0], peer.recv(1)[0]
        length = second & 0x7F
        if length == 126:
            length = int.from_bytes(peer.recv(2), "big")
        mask, raw = peer.recv(4), b""
        while len(raw) < length:
            raw += peer.recv(length - len(raw))
        if first & 0x0F == TEXT:
            answer: dict[str, Any] = json.loads(bytes(byte ^ mask[i % 4] for i, byte in enumerate(raw)))
            return answer


def converse(listener: socket.socket, heard: list[dict[str, Any]]) -> None:
    """Shake hands, say hello, send a command, and keep the answer."""
    peer, _ = listener.accept()
    with peer:
        asked = peer.recv(4096)
        key = next(
            line.split(b": ")[1] for line in asked.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key")
        )
        accept = base64.b64encode(hashlib.sha1(key + GUID, usedforsecurity=False).digest())
        headers = b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + accept
        peer.sendall(b"HTTP/1.1 101 Switching Protocols\r\n" + headers + b"\r\n\r\n")
        send(peer, {"type": "hello", "num_connections": 1})
        send(peer, COMMAND)
        heard.append(receive(peer))
        peer.sendall(bytes([0x80 | CLOSE, 0]))


def test_a_command_over_socket_mode_is_answered_there() -> None:
    """The command becomes its verb, and its answer goes back under the envelope's id."""
    verbs, heard, tokens = Verbs(), list[dict[str, Any]](), list[str]()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        async def opened(request: Request) -> JSONResponse:
            tokens.append(request.headers["authorization"])
            return JSONResponse({"ok": True, "url": f"ws://127.0.0.1:{port}/link"})

        server = threading.Thread(target=converse, args=(listener, heard))
        server.start()
        routes = [Route("/api/apps.connections.open", opened, methods=["POST"])]
        with served(Starlette(routes=routes)) as url:
            client = web_client("xoxb-test", f"{url}/api")
            slack = slack_app(as_port(verbs), client=client, signing_secret=SECRET, public_url="https://radrelay.test")
            mode = socket_mode(slack.bolt, "xapp-test")
            server.join(timeout=10)
            mode.stop()
            slack.close()
    assert tokens[0] == "Bearer xapp-test"
    assert verbs.asked == [("take_case", ("4821-0934", ANA, "slack:1.2.3"), {})]
    assert heard[0]["envelope_id"] == "e1"
    assert heard[0]["payload"]["text"] == "It is yours."
