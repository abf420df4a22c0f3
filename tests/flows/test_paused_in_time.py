"""A read whose clock stands still: its time does not run out, nobody is called, and no breach is recorded meanwhile."""

from __future__ import annotations

from datetime import timedelta

from handlers.domain.tasks import TaskKind
from tests.flows.stage import LEE, Stage
from tests.flows.test_problems import by_command, end

WATCHED = ("read:remind", "read:breach")


def watched(stage: Stage) -> list[str]:
    """Return what the record says of time that ran out."""
    return [one for one in stage.actions() if one in WATCHED]


def test_a_paused_read_is_neither_reminded_of_nor_breached(stage: Stage) -> None:
    """An hour with a problem, of fifteen minutes: nothing; then half of its time, counted without the pause, calls the pool."""
    stage.stroke_ct(last_image_at=stage.clock.instant.isoformat())
    due = stage.read().due_at
    by_command(stage, LEE, "missing_prior")
    stage.advance(minutes=60)
    assert watched(stage) == []
    assert {task.kind for task in stage.open_tasks()} == {TaskKind.STUDY_PROBLEM}
    end(stage, "missing_prior")
    assert stage.read().due_at == due + timedelta(minutes=60)
    stage.advance(minutes=7)
    assert watched(stage) == []
    stage.advance(minutes=1)
    assert watched(stage) == ["read:remind"]
    stage.click(LEE, "claim", message=stage.card_of_read())
    stage.advance(minutes=6.9)
    assert stage.read().breached_at is None
    stage.advance(minutes=0.2)
    assert stage.read().breached_at == due + timedelta(minutes=60)
