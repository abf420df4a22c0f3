"""Shift change: what somebody holds is listed to whoever follows, who accepts it by name."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from handlers import handover as handovers
from handlers.domain import case_code as code
from handlers.domain.errors import Rejection
from handlers.domain.handovers import Handover, Place
from handlers.domain.machinery import SYSTEM
from handlers.domain.studies import Read, ReadState
from handlers.domain.tasks import TaskKind
from handlers.ports import Memory, Transaction
from sandbox.workspace import Message
from store import audit
from tests.flows.acts import exhaust
from tests.flows.crashing import Crash
from tests.flows.rotas import BEFORE_SEVEN
from tests.flows.stage import DESK, DESK_PHONE, HADDAD, LEE, QUINN, READS, SILVA, STONE, Stage

Begin = Callable[[datetime], Stage]
LAKESIDE = {"facility": "lakeside", "ordering_contact": "lakeside-ed-physician", "patient_state": "NY"}


def until_seven(stage: Stage) -> None:
    """Let the shift end."""
    stage.advance(minutes=(31 - (stage.clock.instant - BEFORE_SEVEN).total_seconds() / 60))


def card(stage: Stage, channel: str = READS) -> Message:
    """Return the newest handover's card of a channel; the story has looked at it then."""
    found = [one for one in stage.workspace.messages(channel) if "Handover" in one.text]
    found[-1].seen = True
    return found[-1]


def claimed(stage: Stage, **over: object) -> Read:
    """Let a study arrive and be claimed by Dr. Lee."""
    stage.stroke_ct(**over)
    stage.advance(2)
    assert "It is yours" in stage.click(LEE, "claim")
    stage.advance(2)
    return stage.read()


def reads(stage: Stage) -> dict[str, tuple[str | None, ReadState]]:
    """Return who holds which read."""
    return {one.facility: (one.claimed_by, one.state) for one in stage.all(Read)}


def facts(stage: Stage, action: str) -> list[tuple[str, dict[str, object]]]:
    """Return actor and facts of an action's entries."""
    with stage.service.store.database.snapshot() as connection:
        return [(one["actor"], one["facts"]) for one in audit.export(connection) if one["action"] == action]


def test_what_is_held_is_offered_and_moves_when_it_is_accepted(rostered: Begin) -> None:
    """The card names and mentions the reader who follows; a read that she may not read stays, and she is told why."""
    stage = rostered(BEFORE_SEVEN)
    claimed(stage)
    claimed(stage, **LAKESIDE)
    until_seven(stage)
    words = card(stage).words
    assert "The shift of Dr. Maya Lee is over; Dr. Ruth Stone follows and accepts this by name" in words
    assert f"<@{STONE}>" in words
    assert "stroke · Mercy" in words
    assert "stroke · Lakeside" in words
    assert set(reads(stage).values()) == {("lee", ReadState.CLAIMED)}
    said = stage.click(STONE, "accept_handover", message=card(stage))
    assert "Accepted: 1 read, 0 desk tasks. Dr. Ruth Stone may not read these, so they stay with Dr. Maya Lee," in said
    assert f"Privilege missing: {code.shown(stage.read().case_code)}." in said
    assert [one.kind for one in stage.open_tasks()] == [TaskKind.READS_LEFT]
    assert reads(stage) == {"mercy": ("stone", ReadState.CLAIMED), "lakeside": ("lee", ReadState.CLAIMED)}
    stage.advance(5)
    assert "Dr. Ruth Stone accepted at 19:01 CDT" in card(stage).words
    assert "accept_handover" not in str(card(stage).blocks)
    (actor, offered), (_, moved) = facts(stage, "handover:accept")[0], facts(stage, "read:hand_over")[0]
    assert (actor, offered["reads"], offered["kept"]) == ("radiologist:stone", 1, 1)
    assert (moved["from"], moved["to"]) == ("lee", "stone")
    assert facts(stage, "read:refuse")[0][1]["rules"] == "privilege_missing"
    stage.advance(minutes=30)  # nobody is reminded of what was accepted
    assert stage.hospital.report_final()[0] == 202
    stage.advance(minutes=10)
    assert not stage.open_tasks()


def test_only_the_named_person_accepts_or_an_admin_in_their_name(rostered: Begin) -> None:
    """Neither whoever leaves nor another reader; an administrator's help is recorded as theirs."""
    stage = rostered(BEFORE_SEVEN)
    claimed(stage)
    until_seven(stage)
    for wrong in (LEE, HADDAD, SILVA):
        assert "Only Dr. Ruth Stone, or a PACS administrator" in stage.click(
            wrong, "accept_handover", message=card(stage)
        )
    assert "Accepted: 1 read" in stage.click(QUINN, "accept_handover", message=card(stage))
    assert reads(stage)["mercy"] == ("stone", ReadState.CLAIMED)
    ((actor, said),) = facts(stage, "handover:accept")
    assert (actor, said["to"]) == ("staff:quinn", "stone")
    assert "Pat Quinn accepted" in card(stage).words
    (handover,) = stage.all(Handover)
    with pytest.raises(Rejection, match="accepted already"):  # her Slack may show the button still
        handovers.accept_handover(stage.service.house, handover.id, STONE, "slack:late")
    assert len(facts(stage, "read:hand_over")) == 1
    stage.advance(5)
    assert "Pat Quinn accepted at 19:01 CDT for Dr. Ruth Stone" in card(stage).words


def test_nobody_accepts_what_they_hand_over_themselves(rostered: Begin) -> None:
    """Pat Quinn is an administrator of all sites and leaves: Ana Silva accepts, or another administrator."""
    stage = rostered(BEFORE_SEVEN)
    stage.stroke_ct()
    stage.command(QUINN, f"problem {stage.case()} missing_prior")
    stage.advance(2)
    stage.click(QUINN, "take", DESK, stage.desk_card())
    until_seven(stage)
    said = stage.click(QUINN, "accept_handover", DESK, card(stage, DESK))
    assert "This is your own shift's work: Ana Silva, or another PACS administrator, accepts it." in said
    assert stage.open_tasks()[0].taken_by == "Pat Quinn"
    assert "Accepted: 0 reads, 1 desk task." in stage.click(SILVA, "accept_handover", DESK, card(stage, DESK))
    stage.advance(5)
    thread = stage.workspace.thread(DESK, stage.workspace.expect_message(DESK, "study problem").ts)
    assert any("Ana Silva has this now: handed over by Pat Quinn." in one.words for one in thread)
    card(stage)
    stage.open_tasks()


def test_a_click_that_slack_repeats_is_answered_the_same(rostered: Begin) -> None:
    """The same delivery changes nothing a second time."""
    stage = rostered(BEFORE_SEVEN)
    claimed(stage)
    until_seven(stage)
    (handover,) = stage.all(Handover)
    answers = [
        handovers.accept_handover(stage.service.house, handover.id, STONE, "slack:1:accept_handover") for _ in range(2)
    ]
    assert answers[0] == answers[1] == "Accepted: 1 read, 0 desk tasks."
    assert [len(facts(stage, one)) for one in ("handover:accept", "read:hand_over")] == [1, 1]
    stage.advance(5)
    card(stage)


def test_who_does_not_accept_is_reminded_and_then_the_desk_is_told(rostered: Begin) -> None:
    """After ten minutes once, after ten more the desk; accepting it then ends the desk's task."""
    stage = rostered(BEFORE_SEVEN)
    claimed(stage)
    until_seven(stage)
    stage.advance(minutes=10)
    thread = " ".join(one.words for one in stage.workspace.thread(READS, card(stage).ts))
    assert "Dr. Ruth Stone, this waits to be accepted by you." in thread
    assert not stage.open_tasks()
    stage.advance(minutes=10)
    assert [one.kind for one in stage.open_tasks()] == [TaskKind.HANDOVER]
    assert [one["told"] for _, one in facts(stage, "handover:remind")] == ["incoming", "desk"]
    assert "Accepted: 1 read" in stage.click(STONE, "accept_handover", message=card(stage))
    assert not stage.open_tasks()


def test_the_desks_task_ends_when_nothing_is_left_to_accept(rostered: Begin) -> None:
    """Nobody accepted, and meanwhile the read was reported: within minutes nobody is asked for it any more."""
    stage = rostered(BEFORE_SEVEN)
    claimed(stage)
    until_seven(stage)
    stage.advance(minutes=20)
    assert [one.kind for one in stage.open_tasks()] == [TaskKind.HANDOVER]
    assert stage.hospital.report_final()[0] == 202
    stage.advance(minutes=10)
    assert not stage.open_tasks()
    assert stage.tasks()[-1].outcome == "nothing_left"
    card(stage)


def test_what_is_under_way_is_listed_with_what_is_held(rostered: Begin) -> None:
    """Reads that nobody has, by class, and each relay of the pool's sites; of the desk also tasks that nobody took."""
    stage = rostered(BEFORE_SEVEN)
    stage.stroke_ct(priority="routine")
    stage.stroke_ct(priority="urgent")
    claimed(stage, **LAKESIDE)
    stage.critical_stroke()
    exhaust(stage)
    until_seven(stage)
    words = card(stage).words
    assert "*Reads held*\n• " in words
    assert "stroke · Lakeside" in words
    assert re.search(r"\*Relays under way\*\n• \d{4}-\d{4} · Mercy · Category 1 relay — at the desk", words)
    assert re.search(r"\*Reads that nobody has:\* 3 \(1 stroke, 1 urgent, 1 routine\)", words)
    words = card(stage, DESK).words
    assert "Relays under way" in words
    assert re.search(r"\*Desk tasks that nobody has taken\*\n• \d{4}-\d{4} · ladder exhausted · Mercy", words)
    assert "nothing is held, this is under way" in words
    said = stage.click(SILVA, "accept_handover", DESK, card(stage, DESK))
    assert "Accepted: nothing was held, so nothing moves." in said
    ((_, offered), *_) = [one for one in facts(stage, "handover:offer") if "pool" in one[1]]
    assert (offered["reads"], offered["relays"], offered["waiting"]) == (1, 1, 3)
    stage.open_tasks()
    for one in stage.exchange.unexpected():  # the desk's rounds
        one.seen = True


def test_a_restart_between_loses_no_change(rostered: Begin) -> None:
    """The change of shift comes while the product is down: it is seen at the start, and offered once."""
    stage = rostered(BEFORE_SEVEN)
    claimed(stage)
    stage.stop()
    stage.clock.instant = datetime(2026, 6, 2, 0, 15, tzinfo=UTC)
    stage.start()
    stage.advance(5)
    assert len(stage.all(Handover)) == 1
    stage.restart()
    stage.advance(5)
    assert len(stage.all(Handover)) == 1
    assert "Accepted: 1 read" in stage.click(STONE, "accept_handover", message=card(stage))


def test_where_nobody_follows_the_desk_is_told(rostered: Begin) -> None:
    """A rota that ends: there is nobody to accept, so no button, and the desk has a task at once."""
    stage = rostered(BEFORE_SEVEN)
    stage.load(
        'rotation: {people: [lee, stone], begins: 2026-05-31, at: "19:00", every: 1d}',
        'overrides: [{from: "2026-05-31 19:00", to: "2026-06-01 19:00", who: lee}]',
    )
    claimed(stage)
    until_seven(stage)
    assert "The shift of Dr. Maya Lee is over and nobody follows. This is left" in card(stage).words
    assert "accept_handover" not in str(card(stage).blocks)
    assert [one.kind for one in stage.open_tasks()] == [TaskKind.HANDOVER]


def test_who_holds_nothing_hands_nothing_over(rostered: Begin) -> None:
    """The change is recorded; nobody is asked to accept nothing."""
    stage = rostered(BEFORE_SEVEN)
    until_seven(stage)
    assert not stage.all(Handover)
    assert [(one["from"], one["to"]) for _, one in facts(stage, "rota:change")][-2:] == [
        ("quinn", "silva"),
        ("lee", "stone"),
    ]


def test_a_desks_tasks_move_to_whoever_accepts(rostered: Begin) -> None:
    """A relay's task that the desk took goes to the next shift by name; its reminders begin anew."""
    stage = rostered(BEFORE_SEVEN)
    stage.stroke_ct()
    stage.finding()
    exhaust(stage)
    stage.advance(1)
    call = stage.rings(DESK_PHONE)
    call.answer()
    stage.settle()
    stage.press(call, "1")
    (task,) = stage.open_tasks()
    assert task.taken_by == "Pat Quinn"
    stage.command(QUINN, "halt")
    until_seven(stage)
    words = card(stage, DESK).words
    assert "The shift of Pat Quinn is over; Ana Silva follows" in words
    assert "ladder exhausted · Mercy" in words
    assert "Accepted: 0 reads, 1 desk task." in stage.click(SILVA, "accept_handover", DESK, card(stage, DESK))
    (task,) = stage.open_tasks()
    assert task.taken_by == "Ana Silva"
    assert "Relays under way" in card(stage).words
    for one in stage.exchange.unexpected():
        one.seen = True
    stage.advance(5)
    stage.desk_card()


def test_what_nobody_accepted_is_offered_to_the_next_shift(rostered: Begin) -> None:
    """Dr. Stone never came: a day later Dr. Haddad is asked, whose license has expired, so that it stays and is named."""
    stage = rostered(BEFORE_SEVEN)
    stage.load("people: [lee, stone]", "people: [lee, stone, haddad]")
    claimed(stage)
    until_seven(stage)
    stage.advance(minutes=24 * 60)
    of_pool = stage.all(Handover, place=Place.POOL)
    assert [(one.outgoing, one.incoming, one.reminders) for one in of_pool] == [("lee", "haddad", 0)]
    assert "Dr. Omar Haddad follows and accepts this by name" in card(stage).words
    assert "Only Dr. Omar Haddad" in stage.click(STONE, "accept_handover", message=card(stage))
    assert "License expired: " in stage.click(HADDAD, "accept_handover", message=card(stage))
    assert reads(stage)["mercy"] == ("lee", ReadState.CLAIMED)
    stage.advance(5)
    assert "Dr. Maya Lee still holds what is listed here." in card(stage).words
    assert "handover" in card(stage, DESK).words  # the desk's own next shift sees that this was with the desk
    stage.tasks()


class DyingBeforeItSaysSo:
    """A memory whose process dies when it begins to write that a handover is accepted."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def __getattr__(self, name: str) -> Any:
        return getattr(self._memory, name)

    def transaction(self, facility: str) -> AbstractContextManager[Transaction]:
        """Open a site's; die at the system's."""
        if facility == SYSTEM:
            raise Crash
        return self._memory.transaction(facility)


def test_a_crash_in_the_middle_moves_nothing_twice(rostered: Begin) -> None:
    """The sites' parts are written and the last one is not: the next click ends it, and each read has moved once."""
    stage = rostered(BEFORE_SEVEN)
    claimed(stage)
    claimed(stage, facility="prairie", ordering_contact="prairie-clinician", patient_state="IN")
    until_seven(stage)
    (handover,) = stage.all(Handover)
    dying: Any = DyingBeforeItSaysSo(stage.service.house.memory)
    with pytest.raises(Crash):
        handovers.accept_handover(replace(stage.service.house, memory=dying), handover.id, STONE, "slack:1")
    assert stage.all(Handover)[0].accepted_at is None
    stage.restart()
    assert "Accepted" in stage.click(STONE, "accept_handover", message=card(stage))
    assert set(reads(stage).values()) == {("stone", ReadState.CLAIMED)}
    assert [len(facts(stage, one)) for one in ("handover:accept", "read:hand_over")] == [1, 2]
    stage.advance(5)


@pytest.mark.parametrize("day", [datetime(2026, 3, 8, 0, 30, tzinfo=UTC), datetime(2026, 10, 31, 23, 30, tzinfo=UTC)])
def test_a_night_of_the_clocks_is_handed_over_in_the_morning(rostered: Begin, day: datetime) -> None:
    """A night shift from seven to seven is handed over at seven by the wall clock, 11 or 13 hours later."""
    stage = rostered(day)
    old = 'rotation: {people: [lee, stone], begins: 2026-05-31, at: "19:00", every: 1d}'
    summer = day.month == 3
    nights = ("2026-03-07 19:00", "2026-03-08 07:00") if summer else ("2026-10-31 19:00", "2026-11-01 07:00")
    stage.load(
        old,
        f'rotation: {{people: [stone], begins: 2026-01-01, at: "07:00"}}\n    overrides: [{{from: "{nights[0]}", to: "{nights[1]}", who: lee}}]',
    )
    stage.advance(minutes=35)
    claimed(stage)
    stage.advance(minutes=(11 if summer else 13) * 60 - 10)
    assert not stage.all(Handover)
    stage.advance(minutes=10)
    assert [(one.outgoing, one.incoming) for one in stage.all(Handover)] == [("lee", "stone")]
    assert "Since 07:00" in card(stage).words
    stage.advance(5)
