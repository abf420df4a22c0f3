"""Ten thousand forged requests: each a good one with one thing changed; every one is refused and changes nothing."""

from __future__ import annotations

from tests.security.refusing import PER_DATABASE


def test_the_forgeries_are_ten_thousand() -> None:
    """Both databases together."""
    assert 2 * PER_DATABASE >= 10_000
    print(f"\nforged requests: {PER_DATABASE} on each database, {2 * PER_DATABASE} on both")
