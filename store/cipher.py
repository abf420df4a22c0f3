"""Patient columns: encrypted with rotating keys, found through a keyed index with a key of its own."""

from __future__ import annotations

import hmac
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class SealBroken(Exception):
    """A sealed column cannot be opened with any configured key: a key is missing, or the bytes were changed."""


class Cipher:
    """Seals with the first key and opens with any; ``index`` gives a digest that equal plaintexts share."""

    def __init__(self, keys: Sequence[str], index_key: bytes) -> None:
        if not keys:
            raise ValueError("at least one encryption key is needed")
        self._fernet = MultiFernet([Fernet(key) for key in keys])
        self._index_key = index_key

    def seal(self, plain: bytes) -> bytes:
        """Encrypt and authenticate (Fernet: AES-128-CBC with HMAC-SHA256)."""
        return self._fernet.encrypt(plain)

    def open(self, sealed: bytes) -> bytes:
        """Decrypt, or raise ``SealBroken``."""
        try:
            return self._fernet.decrypt(sealed)
        except InvalidToken:
            raise SealBroken(
                "a sealed column cannot be opened: add the key it was sealed with to RADRELAY_ENCRYPTION_KEYS"
            ) from None

    def rotate(self, sealed: bytes) -> bytes:
        """Seal again with the first key."""
        try:
            return self._fernet.rotate(sealed)
        except InvalidToken:
            raise SealBroken("a sealed column cannot be rotated: the key it was sealed with is missing") from None

    def index(self, field: str, value: str) -> str:
        """Return the keyed digest of a field's value; equal values of one field share it, across key rotations."""
        return hmac.digest(self._index_key, f"{field}\0{value}".encode(), "sha256").hex()
