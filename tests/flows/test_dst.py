"""The nights on which clocks change: waits are true to the second, and a site's hours are its own wall clock's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from handlers import cases
from handlers.domain.relays import Ending, RelayState
from handlers.domain.tasks import TaskKind
from sandbox.serving import Servers
from tests.flows.acts import dialed, exhaust, hear_out, look_at_everything
from tests.flows.stage import CHARGE, DESK_PHONE, DESK_PHONE_2, KIM, LEE_PHONE, OKAFOR, SUPERVISOR, Stage

Begin = Callable[[datetime], Stage]
LAKESIDE = {"facility": "lakeside", "ordering_contact": "lakeside-ed-physician", "patient_state": "NY"}
#: Each change of the clocks in 2026, and the site whose it is; in UTC. Each season and each zone meets both databases once.
CHANGES = [
    pytest.param("mercy", datetime(2026, 3, 8, 8, tzinfo=UTC), "sqlite", id="Chicago-spring"),
    pytest.param("mercy", datetime(2026, 11, 1, 7, tzinfo=UTC), "postgresql", id="Chicago-autumn"),
    pytest.param("lakeside", datetime(2026, 3, 8, 7, tzinfo=UTC), "postgresql", id="New_York-spring"),
    pytest.param("lakeside", datetime(2026, 11, 1, 6, tzinfo=UTC), "sqlite", id="New_York-autumn"),
]
#: When calls begin on a night on which nobody answers, in seconds: thirty of ringing, a minute until the second try, four
#: rungs, and from then on both of the desk's phones every two minutes.
DESK_ROUNDS = [second for round_begins in range(300, 1200, 120) for second in (round_begins, round_begins)]
ORDINARY = [0, 90, 120, 210, 240, 270, *DESK_ROUNDS]


@pytest.fixture
def begin(servers: Servers, database_url: str, tmp_path: Path) -> Iterator[Begin]:
    """Begin a story at an instant of one's choice."""
    worlds: list[Stage] = []

    def at(instant: datetime) -> Stage:
        worlds.append(Stage(servers, database_url, tmp_path, begins=instant))
        return worlds[-1]

    try:
        yield at
        for world in worlds:
            world.end_quietly()
    finally:
        for world in worlds:
            world.close()


def study_at(stage: Stage, site: str) -> None:
    """Send a stroke CT of a site, with its critical finding."""
    stage.stroke_ct(**(LAKESIDE if site == "lakeside" else {}))
    stage.finding()


def nobody_answered(site: str) -> tuple[dict[str, int], dict[str, int]]:
    """Return how often each telephone rings, and is texted, until twenty minutes have passed."""
    ordering, charge, supervisor = {
        "mercy": (KIM, CHARGE, SUPERVISOR),
        "lakeside": (OKAFOR, "+12125550112", "+12125550113"),
    }[site]
    rung = {ordering: 2, charge: 2, supervisor: 1, LEE_PHONE: 1, DESK_PHONE: 8, DESK_PHONE_2: 8}
    return rung, {ordering: 1}


@pytest.mark.parametrize(("site", "change", "database_url"), CHANGES, indirect=["database_url"])
def test_a_ladder_across_the_change_keeps_its_minutes(begin: Begin, site: str, change: datetime) -> None:
    """Nobody answers: every rung and every desk round begins as many seconds later as on any other night."""
    stage = begin(change - timedelta(minutes=3))
    began = stage.clock.now()
    study_at(stage, site)
    stage.advance(minutes=20)
    starts = [round((call.created - began).total_seconds()) for call in stage.exchange.calls]
    look_at_everything(stage, *nobody_answered(site))
    assert [task.kind for task in stage.open_tasks()] == [TaskKind.LADDER_EXHAUSTED]
    assert starts == sorted(starts)
    assert starts == ORDINARY
    assert stage.relay().state is RelayState.AT_DESK


def test_an_ordinary_night_is_the_measure(begin: Begin) -> None:
    """The same ladder on a night without a change begins its calls at these seconds."""
    stage = begin(datetime(2026, 6, 10, 7, tzinfo=UTC))
    began = stage.clock.now()
    study_at(stage, "mercy")
    stage.advance(minutes=20)
    look_at_everything(stage, *nobody_answered("mercy"))
    assert [task.kind for task in stage.open_tasks()] == [TaskKind.LADDER_EXHAUSTED]
    assert [round((call.created - began).total_seconds()) for call in stage.exchange.calls] == ORDINARY


@pytest.mark.parametrize(
    ("instant", "policy"),
    [
        pytest.param(datetime(2026, 3, 7, 11, 30, tzinfo=UTC), "physicians_only", id="06:30-EST-is-night"),
        pytest.param(datetime(2026, 3, 8, 11, 30, tzinfo=UTC), "critical", id="07:30-EDT-is-day"),
        pytest.param(datetime(2026, 3, 8, 6, 59, tzinfo=UTC), "physicians_only", id="01:59-EST-is-night"),
        pytest.param(datetime(2026, 3, 8, 7, 0, tzinfo=UTC), "physicians_only", id="03:00-EDT-is-night"),
        pytest.param(datetime(2026, 10, 31, 11, 30, tzinfo=UTC), "critical", id="07:30-EDT-is-day-again"),
        pytest.param(datetime(2026, 11, 1, 11, 30, tzinfo=UTC), "physicians_only", id="06:30-EST-is-night-again"),
        pytest.param(datetime(2026, 11, 1, 5, 30, tzinfo=UTC), "physicians_only", id="01:30-EDT-is-night"),
        pytest.param(datetime(2026, 11, 1, 6, 30, tzinfo=UTC), "physicians_only", id="01:30-EST-is-night"),
        pytest.param(datetime(2026, 11, 1, 12, 0, tzinfo=UTC), "critical", id="07:00-EST-is-day"),
    ],
)
def test_a_policy_s_hours_are_the_site_s_wall_clock(begin: Begin, instant: datetime, policy: str) -> None:
    """Lakeside tells physicians only from 18:00 to 07:00: in New York's time, whatever that is today."""
    stage = begin(instant)
    stage.stroke_ct(**LAKESIDE, patient_class="inpatient")
    stage.finding()
    assert stage.relay().policy.name == policy
    look_at_everything(stage, {OKAFOR: 1}, {OKAFOR: 1})


@pytest.mark.parametrize(
    ("instant", "words"),
    [
        pytest.param(datetime(2026, 11, 1, 6, 20, tzinfo=UTC), "AT 01:20 CDT", id="first-01:20"),
        pytest.param(datetime(2026, 11, 1, 7, 20, tzinfo=UTC), "AT 01:20 CST", id="second-01:20"),
        pytest.param(datetime(2026, 3, 8, 8, 5, tzinfo=UTC), "AT 03:05 CDT", id="just-after-the-leap"),
    ],
)
def test_the_statement_names_the_zone_so_that_no_hour_is_told_twice(
    begin: Begin, instant: datetime, words: str
) -> None:
    """An hour that comes twice is told apart by CDT and CST."""
    stage = begin(instant)
    call = stage.critical_stroke()
    hear_out(stage)
    call.answer()
    stage.settle()
    call.press("1")
    stage.settle()
    call.press(stage.code())
    stage.settle()
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE
    assert words in cases.statement(stage.service.house, stage.case())


def test_a_task_that_was_taken_is_reminded_after_ten_true_minutes(begin: Begin) -> None:
    """Taken at 01:55, reminded at 03:05 by the wall: ten minutes later."""
    stage = begin(datetime(2026, 3, 8, 7, 45, tzinfo=UTC))
    stage.stroke_ct()
    stage.finding()
    exhaust(stage)
    stage.advance(1)
    desk = stage.rings(DESK_PHONE)
    desk.answer()
    stage.settle()
    stage.press(desk, "1")
    taken_at = stage.open_tasks()[0].taken_at
    assert taken_at is not None
    stage.advance((taken_at + timedelta(minutes=10, seconds=-1) - stage.clock.now()).total_seconds())
    assert "task:remind" not in stage.actions()
    stage.advance(1)
    assert "task:remind" in stage.actions()
    look_at_everything(stage, {DESK_PHONE_2: 1}, {KIM: 1})
    assert dialed(stage, KIM)
    assert dialed(stage, CHARGE)
