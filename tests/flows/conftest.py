"""Fixtures of the stories."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from tests.flows import faults
from tests.flows.served import Servers, serving
from tests.flows.stage import Stage


@pytest.fixture(autouse=True)
def short_logs() -> Iterator[None]:
    """Log in one line: drawing every local variable of every failure on purpose takes longer than the stories."""
    structlog.configure(processors=[structlog.processors.KeyValueRenderer(drop_missing=True)])
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    with serving() as running:
        yield running


@pytest.fixture
def stage(servers: Servers, database_url: str, tmp_path: Path) -> Iterator[Stage]:
    """Give a story its world; whatever it did not look at fails it at its end."""
    world = Stage(servers, database_url, tmp_path)
    try:
        yield world
        world.end_quietly()
    finally:
        world.close()


@pytest.fixture(params=faults.FAULTS)
def fault(request: pytest.FixtureRequest, stage: Stage) -> Iterator[str]:
    """Run a story once under each thing that may happen to the telephone company's callbacks."""
    name = str(request.param)
    faults.apply(stage.exchange, name)
    yield name
    assert name == "none" or faults.happened(stage.exchange)
    if name == "duplicate":
        faults.nothing_doubles(stage)
