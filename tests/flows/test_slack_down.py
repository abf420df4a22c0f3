"""Slack is a view: while it is down the calls go on, and afterwards every card and note arrives, each once."""

from __future__ import annotations

from collections import Counter

import pytest

from handlers.domain.relays import Ending, RelayState
from handlers.domain.tasks import TaskKind
from sandbox.workspace import Message
from tests.flows.acts import confirm, desk_takes, exhaust, hear_out, log_by_hand, look_at_everything
from tests.flows.ringing import until_rings
from tests.flows.stage import DESK, DESK_PHONE, DESK_PHONE_2, KIM, LEE, READS, Stage

OUTAGE_MINUTES = 10


def thread(stage: Stage) -> list[str]:
    """Return what stands under the newest read's card."""
    return [one.words for one in stage.workspace.thread(READS, stage.card().ts)]


def nothing_twice(messages: list[Message]) -> None:
    """No two messages show the same card."""
    ids = Counter(str(block["block_id"]) for one in messages for block in one.blocks if block.get("block_id"))
    assert not {block: count for block, count in ids.items() if count > 1}


@pytest.mark.usefixtures("fault")
def test_ten_minutes_without_slack_while_a_relay_runs(stage: Stage) -> None:
    """Engaged, called again, confirmed: Slack hears of all of it later, in order and once."""
    stage.stroke_ct()
    stage.advance(3)
    stage.workspace.faults.outage(on=True)
    stage.finding()
    first = stage.rings(KIM)
    hear_out(stage)
    first.busy()
    confirm(stage, until_rings(stage, KIM, 4))
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE
    stage.advance(minutes=OUTAGE_MINUTES)
    assert "relay" not in stage.card().words.lower()
    stage.workspace.faults.outage(on=False)
    stage.advance(minutes=2)
    assert len(stage.workspace.messages(READS)) == 1
    assert "confirmed by code" in stage.card().words
    notes = thread(stage)
    assert len(notes) == len(set(notes))
    wanted = ["Critical relay started", "try 1", "busy", "try 2", "Relay ended"]
    found = [next(index for index, note in enumerate(notes) if words in note) for words in wanted]
    assert found == sorted(found)


def test_the_study_arrives_while_slack_is_down(stage: Stage) -> None:
    """Its card is posted afterwards, once, and as things stand then."""
    stage.workspace.faults.outage(on=True)
    stage.stroke_ct()
    stage.finding()
    hear_out(stage)
    confirm(stage, stage.rings(KIM))
    stage.advance(minutes=OUTAGE_MINUTES)
    assert not stage.workspace.messages(READS)
    stage.workspace.faults.outage(on=False)
    stage.advance(minutes=2)
    assert len(stage.workspace.messages(READS)) == 1
    assert "confirmed by code" in stage.card().words
    assert any("Relay ended" in note for note in thread(stage))


def test_the_desk_is_rung_by_telephone_while_its_channel_is_down(stage: Stage) -> None:
    """That is why a desk has a phone: it is taken and ended without Slack."""
    stage.stroke_ct()
    stage.workspace.faults.outage(on=True)
    stage.finding()
    exhaust(stage)
    look_at_everything(stage, {DESK_PHONE: 1}, {KIM: 1})
    desk_takes(stage)
    log_by_hand(stage)
    assert stage.relay().state is RelayState.ENDED
    assert not stage.workspace.messages(DESK)
    stage.workspace.faults.outage(on=False)
    stage.advance(minutes=3)
    assert len([one for one in stage.workspace.messages(DESK) if not one.thread_ts]) == 1
    card = stage.workspace.expect_message(DESK, "Nobody on the ladder")
    assert "Done by Pat Quinn: relay ended: read back to human" in card.words
    assert any("Pat Quinn took this" in one.words for one in stage.workspace.thread(DESK, card.ts))
    nothing_twice(stage.workspace.messages(DESK))
    look_at_everything(stage)


def test_slack_asks_for_patience(stage: Stage) -> None:
    """429: the whole channel waits as long as asked, then each thing arrives once."""
    stage.workspace.faults.rate_limit(3, retry_after=20)
    stage.stroke_ct()
    assert not stage.workspace.messages(READS)
    stage.advance(19)
    assert not stage.workspace.messages(READS)
    stage.advance(60)
    assert len(stage.workspace.messages(READS)) == 1
    stage.click(LEE, "claim")
    assert stage.read().claimed_by == "lee"


def test_a_click_while_slack_is_down_for_posts_is_still_decided(stage: Stage) -> None:
    """The claim is the database's; its card follows when Slack can take it."""
    stage.stroke_ct()
    stage.advance(3)
    stage.workspace.faults.rate_limit(5, retry_after=10)
    stage.click(LEE, "claim")
    assert stage.read().claimed_by == "lee"
    stage.advance(90)
    assert "Dr. Maya Lee" in stage.card().words


def test_a_post_whose_answer_was_lost_is_one_card(stage: Stage) -> None:
    """It may have been posted: it is looked for first, found, and updated from then on."""
    stage.workspace.faults.lost_answer(1)
    stage.stroke_ct()
    stage.advance(30)
    assert len(stage.workspace.messages(READS)) == 1
    stage.click(LEE, "claim")
    stage.advance(10)
    assert len(stage.workspace.messages(READS)) == 1
    assert "Dr. Maya Lee" in stage.card().words


def test_a_note_whose_answer_was_lost_is_not_said_twice(stage: Stage) -> None:
    """A thread's line that may stand there is not added again: the card shows the state."""
    stage.stroke_ct()
    stage.advance(5)
    stage.click(LEE, "claim")
    stage.workspace.faults.lost_answer(1)
    stage.advance(30)
    notes = thread(stage)
    assert len(notes) == len(set(notes))
    assert len(stage.workspace.messages(READS)) == 1


def test_answers_lost_one_after_another(stage: Stage) -> None:
    """Card, desk card and notes in one bad minute: whatever was lost, each stands there once."""
    stage.workspace.faults.lost_answer(6)
    assert stage.hospital.report_critical_finding("SBX9", "Free air.")[0] == 202
    stage.stroke_ct()
    stage.advance(minutes=4)
    nothing_twice(stage.workspace.messages(DESK))
    assert len([one for one in stage.workspace.messages(DESK) if not one.thread_ts]) == 1
    assert len(stage.workspace.messages(READS)) == 1
    assert [task.kind for task in stage.open_tasks()] == [TaskKind.FINDING_WITHOUT_STUDY]
    look_at_everything(stage, {DESK_PHONE: 1, DESK_PHONE_2: 1})
