"""Fixtures of the stories."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flows.stage import Servers, Stage, serving


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    with serving() as running:
        yield running


@pytest.fixture
def stage(servers: Servers, database_url: str, tmp_path: Path) -> Iterator[Stage]:
    """A world in which a story happens; whatever it did not look at fails it at its end."""
    world = Stage(servers, database_url, tmp_path)
    try:
        yield world
        world.end_quietly()
    finally:
        world.close()
