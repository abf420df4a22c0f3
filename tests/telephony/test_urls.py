"""The callback addresses."""

from __future__ import annotations

import pytest

from telephony.urls import Urls
from tests.telephony.prompts import TOKEN

URLS = Urls("https://radrelay.example/")


def test_the_addresses_are_these() -> None:
    """Opaque tokens and turns under the public URL."""
    assert URLS.voice(TOKEN, 0) == f"https://radrelay.example/twilio/voice/{TOKEN}/0"
    assert URLS.whisper(TOKEN, "a", 1) == f"https://radrelay.example/twilio/whisper/{TOKEN}/a/1"
    assert URLS.inbound() == "https://radrelay.example/twilio/inbound"
    assert URLS.sms() == "https://radrelay.example/twilio/sms"
    assert URLS.sms_status(TOKEN) == f"https://radrelay.example/twilio/sms-status/{TOKEN}"
    assert URLS.fallback() == "https://radrelay.example/twilio/fallback"


@pytest.mark.parametrize("token", ["", "short", "DOE JANE 1961-03-03", "../../../../etc/passwd", "4821-0934", "ü" * 20])
def test_only_an_opaque_token_gets_into_an_address(token: str) -> None:
    """And the refusal does not repeat it."""
    with pytest.raises(ValueError, match="not shown here") as refused:
        URLS.voice(token, 0)
    assert not token or token not in str(refused.value)


def test_an_odd_leg_or_turn_is_refused() -> None:
    """They come from our own code, so it is a bug."""
    with pytest.raises(ValueError, match="leg"):
        URLS.whisper(TOKEN, "a/b", 0)
    with pytest.raises(ValueError, match="turn"):
        URLS.dial(TOKEN, -1)


@pytest.mark.parametrize("url", ["radrelay.example", "ftp://radrelay.example", "https://", "https://h.example/?a=1"])
def test_a_public_url_that_is_none_is_refused(url: str) -> None:
    """Callbacks would never come."""
    with pytest.raises(ValueError, match="public URL"):
        Urls(url)
