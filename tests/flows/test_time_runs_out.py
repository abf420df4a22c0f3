"""As a read's time runs out its pool is called, then the desk; a breach is recorded and stays."""

from __future__ import annotations

from datetime import timedelta

from handlers.domain.tasks import TaskKind, TaskState
from tests.flows.acts import confirm, hear_out, look_at_everything
from tests.flows.stage import DESK, DESK_PHONE, DESK_PHONE_2, LEE, QUINN, READS, Stage


def pool_was_called(stage: Stage) -> int:
    """Return how often everybody in the readers' channel was called."""
    thread = stage.workspace.thread(READS, stage.card_of_read().ts)
    return sum(one.text.startswith("<!here>") for one in thread)


def share(stage: Stage, part: float) -> None:
    """Move to the instant at which a share of the newest read's time is gone."""
    stage.advance((stage.read().at_share(100 * part) - stage.clock.instant).total_seconds())


def test_half_way_the_pool_is_called_then_the_desk_and_the_breach_stays(stage: Stage) -> None:
    """An urgent study that nobody claims: each is told once, the desk's phones stay silent, and late stays late."""
    stage.stroke_ct(priority="urgent")
    share(stage, 0.49)
    assert pool_was_called(stage) == 0
    share(stage, 0.51)
    assert pool_was_called(stage) == 1
    assert stage.open_tasks() == []
    share(stage, 0.81)
    (task,) = stage.open_tasks()
    assert (task.kind, task.rings) == (TaskKind.UNCLAIMED, False)
    share(stage, 1.01)
    assert stage.read().breached_at == stage.read().due_at
    assert "past its target" in stage.card_of_read().words
    stage.restart()
    stage.click(LEE, "claim", message=stage.card_of_read())
    assert stage.open_tasks() == []
    assert stage.tasks()[-1].outcome == "claimed"
    stage.advance(minutes=5)
    assert stage.read().breached_at is not None
    assert stage.actions().count("read:remind") == 1
    assert stage.actions().count("read:breach") == 1


def test_a_site_says_itself_when_who_is_told(stage: Stage) -> None:
    """The pool after a third of the time, the desk after two; a clock that stood still moves both."""
    stage.load("    shadow: false\n", "    shadow: false\n    unclaimed: {phone: 10, pool: 30, desk: 60}\n")
    stage.stroke_ct(priority="urgent")
    share(stage, 0.29)
    assert pool_was_called(stage) == 0
    stage.command(QUINN, f"problem {stage.case()} missing_prior")
    stage.advance(minutes=40)
    stage.click(QUINN, "done", channel=DESK, message=stage.desk_card(), value="solved")
    assert pool_was_called(stage) == 0
    share(stage, 0.31)
    thread = stage.workspace.thread(READS, stage.card_of_read().ts)
    assert any("30 percent of its time is gone and nobody has it." in one.words for one in thread)
    assert stage.open_tasks() == []
    share(stage, 0.61)
    assert [task.kind for task in stage.open_tasks()] == [TaskKind.UNCLAIMED]


def test_an_unclaimed_stroke_rings_the_desk(stage: Stage) -> None:
    """Minutes are brain: where nobody has it after most of its time, telephones ring."""
    stage.stroke_ct()
    share(stage, 0.82)
    (task,) = stage.open_tasks()
    assert (task.kind, task.rings, task.state) == (TaskKind.UNCLAIMED, True, TaskState.OPEN)
    assert "Most of this read's time is gone and nobody has it." in stage.desk_card().words
    ringing = stage.rings(DESK_PHONE)
    stage.click(LEE, "claim", message=stage.card_of_read())
    assert ringing.status == "canceled"
    assert stage.open_tasks() == []
    look_at_everything(stage, {DESK_PHONE_2: 1})


def test_a_claimed_read_alarms_nobody_and_its_breach_is_recorded_all_the_same(stage: Stage) -> None:
    """Whoever has it knows; the figure is true anyway."""
    stage.stroke_ct()
    stage.click(LEE, "claim")
    share(stage, 1.01)
    assert pool_was_called(stage) == 0
    assert stage.open_tasks() == []
    assert stage.read().breached_at is not None


def test_a_read_on_which_a_finding_was_reported_is_not_left_alone(stage: Stage) -> None:
    """Somebody reads it, claimed or not."""
    call = stage.critical_stroke()
    hear_out(stage)
    confirm(stage, call)
    share(stage, 0.9)
    assert pool_was_called(stage) == 0
    assert stage.open_tasks() == []


def test_a_later_target_moves_what_is_due(stage: Stage) -> None:
    """An update makes it routine: nothing is due for hours."""
    stage.stroke_ct(priority="urgent")
    accession = stage.study().accession_number
    stage.hospital.update_study(accession, priority="routine")
    stage.settle()
    assert stage.read().due_at - stage.read().opened_at > timedelta(hours=23)
    stage.advance(minutes=61)
    assert pool_was_called(stage) == 0
    assert stage.read().breached_at is None
