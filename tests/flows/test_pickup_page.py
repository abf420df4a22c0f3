"""A finding that may wait is picked up on a telephone's screen: link, code and PIN; read, ticked, and its code keyed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from handlers import lockouts
from handlers.domain.machinery import AuditFact
from handlers.domain.pickups import PAGE, Pickup, PickupState
from handlers.domain.relays import Attempt, Ending, Outcome, RelayState
from handlers.domain.tasks import TaskKind
from store import audit
from tests.flows.acts import confirm, hear_out, look_at_everything
from tests.flows.opener import (
    ALLOWED,
    NAMED,
    OTHER_PIN,
    Opener,
    code_shown,
    gets_pin,
    hidden,
    link_in,
    relayed,
    words,
)
from tests.flows.stage import DESK, DESK_PHONE, DESK_PHONE_2, KIM, LEE, OURS, Stage
from tests.flows.test_pin_by_telephone import has_a_pin
from tests.flows.test_text_replies import texts_us
from tests.flows.visitor import Visitor

Opens = Callable[[str], Opener]
PRIVATE = ("subdural", "hematoma", "sandbox", "mercy")


@pytest.fixture
def opens(stage: Stage) -> Iterator[Opens]:
    """Open a link in a browser."""
    opened: list[Opener] = []

    def new(link: str) -> Opener:
        opened.append(Opener(stage, link))
        return opened[-1]

    yield new
    for one in opened:
        one.close()


def looks(stage: Stage) -> list[Attempt]:
    """Return the looks at the page."""
    return stage.all(Attempt, channel=PAGE)


@pytest.mark.usefixtures("fault")
def test_read_on_the_page_and_confirmed(stage: Stage, opens: Opens) -> None:
    """Code and PIN, the finding, tick and code: the relay ends by her, what rings is hung up, and the statement says how."""
    gets_pin(stage)
    text = relayed(stage)
    phone = opens(link_in(text))
    shown = phone.identify()
    assert shown.status_code == 200
    study = stage.study()
    for told in (study.patient_name.split("^")[0], "subdural hematoma", "Mercy"):
        assert told in shown.text
    done = phone.confirm(shown.text)
    assert "It is recorded that you have read this and take responsibility." in done.text
    relay = stage.relay()
    assert (relay.ending, relay.ended_by, relay.ended_role) == (
        Ending.CONFIRMED_ON_PAGE,
        "mercy-ed-physician",
        "physician",
    )
    assert not stage.exchange.ringing(KIM)
    (look,) = looks(stage)
    assert (look.outcome, look.revision, look.code) == (Outcome.CONFIRMED_ON_PAGE, 1, code_shown(shown.text))
    assert look.told_at is not None
    said = stage.command(LEE, f"open {stage.case()}")
    assert said
    lee = Visitor(stage, LEE)
    page = lee.sign_in().text
    lee.close()
    assert "COMMUNICATED TO DR. GRACE KIM, PHYSICIAN IDENTIFIED BY PIN, BY A ONE-TIME LINK ON " in page
    assert ", CONFIRMED ON THE PICKUP PAGE BY KEYED CODE." in page
    assert "pickup page: confirmed on page" in words(page)
    actions = stage.actions()
    for action in ("pickup:offer", "pickup:open", "pickup:view", "pickup:key"):
        assert actions.count(action) == 1


def test_the_text_and_the_page_before_code_and_pin_identify_nobody(stage: Stage, opens: Opens) -> None:
    """Address, title, preview and landing are the same for every token; looking uses nothing up; nothing may keep it."""
    gets_pin(stage)
    text = relayed(stage)
    code = stage.relay().callback_code
    ping = f"Urgent radiology callback for Mercy. Call {OURS}, code {code}. Or open "
    assert text.body == f"{ping}{stage.servers.urls['product']}{link_in(text)}"
    phone, nobody = opens(link_in(text)), opens("/pickup/" + "x" * 24)
    pages = [one.http.get(one.link) for one in (phone, nobody) for _ in range(2)]
    for page in pages:
        assert page.status_code == 200
        assert "<title>Radiology callback</title>" in page.text
        assert not [word for word in PRIVATE if word in page.text.lower()]
        assert code not in page.text
        assert "og:" not in page.text
        assert 'name="description"' not in page.text
        assert "<script" not in page.text
        assert page.headers["cache-control"] == "no-store"
        assert "noindex" in page.headers["x-robots-tag"]
        assert "default-src 'none'" in page.headers["content-security-policy"]
    blank = {
        one.text.replace(hidden(one.text)["key"], "").replace(phone.link, "").replace(nobody.link, "") for one in pages
    }
    assert len(blank) == 1
    assert phone.http.head(phone.link).status_code == 200
    assert phone.identify().status_code == 200
    assert not [word for word in PRIVATE if word in str(phone.look().url).lower()]
    phone.confirm(phone.look().text)


def test_category_1_is_never_picked_up(stage: Stage) -> None:
    """Whatever the policy of its ladder allows for others: its text has no link."""
    stage.load("supervisor, within: 5m}\n      - {to: radiologist, within: 5m}\n", "supervisor, within: 5m}\n")
    stage.load(
        "ended_by: [physician, np, pa, rn]\n    desk: {who: $desk, every: 2m}\n  physicians_only",
        "ended_by: [physician, np, pa, rn]\n    desk: {who: $desk, every: 2m}\n    pickup: [2, 3]\n  physicians_only",
    )
    gets_pin(stage)
    call = stage.critical_stroke()
    assert "pickup" not in stage.exchange.expect_text(KIM).body
    call.answer()
    stage.settle()
    stage.press(call, "2748#")
    stage.press(call, stage.code())
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE


@pytest.mark.parametrize("without", ["pin", "policy"])
def test_without_a_pin_or_the_policy_there_is_no_link(stage: Stage, without: str) -> None:
    """Whoever holds the telephone could open it; and the site decides."""
    if without == "policy":
        stage.load(ALLOWED, "")
        gets_pin(stage)
    assert "pickup" not in relayed(stage).body
    assert not stage.all(Pickup)


def test_a_pin_that_was_issued_by_telephone_opens_it(stage: Stage, opens: Opens) -> None:
    """She has it from `/relay pin`: her next text has a link, and the PIN of the directory, which it voided, opens nothing."""
    gets_pin(stage)
    pin = has_a_pin(stage)
    stage.workspace.expect_message(DESK, "has a new PIN")
    stage.advance(minutes=2)  # she was just called: the next call keeps its distance
    phone = opens(link_in(relayed(stage)))
    assert phone.identify().status_code == 403
    shown = phone.identify(pin=pin)
    assert shown.status_code == 200
    phone.confirm(shown.text)
    assert stage.relay().ending is Ending.CONFIRMED_ON_PAGE


def test_a_locked_out_pin_opens_no_link_and_gets_none(stage: Stage, opens: Opens) -> None:
    """Wrong entries on pages and calls count together: then not even the right one opens, and the next text has no link."""
    gets_pin(stage)
    phone = opens(link_in(relayed(stage)))
    lockouts_of = lockouts.of_contact("mercy-ed-physician")
    for _ in range(2):
        phone.identify(pin=OTHER_PIN)
    house = stage.service.house
    with house.memory.transaction("mercy") as tx:
        for _ in range(8):
            lockouts.wrong(tx, house, [lockouts_of])
        tx.audit(AuditFact(action="pickup:wrong", actor="caller"))
    stage.settle()
    assert phone.identify().status_code == 410
    stage.advance(minutes=2)
    stage.stroke_ct()
    stage.finding(category=2)
    text = stage.exchange.expect_text(KIM)
    assert "pickup" not in text.body
    assert {one.kind for one in stage.open_tasks()} == {TaskKind.PICKUP_LOCKED, TaskKind.LOCKED_OUT}
    for one in stage.exchange.unexpected():
        one.seen = True


@pytest.mark.parametrize("wrong", ["code", "pin"])
def test_three_wrong_entries_close_the_link_and_the_desk_knows(stage: Stage, opens: Opens, wrong: str) -> None:
    """What was wrong is never said; afterwards right ones open nothing, and the telephone goes on ringing."""
    gets_pin(stage)
    phone = opens(link_in(relayed(stage)))
    entry = {"code": "111111"} if wrong == "code" else {"pin": OTHER_PIN}
    said = [phone.identify(**entry) for _ in range(2)]
    assert {one.status_code for one in said} == {403}
    assert all("Code or PIN did not match" in one.text for one in said)
    assert not [word for word in PRIVATE if word in said[0].text.lower()]
    assert phone.identify(**entry).status_code == 410
    assert phone.identify().status_code == 410
    (task,) = stage.open_tasks()
    assert task.kind is TaskKind.PICKUP_LOCKED
    assert stage.actions().count("pickup:wrong") == 3
    assert not looks(stage)
    assert stage.exchange.ringing(KIM)
    assert stage.relay().state is RelayState.CALLING


def test_a_forwarded_link_is_one_visit_on_one_telephone(stage: Stage, opens: Opens) -> None:
    """Somebody else with the whole text and even the PIN is refused in neutral words once it was opened."""
    gets_pin(stage)
    link = link_in(relayed(stage))
    phone, other = opens(link), opens(link)
    shown = phone.identify()
    refused = other.identify()
    assert refused.status_code == 410
    assert not [word for word in PRIVATE if word in refused.text.lower()]
    assert other.look().status_code == 401
    assert "pickup:refuse" in stage.actions()
    phone.confirm(shown.text)
    assert stage.relay().ending is Ending.CONFIRMED_ON_PAGE


def test_a_lost_answer_is_given_again(stage: Stage, opens: Opens) -> None:
    """The same form sent twice opens the same visit; the same confirmation sent twice is thanked twice and recorded once."""
    gets_pin(stage)
    phone = opens(link_in(relayed(stage)))
    key = hidden(phone.landing())["key"]
    assert phone.identify(key=key).status_code == 200
    phone.http.cookies.clear()
    shown = phone.identify(key=key)
    assert shown.status_code == 200
    assert stage.actions().count("pickup:open") == 1
    first, second = phone.confirm(shown.text), phone.confirm(shown.text)
    assert words(first.text) == words(second.text)
    assert stage.actions().count("relay:end") == 1


def test_without_tick_or_with_another_code_nothing_is_confirmed(stage: Stage, opens: Opens) -> None:
    """Each is asked for again; the third wrong code closes the page, and the record says that it was seen, no more."""
    gets_pin(stage)
    phone = opens(link_in(relayed(stage)))
    shown = phone.identify()
    wrong = "".join("1" if one != "1" else "2" for one in code_shown(shown.text))
    unticked = phone.confirm(shown.text, ticked=False)
    assert unticked.status_code == 422
    assert "Tick that you have read this" in unticked.text
    assert phone.confirm(phone.look().text, wrong).status_code == 422
    assert phone.confirm(phone.look().text, wrong).status_code == 422
    assert f"Nothing is confirmed: call {OURS} now." in phone.confirm(phone.look().text, wrong).text
    assert phone.look().status_code == 410
    (look,) = looks(stage)
    assert look.outcome is Outcome.REACHED_WITHOUT_READ_BACK
    assert stage.relay().state is RelayState.CALLING
    assert stage.exchange.ringing(KIM)


def test_what_changes_between_is_shown_again_and_the_old_code_confirms_nothing(stage: Stage, opens: Opens) -> None:
    """The side is corrected while she reads: her form is refused, the new words have another code, and that one counts."""
    gets_pin(stage)
    phone = opens(link_in(relayed(stage)))
    shown = phone.identify()
    stage.advance(5)
    stage.hospital.amend_finding("Acute subdural hematoma on the right.", category=2)
    stage.settle()
    again = phone.confirm(shown.text)
    assert again.status_code == 409
    assert "The finding has changed" in again.text
    assert "on the right" in again.text
    assert code_shown(again.text) != code_shown(shown.text)
    assert stage.relay().state is not RelayState.ENDED
    assert phone.confirm(again.text, code_shown(shown.text)).status_code == 422
    phone.confirm(phone.look().text)
    assert stage.relay().ending is Ending.CONFIRMED_ON_PAGE
    (look,) = looks(stage)
    assert look.revision == 2
    look_at_everything(stage, *_left(stage))


def _left(stage: Stage) -> tuple[dict[str, int], dict[str, int]]:
    """Return what a new ladder rang and texted after the amendment."""
    left = stage.exchange.unexpected()
    calls = sum(not hasattr(one, "body") for one in left)
    return ({KIM: calls} if calls else {}), ({KIM: len(left) - calls} if len(left) > calls else {})


def test_what_became_urgent_is_not_ended_on_the_page(stage: Stage, opens: Opens) -> None:
    """Upgraded to category 1 while she reads: the page says to call, and her telephone rings."""
    gets_pin(stage)
    phone = opens(link_in(relayed(stage)))
    shown = phone.identify()
    stage.advance(5)
    stage.hospital.amend_finding("Acute subdural hematoma with midline shift.", category=1)
    stage.settle()
    said = phone.confirm(shown.text)
    assert f"This has become urgent and is told by telephone. Call {OURS} now." in said.text
    assert stage.relay().state is not RelayState.ENDED
    look_at_everything(stage, *_left(stage))


def test_whoever_comes_late_hears_who_has_it(stage: Stage, opens: Opens) -> None:
    """A call confirmed it while the page was open: the page says so, and shows no finding any more."""
    gets_pin(stage)
    stage.stroke_ct()
    stage.finding(category=2)
    call = stage.rings(KIM)
    phone = opens(link_in(stage.exchange.expect_text(KIM)))
    shown = phone.identify()
    call.answer()
    stage.settle()
    stage.press(call, "2748#")
    stage.press(call, next(one.code for one in stage.attempts() if one.channel == "call"))
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE
    late = phone.confirm(shown.text)
    assert "This is done. It was received at" in late.text
    assert "by Dr. Grace Kim" in late.text
    assert "hematoma" not in late.text
    assert looks(stage)[0].outcome is Outcome.REACHED_WITHOUT_READ_BACK
    assert stage.actions().count("relay:end") == 1


def test_a_retracted_finding_is_said_to_be_taken_back(stage: Stage, opens: Opens) -> None:
    """She saw it: the page says that it is taken back, the desk is told whom to tell, and nothing opens afterwards."""
    gets_pin(stage)
    link = link_in(relayed(stage))
    phone = opens(link)
    phone.identify()
    assert stage.hospital.retract_finding()[0] == 202
    stage.settle()
    assert "taken this finding back" in phone.look().text
    assert opens(link).identify().status_code == 410
    assert stage.relay().ending is Ending.RETRACTED
    assert TaskKind.RETRACTED_AFTER_TELLING in {one.kind for one in stage.open_tasks()}
    stage.advance(1)
    look_at_everything(stage, dict.fromkeys((DESK_PHONE, DESK_PHONE_2), 1))


def test_a_link_opens_for_half_an_hour_and_a_visit_lasts_ten_minutes(stage: Stage, opens: Opens) -> None:
    """Whoever saw the finding and went away has taken nothing: the thread knows, and the ladder has gone on."""
    gets_pin(stage)
    link = link_in(relayed(stage))
    phone = opens(link)
    assert phone.identify().status_code == 200
    stage.advance(minutes=11)
    assert phone.look().status_code == 410
    (look,) = looks(stage)
    assert look.outcome is Outcome.REACHED_WITHOUT_READ_BACK
    assert stage.relay().state is not RelayState.ENDED
    for one in stage.exchange.unexpected():
        one.seen = True
    stage.open_tasks()
    assert {one.state for one in stage.all(Pickup)} <= {PickupState.OVER, PickupState.OFFERED}


def test_an_old_link_opens_nothing(stage: Stage, opens: Opens) -> None:
    """The site says five minutes: six are too many."""
    stage.load(ALLOWED, f"{ALLOWED}    pickup_within: 5m\n")
    gets_pin(stage)
    phone = opens(link_in(relayed(stage)))
    stage.advance(minutes=6)
    assert phone.identify().status_code == 410
    assert not looks(stage)
    for one in stage.exchange.unexpected():
        one.seen = True
    stage.open_tasks()


def test_somebody_whose_role_may_not_end_it_is_asked_to_hand_on(stage: Stage, opens: Opens) -> None:
    """Her role changed since the text left: she is known, is shown nothing, and told who must call."""
    gets_pin(stage)
    phone = opens(link_in(relayed(stage)))
    stage.load("name: Dr. Grace Kim\n    role: physician", "name: Dr. Grace Kim\n    role: clerk")
    said = phone.identify()
    assert said.status_code == 409
    assert f"ask a responsible clinician to call {OURS} now" in said.text
    assert not [word for word in PRIVATE if word in said.text.lower()]
    (look,) = looks(stage)
    assert (look.outcome, look.told_at) == (Outcome.MESSAGE_LEFT, None)
    assert stage.relay().state is RelayState.CALLING


def test_a_clerk_s_text_has_no_link(stage: Stage) -> None:
    """A role that may not end the relay could only hand it on: by telephone."""
    gets_pin(stage, NAMED)
    stage.load("role: physician\n    pin_hash", "role: clerk\n    pin_hash")
    assert "pickup" not in relayed(stage).body


def test_a_reply_is_answered_with_the_link_as_long_as_it_opens(stage: Stage, opens: Opens) -> None:
    """Nothing is confirmed by text: the answer says to call, or to open the link."""
    gets_pin(stage)
    phone = opens(link_in(relayed(stage)))
    (answer,) = texts_us(stage, KIM, "on my way")
    assert answer.endswith("the code you were sent, or open the link in our text.")
    phone.identify()
    (answer,) = texts_us(stage, KIM, "on my way")
    assert answer.endswith("the code you were sent.")
    phone.confirm(phone.look().text)


def test_neither_link_nor_pin_nor_code_is_in_the_record_or_the_database(stage: Stage, opens: Opens) -> None:
    """A copy of the database opens nothing, and the record names who looked and when."""
    gets_pin(stage)
    link = link_in(relayed(stage))
    phone = opens(link)
    shown = phone.identify()
    visit = next(iter(phone.http.cookies.jar)).value or ""
    phone.confirm(shown.text)
    with stage.service.store.database.snapshot() as connection:
        record = str(list(audit.export(connection)))
        rows = str(connection.exec_driver_sql("SELECT * FROM pickup").all())
    for secret in (link.rpartition("/")[2], visit, "'2748'", "subdural"):
        assert secret not in record
        assert secret not in rows
    assert "contact:mercy-ed-physician" in record


def test_a_message_left_there_ends_nothing_by_itself(stage: Stage) -> None:
    """A link that nobody opens changes nothing: the telephone is answered, and that ends it."""
    stage.stroke_ct()
    stage.finding(category=2)
    call = stage.rings(KIM)
    hear_out(stage)
    confirm(stage, call)
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE
