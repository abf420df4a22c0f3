"""Where claims, leases, clocks, coverage and the telephone meet: each of these once went wrong between two of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from handlers.domain.classes import ReadKind
from handlers.domain.leases import Lease, LeaseState
from handlers.domain.studies import Read, ReadState
from handlers.domain.tasks import TaskKind
from tests.flows.acts import confirm, hear_out, look_at_everything
from tests.flows.covered import Begin
from tests.flows.stage import DESK_PHONE, DESK_PHONE_2, KIM, LEE, QUINN, SECOND, STONE, Stage
from tests.flows.test_coverage_models import FINAL, NOON, SUBSPECIALTY

BOTH = FINAL.replace("    final_pool: second\n", "")


def deadlines(stage: Stage, kind: str) -> int:
    """Return how many deadlines of a kind are to come."""
    with stage.service.store.database.snapshot() as connection:
        found = connection.execute(text("SELECT count(*) FROM deadline WHERE kind = :kind"), {"kind": kind})
        return int(found.scalar_one())


def read_of(stage: Stage, kind: ReadKind) -> Read:
    """Return the newest study's read of a kind."""
    return stage.all(Read, study_id=stage.study().id, kind=kind)[-1]


def test_what_two_people_waived_is_not_taken_back_by_a_later_look(covered: Begin) -> None:
    """A general reader holds a neuro read by an override: a quarter of an hour later they hold it still."""
    stage = covered(SUBSPECIALTY, NOON)
    stage.stroke_ct(priority="routine")
    stage.command(LEE, f"override {stage.case()} expertise")
    assert [task.kind for task in stage.open_tasks()] == [TaskKind.OVERRIDE_ASKED]
    stage.command(QUINN, f"override {stage.case()} grant")
    assert "It is yours" in stage.click(LEE, "claim", channel=SECOND)
    stage.advance(minutes=31)
    assert stage.read().claimed_by == "lee"
    assert stage.hospital.report_final(signed_by="lee")[0] == 202
    stage.settle()
    assert stage.open_tasks() == []


def test_a_final_that_nobody_has_is_asked_for_though_the_preliminary_had_a_finding(covered: Begin) -> None:
    """Whoever read the preliminary reported it; the final read waits for somebody else."""
    stage = covered(BOTH.replace("{stroke: 8h}", "{stroke: 1h}"), NOON)
    stage.stroke_ct()
    first = read_of(stage, ReadKind.PRELIMINARY)
    stage.advance(2)
    with stage.service.store.memory.reading() as look:
        shown = look.message(first.id)
    assert shown is not None
    card = stage.workspace.memory.find(*shown)
    stage.click(LEE, "claim", message=card)
    stage.finding()
    hear_out(stage)
    confirm(stage, stage.rings(KIM))
    assert stage.hospital.report_preliminary(signed_by="lee")[0] == 202
    stage.settle()
    final = read_of(stage, ReadKind.FINAL)
    stage.advance((final.at_share(82) - stage.clock.instant).total_seconds())
    assert [(task.kind, task.subject_id) for task in stage.open_tasks()] == [(TaskKind.UNCLAIMED, final.id)]
    look_at_everything(stage, {DESK_PHONE: 1, DESK_PHONE_2: 1})


def test_what_is_released_late_is_asked_for_within_a_minute(stage: Stage) -> None:
    """Its shares have all passed while somebody had it."""
    stage.stroke_ct(priority="urgent")
    stage.click(LEE, "claim")
    stage.advance(minutes=70)
    assert stage.read().breached_at is not None
    stage.click(LEE, "release")
    stage.advance(minutes=2)
    assert [task.kind for task in stage.open_tasks()] == [TaskKind.UNCLAIMED]


def test_what_arrives_too_late_has_its_breach_recorded(stage: Stage) -> None:
    """The last image was made two hours ago; the target was one."""
    stage.stroke_ct(priority="urgent", last_image_at=(stage.clock.instant - timedelta(hours=2)).isoformat())
    stage.advance(minutes=2)
    assert stage.read().breached_at == stage.read().due_at
    assert stage.actions().count("read:breach") == 1
    assert [task.kind for task in stage.open_tasks()] == [TaskKind.UNCLAIMED]


def test_while_a_clock_stands_still_no_telephone_rings_for_the_read(stage: Stage) -> None:
    """The desk knows why; what rang stops, and rings again when the clock goes on."""
    stage.stroke_ct()
    stage.advance((stage.read().at_share(82) - stage.clock.instant).total_seconds())
    ringing = stage.rings(DESK_PHONE)
    assert "The clock stands still" in stage.command(QUINN, f"problem {stage.case()} missing_prior")
    assert ringing.status == "canceled"
    stage.advance(minutes=20)
    assert [task.kind for task in stage.open_tasks()] == [TaskKind.STUDY_PROBLEM]
    (task,) = stage.open_tasks()
    stage.click(QUINN, "done", channel="C000000002", message=stage.desk_card(), value="solved")
    assert task.id not in {one.id for one in stage.open_tasks()}
    stage.advance(minutes=2)
    assert [task.kind for task in stage.open_tasks()] == [TaskKind.UNCLAIMED]
    look_at_everything(stage, {DESK_PHONE: 1, DESK_PHONE_2: 2})


def test_a_lease_does_not_run_out_while_the_clock_stands_still(stage: Stage) -> None:
    """Nobody can be expected to read; when it goes on the holder has a whole lease."""
    stage.stroke_ct()
    stage.click(LEE, "claim")
    stage.command(LEE, f"problem {stage.case()} missing_prior")
    stage.advance(minutes=40)
    assert [one.state for one in stage.all(Lease)] == [LeaseState.RUNNING]
    assert "lease:lapse" not in stage.actions()
    assert len(stage.open_tasks()) == 1


def test_a_study_that_is_wanted_again_is_nobody_s(stage: Stage) -> None:
    """Canceled while held, then updated: its read is open, and may be given to whoever had it."""
    stage.stroke_ct(priority="routine")
    stage.click(LEE, "claim")
    assert stage.hospital.cancel_study()[0] == 202
    stage.advance(2)
    assert stage.hospital.update_study(location="ED 4")[0] == 202
    stage.advance(2)
    assert (stage.read().state, stage.read().claimed_by) == (ReadState.OPEN, None)
    assert "has it now" in stage.command(QUINN, f"reassign {stage.case()} lee")


def test_looking_at_a_case_that_is_over_begins_no_lease(stage: Stage) -> None:
    """However often; and nothing of the claim falls due any more."""
    stage.stroke_ct()
    stage.click(LEE, "claim")
    assert stage.hospital.report_final(signed_by="lee")[0] == 202
    stage.settle()
    assert (deadlines(stage, "lease_due"), deadlines(stage, "claim_standing")) == (0, 0)
    stage.advance(2)
    stage.click(LEE, "open_case")
    stage.click(LEE, "open_case")
    assert "lease:extend" not in stage.actions()
    assert deadlines(stage, "lease_due") == 0


def test_claim_these_takes_what_is_alike(covered: Begin) -> None:
    """Two linked studies of two reads each: the preliminaries of both, and no final."""
    stage = covered(BOTH, datetime(2026, 12, 2, 18, tzinfo=UTC))
    for number in range(2):
        stage.stroke_ct(group="PAN-1", accession_number=f"SBX-PAN-{number}")
        stage.advance(3)
    first = read_of(stage, ReadKind.PRELIMINARY)
    with stage.service.store.memory.reading() as look:
        shown = look.message(first.id)
    assert shown is not None
    said = stage.click(LEE, "claim_linked", message=stage.workspace.memory.find(*shown))
    assert "2 of 2 are yours" in said
    assert {one.kind for one in stage.all(Read, state=ReadState.CLAIMED)} == {ReadKind.PRELIMINARY}


def test_what_stands_still_is_not_next(stage: Stage) -> None:
    """A paused stroke cannot be read; the STAT can."""
    stage.stroke_ct()
    stage.command(STONE, f"problem {stage.case()} missing_prior")
    stage.advance(2)
    stage.stroke_ct(priority="stat")
    assert "It is yours" in stage.command(LEE, "next")
    assert stage.read().claimed_by == "lee"
    assert len(stage.open_tasks()) == 1


def test_verbs_by_case_code_say_which_read_they_meant(covered: Begin) -> None:
    """The preliminary one first, then the one that has no such problem; a word names one, and none is taken silently."""
    stage = covered(BOTH, NOON)
    stage.stroke_ct()
    case = stage.case()
    assert "Reported with the preliminary read: missing prior." in stage.command(STONE, f"problem {case} missing_prior")
    assert "Reported with the final read: missing prior." in stage.command(STONE, f"problem {case} missing_prior")
    again = stage.command(STONE, f"problem {case} missing_prior final")
    assert "Missing prior is reported already with the final read" in again
    assert "There is no such problem" in stage.command(STONE, f"problem {case} missing_history all")
    assert "This case has no read of that region" in stage.command(STONE, f"problem {case} missing_history chest")
    assert "Dr. Maya Lee has the final read now, and is told." in stage.command(QUINN, f"reassign {case} lee final")
    assert "Dr. Ruth Stone has the preliminary read now, and is told." in stage.command(QUINN, f"reassign {case} stone")
    assert {(one.kind, one.claimed_by) for one in stage.all(Read)} == {
        (ReadKind.PRELIMINARY, "stone"), (ReadKind.FINAL, "lee"),
    }  # fmt: skip
    said = stage.command(LEE, f"why {case}")
    assert "The preliminary read: Dr. Ruth Stone has it already." in said
    assert "The final read: You have it already." in said
    stage.advance(5)
    assert len(stage.open_tasks()) == 2
    assert "It is about the final read only." in stage.desk_card().words
