"""A trauma split by region: a read for each, claimed by whoever may, under one clock; who may split, and what cannot be."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from handlers import claims, splitting
from handlers.domain.errors import Rejection
from handlers.domain.studies import Read, ReadState
from handlers.domain.tasks import TaskKind
from tests.flows.acts import confirm, hear_out, look_at_everything
from tests.flows.splits import card, click, halves, reads, report, split, states, thread, trauma
from tests.flows.stage import DESK, DESK_PHONE, DESK_PHONE_2, HADDAD, KIM, LEE, QUINN, SILVA, STONE, STRANGER, Stage
from tests.flows.test_problems import by_button, end


def test_an_administrator_splits_an_open_trauma_and_two_readers_claim_at_once(stage: Stage) -> None:
    """Three reads from one, all with its clock; the first is its row and its card, and each is claimed by itself."""
    trauma(stage)
    whole, posted = stage.read(), stage.card().ts
    assert "Split: head, chest, pelvis, all due as before." in split(stage)
    found = reads(stage)
    assert sorted(found) == ["chest", "head", "pelvis"]
    assert (found["head"].id, card(stage, "head").ts) == (whole.id, posted)
    clocks = {(one.clock_started_at, one.target_seconds, one.due_at, one.paused_since) for one in found.values()}
    assert clocks == {(whole.clock_started_at, whole.target_seconds, whole.due_at, None)}
    assert {(one.kind, one.pool, one.coverage, one.state) for one in found.values()} == {
        (whole.kind, whole.pool, whole.coverage, ReadState.OPEN)
    }
    assert "TRAUMA · CHEST ONLY · Mercy · CT chest, abdomen and pelvis" in card(stage, "chest").words
    assert "Split by region by Pat Quinn: head, chest, pelvis. One clock" in thread(stage, "head")
    assert "It is yours" in click(stage, LEE, "claim", "chest")
    assert "It is yours" in click(stage, STONE, "claim", "pelvis")
    stage.advance(6)
    holders = {region: one.claimed_by for region, one in reads(stage).items()}
    assert holders == {"head": None, "chest": "lee", "pelvis": "stone"}
    assert "Split, one clock: " in card(stage, "head").words
    assert "chest: Dr. Maya Lee" in card(stage, "head").words
    assert "head: open" in card(stage, "pelvis").words
    assert stage.actions().count("read:split") == 1


def test_its_holder_splits_it_and_keeps_the_first_region(stage: Stage) -> None:
    """Claim and lease go on; the others are open, and whoever claims them is judged as ever."""
    trauma(stage)
    stage.click(LEE, "claim")
    claimed_at = stage.read().claimed_at
    assert "You have spine; the others are open." in split(stage, LEE, "Spine, head")
    assert (reads(stage)["spine"].claimed_by, reads(stage)["spine"].claimed_at) == ("lee", claimed_at)
    assert states(stage) == {"spine": ReadState.CLAIMED, "head": ReadState.OPEN}
    assert "IL license expired" in click(stage, HADDAD, "claim", "head")
    assert "It is yours" in click(stage, STONE, "claim", "head")


def test_what_is_left_of_a_split_is_claimed_together(stage: Stage) -> None:
    """The button counts the open regions; what somebody else has stays theirs."""
    trauma(stage)
    split(stage)
    assert "Claim these 3" in card(stage, "head").words
    click(stage, STONE, "claim", "chest")
    stage.advance(6)
    assert "Claim these 2" in card(stage, "head").words
    code = stage.case()
    assert f"2 of 2 are yours: {code} (head), {code} (pelvis)." in click(stage, LEE, "claim_linked", "pelvis")
    assert {region: one.claimed_by for region, one in reads(stage).items()} == {
        "head": "lee", "chest": "stone", "pelvis": "lee",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("user", "said"),
    [
        (STRANGER, "I do not know you yet"),
        (SILVA, "Only a radiologist of this site's pool or its PACS administrator"),
        (LEE, "Nobody has this read: claim it, then split it."),
    ],
    ids=["a stranger", "an auditor", "a reader who has not claimed it"],
)
def test_an_open_read_is_split_by_an_administrator_only(stage: Stage, user: str, said: str) -> None:
    """Whoever wants to read a part of it claims it first."""
    trauma(stage)
    assert said in split(stage, user)
    assert [read.region for read in stage.all(Read)] == [""]


@pytest.mark.parametrize("user", [STONE, QUINN], ids=["another reader", "an administrator"])
def test_somebody_elses_read_is_split_by_nobody_else(stage: Stage, user: str) -> None:
    """Its holder decides what they give away."""
    trauma(stage)
    stage.click(LEE, "claim")
    assert "Dr. Maya Lee has this read: only they can split it." in split(stage, user)
    assert [read.region for read in stage.all(Read)] == [""]


def test_what_cannot_be_split_is_said(stage: Stage) -> None:
    """A stroke, what is split already, what is over, what stands still, and words that are no regions."""
    stage.stroke_ct()
    assert "Only a trauma is split by region. The class of this one is stroke." in split(stage)
    trauma(stage)
    assert "There is no such region. Say 2 to 6 of: `head`" in split(stage, regions="head smith")
    assert "named twice" in split(stage, regions="head head")
    assert "Something is missing." in split(stage, regions="head")
    assert "Too many words." in split(stage, regions="head neck chest abdomen pelvis spine extremities")
    split(stage)
    assert "A split is not done twice, nor undone." in split(stage, regions="spine neck")
    report(stage)
    assert "No read of case" in split(stage)
    assert [one.kind for one in stage.open_tasks()] == [TaskKind.ODD_REPORT]


def test_a_problem_with_one_region_pauses_that_one_only(stage: Stage) -> None:
    """What stood still before the split stood still for all, also when the clocks are counted anew."""
    trauma(stage)
    stage.click(LEE, "claim")
    stage.advance(minutes=3)
    by_button(stage, LEE, "missing_prior")
    assert "Its clock stands still for a problem with the study." in split(stage, LEE)
    stage.advance(minutes=2)
    end(stage, "missing_prior")
    split(stage, LEE)
    before = reads(stage)["head"].due_at
    assert {one.due_at for one in reads(stage).values()} == {before}
    assert "It is yours" in click(stage, STONE, "claim", "chest")
    stage.command(STONE, f"problem {stage.case()} incomplete_series")
    stage.advance(minutes=3)
    (task,) = stage.open_tasks()
    assert "It is about the chest only. Split by region; open: pelvis." in stage.desk_card().words
    end(stage, "incomplete_series")
    assert task.kind is TaskKind.STUDY_PROBLEM
    dues = {region: one.due_at for region, one in reads(stage).items()}
    assert dues["head"] == dues["pelvis"] == before
    assert dues["chest"] - before == timedelta(minutes=3)
    taken = stage.study().last_image_at
    assert taken is not None
    later = taken + timedelta(minutes=1)
    assert stage.hospital.update_study(last_image_at=later.isoformat())[0] == 202
    stage.settle()
    assert {region: one.due_at - dues[region] for region, one in reads(stage).items()} == dict.fromkeys(
        dues, timedelta(minutes=1)
    )


def test_a_finding_in_one_region_is_no_look_at_another(stage: Stage) -> None:
    """The chest that nobody has is missed at half of its time, and told to the desk, which hears which region it is."""
    trauma(stage)
    stage.click(LEE, "claim")
    split(stage, LEE, "head chest")
    stage.finding()
    confirm(stage, stage.rings(KIM))
    hear_out(stage)
    stage.advance(minutes=16)
    assert stage.actions().count("read:remind") == 1
    (task,) = stage.open_tasks()
    assert (task.kind, task.subject_id) == (TaskKind.UNCLAIMED, reads(stage)["chest"].id)
    assert "It is about the chest only. Split by region; open: chest." in stage.desk_card().words
    stage.click(STONE, "claim", message=card(stage, "chest"))
    assert stage.open_tasks() == []
    look_at_everything(stage, {DESK_PHONE: 1, DESK_PHONE_2: 1})


def test_two_readers_who_claim_two_regions_at_the_same_instant_both_have_one(stage: Stage) -> None:
    """Of two who claim the same one, one wins; regions do not stand in each other's way."""
    trauma(stage)
    split(stage, QUINN, "head chest")
    wanted = [(LEE, "head"), (STONE, "chest"), (STONE, "head"), (LEE, "chest")]
    ids = {region: read.id for region, read in reads(stage).items()}

    def one(user: str, region: str) -> str:
        try:
            return claims.claim(stage.service.house, ids[region], user, f"at-once:{user}:{region}")
        except Rejection as refused:
            return refused.code

    with ThreadPoolExecutor(4) as at_once:
        answers = list(at_once.map(lambda asked: one(*asked), wanted))
    stage.settle()
    assert sorted(answer.partition(":")[0] for answer in answers) == ["It is yours"] * 2 + ["already_claimed"] * 2
    assert all(read.claimed_by for read in reads(stage).values())


def test_split_late_each_open_region_is_told_to_the_desk_within_a_minute(stage: Stage) -> None:
    """No later instant of their one clock would; who claims one settles its task."""
    trauma(stage)
    stage.click(LEE, "claim")
    stage.advance(minutes=17)
    split(stage, LEE, "head chest pelvis")
    stage.advance(minutes=1.1)
    asked = {task.subject_id for task in stage.open_tasks() if task.kind is TaskKind.UNCLAIMED}
    assert asked == {reads(stage)["chest"].id, reads(stage)["pelvis"].id}
    click(stage, STONE, "claim_linked", "chest")
    assert stage.open_tasks() == []
    look_at_everything(stage, {DESK_PHONE: 1, DESK_PHONE_2: 1})


def test_an_administrator_gives_a_region_to_somebody(stage: Stage) -> None:
    """The one that they name; else the first that nobody has."""
    halves(stage)
    assert "Dr. Ruth Stone has the pelvis now, and is told." in stage.command(QUINN, f"reassign {stage.case()} stone")
    said = stage.command(QUINN, f"reassign {stage.case()} lee Chest")
    assert "Dr. Maya Lee has the chest now instead of Dr. Ruth Stone" in said
    assert "no read of that region" in stage.command(QUINN, f"reassign {stage.case()} lee spine")
    stage.advance(6)
    assert {region: one.claimed_by for region, one in reads(stage).items()} == {
        "head": "lee", "chest": "lee", "pelvis": "stone",
    }  # fmt: skip


def test_whoever_reads_one_region_may_open_the_study(stage: Stage) -> None:
    """The reader of the other one is not told that somebody else has it open."""
    halves(stage)
    assert stage.hospital.open_study("stone")[0] == 202
    stage.settle()
    stage.advance(6)
    assert "opened this in the PACS" not in thread(stage, "head")
    assert stage.workspace.messages(DESK) == []


def test_reads_split_twice_at_once_are_split_once(stage: Stage) -> None:
    """A command that Slack sends again changes nothing and answers the same."""
    trauma(stage)
    stage.click(LEE, "claim")
    answers = {
        splitting.split(stage.service.house, stage.case(), ["head", "chest"], LEE, "slack:again") for _ in range(2)
    }
    stage.advance(6)
    assert len(answers) == 1
    assert sorted(reads(stage)) == ["chest", "head"]


def test_why_answers_for_each_region(stage: Stage) -> None:
    """Who has one, and that nothing keeps one from another."""
    halves(stage)
    said = stage.command(STONE, f"why {stage.case()}")
    assert "The head: Dr. Maya Lee has it already." in said
    assert "The chest: You have it already." in said
    assert "The pelvis: Nothing keeps you from it: claim it." in said
