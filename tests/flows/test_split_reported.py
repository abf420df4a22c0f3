"""A trauma that was split: reported region by region or all at once, counted once, shown on the case page, canceled whole."""

from __future__ import annotations

import re
from datetime import timedelta

from handlers.domain.studies import ReadState, Report, StudyStatus
from handlers.domain.tasks import TaskKind
from tests.flows.covered import Begin
from tests.flows.splits import card, click, halves, reads, report, split, states, thread, trauma
from tests.flows.stage import LEE, QUINN, READS, STONE, Stage
from tests.flows.test_coverage_nighthawk import NIGHT, SECTIONS
from tests.flows.test_turnaround import tat
from tests.flows.visitor import Visitor


def test_a_report_that_names_a_region_ends_that_one(stage: Stage) -> None:
    """One each; the other readers' reads stay as they are."""
    halves(stage)
    report(stage, "lee", "head")
    assert states(stage) == {"head": ReadState.REPORTED, "chest": ReadState.CLAIMED, "pelvis": ReadState.OPEN}
    report(stage, "stone", "chest")
    assert states(stage) == {"head": ReadState.REPORTED, "chest": ReadState.REPORTED, "pelvis": ReadState.OPEN}
    assert "Final report signed by Dr. Ruth Stone, chest only." in thread(stage, "chest")
    assert [(one.region, one.flags) for one in stage.all(Report)] == [("head", ()), ("chest", ())]
    assert stage.open_tasks() == []


def test_a_report_that_names_none_ends_what_its_signer_holds(stage: Stage) -> None:
    """Dr. Lee's head is reported; nobody else's region is."""
    halves(stage)
    report(stage, "lee")
    assert states(stage) == {"head": ReadState.REPORTED, "chest": ReadState.CLAIMED, "pelvis": ReadState.OPEN}
    assert stage.open_tasks() == []


def test_a_report_on_the_whole_by_somebody_who_holds_nothing_ends_the_rest_and_is_odd(stage: Stage) -> None:
    """The desk is told why, and whoever held a region is told that it is over."""
    halves(stage)
    report(stage, "lee", "head")
    report(stage, "lee")
    assert set(states(stage).values()) == {ReadState.REPORTED}
    assert stage.all(Report)[-1].flags == ("other_reader", "never_claimed")
    assert [one.kind for one in stage.open_tasks()] == [TaskKind.ODD_REPORT]
    assert "Final report signed by Dr. Maya Lee. Odd: other reader, never claimed." in thread(stage, "chest")
    assert "Ended by a report on the whole study, signed by Dr. Maya Lee." in thread(stage, "pelvis")


def test_a_report_on_a_region_that_is_no_read_ends_nothing_and_is_odd(stage: Stage) -> None:
    """Part of a study that was not split does not make the rest of it read."""
    trauma(stage)
    stage.click(LEE, "claim")
    report(stage, "lee", "head")
    assert stage.read().state is ReadState.CLAIMED
    assert stage.all(Report)[-1].flags == ("other_region",)
    assert [one.kind for one in stage.open_tasks()] == [TaskKind.ODD_REPORT]
    assert "on a region that is no read" in stage.desk_card().words


def test_a_final_of_the_whole_supersedes_every_region_of_the_preliminary(covered: Begin) -> None:
    """The client's own radiologist was first; nobody reads for nothing."""
    stage = covered(SECTIONS, NIGHT)
    trauma(stage)
    split(stage, QUINN, "chest abdomen")
    assert sorted(reads(stage)) == ["", "abdomen", "chest"]
    click(stage, LEE, "claim", "chest")
    report(stage, "lee", "chest", kind="preliminary")
    report(stage, "1999999984")
    assert states(stage) == {
        "": ReadState.REPORTED, "chest": ReadState.REPORTED, "abdomen": ReadState.SUPERSEDED,
    }  # fmt: skip


def test_a_card_shows_what_is_odd_about_its_own_report_only(stage: Stage) -> None:
    """Dr. Lee signed the head as she should; what is odd about the report on the rest is not hers."""
    halves(stage)
    report(stage, "lee", "head")
    report(stage, "haddad")
    flags = stage.all(Report)[-1].flags
    assert "other_reader" in flags
    assert "⚠️" not in card(stage, "head").words
    assert "⚠️ other reader" in card(stage, "chest").words
    assert "⚠️ other reader" in card(stage, "pelvis").words
    assert [one.kind for one in stage.open_tasks()] == [TaskKind.ODD_REPORT]
    said = stage.desk_card().words
    assert "A final report, signed by Dr. Omar Haddad, is odd: signed by somebody else than its reader" in said


def test_whose_read_another_signed_is_told_so(stage: Stage) -> None:
    """The thread says who had it, and calls them."""
    trauma(stage)
    stage.click(LEE, "claim")
    stage.advance(2)
    report(stage, "stone")
    told = [one.text for one in stage.workspace.thread(READS, stage.card().ts)]
    assert f"<@{LEE}> Final report signed by Dr. Ruth Stone. Odd: other reader. Dr. Maya Lee had it." in told
    assert [one.kind for one in stage.open_tasks()] == [TaskKind.ODD_REPORT]


def test_turnaround_counts_the_study_once_by_its_last_region(stage: Stage) -> None:
    """Not before all of it is read: reported after 4 and after 9 minutes, it took 9."""
    trauma(stage)
    began = stage.clock.instant
    stage.click(LEE, "claim")
    split(stage, LEE, "head chest")
    click(stage, STONE, "claim", "chest")
    for region, signer, minutes in (("head", "lee", 4), ("chest", "stone", 9)):
        assert "no read ended" in tat(stage)
        signed = began + timedelta(minutes=minutes)
        stage.advance((signed - stage.clock.instant).total_seconds())
        report(stage, signer, region)
    assert "Trauma: 1 read, 1 of 1 in target (100 %). p50 9 min, p90 9 min, p95 9 min; target 20 min." in tat(stage)


def test_the_case_page_says_how_each_region_stands(stage: Stage) -> None:
    """Beside its reports, each with the region that it names."""
    halves(stage)
    report(stage, "lee", "head")
    lee = Visitor(stage, LEE)
    page = " ".join(re.sub("<[^>]+>", " ", lee.sign_in().text).split())
    lee.close()
    assert "Final, head only reported" in page
    assert "Final, chest only claimed" in page
    assert "Final, pelvis only open" in page
    assert "Final report, head only Dr. Maya Lee" in page


def test_a_cancellation_ends_every_region(stage: Stage) -> None:
    """And who held one does not hold it any more."""
    halves(stage)
    assert stage.hospital.cancel_study()[0] == 202
    stage.settle()
    stage.advance(6)
    assert stage.study().status is StudyStatus.CANCELED
    assert set(states(stage).values()) == {ReadState.CANCELED}
