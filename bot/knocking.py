"""Knocking at our own doors by the public URL, as the vendors do: with a good signature and with a bad one.

A wrong address, a proxy that rewrites it and a route that leads elsewhere are seen by the answers; nothing is changed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import httpx

from bot.verdicts import Check, bad, good

#: A token that no call has: a good signature on it is answered "unknown call", a bad one is refused before that.
STATUS_PATH = "/twilio/status/doctor"
STATUS_FIELDS = {"CallSid": "CA" + "0" * 32, "CallStatus": "completed", "SequenceNumber": "0"}
#: What Slack itself sends to find out whether an address is ours; it is answered with the challenge.
SLACK_PATH = "/slack/events"
CHALLENGE = "radrelay doctor"
_IMPOSTOR = "Do not go on: something answers in radrelay's place."


@dataclass(frozen=True, slots=True)
class Doors:
    """The doors behind a public URL."""

    public: str
    http: httpx.Client

    def twilio(self, sign: Callable[[str, Mapping[str, str]], str]) -> Iterator[Check]:
        """Look whether the process answers at all, then knock as Twilio; ``sign`` signs an address and parameters."""
        health = self.http.get(f"{self.public}/healthz")
        if health.status_code != httpx.codes.OK:
            yield bad(
                f"{self.public}/healthz answers {health.status_code}", "Start radrelay, and let the proxy pass it."
            )
            return
        yield good(f"{self.public}/healthz, from outside")
        url = f"{self.public}{STATUS_PATH}"
        signed = self._from_twilio(url, sign(url, STATUS_FIELDS))
        if signed == httpx.codes.NOT_FOUND:
            yield good("a good Twilio signature is accepted through the public URL")
        elif signed == httpx.codes.FORBIDDEN:
            yield bad(
                "a good Twilio signature is refused",
                "RADRELAY_PUBLIC_URL must be exactly what Twilio calls; the proxy must not rewrite the path.",
            )
        else:
            yield bad(
                f"a signed callback is answered {signed}, not 404", f"Something before radrelay answers {STATUS_PATH}."
            )
        forged = self._from_twilio(url, "AAAAAAAAAAAAAAAAAAAAAAAAAAA=")
        if forged == httpx.codes.FORBIDDEN:
            yield good("a bad Twilio signature is refused")
        else:
            yield bad(f"a bad Twilio signature is answered {forged}, not 403", _IMPOSTOR)

    def _from_twilio(self, url: str, signature: str) -> int:
        return self.http.post(url, data=STATUS_FIELDS, headers={"X-Twilio-Signature": signature}).status_code

    def slack(self, at: str, sign: Callable[[str, str], str]) -> Iterator[Check]:
        """Knock as Slack, at a Unix time; ``sign`` signs that time and a body."""
        body = json.dumps({"type": "url_verification", "challenge": CHALLENGE})
        answer = self._from_slack(body, at, sign(at, body))
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            yield bad("a good Slack signature is refused", "Set SLACK_SIGNING_SECRET from Basic Information; run NTP.")
        elif answer.status_code != httpx.codes.OK:
            what = f"a signed request of Slack's is answered {answer.status_code}, not 200"
            yield bad(what, f"Let the proxy pass POST {SLACK_PATH} as it is.")
        elif CHALLENGE not in answer.text:
            what = "a signed request of Slack's is answered 200 by something else"
            yield bad(what, f"Something before radrelay answers {SLACK_PATH}.")
        else:
            yield good("a good Slack signature is accepted through the public URL")
        forged = self._from_slack(body, at, "v0=" + "0" * 64).status_code
        if forged == httpx.codes.UNAUTHORIZED:
            yield good("a bad Slack signature is refused")
        else:
            yield bad(f"a bad Slack signature is answered {forged}, not 401", _IMPOSTOR)

    def _from_slack(self, body: str, at: str, signature: str) -> httpx.Response:
        headers = {
            "Content-Type": "application/json",
            "X-Slack-Request-Timestamp": at,
            "X-Slack-Signature": signature,
        }
        return self.http.post(f"{self.public}{SLACK_PATH}", content=body, headers=headers)
