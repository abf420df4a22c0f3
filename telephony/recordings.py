"""The port ``handlers.ports.Recordings``: fetches a spoken read-back with authentication, and deletes it at Twilio."""

from __future__ import annotations

import re
from typing import Final

import httpx

from handlers.domain.errors import DeliveryFailed, DeliveryRefused
from telephony.account import Account, retry_after, translated, trusted
from telephony.vendor_codes import NOT_FOUND, meaning

#: A minute of two-channel telephone audio is 2 MB; more than this is not ours.
MAX_BYTES: Final = 16 * 1024 * 1024
_SID = re.compile(r"RE[0-9a-f]{32}")
_OK, _MISSING, _TOO_MANY, _SERVER_ERROR = 200, 404, 429, 500


class TwilioRecordings:
    """Recordings of one account."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def fetch(self, sid: str) -> tuple[bytes, str]:
        """Return the audio and its media type; one that is not there yet raises ``DeliveryFailed``."""
        _check(sid)
        address = f"{self._account.api_url}/2010-04-01/Accounts/{self._account.sid}/Recordings/{sid}.wav"
        # The media is not part of Twilio's client. httpx drops the credentials when it is redirected to another host.
        with (
            translated(creates=False),
            httpx.Client(
                auth=self._account.auth, timeout=self._account.timeout, follow_redirects=True, verify=trusted()
            ) as http,
            http.stream("GET", address) as answer,
        ):
            _raise_for(answer)
            audio = bytearray()
            for piece in answer.iter_bytes():
                audio += piece
                if len(audio) > MAX_BYTES:
                    raise DeliveryRefused("too_large", f"the recording has more than {MAX_BYTES} bytes")
            return bytes(audio), answer.headers.get("content-type", "audio/x-wav")

    def delete(self, sid: str) -> None:
        """Delete it at Twilio; one that is gone already is fine."""
        _check(sid)
        try:
            with translated(creates=False):
                self._account.client.recordings(sid).delete()
        except DeliveryRefused as refusal:
            if refusal.code != NOT_FOUND:
                raise

    def is_there(self, sid: str) -> bool:
        """Tell whether Twilio still has it: only 404 says that it has not."""
        _check(sid)
        try:
            with translated(creates=False):
                self._account.client.recordings(sid).fetch()
        except DeliveryRefused as refusal:
            if refusal.code != NOT_FOUND:
                raise
            return False
        return True


def _check(sid: str) -> None:
    if not _SID.fullmatch(sid):
        raise DeliveryRefused("bad_sid", "a recording's sid is RE and 32 hexadecimal digits")


def _raise_for(answer: httpx.Response) -> None:
    status = answer.status_code
    if status == _OK:
        return
    if status == _TOO_MANY:
        raise DeliveryFailed("Twilio asks us to slow down", retry_after(answer.headers.get("retry-after")))
    if status == _MISSING or status >= _SERVER_ERROR:
        raise DeliveryFailed(f"the recording is not there yet (HTTP {status})")
    raise DeliveryRefused(f"http_{status}", meaning(f"http_{status}"))
