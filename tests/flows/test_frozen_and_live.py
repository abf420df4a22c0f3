"""A relay keeps the rungs and waits it began with; people and their numbers are read when they are called."""

from __future__ import annotations

from handlers.domain.relays import Ending
from tests.flows.acts import confirm, dialed, hear_out, hear_the_finding, key_back
from tests.flows.ringing import until_rings
from tests.flows.stage import CHARGE, KIM, SUPERVISOR, Stage

RUNG = "- {to: ordering, channels: [call, sms], tries: 2, retry_after: 1m, within: 5m}\n      - {to: $charge_nurse, tries: 2, retry_after: 1m, within: 5m}\n      - {to: $supervisor, within: 5m}\n"
OTHER_RUNG = "- {to: ordering, tries: 1, within: 5m}\n      - {to: $supervisor, within: 5m}\n"
NEW_NUMBER = "+13125550171"


def the_directory_changes(stage: Stage) -> None:
    """Load another ladder for critical findings, and another number for the ordering physician."""
    stage.load(RUNG, OTHER_RUNG)
    stage.load(KIM, NEW_NUMBER)


def test_rungs_and_waits_stay_and_the_number_follows(stage: Stage) -> None:
    """Loaded between two tries: the second comes after the old wait, at the new number; then the old next rung."""
    call = stage.critical_stroke()
    hear_out(stage)
    began = stage.clock.instant
    call.busy()
    stage.settle()
    the_directory_changes(stage)
    second = until_rings(stage, NEW_NUMBER, 2)
    assert (stage.clock.instant - began).total_seconds() == 60
    second.busy()
    charge = until_rings(stage, CHARGE, 1)
    assert dialed(stage, KIM) == [call]
    charge.answer()
    stage.settle()
    stage.press(charge, "2")
    key_back(stage, charge)
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE


def test_the_next_relay_follows_the_new_ladder(stage: Stage) -> None:
    """The one that runs is the old one; the one that starts now knows the new rungs and sends no text."""
    first = stage.critical_stroke()
    hear_out(stage)
    the_directory_changes(stage)
    confirm(stage, first)
    stage.advance(10)
    stage.stroke_ct()
    stage.finding()
    until_rings(stage, NEW_NUMBER, 1).busy()
    supervisor = until_rings(stage, SUPERVISOR, 1)
    assert not dialed(stage, CHARGE)
    hear_the_finding(stage, supervisor)
    key_back(stage, supervisor)
    assert [len(one.policy.steps) for one in (stage.relay(),)] == [3]


def test_who_may_end_it_stays_too(stage: Stage) -> None:
    """Roles are part of the policy: a nurse may end a relay that began when she might."""
    call = stage.critical_stroke()
    hear_out(stage)
    stage.load(
        "ended_by: [physician, np, pa, rn]\n    desk: {who: $desk, every: 2m}",
        "ended_by: [physician]\n    desk: {who: $desk, every: 2m}",
    )
    call.answer()
    stage.settle()
    assert "subdural" in stage.press(call, "2").lower()
    key_back(stage, call)
    assert (stage.relay().ending, stage.relay().ended_role) == (Ending.CONFIRMED_BY_CODE, "rn")
