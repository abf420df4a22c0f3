"""`9` after the finding was spoken opens a privacy event: its owner is called by name, daily, until it has an outcome."""

from __future__ import annotations

import pytest

from handlers.domain.privacy import PrivacyEvent, PrivacyState
from handlers.domain.relays import RelayState
from handlers.domain.tasks import TaskKind
from sandbox.workspace import Message
from tests.flows.acts import confirm, hear_out, hear_the_finding
from tests.flows.ringing import over, until_rings
from tests.flows.stage import CHARGE, DESK, HADDAD, QUINN, SILVA, Stage

#: Every site of the demo names Ana Silva; she is an auditor, too, so that she may open the case.
OFFICER = "  privacy_officer: silva\n"
DAY = 24 * 60


def told_to_the_wrong_person(stage: Stage) -> PrivacyEvent:
    """Let somebody hear the finding, press 9, and the charge nurse confirm it; the relay is over."""
    call = stage.critical_stroke()
    hear_out(stage)
    hear_the_finding(stage, call)
    stage.press(call, "9#")
    charge = until_rings(stage, CHARGE, 0.1)
    over(stage, call)
    confirm(stage, charge)
    over(stage, charge)
    stage.advance(5)
    assert stage.relay().state is RelayState.ENDED
    assert [task.kind for task in stage.open_tasks()] == [TaskKind.WRONG_PERSON_TOLD]
    (event,) = stage.all(PrivacyEvent)
    return event


def thread(stage: Stage) -> list[Message]:
    """Return what was said under the event's card."""
    return stage.workspace.thread(DESK, stage.desk_card().ts)


def test_its_owner_is_called_by_name_and_it_outlives_the_relay(stage: Stage) -> None:
    """Ana Silva is mentioned, nobody else is; the card and the status say whose it is and by when, and no patient."""
    event = told_to_the_wrong_person(stage)
    assert (event.owner, event.state) == ("silva", PrivacyState.OPEN)
    assert (event.due_at - event.opened_at).days == 60
    card = stage.desk_card()
    assert "It is Ana Silva's; its outcome is due by" in card.words
    assert "45 CFR 164.404" in card.words
    assert any(one.text.startswith(f"<@{SILVA}> Ana Silva, this privacy event is yours.") for one in thread(stage))
    for private in ("subdural", "SANDBOX", "5550101"):
        assert private not in str([card.words, *(one.words for one in thread(stage))])
    said = stage.command(SILVA, "status")
    assert f"Privacy event · {stage.case()} · Mercy · open · Ana Silva · due" in said


def test_it_is_reminded_daily_until_its_owner_gives_an_outcome(stage: Stage) -> None:
    """A restart stops no reminder; nobody but the owner closes it; the record has who did, and how it ended."""
    told_to_the_wrong_person(stage)
    stage.advance(minutes=DAY)
    stage.restart()
    stage.advance(minutes=DAY)
    reminders = [one for one in thread(stage) if "still has no outcome" in one.text]
    assert [one.text.startswith(f"<@{SILVA}>") for one in reminders] == [True, True]
    assert "This privacy event is Ana Silva's" in stage.click(QUINN, "take", DESK, stage.desk_card())
    assert "This privacy event is Ana Silva's" in stage.click(
        QUINN, "done", DESK, stage.desk_card(), "disclosure_outside"
    )
    assert "You have it" in stage.click(SILVA, "take", DESK, stage.desk_card())
    assert stage.all(PrivacyEvent)[0].state is PrivacyState.TAKEN
    said = stage.click(SILVA, "done", DESK, stage.desk_card(), "disclosure_to_workforce")
    assert "Disclosure inside the site's workforce" in said
    (event,) = stage.all(PrivacyEvent)
    assert (event.state, event.outcome, event.closed_by) == (
        PrivacyState.CLOSED,
        "disclosure_to_workforce",
        "staff:silva",
    )
    stage.advance(minutes=3 * DAY)
    assert stage.actions().count("privacy:remind") == 2
    assert not stage.open_tasks()
    assert [one for one in stage.actions() if one.startswith("privacy:")] == [
        "privacy:open",
        *["privacy:remind"] * 2,
        "privacy:take",
        "privacy:close",
    ]


def test_after_sixty_days_it_is_late_and_says_so(stage: Stage) -> None:
    """The clock of the breach rule runs from the moment at which it was known."""
    told_to_the_wrong_person(stage)
    for _ in range(61):
        stage.advance(minutes=DAY)
    assert any("is late and still has no outcome" in one.text for one in thread(stage))


def test_without_an_officer_it_is_the_desk_s(stage: Stage) -> None:
    """The whole channel is called, and a PACS administrator may close it."""
    stage.load(OFFICER, "")
    event = told_to_the_wrong_person(stage)
    assert event.owner == ""
    assert "names no privacy officer, so it is the desk's" in stage.desk_card().words
    assert any("Privacy officer, this privacy event is yours" in one.text for one in thread(stage))
    said = stage.click(QUINN, "done", DESK, stage.desk_card(), "no_disclosure_established")
    assert "No disclosure" in said
    assert stage.all(PrivacyEvent)[0].closed_by == "staff:quinn"


@pytest.mark.parametrize("user", [HADDAD])
def test_whoever_does_not_work_there_takes_nothing(stage: Stage, user: str) -> None:
    """A reader of the pool is no owner."""
    told_to_the_wrong_person(stage)
    assert "This privacy event is Ana Silva's" in stage.click(user, "take", DESK, stage.desk_card())


def test_before_the_finding_there_is_no_event(stage: Stage) -> None:
    """9 at the opening discloses nothing."""
    call = stage.critical_stroke()
    hear_out(stage)
    call.answer()
    stage.settle()
    stage.press(call, "9")
    confirm(stage, until_rings(stage, CHARGE, 0.1))
    assert stage.all(PrivacyEvent) == []
