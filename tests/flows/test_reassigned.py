"""A PACS administrator gives a read to somebody else, who is judged as by a claim; both readers are told."""

from __future__ import annotations

import pytest

from handlers.domain.leases import Lease
from handlers.domain.studies import ReadState
from tests.flows.stage import HADDAD, LEE, QUINN, READS, SILVA, STONE, Stage


def reassign(stage: Stage, whom: str, user: str = QUINN) -> str:
    """Type the command for the newest case; return the answer."""
    return stage.command(user, f"reassign {stage.case()} {whom}")


def thread(stage: Stage) -> list[str]:
    """Return the raw text of what stands under the card."""
    return [one.text for one in stage.workspace.thread(READS, stage.card().ts)]


@pytest.mark.parametrize("whom", ["stone", "1000000020"], ids=["by id", "by NPI"])
def test_a_held_read_is_given_to_another_and_both_are_told(stage: Stage, whom: str) -> None:
    """Lee's claim ends and Stone's begins in one transaction, with a lease of its own."""
    stage.stroke_ct()
    stage.click(LEE, "claim")
    stage.advance(minutes=3)
    assert "Dr. Ruth Stone has it now instead of Dr. Maya Lee" in reassign(stage, whom)
    stage.advance(5)
    assert stage.read().claimed_by == "stone"
    assert [(one.holder, one.claimed_at) for one in stage.all(Lease)] == [("stone", stage.read().claimed_at)]
    assert f"<@{STONE}> Given to Dr. Ruth Stone by Pat Quinn." in thread(stage)
    left = f"<@{LEE}> Dr. Maya Lee does not have this any more: Pat Quinn gave it to Dr. Ruth Stone."
    assert left in thread(stage)
    assert stage.actions().count("read:reassign") == 1


def test_an_open_read_is_given_to_somebody(stage: Stage) -> None:
    """Nobody had it; there is one to tell."""
    stage.stroke_ct()
    assert "Dr. Maya Lee has it now, and is told." in reassign(stage, "lee")
    stage.advance(5)
    assert stage.read().claimed_by == "lee"
    assert len(thread(stage)) == 1


def test_whoever_may_not_read_it_does_not_get_it(stage: Stage) -> None:
    """Every failing rule is named, and nothing changes."""
    stage.load(
        "{state: NY, number: NY-200005, expires: 2039-12-31}", "{state: NY, number: NY-200005, expires: 2021-01-31}"
    )
    stage.stroke_ct(facility="lakeside", ordering_contact="lakeside-ed-physician", patient_state="NY")
    stage.click(LEE, "claim")
    said = reassign(stage, "stone")
    assert "Dr. Ruth Stone may not read this" in said
    assert "Their NY license expired on 2021-01-31" in said
    assert "They have no privilege" in said
    assert "you" not in said
    assert stage.read().claimed_by == "lee"
    assert stage.actions().count("read:refuse") == 1


@pytest.mark.parametrize("user", [LEE, HADDAD, SILVA], ids=["the holder", "a reader", "an auditor"])
def test_only_an_administrator_may(stage: Stage, user: str) -> None:
    """Readers release and claim."""
    stage.stroke_ct()
    stage.click(LEE, "claim")
    assert "Only a PACS administrator of Mercy" in reassign(stage, "stone", user)
    assert stage.read().claimed_by == "lee"


def test_what_cannot_be_given_is_said(stage: Stage) -> None:
    """Somebody unknown, its holder, and a read that is over."""
    stage.stroke_ct()
    stage.click(LEE, "claim")
    assert "no such radiologist" in reassign(stage, "nobody")
    assert "Dr. Maya Lee has this read already" in reassign(stage, "lee")
    assert stage.hospital.report_final()[0] == 202
    stage.settle()
    assert "This read is reported" in reassign(stage, "stone")
    assert stage.read().state is ReadState.REPORTED
