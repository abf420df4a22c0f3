"""A trauma split by region: a read for each, claimed by whoever may, reported one by one or all at once, under one clock."""

from __future__ import annotations

from datetime import timedelta

import pytest

from handlers import splitting
from handlers.domain.studies import Read, ReadState, Report, StudyStatus
from handlers.domain.tasks import TaskKind
from sandbox.workspace import Message
from tests.flows.acts import confirm, hear_out, look_at_everything
from tests.flows.covered import Begin
from tests.flows.stage import (
    DESK,
    DESK_PHONE,
    DESK_PHONE_2,
    HADDAD,
    KIM,
    LEE,
    QUINN,
    READS,
    SILVA,
    STONE,
    STRANGER,
    Stage,
)
from tests.flows.test_coverage_nighthawk import NIGHT, SECTIONS
from tests.flows.test_problems import by_button, end
from tests.flows.test_turnaround import tat


def trauma(stage: Stage) -> None:
    """Let a trauma CT arrive at Mercy, its last image just now."""
    assert stage.hospital.send_trauma(last_image_at=stage.clock.instant.isoformat())[0] == 202
    stage.settle()


def split(stage: Stage, user: str = QUINN, regions: str = "head chest pelvis") -> str:
    """Type the command for the newest case; the cards are posted, one a second."""
    answer = stage.command(user, f"split {stage.case()} {regions}")
    stage.advance(6)
    return answer


def reads(stage: Stage) -> dict[str, Read]:
    """Return the newest study's reads by region."""
    return {read.region: read for read in stage.all(Read, study_id=stage.study().id)}


def states(stage: Stage) -> dict[str, ReadState]:
    """Return how each region stands."""
    return {region: read.state for region, read in reads(stage).items()}


def card(stage: Stage, region: str) -> Message:
    """Return a region's card."""
    with stage.service.store.memory.reading() as look:
        shown = look.message(reads(stage)[region].id)
    assert shown is not None
    found = stage.workspace.memory.find(*shown)
    assert found is not None
    return found


def click(stage: Stage, user: str, action: str, region: str) -> str:
    """Click a button on a region's card."""
    return stage.click(user, action, message=card(stage, region))


def thread(stage: Stage, region: str) -> str:
    """Return all that stands under a region's card."""
    return "\n".join(one.text for one in stage.workspace.thread(READS, card(stage, region).ts))


def report(stage: Stage, signed_by: str = "lee", region: str | None = None, kind: str = "final") -> None:
    """Let a report be signed, of a region where one is named."""
    named = {} if region is None else {"region": region}
    send = stage.hospital.report_final if kind == "final" else stage.hospital.report_preliminary
    assert send(signed_by=signed_by, **named)[0] == 202
    stage.settle()
    stage.advance(6)


def halves(stage: Stage) -> None:
    """Let Lee hold the head and Stone the chest of a trauma; the pelvis is open."""
    trauma(stage)
    split(stage)
    click(stage, LEE, "claim", "head")
    click(stage, STONE, "claim", "chest")
    stage.advance(6)


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
    assert "It is yours." in click(stage, LEE, "claim", "chest")
    assert "It is yours." in click(stage, STONE, "claim", "pelvis")
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
    assert "It is yours." in click(stage, STONE, "claim", "head")


def test_what_is_left_of_a_split_is_claimed_together(stage: Stage) -> None:
    """The button counts the open regions; what somebody else has stays theirs."""
    trauma(stage)
    split(stage)
    assert "Claim these 3" in card(stage, "head").words
    click(stage, STONE, "claim", "chest")
    stage.advance(6)
    assert "Claim these 2" in card(stage, "head").words
    assert "2 of 2 are yours." in click(stage, LEE, "claim_linked", "pelvis")
    assert {region: one.claimed_by for region, one in reads(stage).items()} == {
        "head": "lee", "chest": "stone", "pelvis": "lee",
    }  # fmt: skip


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
    everywhere = thread(stage, "chest") + thread(stage, "pelvis")
    assert everywhere.count("Final report signed by Dr. Maya Lee. Odd: other reader, never claimed.") == 1
    assert everywhere.count("Ended by a report on the whole study, signed by Dr. Maya Lee.") == 1


def test_a_report_on_a_region_that_is_no_read_ends_nothing_and_is_odd(stage: Stage) -> None:
    """Part of a study that was not split does not make the rest of it read."""
    trauma(stage)
    stage.click(LEE, "claim")
    report(stage, "lee", "head")
    assert stage.read().state is ReadState.CLAIMED
    assert stage.all(Report)[-1].flags == ("other_region",)
    assert [one.kind for one in stage.open_tasks()] == [TaskKind.ODD_REPORT]


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
    assert "Dr. Maya Lee has this read, and is who can split it." in split(stage, user)
    assert [read.region for read in stage.all(Read)] == [""]


def test_what_cannot_be_split_is_said(stage: Stage) -> None:
    """A stroke, what is split already, what is over, what stands still, and words that are no regions."""
    stage.stroke_ct()
    assert "Only a trauma is split by region. The class of this one is stroke." in split(stage)
    trauma(stage)
    assert "There is no such region. Say 2 to 6 of: `head`" in split(stage, regions="head smith")
    assert "named twice" in split(stage, regions="head head")
    assert "Something is missing." in split(stage, regions="head")
    assert "That is too much." in split(stage, regions="head neck chest abdomen pelvis spine extremities")
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
    assert "It is yours." in click(stage, STONE, "claim", "chest")
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


def test_a_cancellation_ends_every_region(stage: Stage) -> None:
    """And who held one does not hold it any more."""
    halves(stage)
    assert stage.hospital.cancel_study()[0] == 202
    stage.settle()
    stage.advance(6)
    assert stage.study().status is StudyStatus.CANCELED
    assert set(states(stage).values()) == {ReadState.CANCELED}


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
