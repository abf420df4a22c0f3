"""Signed requests to the product, and what becomes of those that it does not acknowledge in time.

Signatures carry wall time whatever the timeline says, since the product's verifier reads a wall clock
(Slack: "Verifying requests from Slack"). An answer is due within three seconds (Slack: "Handling user interaction").
"""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import httpx

from sandbox import loopback
from sandbox.timeline import wall_clock
from sandbox.workspace.model import Json, Sent

if TYPE_CHECKING:
    from collections.abc import Callable

ACK_SECONDS = 3.0
_OK = 200


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Return the v0 signature of a body."""
    base = b"v0:" + timestamp.encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


class Courier:
    """Carries payloads to the product; no lock is held while it waits for the answer."""

    def __init__(self, product_url: str, secret: str, heard: Callable[[str], None]) -> None:
        self.product_url = product_url.rstrip("/")
        self.ack_seconds = ACK_SECONDS
        self.sent: list[Sent] = []
        self.late: list[Sent] = []
        self.failed: list[tuple[Sent, str]] = []
        self._secret = secret
        self._heard = heard
        self._lock = threading.Lock()
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=32)
        self._client = loopback.client(limits=limits)

    def interaction(self, payload: Json) -> Sent:
        """Post an interaction: a form with the one field ``payload``."""
        return self.post(urlencode({"payload": json.dumps(payload)}).encode(), "application/x-www-form-urlencoded")

    def command(self, fields: Json) -> Sent:
        """Post a slash command: plain form fields."""
        return self.post(urlencode(fields).encode(), "application/x-www-form-urlencoded")

    def event(self, payload: Json) -> Sent:
        """Post an event: JSON."""
        return self.post(json.dumps(payload).encode(), "application/json")

    def post(self, body: bytes, content_type: str) -> Sent:
        """Sign and post one body; the answer, or its absence, is in what this returns."""
        now = wall_clock()
        timestamp = str(int(now.timestamp()))
        headers = {
            "Content-Type": content_type,
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": signature(self._secret, timestamp, body),
        }
        url = f"{self.product_url}/slack/events"
        status, answer = self._exchange(url, headers, body)
        if status is not None and (wall_clock() - now).total_seconds() > self.ack_seconds:
            status = None
        sent = Sent(url, headers, body, status, now, answer)
        with self._lock:
            self.sent.append(sent)
        if status is None:
            self.late.append(sent)
        elif status != _OK:
            self.failed.append((sent, f"HTTP {status}"))
        if answer:
            self._heard(answer)
        return sent

    def _exchange(self, url: str, headers: dict[str, str], body: bytes) -> tuple[int | None, str]:
        timeout = httpx.Timeout(self.ack_seconds, pool=None)
        try:
            response = self._client.post(url, headers=headers, content=body, timeout=timeout)
        except httpx.HTTPError:
            return None, ""
        return response.status_code, response.text

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
