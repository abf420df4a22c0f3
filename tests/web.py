"""Single requests over loopback, each on a connection of its own."""

from __future__ import annotations

from typing import Any

import httpx

from sandbox import loopback


def get(url: str, **options: Any) -> httpx.Response:
    """Return the answer to a GET."""
    with loopback.client() as client:
        return client.get(url, **options)


def post(url: str, **options: Any) -> httpx.Response:
    """Return the answer to a POST."""
    with loopback.client() as client:
        return client.post(url, **options)
