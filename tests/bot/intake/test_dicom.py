"""DICOM objects at the door: headers are read, pixels are not, and nothing that is sent is a 5xx."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import DeflatedExplicitVRLittleEndian

from bot.intake import parse
from bot.intake.dicom_events import MAX_HEAD
from handlers.domain.classes import PatientClass, Priority
from handlers.domain.events import StudyEvent
from handlers.ports import Delivered
from sandbox.images import dicom_object
from tests.bot.intake.stage import CANARY, NOW, RIS, WIDE, Stage, new_secret, site

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")

HEADER = {
    "AccessionNumber": "ACC1",
    "PatientName": f"{CANARY}^JANE",
    "PatientID": f"{CANARY}-7",
    "StudyInstanceUID": "1.2.3.4",
    "StudyDescription": "CT pulmonary angiogram",
    "BodyPartExamined": "CHEST",
    "AcquisitionDate": "20260314",
    "AcquisitionTime": "070130.5",
}


@pytest.fixture
def stage() -> Stage:
    return Stage()


def image(**over: Any) -> bytes:
    """Return an object with ``over`` set; None leaves an element out."""
    made = dicom_object(HEADER | {k: v for k, v in over.items() if v is not None}, NOW)
    gone = [keyword for keyword, value in over.items() if value is None]

    def leave_out(dataset: Dataset) -> None:
        for keyword in gone:
            if keyword in dataset:
                delattr(dataset, keyword)

    return _edited(made, leave_out) if gone else made


def pixels(data: bytes) -> bytes:
    """Return a Pixel Data element (PS3.5 section 7.1.2), which ends an object."""
    return b"\xe0\x7f\x10\0OW\0\0" + len(data).to_bytes(4, "little") + data


def _edited(raw: bytes, edit: Any) -> bytes:
    dataset = pydicom.dcmread(BytesIO(raw))
    edit(dataset)
    buffer = BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def event_of(stage: Stage) -> StudyEvent:
    event = parse(Delivered("1", stage.inbox.all()[-1], 0))
    assert isinstance(event, StudyEvent)
    return event


def test_a_header_becomes_one_image_of_a_study(stage: Stage) -> None:
    """The source fills what a header cannot say; its only facility is the study's."""
    answer = stage.dicom(image())
    assert (answer.status, answer.json["ignored"]) == (202, [])
    event = event_of(stage)
    assert (event.facility, event.accession_number, event.one_instance) == ("mercy", "ACC1", True)
    assert (event.patient_name, event.patient_id, event.sex) == (f"{CANARY}^JANE", f"{CANARY}-7", "F")
    assert (str(event.birth_date), event.modality, event.body_part) == ("1959-03-14", "CT", "CHEST")
    assert (event.description, event.study_instance_uid) == ("CT pulmonary angiogram", "1.2.3.4")
    assert (event.priority, event.patient_class) == (Priority.STAT, PatientClass.EMERGENCY)
    assert (event.ordering_contact, event.at) == ("ed", NOW)
    assert event.last_image_at == datetime(2026, 3, 14, 7, 1, 30, 500000, tzinfo=UTC)


def test_what_is_kept_is_a_header_without_pixels(stage: Stage) -> None:
    """The inbox holds a few hundred bytes, whatever the object weighed."""
    with_pixels = image() + pixels(b"\1\2" * 400_000)
    assert stage.dicom(with_pixels).status == 202
    assert len(stage.inbox.all()[0].body) < 2000


@pytest.mark.parametrize(
    ("over", "expected"),
    [
        ({"TimezoneOffsetFromUTC": "-0500", "AcquisitionTime": "020000"}, "07:00"),
        ({"TimezoneOffsetFromUTC": None, "AcquisitionTime": "030000"}, "07:00"),  # the facility's zone, in summer time
        ({"TimezoneOffsetFromUTC": "east", "AcquisitionTime": "030100"}, "07:01"),
        ({"AcquisitionDateTime": "20260314030200-0400"}, "07:02"),
        ({"AcquisitionDateTime": "20260314", "AcquisitionTime": "0703"}, "07:03"),
        ({"AcquisitionDate": "2026.03.14", "AcquisitionTime": "07:04:00"}, "07:04"),
        ({"AcquisitionDate": None}, "07:05"),  # the study's own time
        ({"AcquisitionDate": "19970430"}, "07:05"),  # a prior's, or a wrong clock
        ({"AcquisitionDate": "20260315"}, "07:05"),  # not yet
        ({"AcquisitionTime": "250000"}, "07:05"),
    ],
)
def test_the_last_image_is_the_best_plausible_instant(stage: Stage, over: dict[str, Any], expected: str) -> None:
    """A time of another year must not make a study overdue on arrival."""
    without = {"ContentDate": None, "SeriesDate": None}
    assert stage.dicom(image(**without, **over)).status == 202
    at = event_of(stage).last_image_at
    assert at is not None
    assert f"{at:%H:%M}" == expected


@pytest.mark.parametrize(
    ("over", "keyword"),
    [
        ({"PatientBirthDate": "14MAR1959"}, "PatientBirthDate"),
        ({"PatientBirthDate": "19590230"}, "PatientBirthDate"),
        ({"PatientSex": "X"}, "PatientSex"),
        ({"Modality": "ct!"}, "Modality"),
        ({"StudyInstanceUID": "1.2.x"}, "StudyInstanceUID"),
        ({"SOPInstanceUID": "1.2.x"}, "SOPInstanceUID"),
        ({"StudyDescription": "D" * 300}, "StudyDescription"),
        ({"PatientName": "A\x07B"}, "PatientName"),
        ({"AcquisitionTime": "7 o'clock"}, "AcquisitionDate with AcquisitionTime"),
        ({"AcquisitionDateTime": f"{CANARY}"}, "AcquisitionDateTime"),
    ],
)
def test_a_malformed_value_is_ignored_with_its_reason(stage: Stage, over: dict[str, Any], keyword: str) -> None:
    """One bad value must not keep a stroke away; the sender learns which, never what."""
    answer = stage.dicom(image(**over))
    assert answer.status == 202
    assert any(reason.startswith(keyword) for reason in answer.json["ignored"])
    assert CANARY not in answer.text


def test_a_missing_accession_number_is_422(stage: Stage) -> None:
    """Without it nobody knows what the images belong to."""
    for missing in (None, "", "   ", "A\x01B"):
        answer = stage.dicom(image(AccessionNumber=missing))
        assert answer.status == 422
        assert answer.json["errors"][0]["field"].startswith("AccessionNumber")
        assert CANARY not in answer.text
    assert stage.inbox.asked == 0


@pytest.mark.parametrize(
    ("charset", "name", "expected"),
    [
        ("ISO_IR 100", "Müller^Jörg", "Müller^Jörg"),
        ("ISO_IR 192", "Ñandú^José", "Ñandú^José"),
        (["", "ISO 2022 IR 87"], "Yamada^Tarou=山田^太郎=やまだ^たろう", "Yamada^Tarou"),
        ("ISO_IR 192", "=山田^太郎", "山田^太郎"),
    ],
)
def test_names_are_read_in_their_character_set(stage: Stage, charset: Any, name: str, expected: str) -> None:
    """As they stand; of several writings the alphabetic one, which can be spoken."""
    assert stage.dicom(image(SpecificCharacterSet=charset, PatientName=name)).status == 202
    assert event_of(stage).patient_name == expected


def test_an_unknown_character_set_or_broken_text_is_no_5xx(stage: Stage) -> None:
    """Text that cannot be decoded is replaced or ignored."""
    raw = image(PatientName="AAAA^BBBB").replace(b"AAAA^BBBB", b"\xff\xfe\xed\xa0\x80^\xf0\x28B")
    for broken in (raw, image(SpecificCharacterSet="ISO_IR 9999"), raw.replace(b"ISO_IR 100", b"ISO_IR 192")):
        assert stage.dicom(broken).status == 202


def test_who_referred_is_stated_where_the_source_names_nobody(stage: Stage) -> None:
    """For the desk to look up; never dialed."""
    sources = dict(stage.directory.sources)
    sources["ct"] = replace(sources["ct"], defaults={"ordering_contact": "elsewhere"})
    stage.directory = replace(stage.directory, sources=sources)
    answer = stage.dicom(image(ReferringPhysicianName="WHO^DOCTOR"))
    assert "ordering_contact" in answer.json["ignored"][0]
    assert (event_of(stage).ordering_contact, event_of(stage).ordering_name) == (None, "WHO^DOCTOR")


def test_a_repeat_is_known_and_another_slice_under_its_id_is_refused(stage: Stage) -> None:
    """Every byte counts, pixels too, though none is kept."""
    shell = image()
    one, other = shell + pixels(b"\1\2"), shell + pixels(b"\1\3")
    answers = [stage.dicom(body, delivery="m1") for body in (one, one, other)]
    assert [answer.status for answer in answers] == [202, 200, 422]
    assert answers[0].json == answers[1].json


def test_five_hundred_slices_are_five_hundred_images_of_one_study(stage: Stage) -> None:
    """Each is accepted by itself; the study is known by its accession number."""
    raw = image(InstanceNumber="1234")
    for number in range(500):
        assert stage.dicom(raw.replace(b"1234", f"{number:04d}".encode())).status == 202
    kept = stage.inbox.all()
    assert len({one.body for one in kept}) == 500
    events = [parse(Delivered("1", one, 0)) for one in kept]
    assert {(event.facility, event.accession_number) for event in events} == {("mercy", "ACC1")}


def test_a_missing_study_instance_uid_is_422(stage: Stage) -> None:
    """Every whole object has one; where it is missing, the patient may be, too."""
    answer = stage.dicom(image(StudyInstanceUID=None))
    assert (answer.status, answer.json["errors"][0]["field"]) == (422, "StudyInstanceUID (0020,000D)")


def test_the_order_of_refusals(stage: Stage) -> None:
    """401, 415, 422, 403: nobody learns more than they may."""
    raw = image()
    assert stage.dicom(raw, new_secret("z")).status == 401
    assert stage.dicom(raw[:-1] + b"!", new_secret("z")).status == 401
    assert stage.post("/webhooks/dicom", raw, stage.headers(raw), "application/json").status == 415
    assert stage.dicom(b"{}", RIS).status == 422
    for secret in (RIS, WIDE):
        answer = stage.dicom(raw, secret)
        assert answer.status == 403
        assert "exactly one" in answer.json["detail"]
    assert stage.inbox.asked == 0


def test_without_an_agreement_images_are_refused_on_the_record(stage: Stage) -> None:
    """As new studies in JSON are."""
    stage.directory = replace(stage.directory, facilities={"mercy": site("mercy", baa=False)})
    assert stage.dicom(image()).status == 403
    assert stage.baa_refused == [("mercy", "ct")]


def test_a_body_over_the_limit_is_413(stage: Stage) -> None:
    """The limit is stated before a byte is read."""
    headers = stage.headers(b"") | {"content-length": str(64 * 1024 * 1024 + 1)}
    assert stage.post("/webhooks/dicom", b"", headers, "application/dicom").status == 413


def test_a_large_object_is_verified_whole_and_read_at_its_beginning(stage: Stage) -> None:
    """Pixels count for the signature, and for nothing else."""
    big = image() + pixels(b"\0\1" * (MAX_HEAD // 2 + 1_000_000))
    headers = stage.headers(big, new_secret("c"))
    assert stage.post("/webhooks/dicom", big, headers, "application/dicom").status == 202
    changed = big[:-1] + b"!"
    assert stage.post("/webhooks/dicom", changed, headers, "application/dicom").status == 401


@cache
def _shipped() -> list[Path]:
    first = get_testdata_file("CT_small.dcm", download=False)
    return sorted(path for path in Path(str(first)).parent.rglob("*") if path.is_file())


@pytest.mark.parametrize("path", _shipped(), ids=lambda path: path.name)
def test_no_file_that_pydicom_ships_is_a_5xx(stage: Stage, path: Path) -> None:
    """Whatever it is, it is accepted or refused in words."""
    raw = path.read_bytes()
    answer = stage.dicom(raw)
    assert answer.status in {202, 422}
    assert (answer.status == 202) == (stage.inbox.asked == 1)
    try:
        dataset = pydicom.dcmread(BytesIO(raw), stop_before_pixels=True)
    except Exception:  # noqa: BLE001 - not readable: refused is right
        return
    needed = [dataset.get("AccessionNumber"), dataset.get("StudyInstanceUID")]
    readable = all(needed) and "TransferSyntaxUID" in dataset.file_meta
    assert (answer.status == 202) == readable


@pytest.mark.parametrize("name", ["MR_small.dcm", "MR_small_implicit.dcm", "MR_small_bigendian.dcm", "image_dfl.dcm"])
def test_every_encoding_reads_the_same(stage: Stage, name: str) -> None:
    """Implicit, explicit, big-endian and deflated."""
    assert stage.dicom(dicom_object(HEADER, NOW, name)).status == 202
    assert (event_of(stage).accession_number, event_of(stage).patient_name) == ("ACC1", f"{CANARY}^JANE")


def test_a_truncated_object_is_refused_or_complete(stage: Stage) -> None:
    """At whatever byte it ends: never a 5xx, and never a study without its patient."""
    raw = image()
    for length in [*range(0, 1200, 7), *range(1200, len(raw), 3)]:
        answer = stage.dicom(raw[:length])
        assert answer.status in {202, 422}
        if answer.status == 202:
            assert (event_of(stage).patient_id, event_of(stage).study_instance_uid) == (f"{CANARY}-7", "1.2.3.4")
    assert stage.inbox.all()


def test_a_deflated_bomb_is_not_unpacked_to_its_end(stage: Stage) -> None:
    """Unpacking stops at what a header may weigh."""

    def inflate(dataset: Dataset) -> None:
        dataset.PatientComments = " " * 60_000_000
        dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian

    bomb = _edited(dicom_object(HEADER, NOW, "image_dfl.dcm"), inflate)
    assert len(bomb) < 100_000
    answer = stage.dicom(bomb)
    assert answer.status == 422


def test_sequences_nested_without_end_are_422(stage: Stage) -> None:
    """Depth is the sender's mistake, not ours."""
    item = b"\xfe\xff\x00\xe0\xff\xff\xff\xff"
    nested = (b"\x08\x00\x40\x11SQ\0\0\xff\xff\xff\xff" + item) * 5000
    shell = image()
    start = shell.index(b"\x08\x00\x05\x00")
    assert stage.dicom(shell[:start] + nested).status == 422


def test_a_sequence_before_the_header_ends_is_passed_over(stage: Stage) -> None:
    """Referenced studies and the like do not disturb."""
    inner = Dataset()
    inner.AccessionNumber = "INNER"
    raw = _edited(image(), lambda dataset: setattr(dataset, "ReferencedStudySequence", Sequence([inner])))
    assert stage.dicom(raw).status == 202
    assert event_of(stage).accession_number == "ACC1"


def test_pydicom_says_nothing_of_what_it_stumbles_over(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    """Its log lines quote values."""
    odd = image(Modality=f"{CANARY}!", StudyInstanceUID=f"1.{CANARY}", SpecificCharacterSet=CANARY)
    with caplog.at_level("DEBUG"):
        caplog.clear()
        assert stage.dicom(odd).status == 202
    assert CANARY not in caplog.text


def test_a_birth_date_that_has_not_come_is_left_out(stage: Stage) -> None:
    """Nobody is minus three years old."""
    ahead = f"{NOW + timedelta(days=900):%Y%m%d}"
    assert stage.dicom(image(PatientBirthDate=ahead)).status == 202
    assert event_of(stage).birth_date is None
