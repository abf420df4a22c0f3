"""``/readyz`` is red, and names what is wrong, for each of the five things that can be."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.wiring.service import Service
from store.database import Database
from tests import web
from tests.flows.acts import hear_out, look_at_everything
from tests.flows.stage import Stage

#: Port 9 is "discard": nothing listens there.
NOWHERE = "postgresql://nobody@127.0.0.1:9/nothing"
GOOD = dict.fromkeys(("database", "migrations", "worker", "deadlines", "directory"), "ok")
MINUTE = timedelta(seconds=60)
SECOND = timedelta(seconds=1)


def ready(stage: Stage) -> tuple[int, dict[str, str]]:
    """Return the status and what each check says."""
    answer = web.get(f"{stage.servers.urls['product']}/readyz", timeout=10)
    said = answer.json()
    assert said["status"] == ("ready" if answer.status_code == 200 else "not ready")
    return answer.status_code, said["checks"]


def only(stage: Stage, check: str, words: str) -> None:
    """Show that one check is red and says so, and that the others are not."""
    status, checks = ready(stage)
    assert (status, checks) == (503, GOOD | {check: words})


@pytest.fixture
def beating(stage: Stage) -> Stage:
    """Let a worker have gone round just now."""
    stage.service.store.memory.beat("worker")
    assert ready(stage) == (200, GOOD)
    return stage


def test_a_database_that_does_not_answer(beating: Stage) -> None:
    """It is named, and its address is not; the process itself is alive."""
    service = beating.service
    good, gone = service.store, Database(NOWHERE)
    service.store = replace(good, database=gone)
    status, checks = ready(beating)
    alive = web.get(f"{beating.servers.urls['product']}/healthz").status_code
    service.store = good
    gone.close()
    assert (status, alive) == (503, 200)
    trouble = "cannot be checked (OperationalError)"
    assert checks == GOOD | {"database": trouble, "migrations": trouble}


def test_a_database_of_another_release(beating: Stage) -> None:
    """Its schema and ours are both named, and what to do."""
    database = beating.service.store.database
    with database.writing() as connection:
        head = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")
    only(beating, "migrations", f"the database is at 0000, not {head}: run `radrelay migrate`")


def test_no_worker_has_ever_gone_round(stage: Stage) -> None:
    """A web process alone takes everything and does nothing of it."""
    only(stage, "worker", "no worker has ever gone round")


def test_a_worker_that_went_silent(beating: Stage) -> None:
    """For a minute it may be busy; then it is red."""
    beating.advance(60)
    assert ready(beating) == (200, GOOD)
    beating.advance(1)
    only(beating, "worker", "no worker has gone round for 61 s")


def test_a_deadline_that_nobody_handles(beating: Stage) -> None:
    """Workers go round, and what is due stays due: relays do not move."""
    beating.critical_stroke()
    hear_out(beating)
    beating.advance(10)
    due = beating.service.store.memory.next_instant()
    assert due is not None
    for late, status in ((MINUTE, 200), (MINUTE + SECOND, 503)):
        beating.clock.instant = due + late
        beating.service.store.memory.beat("worker")
        assert ready(beating)[0] == status
    only(beating, "deadlines", "a deadline is overdue by 61 s")
    beating.settle()
    look_at_everything(beating)


def test_no_directory(beating: Stage) -> None:
    """A migrated database before the first load: nobody may read, and every event is refused."""
    raw = beating.service.store.database.engine.raw_connection()  # nothing of ours ever takes a version away
    raw.cursor().execute("DELETE FROM directory_version")
    raw.commit()
    raw.close()
    fresh = Service(beating.service.settings, doors=True, works=False, clock=beating.clock)
    beating.servers.product.app = fresh.application()
    only(beating, "directory", "no directory is loaded: run `radrelay directory load`")
    fresh.close()
