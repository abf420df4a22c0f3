"""The PACS says who has a study open: the card shows it, its holder's lease begins anew, and they are told of anybody else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from handlers.domain.leases import Lease, LeaseState
from handlers.domain.studies import ReadState
from handlers.domain.viewings import Viewing
from tests.flows.stage import LEE, READS, Stage
from tests.security.wire import snapshot

STROKE_MINUTES = 10


def opened(stage: Stage, by: str, **over: str) -> None:
    """Let somebody open the newest study."""
    assert stage.hospital.open_study(by, **over)[0] == 202
    stage.advance(2)


def closed(stage: Stage, by: str, **over: str) -> None:
    """Let somebody close the newest study."""
    assert stage.hospital.close_study(by, **over)[0] == 202
    stage.advance(2)


def thread(stage: Stage) -> list[str]:
    """Return the raw text of what stands under the card."""
    return [one.text for one in stage.workspace.thread(READS, stage.card().ts)]


@pytest.fixture
def held(stage: Stage) -> Stage:
    """Let Lee hold a stroke."""
    stage.stroke_ct()
    stage.advance(2)
    stage.click(LEE, "claim")
    stage.advance(2)
    return stage


@pytest.mark.parametrize("by", ["haddad", "1000000012"], ids=["by id", "by NPI"])
def test_a_card_shows_who_has_it_open_since_when(stage: Stage, by: str) -> None:
    """Also of a read that nobody holds, until it is closed there; it is no claim."""
    stage.stroke_ct()
    stage.advance(2)
    opened(stage, by)
    assert "Open in the PACS: Dr. Omar Haddad since" in stage.card().words
    assert stage.read().state is ReadState.OPEN
    closed(stage, by)
    assert "Open in the PACS" not in stage.card().words


def test_what_the_holder_opens_begins_the_lease_anew(held: Stage) -> None:
    """Nobody is told anything: it is what a claim is for."""
    held.advance(minutes=STROKE_MINUTES - 1)
    opened(held, "lee")
    held.advance(minutes=STROKE_MINUTES - 1)
    assert held.all(Lease)[-1].state is LeaseState.RUNNING
    assert [one for one in thread(held) if one != "Past its target."] == ["Claimed by Dr. Maya Lee."]
    assert held.actions().count("lease:extend") == 1


def test_an_opening_from_before_the_question_is_no_answer_to_it(held: Stage) -> None:
    """An event that comes late says when it was."""
    before = held.clock.instant + timedelta(minutes=STROKE_MINUTES - 1)
    held.advance(minutes=STROKE_MINUTES)
    assert held.all(Lease)[-1].state is LeaseState.TOLD
    opened(held, "lee", at=before.isoformat())
    assert held.all(Lease)[-1].state is LeaseState.TOLD
    opened(held, "lee")
    assert held.all(Lease)[-1].state is LeaseState.RUNNING


@pytest.mark.parametrize(
    ("by", "name"), [("haddad", "Dr. Omar Haddad"), ("Nobody Knows", "Somebody who is not in the directory")]
)
def test_the_holder_is_told_once_of_anybody_else(held: Stage, by: str, name: str) -> None:
    """However often they open it; the card says so while it is open, and Lee keeps the read."""
    for _ in range(3):
        opened(held, by)
        closed(held, by)
        held.advance(minutes=1)
    told = f"<@{LEE}> {name} opened this in the PACS, though Dr. Maya Lee has the read."
    assert thread(held).count(told) == 1
    assert held.read().claimed_by == "lee"
    assert held.actions().count("viewing:open") == 3


def test_what_a_pacs_calls_a_stranger_is_not_kept(held: Stage) -> None:
    """It could be a patient's name in the wrong field: neither the card nor the database has it."""
    opened(held, "SANDBOX^CANARY")
    assert "Open in the PACS: a reader who is not in the directory" in held.card().words
    assert "CANARY" not in held.card().text + str(thread(held)) + str(snapshot(held))


def test_a_pacs_that_says_it_again_and_again_changes_nothing(held: Stage) -> None:
    """Since when is since the first, and one entry tells it."""
    at = held.clock.instant
    for _ in range(5):
        opened(held, "haddad")
    [viewing] = held.all(Viewing)
    assert viewing.opened_at == at
    assert held.actions().count("viewing:open") == 1


def test_a_late_event_changes_nothing(held: Stage) -> None:
    """The closing came first; the opening that it ended does not open it again."""
    before = held.clock.instant - timedelta(minutes=1)
    closed(held, "haddad")
    opened(held, "haddad", at=before.isoformat())
    assert "Open in the PACS" not in held.card().words
    assert "viewing:late_event" in held.actions()


def test_it_is_taken_whatever_the_state_of_things(held: Stage) -> None:
    """An unknown study, one that is reported, and one whose read was never claimed."""
    opened(held, "haddad", accession_number="NEVER-SENT")
    assert "viewing:unknown_study" in held.actions()
    assert held.hospital.report_final()[0] == 202
    held.advance(2)
    opened(held, "haddad")
    assert "Open in the PACS" not in held.card().words
    assert held.read().state is ReadState.REPORTED


def test_what_was_never_closed_is_not_shown_for_ever(held: Stage) -> None:
    """Twelve hours; many PACS say nothing when a viewer is closed."""
    opened(held, "lee")
    held.advance(minutes=12 * 60)
    held.click(LEE, "still_reading")
    held.advance(2)
    assert "Open in the PACS" not in held.card().words
