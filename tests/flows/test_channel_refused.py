"""A channel that Slack refuses: the desk is told and rung, nothing is lost, and it is shown where it belongs once that is mended."""

from __future__ import annotations

from handlers.domain.tasks import TaskKind
from tests.flows.acts import look_at_everything
from tests.flows.stage import DESK, DESK_PHONE, DESK_PHONE_2, LEE, READS, Stage

NIGHT, WRONG = "night: {channel: C000000001", "night: {channel: C0MISTYPED1"


def refusals(stage: Stage) -> list[bool]:
    """Return, for each open task about a channel, whether it rings."""
    return [one.rings for one in stage.open_tasks() if one.kind is TaskKind.CHANNEL_REFUSED]


def test_a_stroke_in_a_mistyped_channel_rings_the_desk_and_moves_when_it_is_corrected(stage: Stage) -> None:
    """Told once however often it is refused; the card comes to the corrected channel within a minute, and the task ends."""
    stage.load(NIGHT, WRONG)
    stage.stroke_ct()
    stage.advance(5)
    assert stage.workspace.messages(READS) == []
    assert refusals(stage) == [True]
    words = stage.desk_card().words
    assert "Slack refuses what is to be shown in the channel of the pool night (channel_not_found)" in words
    stage.advance(90)
    assert refusals(stage) == [True]
    stage.load(WRONG, NIGHT)
    stage.advance(70)
    assert len(stage.workspace.messages(READS)) == 1
    assert refusals(stage) == []
    assert stage.tasks()[-1].outcome == "it_works"
    stage.click(LEE, "claim")
    look_at_everything(stage, {DESK_PHONE: 1, DESK_PHONE_2: 1})


def test_what_is_no_stroke_is_told_without_a_ring(stage: Stage) -> None:
    """A routine film may wait until somebody reads the desk's channel."""
    stage.load(NIGHT, WRONG)
    stage.stroke_ct(priority="routine")
    stage.advance(5)
    assert refusals(stage) == [False]
    assert "told in Slack only" in stage.workspace.expect_message(DESK, "channel refused").words


def test_a_pool_that_moves_to_another_channel_takes_its_new_cards_along(stage: Stage) -> None:
    """The card that was asked for before the directory changed comes to the new channel, once."""
    stage.workspace.faults.outage(on=True)
    stage.stroke_ct(priority="routine")
    stage.advance(5)
    stage.load(NIGHT, "night: {channel: C000000002")
    stage.workspace.faults.outage(on=False)
    stage.advance(minutes=3)
    assert stage.workspace.messages(READS) == []
    assert len([one for one in stage.workspace.messages(DESK) if "routine" in one.words.lower()]) == 1
    assert refusals(stage) == []
