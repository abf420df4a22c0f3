"""Whole calls, played through the machine: how soon the finding begins, how many inputs it takes, and that the page tells it."""

from __future__ import annotations

import pytest

from handlers.domain.directory import NumberKind
from handlers.domain.relays import Outcome
from telephony.scenes import RINGING_SECONDS, SCENES, Scene, played, stopwatch
from telephony.scripts_page import EXAMPLE

#: Where whoever answers is the one who is told.
AT_ONCE = [scene for scene in SCENES if scene.title != "A unit's line: a clerk fetches the physician"]
TOLD = [
    one for one in AT_ONCE if played(one, EXAMPLE).finding_at is not None and one.kind is not NumberKind.SWITCHBOARD
]


@pytest.mark.parametrize("scene", TOLD, ids=lambda scene: scene.title)
def test_the_finding_begins_within_fifteen_seconds_of_the_answer(scene: Scene) -> None:
    """Though they let the menu end and take their time to press; an emergency physician gives a robot seconds."""
    begins = played(scene, EXAMPLE).finding_at
    assert begins is not None
    assert begins <= 15


def test_a_unit_s_line_needs_two_inputs() -> None:
    """A role and the code; the name comes after the relay has ended."""
    (nurse,) = [scene for scene in SCENES if scene.title == "A unit's line: the charge nurse"]
    one = played(nurse, EXAMPLE)
    assert (one.inputs, one.outcome) == (2, Outcome.CONFIRMED_BY_CODE)
    assert len([line for line in one.lines if line.does]) == 4


def test_every_kind_of_number_that_is_dialed_has_a_scene() -> None:
    """A kind that is added without one fails here."""
    assert {scene.kind for scene in SCENES} == set(NumberKind) - {NumberKind.FAX}


def test_the_table_counts_from_the_first_ring_request() -> None:
    """Two rings more than from the answer."""
    row = next(line for line in stopwatch(EXAMPLE) if line.startswith("| A physician's mobile "))
    _, _, inputs, from_answer, from_request, to_outcome, outcome, _ = (cell.strip() for cell in row.split("|"))
    assert (inputs, outcome) == ("2", "confirmed by code")
    assert float(from_request.split()[0]) == pytest.approx(float(from_answer.split()[0]) + RINGING_SECONDS, abs=0.1)
    assert float(to_outcome.split()[0]) > float(from_request.split()[0])


def test_nothing_identifying_is_said_to_an_operator_a_service_a_pager_or_a_mailbox() -> None:
    """Before somebody who may hear it has answered, no scene names patient or finding."""
    for scene in SCENES:
        one = played(scene, EXAMPLE)
        until = one.finding_at if one.finding_at is not None else float("inf")
        for line in one.lines:
            if line.prompt is not None and line.at < until - 10:
                assert line.prompt.patient_name == ""
                assert line.prompt.findings == ()
