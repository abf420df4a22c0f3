"""A fresh stage for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.bot.slack.stage import Stage, staged


@pytest.fixture
def stage() -> Iterator[Stage]:
    """Serve the Slack door and a workspace."""
    with staged() as both:
        yield both
