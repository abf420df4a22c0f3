"""The port ``handlers.ports.Dialer``: places, looks up, turns and ends calls at Twilio."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from handlers.domain.errors import DeliveryRefused
from handlers.ports import CallSeen
from telephony.account import Account, created_since, translated
from telephony.urls import Urls
from telephony.vendor_codes import NOT_FOUND, NOT_IN_PROGRESS

RING_SECONDS: Final = 30
EVENTS: Final = ("initiated", "ringing", "answered", "completed")
#: How many of our newest calls to one number a look-up reads; at most one of them is open.
LOOKED_AT: Final = 20
#: What Twilio calls the direction of a call that was created over its API; a Dial's legs are ``outbound-dial``.
ASKED_FOR: Final = "outbound-api"


class TwilioDialer:
    """Calls, each with callbacks that carry only our token."""

    def __init__(self, account: Account, urls: Urls, *, ring_seconds: int = RING_SECONDS) -> None:
        self._account = account
        self._urls = urls
        self._ring_seconds = ring_seconds

    def place(self, *, token: str, to: str, ours: str, send_digits: str, detect_machine: bool) -> str:
        """Ask for one call and return its sid. Twilio ignores machine detection where digits are sent."""
        asked: dict[str, Any] = {
            "to": to,
            "from_": ours,
            "url": self._urls.voice(token, 0),
            "method": "POST",
            "fallback_url": self._urls.fallback(),
            "fallback_method": "POST",
            "status_callback": self._urls.status(token),
            "status_callback_method": "POST",
            "status_callback_event": list(EVENTS),
            "timeout": self._ring_seconds,
        }
        if send_digits:
            asked["send_digits"] = send_digits
        elif detect_machine:
            # Asynchronous: the opening starts at once, and what the detection says later is only advice.
            asked["machine_detection"] = "DetectMessageEnd"
            asked["async_amd"] = "true"
            asked["async_amd_status_callback"] = self._urls.amd(token)
            asked["async_amd_status_callback_method"] = "POST"
        with translated(creates=True):
            return str(self._account.client.calls.create(**asked).sid)

    def find(self, *, to: str, ours: str, since: datetime) -> CallSeen | None:
        """Return our newest call from one number to another since an instant; a leg that a bridge dials to it is none of these.

        Not filtered by StartTime at Twilio: a call that still waits there has none, and it is the one looked for.
        """
        with translated(creates=False):
            calls = self._account.client.calls.list(to=to, from_=ours, limit=LOOKED_AT)
            asked_for = [call for call in calls if call.direction == ASKED_FOR and not call.parent_call_sid]
            seen = [_seen(call) for call in asked_for if created_since(call.date_created, since)]
        return max(seen, key=lambda call: call.created_at, default=None)

    def look(self, sid: str) -> CallSeen:
        """Return what became of a call."""
        with translated(creates=False):
            return _seen(self._account.client.calls(sid).fetch())

    def probe(self) -> None:
        """Ask for the account itself, which concerns nobody."""
        with translated(creates=False):
            self._account.client.api.accounts(self._account.sid).fetch()

    def hang_up(self, sid: str) -> None:
        """End a call, queued, ringing or answered; one that has ended already is left alone."""
        try:
            with translated(creates=False):
                self._account.client.calls(sid).update(status="completed")
        except DeliveryRefused as refusal:
            if refusal.code not in (NOT_IN_PROGRESS, NOT_FOUND):
                raise

    def leave_voicemail(self, *, sid: str, token: str) -> None:
        """Turn a live call to the voicemail words; doing it twice only says them from the start again."""
        with translated(creates=False):
            self._account.client.calls(sid).update(url=self._urls.voicemail(token), method="POST")


def _seen(call: Any) -> CallSeen:
    if not isinstance(call.date_created, datetime):
        raise ValueError("a call without its creation date")  # noqa: TRY004 - the vendor's value, not a type of ours
    return CallSeen(
        sid=str(call.sid),
        to=str(call.to or ""),
        status=str(call.status),
        created_at=call.date_created,
        answered_by=str(call.answered_by or ""),
        ended_at=getattr(call, "end_time", None),
    )
