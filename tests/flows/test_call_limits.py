"""One contact is called once a minute, three times in fifteen and seven times an hour; what waits says so; category 1 never."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from handlers.domain.relays import Attempt, Purpose, Relay, RelayState
from handlers.domain.waits import Why
from tests.flows.acts import attempt_of, confirm, dialed, hear_out
from tests.flows.ringing import code_heard, let_ring, over, until_rings
from tests.flows.stage import CHARGE, KIM, LEE_PHONE, QUINN, READS, Stage
from tests.flows.visitor import Visitor

KIM_OF_THE_DIRECTORY = "    name: Dr. Grace Kim\n"


def finding(stage: Stage, category: int = 2) -> None:
    """Send a further study with a critical finding for Dr. Kim."""
    stage.stroke_ct()
    stage.finding(category=category)


def told(stage: Stage, category: int = 2) -> datetime:
    """Tell Dr. Kim one more finding, which she confirms; return when her telephone rang."""
    finding(stage, category)
    call = until_rings(stage, KIM)
    rang = stage.clock.instant
    confirm(stage, call)
    over(stage, call)
    return rang


def card_says(stage: Stage) -> str:
    """Return the newest card's words, once what changed has been drawn."""
    stage.advance(5)
    return stage.card().words


def look_at_texts(stage: Stage) -> None:
    """Look at the text pings, which no limit of calls holds."""
    for text in stage.exchange.unexpected():
        assert text.to == KIM
        text.seen = True


def last_call(stage: Stage) -> datetime:
    """Return when the newest call to Dr. Kim was asked for."""
    return max(one.submitted_at for one in stage.all(Attempt, channel="call") if one.submitted_at is not None)


def test_a_second_call_waits_out_the_minute(stage: Stage) -> None:
    """A finding right after a call: the next call comes to the second when a minute has passed since that one began."""
    first = told(stage)
    finding(stage)
    relay = stage.relay()
    assert relay.wait is not None
    assert (relay.state, relay.tries, relay.wait.why) == (RelayState.BETWEEN, 0, Why.LIMIT)
    assert "waits: Dr. Grace Kim was called once in a minute; next call " in card_says(stage)
    confirm(stage, until_rings(stage, KIM))
    assert last_call(stage) - first == timedelta(minutes=1)
    look_at_texts(stage)


def test_the_fourth_call_in_a_quarter_of_an_hour_waits_and_every_screen_says_until_when(stage: Stage) -> None:
    """Card, thread, `/relay status` and case page name the limit and the instant; the text ping goes out at once."""
    first = told(stage)
    for _ in range(2):
        stage.advance(minutes=2)
        told(stage)
    stage.advance(minutes=5)
    hear_out(stage, texts=3)
    finding(stage)
    due = first + timedelta(minutes=15)
    site = stage.service.house.directory().facilities["mercy"]
    words = f"waits: Dr. Grace Kim was called 3 times in 15 minutes; next call {site.local(due):%H:%M %Z}"
    assert words in card_says(stage)
    card = stage.card()
    assert any(f"W{words[1:]}." in note.words for note in stage.workspace.thread(READS, card.ts))
    assert words in stage.command(QUINN, "status")
    visitor = Visitor(stage, QUINN)
    assert words in visitor.sign_in().text
    visitor.close()
    hear_out(stage)
    assert not stage.exchange.ringing()
    confirm(stage, until_rings(stage, KIM, 15))
    assert last_call(stage) == due
    assert stage.relay().wait is None


def test_the_eighth_call_in_an_hour_waits(stage: Stage) -> None:
    """Seven that were answered within the hour: the eighth waits for the first of them to be an hour old."""
    rang = []
    for _ in range(7):
        rang.append(told(stage))
        stage.advance(minutes=6)
    finding(stage)
    assert stage.relay().wait is not None
    assert stage.relay().wait.until == rang[0] + timedelta(hours=1)  # type: ignore[union-attr]
    confirm(stage, until_rings(stage, KIM, 30))
    look_at_texts(stage)


def test_category_1_rings_at_once_whatever_the_limits_say(stage: Stage) -> None:
    """Every limit is exhausted, and one is waiting: what cannot wait is called without a second's delay."""
    for _ in range(7):
        told(stage, category=1)
    finding(stage)
    assert stage.relay().state is RelayState.BETWEEN
    stage.advance(1)
    before = stage.clock.instant
    finding(stage, category=1)
    call = stage.rings(KIM)
    assert stage.clock.instant == before
    assert attempt_of(stage, call).relay_id == stage.relay().id
    confirm(stage, call)
    stage.press(call, code_heard(call))  # what waited for the limit is told in the same call
    over(stage, call)
    assert {one.state for one in stage.all(Relay)} == {RelayState.ENDED}
    look_at_texts(stage)


def test_a_relay_that_becomes_category_1_stops_waiting(stage: Stage) -> None:
    """The waiting finding is amended to category 1: it rings at once."""
    told(stage)
    finding(stage)
    assert stage.relay().state is RelayState.BETWEEN
    stage.hospital.amend_finding("Acute epidural hematoma.", category=1)
    stage.settle()
    confirm(stage, stage.rings(KIM))
    look_at_texts(stage)


def test_a_rung_that_called_nobody_is_not_ended_by_the_limit(stage: Stage) -> None:
    """The limit ends after the rung's five minutes: the ladder waits for that one call, and the rung has its time then."""
    for _ in range(3):
        told(stage)
    finding(stage)
    relay = stage.relay()
    assert relay.wait is not None
    assert relay.step_started_at is not None
    assert relay.wait.until > relay.step_started_at + timedelta(minutes=5)
    call = until_rings(stage, KIM, 15)
    assert not dialed(stage, LEE_PHONE)
    assert stage.relay().step == 0
    confirm(stage, call)
    look_at_texts(stage)


def test_a_rung_that_has_tried_goes_on_where_no_time_would_be_left(stage: Stage) -> None:
    """Called and not reached, and the limit ends after the rung: nobody waits for nothing, the next rung begins."""
    for _ in range(2):
        told(stage)
        stage.advance(minutes=1)
    finding(stage)
    let_ring(stage, until_rings(stage, KIM))
    until_rings(stage, LEE_PHONE, 2)
    assert stage.relay().step == 1
    look_at_texts(stage)


def test_calls_at_all_of_a_contacts_numbers_count_together(stage: Stage) -> None:
    """A second number is no second allowance: the retry at the other number waits for the contact's minute."""
    stage.load(
        '"+13125550101", kind: mobile, consent: 2024-01-15, sms_consent: true, verified: 2024-01-15}',
        '"+13125550101", kind: mobile, consent: 2024-01-15, sms_consent: true, verified: 2024-01-15}\n'
        '      - {number: "+13125550171", kind: direct, consent: 2024-01-15, verified: 2024-01-15}',
    )
    stage.load("tries: 3, retry_after: 1m, within: 5m", "tries: 3, retry_after: 5s, within: 5m")
    finding(stage)
    first = until_rings(stage, KIM)
    began = stage.clock.instant
    first.busy()
    stage.advance(10)
    assert "was called once in a minute" in card_says(stage)
    confirm(stage, until_rings(stage, "+13125550171", 2))
    assert last_call(stage) - began == timedelta(minutes=1)
    look_at_texts(stage)


def test_a_contact_may_have_limits_of_their_own(stage: Stage) -> None:
    """The directory says: at most once in ten minutes, for her alone."""
    stage.load(KIM_OF_THE_DIRECTORY, f"{KIM_OF_THE_DIRECTORY}    call_limits: [{{calls: 1, within: 10m}}]\n")
    first = told(stage)
    finding(stage)
    assert "was called once in 10 minutes" in card_says(stage)
    confirm(stage, until_rings(stage, KIM, 11))
    assert last_call(stage) - first == timedelta(minutes=10)
    look_at_texts(stage)


def test_a_redirect_to_somebody_at_their_limit_says_that_it_waits(stage: Stage) -> None:
    """The administrator reads why nothing rings, and when it will."""
    stage.load("  mercy-ed-charge:\n", "  mercy-ed-charge:\n    call_limits: [{calls: 1, within: 3m}]\n")
    finding(stage)
    until_rings(stage, KIM)
    case = stage.case()
    stage.command(QUINN, f"redirect {case} mercy-ed-charge")
    until_rings(stage, CHARGE).busy()
    stage.settle()
    answer = stage.command(QUINN, f"redirect {case} mercy-ed-charge")
    assert "Redirected to ED charge nurse, Mercy. The call waits: ED charge nurse, Mercy was called once" in answer
    call = until_rings(stage, CHARGE, 4)
    assert {one.purpose for one in stage.attempts()} == {Purpose.CONTACT}
    confirm(stage, call)
    look_at_texts(stage)


@pytest.mark.usefixtures("fault")
def test_what_waits_for_a_limit_is_neither_lost_nor_called_twice(stage: Stage) -> None:
    """However the vendor's callbacks come, the waiting finding is called once and confirmed."""
    told(stage)
    finding(stage)
    confirm(stage, until_rings(stage, KIM, 5))
    assert len(dialed(stage, KIM)) == 2
    look_at_texts(stage)
