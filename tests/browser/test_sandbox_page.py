"""The whole story as a newcomer has it: the real sandbox, its page, a real browser, real time."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.browser.stage import KIM, KIM_NAME, TELEPHONE, Town, Visitor, chromium
from tests.databases import need_chromium

pytestmark = pytest.mark.browser
#: Nobody's number.
STRANGER = "+13125550199"
LEE = "+13125550141"
OKAFOR = "+12125550111"
SWITCHBOARD = "+13125550190"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium(need_chromium()) as running:
        yield running


@pytest.fixture(scope="module")
def town(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """One sandbox for all stories; each has studies of its own."""
    running = Town(tmp_path_factory.mktemp("town") / "state")
    running.start()
    yield running
    running.close()


@pytest.fixture
def visitor(browser: Browser, town: Town) -> Iterator[Visitor]:
    """Somebody with a fresh browser; afterwards the console must have stayed quiet."""
    someone = Visitor(browser, town.url)
    yield someone
    someone.context.close()
    assert someone.errors == []


def test_a_finding_is_claimed_called_through_and_confirmed(visitor: Visitor) -> None:
    """Card, claim, modal, ringing, the words, the code: the card says confirmed, the record grew, the call ended."""
    card = visitor.study("stroke")
    visitor.press(card, "claim")
    expect(card).to_contain_text("Claimed by Dr. Maya Lee")
    before = visitor.page.get_by_test_id("record-entry").count()
    visitor.press(card, "critical_finding")
    visitor.choose_finding("1", "Acute intracranial hemorrhage")
    ringing = visitor.phone(KIM, "ringing")
    expect(ringing).to_contain_text(KIM_NAME)
    ringing.get_by_test_id("call-answer").click()
    call = visitor.phone(KIM, "in-progress")
    visitor.heard(call, "Radiology, Mercy")
    visitor.key(call, "1")
    visitor.heard(call, "Acute intracranial hemorrhage")
    visitor.key(call, visitor.spoken_code(call))
    expect(card).to_contain_text("ended: confirmed by code")
    visitor.heard(call, "Your code is on the record")
    ended = visitor.phone(KIM, "completed")
    ended.get_by_text("What was said").click()
    expect(ended).to_contain_text("Acute intracranial hemorrhage")
    expect(visitor.recorded("relay:end")).to_contain_text("ending confirmed by code")
    assert visitor.page.get_by_test_id("record-entry").count() > before + 5


def test_open_case_shows_the_patient_in_a_new_tab(visitor: Visitor) -> None:
    """The link that only the asker sees opens the one page with identifiers; Slack shows none; the look is recorded."""
    card = visitor.study("trauma")
    visitor.press(card, "open_case")
    link = visitor.told("The link works once").get_by_role("button")
    with visitor.context.expect_page() as opened:
        link.click()
    page = opened.value
    expect(page.get_by_text("Case " + visitor.case_of(card))).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_contain_text("SANDBOX")
    assert "SBX-" in page.inner_text("body")
    assert "SBX-" not in visitor.page.get_by_test_id("messages").inner_text()
    expect(visitor.recorded("case:view")).to_contain_text("Dr. Maya Lee")


def test_a_voicemail_is_called_back_with_the_code_of_the_text(visitor: Visitor) -> None:
    """A voicemail ends nothing; whoever calls in with the code hears the finding and confirms it, keying while it speaks."""
    card = visitor.study("stroke")
    visitor.press(card, "claim")
    expect(card).to_contain_text("Claimed by Dr. Maya Lee")
    visitor.order("finding")
    visitor.phone(KIM, "ringing").get_by_test_id("call-voicemail").click()
    visitor.hold(KIM)
    code = re.search(r"code (\d{6})", visitor.text(KIM, "Urgent radiology callback").inner_text())
    assert code is not None
    expect(card).to_contain_text("step 2 of 4")
    visitor.page.get_by_test_id("call-in").click()
    call = visitor.phone(KIM, "in-progress", end="from")
    visitor.begun(call, "code")
    visitor.key(call, code[1])
    visitor.begun(call, "1 physician")
    visitor.key(call, "1")
    visitor.key(call, visitor.spoken_code(call))
    expect(card).to_contain_text("ended: confirmed by code")


def test_keys_arrive_in_the_order_in_which_they_were_pressed(visitor: Visitor) -> None:
    """However long the first key is under way, the next one does not overtake it."""
    visitor.hold(STRANGER)
    visitor.page.get_by_test_id("call-in").click()
    call = visitor.phone(STRANGER, "in-progress", end="from")
    held: list[Route] = []

    def hold_the_first(route: Route) -> None:
        if held:
            route.continue_()
        else:
            held.append(route)

    visitor.page.route("**/do", hold_the_first)
    visitor.key(call, "12")
    held[0].continue_()
    expect(call.get_by_test_id("call-pressed")).to_have_text("Keys pressed: 12")
    call.get_by_test_id("call-hangup").click()
    visitor.phone(STRANGER, "completed", end="from")


def test_zero_brings_the_radiologist_to_the_line_and_both_hear_each_other(visitor: Visitor) -> None:
    """The radiologist's phone rings, a key accepts, and what one says is heard by the other; Slack has the case."""
    card = visitor.study("stroke")
    visitor.press(card, "claim")
    expect(card).to_contain_text("Claimed by Dr. Maya Lee")
    visitor.order("finding")
    visitor.phone(KIM, "ringing").get_by_test_id("call-answer").click()
    physician = visitor.phone(KIM, "in-progress")
    visitor.begun(physician, "press 0")
    visitor.key(physician, "0")
    visitor.phone(LEE, "ringing").get_by_test_id("call-answer").click()
    radiologist = visitor.phone(LEE, "in-progress")
    visitor.begun(radiologist, "press 1 to talk")
    visitor.key(radiologist, "1")
    expect(radiologist).to_contain_text("connected to")
    visitor.say_on(radiologist, "It is a subdural on the left")
    expect(physician.locator("[data-who=other]")).to_contain_text("It is a subdural on the left")
    visitor.say_on(physician, "Subdural, left")
    expect(radiologist.locator("[data-who=other]")).to_contain_text("Subdural, left")
    radiologist.get_by_test_id("call-hangup").click()
    visitor.phone(LEE, "completed")
    visitor.order("retract")
    expect(card).to_contain_text("retracted")


def test_a_phone_tree_answers_by_itself_and_a_person_comes_behind_it(visitor: Visitor) -> None:
    """Our call keys the extension past the greeting; the surgeon says hello, and whoever is at the page acts for him."""
    card = visitor.study("trauma")
    visitor.press(card, "claim")
    expect(card).to_contain_text("Claimed by Dr. Maya Lee")
    visitor.order("finding")
    call = visitor.phone(SWITCHBOARD, "in-progress")
    expect(call.get_by_test_id("call-far-end")).to_have_text("Mercy's phone tree")
    expect(call).to_contain_text("keys ww4321")
    expect(call).to_contain_text("Please hold while your call is transferred.")
    expect(call.get_by_test_id("call-far-end")).to_have_text("Dr. Samuel Osei")
    expect(call).to_contain_text("Trauma surgery, this is Doctor Osei.")
    visitor.begun(call, "1 physician")
    visitor.key(call, "1")
    visitor.begun(call, "Tension pneumothorax")
    visitor.key(call, visitor.spoken_code(call))
    expect(card).to_contain_text("ended: confirmed by code")


def test_a_conversation_by_text(visitor: Visitor) -> None:
    """HELP is answered; STOP ends texts to this telephone, START begins them again; another telephone's texts stay its own."""
    visitor.hold(OKAFOR)
    visitor.page.get_by_test_id("text-help").click()
    visitor.text(OKAFOR, "Reply STOP to unsubscribe")
    visitor.page.get_by_test_id("text-stop").click()
    visitor.text(OKAFOR, "successfully been unsubscribed")
    visitor.recorded("text:opt_out")
    visitor.page.get_by_test_id("text-start").click()
    visitor.text(OKAFOR, "re-subscribed")
    visitor.page.get_by_test_id("text-in-body").fill("on my way")
    visitor.page.get_by_test_id("text-in").click()
    visitor.text(OKAFOR, "on my way")
    visitor.hold(STRANGER)
    expect(visitor.page.get_by_test_id("text-message")).to_have_count(0)
    visitor.page.get_by_test_id(f"text-thread-{OKAFOR}").click()
    visitor.text(OKAFOR, "on my way")


def test_a_finding_that_may_wait_is_picked_up_by_link_code_and_pin(visitor: Visitor) -> None:
    """A PIN by telephone, the link of a text, code and PIN, the finding on a small screen, tick and code: the card says how."""
    visitor.become("Pat Quinn")
    visitor.say("/relay pin lakeside-ed-physician")
    visitor.phone(OKAFOR, "ringing").get_by_test_id("call-answer").click()
    call = visitor.phone(OKAFOR, "in-progress")
    visitor.begun(call, "press 1 to hear it")
    visitor.key(call, "1")
    pin = visitor.spoken_pin(call)
    visitor.key(call, f"{pin}#")
    visitor.heard(call, "Your PIN is set")
    visitor.become("Dr. Maya Lee")
    visitor.page.get_by_test_id("hospital-site").select_option("lakeside")
    card = visitor.study("trauma")
    visitor.press(card, "claim")
    expect(card).to_contain_text("Claimed by Dr. Maya Lee")
    visitor.press(card, "critical_finding")
    visitor.choose_finding("2", "Misplaced tube or line")
    visitor.hold(OKAFOR)
    text = visitor.text(OKAFOR, "Or open")
    code = re.search(r"code (\d{6})", text.inner_text())
    assert code is not None
    page = visitor.follow(text)
    expect(page).to_have_title("Radiology callback")
    assert "SANDBOX" not in page.inner_text("body")
    page.get_by_label("Code in the text").fill(code[1])
    page.get_by_label("Your PIN").fill(pin)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("SANDBOX")
    expect(page.get_by_text("Misplaced tube or line")).to_be_visible()
    expect(page.get_by_role("button", name="Confirm receipt")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= TELEPHONE["width"]
    page.get_by_label("I have read this and take responsibility").check()
    page.get_by_label("Key the confirmation code").fill(page.locator(".confirm-code strong").inner_text())
    page.get_by_role("button", name="Confirm receipt").click()
    expect(page.get_by_role("heading", name="Receipt confirmed")).to_be_visible()
    expect(card).to_contain_text("ended: confirmed on page")
    expect(visitor.recorded("relay:end", visitor.case_of(card))).to_contain_text("ending confirmed on page")


def test_slash_commands_answer_only_whoever_asked(visitor: Visitor, town: Town) -> None:
    """/relay status, /worklist and /relay help; somebody else sees none of it."""
    card = visitor.study("xray")
    visitor.say("/relay status")
    visitor.told("No relay is open.")
    visitor.say("/worklist")
    visitor.told("in your pools").get_by_text(visitor.case_of(card))
    visitor.say("/relay hlp")
    visitor.told("Did you mean")
    visitor.become("Ana Silva")
    expect(visitor.page.locator("[data-kind=ephemeral]")).to_have_count(0)


def test_a_problem_is_told_by_its_form_and_figures_come_with_a_picture(visitor: Visitor) -> None:
    """The card says paused; after the report /tat answers in words and shows the picture that its address holds."""
    card = visitor.study("stroke")
    visitor.press(card, "claim")
    visitor.press(card, "problem")
    visitor.page.get_by_test_id("input-problem-missing_prior").check()
    visitor.page.get_by_test_id("modal-submit").click()
    expect(visitor.page.get_by_test_id("modal")).to_contain_text("Reported: missing prior. The desk is told.")
    visitor.page.get_by_test_id("modal-close").click()
    expect(card).to_contain_text("paused: missing prior, since")
    expect(visitor.recorded("clock:pause")).to_be_visible()
    visitor.order("final")
    expect(card).to_contain_text("reported by Dr. Maya Lee")
    visitor.say("/tat mercy 7d")
    picture = visitor.told("Turnaround of Mercy, the last 7 days").get_by_role("img")
    expect(picture).to_have_attribute("alt", re.compile("Stroke: .* in target"))
    picture.scroll_into_view_if_needed()
    expect(picture).to_have_js_property("naturalWidth", 720)


def test_a_reader_without_a_license_is_told_which_rule(visitor: Visitor) -> None:
    """Dr. Haddad's Illinois license expired: the answer says so, and the read stays open."""
    card = visitor.study("stroke")
    visitor.become("Dr. Omar Haddad")
    visitor.press(card, "claim")
    visitor.told("Your IL license expired on 2024-06-30")
    expect(card.get_by_test_id("action-claim")).to_be_visible()
    visitor.recorded("read:refuse")


def test_the_record_is_verified_from_the_page_and_from_a_terminal(visitor: Visitor, town: Town) -> None:
    """The button and the command that the terminal is told both say that it is intact."""
    visitor.study("stroke")
    visitor.page.get_by_test_id("record-verify").click()
    expect(visitor.page.get_by_test_id("toasts")).to_contain_text("The record is intact")
    checked = town.command("audit", "verify")
    assert (checked.returncode, "The record is intact" in checked.stdout) == (0, True), checked.stderr


def test_ctrl_c_ends_it_and_a_second_start_continues(browser: Browser, town: Town) -> None:
    """Status 0 within seconds; card, claim and record are still there, and the card's buttons still work."""
    first = Visitor(browser, town.url)
    card = first.study("stroke")
    first.press(card, "claim")
    expect(card).to_contain_text("Claimed by Dr. Maya Lee")
    case = first.case_of(card)
    claim = first.recorded("read:claim", case).inner_text()
    first.context.close()
    status, seconds = town.interrupt()
    assert status == 0
    assert seconds < 10
    town.start()
    second = Visitor(browser, town.url)
    kept = second.card(case)
    expect(kept).to_contain_text("Claimed by Dr. Maya Lee")
    assert second.recorded("read:claim", case).inner_text() == claim
    second.press(kept, "release")
    expect(kept.get_by_test_id("action-claim")).to_be_visible()
    assert [*first.errors, *second.errors] == []
    second.context.close()


def test_the_pacs_is_told_who_reads_and_tells_who_opens_a_study(visitor: Visitor) -> None:
    """A claim at Mercy is named beside its study; another reader who opens it there is told to the holder under the card."""
    card = visitor.study("stroke")
    visitor.press(card, "claim")
    expect(visitor.page.get_by_test_id("hospital-study").locator("option").first).to_contain_text(
        "in the PACS: Dr. Maya Lee"
    )
    visitor.become("Dr. Ruth Stone")
    visitor.order("open")
    expect(card).to_contain_text("Dr. Ruth Stone")
    expect(visitor.recorded("viewing:open")).to_contain_text("Dr. Ruth Stone")
