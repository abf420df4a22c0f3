"""Pictures of turnaround figures: the address holds the numbers, sealed, for an hour."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from cryptography.fernet import Fernet
from fastapi import FastAPI
from PIL import Image
from starlette.testclient import TestClient

from bot.pages.pictures import PATH, Pictures, router
from handlers.domain.cards import ClassFigures

KEYS = [Fernet.generate_key().decode() for _ in range(2)]
STROKES = ClassFigures(
    priority="stroke",
    ended=9,
    in_target=7,
    paused=2,
    p50=timedelta(minutes=8),
    p90=timedelta(minutes=17),
    p95=timedelta(minutes=30),
    shortest_target=timedelta(minutes=15),
    longest_target=timedelta(minutes=15),
)
ROUTINE = replace(STROKES, priority="routine", longest_target=timedelta(days=1), p95=timedelta(hours=30), paused=0)
NO_TIME = replace(STROKES, p50=timedelta(0), p90=timedelta(0), p95=timedelta(0))


@dataclass
class Shown:
    """The door, its clock, and how often it was refused."""

    now: datetime
    refused: int = 0

    def __post_init__(self) -> None:
        self.pictures = Pictures(KEYS, lambda: self.now)
        app = FastAPI()
        app.include_router(router(self.pictures, self._count))
        self.http = TestClient(app)

    def _count(self) -> None:
        self.refused += 1


@pytest.fixture
def shown() -> Shown:
    """Serve the door at a fixed time."""
    return Shown(datetime(2031, 3, 4, 7, 0, tzinfo=UTC))


@pytest.mark.parametrize("classes", [(STROKES,), (STROKES, ROUTINE), (NO_TIME,), (STROKES,) * 5])
def test_an_address_shows_its_figures(shown: Shown, classes: tuple[ClassFigures, ...]) -> None:
    """A PNG, a row a class, and light; HEAD is answered too."""
    path = shown.pictures.path(classes)
    answer = shown.http.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    image = Image.open(BytesIO(answer.content))
    image.load()
    assert (image.format, image.width) == ("PNG", 720)
    assert image.height > 100 * len(classes)
    assert len({image.convert("RGB").getpixel((x, image.height // 2)) for x in range(image.width)}) > 1
    assert len(answer.content) < 30_000
    assert shown.http.head(path).status_code == 200
    assert shown.refused == 0


def test_what_is_sealed_comes_back(shown: Shown) -> None:
    """By another process of the deployment too, and after its keys were rotated."""
    token = shown.pictures.path((STROKES, ROUTINE)).removeprefix(PATH).removesuffix(".png")
    assert shown.pictures.opened(token) == (STROKES, ROUTINE)
    rotated = Pictures([Fernet.generate_key().decode(), *KEYS], lambda: shown.now)
    assert rotated.opened(token) == (STROKES, ROUTINE)


def test_an_address_says_nothing_itself(shown: Shown) -> None:
    """No class, no number; the same figures never have the same address, and it fits where Slack takes it."""
    first, second = (shown.pictures.path((STROKES,) * 5) for _ in range(2))
    assert first != second
    assert "stroke" not in first
    assert len(first) < 1500


def test_an_address_opens_for_an_hour(shown: Shown) -> None:
    """Then it is as if it had never been."""
    path = shown.pictures.path((STROKES,))
    shown.now += timedelta(minutes=59)
    assert shown.http.get(path).status_code == 200
    shown.now += timedelta(minutes=2)
    answer: Any = shown.http.get(path)
    assert (answer.status_code, answer.text) == (404, "This picture is not here any more; type /tat again.")
    assert shown.refused == 1


@pytest.mark.parametrize("token", ["x", "a" * 5000, "ünde", "sealed by the deployment's own key"])
def test_what_we_did_not_seal_opens_nothing(shown: Shown, token: str) -> None:
    """Not what the deployment's own keys sealed for another purpose either."""
    if token.startswith("sealed"):
        token = Fernet(KEYS[0]).encrypt(b"[]").decode()
    assert shown.http.get(f"{PATH}{token}.png").status_code == 404
    assert shown.refused == 1


def test_a_changed_address_opens_nothing(shown: Shown) -> None:
    """One letter is enough."""
    path = shown.pictures.path((STROKES,))
    at = len(PATH) + 40
    changed = path[:at] + ("A" if path[at] != "A" else "B") + path[at + 1 :]
    assert shown.http.get(changed).status_code == 404
