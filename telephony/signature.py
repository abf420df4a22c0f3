"""Tells Twilio's own requests from all others (X-Twilio-Signature)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from starlette.datastructures import FormData, UploadFile
from twilio.request_validator import RequestValidator

HEADER = "x-twilio-signature"
#: What `telephony.heard` reads where it came, and does without where it did not.
OPTIONAL = ("Digits", "SpeechResult", "ErrorCode", "RecordingSid", "RecordingDuration", "DialBridged")


class SignatureVerifier:
    """Checks requests against the auth tokens of our accounts and the *configured* public URL.

    A byte-equal replay is valid, since the scheme has no timestamp; turn and sequence numbers make it do nothing.
    """

    def __init__(self, public_url: str, *auth_tokens: str) -> None:
        self._public_url = public_url.rstrip("/")
        self._validators = [RequestValidator(one) for one in auth_tokens]

    def is_valid(self, scope: Mapping[str, Any], form: FormData, signature: str | None) -> bool:
        """Tell whether Twilio signed this path, query and form. What is absent or odd is invalid, never an error."""
        if not signature or not signature.isascii():
            return False
        # The scheme joins names and values without a mark between them and drops repeated values. Twilio never
        # repeats a name, so a form that does was made by somebody else.
        if len(form.multi_items()) != len(form):
            return False
        if any(_is_cut_elsewhere(name, value) for name, value in form.multi_items()):
            return False
        try:
            url = self._signed_url(scope)
            return any(one.validate(url, form, signature) for one in self._validators)
        except (TypeError, ValueError):
            return False

    def _signed_url(self, scope: Mapping[str, Any]) -> str:
        """Return the URL as Twilio wrote it: decoded paths and forwarded headers are not what was signed."""
        raw_path: bytes = scope.get("raw_path") or b""
        query: bytes = scope.get("query_string") or b""
        return self._public_url + raw_path.decode("ascii") + (f"?{query.decode('ascii')}" if query else "")


def _is_cut_elsewhere(name: str, value: UploadFile | str) -> bool:
    """Tell whether letters were moved between a name and its value: to the scheme ``Digits=1`` and ``Digit=s1`` are one.

    Only parameters that may be absent need this; a required one that is misspelled is missing, and refused as that.
    """
    joined = f"{name}{value}"
    return any(
        name != known and joined.startswith(known) and (known.startswith(name) or name.startswith(known))
        for known in OPTIONAL
    )


def signer(auth_token: str) -> Callable[[str, Mapping[str, str]], str]:
    """Return how Twilio signs a URL with its parameters; `radrelay doctor` calls itself with it."""
    validator = RequestValidator(auth_token)
    return lambda url, params: str(validator.compute_signature(url, dict(params)))
