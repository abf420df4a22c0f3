"""Signed requests to the product, and the memory of every one of them."""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import httpx
from twilio.request_validator import RequestValidator

from sandbox import loopback

if TYPE_CHECKING:
    from datetime import datetime

    from sandbox.exchange.faults import Faults
    from sandbox.exchange.records import Hook
    from sandbox.timeline import Timeline

#: Twilio gives a webhook this long to answer (Webhooks: Connection overrides, total time).
ANSWER_WITHIN = 15.0
FORM = "application/x-www-form-urlencoded; charset=UTF-8"


@dataclass
class SentRequest:
    """One request to the product; ``status`` is None while it is under way and when no answer came."""

    event: str
    method: str
    url: str
    headers: dict[str, str]
    body: bytes
    at: datetime
    status: int | None = None
    #: The parameters as they were before encoding.
    params: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Reply:
    """What the product answered, or why there was no answer."""

    status: int | None
    content_type: str = ""
    body: bytes = b""
    trouble: str = ""


class Courier:
    """Sends requests signed with the account's token (Twilio: Webhooks security, X-Twilio-Signature)."""

    def __init__(self, timeline: Timeline, auth_token: str, faults: Faults, client: httpx.Client | None) -> None:
        self.timeline = timeline
        self.faults = faults
        self.sent: list[SentRequest] = []
        self._validator = RequestValidator(auth_token)
        self._own = client is None
        self._client = client or loopback.client(
            timeout=ANSWER_WITHIN,
            limits=httpx.Limits(max_keepalive_connections=0),
        )
        self._lock = threading.Lock()
        #: Callbacks that wait for another event: (key of the call or message, that event) to what is sent then.
        self._held: dict[tuple[str, str], list[SentRequest]] = {}

    def ask(self, event: str, hook: Hook, params: dict[str, str]) -> Reply:
        """Send one request now and return the answer."""
        return self._deliver(self._prepare(event, hook, params))

    def announce(self, event: str, key: str, hook: Hook, params: dict[str, str]) -> None:
        """Send a callback through the timeline, as the faults have it; its answer does not matter."""
        passage = self.faults.passage(event)
        if passage.dropped:
            return
        request = self._prepare(event, hook, params)
        copies = [request, *(_copy(request) for _ in range(passage.copies - 1))]
        with self._lock:
            if passage.held_until is not None:
                self._held.setdefault((key, passage.held_until), []).extend(copies)
                return
            copies.extend(self._held.pop((key, event), []))
        for copy in copies:
            self.timeline.after(passage.delay, partial(self._post, copy))

    def replay(self, request: SentRequest) -> SentRequest:
        """Send ``request`` again, byte for byte, and return the new entry with its status."""
        again = _copy(request)
        self._deliver(again)
        return again

    def close(self) -> None:
        """Close the connections."""
        if self._own:
            self._client.close()

    def _prepare(self, event: str, hook: Hook, params: dict[str, str]) -> SentRequest:
        url, body = hook.url, b""
        headers = {
            "User-Agent": "TwilioProxy/1.1",
            "Accept": "*/*",
            "I-Twilio-Idempotency-Token": secrets.token_hex(16),
        }
        if hook.method == "GET":
            if params:
                url += ("&" if "?" in url else "?") + urlencode(params)
            signature = self._validator.compute_signature(url, {})
        else:
            body = urlencode(params).encode()
            headers["Content-Type"] = FORM
            signature = self._validator.compute_signature(url, params)
        headers["X-Twilio-Signature"] = signature
        return SentRequest(event, hook.method, url, headers, body, self.timeline.now(), params=params)

    def _post(self, request: SentRequest) -> None:
        self._deliver(request)

    def _deliver(self, request: SentRequest) -> Reply:
        request.at = self.timeline.now()
        self.sent.append(request)
        try:
            answer = self._client.request(
                request.method, request.url, content=request.body or None, headers=request.headers
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return Reply(None, trouble=f"{type(error).__name__}: {error}")
        request.status = answer.status_code
        return Reply(answer.status_code, answer.headers.get("content-type", ""), answer.content)


def _copy(request: SentRequest) -> SentRequest:
    return SentRequest(
        request.event,
        request.method,
        request.url,
        dict(request.headers),
        request.body,
        request.at,
        params=dict(request.params),
    )
