"""Who may read, at the click and afterwards: every failing rule is named, and what stops being true gives the read back."""

from __future__ import annotations

from datetime import UTC, timedelta
from zoneinfo import ZoneInfo

import pytest

from handlers import worklists
from handlers.domain.studies import ReadState
from handlers.domain.tasks import TaskKind, TaskState
from tests.flows.stage import DESK, HADDAD, LEE, QUINN, READS, SILVA, STONE, Stage

LEE_IL = "{state: IL, number: IL-036-100001, expires: 2039-12-31}"
LEE_EVERYWHERE = """      - {state: IN, number: IN-300001, expires: 2039-12-31}
    privileges:
      - {facilities: "*"}
"""
POOL = "members: [lee, haddad, stone]}"


def capped(stage: Stage) -> None:
    """Let nobody of the pool hold more than one read, stroke and trauma apart."""
    stage.load(POOL, "members: [lee, haddad, stone], queue_cap: 1}")


def routine(stage: Stage) -> str:
    """Send a routine study; return its case."""
    stage.stroke_ct(priority="routine")
    stage.advance(2)
    return stage.case()


def test_a_full_queue_refuses_everything_but_stroke_and_trauma(stage: Stage) -> None:
    """The one who holds as many as the pool allows is told so; a stroke is open to them all the same."""
    capped(stage)
    routine(stage)
    stage.click(LEE, "claim")
    routine(stage)
    assert "1 is the most at a time" in stage.click(LEE, "claim")
    assert stage.read().state is ReadState.OPEN
    stage.stroke_ct()
    stage.advance(2)
    assert "It is yours" in stage.click(LEE, "claim")


def test_a_license_that_ends_while_a_read_is_held_gives_it_back_at_the_facility_s_midnight(stage: Stage) -> None:
    """Reader and desk are told; nobody has to notice."""
    local = stage.clock.instant.astimezone(ZoneInfo("America/Chicago"))
    stage.load(LEE_IL, LEE_IL.replace("2039-12-31", local.date().isoformat()))
    stage.stroke_ct()
    stage.click(LEE, "claim")
    midnight = (local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)).astimezone(UTC)
    stage.advance((midnight - stage.clock.instant).total_seconds() - 1)
    assert stage.read().state is ReadState.CLAIMED
    stage.advance(2)
    assert stage.read().state is ReadState.OPEN
    assert "read:return" in stage.actions()
    (task,) = stage.open_tasks()
    assert task.kind is TaskKind.READ_RETURNED
    thread = " ".join(one.text for one in stage.workspace.thread(READS, stage.card().ts))
    assert f"<@{LEE}>" in thread
    assert "Your IL license expired" in thread


def test_a_privilege_that_is_withdrawn_from_the_directory_gives_the_read_back_soon(stage: Stage) -> None:
    """No date ends here: a loaded directory says so, and within a quarter of an hour it is heeded."""
    stage.stroke_ct(priority="routine")
    stage.click(LEE, "claim")
    stage.load(LEE_EVERYWHERE, LEE_EVERYWHERE.replace('"*"', "[prairie]"))
    stage.advance(minutes=16)
    assert stage.read().state is ReadState.OPEN
    assert [task.kind for task in stage.open_tasks()] == [TaskKind.READ_RETURNED]


def test_a_claim_whose_reader_stays_in_good_standing_stays(stage: Stage) -> None:
    """Judged again and again, given back never."""
    stage.stroke_ct()
    stage.click(LEE, "claim")
    stage.advance(minutes=60 * 30)
    assert stage.read().state is ReadState.CLAIMED
    assert "read:return" not in stage.actions()


def test_a_reader_abroad_is_refused_a_final_read_with_the_reason(stage: Stage) -> None:
    """Until the site's contract says otherwise."""
    stage.load("    slack_user: U000000001\n", "    slack_user: U000000001\n    located: IN\n")
    stage.stroke_ct()
    assert "Preliminary reads are open to you" in stage.click(LEE, "claim")
    stage.load("    alias: Mercy\n", "    alias: Mercy\n    finals_from_abroad: true\n")
    assert "It is yours" in stage.click(LEE, "claim")


def test_a_proxy_agreement_that_has_lapsed_carries_no_privilege(stage: Stage) -> None:
    """The hospital relies on somebody else's credentialing only while it may."""
    agreement = "proxy_agreements:\n  apex: {effective: 2020-01-01, expires: EXPIRES, list_as_of: 2020-01-01, list_limit: 366d}\n"
    stage.load("pools:\n", agreement.replace("EXPIRES", "2039-12-31") + "pools:\n")
    stage.load(LEE_EVERYWHERE, LEE_EVERYWHERE.replace('"*"', '"*", proxy: apex'))
    stage.stroke_ct()
    assert "older than 366 days" in stage.click(LEE, "claim")
    stage.load("list_as_of: 2020-01-01", f"list_as_of: {stage.clock.instant.date().isoformat()}")
    assert "It is yours" in stage.click(LEE, "claim")


class TestOverride:
    """Two people waive a rule of the house for one reader and one read."""

    def test_asked_by_the_reader_granted_by_an_administrator_used_once(self, stage: Stage) -> None:
        """Card and record say who, and why; the next read is refused again."""
        capped(stage)
        routine(stage)
        stage.click(LEE, "claim")
        case = routine(stage)
        stage.click(LEE, "claim")
        assert "Asked for Dr. Maya Lee" in stage.command(LEE, f"override {case} volume")
        stage.advance(2)
        assert "Override asked for Dr. Maya Lee: volume" in stage.card().words
        assert [task.kind for task in stage.open_tasks()] == [TaskKind.OVERRIDE_ASKED]
        assert "Override asked for Dr. Maya Lee: volume" in stage.desk_card().words
        assert "1 is the most" in stage.click(LEE, "claim")
        assert "Granted: Dr. Maya Lee" in stage.command(QUINN, f"override {case} grant")
        assert stage.open_tasks() == []
        assert "is granted already" in stage.command(QUINN, f"override {case} grant")
        stage.advance(2)
        thread = stage.workspace.thread(READS, stage.card().ts)
        assert f"<@{LEE}> Dr. Maya Lee, Pat Quinn granted the override" in thread[-1].text
        assert "It is yours" in stage.click(LEE, "claim")
        stage.advance(2)
        told = "Override for Dr. Maya Lee: volume, granted by Pat Quinn"
        assert told in stage.card().words
        stage.click(LEE, "release")
        stage.advance(2)
        assert "1 is the most" in stage.click(LEE, "claim")
        assert [one for one in stage.actions() if one.startswith("override:")] == ["override:ask", "override:grant"]

    def test_what_is_granted_is_open_to_its_reader_wherever_they_look(self, stage: Stage) -> None:
        """The worklist, the Home, `/relay why` and `/relay next` say what a click would do; for nobody else, and once."""
        capped(stage)
        routine(stage)
        stage.click(LEE, "claim")
        case = routine(stage)
        assert "Nothing waits that you may read now" in stage.command(LEE, "next")
        assert "1 is the most at a time" in stage.command(LEE, f"why {case}")
        before = worklists.worklist(stage.service.house, LEE)
        assert (before.mine, before.ready, before.barred_reads, len(before.cards)) == (1, 0, 1, 1)
        stage.command(LEE, f"override {case} volume")
        stage.command(QUINN, f"override {case} grant")
        assert stage.tasks()[-1].state is TaskState.DONE
        assert "Nothing keeps you from it: claim it." in stage.command(LEE, f"why {case}")
        seen = worklists.worklist(stage.service.house, LEE)
        assert (seen.mine, seen.ready, seen.barred_reads, len(seen.cards)) == (1, 1, 0, 2)
        assert "It is yours" in stage.command(LEE, "next")
        after = worklists.worklist(stage.service.house, LEE)
        assert (after.mine, after.ready, after.barred_reads) == (2, 0, 0)
        routine(stage)
        assert "Nothing waits that you may read now" in stage.command(LEE, "next")

    def test_nobody_grants_what_they_asked_themselves(self, stage: Stage) -> None:
        """One person twice is not two people."""
        capped(stage)
        routine(stage)
        stage.click(LEE, "claim")
        case = routine(stage)
        assert "Asked for Dr. Maya Lee" in stage.command(QUINN, f"override {case} lee no_other_reader")
        assert "A second person has to grant it" in stage.command(QUINN, f"override {case} grant")
        assert "Only a PACS administrator" in stage.command(SILVA, f"override {case} grant")
        assert "Only a PACS administrator" in stage.command(LEE, f"override {case} grant")
        assert "1 is the most" in stage.click(LEE, "claim")
        assert [task.kind for task in stage.open_tasks()] == [TaskKind.OVERRIDE_ASKED]

    def test_denied_by_a_verb_or_by_ending_its_task(self, stage: Stage) -> None:
        """The card asks no longer, the reader is told by whom, nothing is left to grant; it may be asked again."""
        capped(stage)
        routine(stage)
        stage.click(LEE, "claim")
        case = routine(stage)
        stage.command(LEE, f"override {case} volume")
        assert len(stage.open_tasks()) == 1
        assert "Only a PACS administrator" in stage.command(LEE, f"override {case} deny")
        assert "Denied: no rule is waived for Dr. Maya Lee" in stage.command(QUINN, f"override {case} deny")
        stage.advance(2)
        assert (stage.open_tasks(), stage.tasks()[-1].outcome) == ([], "denied")
        assert "Override" not in stage.card().words
        thread = stage.workspace.thread(READS, stage.card().ts)
        assert "Pat Quinn denied the override for Dr. Maya Lee." in thread[-1].words
        assert "No override of case" in stage.command(QUINN, f"override {case} grant")
        stage.command(LEE, f"override {case} volume")
        stage.advance(2)
        stage.click(QUINN, "done", channel=DESK, message=stage.desk_card(), value="denied")
        stage.advance(2)
        assert (stage.open_tasks(), "Override" in stage.card().words) == ([], False)
        assert "No override of case" in stage.command(QUINN, f"override {case} grant")
        assert "1 is the most" in stage.click(LEE, "claim")
        closed = [one for one in stage.actions() if one.startswith("override:")]
        assert closed == ["override:ask", "override:close"] * 2

    def test_what_the_law_asks_is_waived_by_nobody(self, stage: Stage) -> None:
        """An expired license stays expired, whoever asks."""
        case = routine(stage)
        answer = stage.command(QUINN, f"override {case} haddad expertise")
        assert "Nobody can waive this for Dr. Omar Haddad. Their IL license expired on 2024-06-30" in answer

    def test_a_license_that_ends_between_grant_and_claim_still_refuses(self, stage: Stage) -> None:
        """The law is judged at the click, granted or not."""
        capped(stage)
        routine(stage)
        stage.click(LEE, "claim")
        case = routine(stage)
        stage.command(LEE, f"override {case} volume")
        assert len(stage.open_tasks()) == 1
        stage.command(QUINN, f"override {case} grant")
        stage.load(LEE_IL, LEE_IL.replace("2039-12-31", "2020-12-31"))
        assert "Your IL license expired" in stage.click(LEE, "claim")
        stage.load(LEE_IL.replace("2039-12-31", "2020-12-31"), LEE_IL)
        stage.advance(minutes=61)
        assert "1 is the most" in stage.click(LEE, "claim")

    @pytest.mark.parametrize(
        ("words", "refused"),
        [
            ("because", "as one of: volume"),
            ("nobody volume", "There is no such radiologist"),
            ("grant", "No override of case"),
        ],
    )
    def test_what_cannot_be_asked_is_explained(self, stage: Stage, words: str, refused: str) -> None:
        """With what to type instead."""
        case = routine(stage)
        assert refused in stage.command(QUINN, f"override {case} {words}")

    def test_where_no_rule_fails_there_is_nothing_to_waive(self, stage: Stage) -> None:
        """The reader is told to claim it."""
        case = routine(stage)
        assert "claim it" in stage.command(STONE, f"override {case} volume")
        assert "waive this for you. Your IL license expired" in stage.command(HADDAD, f"override {case} volume")
