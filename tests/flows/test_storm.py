"""A broken feed: more relays than a site's limit are held, the desk rings, and a human lets them go."""

from __future__ import annotations

import pytest

from handlers.domain.relays import Relay, RelayState
from handlers.domain.tasks import TaskKind
from tests.flows.acts import desk_takes, dialed, look_at_everything
from tests.flows.stage import (
    CHARGE,
    DESK,
    DESK_PHONE,
    DESK_PHONE_2,
    KIM,
    LEE,
    LEE_PHONE,
    OKAFOR,
    QUINN,
    SUPERVISOR,
    Stage,
)

LIMIT = 2


def storm(stage: Stage, relays: int) -> None:
    """So many studies with critical findings, one after another within minutes."""
    stage.load("storm: {relays: 10, within: 15m}", f"storm: {{relays: {LIMIT}, within: 15m}}")
    for _ in range(relays):
        stage.stroke_ct()
        stage.finding()
        stage.advance(1)


def held(stage: Stage) -> list[Relay]:
    """Return the relays that are held."""
    return stage.all(Relay, state=RelayState.HELD)


def test_above_the_limit_relays_are_held_and_the_desk_rings_once(stage: Stage) -> None:
    """The first ones call; the others wait for a human, told in one task."""
    storm(stage, LIMIT + 3)
    assert len(held(stage)) == 3
    assert {one.hold_reason for one in held(stage)} == {"storm"}
    assert [task.kind for task in stage.open_tasks()] == [TaskKind.STORM]
    stage.advance(5)
    stage.workspace.expect_message(DESK, "More critical relays started")
    stage.rings(DESK_PHONE)
    stage.rings(DESK_PHONE_2)
    assert len(dialed(stage, KIM)) == 1
    look_at_everything(stage, {KIM: 1}, {KIM: 2})


def test_later_findings_are_held_as_long_as_any_is(stage: Stage) -> None:
    """The limit's time has passed, but nobody has looked: what comes now waits too, and the desk goes on ringing."""
    storm(stage, LIMIT + 1)
    stage.advance(minutes=16)
    stage.stroke_ct()
    stage.finding()
    assert stage.relay().state is RelayState.HELD
    assert stage.open_tasks()[0].rounds >= 3
    rungs = {KIM: 4, CHARGE: 4, SUPERVISOR: 2, LEE_PHONE: 2}  # of the two relays that call
    rounds = 4 + 2 * 6  # the storm's every five minutes, those of the two relays that nobody answers every two
    look_at_everything(stage, {**rungs, DESK_PHONE: rounds, DESK_PHONE_2: rounds}, {KIM: 2})


@pytest.mark.usefixtures("fault")
def test_resume_lets_them_call_one_line_at_a_time(stage: Stage) -> None:
    """A human has looked: all go on, and the one physician's number is never dialed twice at once."""
    storm(stage, LIMIT + 2)
    desk_takes(stage)
    said = stage.command(QUINN, "resume mercy")
    assert "Calls of Mercy were not halted; what a storm held goes on." in said
    assert not held(stage)
    assert not [task for task in stage.open_tasks() if task.kind is TaskKind.STORM]
    for _ in range(15):
        stage.advance(10)
        assert len(stage.exchange.ringing(KIM)) <= 1
        for call in stage.exchange.ringing():
            call.busy()
    look_at_everything(stage, {}, {KIM: LIMIT + 2})
    assert not held(stage)


def test_another_site_is_not_held(stage: Stage) -> None:
    """A storm is a site's own."""
    storm(stage, LIMIT + 1)
    stage.stroke_ct(facility="lakeside", ordering_contact="lakeside-ed-physician", patient_state="NY")
    stage.finding()
    assert stage.relay().state is RelayState.CALLING
    assert [task.kind for task in stage.open_tasks()] == [TaskKind.STORM]
    look_at_everything(stage, {KIM: 1, DESK_PHONE: 1, DESK_PHONE_2: 1, OKAFOR: 1}, {KIM: 2, OKAFOR: 1})


def test_a_radiologist_is_told_that_it_is_held(stage: Stage) -> None:
    """Reporting from the card says the truth: recorded, held, nobody is being called."""
    storm(stage, LIMIT + 1)
    stage.stroke_ct()
    stage.advance(15)  # Slack takes a post a second
    stage.click(LEE, "claim")
    stage.advance(15)
    assert [task.kind for task in stage.open_tasks()] == [TaskKind.STORM]
    assert "calls are held (storm)" in stage.report_by_modal(LEE, "1", "intracranial-hemorrhage")
    look_at_everything(stage, {KIM: 2, DESK_PHONE: 1, DESK_PHONE_2: 1}, {KIM: 2})
