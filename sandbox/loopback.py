"""The TLS context that all stand-ins share: they speak plain HTTP on loopback, and reading a machine's CAs takes long."""

from __future__ import annotations

import ssl

#: Verifies, should the product ever be told to be somewhere else than on loopback.
LOOPBACK = ssl.create_default_context()
