"""Whoever is on duty is called: on a ladder's rung, at the desk, and in the answer to ``/oncall``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from handlers.domain.errors import Rejection
from handlers.domain.tasks import TaskKind
from store import audit
from tests.flows.acts import dialed, exhaust, hear_out, nurse_confirms
from tests.flows.ringing import until_rings
from tests.flows.rotas import BEFORE_SEVEN
from tests.flows.stage import CHARGE, DESK, DESK_PHONE, DESK_PHONE_2, KIM, LEE, READS, STRANGER, SUPERVISOR, Stage

Begin = Callable[[datetime], Stage]


def skipped(stage: Stage) -> list[dict[str, object]]:
    """Return the facts of every rung that had nobody to dial."""
    with stage.service.store.database.snapshot() as connection:
        return [one["facts"] for one in audit.export(connection) if one["action"] == "rung:skip"]


def test_a_rung_calls_whoever_is_on_duty_when_it_fires(rostered: Begin) -> None:
    """The relay begins in one shift and its second rung in the next: the new one is called, by name in the thread."""
    stage = rostered(BEFORE_SEVEN)
    stage.advance(minutes=29)
    stage.critical_stroke().busy()
    hear_out(stage)
    stage.settle()
    until_rings(stage, KIM).busy()
    supervisor = until_rings(stage, SUPERVISOR)
    assert stage.clock.instant.astimezone(UTC).hour == 0
    assert not dialed(stage, CHARGE)
    nurse_confirms(stage, supervisor)
    read = stage.card_of_read()
    assert any("Calling Nursing supervisor, Mercy" in one.words for one in stage.workspace.thread(READS, read.ts))
    for channel in (READS, DESK):  # whoever came on duty was told of the relay
        assert "Relays under way" in stage.workspace.expect_message(channel, "Handover").words


def oncall(stage: Stage, text: str = "mercy") -> list[str]:
    """Return the lines of the answer to ``/oncall``."""
    return stage.typed(LEE, text, "/oncall").text.splitlines()


def test_a_rung_with_nobody_on_duty_is_left_at_once(rostered: Begin) -> None:
    """It is recorded and the desk is asked, while the next rung rings in the same instant."""
    stage = rostered(BEFORE_SEVEN)
    stage.load(
        'begins: 2026-05-31, at: "19:00", every: 1d}\n  desk-staff',
        'begins: 2027-05-31, at: "19:00", every: 1d}\n  desk-staff',
    )
    call = stage.critical_stroke()
    hear_out(stage)
    call.busy()
    until_rings(stage, KIM).busy()
    stage.advance(1)
    supervisor = stage.rings(SUPERVISOR)
    assert skipped(stage) == [{**skipped(stage)[0], "to": "nurses", "reason": "nobody is on duty"}]
    assert [one.kind for one in stage.open_tasks()] == [TaskKind.FIND_CONTACT]
    nurse_confirms(stage, supervisor)


def test_a_rota_of_a_running_ladder_cannot_be_dropped(rostered: Begin) -> None:
    """The relay would have nobody on that rung; the refusal says so, and the call goes on."""
    stage = rostered(BEFORE_SEVEN)
    call = stage.critical_stroke()
    hear_out(stage)
    stage.load("charge_nurse: nurses", "charge_nurse: mercy-ed-charge")
    with pytest.raises(Rejection, match="nurses is on a running ladder"):
        stage.load("\n  nurses:\n", "\n  other-nurses:\n")
    nurse_confirms(stage, call)


def test_the_desks_first_round_rings_whoever_is_on_duty(rostered: Begin) -> None:
    """Later rounds ring every telephone of the desk."""
    stage = rostered(BEFORE_SEVEN)
    stage.stroke_ct()
    stage.finding()
    exhaust(stage)
    began = stage.clock.instant
    until_rings(stage, DESK_PHONE)
    assert not dialed(stage, DESK_PHONE_2)
    until_rings(stage, DESK_PHONE_2)
    assert 119 <= (stage.clock.instant - began).total_seconds() <= 122
    call = next(one for one in stage.exchange.ringing(DESK_PHONE))
    call.answer()
    stage.settle()
    stage.press(call, "1")
    (task,) = stage.open_tasks()
    assert task.taken_by == "Pat Quinn"
    for one in stage.exchange.unexpected():
        one.seen = True


def test_oncall_says_who_until_when_and_who_follows(rostered: Begin) -> None:
    """Now, at a time of the facility's zone, and through the night on which the clocks go back."""
    stage = rostered(BEFORE_SEVEN)
    said = oncall(stage)
    assert said == [
        "Mercy, Mon 2026-06-01 18:30 CDT:",
        "nurses (on the ladder): ED charge nurse, Mercy until Mon 2026-06-01 19:00 CDT, then Nursing supervisor, Mercy",
        "desk-staff (Night desk): Pat Quinn until Mon 2026-06-01 19:00 CDT, then Ana Silva",
        "night-readers (readers of the pool night): Dr. Maya Lee until Mon 2026-06-01 19:00 CDT, then Dr. Ruth Stone",
    ]
    assert "Dr. Ruth Stone until Tue 2026-06-02 19:00 CDT" in stage.command(LEE, "mercy tomorrow 07:00", "/oncall")
    autumn = stage.command(LEE, "mercy 2026-10-31 23:00", "/oncall")
    assert "until Sun 2026-11-01 19:00 CST" in autumn
    assert "Mercy, Sat 2026-10-31 23:00 CDT" in autumn


def test_oncall_explains_what_it_cannot_answer(rostered: Begin) -> None:
    """A time that is none, a facility that is none, no facility at all, and somebody whom nobody knows."""
    stage = rostered(BEFORE_SEVEN)
    assert "That is not a time. Write it in the facility's zone" in stage.command(LEE, "mercy soon", "/oncall")
    assert "no such facility" in stage.command(LEE, "mercey", "/oncall")
    assert "Example: /oncall riverside tomorrow 07:00" in stage.command(LEE, "", "/oncall").replace("`", "")
    assert "I do not know you yet" in stage.command(STRANGER, "mercy", "/oncall")


@pytest.mark.parametrize(
    ("begins", "length"),
    [(datetime(2026, 3, 8, 1, tzinfo=UTC), 23), (datetime(2026, 11, 1, tzinfo=UTC), 25)],
    ids=["spring", "autumn"],
)
def test_a_night_of_the_clocks_is_one_shift(rostered: Begin, begins: datetime, length: int) -> None:
    """From seven to seven by the wall clock: whoever came on duty is on duty for 23 or 25 hours, and not a minute more."""
    stage = rostered(begins)
    stage.load("begins: 2026-05-31", "begins: 2026-01-01")
    said = oncall(stage)[1]
    (before, after) = ("CST", "CDT") if length == 23 else ("CDT", "CST")
    assert f"19:00 {after}, then" in said
    assert oncall(stage)[0].endswith(f"19:00 {before}:")
    stage.advance(minutes=length * 60 - 1)
    assert oncall(stage)[1] == said
    stage.advance(minutes=1)
    assert oncall(stage)[1] != said
