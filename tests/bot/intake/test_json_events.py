"""What JSON events may look like, and what they become."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.intake import json_events, shapes
from bot.intake.problems import BadEvent
from handlers.domain.classes import PatientClass, Priority
from handlers.domain.events import EventKind, FindingEvent, ReportEvent, StudyEvent
from handlers.domain.regions import Region
from tests.bot.intake.stage import CANARY, NOW, RIS, Json, Stage, directory, envelope, finding, report, study


def read(body: Json | bytes) -> Any:
    event = json_events.parse(body if isinstance(body, bytes) else json.dumps(body).encode())
    json_events.check(event, directory(), NOW)
    return event


def test_a_whole_study_arrives_in_every_field() -> None:
    """Nothing that a sender says of a study is lost."""
    assert read(study()) == StudyEvent(
        kind=EventKind.STUDY_RECEIVED,
        at=NOW,
        facility="mercy",
        accession_number=f"A{CANARY}1",
        study_instance_uid="1.2.840.113619.2.1",
        patient_id=f"{CANARY}-7",
        patient_name=f"{CANARY}^JANE",
        birth_date=date(1959, 3, 14),
        sex="F",
        modality="CT",
        body_part="HEAD",
        description="CT head without contrast",
        priority=Priority.STROKE,
        patient_class=PatientClass.EMERGENCY,
        patient_state="NY",
        location="ED 4",
        ordering_contact="ed",
        callback_phone="+1 212 555 0161",
        ordered_at=datetime(2026, 3, 14, 6, 40, tzinfo=UTC),
        last_image_at=datetime(2026, 3, 14, 7, 3, 0, 250000, tzinfo=UTC),
        ready=True,
        instance_count=214,
        group="G1",
        test=False,
    )


def test_what_is_left_out_or_null_says_nothing() -> None:
    """An update changes only what it names."""
    event = read(envelope("study.updated", {"facility": "mercy", "accession_number": "A1", "location": None}))
    assert event == StudyEvent(kind=EventKind.STUDY_UPDATED, at=NOW, facility="mercy", accession_number="A1")


def test_an_ordering_clinician_may_be_stated_without_the_directory_knowing_them() -> None:
    """NPI, name and number are kept as stated; the number is for humans."""
    event = read(study(ordering_contact={"npi": "1000000012", "name": "Dr. Who", "phone": "555 0100"}))
    assert (event.ordering_contact, event.ordering_npi) == (None, "1000000012")
    assert (event.ordering_name, event.ordering_phone) == ("Dr. Who", "555 0100")


@pytest.mark.parametrize("contact", ["ed", "anywhere", "old"])
def test_a_contact_of_the_facility_is_known_even_when_retired(contact: str) -> None:
    """A retired contact must not keep a study away; the desk is told later."""
    assert read(study(ordering_contact=contact)).ordering_contact == contact
    assert read(finding(to=contact)).to == contact


@pytest.mark.parametrize("kind", ["report.preliminary", "report.final"])
def test_reports_say_who_signed_and_when(kind: str) -> None:
    """The signer is kept as stated."""
    expected = ReportEvent(
        kind=EventKind(kind), at=NOW, facility="mercy", accession_number="A1", signed_by="park", signed_at=NOW
    )
    assert read(report(kind)) == expected
    assert read(report(kind, region=None)) == expected
    assert read(report(kind, region="spine")).region is Region.SPINE


@pytest.mark.parametrize("region", ["heart", "HEAD", "", 1, ["head"]])
def test_a_region_is_one_of_those_there_are(region: Any) -> None:
    """The answer names them, and not what was sent."""
    with pytest.raises(BadEvent) as refused:
        read(report(region=region))
    (problem,) = refused.value.problems
    assert problem.field == "data.region"
    assert "'extremities'" in problem.rule


def test_findings_are_reported_amended_and_retracted() -> None:
    """Each carries only what it needs."""
    reported = read(finding(to="ed"))
    assert (reported.category, reported.found_by, reported.to) == (1, "park", "ed")
    amended = read(finding("finding.amended", category=2, replaces="old words"))
    assert amended == FindingEvent(
        kind=EventKind.FINDING_AMENDED, at=NOW, facility="mercy", accession_number=f"A{CANARY}1", category=2,
        replaces="old words",
    )  # fmt: skip
    assert read(finding("finding.retracted")).replaces is None


def test_spaces_around_a_value_are_dropped() -> None:
    """An accession number is the same with and without a sender's padding."""
    assert read(study(accession_number="  A1 ")).accession_number == "A1"


UNPRINTABLE = ["a\0b", "a\nb", "a\x1b[31m", "a\x85b", "a\u2028b", "\u202ecba", "a\x7f"]
PATIENT = {"id": "1", "name": f"{CANARY}^JANE"}

#: A body that breaks a rule, and the field that the answer must name.
MALFORMED: list[tuple[Json | bytes, str]] = [
    (b"", "the body"),
    (b"{", "the body"),
    (b"\xff\xfe", "the body"),
    (b'{"type":"\\ud800"}', "the body"),
    (b"[" * 5000, "the body"),
    (b"[]", "the body"),
    (b"null", "the body"),
    (b"{}", "type"),
    (envelope("study.exploded", {}), "type"),
    ({"type": "study.received", "data": study()["data"]}, "timestamp"),
    ({"type": "study.received", "timestamp": "2026-03-14T07:05:00Z"}, "data"),
    (envelope("study.received", study()["data"], more=1), "the body"),
    (envelope("study.received", study()["data"], timestamp="2026-03-14T07:05:00"), "timestamp"),
    (envelope("study.received", study()["data"], timestamp="2026-02-30T07:05:00Z"), "timestamp"),
    (envelope("study.received", study()["data"], timestamp="0001-01-01T00:00:00+12:00"), "timestamp"),
    (envelope("study.received", study()["data"], timestamp="1969-12-31T00:00:00Z"), "timestamp"),
    (envelope("study.received", study()["data"], timestamp=1_773_471_900), "timestamp"),
    (envelope("study.received", study()["data"], timestamp="1773471900"), "timestamp"),
    (envelope("study.received", study()["data"], timestamp="2026-03-14T07:10:01Z"), "timestamp"),
    (envelope("study.received", []), "data"),
    (study(facility=...), "data.facility"),
    (study(facility="nowhere"), "data.facility"),
    (study(accession_number=...), "data.accession_number"),
    (study(accession_number="   "), "data.accession_number"),
    (study(accession_number="A" * 65), "data.accession_number"),
    (study(accession_number=12), "data.accession_number"),
    (study(study_instance_uid="1.2.03"), "data.study_instance_uid"),
    (study(study_instance_uid="1." * 32 + "1"), "data.study_instance_uid"),
    (study(study_instance_uid="1.2.3\n"), "data.study_instance_uid"),
    (study(patient=...), "data.patient"),
    (study(patient=f"{CANARY}^JANE"), "data.patient"),
    (study(patient={"name": f"{CANARY}^JANE"}), "data.patient.id"),
    (study(patient={"id": CANARY}), "data.patient.name"),
    (study(patient=PATIENT | {"name": "N" * 201}), "data.patient.name"),
    (study(patient=PATIENT | {"birth_date": "19590314"}), "data.patient.birth_date"),
    (study(patient=PATIENT | {"birth_date": "1959-02-29"}), "data.patient.birth_date"),
    (study(patient=PATIENT | {"birth_date": "1849-12-31"}), "data.patient.birth_date"),
    (study(patient=PATIENT | {"birth_date": "2026-03-16"}), "data.patient.birth_date"),
    (study(patient=PATIENT | {"sex": "female"}), "data.patient.sex"),
    (study(patient=PATIENT | {f"{CANARY}": 1}), "data.patient"),
    (study(modality=...), "data.modality"),
    (study(modality="ct"), "data.modality"),
    (study(modality=""), "data.modality"),
    (study(patient_class=...), "data.patient_class"),
    (study(patient_class="E"), "data.patient_class"),
    (study(priority="STAT"), "data.priority"),
    (study(patient_state="XX"), "data.patient_state"),
    (study(ordering_contact="nobody"), "data.ordering_contact"),
    (study(ordering_contact="elsewhere"), "data.ordering_contact"),
    (study(ordering_contact={}), "data.ordering_contact"),
    (study(ordering_contact=7), "data.ordering_contact"),
    (study(ordering_contact={"npi": "12"}), "data.ordering_contact.npi"),
    (study(ordering_contact={"id": "ed"}), "data.ordering_contact"),
    (study(ordered_at="2026-03-14T07:10:00.5Z"), "data.ordered_at"),
    (study(last_image_at="tomorrow"), "data.last_image_at"),
    (study(ready="yes"), "data.ready"),
    (study(test=1), "data.test"),
    (study(instance_count=-1), "data.instance_count"),
    (study(instance_count=1.5), "data.instance_count"),
    (study(instance_count=10**30), "data.instance_count"),
    (study(instance_count=True), "data.instance_count"),
    (study(**{CANARY: 1}), "data"),
    *((study(description=text), "data.description") for text in UNPRINTABLE),
    (report(signed_by=...), "data.signed_by"),
    (report(signed_at="2026-03-14T08:05:00Z"), "data.signed_at"),
    (finding(category=0), "data.category"),
    (finding(category=4), "data.category"),
    (finding(category="1"), "data.category"),
    (finding(text="x" * 401), "data.text"),
    (finding(text=""), "data.text"),
    (finding(found_by=...), "data.found_by"),
    (finding(found_at="2026-03-14T08:05:00Z"), "data.found_at"),
    (finding(to="elsewhere"), "data.to"),
    (finding("finding.amended"), "data"),
    (finding("finding.retracted", category=1), "data"),
]


@pytest.mark.parametrize(("body", "field"), MALFORMED)
def test_what_breaks_a_rule_is_told_by_field_and_never_by_value(body: Json | bytes, field: str) -> None:
    """Whoever mends the sender learns where; nobody learns who the patient is."""
    with pytest.raises(BadEvent) as caught:
        read(body)
    assert [one.field for one in caught.value.problems] == [field]
    assert CANARY not in str(caught.value)
    assert caught.value.__cause__ is None


def test_five_minutes_ahead_is_the_last_that_is_taken() -> None:
    """A sender's clock may run ahead by five minutes and no more."""
    assert read(study(last_image_at="2026-03-14T07:10:00Z")).last_image_at is not None
    with pytest.raises(BadEvent):
        read(study(last_image_at="2026-03-14T07:10:00.001Z"))


def test_several_problems_are_told_at_once() -> None:
    """A sender is mended once, not field by field."""
    with pytest.raises(BadEvent) as caught:
        read(study(modality="ct", priority="x", instance_count=-1))
    assert {one.field for one in caught.value.problems} == {"data.modality", "data.priority", "data.instance_count"}


def test_an_unknown_field_is_named_where_its_name_looks_like_one() -> None:
    """Three at most; a key that is no identifier may be a patient by mistake, and is not repeated."""
    with pytest.raises(BadEvent) as caught:
        read(study(**{"patientClass": "x", "ward": "y", f"{CANARY}-889900": "z", "Jane Roe": 1, "bed": 2, "room": 3}))
    (problem,) = caught.value.problems
    assert problem.field == "data"
    assert problem.rule == "must not have fields other than those in docs/events.md; sent: patientClass, ward, bed"


DOCS = (Path(__file__).parents[3] / "docs" / "events.md").read_text(encoding="utf-8")


def test_every_example_of_the_documentation_is_an_event() -> None:
    """All of them are shown, and each can be sent as it stands."""
    blocks = [block for block in re.findall(r"```json\n(.*?)```", DOCS, re.DOTALL) if "…" not in block]
    assert {json_events.parse(block.encode()).kind for block in blocks} == set(EventKind)
    assert len(blocks) == len(EventKind)


def test_every_field_is_documented() -> None:
    """A field that a model knows stands in the documentation's tables."""
    models: list[type[shapes.Shape]] = [
        shapes.StudyData,
        shapes.ReportData,
        shapes.ViewingData,
        shapes.FindingData,
        shapes.AmendedData,
        shapes.RetractedData,
    ]
    names = {name for model in models for name in model.model_fields} - {"patient"}
    names |= {f"patient.{name}" for name in shapes.Patient.model_fields}
    assert [name for name in sorted(names) if f"`{name}`" not in DOCS] == []


def test_the_documentations_signing_example_signs() -> None:
    """The Python example makes headers that the door takes."""
    code = re.search(r"```python\n(.*?)```", DOCS, re.DOTALL)
    assert code is not None
    lines = code[1].replace("whsec_…", RIS).split("request = ")[0]
    made: dict[str, Any] = {"event": study()}
    exec(lines, made)  # noqa: S102 - our own documentation
    content_type = made["headers"].pop("Content-Type")
    answer = Stage().post("/webhooks/events", made["body"], made["headers"], content_type)
    assert answer.status == 202
