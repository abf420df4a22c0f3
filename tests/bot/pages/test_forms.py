"""The page's forms: each is bound to the visit, done once, checked before the inside hears of it, and never echoed."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.testclient import TestClient

from bot.pages import forms
from bot.pages.answers import Refused
from tests.bot.pages.conftest import fields
from tests.bot.pages.fake_case import ADDRESS, NOW, FakeVerbs

START = {"category": "1", "text": "Acute subdural hematoma", "contact": "okafor"}
LOG = {"receiver": "okafor", "receiver_name": "", "role": "physician", "at": "2026-11-24T03:05:30", "read_back": "yes"}
GOOD: list[tuple[str, dict[str, str]]] = [
    ("start", START),
    ("log", LOG),
    ("redirect", {"contact": "ed_charge"}),
    ("withdraw", {"sure": "yes"}),
    ("close", {"reason": "patient_died"}),
]


def deeds(verbs: FakeVerbs) -> list[str]:
    return [name for name, _ in verbs.asked if name not in {"view", "session", "outlook"}]


def test_starting_shows_the_patient_first_and_dials_nothing(signed_in: TestClient, verbs: FakeVerbs) -> None:
    page = signed_in.post(f"{ADDRESS}/start", data={**fields(signed_in), **START})
    assert page.status_code == 200
    for words in (
        "DOE, JANE M",
        "14 Mar 1957",
        "Acute subdural hematoma",
        "Dr. Sam Okafor – physician",
        "Dr. Ana Ruiz",
    ):
        assert words in page.text
    assert deeds(verbs) == []


def shown(browser: TestClient, values: dict[str, str]) -> dict[str, str]:
    """Go through the confirmation page and return what it would send."""
    page = browser.post(f"{ADDRESS}/start", data={**fields(browser), **values}).text
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))


def test_confirming_starts_the_relay_with_what_was_shown(signed_in: TestClient, verbs: FakeVerbs) -> None:
    sent = shown(signed_in, START)
    answer = signed_in.post(f"{ADDRESS}/start/confirmed", data=sent)
    assert answer.status_code == 200
    assert "It is done." in answer.text
    assert verbs.did("start") == [
        {
            "contact_id": "okafor",
            "category": 1,
            "text": "Acute subdural hematoma",
            "found_by": "lee",
            "delivery": f"page:start:48210934:{sent['key']}",
        }
    ]


@pytest.mark.parametrize(
    "change",
    [{"seal": ""}, {"text": "Another finding"}, {"category": "2"}, {"contact": "ed_charge"}, {"contact": "me"}],
)
def test_only_what_was_shown_beside_the_patient_can_be_started(
    signed_in: TestClient, verbs: FakeVerbs, change: dict[str, str]
) -> None:
    sent = shown(signed_in, START)
    assert signed_in.post(f"{ADDRESS}/start/confirmed", data={**sent, **change}).status_code == 422
    assert deeds(verbs) == []
    assert signed_in.post(f"{ADDRESS}/start/confirmed", data=sent).status_code == 200


def test_without_a_contact_the_ordering_clinician_is_meant(signed_in: TestClient, verbs: FakeVerbs) -> None:
    signed_in.post(f"{ADDRESS}/start/confirmed", data=shown(signed_in, {**START, "contact": ""}))
    assert verbs.did("start")[0]["contact_id"] is None


def test_a_form_sent_twice_is_one_delivery(signed_in: TestClient, verbs: FakeVerbs) -> None:
    hidden = fields(signed_in, "withdraw")
    for _ in range(2):
        signed_in.post(f"{ADDRESS}/withdraw", data={**hidden, "sure": "yes"})
    first, second = verbs.did("withdraw")
    assert first == second
    assert fields(signed_in, "withdraw")["key"] != hidden["key"]


def test_a_call_made_by_hand_is_logged_in_the_facilitys_time(signed_in: TestClient, verbs: FakeVerbs) -> None:
    hidden = fields(signed_in, "log")
    signed_in.post(f"{ADDRESS}/log", data={**hidden, **LOG})
    (told,) = verbs.did("log")
    assert told["at"] == datetime(2026, 11, 24, 9, 5, 30, tzinfo=UTC)
    assert (told["receiver"], told["role"], told["read_back"]) == ("okafor", "physician", True)


@pytest.mark.parametrize(("deed", "values"), GOOD)
@pytest.mark.parametrize("csrf", ["", "0" * 64, None])
def test_a_form_of_another_visit_is_refused(
    signed_in: TestClient, verbs: FakeVerbs, deed: str, values: dict[str, str], csrf: str | None
) -> None:
    sent: dict[str, Any] = {**fields(signed_in, deed), **values, "csrf": csrf}
    if csrf is None:
        del sent["csrf"]
    assert signed_in.post(f"{ADDRESS}/{deed}", data=sent).status_code == 403
    assert deeds(verbs) == []
    assert signed_in.post(f"{ADDRESS}/{deed}", data={**fields(signed_in, deed), **values}).status_code == 200


@pytest.mark.parametrize(("deed", "values"), GOOD)
def test_a_form_without_a_visit_is_refused(
    signed_in: TestClient, verbs: FakeVerbs, deed: str, values: dict[str, str]
) -> None:
    hidden = fields(signed_in, deed)
    signed_in.cookies.clear()
    assert signed_in.post(f"{ADDRESS}/{deed}", data={**hidden, **values}).status_code == 401
    assert deeds(verbs) == []


BAD: list[tuple[str, dict[str, str]]] = [
    ("start", {**START, "category": "4"}),
    ("start", {**START, "category": ""}),
    ("start", {**START, "text": "  "}),
    ("start", {**START, "text": "Doe" * 200}),
    ("start", {**START, "text": "Doe \x1b[2J"}),
    ("start", {**START, "text": "Doe \u202egnp"}),
    ("start", {**START, "contact": "somebody"}),
    ("start/confirmed", {**START, "key": "short"}),
    ("start/confirmed", {**START, "category": "one"}),
    ("log", {**LOG, "receiver": "", "receiver_name": ""}),
    ("log", {**LOG, "receiver_name": "Doe"}),
    ("log", {**LOG, "receiver": "somebody"}),
    ("log", {**LOG, "role": "janitor"}),
    ("log", {**LOG, "at": ""}),
    ("log", {**LOG, "at": "2026-11-24T03:40"}),
    ("log", {**LOG, "at": "2026-11-24"}),
    ("log", {**LOG, "at": "20261124"}),
    ("log", {**LOG, "at": "2026-11-24T03"}),
    ("log", {**LOG, "at": "2026-11-24x03:00"}),
    ("log", {**LOG, "at": "9999-12-31T23:00"}),
    ("log", {**LOG, "at": "2026-11-24T03:00+00:00"}),
    ("log", {**LOG, "read_back": ""}),
    ("redirect", {"contact": ""}),
    ("withdraw", {"sure": ""}),
    ("close", {"reason": ""}),
    ("close", {"reason": "Doe" * 40}),
]


@pytest.mark.parametrize(("path", "values"), BAD)
def test_a_form_that_lacks_something_says_so_and_echoes_nothing(
    signed_in: TestClient, verbs: FakeVerbs, path: str, values: dict[str, str]
) -> None:
    answer = signed_in.post(f"{ADDRESS}/{path}", data={**fields(signed_in), **values})
    assert answer.status_code == 422
    assert deeds(verbs) == []
    assert "Doe" not in answer.text
    assert f'href="{ADDRESS}"' in answer.text


def test_a_body_that_is_too_large_is_refused(signed_in: TestClient) -> None:
    sent = {**fields(signed_in), **START, "text": "x" * 20_000}
    assert signed_in.post(f"{ADDRESS}/start", data=sent).status_code == 413


@pytest.mark.parametrize(
    ("content", "media_type", "status"),
    [
        (b'{"category": 1}', "application/json", 415),
        (b"--b--", "multipart/form-data; boundary=b", 415),
        (b"", "", 415),
        (b"a=1&a=2", "application/x-www-form-urlencoded", 422),
        (b"a=%ff", "application/x-www-form-urlencoded", 422),
        (b"\xff=1", "application/x-www-form-urlencoded", 422),
        (b"&".join(b"f%d=1" % n for n in range(50)), "application/x-www-form-urlencoded", 422),
    ],
)
def test_what_is_no_form_of_ours_is_refused(
    signed_in: TestClient, verbs: FakeVerbs, content: bytes, media_type: str, status: int
) -> None:
    answer = signed_in.post(f"{ADDRESS}/close", content=content, headers={"Content-Type": media_type})
    assert answer.status_code == status
    assert deeds(verbs) == []


SUMMER = datetime(2026, 12, 1, tzinfo=UTC)
TIMES = [
    ("2026-11-01T00:59", SUMMER, "2026-11-01T05:59"),
    ("2026-11-01T01:30", SUMMER, "2026-11-01T07:30"),  # comes twice: the later is meant
    ("2026-11-01T01:30", datetime(2026, 11, 1, 7, tzinfo=UTC), "2026-11-01T06:30"),  # … unless it is still to come
    ("2026-11-01T02:00", SUMMER, "2026-11-01T08:00"),
    ("2026-03-08T01:59", SUMMER, "2026-03-08T07:59"),
    ("2026-03-08T03:00", SUMMER, "2026-03-08T08:00"),
]


@pytest.mark.parametrize(("typed", "now", "instant"), TIMES)
def test_a_wall_clock_is_read_right_on_nights_when_clocks_change(typed: str, now: datetime, instant: str) -> None:
    assert forms.local_instant(typed, "America/Chicago", now) == datetime.fromisoformat(instant).replace(tzinfo=UTC)


def test_an_hour_that_never_was_is_refused() -> None:
    with pytest.raises(Refused, match="skipped"):
        forms.local_instant("2026-03-08T02:30", "America/Chicago", NOW)


@pytest.mark.parametrize(
    ("typed", "zone"), [("9999-12-31T23:00", "America/Chicago"), ("0001-01-01T00:00", "Asia/Tokyo")]
)
def test_an_instant_beyond_the_calendar_is_refused(typed: str, zone: str) -> None:
    """The last evening of the last year has no instant in UTC, nor has the first morning: both are refused kindly."""
    with pytest.raises(Refused, match="with day and time"):
        forms.local_instant(typed, zone, NOW)


@pytest.mark.parametrize("typed", ["2026-11-24", "2026-W48-2", "20261124T0305", "2026-11-24T03"])
def test_a_day_without_its_time_is_not_midnight(typed: str) -> None:
    """The sentence asks for day and time, and both are needed."""
    with pytest.raises(Refused, match="with day and time"):
        forms.local_instant(typed, "America/Chicago", SUMMER)


@pytest.mark.parametrize(
    "typed", ["2026-11-24T03:05", "2026-11-24 03:05", "2026-11-24T03:05:00", "2026-11-24T03:05:00.000"]
)
def test_a_time_is_taken_as_browsers_send_it(typed: str) -> None:
    """With or without seconds, with the letter or the blank that older browsers' users type."""
    assert forms.local_instant(typed, "America/Chicago", SUMMER) == datetime(2026, 11, 24, 9, 5, tzinfo=UTC)
