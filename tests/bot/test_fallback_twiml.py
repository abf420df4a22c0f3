"""The fallback's document is static: printed without a setting, a directory or a database, to be hosted elsewhere."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.wiring.commands import fallback_twiml
from bot.wiring.service import CannotStart
from sandbox.exchange import twiml


def test_it_is_printed_and_the_exchange_can_say_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is configured here; what is printed is TwiML that says the number twice and hangs up."""
    for name in ("RADRELAY_DATABASE_URL", "RADRELAY_DIRECTORY", "TWILIO_ACCOUNT_SID"):
        monkeypatch.delenv(name, raising=False)
    done = CliRunner().invoke(app, ["fallback-twiml", "--number", "+13125550190"])
    assert done.exit_code == 0, done.output
    assert twiml.read(done.output.strip().encode())
    assert "Please call radiology at " in done.output
    assert "<Hangup" in done.output


def test_a_number_that_is_none_is_refused_with_a_sentence() -> None:
    """Nobody hears half a number."""
    with pytest.raises(CannotStart, match=r"E\.164"):
        fallback_twiml("12345")
