"""The worklist tells true numbers and never hides what one holds, however much is waiting."""

from __future__ import annotations

import pytest

from sandbox.hospital import ROUTINE_XR, STROKE
from tests.flows.stage import HADDAD, LEE, QUINN, READS, SILVA, STONE, Stage

MANY = 45  #: more than anything of Slack's shows


@pytest.fixture
def busy(stage: Stage) -> Stage:
    """Let a routine read be held by Lee, one by Stone, and far more urgent ones wait."""
    for user in (LEE, STONE):
        assert stage.hospital.send_study(ROUTINE_XR)[0] == 202
        stage.advance(2)
        stage.click(user, "claim", READS)
    for _ in range(MANY):
        assert stage.hospital.send_study(STROKE)[0] == 202
    stage.settle()
    return stage


def test_a_held_routine_read_stays_on_its_holders_home(busy: Stage) -> None:
    """Forty-five strokes wait: *Mine* still shows the chest X-ray, and the rest is counted."""
    busy.workspace.open_home(LEE)
    busy.settle()
    home = busy.workspace.home(LEE)
    assert home is not None
    mine = home.words.split("You may read\n")[0]
    assert "You hold no read" not in mine
    assert "ROUTINE" in mine
    assert "STROKE" not in mine
    assert home.words.count("STROKE") == 29
    assert "And 16 more" in home.words


def test_the_command_says_how_many_there_are(busy: Stage) -> None:
    """``/worklist`` begins with one's own, and its number is of all reads, not of those that are shown."""
    said = busy.command(LEE, "", "/worklist")
    assert "47 reads in your pools" in said
    assert "And 37 more" in said
    assert said.index("ROUTINE") < said.index("STROKE")
    assert "Claimed by Dr. Maya Lee" in said
    assert "Claimed by Dr. Ruth Stone" not in said


@pytest.mark.parametrize("user", [QUINN, SILVA], ids=["an administrator", "an auditor"])
def test_whoever_only_looks_is_told_what_waits_and_offered_no_claim(stage: Stage, user: str) -> None:
    """No button of theirs answers that only a radiologist can do this."""
    stage.stroke_ct()
    stage.workspace.open_home(user)
    stage.settle()
    home = stage.workspace.home(user)
    assert home is not None
    said = stage.command(user, "", "/worklist")
    assert "1 read at your sites" in said
    assert "Waiting" in home.words
    for words in (home.words, said):
        assert "STROKE" in words
        assert "Open case" in words
        assert not {"You may read", "Next read", "Claim", "Take over"} & set(words.splitlines())


def test_the_command_tells_what_one_may_not_claim_apart(stage: Stage) -> None:
    """Haddad's license has expired: the stroke is no "more", it is not for him, and that is said with the reason."""
    stage.stroke_ct()
    said = stage.command(HADDAD, "", "/worklist")
    assert "1 read in your pools" in said
    assert "more" not in said
    assert "1 read: Your IL license expired" in said
