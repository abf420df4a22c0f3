"""The chains' heads are written outside the database on a schedule, and once more when the service ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from apscheduler.job import Job
from apscheduler.triggers.interval import IntervalTrigger

from bot.settings import ServiceSettings
from bot.wiring.service import Service
from store import audit
from tests.flows.stage import Stage, _environ

EVERY = timedelta(minutes=7)


@contextmanager
def working(stage: Stage) -> Iterator[Service]:
    """Run the product's own worker with its scheduler over the story's database, in place of the story's."""
    stage.stop()
    with _environ(stage.environment | {"RADRELAY_ANCHOR_EVERY": "7m"}):
        service = Service(ServiceSettings(), doors=False, works=True, clock=stage.clock)
    try:
        with service.running():
            yield service
    finally:
        service.close()
        stage.start()


def anchoring(service: Service) -> Job:
    """Return the one job of the scheduler that comes at the interval that was set for anchors."""
    jobs = service.worker._scheduler.get_jobs()
    (found,) = [job for job in jobs if isinstance(job.trigger, IntervalTrigger) and job.trigger.interval == EVERY]
    return found


def heads(stage: Stage) -> dict[str, int]:
    """Return how long each chain is."""
    with stage.service.store.database.snapshot() as connection:
        return {one.chain: one.entries for one in audit.verify(connection, [])}


def anchored(path: Path) -> list[dict[str, int]]:
    """Return how long each chain was, by each line of the anchor file."""
    lines = audit.anchors(path) if path.exists() else []
    return [{chain: head[0] for chain, head in line["heads"].items()} for line in lines]


def test_the_heads_are_anchored_at_the_set_interval(stage: Stage) -> None:
    """The scheduler holds a job with that interval, and what it does is write every chain's head."""
    stage.stroke_ct()
    path, before = stage.service.settings.anchor_file, heads(stage)
    with working(stage) as service:
        job = anchoring(service)
        assert not anchored(path)
        job.func()
        assert [{**before, **line} for line in anchored(path)] == [before]


def test_the_heads_are_anchored_when_the_service_ends(stage: Stage) -> None:
    """Whatever was recorded last is in the last line: a tail that is cut afterwards is noticed."""
    stage.stroke_ct()
    path, before = stage.service.settings.anchor_file, heads(stage)
    with working(stage):
        assert not anchored(path)
    assert anchored(path) == [before]
    with stage.service.store.database.snapshot() as connection:
        reports = audit.verify(connection, audit.anchors(path))
    assert [(one.anchored_to, one.after_anchor, one.problems) for one in reports] == [
        (before[one.chain], 0, []) for one in reports
    ]
