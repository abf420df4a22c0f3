"""Our Twilio account over HTTP: Twilio's own client on a wire of ours, and what its failures mean to the dispatcher.

The wire never tries again by itself, since Twilio has no idempotency key: a repeated POST dials twice.
"""

from __future__ import annotations

import logging
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.rest import Client

from handlers.domain.errors import DeliveryFailed, DeliveryInDoubt, DeliveryRefused
from telephony.vendor_codes import meaning

API_URL: Final = "https://api.twilio.com"
TIMEOUT_SECONDS: Final = 10.0
#: Twilio's instants are whole seconds of its own clock.
CLOCK_SLACK: Final = timedelta(seconds=2)

#: No connection came about, so certainly nothing was sent.
_NEVER_SENT = (
    httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol,
)  # fmt: skip
_TOO_MANY = 429
_REQUEST_TIMEOUT = 408
_SERVER_ERROR = 500


class _Throttled(Exception):
    def __init__(self, retry_after: timedelta | None) -> None:
        super().__init__("throttled")
        self.retry_after = retry_after


@cache
def trusted() -> ssl.SSLContext:
    """Return what says whose certificates are believed: those of SSL_CERT_FILE, or certifi's; they are read once."""
    return httpx.create_ssl_context()


class Wire(HttpClient):  # type: ignore[misc]
    """Sends the official client's requests to ``api_url`` instead of the host that it wrote."""

    def __init__(self, api_url: str = API_URL, *, timeout: float = TIMEOUT_SECONDS) -> None:
        super().__init__(logging.getLogger(__name__), False, timeout)
        self._api_url = api_url.rstrip("/")
        self._http = httpx.Client(timeout=timeout, verify=trusted())
        # httpx logs each URL, and a look-up's URL holds a telephone number.
        logging.getLogger("httpx").setLevel(logging.WARNING)

    def request(
        self,
        method: str,
        uri: str,
        params: Mapping[str, Any] | None = None,
        data: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        """Send one request once; raise what went wrong on the wire, or ``_Throttled``."""
        written = urlsplit(uri)
        address = self._api_url + written.path + (f"?{written.query}" if written.query else "")
        answer = self._http.request(
            method,
            address,
            params=dict(params) if params else None,
            data=dict(data) if data else None,
            headers=dict(headers or {}),
            auth=auth,
            timeout=timeout or self.timeout,
            follow_redirects=allow_redirects,
        )
        if answer.status_code == _TOO_MANY:
            raise _Throttled(retry_after(answer.headers.get("retry-after")))
        return Response(answer.status_code, answer.text, answer.headers)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()


def retry_after(header: str | None) -> timedelta | None:
    """Return the wait that a ``Retry-After`` of whole seconds asks for; its date form is not used by Twilio."""
    text = (header or "").strip()
    return timedelta(seconds=int(text)) if text.isascii() and text.isdigit() and int(text) <= 86_400 else None  # noqa: PLR2004


class Account:
    """One Twilio account and the number of ours that calls and texts."""

    def __init__(
        self,
        *,
        account_sid: str,
        auth_token: str,
        from_number: str,
        api_url: str = API_URL,
        timeout: float = TIMEOUT_SECONDS,
    ) -> None:
        self.sid = account_sid
        self.auth = (account_sid, auth_token)
        self.from_number = from_number
        self.api_url = api_url.rstrip("/")
        self.timeout = timeout
        self._wire = Wire(api_url, timeout=timeout)
        self.client = Client(account_sid, auth_token, http_client=self._wire)

    def close(self) -> None:
        """Close the connections."""
        self._wire.close()


@contextmanager
def translated(*, creates: bool) -> Iterator[None]:
    """Raise the vendor's failures as ours.

    Their texts name no number, URL or body. ``creates`` is true where a second try would call or text twice.
    """
    try:
        yield
    except _Throttled as error:
        raise DeliveryFailed("Twilio asks us to slow down", error.retry_after, answered=True) from None
    except _NEVER_SENT as error:
        raise DeliveryFailed(f"Twilio cannot be reached ({type(error).__name__})") from None
    except httpx.HTTPError as error:
        raise _unanswered(f"no answer from Twilio ({type(error).__name__})", creates=creates) from None
    except TwilioRestException as error:
        raise _answered(error, creates=creates) from None
    except (TwilioException, ValueError) as error:
        # A success whose body cannot be read is a success all the same: it may have happened.
        raise _unanswered(f"Twilio's answer cannot be read ({type(error).__name__})", creates=creates) from None


def _unanswered(reason: str, *, creates: bool) -> DeliveryInDoubt | DeliveryFailed:
    return DeliveryInDoubt(reason) if creates else DeliveryFailed(reason)


def _answered(error: TwilioRestException, *, creates: bool) -> DeliveryInDoubt | DeliveryFailed | DeliveryRefused:
    if error.status >= _SERVER_ERROR or error.status == _REQUEST_TIMEOUT:
        # A gateway may answer 502 or 504 for a request that went through behind it, so a create may have happened.
        return _unanswered(f"Twilio failed with HTTP {error.status}", creates=creates)
    code = str(error.code or f"http_{error.status}")
    return DeliveryRefused(code, meaning(code))


def created_since(created: Any, since: datetime) -> bool:
    """Tell whether the vendor's whole-second instant lies at or after ``since``, allowing for its clock."""
    if not isinstance(created, datetime):
        return False
    instant = created if created.tzinfo else created.replace(tzinfo=UTC)
    return instant >= since.replace(microsecond=0) - CLOCK_SLACK
