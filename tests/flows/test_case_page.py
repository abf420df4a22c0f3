"""The case page over HTTP: a link that works once, views that are recorded, and deeds that only some may do."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest

from bot.pages import forms
from handlers.domain.relays import Ending, RelayState
from tests.flows.acts import confirm, dialed, hear_out, hear_the_finding, key_back, nurse_confirms
from tests.flows.stage import CHARGE, DESK, KIM, LEE, QUINN, READS, SILVA, STONE, Stage
from tests.flows.visitor import Visitor

Visit = Callable[[str], Visitor]
FINDING = "Basilar artery thrombosis."


@pytest.fixture
def visit(stage: Stage) -> Iterator[Visit]:
    """Open a browser for a Slack user."""
    opened: list[Visitor] = []

    def new(user: str) -> Visitor:
        opened.append(Visitor(stage, user))
        return opened[-1]

    yield new
    for one in opened:
        one.close()


def test_the_link_works_once_and_looking_at_it_does_not_use_it_up(stage: Stage, visit: Visit) -> None:
    """Previews GET and HEAD it without harm; the button opens the case; a second press is 410."""
    stage.stroke_ct()
    lee = visit(LEE)
    link = lee.link()
    for _ in range(3):
        assert lee.http.get(link).status_code == 200
        assert lee.http.head(link).status_code == 200
    first, second = lee.http.post(link), lee.http.post(link)
    assert (first.status_code, second.status_code) == (303, 410)
    assert lee.page(first.headers["location"]).status_code == 200
    assert "link:use" in stage.actions()


def test_the_card_s_button_gives_such_a_link_too(stage: Stage, visit: Visit) -> None:
    """*Open case* on the read's card: only the one who pressed sees it."""
    stage.stroke_ct()
    lee = visit(LEE)
    answer = lee.http.post(lee.link_of_card())
    assert answer.status_code == 303


def test_a_link_lives_for_a_minute(stage: Stage, visit: Visit) -> None:
    """Sixty-one seconds later it opens nothing."""
    stage.stroke_ct()
    lee = visit(LEE)
    link = lee.link()
    stage.advance(61)
    assert lee.http.post(link).status_code == 410


def test_every_view_is_recorded_and_identifiers_are_only_there(stage: Stage, visit: Visit) -> None:
    """Name, birth date, accession and finding stand on the page; Slack never carried one of them."""
    call = stage.critical_stroke()
    hear_out(stage)
    lee = visit(LEE)
    page = lee.sign_in().text
    study = stage.study()
    assert study.birth_date is not None
    for secret in (study.accession_number, study.patient_id, study.patient_name.split("^")[0], "subdural hematoma"):
        assert secret in page
        assert not any(secret in body for body in stage.workspace.traffic)
    before = stage.actions().count("case:view")
    lee.page()
    lee.page()
    assert stage.actions().count("case:view") == before + 2
    confirm(stage, call)


def test_a_relay_is_started_in_two_steps(stage: Stage, visit: Visit) -> None:
    """The first shows patient and finding together and dials nobody; the second dials; sending it twice dials once."""
    stage.stroke_ct()
    lee = visit(LEE)
    lee.sign_in(f"start {stage.case()}")
    shown = lee.send("start", category="1", text=FINDING, contact="")
    assert shown.status_code == 200
    assert stage.study().accession_number in shown.text
    assert FINDING in shown.text
    stage.advance(30)
    assert not stage.exchange.calls
    done = lee.confirm_start(shown.text)
    assert done.status_code in (200, 303)
    assert lee.confirm_start(shown.text).status_code in (200, 303)
    call = stage.rings(KIM)
    hear_out(stage)
    assert "basilar artery thrombosis" in hear_the_finding(stage, call).lower()
    key_back(stage, call)
    assert stage.relay().delegated_by == "lee"
    assert dialed(stage, KIM) == [call]


def test_what_was_not_shown_cannot_be_started(stage: Stage, visit: Visit) -> None:
    """Another text than the one beside the patient is refused, and nobody is called."""
    stage.stroke_ct()
    lee = visit(LEE)
    lee.sign_in()
    shown = lee.send("start", category="1", text=FINDING, contact="")
    path = f"{lee.address}/start/confirmed"
    forged = lee.fields(shown.text, path) | {"text": "Something else."}
    assert lee.http.post(path, data=forged).status_code == 422
    stage.advance(30)
    assert not stage.exchange.calls


def test_a_call_made_by_hand_is_logged(stage: Stage, visit: Visit) -> None:
    """Receiver, role, time and read-back end the relay; what rang is hung up."""
    call = stage.critical_stroke()
    hear_out(stage)
    stage.advance(20)
    quinn = visit(QUINN)
    quinn.sign_in(f"log {stage.case()}")
    facility = stage.service.store.directory().facilities["mercy"]
    at = facility.local(stage.clock.now()).strftime("%Y-%m-%dT%H:%M:%S")
    said = quinn.send("log", receiver="mercy-ed-physician", receiver_name="", role="physician", at=at, read_back="yes")
    assert said.status_code in (200, 303), said.text
    assert stage.relay().ending is Ending.READ_BACK_TO_HUMAN
    assert not call.is_live
    assert "READ BACK BY RECEIVER" in quinn.page().text


def test_a_message_left_by_hand_ends_nothing(stage: Stage, visit: Visit) -> None:
    """A clerk cannot end a relay, whoever writes it down: the ladder goes on."""
    call = stage.critical_stroke()
    hear_out(stage)
    stage.advance(10)
    quinn = visit(QUINN)
    quinn.sign_in()
    at = stage.service.store.directory().facilities["mercy"].local(stage.clock.now()).strftime("%Y-%m-%dT%H:%M:%S")
    quinn.send("log", receiver="", receiver_name="Front office", role="unit", at=at, read_back="no")
    assert stage.relay().state is RelayState.CALLING
    assert call.is_live
    confirm(stage, call)


def test_redirected_from_the_page(stage: Stage, visit: Visit) -> None:
    """Somebody else is called now; what rang is hung up."""
    call = stage.critical_stroke()
    hear_out(stage)
    lee = visit(LEE)
    lee.sign_in()
    assert lee.send("redirect", contact="mercy-ed-charge").status_code in (200, 303)
    assert not call.is_live
    stage.advance(1)  # the pace of our line
    nurse = stage.rings(CHARGE)
    nurse_confirms(stage, nurse)
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE


def test_only_the_radiologist_whose_finding_it_is_withdraws_it(stage: Stage, visit: Visit) -> None:
    """Not another reader, not the administrator: they are not even offered it, and a forged form is refused."""
    call = stage.critical_stroke()
    hear_out(stage)
    for user in (STONE, QUINN):
        other = visit(user)
        other.sign_in()
        assert "withdraw" not in other.offered()
        hidden = other.fields(other.page().text, f"{other.address}/redirect")
        assert other.http.post(f"{other.address}/withdraw", data=hidden | {"sure": "yes"}).status_code == 403
    assert call.status == "ringing"
    lee = visit(LEE)
    lee.sign_in()
    assert lee.send("withdraw", sure="yes").status_code in (200, 303)
    assert stage.relay().ending is Ending.WITHDRAWN
    assert not call.is_live


def test_closed_with_a_reason(stage: Stage, visit: Visit) -> None:
    """Without receipt only with a reason of the list; the statement claims no communication."""
    call = stage.critical_stroke()
    hear_out(stage)
    quinn = visit(QUINN)
    quinn.sign_in()
    assert quinn.send("close", reason="because").status_code == 422
    assert call.status == "ringing"
    assert quinn.send("close", reason="patient_died").status_code in (200, 303)
    assert stage.relay().ending is Ending.CLOSED
    assert not call.is_live
    assert "CLOSED WITHOUT RECEIPT" in quinn.page().text


def test_an_auditor_looks_and_does_not_act(stage: Stage, visit: Visit) -> None:
    """The page is shown, that is recorded, and it offers nothing; what is sent all the same is refused."""
    call = stage.critical_stroke()
    hear_out(stage)
    silva = visit(SILVA)
    assert silva.sign_in().status_code == 200
    assert silva.offered() == []
    cookie = next(iter(silva.http.cookies.jar)).value or ""
    made = {"csrf": forms.csrf(cookie), "key": forms.new_key(), "reason": "patient_died", "contact": "mercy-ed-charge"}
    at = "2026-11-24T02:00"
    made |= {"receiver": "mercy-ed-physician", "role": "physician", "at": at, "read_back": "yes", "sure": "yes"}
    made |= {"category": "1", "text": FINDING, "found_by": "lee"}
    for deed in ("close", "redirect", "withdraw", "start/confirmed"):
        assert silva.http.post(f"{silva.address}/{deed}", data=made).status_code in (403, 422)
    at = stage.service.store.directory().facilities["mercy"].local(stage.clock.now()).strftime("%Y-%m-%dT%H:%M:%S")
    logged = silva.http.post(f"{silva.address}/log", data=made | {"at": at, "receiver_name": ""})
    assert logged.status_code == 403, logged.text
    assert "attempt:by_hand" not in stage.actions()
    stage.settle()
    assert call.status == "ringing"
    confirm(stage, call)


def test_a_session_of_one_case_opens_no_other(stage: Stage, visit: Visit) -> None:
    """Neither by its address nor with the cookie put there by hand."""
    stage.stroke_ct()
    lee = visit(LEE)
    lee.sign_in()
    cookie = next(iter(lee.http.cookies.jar))
    stage.advance(2)
    stage.stroke_ct()
    assert lee.page().status_code == 401
    lee.http.cookies.set(cookie.name, cookie.value or "", path=lee.address)
    assert lee.page().status_code == 401


def test_a_role_that_was_taken_away_closes_the_page(stage: Stage, visit: Visit) -> None:
    """After the next directory load neither an open session nor an unused link shows anything."""
    stage.stroke_ct()
    quinn = visit(QUINN)
    quinn.sign_in()
    link = quinn.link()
    assert quinn.page().status_code == 200
    stage.load('roles: {pacs_admin: "*"}', "roles: {pacs_admin: [lakeside]}")
    assert quinn.page().status_code in (401, 403)
    assert quinn.http.post(link).status_code == 410


def test_a_session_ends_when_it_is_left_alone(stage: Stage, visit: Visit) -> None:
    """Fifteen minutes without a look sign out; looking keeps it open."""
    stage.stroke_ct(priority="routine")
    lee = visit(LEE)
    lee.sign_in()
    for _ in range(3):
        stage.advance(minutes=14)
        assert lee.page().status_code == 200
    stage.advance(minutes=16)
    assert lee.page().status_code == 401


def test_slack_never_saw_a_link_for_somebody_else(stage: Stage, visit: Visit) -> None:
    """A link is in what only the asker sees, never in a channel."""
    stage.stroke_ct()
    lee = visit(LEE)
    lee.link()
    lee.link_of_card()
    stage.advance(5)
    for channel in (READS, DESK):
        assert not any("/open/" in str(one.blocks) + one.text for one in stage.workspace.messages(channel))


def test_the_page_says_what_the_cards_say_of_a_clock_that_stands_still(stage: Stage, visit: Visit) -> None:
    """Why and since when it stands still in place of a due time, and at the desk which problem it is."""
    stage.stroke_ct()
    stage.click(LEE, "claim")
    stage.command(LEE, f"problem {stage.case()} missing_history")
    page = " ".join(re.sub("<[^>]+>", " ", visit(LEE).sign_in().text).split())
    assert "claimed paused: missing history, since" in page
    assert "claimed due" not in page
    assert "A study cannot be read as it is. Reported: missing history." in page
    assert "Calls and texts Look again None yet." in page
    assert len(stage.open_tasks()) == 1


def test_the_page_names_the_site_where_its_event_ended_the_relay(stage: Stage, visit: Visit) -> None:
    """People know a site, and not what a source is called."""
    call = stage.critical_stroke()
    hear_out(stage)
    stage.click(LEE, "claim")
    assert stage.hospital.retract_finding()[0] == 202
    stage.settle()
    assert not call.is_live
    page = " ".join(re.sub("<[^>]+>", " ", visit(LEE).sign_in().text).split())
    assert "retracted — the site" in page
    assert "source:" not in page
