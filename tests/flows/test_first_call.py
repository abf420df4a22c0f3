"""What the page says before it dials is what then happens: who is called first, who after them, whom nobody calls."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

import pytest

from handlers.domain.relays import RelayState
from handlers.domain.tasks import TaskKind
from tests.flows.acts import confirm, dialed, exhaust, hear_out, look_at_everything
from tests.flows.stage import CHARGE, DESK_PHONE, DESK_PHONE_2, KIM, LEE, Stage
from tests.flows.test_named_receiver import CHARGE_RUNG, CRUZ, CRUZ_ID, ORDERING
from tests.flows.visitor import Visitor

FINDING = "Basilar artery thrombosis."
AFTER_KIM = (
    "ED charge nurse, Mercy – unit, Nursing supervisor, Mercy – nurse, The radiologist whose finding it is, Night desk"
)


@pytest.fixture
def lee(stage: Stage) -> Iterator[Visitor]:
    """Open the radiologist's browser."""
    visitor = Visitor(stage, LEE)
    yield visitor
    visitor.close()


def told(page: str) -> dict[str, str]:
    """Return the facts of the confirmation page, as they are read."""
    facts = re.findall(r"<dt>([^<]*)</dt><dd>(.*?)</dd>", page, re.DOTALL)
    return {name: html.unescape(" ".join(re.sub("<[^>]*>", "", words).split())) for name, words in facts}


def review(lee: Visitor, contact: str = "", category: str = "1") -> str:
    """Sign in, fill in the form and return the page that is shown before anything is dialed."""
    lee.sign_in()
    answer = lee.send("start", category=category, text=FINDING, contact=contact)
    assert answer.status_code == 200
    return answer.text


def test_the_ladder_s_own_order(stage: Stage, lee: Visitor) -> None:
    """The ordering clinician by name, then every rung, then the desk."""
    stage.stroke_ct()
    page = review(lee)
    assert told(page)["First call"] == "Dr. Grace Kim – physician"
    assert told(page)["Then"].casefold() == AFTER_KIM.casefold()
    assert "To know" not in told(page)
    lee.confirm_start(page)
    hear_out(stage)
    confirm(stage, stage.rings(KIM))


def test_a_chosen_receiver_is_called_first_where_the_ladder_begins_so(stage: Stage, lee: Visitor) -> None:
    """Somebody else than the study's orderer is chosen: said, and so done."""
    stage.stroke_ct()
    page = review(lee, CRUZ_ID)
    assert told(page)["First call"] == "Dr. Elena Cruz – physician"
    lee.confirm_start(page)
    confirm(stage, stage.rings(CRUZ))


def test_a_ladder_that_begins_with_somebody_else_says_so(stage: Stage, lee: Visitor) -> None:
    """The site calls its charge nurse first: the chosen receiver comes second, and the page does not claim otherwise."""
    stage.load(ORDERING + CHARGE_RUNG, CHARGE_RUNG + ORDERING)
    stage.stroke_ct()
    page = review(lee, CRUZ_ID)
    assert told(page)["First call"].startswith("ED charge nurse, Mercy")
    assert told(page)["Then"].startswith("Dr. Elena Cruz")
    lee.confirm_start(page)
    stage.rings(CHARGE)
    assert not dialed(stage, CRUZ)


def test_a_ladder_that_calls_no_chosen_receiver_says_so(stage: Stage, lee: Visitor) -> None:
    """No rung is theirs: the desk is asked, which the page tells beforehand."""
    stage.load(ORDERING + CHARGE_RUNG, CHARGE_RUNG)
    stage.stroke_ct()
    page = review(lee, CRUZ_ID)
    assert "Dr. Elena Cruz" not in told(page)["First call"] + told(page)["Then"]
    assert "No rung of this site's ladder calls Dr. Elena Cruz" in told(page)["To know"]
    lee.confirm_start(page)
    assert [task.kind for task in stage.open_tasks()] == [TaskKind.OTHER_RECEIVER]
    stage.advance(1)
    look_at_everything(stage, {CHARGE: 1, DESK_PHONE: 1, DESK_PHONE_2: 1})


@pytest.mark.parametrize(("contact", "who"), [("mercy-hospitalist", "Dr. Ivan Petrov"), ("", "The ordering clinician")])
def test_whom_no_robot_may_dial_is_not_the_first_call(stage: Stage, lee: Visitor, contact: str, who: str) -> None:
    """Without consent, or not stated at all: the next rung is the first call, and the desk is asked."""
    stage.stroke_ct(ordering_contact=None)
    page = review(lee, contact)
    assert told(page)["First call"].startswith("ED charge nurse, Mercy")
    assert f"{who} cannot be called by machine" in told(page)["To know"]
    lee.confirm_start(page)
    stage.rings(CHARGE)
    assert [task.kind for task in stage.open_tasks()] == [TaskKind.FIND_CONTACT]


def test_a_finding_that_joins_an_open_relay_says_so(stage: Stage, lee: Visitor) -> None:
    """Nobody is called anew, and a receiver who is not the relay's is the desk's to tell."""
    call = stage.critical_stroke()
    hear_out(stage)
    page = review(lee, CRUZ_ID)
    assert "First call" not in told(page)
    assert "joins the relay that is open" in told(page)["To know"]
    assert "not Dr. Elena Cruz's" in told(page)["To know"]
    lee.confirm_start(page)
    assert [task.kind for task in stage.open_tasks()] == [TaskKind.OTHER_RECEIVER]
    confirm(stage, call)
    stage.advance(1)
    look_at_everything(stage, {DESK_PHONE: 1, DESK_PHONE_2: 1})


def test_a_more_urgent_finding_begins_the_ladder_anew_and_says_so(stage: Stage, lee: Visitor) -> None:
    """The open relay's receiver stays; the more urgent ladder is the one that is shown."""
    stage.stroke_ct()
    stage.finding(category=3)
    page = review(lee)
    assert told(page)["First call"] == "Dr. Grace Kim – physician"
    assert "begins anew" in told(page)["To know"]
    look_at_everything(stage, {KIM: 1})


def test_at_the_desk_no_call_is_promised(stage: Stage, lee: Visitor) -> None:
    """A further finding rings the desk, and the ladder calls nobody any more."""
    stage.stroke_ct()
    stage.finding()
    exhaust(stage)
    assert stage.relay().state is RelayState.AT_DESK
    assert [task.kind for task in stage.open_tasks()] == [TaskKind.LADDER_EXHAUSTED]
    assert "The desk is rung" in told(review(lee))["To know"]
    look_at_everything(stage, {DESK_PHONE: 1}, {KIM: 1})
