"""What a variable's text must look like. A sentence raised here names the rule and never the value."""

from __future__ import annotations

import base64
import binascii
import re
from datetime import timedelta
from urllib.parse import SplitResult, urlsplit

from cryptography.fernet import Fernet
from pydantic import SecretBytes, SecretStr

ENGINES = frozenset({"sqlite", "postgresql"})
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
MIN_KEY_BYTES = 32
MIN_SECRET_LENGTH = 8

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_PLACEHOLDER = re.compile(r"(?i)change.?me|replace|example|your[-_ ]|^x+$|…|\.\.\.")


def engine_of(url: str) -> str:
    """Return the database that a URL names (``postgresql+psycopg`` is ``postgresql``)."""
    return url.partition("://")[0].partition("+")[0]


def without_credentials(url: str) -> str:
    """Return a database URL as it may be printed."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2].partition('?')[0]}"


def database_url(value: object) -> SecretStr:
    """Take a URL of one of the two engines; a database that lives in memory only would forget relays."""
    url = _text(value)
    engine = engine_of(url)
    if engine not in ENGINES:
        raise ValueError("names neither SQLite nor PostgreSQL")
    path = url.partition("://")[2]
    if engine == "sqlite" and (
        not path.startswith("/") or path.strip("/") in {"", ":memory:"} or "mode=memory" in path
    ):
        raise ValueError("a SQLite database must be a file")
    if engine == "postgresql" and not urlsplit(url).path.strip("/"):
        raise ValueError("names no database")
    return SecretStr(url)


def duration(value: object) -> timedelta:
    """Take ``90s``, ``15m``, ``3h`` or ``15d``."""
    if isinstance(value, timedelta):
        return value
    match = re.fullmatch(r"([1-9]\d{0,5})([smhd])", _text(value))
    if match is None:
        raise ValueError("is not a duration")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def fernet_keys(value: object) -> tuple[SecretStr, ...]:
    """Take one or more Fernet keys, each once."""
    keys = [part.strip() for part in _text(value).split(",")]
    for place, key in enumerate(keys, start=1):
        try:
            Fernet(key)
        except ValueError:
            hint = "python -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'"
            raise ValueError(f"key {place} of {len(keys)} is not a Fernet key (make one: {hint})") from None
    if len(set(keys)) != len(keys):
        raise ValueError("holds the same key twice")
    return tuple(SecretStr(key) for key in keys)


def bytes_of(text: str) -> bytes | None:
    """Return the bytes behind hex or base64 (either alphabet), or None."""
    text = text.strip()
    if re.fullmatch(r"(?:[0-9a-fA-F]{2}){16,}", text):
        return bytes.fromhex(text)
    if not re.fullmatch(r"[A-Za-z0-9+/_-]{20,}={0,2}", text):
        return None
    try:
        return base64.urlsafe_b64decode(text.replace("+", "-").replace("/", "_") + "=" * (-len(text) % 4))
    except (ValueError, binascii.Error):
        return None


def random_bytes(value: object) -> SecretBytes:
    """Take at least 32 bytes that are not one byte over and over."""
    found = bytes_of(_text(value))
    if found is None:
        raise ValueError("is neither hex nor base64")
    if len(found) < MIN_KEY_BYTES:
        raise ValueError(f"has {len(found)} bytes, which is too short")
    if len(set(found)) < MIN_KEY_BYTES // 4:
        raise ValueError("is not random")
    return SecretBytes(found)


def origin(value: object) -> str:
    """Take scheme and host: https, or http on loopback, without path, query or user."""
    url = _text(value).rstrip("/")
    parts = _split(url)
    if parts.path or parts.query or parts.fragment or parts.username or parts.password:
        raise ValueError("has more than scheme, host and port")
    return url


def api_url(value: object) -> str:
    """Take an address that methods are appended to."""
    url = _text(value).rstrip("/")
    if _split(url).query:
        raise ValueError("has a query")
    return f"{url}/"


def word(value: object) -> str:
    """Take text without spaces."""
    text = _text(value)
    if not re.fullmatch(r"\S+", text):
        raise ValueError("is empty or has spaces")
    return text


def secret_word(value: object) -> SecretStr:
    """Take a vendor's secret: no spaces, not a placeholder, not laughably short."""
    text = word(value)
    if len(text) < MIN_SECRET_LENGTH or _PLACEHOLDER.search(text):
        raise ValueError("is too short or still the placeholder")
    return SecretStr(text)


def bot_token(value: object) -> SecretStr:
    """Take Slack's bot token."""
    return _token(value, "xoxb-")


def app_token(value: object) -> SecretStr | None:
    """Take Slack's app-level token, or none."""
    return None if value is None else _token(value, "xapp-")


def account_sid(value: object) -> str:
    """Take Twilio's account id."""
    text = _text(value)
    if not re.fullmatch(r"AC[0-9a-fA-F]{32}", text):
        raise ValueError("is not a Twilio account SID")
    return text


def e164(value: object) -> str:
    """Take an international number."""
    text = re.sub(r"[\s().-]", "", _text(value))
    if not re.fullmatch(r"\+[1-9]\d{6,14}", text):
        raise ValueError("is not a number in E.164")
    return text


def _token(value: object, prefix: str) -> SecretStr:
    text = word(value)
    if not text.startswith(prefix):
        raise ValueError(f"does not begin with {prefix}")
    if len(text) <= len(prefix) or _PLACEHOLDER.search(text):
        raise ValueError("is still the placeholder")
    return SecretStr(text)


def _text(value: object) -> str:
    return str(value).strip()


def _split(url: str) -> SplitResult:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("is not an address")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ValueError("is not https")
    return parts
