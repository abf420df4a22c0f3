"""A report that comes before its study waits for it: nothing that was accepted is lost, and no read stays open for it."""

from __future__ import annotations

from sqlalchemy import text

from handlers.domain.studies import EarlyReport, ReadState, Report
from handlers.domain.tasks import TaskKind
from tests.flows.stage import DESK, Stage

ACCESSION = "SBX-EARLY-1"


def early(stage: Stage, signed_by: str = "lee", kind: str = "report.final") -> None:
    """Let a report come for an accession that nobody has sent."""
    data = {
        "facility": "mercy",
        "accession_number": ACCESSION,
        "signed_by": signed_by,
        "signed_at": stage.clock.now().isoformat(),
    }
    assert stage.hospital.send_event(kind, data)[0] == 202
    stage.settle()
    stage.advance(3)


def test_it_is_taken_when_the_study_comes(stage: Stage) -> None:
    """The desk is told by whom it was signed; then the read is reported at once, and the desk's task ends."""
    early(stage)
    assert [one.kind for one in stage.open_tasks()] == [TaskKind.UNKNOWN_REPORT]
    words = stage.desk_card().words
    assert "A final report signed by Dr. Maya Lee came." in words
    assert ACCESSION not in words
    stage.restart()
    stage.stroke_ct(accession_number=ACCESSION)
    stage.advance(3)
    assert stage.read().state is ReadState.REPORTED
    assert stage.read().reported_by == "lee"
    assert [(one.kind, one.signed_by) for one in stage.all(Report)] == [("final", "lee")]
    assert [one.kind for one in stage.open_tasks()] == [TaskKind.ODD_REPORT]  # nobody had claimed it
    assert stage.tasks()[0].outcome == "the study arrived"
    stage.stroke_ct()  # another study takes nothing
    assert len(stage.all(Report)) == 1


def test_several_are_taken_in_the_order_in_which_they_were_signed(stage: Stage) -> None:
    """A preliminary and the final that came after it: both stand, once each."""
    early(stage, kind="report.preliminary")
    stage.advance(minutes=5)
    early(stage)
    assert len(stage.open_tasks()) == 2
    stage.stroke_ct(accession_number=ACCESSION)
    stage.advance(3)
    signed = sorted(stage.all(Report), key=lambda one: one.signed_at)
    assert [one.kind for one in signed] == ["preliminary", "final"]
    assert all(one.joined_at is not None for one in stage.all(EarlyReport))
    stage.tasks()
    for one in stage.workspace.messages(DESK):
        one.seen = True


def test_its_accession_and_signer_cannot_be_read_in_the_database(stage: Stage) -> None:
    """Sealed like a study's; found by its keyed index."""
    early(stage, signed_by="Doctor Nobody Knows")
    with stage.service.store.database.reading() as connection:
        rows = connection.execute(text("SELECT * FROM early_report")).all()
    assert len(rows) == 1
    assert not {ACCESSION, "Nobody"} & set(str(rows).replace("'", " ").split())
    assert "a reader who is not in the directory" in stage.desk_card().words
    assert [one.kind for one in stage.open_tasks()] == [TaskKind.UNKNOWN_REPORT]
