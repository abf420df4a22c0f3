"""The port ``handlers.ports.Texter``: the one text there is, which holds nothing about anybody."""

from __future__ import annotations

from datetime import datetime

from handlers.ports import TextSeen
from telephony.account import Account, created_since, translated
from telephony.urls import Urls

#: How many of our newest texts to one number a look-up reads.
LOOKED_AT = 20


def words(*, facility: str, callback_number: str, callback_code: str, link: str = "") -> str:
    """Return the text. It has no patient, no finding and none of the words that opt out.

    A link stands at the end, without a full stop after it, which telephones would take for a part of it.
    """
    ping = f"Urgent radiology callback for {facility}. Call {callback_number}, code {callback_code}."
    return f"{ping} Or open {link}" if link else ping


class TwilioTexter:
    """Texts from our number."""

    def __init__(self, account: Account, urls: Urls) -> None:
        self._account = account
        self._urls = urls

    def send(self, *, token: str, to: str, facility: str, callback_number: str, callback_code: str, pickup: str) -> str:
        """Send the text, from the number that it asks to be called, and return its sid; an opted-out number raises ``DeliveryRefused`` with code 21610."""
        link = self._urls.pickup(pickup) if pickup else ""
        with translated(creates=True):
            message = self._account.client.messages.create(
                to=to,
                from_=callback_number,
                body=words(facility=facility, callback_number=callback_number, callback_code=callback_code, link=link),
                status_callback=self._urls.sms_status(token),
            )
            return str(message.sid)

    def find(self, *, to: str, ours: str, since: datetime, callback_code: str) -> list[str]:
        """Return the sids of our texts with a callback code to a number since an instant, newest first.

        By the code, since two relays may text one number; where the account has bodies redacted, none is found, and a text
        that arrives twice does less harm than one that never does.
        """
        with translated(creates=False):
            messages = self._account.client.messages.list(to=to, from_=ours, limit=LOOKED_AT)
            recent = [message for message in messages if created_since(message.date_created, since)]
            recent.sort(key=lambda message: message.date_created, reverse=True)
        return [str(message.sid) for message in recent if callback_code in str(message.body)]

    def look(self, sid: str) -> TextSeen:
        """Return what became of a text."""
        with translated(creates=False):
            message = self._account.client.messages(sid).fetch()
            return TextSeen(status=str(message.status), error_code=str(message.error_code or ""))
