"""How all stand-ins ask over loopback: through no proxy, and with one TLS context, since reading a machine's CAs takes long."""

from __future__ import annotations

import ssl
from typing import Any

import httpx

#: Verifies, should the product ever be told to be somewhere else than on loopback.
_TRUSTED = ssl.create_default_context()


def client(**options: Any) -> httpx.Client:
    """Return a client; ``options`` are those of `httpx.Client`."""
    return httpx.Client(trust_env=False, verify=_TRUSTED, **options)
