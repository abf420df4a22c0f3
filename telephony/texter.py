"""The port ``handlers.ports.Texter``: the one text there is, which holds nothing about anybody."""

from __future__ import annotations

from datetime import datetime

from telephony.account import Account, created_since, translated
from telephony.urls import Urls


def words(*, facility: str, callback_number: str, callback_code: str) -> str:
    """Return the text. It has no patient, no finding and none of the words that opt out."""
    return f"Urgent radiology callback for {facility}. Call {callback_number}, code {callback_code}."


class TwilioTexter:
    """Texts from our number."""

    def __init__(self, account: Account, urls: Urls) -> None:
        self._account = account
        self._urls = urls

    def send(self, *, token: str, to: str, facility: str, callback_number: str, callback_code: str) -> str:
        """Send the text and return its sid; an opted-out number raises ``DeliveryRefused`` with code 21610."""
        with translated(creates=True):
            message = self._account.client.messages.create(
                to=to,
                from_=self._account.from_number,
                body=words(facility=facility, callback_number=callback_number, callback_code=callback_code),
                status_callback=self._urls.sms_status(token),
            )
            return str(message.sid)

    def find(self, *, to: str, since: datetime) -> str | None:
        """Return the sid of our newest text to a number since an instant."""
        with translated(creates=False):
            messages = self._account.client.messages.list(to=to, from_=self._account.from_number, limit=20)
            recent = [message for message in messages if created_since(message.date_created, since)]
            newest = max(recent, key=lambda message: message.date_created, default=None)
        return str(newest.sid) if newest else None
