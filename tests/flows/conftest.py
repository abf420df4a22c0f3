"""Fixtures of the stories."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
import structlog

from sandbox.serving import Servers, serving
from tests.conftest import KINDS
from tests.flows import faults
from tests.flows.covered import with_coverage
from tests.flows.rotas import with_rotas
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


@pytest.fixture
def covered(servers: Servers, database_url: str, tmp_path: Path) -> Iterator[Callable[[str, datetime], Stage]]:
    """Begin a story at an instant, with sections on coverage added to the demo's directory."""
    worlds: list[Stage] = []

    def begin(sections: str, at: datetime) -> Stage:
        worlds.append(Stage(servers, database_url, tmp_path, directory=with_coverage(sections), begins=at))
        return worlds[-1]

    try:
        yield begin
        for world in worlds:
            world.end_quietly()
    finally:
        for world in worlds:
            world.close()


@pytest.fixture
def rostered(servers: Servers, database_url: str, tmp_path: Path) -> Iterator[Callable[[datetime], Stage]]:
    """Begin a story with rotas at an instant of its choice."""
    worlds: list[Stage] = []

    def at(instant: datetime) -> Stage:
        worlds.append(Stage(servers, database_url, tmp_path, with_rotas(), instant))
        worlds[-1].advance(5)  # the rotas of a loaded directory are looked at
        return worlds[-1]

    try:
        yield at
        for world in worlds:
            world.end_quietly()
    finally:
        for world in worlds:
            world.close()


@pytest.hookimpl(tryfirst=True)  # before pytest would take every database for every fault
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a story undisturbed on both databases, and under each fault on one, so that each has as many.

    From story to story they change places: over all stories each fault meets each database about equally often.
    """
    if "fault" not in metafunc.fixturenames:
        return
    turn = zlib.crc32(metafunc.function.__qualname__.encode()) % len(KINDS)
    disturbed = [(fault, KINDS[(turn + at) % len(KINDS)]) for at, fault in enumerate(faults.DISTURBANCES)]
    pairs = [*(("none", kind) for kind in KINDS), *disturbed]
    cases = [
        pytest.param(*pair, id="-".join(pair), marks=[pytest.mark.postgresql] if pair[1] == "postgresql" else [])
        for pair in pairs
    ]
    metafunc.definition.add_marker(pytest.mark.parametrize(("fault", "database_url"), cases, indirect=True))


@pytest.fixture
def fault(request: pytest.FixtureRequest, stage: Stage) -> Iterator[str]:
    """Run a story once under each thing that may happen to the telephone company's callbacks."""
    name = str(request.param)
    faults.apply(stage.exchange, name)
    yield name
    assert name == "none" or faults.happened(stage.exchange)
    if name == "duplicate":
        faults.nothing_doubles(stage)
