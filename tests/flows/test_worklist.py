"""The worklist tells true numbers and never hides what one holds, however much is waiting."""

from __future__ import annotations

import pytest

from sandbox.hospital import ROUTINE_XR, STROKE
from tests.flows.stage import LEE, READS, STONE, Stage

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
