"""What ends soon is told 60, 30 and 7 days before, once each, to the desk whose it is."""

from __future__ import annotations

from datetime import timedelta

from handlers.domain.tasks import DeskTask, TaskKind
from tests.flows.stage import Stage

LEE_IL = "{state: IL, number: IL-036-100001, expires: 2039-12-31}"
MERCY_BAA = """    callback_number: "+13125550100"
    baa: {effective: 2020-01-01, expires: 2039-12-31}
"""


def ends_in(stage: Stage, days: int) -> str:
    """Return the last day that is so many days from now, in UTC."""
    return (stage.clock.instant.date() + timedelta(days=days)).isoformat()


def warned(stage: Stage) -> list[DeskTask]:
    """Let the hourly look happen, twice; return the warnings."""
    stage.service.warn()
    stage.service.warn()
    stage.settle()
    return [task for task in stage.tasks() if task.kind is TaskKind.EXPIRES_SOON]


def test_a_license_is_warned_of_at_60_30_and_7_days_once_each(stage: Stage) -> None:
    """However often one looks, and whatever restarts in between; a renewal begins anew."""
    stage.load(LEE_IL, LEE_IL.replace("2039-12-31", ends_in(stage, 61)))
    assert warned(stage) == []
    stage.advance(minutes=60 * 24)
    assert len(warned(stage)) == 1
    assert "The IL license of Dr. Maya Lee ends on" in stage.desk_card().words
    stage.restart()
    stage.advance(minutes=60 * 24 * 29)
    assert len(warned(stage)) == 1
    stage.advance(minutes=60 * 24)
    assert len(warned(stage)) == 2
    stage.advance(minutes=60 * 24 * 23)
    assert len(warned(stage)) == 3
    stage.advance(minutes=60 * 24 * 8)
    assert len(warned(stage)) == 3


def test_whoever_begins_late_is_told_the_nearest_warning_only(stage: Stage) -> None:
    """Five days before the end three warnings have been missed; one is given."""
    stage.load(LEE_IL, LEE_IL.replace("2039-12-31", ends_in(stage, 5)))
    assert len(warned(stage)) == 1


def test_a_site_s_agreement_is_told_to_its_own_desk(stage: Stage) -> None:
    """In the record of that site, with what follows from it."""
    stage.load(MERCY_BAA, MERCY_BAA.replace("2039-12-31", ends_in(stage, 30)))
    (task,) = warned(stage)
    assert task.facility == "mercy"
    assert not task.rings
    assert "then its new studies are refused" in stage.desk_card().words
