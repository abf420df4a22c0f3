"""The sandbox's PACS believes what is signed, keeps it once, and can be in trouble."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from standardwebhooks.webhooks import Webhook

from sandbox import loopback
from sandbox.pacs import PATH, Pacs
from tests.sandbox.workspace_stage import served

SECRET, OTHER = ("whsec_" + letters * 5 for letters in ("Y2FuYXJ5", "c2Vjb25k"))
BODY = json.dumps({"type": "read.claimed", "timestamp": "now", "data": {"radiologist": "lee"}})


@pytest.fixture
def pacs() -> Pacs:
    return Pacs(SECRET)


@pytest.fixture
def http(pacs: Pacs) -> Iterator[httpx.Client]:
    with served(pacs.app) as url, loopback.client(base_url=url) as client:
        yield client


def send(http: httpx.Client, key: str = "msg_1", secret: str = SECRET, late: timedelta = timedelta()) -> int:
    """Send the message, signed; return the status."""
    at = datetime.now(UTC) - late
    headers = {
        "content-type": "application/json",
        "webhook-id": key,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(key, at, BODY),
    }
    return http.post(PATH, content=BODY, headers=headers).status_code


def test_what_is_signed_is_kept_once(pacs: Pacs, http: httpx.Client) -> None:
    """A repeat under its id is taken and changes nothing; another id is another message."""
    assert [send(http), send(http), send(http, "msg_2")] == [204, 204, 204]
    assert pacs.events() == [("read.claimed", "lee")] * 2
    assert pacs.repeats == 1


@pytest.mark.parametrize(("secret", "late"), [(OTHER, timedelta()), (SECRET, timedelta(minutes=10))])
def test_what_is_not_signed_now_with_its_secret_is_refused(
    pacs: Pacs, http: httpx.Client, secret: str, late: timedelta
) -> None:
    """As a receiver of Standard Webhooks does."""
    assert send(http, secret=secret, late=late) == 401
    assert http.post(PATH, content=BODY, headers={"content-type": "application/json"}).status_code == 401
    assert (pacs.told, pacs.refused) == ([], 2)


def test_its_troubles_are_those_of_receivers(pacs: Pacs, http: httpx.Client) -> None:
    """Down, patience, and an answer that is lost after the message was taken."""
    pacs.trouble.down = True
    assert send(http) == 503
    pacs.trouble.down = False
    pacs.trouble.answers = [(429, {"retry-after": "5"})]
    assert send(http) == 429
    assert pacs.told == []
    pacs.trouble.lost_answers = 1
    assert [send(http), send(http)] == [502, 204]
    assert (len(pacs.told), pacs.repeats) == (1, 1)
