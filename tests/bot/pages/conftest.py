"""The page over a fake inside, on http and on https."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from bot.pages import router
from tests.bot.pages.fake_case import ADDRESS, NOW, FakeVerbs


def served(verbs: FakeVerbs, public_url: str) -> TestClient:
    app = FastAPI()
    app.include_router(router(verbs, public_url=public_url, now=lambda: NOW, on_refused=verbs.count_refused))
    return TestClient(app, base_url=public_url, follow_redirects=False)


@pytest.fixture
def verbs() -> FakeVerbs:
    return FakeVerbs()


@pytest.fixture
def browser(verbs: FakeVerbs) -> Iterator[TestClient]:
    with served(verbs, "https://radrelay.test") as client:
        yield client


@pytest.fixture
def signed_in(browser: TestClient, verbs: FakeVerbs) -> TestClient:
    assert browser.post("/open/one-time").status_code == 303
    verbs.asked.clear()
    return browser


def fields(browser: TestClient, form: str = "start") -> dict[str, str]:
    """Return the hidden fields of a form on the case page."""
    page = browser.get(ADDRESS).text
    shown = re.search(rf'action="{ADDRESS}/{form}".*?</form>', page, re.DOTALL)
    assert shown is not None
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', shown[0]))
