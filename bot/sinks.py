"""The port ``handlers.ports.Subscribers``: signed webhooks to clients' systems, as Standard Webhooks says.

Nothing that a receiver answers is read beyond its status and ``Retry-After``, and no redirect is followed: an address that
an administrator checked is the only one that is ever sent anything.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cached_property

import httpx
import orjson
import structlog
from standardwebhooks.webhooks import Webhook

from bot.intake.signatures import SecretOf, key_of
from handlers.domain.errors import DeliveryFailed
from handlers.domain.sinks import ReadNotice, Sink

log = structlog.get_logger(__name__)

#: How long a message may take, in seconds: well within the time after which others think that we crashed.
TIMEOUT = 10.0
#: However long a receiver asks for patience, it is tried again after this.
MOST_PATIENCE = timedelta(hours=1)


def _wall() -> datetime:
    return datetime.now(UTC)


class WebhookSender:
    """Sends to every sink; ``secret`` reads a variable that the directory names, ``wall`` is the time that is signed."""

    def __init__(self, secret: SecretOf, wall: Callable[[], datetime] = _wall, timeout: float = TIMEOUT) -> None:
        self._secret = secret
        self._wall = wall
        self._timeout = timeout

    def deliver(self, sink: Sink, message_id: str, notice: ReadNotice) -> None:
        """Send one message; anything but a 2xx is ``DeliveryFailed``. A repeat has the same id."""
        body = _body(notice)
        headers = self._signed(sink, message_id, body)
        try:
            with self._client() as http, http.stream("POST", sink.url, content=body, headers=headers) as answer:
                status, patience = answer.status_code, answer.headers.get("retry-after", "")
        except (httpx.HTTPError, httpx.InvalidURL, OSError, RuntimeError) as error:  # the last two when we hang up
            raise DeliveryFailed(f"{sink.id} does not answer ({type(error).__name__})") from None
        if not httpx.codes.is_success(status):
            raise DeliveryFailed(f"{sink.id} answers {status}", _retry_after(patience))

    @contextmanager
    def _client(self) -> Iterator[httpx.Client]:
        """Open a client for one message. Its timeouts are of single reads; whoever answers byte by byte is hung up on."""
        client = httpx.Client(timeout=self._timeout, trust_env=False, follow_redirects=False, verify=self._trusted)
        hang_up = threading.Timer(self._timeout, client.close)
        hang_up.daemon = True
        hang_up.start()
        try:
            yield client
        finally:
            hang_up.cancel()
            client.close()

    @cached_property
    def _trusted(self) -> ssl.SSLContext:
        """The CAs that are trusted; reading them takes long, and only where there is a sink."""
        return ssl.create_default_context()

    def _signed(self, sink: Sink, message_id: str, body: bytes) -> dict[str, str]:
        """Return the headers, with a signature by each secret that is set: two during a rotation."""
        now = self._wall()
        secrets = [value for name in sink.secret_env if (value := self._secret(name)) is not None]
        try:
            signatures = [Webhook(key_of(one)).sign(message_id, now, body.decode()) for one in secrets]
        except ValueError:
            signatures = []
        if not signatures:  # a directory that was loaded since the start may name a new sink
            log.error("sink_without_secret", sink=sink.id)
            raise DeliveryFailed(f"{sink.id} has no usable secret")
        return {
            "Content-Type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(signatures),
        }


def _body(notice: ReadNotice) -> bytes:
    data = {
        "facility": notice.facility,
        "accession_number": notice.accession_number,
        "study_instance_uid": notice.study_instance_uid or None,
        "radiologist": notice.radiologist or None,
        "npi": notice.npi or None,
        "read": notice.kind.value,
        "region": notice.region or None,
        "at": notice.at.isoformat(),
    }
    return orjson.dumps({"type": notice.event.value, "timestamp": notice.recorded_at.isoformat(), "data": data})


def _retry_after(stated: str) -> timedelta | None:
    """Return the seconds that a receiver asks for; a date, or nothing, leaves it to us."""
    if not stated.isdecimal():
        return None
    return min(timedelta(seconds=int(stated[:9])), MOST_PATIENCE)
