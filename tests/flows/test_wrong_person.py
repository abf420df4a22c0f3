"""The wrong person answered: thanked, let go, and somebody else is called; after the finding it is a privacy matter."""

from __future__ import annotations

import pytest

from handlers.domain.relays import Outcome, RelayState
from handlers.domain.tasks import TaskKind
from sandbox.hospital import Site
from tests.flows.acts import confirm, hear_out, hear_the_finding
from tests.flows.ringing import answer, code_heard, over, until_rings
from tests.flows.stage import CHARGE, DESK, Stage

pytestmark = pytest.mark.usefixtures("fault")

OKAFOR, LAKESIDE_CHARGE = "+12125550111", "+12125550112"


def test_before_anything_was_said_of_the_patient(stage: Stage) -> None:
    """9 at the opening: nothing was told, the next rung is called at once, and the same number is left alone."""
    call = stage.critical_stroke()
    hear_out(stage)
    answer(stage, call)
    assert "wrong person" in stage.press(call, "9")
    assert stage.attempts()[0].outcome is Outcome.WRONG_PERSON
    assert stage.attempts()[0].told_at is None
    assert not stage.open_tasks()
    charge = until_rings(stage, CHARGE, 0.1)
    over(stage, call)
    confirm(stage, charge)
    assert stage.relay().ended_by == "mercy-ed-charge"
    assert not stage.workspace.messages(DESK)


def test_after_the_finding_was_spoken_it_is_a_privacy_task(stage: Stage) -> None:
    """9 after the finding: the ladder goes on, and the desk has a task that outlives the relay."""
    stage.hospital.site = Site("lakeside", "NY", "lee", {"emergency": "lakeside-ed-physician"})
    stage.stroke_ct()
    stage.finding()
    call = stage.rings(OKAFOR)
    hear_out(stage, OKAFOR)
    assert "subdural" in hear_the_finding(stage, call).lower()
    assert "wrong person" in stage.press(call, "9")
    (task,) = stage.open_tasks()
    assert task.kind is TaskKind.WRONG_PERSON_TOLD
    charge = until_rings(stage, LAKESIDE_CHARGE, 0.1)
    over(stage, call)
    answer(stage, charge)
    stage.press(charge, "1")
    stage.press(charge, "8")
    stage.press(charge, code_heard(charge))
    assert stage.relay().state is RelayState.ENDED
    assert [one.id for one in stage.open_tasks()] == [task.id]
    stage.advance(5)
    card = stage.workspace.expect_message(DESK, "privacy officer")
    assert "subdural" not in card.words.lower()
    assert "SANDBOX" not in card.words
