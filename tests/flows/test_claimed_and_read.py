"""A study arrives, its card is claimed by somebody who may read it, and its report ends the read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from handlers.domain.studies import ReadState, Study
from tests.flows.stage import HADDAD, LEE, READS, STONE, STRANGER, Stage
from tests.security.wire import snapshot


def test_a_study_becomes_a_card_that_identifies_nobody(stage: Stage) -> None:
    """The card shows class, site, procedure, age and case code, and no name, accession or date of birth."""
    study = stage.stroke_ct()
    card = stage.workspace.expect_message(READS, "STROKE")
    assert "Mercy" in card.words
    assert stage.case() in card.words
    for secret in (study.patient_name, study.accession_number, study.patient_id, str(study.birth_date)):
        assert secret not in str(card.blocks) + card.text


def test_an_eligible_reader_claims_and_the_report_ends_the_read(stage: Stage) -> None:
    """Claim, report, done: one card, updated in place, with its history in the thread."""
    stage.stroke_ct()
    stage.click(LEE, "claim")
    assert stage.read().claimed_by == "lee"
    stage.advance(5)
    assert "Dr. Maya Lee" in stage.card().words
    assert stage.hospital.report_final()[0] == 202
    stage.advance(5)
    assert stage.read().state is ReadState.REPORTED
    assert len(stage.workspace.messages(READS)) == 1
    thread = " ".join(one.words for one in stage.workspace.thread(READS, stage.card().ts))
    assert "Claimed by Dr. Maya Lee" in thread
    assert "Final report signed by Dr. Maya Lee" in thread


def test_a_reader_without_license_is_told_which_rule_failed(stage: Stage) -> None:
    """The refusal names the state and the day on which the license expired; the read stays open."""
    stage.stroke_ct()
    said = stage.click(HADDAD, "claim")
    assert "IL license expired on 2024-06-30" in said
    assert stage.read().state is ReadState.OPEN
    assert "read:refuse" in stage.actions()


def test_every_failing_rule_is_named_at_once(stage: Stage) -> None:
    """A reader with neither license nor privilege is told both."""
    stage.load(
        "{state: NY, number: NY-200005, expires: 2039-12-31}", "{state: NY, number: NY-200005, expires: 2021-01-31}"
    )
    stage.stroke_ct(facility="lakeside", ordering_contact="lakeside-ed-physician", patient_state="NY")
    said = stage.click(STONE, "claim")
    assert "NY license expired" in said
    assert "no privilege" in said
    assert "Lakeside" in said


def test_a_second_reader_is_told_who_has_it_since_when(stage: Stage) -> None:
    """Two clicks: the first wins, the second hears the name and the time."""
    stage.stroke_ct()
    stage.click(LEE, "claim")
    said = stage.click(STONE, "claim")
    assert "Dr. Maya Lee has this read since" in said
    assert stage.read().claimed_by == "lee"


def test_a_released_read_can_be_claimed_again(stage: Stage) -> None:
    """Its holder gives it back; the card offers Claim again."""
    stage.stroke_ct()
    stage.click(LEE, "claim")
    stage.advance(2)
    stage.click(LEE, "release")
    stage.advance(2)
    assert stage.read().state is ReadState.OPEN
    stage.click(STONE, "claim")
    assert stage.read().claimed_by == "stone"


def test_a_stranger_is_refused_kindly(stage: Stage) -> None:
    """Somebody whom the directory does not know is told whom to ask."""
    stage.stroke_ct()
    said = stage.click(STRANGER, "claim")
    assert "Ask a PACS administrator" in said
    assert stage.read().state is ReadState.OPEN


def test_a_report_by_somebody_else_is_accepted_flagged_and_told(stage: Stage) -> None:
    """It is a clinical fact: the read ends, the card is flagged, the desk has a task."""
    stage.stroke_ct()
    stage.click(LEE, "claim")
    assert stage.hospital.report_final(signed_by="haddad")[0] == 202
    stage.advance(10)
    assert stage.read().state is ReadState.REPORTED
    assert [task.kind.value for task in stage.open_tasks()] == ["odd_report"]
    assert "other reader" in stage.card().words
    assert "license expired" in stage.card().words


def test_five_hundred_slices_are_one_study(stage: Stage) -> None:
    """A modality that sends every slice makes one card, with all its images counted."""
    assert stage.hospital.send_dicom_ct(slices=500)[0] == 202
    stage.advance(30)
    assert len(stage.workspace.messages(READS)) == 1
    assert len(stage.all(Study)) == 1
    assert stage.study().instance_count == 500
    assert "500 images" in stage.card().words


def test_a_slice_that_comes_again_is_counted_once(stage: Stage) -> None:
    """A modality that lost our answer sends it anew, even after our restart; its UID is kept by no table in clear."""
    uid, other = "1.2.826.0.1.3680043.8.498.1", "1.2.826.0.1.3680043.8.498.2"
    stage.hospital.send_dicom_ct(SOPInstanceUID=uid)
    stage.settle()
    first = stage.study()
    again: dict[str, Any] = {"AccessionNumber": first.accession_number, "PatientID": first.patient_id}
    for sent, counted in ((uid, 1), (other, 2), (uid, 2), (other, 2)):
        assert stage.hospital.send_dicom_ct(SOPInstanceUID=sent, **again)[0] == 202
        stage.settle()
        assert stage.study().instance_count == counted
    stage.restart()
    assert stage.hospital.send_dicom_ct(SOPInstanceUID=uid, **again)[0] == 202
    stage.settle()
    assert stage.study().instance_count == 2
    rows = str(snapshot(stage))
    assert uid not in rows
    assert other not in rows


def test_a_slice_counts_in_each_study_that_holds_it(stage: Stage) -> None:
    """The same object under two accession numbers is an image of both."""
    for _ in range(2):
        stage.hospital.send_dicom_ct(SOPInstanceUID="1.2.826.0.1.3680043.8.498.1")
        stage.settle()
    assert [study.instance_count for study in stage.all(Study)] == [1, 1]


def test_a_late_update_never_overwrites_a_newer_one(stage: Stage) -> None:
    """Events out of order leave the study as the newest one said."""
    stage.stroke_ct()
    accession = stage.study().accession_number
    newer = {"facility": "mercy", "accession_number": accession, "description": "newer"}
    older = {"facility": "mercy", "accession_number": accession, "description": "older"}
    stage.advance(20)
    assert stage.hospital.send_event("study.updated", newer)[0] == 202
    stage.settle()
    stage.hospital._now = lambda: stage.clock.instant - timedelta(minutes=1)
    assert stage.hospital.send_event("study.updated", older)[0] == 202
    stage.settle()
    assert stage.study().description == "newer"


def test_an_image_never_overrules_the_order(stage: Stage) -> None:
    """A modality's defaults fill only what the order did not say: a stroke stays a stroke."""
    stage.stroke_ct()
    order = stage.study()
    stage.hospital.send_dicom_ct(AccessionNumber=order.accession_number, PatientID=order.patient_id)
    stage.advance(5)
    after = stage.study()
    assert (after.priority, after.ordering_contact) == (order.priority, order.ordering_contact)
    assert len(stage.workspace.messages(READS)) == 1


def test_images_arrive_until_none_has_come_for_a_minute(stage: Stage) -> None:
    """A study that only a modality sends is arriving first, then ready."""
    stage.hospital.send_dicom_ct(slices=3)
    stage.advance(5)
    assert "arriving" in stage.card().words
    stage.advance(90)
    assert stage.study().ready
    assert "ready" in stage.card().words
