"""Quiet hours: what is not category 1 waits until they end, or the desk has it, and every screen says which and until when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from handlers.domain.relays import RelayState
from handlers.domain.tasks import TaskKind, TaskState
from handlers.domain.waits import Why
from tests.flows.acts import confirm, desk_takes, dialed, hear_out
from tests.flows.ringing import let_ring, over, until_rings
from tests.flows.stage import DESK_PHONE, KIM, LEE_PHONE, OURS, QUINN, READS, Stage
from tests.flows.visitor import Visitor

Begin = Callable[[str, datetime], Stage]

MERCY = "    alias: Mercy\n"
NIGHTS = '{days: mon-sun, from: "21:00", to: "07:00"}'
WAITS = f"    quiet: [{{categories: [2, 3], hours: {NIGHTS}}}]\n"
TO_DESK = f"    quiet: [{{categories: [2], patient_class: [emergency], hours: {NIGHTS}, then: desk}}]\n"


def at(local: str) -> datetime:
    """Return an instant by Mercy's wall clock."""
    return datetime.fromisoformat(local).replace(tzinfo=ZoneInfo("America/Chicago")).astimezone(UTC)


def night(covered: Begin, local: str = "2026-11-24 22:00", quiet: str = WAITS) -> Stage:
    """Begin at a time of Mercy's wall clock, with quiet hours there."""
    stage = covered("", at(local))
    stage.load(MERCY, f"{MERCY}{quiet}")
    return stage


def finding(stage: Stage, category: int = 2) -> None:
    """Send a study with a critical finding for Dr. Kim."""
    stage.stroke_ct()
    stage.finding(category=category)


def test_a_finding_at_night_is_called_in_the_morning_and_says_so(covered: Begin) -> None:
    """Neither text nor call before 07:00 by the wall; card, thread, status and case page say until when, and since when."""
    stage = night(covered)
    finding(stage)
    relay = stage.relay()
    assert relay.wait is not None
    assert (relay.state, relay.wait.why, relay.wait.until) == (RelayState.BETWEEN, Why.QUIET, at("2026-11-25 07:00"))
    stage.advance(5)
    words = "waits: quiet hours until Wed 07:00 CST"
    card = stage.card()
    assert f"{words}, step 1 of 2, open since 22:00 CST" in card.words
    assert any(f"W{words[1:]}." in note.words for note in stage.workspace.thread(READS, card.ts))
    assert words in stage.command(QUINN, "status")
    visitor = Visitor(stage, QUINN)
    assert words in visitor.sign_in().text
    visitor.close()
    call = until_rings(stage, KIM, 10 * 60)
    assert stage.clock.instant.replace(microsecond=0) == at("2026-11-25 07:00")
    hear_out(stage)
    confirm(stage, call)


def test_the_rung_has_its_whole_time_in_the_morning(covered: Begin) -> None:
    """The night counts for no rung: nobody answers at 07:00, and the radiologist is called after the rung's tries."""
    stage = night(covered)
    finding(stage)
    for _ in range(3):
        let_ring(stage, until_rings(stage, KIM, 10 * 60))
    hear_out(stage)
    until_rings(stage, LEE_PHONE, 2)
    assert len(dialed(stage, KIM)) == 3


def test_a_retry_that_falls_into_quiet_hours_waits_for_the_morning(covered: Begin) -> None:
    """Called at 20:59 and not reached: the second try is at 07:00, and it is the second."""
    stage = night(covered, "2026-11-24 20:59")
    finding(stage)
    let_ring(stage, until_rings(stage, KIM))
    hear_out(stage)
    stage.advance(minutes=3)
    assert stage.relay().wait is not None
    assert stage.relay().wait.why is Why.QUIET  # type: ignore[union-attr]
    confirm(stage, until_rings(stage, KIM, 11 * 60))
    assert stage.attempts()[-1].try_no == 2


def test_category_1_rings_in_the_middle_of_the_night(covered: Begin) -> None:
    """At 22:00, with a finding of category 2 waiting for the same physician: it rings in the second in which it comes."""
    stage = night(covered)
    finding(stage)
    stage.advance(1)
    before = stage.clock.instant
    finding(stage, category=1)
    call = stage.rings(KIM)
    assert stage.clock.instant == before
    confirm(stage, call)
    over(stage, call)
    hear_out(stage)
    confirm(stage, until_rings(stage, KIM, 10 * 60))
    hear_out(stage)


def test_what_becomes_category_1_in_quiet_hours_rings_at_once(covered: Begin) -> None:
    """The waiting finding is amended at night: nobody sleeps through it."""
    stage = night(covered)
    finding(stage)
    stage.hospital.amend_finding("Acute epidural hematoma.", category=1)
    stage.settle()
    confirm(stage, stage.rings(KIM))
    hear_out(stage)


def test_where_the_site_says_so_the_desk_has_it_at_once(covered: Begin) -> None:
    """`then: desk`: its telephones ring in the night, and nobody else's; the task says why."""
    stage = night(covered, quiet=TO_DESK)
    finding(stage)
    assert stage.relay().state is RelayState.AT_DESK
    assert [task.kind for task in stage.open_tasks()] == [TaskKind.QUIET_HOURS]
    desk_takes(stage)
    assert "quiet hours" in stage.desk_card().words
    assert not dialed(stage, KIM)


def test_what_the_desk_has_in_quiet_hours_is_called_once_it_is_category_1(covered: Begin) -> None:
    """Nobody had taken it: the ladder begins, and the desk's telephones are quiet again."""
    stage = night(covered, quiet=TO_DESK)
    finding(stage)
    stage.advance(1)
    stage.rings(DESK_PHONE)
    stage.hospital.amend_finding("Acute epidural hematoma.", category=1)
    stage.settle()
    confirm(stage, stage.rings(KIM))
    hear_out(stage)
    assert [one.state for one in stage.tasks(kind=TaskKind.QUIET_HOURS)] == [TaskState.DONE]
    for call in stage.exchange.unexpected():
        assert call.to.startswith("+1312555015")
        call.seen = True


def test_who_calls_back_at_night_is_told(covered: Begin) -> None:
    """Quiet hours hold our calls back, not those of a clinician: here one who was texted before they began."""
    stage = night(covered, "2026-11-24 20:59")
    finding(stage)
    let_ring(stage, until_rings(stage, KIM))
    hear_out(stage)
    stage.advance(minutes=3)
    call = stage.exchange.call_in(KIM, OURS)
    stage.settle()
    stage.press(call, stage.relay().callback_code)
    stage.press(call, "1")
    stage.press(call, stage.code())
    assert stage.relay().state is RelayState.ENDED


def test_the_night_on_which_clocks_change_ends_by_the_wall(covered: Begin) -> None:
    """In the night to the first Sunday of November it is 07:00 an hour later, and called then."""
    stage = night(covered, "2026-10-31 22:00")
    finding(stage)
    call = until_rings(stage, KIM, 11 * 60)
    assert stage.clock.instant.replace(microsecond=0) == at("2026-11-01 07:00")
    hear_out(stage)
    confirm(stage, call)


def test_a_redirect_at_night_says_that_it_waits(covered: Begin) -> None:
    """The administrator reads until when, and may call by hand."""
    stage = night(covered)
    finding(stage)
    said = stage.command(QUINN, f"redirect {stage.case()} mercy-ed-charge")
    assert "The call waits: quiet hours until Wed 07:00 CST." in said
