"""The doctor knocks at the real doors: good signatures are let in, bad ones are not, and nothing is changed by either."""

from __future__ import annotations

import time

from bot.knocking import Doors
from bot.slack.app import signer as slack_signer
from bot.verdicts import Check, Verdict
from sandbox import loopback
from telephony.signature import signer
from tests.flows.stage import Stage
from tests.security.wire import snapshot


def knocked(stage: Stage, *, slack_secret: str = "", twilio_token: str = "", path: str = "") -> list[Check]:
    """Knock as both vendors."""
    at = str(int(time.time()))
    slack = slack_signer(slack_secret or stage.environment["SLACK_SIGNING_SECRET"])
    twilio = signer(twilio_token or stage.environment["TWILIO_AUTH_TOKEN"])
    with loopback.client(timeout=10) as http:
        doors = Doors(stage.servers.urls["product"] + path, http)
        return [*doors.twilio(twilio), *doors.slack(at, slack)]


def test_the_real_doors_let_the_vendors_in_and_nobody_else(stage: Stage) -> None:
    """Five lines, all good; every row is as before."""
    stage.stroke_ct()
    before = snapshot(stage)
    assert [(one.verdict, one.what.partition(" ")[2]) for one in knocked(stage)][1:] == [
        (Verdict.GOOD, "good Twilio signature is accepted through the public URL"),
        (Verdict.GOOD, "bad Twilio signature is refused"),
        (Verdict.GOOD, "good Slack signature is accepted through the public URL"),
        (Verdict.GOOD, "bad Slack signature is refused"),
    ]
    assert snapshot(stage) == before


def test_a_secret_that_is_not_the_doors_is_seen(stage: Stage) -> None:
    """Each of the two is named with the setting to look at."""
    bad = [one for one in knocked(stage, slack_secret="0" * 32, twilio_token="1" * 32) if one.verdict is Verdict.BAD]
    assert [one.what for one in bad] == ["a good Twilio signature is refused", "a good Slack signature is refused"]
    assert "SLACK_SIGNING_SECRET" in bad[1].todo


def test_an_address_that_leads_elsewhere_is_seen(stage: Stage) -> None:
    """A path too much in the public URL, as behind a wrong proxy: nobody is home there."""
    checks = knocked(stage, path="/elsewhere")
    assert not [one for one in checks if one.verdict is Verdict.GOOD]
    assert "a signed request of Slack's is answered 404, not 200" in [one.what for one in checks]
