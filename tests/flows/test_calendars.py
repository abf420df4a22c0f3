"""A rota whose shifts come from a calendar: what it says is done, and while it fails its last good copy is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from handlers.domain.handovers import Handover
from handlers.domain.rotas import CalendarCopy
from handlers.domain.tasks import TaskKind
from store import audit
from tests import feeds
from tests.feeds import Feed, calendar, shift
from tests.flows.rotas import BEFORE_SEVEN
from tests.flows.stage import LEE, READS, STONE, Stage

CHICAGO = ZoneInfo("America/Chicago")

Begin = Callable[[datetime], Stage]
OLD = 'rotation: {people: [lee, stone], begins: 2026-05-31, at: "19:00", every: 1d}'
NEW = 'calendar: {url_env: RADRELAY_CALENDAR_NIGHT, names: {"Dr Lee nights": lee, Stone: stone}}'
PATIENT = "Jane Roe MRN 889900"


@pytest.fixture
def feed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Feed]:
    """Serve the readers' calendar: Dr. Lee until seven, then Dr. Stone for a night; a patient's visit is in it, too."""
    with feeds.feeding() as feed:
        monkeypatch.setenv("RADRELAY_CALENDAR_NIGHT", feed.url)
        feed.body = calendar(
            shift("Dr Lee nights", "20260531T190000", "20260601T190000"),
            shift("Stone", "20260601T190000", "20260602T070000"),
            shift(PATIENT, "20260601T080000", "20260602T080000"),
        )
        yield feed


@pytest.fixture
def calendared(rostered: Begin, feed: Feed) -> Stage:
    """Begin at 18:30 with the readers' rota by calendar, read once."""
    stage = rostered(BEFORE_SEVEN)
    stage.load(OLD, NEW)
    stage.advance(5)
    stage.service.read_calendars()
    stage.settle()
    return stage


def readers(stage: Stage, when: str = "") -> str:
    """Return what ``/oncall`` says of the readers."""
    lines = stage.typed(LEE, f"mercy {when}".strip(), "/oncall").text.splitlines()
    return next(line.partition(": ")[2] for line in lines if line.startswith("night-readers"))


def facts(stage: Stage, action: str) -> list[dict[str, object]]:
    """Return the facts of an action's entries, oldest first."""
    with stage.service.store.database.snapshot() as connection:
        return [one["facts"] for one in audit.export(connection) if one["action"] == action]


def test_the_calendar_says_who_is_on_duty_and_hands_over(calendared: Stage) -> None:
    """By its titles; at its change what Dr. Lee holds is offered to Dr. Stone."""
    stage = calendared
    assert readers(stage) == "Dr. Maya Lee until Mon 2026-06-01 19:00 CDT, then Dr. Ruth Stone"
    assert readers(stage, "tomorrow 08:00") == "nobody"
    stage.stroke_ct()
    stage.click(LEE, "claim")
    stage.advance(minutes=31)
    assert [(one.outgoing, one.incoming) for one in stage.all(Handover)] == [("lee", "stone")]
    card = next(one for one in stage.workspace.messages(READS) if "Handover" in one.text)
    card.seen = True
    assert "Accepted: 1 read" in stage.click(STONE, "accept_handover", message=card)


def test_a_swap_in_the_calendar_is_handed_over_when_it_is_read(calendared: Stage, feed: Feed) -> None:
    """Somebody changes the calendar for this very hour: whoever is on duty now is asked to accept."""
    stage = calendared
    stage.stroke_ct()
    stage.click(LEE, "claim")
    feed.body = calendar(shift("Stone", "20260601T120000", "20260602T070000"))
    stage.service.read_calendars()
    stage.settle()
    assert readers(stage).startswith("Dr. Ruth Stone until Tue 2026-06-02 07:00 CDT")
    stage.advance(2)
    assert [(one.outgoing, one.incoming) for one in stage.all(Handover)] == [("lee", "stone")]
    next(one for one in stage.workspace.messages(READS) if "Handover" in one.text).seen = True


def test_while_the_feed_fails_its_last_good_copy_is_used(calendared: Stage, feed: Feed) -> None:
    """Recorded once; after six hours the desk has a task, which ends when the feed can be read again."""
    stage = calendared
    before = readers(stage)
    feed.status = 503
    for _ in range(3):
        stage.service.read_calendars()
    stage.restart()
    stage.service.read_calendars()
    since = f" (its calendar cannot be read since {stage.clock.instant.astimezone(CHICAGO):%a %Y-%m-%d %H:%M %Z}"
    assert readers(stage) == f"{before}{since}; its last good copy is used)"
    assert facts(stage, "calendar:fail") == [{"reason": "http_503", "kept": 2}]
    stage.advance(minutes=6 * 60 - 1)
    assert not stage.open_tasks()
    stage.advance(minutes=2)
    assert [one.kind for one in stage.open_tasks()] == [TaskKind.CALENDAR_FAILING]
    assert readers(stage).startswith("Dr. Ruth Stone")
    feed.status = 200
    stage.service.read_calendars()
    stage.advance(2)
    assert not stage.open_tasks()
    assert [one["shifts"] for one in facts(stage, "calendar:load")] == [2, 2]


def test_what_has_not_changed_is_not_recorded_again(calendared: Stage, feed: Feed) -> None:
    """Read every few minutes, it leaves one entry."""
    stage = calendared
    before = stage.audit_count()
    for _ in range(5):
        stage.service.read_calendars()
    assert feed.asked == 6
    assert stage.audit_count() == before


def test_nothing_of_a_patient_in_a_calendar_is_kept_or_logged(
    calendared: Stage, feed: Feed, capfd: pytest.CaptureFixture[str]
) -> None:
    """Neither in the copy nor in the record nor in a log line, be the feed whole or broken; nor is its address."""
    stage = calendared
    feed.body = str(feed.body).replace("DTSTART;TZID=America/Chicago:20260531T190000", f"DTSTART:{PATIENT}")
    stage.service.read_calendars()
    (copy,) = stage.all(CalendarCopy)
    assert {one.who for one in copy.shifts} == {"lee", "stone"}
    with stage.service.store.database.snapshot() as connection:
        entries = str(list(audit.export(connection)))
    assert "calendar:fail" in entries
    written = "".join(capfd.readouterr())
    for secret in ("Jane", "889900", feeds.SECRET_PATH):
        assert secret not in f"{copy} {entries} {written}"
