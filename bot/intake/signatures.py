"""Whose request is it? Standard Webhooks: HMAC-SHA256 over ``{webhook-id}.{webhook-timestamp}.{body}``.

Source: standard-webhooks/spec/standard-webhooks.md, "Signature scheme". A request does not say its source: every secret
of every source is tried, always all of them, and compared in constant time. The `standardwebhooks` library has the last word on text;
it cannot take a DICOM object's bytes, for which the same formula is computed here while they arrive.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import structlog
from pydantic import SecretStr
from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook, WebhookVerificationError

from handlers.domain.directory import Directory, Source
from handlers.domain.sinks import Sink

log = structlog.get_logger(__name__)

#: In seconds, both ways (the library's own tolerance).
TOLERANCE = 300
#: The specification asks for 24 to 64 random bytes.
MIN_KEY_BYTES = 24
MAX_SIGNATURES = 10
_MAX_HEADER = 1024
_PREFIX = "whsec_"
_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}")
_SHAPE = f"whsec_ and base64 of at least {MIN_KEY_BYTES} random bytes."
_ID, _TIMESTAMP, _SIGNATURE = b"webhook-id", b"webhook-timestamp", b"webhook-signature"
_SHAPES = {_ID: re.compile(rb"[!-~]{1,100}"), _TIMESTAMP: re.compile(rb"[0-9]{1,12}")}

#: A source's secret by its environment variable; None where it is not set.
SecretOf = Callable[[str], SecretStr | bytes | None]


class Unsigned(Exception):
    """The request is nobody's; the text says which header is at fault."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What a request's three headers claim."""

    id: str
    timestamp: str
    signatures: tuple[bytes, ...]

    @staticmethod
    def of(headers: Iterable[tuple[bytes, bytes]], wall: float) -> Claims:
        """Read the headers, or raise ``Unsigned``; ``wall`` is Unix time."""
        found: dict[bytes, bytes] = {}
        for name, value in headers:
            if name in (_ID, _TIMESTAMP, _SIGNATURE):
                if name in found:
                    raise Unsigned(f"{name.decode()} came twice")
                found[name] = value
        for name in (_ID, _TIMESTAMP, _SIGNATURE):
            value = found.get(name, b"")
            if not value:
                raise Unsigned(f"{name.decode()} is missing")
            if len(value) > _MAX_HEADER or (name in _SHAPES and _SHAPES[name].fullmatch(value) is None):
                raise Unsigned(f"{name.decode()} is malformed")
        timestamp = found[_TIMESTAMP].decode()
        if abs(wall - int(timestamp)) > TOLERANCE:
            raise Unsigned("webhook-timestamp is more than five minutes away from this server's clock")
        return Claims(found[_ID].decode(), timestamp, _signatures(found[_SIGNATURE]))


def _signatures(header: bytes) -> tuple[bytes, ...]:
    """Return the ``v1`` digests; other versions are for other receivers."""
    parts = header.split()
    if len(parts) > MAX_SIGNATURES:
        raise Unsigned("webhook-signature holds too many signatures")
    digests = []
    for part in parts:
        version, _, encoded = part.partition(b",")
        if version == b"v1":
            try:
                digest = base64.b64decode(encoded, validate=True)
            except binascii.Error:
                continue
            if base64.b64encode(digest) == encoded:  # one digest has one spelling: spare bits and padding count too
                digests.append(digest)
    if not digests:
        raise Unsigned("webhook-signature holds no v1 signature")
    return tuple(digests)


def key_of(secret: SecretStr | bytes) -> bytes:
    """Return the key in a secret (``whsec_`` and base64), or raise ``ValueError`` without repeating it."""
    key = secret if isinstance(secret, bytes) else _decoded(secret.get_secret_value().removeprefix(_PREFIX))
    if len(key) < MIN_KEY_BYTES:
        raise ValueError(f"holds fewer than {MIN_KEY_BYTES} bytes")
    return key


def _decoded(text: str) -> bytes:
    """Return the bytes behind base64; Python alone would pass over other letters, and the sender sign with another key."""
    try:
        if _BASE64.fullmatch(text):
            return base64.b64decode(text + "==")
    except binascii.Error:
        pass
    raise ValueError("is not base64 after whsec_")


def secret_problems(holders: Iterable[Source | Sink], secret: SecretOf) -> dict[str, str]:
    """Return what keeps sources from being heard, or sinks from being told, by variable: what is set is usable, and each has one.

    Of two names one may be unset, which is how a secret is changed. No sentence holds a value.
    """
    problems: dict[str, str] = {}
    for holder in holders:
        kind = "sink" if isinstance(holder, Sink) else "source"
        values = {name: secret(name) for name in holder.secret_env}
        whose = f"it should be the secret of the {kind} {holder.id}: {_SHAPE}"
        if all(value is None for value in values.values()):
            problems[" or ".join(values) or f"{kind}s.{holder.id}.secrets"] = f"not set; {whose}"
        for name, value in values.items():
            try:
                if value is not None:
                    key_of(value)
            except ValueError as error:
                problems[name] = f"{error}; {whose}"
    return problems


@dataclass(frozen=True, slots=True)
class _Key:
    source: Source
    seed: hmac.HMAC
    webhook: Webhook


class Keyring:
    """Every usable secret of every source of one directory."""

    def __init__(self, directory: Directory, secret: SecretOf) -> None:
        self.directory = directory
        self._keys = [key for source in directory.sources.values() for key in _keys(source, secret)]

    def tally(self, claims: Claims) -> Tally:
        """Begin to verify a request, whose body may come in pieces."""
        return Tally(self._keys, claims)


def _keys(source: Source, secret: SecretOf) -> Iterable[_Key]:
    found = [(name, value) for name in source.secret_env if (value := secret(name)) is not None]
    if not found:  # a directory that was loaded since the start may name a new source
        log.error("source_without_secret", source=source.id)
    for name, value in found:
        try:
            key = key_of(value)
            yield _Key(source, hmac.new(key, digestmod="sha256"), Webhook(key))
        except (ValueError, EmptyWebhookSecretError):
            log.error("source_secret_unusable", source=source.id, variable=name)  # noqa: TRY400 - a traceback could show the secret


class Tally:
    """One request's signature, computed with every key."""

    def __init__(self, keys: list[_Key], claims: Claims) -> None:
        self._keys = keys
        self._claims = claims
        self._hashes = [key.seed.copy() for key in keys]
        self.update(f"{claims.id}.{claims.timestamp}.".encode())

    def update(self, piece: bytes) -> None:
        """Take a piece of the body."""
        for one in self._hashes:
            one.update(piece)

    def source(self) -> Source:
        """Return whose request it is, or raise ``Unsigned``."""
        return self._signer()[0].source

    def source_of_text(self, body: bytes) -> Source:
        """Return whose request it is, if the library agrees about the whole ``body``; or raise ``Unsigned``."""
        key, digest = self._signer()
        headers = {
            "webhook-id": self._claims.id,
            "webhook-timestamp": self._claims.timestamp,
            "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
        }
        try:
            key.webhook.verify(body, headers, json_parse=False)
        except WebhookVerificationError:
            raise Unsigned("webhook-signature does not fit the body") from None
        except UnicodeDecodeError:
            return key.source  # signed, but no text: the next check refuses it
        return key.source

    def _signer(self) -> tuple[_Key, bytes]:
        found: tuple[_Key, bytes] | None = None
        for key, one in zip(self._keys, self._hashes, strict=True):
            digest = one.digest()
            for signature in self._claims.signatures:
                if hmac.compare_digest(digest, signature) and found is None:
                    found = (key, digest)
        if found is None:
            raise Unsigned("webhook-signature fits no secret of any source, or the body was changed on its way")
        return found
