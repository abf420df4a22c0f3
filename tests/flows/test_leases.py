"""A claim has a lease: its holder is asked first, keeps the read by any sign of theirs, and only then may others take over."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from handlers import passing
from handlers.domain.errors import Rejection
from handlers.domain.leases import Lease, LeaseState
from handlers.domain.studies import Read, ReadState
from sandbox.workspace.model import elements
from tests.flows.stage import HADDAD, LEE, QUINN, READS, STONE, Stage
from tests.flows.visitor import Visitor

STROKE_MINUTES = 10  #: the usual lease of the class
GRACE_MINUTES = 2.5


def lease(stage: Stage) -> Lease:
    """Return the newest read's lease."""
    return stage.all(Lease)[-1]


def buttons(stage: Stage) -> set[str]:
    """Return what the newest card offers."""
    return {one["action_id"] for _, one in elements(stage.card().blocks)}


def thread(stage: Stage) -> list[str]:
    """Return the raw text of what stands under the card."""
    return [one.text for one in stage.workspace.thread(READS, stage.card().ts)]


@pytest.fixture
def held(stage: Stage) -> Stage:
    """Let Lee hold a stroke."""
    stage.stroke_ct()
    stage.advance(2)
    stage.click(LEE, "claim")
    stage.advance(2)
    return stage


@pytest.fixture
def asked(held: Stage) -> Stage:
    """Let Lee be silent until she is asked."""
    held.advance(minutes=STROKE_MINUTES)
    return held


@pytest.fixture
def offered(asked: Stage) -> Stage:
    """Let Lee be silent until others may take over."""
    asked.advance(minutes=GRACE_MINUTES)
    return asked


def test_the_holder_is_told_first_and_keeps_the_read(asked: Stage) -> None:
    """Under the card, by mention, with what to do; nobody is offered anything yet, and nothing is released."""
    assert lease(asked).state is LeaseState.TOLD
    assert any(f"<@{LEE}>" in text and "Still reading" in text for text in thread(asked))
    assert asked.read().claimed_by == "lee"
    assert "still_reading" in buttons(asked)
    assert "take_over" not in buttons(asked)
    assert "lease:offer" not in asked.actions()


def test_still_reading_starts_the_lease_anew(asked: Stage) -> None:
    """The question goes from the card, and comes again only after another whole lease."""
    said = asked.click(LEE, "still_reading")
    assert "stays yours" in said
    asked.advance(2)
    assert lease(asked).state is LeaseState.RUNNING
    assert not {"still_reading", "take_over"} & buttons(asked)
    asked.advance(minutes=STROKE_MINUTES - 1)
    assert asked.actions().count("lease:lapse") == 1
    asked.advance(minutes=1)
    assert asked.actions().count("lease:lapse") == 2


def test_only_the_holder_can_say_so(asked: Stage) -> None:
    """Another reader's click keeps nothing."""
    assert "Only its holder" in asked.click(STONE, "still_reading")
    assert lease(asked).state is LeaseState.TOLD


def test_silence_offers_the_read_and_releases_nothing(offered: Stage) -> None:
    """However long nobody does anything, Lee has it."""
    assert lease(offered).state is LeaseState.OFFERED
    assert {"still_reading", "take_over"} <= buttons(offered)
    offered.advance(minutes=600)
    assert offered.read().state is ReadState.CLAIMED
    assert offered.read().claimed_by == "lee"
    assert offered.actions().count("lease:offer") == 1


def test_a_take_over_ends_the_other_s_claim_and_tells_both(offered: Stage) -> None:
    """One transaction: the read is Stone's with a fresh lease, Lee is named under the card."""
    assert "taken over from Dr. Maya Lee" in offered.click(STONE, "take_over")
    offered.advance(5)
    assert offered.read().claimed_by == "stone"
    assert lease(offered).holder == "stone"
    assert lease(offered).state is LeaseState.RUNNING
    assert f"<@{LEE}> Dr. Ruth Stone took this over from Dr. Maya Lee." in thread(offered)
    assert "Claimed by Dr. Ruth Stone" in offered.card().words
    assert offered.actions().count("read:take_over") == 1


def test_a_take_over_is_judged_as_a_claim(offered: Stage) -> None:
    """Haddad's license has expired: he is told so, and Lee keeps the read; a repeat of the click is refused alike."""
    assert "IL license expired on 2024-06-30" in offered.click(HADDAD, "take_over")
    assert offered.read().claimed_by == "lee"
    assert offered.actions().count("read:refuse") == 1
    assert "Only a radiologist can do this" in offered.click(QUINN, "take_over")


def test_a_card_that_was_not_drawn_anew_takes_nothing_away(offered: Stage) -> None:
    """Lee answers; a click on the old button is refused and says why."""
    for user, action in ((LEE, "still_reading"), (STONE, "take_over")):
        offered.workspace.click(user, READS, offered.card().ts, action)
    offered.settle()
    assert "It stays yours" in offered.told_since(LEE)[-1].words
    assert "Dr. Maya Lee has this read" in offered.told_since(STONE)[-1].words
    assert offered.read().claimed_by == "lee"


def test_of_two_take_overs_one_wins(offered: Stage) -> None:
    """The second finds a fresh lease."""
    offered.load(
        "{state: IL, number: IL-036-100002, expires: 2024-06-30}", "{state: IL, number: X, expires: 2039-12-31}"
    )
    card = offered.card()
    for user in (STONE, HADDAD):
        offered.workspace.click(user, READS, card.ts, "take_over")
    offered.settle()
    said = " ".join(one.words for user in (STONE, HADDAD) for one in offered.told_since(user))
    assert offered.actions().count("read:take_over") == 1
    assert "It is yours" in said
    assert "Dr. Ruth Stone has this read." in said
    assert offered.read().claimed_by == "stone"


def test_two_take_overs_at_the_same_instant_have_one_winner(offered: Stage) -> None:
    """In two threads, on a real database: one read, one holder, one refusal."""
    offered.load(
        "{state: IL, number: IL-036-100002, expires: 2024-06-30}", "{state: IL, number: X, expires: 2039-12-31}"
    )
    house, read, start = offered.service.house, offered.read().id, threading.Barrier(2)

    def take_over(user: str) -> str:
        start.wait()
        try:
            return passing.take_over(house, read, user, f"test:{user}")
        except Rejection as refused:
            return refused.code

    with ThreadPoolExecutor(2) as both:
        answers = sorted(both.map(take_over, (STONE, HADDAD)))
    assert "It is yours" in answers[0]
    assert answers[1] == "not_offered"
    assert offered.read().claimed_by in {"stone", "haddad"}
    assert offered.actions().count("read:take_over") == 1


@pytest.mark.parametrize("sign", ["open_case", "critical_finding"])
def test_any_click_of_the_holder_on_the_card_is_a_sign(held: Stage, sign: str) -> None:
    """Nine minutes later it counts from there."""
    held.advance(minutes=STROKE_MINUTES - 1)
    held.click(LEE, sign)
    held.advance(minutes=STROKE_MINUTES - 1)
    assert lease(held).state is LeaseState.RUNNING
    assert held.actions().count("lease:extend") == 1


def test_a_look_at_the_case_page_is_a_sign(held: Stage) -> None:
    """The page is where much of a reader's time goes."""
    visitor = Visitor(held, LEE)
    visitor.sign_in()
    held.advance(minutes=STROKE_MINUTES - 1)
    assert visitor.page().status_code == 200
    visitor.close()
    held.advance(minutes=STROKE_MINUTES - 1)
    assert lease(held).state is LeaseState.RUNNING


def test_somebody_else_s_look_is_no_sign(held: Stage) -> None:
    """Stone opens the case: Lee is asked all the same."""
    held.advance(minutes=STROKE_MINUTES - 1)
    held.click(STONE, "open_case")
    held.advance(minutes=1)
    assert lease(held).state is LeaseState.TOLD


@pytest.mark.parametrize("over", ["release", "report"])
def test_what_is_over_asks_nobody(held: Stage, over: str) -> None:
    """A read that was given back or reported has no holder to ask."""
    if over == "release":
        held.click(LEE, "release")
        assert held.hospital.update_study(priority="routine")[0] == 202
    else:
        assert held.hospital.report_final()[0] == 202
    held.advance(minutes=STROKE_MINUTES + 1)
    assert "lease:lapse" not in held.actions()


def test_a_new_claim_has_its_own_lease(held: Stage) -> None:
    """Lee gives it back in the ninth minute; Stone is not asked in the tenth."""
    held.advance(minutes=STROKE_MINUTES - 1)
    held.click(LEE, "release")
    held.advance(2)
    held.click(STONE, "claim")
    held.advance(minutes=STROKE_MINUTES - 1)
    assert "lease:lapse" not in held.actions()


def test_a_pool_s_own_lease_is_the_one_that_counts(stage: Stage) -> None:
    """``lease: 30m`` in the directory."""
    stage.load("night: {channel: C000000001,", "night: {channel: C000000001, lease: 30m,")
    stage.stroke_ct()
    stage.click(LEE, "claim")
    assert lease(stage).span == timedelta(minutes=30)
    stage.advance(minutes=29)
    assert "lease:lapse" not in stage.actions()
    stage.advance(minutes=1)
    assert "lease:lapse" in stage.actions()


def test_while_slack_is_down_the_holder_is_still_told_before_the_offer(held: Stage) -> None:
    """Both wait for Slack; the question leaves before the card that offers."""
    held.workspace.faults.outage(on=True)
    held.advance(minutes=STROKE_MINUTES + GRACE_MINUTES + 1)
    assert lease(held).state is LeaseState.OFFERED
    held.workspace.faults.outage(on=False)
    held.advance(minutes=2)
    assert [one for one in thread(held) if "do you still read this" in one]
    assert "take_over" in buttons(held)


def test_after_a_restart_the_holder_is_asked_once(held: Stage) -> None:
    """The deadline is a row."""
    held.restart()
    held.advance(minutes=STROKE_MINUTES)
    held.restart()
    held.advance(1)
    assert held.actions().count("lease:lapse") == 1
    assert len(held.all(Read)) == 1


def test_asked_and_then_paused_the_lease_begins_anew_once(asked: Stage) -> None:
    """A problem stops the clock between question and offer: nobody is offered anything, and the record says it once."""
    asked.command(QUINN, f"problem {asked.case()} missing_prior")
    asked.advance(minutes=GRACE_MINUTES + 1)
    assert lease(asked).state is LeaseState.RUNNING
    assert asked.actions().count("lease:extend") == 1
    assert {"still_reading", "take_over"} & buttons(asked) == set()
    asked.desk_card()
