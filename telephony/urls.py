"""The addresses that Twilio calls back: our own opaque tokens and turn numbers, never anything about a case."""

from __future__ import annotations

import hashlib
import hmac
import re
from urllib.parse import urlsplit

VOICE = "/twilio/voice/{token}/{turn}"
STATUS = "/twilio/status/{token}"
AMD = "/twilio/amd/{token}"
VOICEMAIL = "/twilio/voicemail/{token}"
DIAL = "/twilio/dial/{token}/{turn}"
WHISPER = "/twilio/whisper/{token}/{leg}/{turn}"
RECORD = "/twilio/record/{token}/{turn}"
RECORDING = "/twilio/recording/{token}"
INBOUND = "/twilio/inbound"
SMS = "/twilio/sms"
SMS_STATUS = "/twilio/sms-status/{token}"
FALLBACK = "/twilio/fallback"
PLAY = "/twilio/play/{token}/{turn}/{until}/{seal}"
#: Not Twilio's: the address in a text, where a person opens the pickup page.
PICKUP = "/pickup/{token}"

_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,200}")
_LEG = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Urls:
    """Absolute callback URLs under the configured public URL.

    ``key`` seals the addresses from which recordings are played: these are fetched by GET, and open for minutes only.
    """

    def __init__(self, public_url: str, key: bytes = b"") -> None:
        parts = urlsplit(public_url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError(f"the public URL must be http(s)://HOST[/PREFIX], not {public_url!r}")
        self.public_url = public_url.rstrip("/")
        self._key = key

    def _at(self, template: str, token: str = "", turn: int = 0, leg: str = "") -> str:
        if "{token}" in template and not _TOKEN.fullmatch(token):
            raise ValueError("a callback token is 16 to 200 of A-Z a-z 0-9 _ and -; it is not shown here")
        if "{leg}" in template and not _LEG.fullmatch(leg):
            raise ValueError("a leg's key is 1 to 64 of A-Z a-z 0-9 _ and -; it is not shown here")
        if turn < 0:
            raise ValueError(f"a turn is 0 or more, not {turn}")
        return self.public_url + template.format(token=token, turn=turn, leg=leg)

    def voice(self, token: str, turn: int) -> str:
        """Where an answer goes; turn 0 is the call's first document."""
        return self._at(VOICE, token, turn)

    def status(self, token: str) -> str:
        """Where a call's progress goes."""
        return self._at(STATUS, token)

    def amd(self, token: str) -> str:
        """Where the advice of the answering machine detection goes."""
        return self._at(AMD, token)

    def voicemail(self, token: str) -> str:
        """Where the words for a machine are."""
        return self._at(VOICEMAIL, token)

    def dial(self, token: str, turn: int) -> str:
        """Where the end of a bridge goes."""
        return self._at(DIAL, token, turn)

    def whisper(self, token: str, leg: str, turn: int) -> str:
        """Where the one being bridged is asked."""
        return self._at(WHISPER, token, turn, leg)

    def record(self, token: str, turn: int) -> str:
        """Where the end of a spoken read-back goes."""
        return self._at(RECORD, token, turn)

    def recording(self, token: str) -> str:
        """Where it is told that a recording can be fetched, or will never be there."""
        return self._at(RECORDING, token)

    def play(self, token: str, turn: int, until: int) -> str:
        """Where the sound of a turn is, until an instant in whole seconds since 1970."""
        at = self._at("/twilio/play/{token}/{turn}", token, turn)
        return f"{at}/{until}/{self.seal(token, turn, until)}"

    def seal(self, token: str, turn: int, until: int) -> str:
        """Return what shows that an address of a sound is ours (RFC 2104)."""
        if not self._key:
            raise ValueError("recordings are played only where there is a key to seal their addresses")
        return hmac.new(self._key, f"{token}/{turn}/{until}".encode(), hashlib.sha256).hexdigest()[:40]

    def inbound(self) -> str:
        """Our number, called."""
        return self._at(INBOUND)

    def sms(self) -> str:
        """Our number, texted."""
        return self._at(SMS)

    def sms_status(self, token: str) -> str:
        """Where a text's progress goes."""
        return self._at(SMS_STATUS, token)

    def pickup(self, token: str) -> str:
        """Where whoever got a text may open the pickup page."""
        return self._at(PICKUP, token)

    def fallback(self) -> str:
        """Where the apology is, for when one of the others failed."""
        return self._at(FALLBACK)
