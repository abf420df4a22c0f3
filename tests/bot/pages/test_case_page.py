"""The case page: what it shows, what guards it, and where no patient's data may be."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from starlette.testclient import TestClient

from handlers.domain.case_page import FindingLine
from handlers.domain.errors import Rejection
from tests.bot.pages.conftest import fields
from tests.bot.pages.fake_case import ADDRESS, EMPTY_CASE, PATIENT_PARTS, FakeVerbs, at

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}'


class Markup(HTMLParser):
    """The elements and attributes that a browser would see."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def values(self, name: str) -> list[str]:
        return [value for key, value in self.attributes if key == name]


def test_the_page_shows_two_identifiers_study_finding_relay_and_statement(signed_in: TestClient) -> None:
    page = signed_in.get(ADDRESS).text
    for words in (
        "DOE, JANE M",
        "14 Mar 1957",
        "00417733",
        "ACC-77",
        "14 mm, with 9 mm of midline shift",
        "Receipt confirmed by keyed code",
        "COMMUNICATED TO DR. SAM OKAFOR",
        "24 Nov 2026, 03:14:05 CST",
        "Seen by Dr. Ana Ruiz",
    ):
        assert words in page


def test_every_look_is_a_view(signed_in: TestClient, verbs: FakeVerbs) -> None:
    signed_in.get(ADDRESS)
    signed_in.get(ADDRESS)
    assert len(verbs.did("view")) == 2


def test_an_empty_case_is_a_page_too(signed_in: TestClient, verbs: FakeVerbs) -> None:
    verbs.case = EMPTY_CASE
    page = signed_in.get(ADDRESS)
    assert page.status_code == 200
    assert "<form" not in page.text
    assert "not stated" in page.text


@pytest.mark.parametrize("deed", ["start", "log", "redirect", "withdraw", "close"])
def test_only_what_the_reader_may_do_is_offered(signed_in: TestClient, verbs: FakeVerbs, deed: str) -> None:
    verbs.as_(may=frozenset({deed}))
    assert re.findall(rf'action="{ADDRESS}/(\w+)"', signed_in.get(ADDRESS).text) == [deed]


PATHS = [
    ("GET", "/open/one-time"),
    ("POST", "/open/used-up"),
    ("GET", ADDRESS),
    ("GET", "/cases/1111-1114"),
    ("GET", f"{ADDRESS}/recordings/r1"),
    ("POST", f"{ADDRESS}/start"),
    ("POST", f"{ADDRESS}/close"),
    ("GET", "/case-static/x/nothing.js"),
]


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_every_answer_carries_every_header(signed_in: TestClient, method: str, path: str) -> None:
    headers = signed_in.request(method, path).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert policy == {
        "default-src": "'none'",
        "style-src": "'self'",
        "script-src": "'self'",
        "img-src": "'self'",
        "media-src": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
    }
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["strict-transport-security"].startswith("max-age=")
    assert "microphone=()" in headers["permissions-policy"]


def test_the_page_needs_nothing_that_its_policy_forbids(signed_in: TestClient) -> None:
    for path in ("/open/one-time", ADDRESS):
        page = signed_in.get(path).text
        seen = Markup(page)
        assert "style" not in seen.tags
        assert not [name for name, _ in seen.attributes if name.startswith("on") or name == "style"]
        assert re.findall(r"<script(?![^>]*\bsrc=)", page) == []
        own = [value for value in seen.values("src") + seen.values("href") if "pacs" not in value]
        for address in own:
            assert address.startswith("/")
        for address in {value for value in own if value.startswith("/case-static/")}:
            assert signed_in.get(address).status_code == 200


def test_the_pacs_learns_nothing_of_us(signed_in: TestClient) -> None:
    assert re.search(r'href="https://pacs[^"]+" rel="noreferrer noopener"', signed_in.get(ADDRESS).text)


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", ""])
def test_a_link_that_is_no_address_is_not_shown(signed_in: TestClient, verbs: FakeVerbs, link: str) -> None:
    verbs.as_(pacs_link=link)
    assert "Open in the PACS" not in signed_in.get(ADDRESS).text


@pytest.mark.parametrize(
    "name", ["patient_name", "patient_id", "accession_number", "description", "location", "ordering", "facility"]
)
def test_what_was_sent_is_text_and_never_markup(signed_in: TestClient, verbs: FakeVerbs, name: str) -> None:
    plain = sorted(Markup(signed_in.get(ADDRESS).text).tags)
    verbs.as_(**{name: HOSTILE})
    page = signed_in.get(ADDRESS).text
    assert sorted(Markup(page).tags) == plain
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "49" not in Markup(page).values("value")


def test_findings_and_contacts_are_text_too(signed_in: TestClient, verbs: FakeVerbs) -> None:
    verbs.as_(
        findings=(FindingLine(id="f", category=1, text=HOSTILE, found_by=HOSTILE, found_at=at(1), state="relayed"),),
        contacts=((HOSTILE, HOSTILE, "rn"),),
    )
    seen = Markup(signed_in.get(ADDRESS).text)
    assert seen.tags.count("script") == 1
    assert seen.tags.count("img") == 0


def test_no_patient_data_is_in_an_address_a_title_or_a_header(signed_in: TestClient) -> None:
    hidden = fields(signed_in)
    form = {**hidden, "category": "1", "text": "Jane Doe has a bleed", "contact": "okafor"}
    for answer in (signed_in.get(ADDRESS), signed_in.post(f"{ADDRESS}/start", data=form)):
        assert answer.status_code == 200
        seen = Markup(answer.text)
        titles = re.findall(r"<title>(.*?)</title>", answer.text)
        ours = [v for v in seen.values("action") + seen.values("src") + seen.values("href") if "pacs" not in v]
        everywhere = " ".join([*titles, *ours, *answer.headers.values()])
        assert titles == ["Case 4821-0934 · radrelay"]
        for part in PATIENT_PARTS:
            assert part not in everywhere


REFUSALS = [
    ("not_yours", 403),
    ("not_pacs_admin", 403),
    ("unknown_user", 403),
    ("not_at_desk", 409),
    ("unknown_contact", 422),
    ("no_recording", 404),
    ("relay_ended", 409),
    ("bad_category", 422),
    ("license_expired", 403),
]


@pytest.mark.parametrize(("code", "status"), REFUSALS)
def test_a_refusal_is_a_kind_page_without_patient_data(
    signed_in: TestClient, verbs: FakeVerbs, code: str, status: int
) -> None:
    hidden = fields(signed_in, "withdraw")
    verbs.refuse = Rejection(code, "Only the radiologist whose finding it is may do that.")
    answer = signed_in.post(f"{ADDRESS}/withdraw", data={**hidden, "sure": "yes"})
    assert answer.status_code == status
    assert "Only the radiologist" in answer.text
    assert f'href="{ADDRESS}"' in answer.text
    for part in PATIENT_PARTS:
        assert part not in answer.text


def test_a_recording_is_played_from_here_and_only_as_sound(signed_in: TestClient, verbs: FakeVerbs) -> None:
    answer = signed_in.get(f"{ADDRESS}/recordings/r1")
    assert (answer.content, answer.headers["content-type"]) == (b"RIFF", "audio/wav")
    assert verbs.did("recording") == [{"recording_id": "r1"}]
    verbs.audio = (b"<script>", "text/html")
    odd = signed_in.get(f"{ADDRESS}/recordings/r1")
    assert odd.headers["content-type"] == "application/octet-stream"
    assert odd.headers["content-disposition"] == "attachment"


def test_halt_and_shadow_are_said_at_the_top(signed_in: TestClient, verbs: FakeVerbs) -> None:
    verbs.as_(halted=True, shadow=True, test=True)
    page = signed_in.get(ADDRESS).text
    assert "Calls are halted" in page
    assert "shadow mode" in page
    assert "A test study" in page


@pytest.mark.parametrize("heard", ["matches", "differs"])
def test_who_may_judge_a_read_back_is_offered_both_answers(signed_in: TestClient, verbs: FakeVerbs, heard: str) -> None:
    """A button each, beside what is listened to; nobody else sees them."""
    address = f"{ADDRESS}/recordings/r1"
    assert f'action="{address}"' not in signed_in.get(ADDRESS).text
    line = replace(verbs.case.recordings[0], may_judge=True)
    verbs.case = replace(verbs.case, recordings=(line,))
    sent = {**fields(signed_in, "recordings/r1"), "heard": heard}
    assert signed_in.post(address, data=sent).status_code == 200
    (asked,) = verbs.did("judge")
    assert (asked["recording_id"], asked["matches"]) == ("r1", heard == "matches")
    assert signed_in.post(address, data=sent | {"heard": "maybe"}).status_code == 404
