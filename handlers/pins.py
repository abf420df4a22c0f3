"""PINs of contacts, kept as scrypt hashes over the PIN and a server-side pepper; nothing here ever prints or returns a PIN.

A PIN is short, so its hash alone would fall to a search of all PINs: the pepper, which the directory file does not hold,
is what protects it (NIST SP 800-63B, section 5.1.1.2).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from itertools import pairwise

#: 0 and 9 are commands on a call, so a PIN has neither.
DIGITS = frozenset("12345678")
SHORTEST, LONGEST = 4, 6
#: 16 MiB and some tens of milliseconds a try; no call can try faster.
_N, _R, _P = 2**14, 8, 1
#: A hash that asks for more than this is refused, so that a directory cannot exhaust the server.
_MOST_N, _MOST_R, _MOST_P = 2**17, 16, 4
_MOST_MEMORY = 512 * 2**20
_SALT_BYTES, _HASH_BYTES = 16, 32
_FIELDS = 6


class UnfitPin(ValueError):
    """A PIN, or a PIN's hash, that cannot be used; the text says why and never shows it."""


@dataclass(frozen=True, slots=True)
class _Hash:
    n: int
    r: int
    p: int
    salt: bytes
    digest: bytes


def weakness_of(pin: str) -> str | None:
    """Return why this cannot be somebody's PIN, or None: 4 to 6 digits from 1 to 8, not all equal, not a run."""
    if not SHORTEST <= len(pin) <= LONGEST:
        return f"A PIN has {SHORTEST} to {LONGEST} digits."
    if not DIGITS.issuperset(pin):
        return "A PIN has only the digits 1 to 8; 0 and 9 are commands on a call."
    steps = {ord(after) - ord(before) for before, after in pairwise(pin)}
    if steps == {0}:
        return "A PIN whose digits are all equal is guessed at once."
    if steps in ({1}, {-1}):
        return "A PIN that is a run, as in counting up or down, is guessed at once."
    return None


def hash_pin(pin: str, pepper: bytes) -> str:
    """Return ``scrypt$n$r$p$salt$hash`` with a fresh salt; a weak PIN or an empty pepper raises `UnfitPin`."""
    weakness = weakness_of(pin)
    if weakness is not None:
        raise UnfitPin(weakness)
    salt = secrets.token_bytes(_SALT_BYTES)
    digest = _digest(pin, pepper, _Hash(_N, _R, _P, salt, bytes(_HASH_BYTES)))
    return f"scrypt${_N}${_R}${_P}${_encode(salt)}${_encode(digest)}"


def pin_matches(pin: str, hashed: str, pepper: bytes) -> bool:
    """Tell, in constant time, whether ``pin`` is the one that was hashed; a malformed hash raises `UnfitPin`."""
    stored = _parse(hashed)
    return hmac.compare_digest(_digest(pin, pepper, stored), stored.digest)


def is_pin_hash(text: str) -> bool:
    """Tell whether ``text`` is a hash that `pin_matches` accepts."""
    try:
        _parse(text)
    except UnfitPin:
        return False
    return True


def _digest(pin: str, pepper: bytes, shape: _Hash) -> bytes:
    if not pepper:
        raise UnfitPin("There is no pepper: set RADRELAY_PIN_PEPPER.")
    keyed = hmac.digest(pepper, pin.encode(), "sha256")
    return hashlib.scrypt(
        keyed, salt=shape.salt, n=shape.n, r=shape.r, p=shape.p, maxmem=_MOST_MEMORY, dklen=len(shape.digest)
    )


def _parse(text: str) -> _Hash:
    parts = text.split("$")
    if len(parts) != _FIELDS or parts[0] != "scrypt":
        raise UnfitPin("A PIN's hash is written scrypt$n$r$p$salt$hash: make it with radrelay directory hash-pin.")
    try:
        n, r, p = (int(part) for part in parts[1:4])
        salt, digest = _decode(parts[4]), _decode(parts[5])
    except (ValueError, binascii.Error):
        raise UnfitPin("A PIN's hash is damaged: make it anew with radrelay directory hash-pin.") from None
    sizes = (_N <= n <= _MOST_N and n & (n - 1) == 0, _R <= r <= _MOST_R, _P <= p <= _MOST_P)
    if not all(sizes) or len(salt) < _SALT_BYTES or len(digest) != _HASH_BYTES:
        raise UnfitPin("A PIN's hash has sizes that are not allowed: make it anew with radrelay directory hash-pin.")
    return _Hash(n, r, p, salt, digest)


def _encode(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
