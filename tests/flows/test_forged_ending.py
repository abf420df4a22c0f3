"""A relay's row that says otherwise than the record how it ended is named, though no chain is hurt."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import text

from store.record import Record
from tests.flows.acts import confirm, hear_out
from tests.flows.stage import Stage

FORGED = {
    "by somebody else": "UPDATE relay SET ended_by = 'mercy-supervisor'",
    "in another role": "UPDATE relay SET ended_role = 'physician'",
    "otherwise": "UPDATE relay SET ending = 'read_back_to_human'",
    "at another time": "UPDATE relay SET ended_at = delegated_at",
    "not at all": "UPDATE relay SET state = 'calling', ending = NULL, ended_at = NULL",
}
Problems = Callable[[], list[str]]


@pytest.fixture
def problems(stage: Stage) -> Problems:
    """End a relay by its code, and return what is wrong with the record."""
    call = stage.critical_stroke()
    hear_out(stage)
    confirm(stage, call)

    def found() -> list[str]:
        database = stage.service.store.database
        reports = Record(database, stage.folder / "anchors.jsonl").verify()
        return [problem for report in reports for problem in report.problems]

    return found


def forge(stage: Stage, sql: str) -> None:
    """Change a row as somebody who can write the database does, past all of our code."""
    with stage.service.store.database.writing() as connection:
        connection.execute(text(sql))
    stage.record_watch.unrecorded.clear()


def test_what_nobody_touched_agrees(problems: Problems) -> None:
    """Row and entry say the same."""
    assert problems() == []


@pytest.mark.parametrize("sql", FORGED.values(), ids=FORGED.keys())
def test_a_forged_ending_is_named(stage: Stage, problems: Problems, sql: str) -> None:
    """With its case; the chain itself is whole."""
    forge(stage, sql)
    (found,) = problems()
    assert found.startswith(f"mercy: the relay of case {stage.study().case_code} ")


def test_an_ending_that_was_made_up_is_named(stage: Stage) -> None:
    """An open relay whose row was ended by hand."""
    stage.critical_stroke()
    hear_out(stage)
    forge(stage, "UPDATE relay SET state = 'ended', ending = 'confirmed_by_code', ended_at = found_at")
    reports = Record(stage.service.store.database, stage.folder / "anchors.jsonl").verify()
    assert [problem for one in reports for problem in one.problems] == [
        f"mercy: the relay of case {stage.study().case_code} is ended by its row, and the record says nothing of that"
    ]
    stage.advance(1)  # what rings for it finds it ended
