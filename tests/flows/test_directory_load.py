"""A directory is loaded as a whole, as the next version, on the record; and nothing that is in use is dropped."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.settings import SettingsProblem
from bot.wiring.service import DirectoryRefused
from handlers.domain.access import DirectoryVersion
from handlers.domain.errors import Rejection
from handlers.domain.tasks import TaskKind
from store import audit
from tests.flows import directories
from tests.flows.acts import confirm, hear_out, log_by_hand
from tests.flows.directories import Directory
from tests.flows.stage import LEE, Stage

Change = Callable[[Directory], Directory]


def load(stage: Stage, change: Change) -> None:
    """Write the directory's file with a change, and load it."""
    text = directories.written(change(directories.read(stage.directory_file.read_text())))
    stage.directory_file.write_text(text)
    stage.service.prepare()


def loads(stage: Stage) -> list[dict[str, object]]:
    """Return the facts of every load on the record, oldest first."""
    with stage.service.store.database.snapshot() as connection:
        return [one["facts"] for one in audit.export(connection) if one["action"] == "directory:load"]


def versions(stage: Stage) -> list[int]:
    """Return the numbers of the versions that were loaded."""
    return [one.number for one in stage.all(DirectoryVersion)]


def renamed(name: str) -> Change:
    """Return the change of one facility's name."""

    def change(directory: Directory) -> Directory:
        directory["facilities"]["mercy"]["alias"] = name
        return directory

    return change


def test_a_changed_directory_is_the_second_version_on_the_record(stage: Stage) -> None:
    """Number, digest and who loaded it are written with it, in one transaction; the next card shows the change."""
    assert versions(stage) == [1]
    load(stage, renamed("Mercy West"))
    assert versions(stage) == [1, 2]
    assert stage.service.store.directory().version == 2
    first, second = loads(stage)
    assert (first["number"], second["number"], second["facilities"]) == (1, 2, 3)
    newest = stage.all(DirectoryVersion)[-1]
    assert second["sha256"] == newest.sha256 != first["sha256"]
    assert newest.loaded_by == "start"
    stage.stroke_ct()
    assert "Mercy West" in stage.card().words


def test_the_same_directory_is_loaded_once(stage: Stage) -> None:
    """A restart with an unchanged file is no version and no entry."""
    stage.service.prepare()
    stage.restart()
    assert versions(stage) == [1]
    assert len(loads(stage)) == 1


def test_the_command_says_which_version_it_became(stage: Stage, tmp_path: Path) -> None:
    """``radrelay directory load FILE``: the running service uses it within seconds; the same file again is told so."""
    file = tmp_path / "next.yaml"
    file.write_text(directories.written(renamed("Mercy West")(directories.read(stage.directory_file.read_text()))))
    environment = {**os.environ, **stage.environment}
    done = CliRunner().invoke(app, ["directory", "load", str(file)], env=environment)
    assert done.exit_code == 0
    warned, loaded, then = done.output.splitlines()[-3:]
    assert warned.startswith(f"{file}:")
    assert "warning: " in warned
    assert loaded == "Loaded as version 2."
    assert then.startswith("The next start of `serve` loads RADRELAY_DIRECTORY again: ")
    again = CliRunner().invoke(app, ["directory", "load", str(file)], env=environment)
    assert again.exit_code == 0
    assert "This directory is in force already.\n" in again.output
    assert stage.all(DirectoryVersion)[-1].loaded_by == "command line"
    assert [one["number"] for one in loads(stage)] == [1, 2]
    stage.advance(3)
    stage.stroke_ct()
    assert "Mercy West" in stage.card().words


def test_a_refused_file_changes_nothing(stage: Stage) -> None:
    """One error in it: it is named with its line, there is no version, no entry, and the old one stays in force."""
    good = stage.directory_file.read_text()
    stage.directory_file.write_text(good.replace("pool: night\n", "pool: nigth\n").replace("alias: Mercy", "alias: M"))
    with pytest.raises(DirectoryRefused, match="nigth"):
        stage.service.prepare()
    assert versions(stage) == [1]
    assert len(loads(stage)) == 1
    stage.stroke_ct()
    assert "Mercy" in stage.card().words
    stage.directory_file.write_text(good)


def refused(stage: Stage, change: Change, code: str, words: str) -> None:
    """Show that a load is refused by a code and with a sentence, and that all of it is rolled back."""
    good = stage.directory_file.read_text()
    with pytest.raises(Rejection, match=words) as rejected:
        load(stage, change)
    assert rejected.value.code == code
    assert versions(stage) == [1]
    assert len(loads(stage)) == 1
    assert stage.service.store.directory().version == 1
    stage.directory_file.write_text(good)


def without_lakeside(directory: Directory) -> Directory:
    """Drop the facility of the cases below."""
    return directories.without_facility(directory, "lakeside")


def at_lakeside(stage: Stage) -> None:
    """Let a study of Lakeside wait to be read."""
    stage.stroke_ct(facility="lakeside", ordering_contact="lakeside-ed-physician", patient_state="NY")


def test_a_facility_with_an_open_read_cannot_be_dropped(stage: Stage) -> None:
    """Nor while it is claimed; once it is reported, it can."""
    at_lakeside(stage)
    refused(stage, without_lakeside, "facility_in_use", "The facility lakeside still has open work")
    stage.click(LEE, "claim")
    refused(stage, without_lakeside, "facility_in_use", "lakeside")
    assert stage.hospital.report_final()[0] == 202
    stage.settle()
    load(stage, without_lakeside)
    assert versions(stage) == [1, 2]


def test_a_facility_with_a_running_relay_cannot_be_dropped(stage: Stage) -> None:
    """Its read is done, and somebody is still to be told."""
    at_lakeside(stage)
    stage.click(LEE, "claim")
    stage.finding()
    assert stage.hospital.report_final()[0] == 202
    stage.settle()
    refused(stage, without_lakeside, "facility_in_use", "lakeside")
    stage.rings("+12125550111")
    hear_out(stage, "+12125550111")
    log_by_hand(stage, receiver="lakeside-ed-physician")
    load(stage, without_lakeside)
    assert versions(stage) == [1, 2]


def test_a_facility_with_an_open_task_cannot_be_dropped(stage: Stage) -> None:
    """A report of a study that nobody knows is a task of the desk, and it is the facility's."""
    data = {"facility": "lakeside", "accession_number": "NONE-1", "signed_by": "lee"}
    signed = {"signed_at": stage.clock.now().isoformat()}
    assert stage.hospital.send_event("report.final", data | signed)[0] == 202
    stage.settle()
    assert [task.kind for task in stage.open_tasks()] == [TaskKind.UNKNOWN_REPORT]
    refused(stage, without_lakeside, "facility_in_use", "lakeside")


def test_a_pool_with_open_reads_cannot_be_dropped(stage: Stage) -> None:
    """The facility now names another pool; the reads of the old one would have no channel."""
    stage.stroke_ct()
    refused(
        stage,
        lambda directory: directories.with_another(directory, "pool", "night", "days"),
        "pool_in_use",
        "The pool night still has open reads",
    )


def test_a_desk_with_open_work_cannot_be_dropped(stage: Stage) -> None:
    """A task shown in its channel, or a ladder that ends at it."""
    call = stage.critical_stroke()
    hear_out(stage)
    refused(
        stage,
        lambda directory: directories.with_another(directory, "desk", "night-desk", "day-desk"),
        "desk_in_use",
        "The desk night-desk still has open work",
    )
    confirm(stage, call)


@pytest.mark.parametrize("contact", ["mercy-ed-charge", "mercy-ed-physician"])
def test_a_contact_of_a_running_ladder_cannot_be_dropped(stage: Stage, contact: str) -> None:
    """Neither one of its steps nor the ordering clinician; the refusal says what to do instead, and that works."""
    call = stage.critical_stroke()
    hear_out(stage)
    refused(
        stage,
        lambda directory: directories.without_contact(directory, contact, "mercy-supervisor"),
        "contact_in_use",
        f"The contact {contact} is on a running ladder; retire it instead",
    )
    confirm(stage, call)


def test_a_contact_of_a_running_ladder_can_be_retired(stage: Stage) -> None:
    """What the refusal says to do instead works, and the call that rings goes on."""
    call = stage.critical_stroke()
    hear_out(stage)
    stage.load("  mercy-ed-physician:", "  mercy-ed-physician:\n    retired: true")
    assert versions(stage) == [1, 2]
    confirm(stage, call)


def test_what_the_command_cannot_read_is_a_sentence(stage: Stage, tmp_path: Path) -> None:
    """A file that is no UTF-8 text, and one with an error, named with file and line; nothing is loaded."""
    environment = {**os.environ, **stage.environment}
    latin, wrong = tmp_path / "latin.yaml", tmp_path / "wrong.yaml"
    latin.write_bytes("name: Zürich".encode("latin-1"))
    wrong.write_text(stage.directory_file.read_text().replace("pool: night\n", "pool: nigth\n"))
    said = [
        str(CliRunner().invoke(app, ["directory", "load", str(one)], env=environment).exception)
        for one in (latin, wrong)
    ]
    assert said[0] == f"The directory file {latin} cannot be read: it is not UTF-8 text."
    assert said[1].startswith(f"{wrong}:")
    assert 'there is no pool "nigth"' in said[1]
    assert versions(stage) == [1]


def test_a_start_that_lacks_a_secret_loads_nothing(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file in place names a source without a secret: the start fails, and the directory in force stays."""
    text = stage.directory_file.read_text()
    new = "  newcomer: {facilities: [mercy], secrets: [RADRELAY_SOURCE_NEW_SECRET]}\n"
    monkeypatch.delenv("RADRELAY_SOURCE_NEW_SECRET", raising=False)
    stage.directory_file.write_text(text.replace("sources:\n", f"sources:\n{new}"))
    with pytest.raises(SettingsProblem, match="newcomer"):
        stage.service.prepare()
    assert versions(stage) == [1]
    stage.directory_file.write_text(text)
