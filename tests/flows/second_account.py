"""A second account at the telephone company, beside the one of every story; the product may use both."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from starlette.types import Receive, Scope, Send

from sandbox.exchange import Exchange, NumberConfig
from tests.flows.stage import Stage

SID, TOKEN, NUMBER = "AC" + "2" * 32, "ffee1d3c4b5a69788796a5b4c3d2e1f0", "+15035550101"


class Company:
    """The telephone company's API: whichever account an address names answers it."""

    def __init__(self, first: Exchange, second: Exchange) -> None:
        self._first, self._second = first, second

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        asked = self._second if SID in scope.get("path", "") else self._first
        await asked.app(scope, receive, send)


@contextmanager
def with_second_account(stage: Stage) -> Iterator[Exchange]:
    """Give the product a second account while the body runs; whatever it did that nobody looked at fails the story."""
    product = stage.servers.urls["product"]
    line = NumberConfig(
        voice_url=f"{product}/twilio/inbound",
        sms_url=f"{product}/twilio/sms",
        voice_fallback_url=f"{product}/twilio/fallback",
        status_url=f"{product}/twilio/status/inbound",
    )
    second = Exchange(
        stage.timeline, SID, TOKEN, {NUMBER: line}, calls_per_second=100, base_url=stage.servers.urls["exchange"]
    )
    stage.servers.exchange.app = Company(stage.exchange, second)
    stage.environment |= {
        "TWILIO_FALLBACK_ACCOUNT_SID": SID,
        "TWILIO_FALLBACK_AUTH_TOKEN": TOKEN,
        "TWILIO_FALLBACK_FROM_NUMBER": NUMBER,
    }
    stage.restart()
    try:
        yield second
        stage.settle()
        assert not second.unexpected(), f"unexpected over the second account: {second.unexpected()}"
        assert not second.application_errors, second.application_errors
    finally:
        second.close()
