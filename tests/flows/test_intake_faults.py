"""What comes in wrong, twice, or from the wrong place: nothing accepted is lost, nothing is merged that must not be."""

from __future__ import annotations

import json
from typing import Any

from handlers.domain.machinery import Accepted, Verdict
from handlers.domain.relays import Ending
from handlers.domain.studies import Read, Study
from handlers.domain.tasks import TaskKind
from tests.flows.acts import confirm, hear_out, look_at_everything
from tests.flows.stage import DESK, KIM, READS, Stage

MERCY_BAA = 'callback_number: "+13125550100"\n    baa: {effective: 2020-01-01, expires: 2039-12-31}'
LAPSED = 'callback_number: "+13125550100"\n    baa: {effective: 2020-01-01, expires: 2021-01-31}'


def put_into_inbox(stage: Stage, body: bytes, kind: str = "study.received") -> None:
    """Accept a body past the door, as if what it was accepted with had been lost since."""
    item = Accepted(
        source="demo-hospital",
        delivery_id=f"msg_{len(body)}",
        facility="mercy",
        kind=kind,
        body=body,
        received_at=stage.clock.now(),
    )
    assert stage.service.store.memory.accept([item]) == [Verdict.NEW]
    stage.settle()


def data_of(stage: Stage) -> dict[str, Any]:
    """Return what the hospital sent last."""
    told: dict[str, Any] = json.loads(stage.hospital.sent[-1].body)["data"]
    return told


def test_an_event_that_keeps_failing_is_set_aside_and_the_next_goes_on(stage: Stage) -> None:
    """Three tries, then a human is told; what came after it waits no longer than that."""
    put_into_inbox(stage, b"this cannot be read")
    stage.hospital.send_stroke_ct()
    stage.advance(10)
    assert len(stage.all(Study)) == 1
    assert [task.kind for task in stage.open_tasks()] == [TaskKind.EVENT_SET_ASIDE]
    stage.workspace.expect_message(DESK, "set aside")
    assert stage.actions().count("event:set_aside") == 1
    stage.finding()
    hear_out(stage)
    confirm(stage, stage.rings(KIM))


def test_another_site_does_not_wait_for_it(stage: Stage) -> None:
    """The order that is kept is each site's own."""
    put_into_inbox(stage, b"this cannot be read")
    stage.hospital.send_stroke_ct(facility="lakeside", ordering_contact="lakeside-ed-physician", patient_state="NY")
    stage.settle()
    assert stage.study().facility == "lakeside"
    stage.advance(10)
    assert [task.kind for task in stage.open_tasks()] == [TaskKind.EVENT_SET_ASIDE]


def test_a_repeated_delivery_is_answered_the_same_and_happens_once(stage: Stage) -> None:
    """Same id, same body: 200 and nothing new."""
    stage.stroke_ct()
    said = {"facility": "mercy", "accession_number": stage.study().accession_number, "description": "CT head, again"}
    assert stage.hospital.send_event("study.updated", said, "msg_twice")[0] == 202
    stage.settle()
    before = stage.audit_count()
    assert stage.hospital.send_event("study.updated", said, "msg_twice")[0] == 200
    stage.settle()
    assert stage.audit_count() == before


def test_a_finding_delivered_three_times_is_one_call(stage: Stage) -> None:
    """The source got no answer and tried again: one relay."""
    stage.stroke_ct()
    finding = {
        "facility": "mercy",
        "accession_number": stage.study().accession_number,
        "category": 1,
        "text": "Free air.",
        "found_by": "lee",
        "found_at": stage.clock.now().isoformat(),
    }
    answers = [stage.hospital.send_event("finding.reported", finding, "msg_finding") for _ in range(3)]
    assert [status for status, _ in answers] == [202, 200, 200]
    call = stage.rings(KIM)
    hear_out(stage)
    confirm(stage, call)
    assert len(stage.exchange.calls) == 1


def test_the_same_id_with_another_body_is_refused(stage: Stage) -> None:
    """422, and what was accepted first stands."""
    stage.stroke_ct()
    said = {"facility": "mercy", "accession_number": stage.study().accession_number, "description": "first"}
    assert stage.hospital.send_event("study.updated", said, "msg_same")[0] == 202
    stage.settle()
    assert stage.hospital.send_event("study.updated", {**said, "description": "second"}, "msg_same")[0] == 422
    stage.settle()
    assert stage.study().description == "first"


def test_the_same_accession_at_two_sites_is_two_studies(stage: Stage) -> None:
    """An accession number is unique only within its facility; a finding reaches its own site's clinician."""
    stage.stroke_ct(accession_number="A1")
    stage.stroke_ct(
        accession_number="A1", facility="lakeside", ordering_contact="lakeside-ed-physician", patient_state="NY"
    )
    assert sorted(one.facility for one in stage.all(Study)) == ["lakeside", "mercy"]
    assert len({one.case_code for one in stage.all(Study)}) == 2
    assert stage.hospital.report_critical_finding("A1", facility="mercy")[0] == 202
    call = stage.rings(KIM)
    hear_out(stage)
    confirm(stage, call)
    assert stage.relay().facility == "mercy"
    stage.advance(10)
    assert len(stage.workspace.messages(READS)) == 2


def test_another_patient_is_never_merged(stage: Stage) -> None:
    """An update that names somebody else goes to the desk; nothing of it is applied."""
    stage.stroke_ct()
    before = stage.study()
    other = {"id": "SBX-OTHER", "name": "SANDBOX^WRONG", "birth_date": "1950-01-01", "sex": "M"}
    assert stage.hospital.update_study(patient=other, description="not this one")[0] == 202
    stage.advance(5)
    assert stage.study() == before
    assert [task.kind for task in stage.open_tasks()] == [TaskKind.PATIENT_MISMATCH]
    card = stage.workspace.expect_message(DESK, "names another patient")
    assert "SBX-OTHER" not in str(card.blocks) + card.text
    assert "WRONG" not in str(card.blocks) + card.text


def test_received_twice_for_different_patients(stage: Stage) -> None:
    """A reused accession number: the first study stands, the desk is told, no second read is opened."""
    stage.stroke_ct(accession_number="A1")
    assert stage.hospital.send_stroke_ct(accession_number="A1")[0] == 202
    stage.settle()
    assert len(stage.all(Study)) == len(stage.all(Read)) == 1
    assert [task.kind for task in stage.open_tasks()] == [TaskKind.PATIENT_MISMATCH]


def test_a_lapsed_agreement_refuses_new_studies_and_tells_the_desk(stage: Stage) -> None:
    """403 and nothing of the patient is stored; the desk is told once, however many studies come."""
    stage.load(MERCY_BAA, LAPSED)
    for _ in range(3):
        status, answer = stage.hospital.send_stroke_ct()
        assert status == 403
        assert "SANDBOX" not in answer
    stage.advance(5)
    assert not stage.all(Study)
    assert stage.actions().count("study:refuse_baa") == 1  # a day and source: five hundred slices are one fact
    assert [task.kind for task in stage.open_tasks()] == [TaskKind.BAA_LAPSED]
    stage.workspace.expect_message(DESK, "Business Associate Agreement")


def test_findings_of_accepted_studies_go_on_after_it_lapsed(stage: Stage) -> None:
    """Care does not stop: report and finding of a study from before are taken and called through."""
    stage.stroke_ct()
    stage.load(MERCY_BAA, LAPSED)
    stage.finding()
    call = stage.rings(KIM)
    hear_out(stage)
    confirm(stage, call)
    assert stage.relay().ending is Ending.CONFIRMED_BY_CODE
    assert stage.hospital.report_final()[0] == 202
    stage.advance(5)
    look_at_everything(stage)
    assert [task.kind for task in stage.open_tasks()] == [TaskKind.ODD_REPORT]


def test_a_source_speaks_only_for_its_facilities(stage: Stage) -> None:
    """403 for another site, whatever the event; its own is accepted."""
    stage.load('demo-hospital:\n    facilities: "*"', "demo-hospital:\n    facilities: [lakeside]")
    assert stage.hospital.send_stroke_ct()[0] == 403
    assert stage.hospital.report_critical_finding("A1")[0] == 403
    assert not stage.all(Study)
    assert stage.hospital.send_stroke_ct(facility="lakeside", ordering_contact="lakeside-ed-physician")[0] == 202
    stage.settle()


def test_an_unknown_facility_is_refused(stage: Stage) -> None:
    """422 with what is wrong; nothing is stored."""
    status, answer = stage.hospital.send_stroke_ct(facility="nowhere")
    assert status == 422
    assert "facility" in answer
    assert not stage.all(Study)
