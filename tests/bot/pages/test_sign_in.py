"""Sign-in: a link works once, only when it is posted, and opens one case's page in one browser."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from handlers.domain.errors import Rejection
from tests.bot.pages.conftest import served
from tests.bot.pages.fake_case import ADDRESS, FakeVerbs, a_session


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_at_a_link_uses_nothing_up(browser: TestClient, verbs: FakeVerbs, method: str) -> None:
    for _ in range(3):
        assert browser.request(method, "/open/one-time").status_code == 200
    assert verbs.asked == []
    assert browser.post("/open/one-time").status_code == 303


def test_the_landing_page_says_the_same_of_every_link(browser: TestClient) -> None:
    good, bad = browser.get("/open/one-time").text, browser.get("/open/other-one").text
    assert good.replace("one-time", "other-one") == bad


def test_a_link_works_once(browser: TestClient) -> None:
    assert browser.post("/open/one-time").headers["location"] == ADDRESS
    again = browser.post("/open/one-time")
    assert again.status_code == 410
    assert "was used" in again.text
    assert "set-cookie" not in again.headers


@pytest.mark.parametrize(("purpose", "section"), [("view", ""), ("start", "#start"), ("log", "#log")])
def test_the_page_opens_where_the_link_was_meant_to(
    browser: TestClient, verbs: FakeVerbs, purpose: str, section: str
) -> None:
    verbs.links["one-time"] = a_session("s", purpose)
    assert browser.post("/open/one-time").headers["location"] == ADDRESS + section


def test_the_cookie_is_strict_on_https(browser: TestClient) -> None:
    cookie = browser.post("/open/one-time").headers["set-cookie"]
    name, *attributes = (part.strip() for part in cookie.split(";"))
    assert name == "__Secure-radrelay-case=session-secret"
    assert {one.lower() for one in attributes} == {
        "httponly",
        "secure",
        "samesite=strict",
        f"path={ADDRESS}",
        "max-age=28800",
    }


def test_on_loopback_http_the_cookie_has_another_name(verbs: FakeVerbs) -> None:
    with served(verbs, "http://127.0.0.1:8080") as browser:
        answer = browser.post("/open/one-time")
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("radrelay-case=session-secret")
        assert "secure" not in cookie.lower().replace("session-secret", "").replace("samesite", "")
        assert "strict-transport-security" not in answer.headers
        assert browser.get(ADDRESS).status_code == 200


def test_a_post_from_another_site_redeems_nothing(browser: TestClient, verbs: FakeVerbs) -> None:
    answer = browser.post("/open/one-time", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert verbs.asked == []


def test_without_a_cookie_there_is_no_page(browser: TestClient, verbs: FakeVerbs) -> None:
    answer = browser.get(ADDRESS)
    assert answer.status_code == 401
    assert "/relay open" in answer.text
    assert verbs.did("view") == []


@pytest.mark.parametrize("address", [ADDRESS, f"{ADDRESS}/recordings/r1"])
@pytest.mark.parametrize("token", ["", "forged", "session-secre", "session-secret2"])
def test_a_forged_cookie_opens_nothing(browser: TestClient, verbs: FakeVerbs, address: str, token: str) -> None:
    browser.post("/open/one-time")
    browser.cookies.clear()
    verbs.asked.clear()
    assert browser.get(address, headers={"Cookie": f"__Secure-radrelay-case={token}"}).status_code == 401
    assert verbs.asked == []
    good = browser.get(address, headers={"Cookie": "__Secure-radrelay-case=session-secret"})
    assert good.status_code == 200


def test_one_cases_cookie_does_not_open_another(browser: TestClient, verbs: FakeVerbs) -> None:
    browser.post("/open/one-time")
    answer = browser.get("/cases/0000-0000", headers={"Cookie": "__Secure-radrelay-case=session-secret"})
    assert answer.status_code == 401
    assert verbs.did("view") == []


@pytest.mark.parametrize("code", ["48210934", "4821-0930", "abcd-efgh", "4821-0934%20", "4821-093"])
def test_an_address_that_is_no_case_is_not_there(signed_in: TestClient, code: str) -> None:
    headers = {"Cookie": "__Secure-radrelay-case=session-secret"}
    assert signed_in.get(f"/cases/{code}", headers=headers).status_code == 404


def test_a_visit_that_has_ended_says_how_to_return(signed_in: TestClient, verbs: FakeVerbs) -> None:
    verbs.sessions.clear()
    answer = signed_in.get(ADDRESS)
    assert answer.status_code == 401
    assert "Your visit has ended" in answer.text


def test_a_link_for_no_case_is_refused(browser: TestClient, verbs: FakeVerbs) -> None:
    verbs.refuse = Rejection("link_gone", "Its minute is over.")
    assert browser.post("/open/one-time").status_code == 410
