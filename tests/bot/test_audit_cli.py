"""`radrelay audit …` as an auditor types it, over both databases and in processes of their own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest
from sqlalchemy import text
from typer.testing import CliRunner, Result

from bot import audit_cli
from handlers.domain.machinery import SYSTEM, AuditFact
from store import record
from store.database import Database
from store.memory import SqlMemory
from tests.clock import NOON
from tests.databases import sqlite_url
from tests.store.tampering import tamper

CASE, SHOWN = "48210934", "4821-0934"
PATIENCE = 30.0
PROGRAM = "from bot import audit_cli\nfrom store import record\naudit_cli.use(record.opened)\naudit_cli.app()\n"


@pytest.fixture(autouse=True)
def _wired() -> None:
    audit_cli.use(record.opened)


@pytest.fixture
def env(database_url: str, tmp_path: Path) -> dict[str, str]:
    """Return the two variables that an auditor needs."""
    return {"RADRELAY_DATABASE_URL": database_url, "RADRELAY_ANCHOR_FILE": str(tmp_path / "anchors.jsonl")}


def audit(env: dict[str, str], *words: str) -> Result:
    """Run a command."""
    return CliRunner().invoke(audit_cli.app, list(words), env=env)


def happened(memory: SqlMemory) -> None:
    """Record a little: a case, and something that belongs to none."""
    facts: dict[str, str | int | bool | None] = {"pool": "night", "late": False, "reason": None}
    with memory.transaction("north") as tx:
        tx.audit(AuditFact(action="study:receive", actor="source:ris", case_code=CASE, subject="study-1"))
        tx.audit(AuditFact(action="read:claim", actor="radiologist:ann", case_code=CASE, subject="read-1", facts=facts))
    with memory.transaction(SYSTEM) as tx:
        tx.audit(AuditFact(action="directory:load", actor="command line", facts={"number": 1}))


def test_an_intact_record_is_summed_up_chain_by_chain(memory: SqlMemory, env: dict[str, str]) -> None:
    """Entries, how far anchored, what lies after the last anchor; exit 0."""
    happened(memory)
    before = audit(env, "verify")
    assert before.exit_code == 0
    assert before.stdout.splitlines() == [
        "north: 2 entries, never anchored",
        "system: 1 entry, never anchored",
        f"There are no anchors in {env['RADRELAY_ANCHOR_FILE']}: a cut tail would not be noticed.",
        "The record is intact: 3 entries in 2 chains.",
    ]
    said = audit(env, "anchor")
    assert said.stdout == f"Anchored in {env['RADRELAY_ANCHOR_FILE']}: north #2, system #1\n"
    happened(memory)
    after = audit(env, "verify").stdout.splitlines()
    assert after[0].startswith("north: 4 entries, anchored up to #2 (20")
    assert after[0].endswith("), 2 after the last anchor")
    assert after[-1] == "The record is intact: 6 entries in 2 chains."


def test_each_problem_is_a_line_and_exits_1(memory: SqlMemory, env: dict[str, str]) -> None:
    """The chain, the row and what was done to it; a torn anchor line counts too."""
    happened(memory)
    audit(env, "anchor")
    with Path(env["RADRELAY_ANCHOR_FILE"]).open("a") as handle:
        handle.write('{"at": ')
    tamper(memory, "UPDATE audit_entry SET hash = 'x' WHERE chain = 'north' AND seq = 2")
    found = audit(env, "verify")
    assert found.exit_code == 1
    assert "  PROBLEM north #2: the entry was changed (its bytes do not have its hash)\n" in found.stdout
    assert "  PROBLEM north #2: it is not the entry that was anchored\n" in found.stdout
    assert f"  PROBLEM {env['RADRELAY_ANCHOR_FILE']}: line 2 cannot be read\n" in found.stdout
    assert found.stdout.endswith("The record is NOT intact: 4 problems.\n")


def test_an_export_is_json_lines_with_fixed_keys(memory: SqlMemory, env: dict[str, str]) -> None:
    """Chain by chain; the facility is the chain and the case is shown as people read it."""
    happened(memory)
    lines = [json.loads(line) for line in audit(env, "export").stdout.splitlines()]
    assert [list(line) for line in lines] == [list(audit_cli.KEYS)] * 3
    first, second, third = lines
    assert (first["facility"], first["seq"], first["case"], first["prev"]) == ("north", 1, SHOWN, "")
    assert (second["prev"], second["facts"]) == (first["hash"], {"pool": "night", "late": False, "reason": None})
    assert (third["facility"], third["case"], third["at"]) == ("system", "", NOON.isoformat())


def test_an_export_of_a_case_holds_that_case_only(memory: SqlMemory, env: dict[str, str]) -> None:
    """With or without the dash; something that is no case code is told so."""
    happened(memory)
    for typed in (SHOWN, CASE):
        assert [json.loads(line)["seq"] for line in audit(env, "export", "--case", typed).stdout.splitlines()] == [1, 2]
    wrong = audit(env, "export", "--case", "4821-0937")
    assert wrong.exit_code == 2
    assert "is not a case code" in wrong.stderr


def test_a_case_is_told_as_a_timeline(memory: SqlMemory, env: dict[str, str]) -> None:
    """Oldest first, in ids and codes."""
    happened(memory)
    shown = audit(env, "show", SHOWN)
    assert shown.exit_code == 0
    assert shown.stdout.splitlines() == [
        f"Case {SHOWN}, 2 entries; times in UTC",
        "2026-03-02 12:00:00  north #1  study:receive  by source:ris  of study-1",
        "2026-03-02 12:00:00  north #2  read:claim  by radiologist:ann  of read-1  late=no  pool=night  reason=none",
    ]
    nothing = audit(env, "show", "0000-0000")
    assert (nothing.exit_code, nothing.stderr) == (1, "Nothing is recorded for case 0000-0000.\n")


def test_privacy_events_are_listed_with_owner_due_date_and_outcome(memory: SqlMemory, env: dict[str, str]) -> None:
    """One that was closed says by whom and how, one that is not says so; the newest is last."""
    facts = {"owner": "silva", "due": "2026-07-31"}
    with memory.transaction("north") as tx:
        tx.audit(AuditFact(action="privacy:open", actor="robot", case_code="48210934", subject="a", facts=facts))
        tx.audit(
            AuditFact(
                action="privacy:open", actor="robot", case_code="48210934", subject="b", facts=facts | {"owner": ""}
            )
        )
        closed = facts | {"outcome": "disclosure_outside"}
        tx.audit(
            AuditFact(action="privacy:close", actor="staff:silva", case_code="48210934", subject="a", facts=closed)
        )
    first, second, last = audit(env, "privacy").stdout.splitlines()
    assert "of silva  due 2026-07-31  closed by staff:silva: disclosure_outside" in first
    assert "of the desk  due 2026-07-31  without an outcome" in second
    assert last == "2 privacy events, 1 without an outcome."


def test_looking_writes_nothing_and_takes_no_lock(memory: SqlMemory, env: dict[str, str]) -> None:
    """While a service holds the file and is writing, the auditor reads what was committed."""
    happened(memory)
    with memory.database.alone(), memory.database.writing() as connection:
        connection.execute(text("INSERT INTO chain (facility, seq, hash) VALUES ('east', 0, '')"))
        assert audit(env, "verify").stdout.endswith("The record is intact: 3 entries in 2 chains.\n")
    with record.opened(env["RADRELAY_DATABASE_URL"], Path("none")) as opened:
        with pytest.raises(Exception, match=r"readonly|read-only"), opened._database.snapshot() as look:
            look.execute(text("INSERT INTO chain (facility, seq, hash) VALUES ('west', 0, '')"))
        assert not Path("none").exists()


def test_a_database_that_is_not_there_is_told_and_not_made(tmp_path: Path) -> None:
    """A mistyped path does not leave an empty file behind; one without a schema says what to run."""
    path = tmp_path / "mistyped.db"
    result = audit({"RADRELAY_DATABASE_URL": sqlite_url(path)}, "verify")
    assert isinstance(result.exception, record.RecordProblem)
    assert f"there is no database file {path}" in str(result.exception)
    assert not path.exists()
    path.touch()
    result = audit({"RADRELAY_DATABASE_URL": sqlite_url(path)}, "verify")
    assert "run `radrelay migrate`" in str(result.exception)
    away = audit({"RADRELAY_DATABASE_URL": "postgresql://u:secret@127.0.0.1:1/none"}, "verify")
    assert "does not answer" in str(away.exception)
    assert "secret" not in str(away.exception)


def test_without_what_opens_the_record_nothing_is_done(env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands know the record's shape only; ``use`` hands in what opens it."""
    monkeypatch.setattr(audit_cli._Wiring, "open_record", None)
    assert isinstance(audit(env, "verify").exception, audit_cli.NotWired)


def test_a_record_that_is_not_intact_is_anchored_with_a_warning(memory: SqlMemory, env: dict[str, str]) -> None:
    """What was changed stays as it is; nobody takes the anchor for a clean bill of health."""
    happened(memory)
    tamper(memory, "DELETE FROM audit_entry WHERE chain = 'north' AND seq = 1")
    done = audit(env, "anchor")
    assert done.exit_code == 1
    first, second = done.stdout.splitlines()
    assert first.startswith(f"Anchored in {env['RADRELAY_ANCHOR_FILE']}: north #2")
    assert second.startswith("But the record is NOT intact: ")


@pytest.mark.parametrize("command", ["verify", "export", "show", "anchor", "privacy"])
def test_each_command_shows_an_example(command: str) -> None:
    """``--help`` ends with a line that can be typed."""
    shown = " ".join(CliRunner().invoke(audit_cli.app, [command, "--help"]).output.split())
    assert "Example:" in shown
    assert f"radrelay audit {command}" in shown


@contextmanager
def running(env: dict[str, str], *words: str) -> Iterator[subprocess.Popen[str]]:
    """Run a command in a process of its own, as the sandbox does."""
    command = [sys.executable, "-c", PROGRAM, *words]
    full = {**os.environ, **env, "PYTHONUNBUFFERED": ""}
    with subprocess.Popen(
        command, env=full, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def next_entries(stream: IO[str] | None, count: int) -> list[tuple[str, int]]:
    """Read so many entries."""
    assert stream is not None
    lines = [json.loads(stream.readline()) for _ in range(count)]
    return [(line["facility"], line["seq"]) for line in lines]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_follower_goes_on_until_it_is_told_to_end(
    number: signal.Signals, memory: SqlMemory, env: dict[str, str]
) -> None:
    """What is there, then what comes, each line at once; SIGTERM and SIGINT end it with exit 0 and no word."""
    happened(memory)
    with running(env, "export", "--follow") as process:
        assert next_entries(process.stdout, 3) == [("north", 1), ("north", 2), ("system", 1)]
        happened(memory)
        assert next_entries(process.stdout, 3) == [("north", 3), ("north", 4), ("system", 2)]
        process.send_signal(number)
        assert process.wait(PATIENCE) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


@pytest.mark.parametrize("words", [("export",), ("export", "--follow")])
def test_whoever_reads_may_have_enough(words: tuple[str, ...], memory: SqlMemory, env: dict[str, str]) -> None:
    """``| head -1`` ends the export cleanly."""
    for _ in range(300):
        happened(memory)
    with running(env, *words) as process:
        assert next_entries(process.stdout, 1) == [("north", 1)]
        assert process.stdout is not None
        process.stdout.close()
        stop = threading.Event()

        def goes_on() -> None:
            while not stop.is_set():
                happened(memory)
                stop.wait(0.05)

        writer = threading.Thread(target=goes_on)
        writer.start()
        try:
            assert process.wait(PATIENCE) == 0
        finally:
            stop.set()
            writer.join(PATIENCE)
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_a_follower_of_a_case_shows_that_case_only(memory: SqlMemory, env: dict[str, str]) -> None:
    """What belongs to no case, or to another, is passed over; the record is as it was."""
    happened(memory)
    with running(env, "export", "--follow", "--case", SHOWN) as process:
        assert next_entries(process.stdout, 2) == [("north", 1), ("north", 2)]
        happened(memory)
        assert next_entries(process.stdout, 2) == [("north", 3), ("north", 4)]
    database = Database(env["RADRELAY_DATABASE_URL"])
    with database.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM audit_entry")).scalar_one() == 6
    database.close()
