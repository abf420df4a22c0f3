"""A site leaves: its closed cases are refused kindly, what comes late for it is told, and nothing of it is a crash."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner

from bot.cli import app
from handlers.domain.access import DirectoryVersion
from handlers.domain.relays import Ending
from handlers.domain.tasks import TaskKind
from sandbox.workspace import Message
from store import upkeep
from tests.flows import directories
from tests.flows.acts import hear_out, log_by_hand, look_at_everything
from tests.flows.stage import DESK, LEE, OURS, QUINN, READS, Stage
from tests.flows.visitor import Visitor

OKAFOR = "+12125550111"
GONE = "not in the directory any more"


@pytest.fixture
def card(stage: Stage) -> Message:
    """End a case of Lakeside down to its report, and return its card."""
    stage.stroke_ct(facility="lakeside", ordering_contact="lakeside-ed-physician", patient_state="NY")
    stage.click(LEE, "claim")
    stage.finding()
    stage.rings(OKAFOR)
    hear_out(stage, OKAFOR)
    log_by_hand(stage, receiver="lakeside-ed-physician")
    assert stage.relay().ending is Ending.READ_BACK_TO_HUMAN
    assert stage.hospital.report_final()[0] == 202
    stage.advance(10)
    assert not stage.open_tasks()
    return stage.card()


@pytest.fixture
def lee(stage: Stage) -> Iterator[Visitor]:
    """Open a browser."""
    visitor = Visitor(stage, LEE)
    yield visitor
    visitor.close()


def drop_lakeside(stage: Stage) -> None:
    """Load the directory without the site."""
    left = directories.without_facility(directories.read(stage.directory_file.read_text()), "lakeside")
    stage.directory_file.write_text(directories.written(left))
    stage.service.prepare()


def test_its_case_is_refused_kindly_in_slack(stage: Stage, card: Message) -> None:
    """The card's button and the command say that the site has left; an administrator of all sites hears the same."""
    drop_lakeside(stage)
    for user in (LEE, QUINN):
        assert GONE in stage.click(user, "open_case", READS, card)
        for verb in ("open", "start", "log"):
            assert GONE in stage.command(user, f"{verb} {stage.case()}")
    assert GONE in stage.command(QUINN, f"redirect {stage.case()} mercy-ed-charge")
    assert "Nothing of case" in stage.command(QUINN, f"take {stage.case()}")
    assert "link:make" not in stage.actions()


def test_its_open_page_is_refused_kindly(stage: Stage, card: Message, lee: Visitor) -> None:
    """A visit from before shows nothing any more, and neither does a link that was not used yet; neither is a 500."""
    assert card.words
    assert lee.sign_in().status_code == 200
    link = lee.link()
    drop_lakeside(stage)
    page, form, unused = lee.page(), lee.http.post(f"{lee.address}/close", data={"a": "b"}), lee.http.post(link)
    assert (page.status_code, form.status_code, unused.status_code) == (401, 401, 410)
    assert "Your visit has ended" in page.text
    assert GONE in unused.text
    assert stage.study().patient_name.split("^")[0] not in page.text


def test_a_late_event_for_it_is_told_and_kept(stage: Stage, card: Message) -> None:
    """Accepted before the site left, handled after: set aside with the reason, the desk is told, the next goes on."""
    assert card.words
    assert stage.hospital.report_final(signed_by="stone")[0] == 202
    assert stage.hospital.update_study(description="CT head, second look")[0] == 202
    drop_lakeside(stage)
    stage.advance(30)
    assert {task.kind for task in stage.open_tasks()} == {TaskKind.EVENT_SET_ASIDE}
    aside = upkeep.set_aside(stage.service.store.database)
    assert [one.reason for one in aside] == ["The facility lakeside is not in the directory any more."] * 2
    assert "a site that has left" in stage.workspace.expect_message(DESK, "was set aside").words
    stage.stroke_ct()
    assert stage.study().facility == "mercy"


def test_what_was_set_aside_for_it_keeps_no_directory_from_being_loaded(stage: Stage, card: Message) -> None:
    """The site may stay away: the next version is loaded, with the task still open."""
    assert card.words
    assert stage.hospital.report_final(signed_by="stone")[0] == 202
    drop_lakeside(stage)
    stage.advance(30)
    assert len(stage.open_tasks()) == 1
    stage.load("alias: Mercy", "alias: Mercy West")
    assert [one.number for one in stage.all(DirectoryVersion)] == [1, 2, 3]


def test_a_new_event_for_it_is_refused_at_the_door(stage: Stage, card: Message) -> None:
    """It names a facility that is not in the directory: 422."""
    assert card.words
    drop_lakeside(stage)
    assert stage.hospital.report_final()[0] == 422


def test_a_card_that_was_to_be_drawn_again_is_left_as_it_is(stage: Stage, card: Message) -> None:
    """Slack was down when the read ended; back again, the lane goes on with the others' cards."""
    assert card.words
    stage.workspace.faults.outage(True)
    assert stage.hospital.update_study(description="CT head, second look")[0] == 202
    stage.settle()
    drop_lakeside(stage)
    stage.workspace.faults.outage(False)
    stage.stroke_ct()
    stage.advance(minutes=2)
    assert "Mercy" in stage.card().words


def test_whoever_calls_back_with_its_code_is_told_as_much_as_may_be(stage: Stage, card: Message) -> None:
    """The code of a relay that has ended is no crash on the telephone either."""
    assert card.words
    code = stage.relay().callback_code
    drop_lakeside(stage)
    call = stage.exchange.call_in("+12125550199", OURS)
    stage.settle()
    stage.press(call, code)
    assert not stage.exchange.application_errors
    call.hang_up()
    stage.settle()
    look_at_everything(stage)


def test_its_statement_is_refused_with_a_sentence(stage: Stage, card: Message) -> None:
    """``radrelay report statement``: what is missing, and no traceback."""
    assert card.words
    drop_lakeside(stage)
    done = CliRunner().invoke(app, ["report", "statement", stage.case()], env={**os.environ, **stage.environment})
    assert GONE in str(done.exception)
