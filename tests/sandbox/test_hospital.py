"""What the demo hospital sends, and that its signatures are those of Standard Webhooks."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pydicom
import pytest
from standardwebhooks import Webhook
from starlette.requests import Request
from starlette.responses import Response

from sandbox.hospital import Hospital, Site, sign
from tests.sandbox.workspace_stage import served

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import Receive, Scope, Send

EVENTS_SECRET = "whsec_" + "ZXZlbnRzLWV2ZW50cy1ldmVudHMtZXZlbnRzIQ=="
DICOM_SECRET = "whsec_" + "ZGljb20tZGljb20tZGljb20tZGljb20tZGljb20="
SITE = Site("northgate", reader="ruiz", orderers={"emergency": "ed-attending"})


@dataclass
class Intake:
    """Accepts everything, and keeps (path, headers, body)."""

    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        self.got.append((request.url.path, dict(request.headers), await request.body()))
        await Response("{}", 202)(scope, receive, send)


@pytest.fixture
def intake() -> Intake:
    return Intake()


@pytest.fixture
def hospital(intake: Intake) -> Iterator[Hospital]:
    with served(intake) as url:
        hospital = Hospital(url, events_secret=EVENTS_SECRET, dicom_secret=DICOM_SECRET, site=SITE)
        yield hospital
        hospital.stop()


def test_an_event_verifies_with_the_official_library(hospital: Hospital, intake: Intake) -> None:
    """The library accepts our signature, and the body has the shape that the intake reads."""
    assert hospital.send_stroke_ct() == (202, "{}")
    path, headers, body = intake.got[0]
    event = Webhook(EVENTS_SECRET).verify(body, headers)
    assert path == "/webhooks/events"
    assert set(event) == {"type", "timestamp", "data"}
    assert (event["data"]["facility"], event["data"]["priority"]) == ("northgate", "stroke")
    assert event["data"]["ordering_contact"] == "ed-attending"
    assert event["data"]["patient"]["name"].startswith("SANDBOX^")


def test_a_signature_over_bytes_equals_the_library_s_over_text() -> None:
    """For a body that is text both agree; for DICOM only bytes will do."""
    at = datetime(2031, 3, 4, tzinfo=UTC)
    by_library = Webhook(EVENTS_SECRET).sign("id", at, '{"ü": 1}')
    assert sign(EVENTS_SECRET, "id", str(int(at.timestamp())), '{"ü": 1}'.encode()) == by_library


def test_a_dicom_object_reads_back_with_nobody_in_it(hospital: Hospital, intake: Intake) -> None:
    """Part 10 preamble, our accession, a fictional patient, no pixels, nothing private, signed over its bytes."""
    hospital.send_dicom_ct(slices=3)
    studies = {pydicom.dcmread(io.BytesIO(body)).StudyInstanceUID for _, _, body in intake.got}
    path, headers, body = intake.got[0]
    dataset = pydicom.dcmread(io.BytesIO(body))
    assert (path, headers["content-type"], body[128:132]) == ("/webhooks/dicom", "application/dicom", b"DICM")
    assert studies == {hospital.latest().study_instance_uid}
    assert dataset.AccessionNumber == hospital.latest().accession_number
    assert str(dataset.PatientName).startswith("SANDBOX^")
    assert "PixelData" not in dataset
    assert not any(element.tag.is_private for element in dataset)
    assert "CompressedSamples" not in str(dataset)
    expected = sign(DICOM_SECRET, headers["webhook-id"], headers["webhook-timestamp"], body)
    assert headers["webhook-signature"] == expected


def test_a_finding_speaks_of_the_newest_study(hospital: Hospital, intake: Intake) -> None:
    """Found, amended, retracted and reported all name the accession that was sent last, unless told which."""
    hospital.send_routine_xr()
    hospital.send_trauma()
    hospital.report_critical_finding()
    hospital.amend_finding("on the left")
    hospital.retract_finding()
    hospital.report_preliminary()
    hospital.report_final(hospital.studies[0].accession_number)
    events = [json.loads(body) for _, _, body in intake.got]
    named = [event["data"]["accession_number"] for event in events]
    assert named == [named[0], *[named[1]] * 5, named[0]]
    assert hospital.studies[1].told == [
        "study.received",
        "finding.reported",
        "finding.amended",
        "finding.retracted",
        "report.preliminary",
    ]
    assert events[2]["data"]["text"] == "Tension pneumothorax on the right."


def test_a_hospital_without_a_product_says_so() -> None:
    """No answer is status 0 with a sentence, not an exception."""
    hospital = Hospital("http://127.0.0.1:9", events_secret=EVENTS_SECRET, dicom_secret=DICOM_SECRET, site=SITE)
    assert hospital.send_stroke_ct()[0] == 0
    hospital.stop()


def test_a_second_start_knows_the_studies(hospital: Hospital) -> None:
    """A snapshot survives JSON."""
    hospital.send_stroke_ct()
    kept = json.loads(json.dumps(hospital.snapshot()))
    hospital.studies.clear()
    hospital.restore(kept)
    assert hospital.latest().description == "CT head without contrast, stroke alert"
