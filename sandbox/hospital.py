"""A small hospital: it orders studies, sends images, reports findings and signs reports, all of it made up.

It speaks the product's intake: JSON events and DICOM Part 10 objects, each signed as Standard Webhooks says
(standardwebhooks.com, "Signature scheme": HMAC-SHA256 over ``{id}.{timestamp}.{body}``) with wall time, since the
product's verifier reads a wall clock. The images are headers that pydicom ships, with nobody's data in them.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
from pydicom.uid import generate_uid

from sandbox import loopback
from sandbox.images import dicom_object
from sandbox.timeline import Timeline, wall_clock

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Json = dict[str, Any]

#: Family names no clerk would take for a patient's.
FAMILY = "SANDBOX"
_GIVEN = ("AVERY", "BLAIR", "CASEY", "DEVON", "ELLIS", "FINLEY", "GREER", "HARPER", "INDIGO", "JULES")
_TIMEOUT = httpx.Timeout(10.0)


@dataclass(frozen=True)
class Site:
    """Which facility this hospital is in the product's directory, and who orders and reads there."""

    facility: str
    state: str = "NY"
    reader: str = ""  #: directory id of the radiologist who finds and signs
    #: Who orders, by patient class, or by priority where that says more: the directory id of a contact.
    orderers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """What a kind of study looks like, and what is critical on it."""

    modality: str
    body_part: str
    description: str
    priority: str
    patient_class: str
    location: str
    images: int
    finding: str
    category: int = 1


STROKE = Case(
    "CT", "HEAD", "CT head without contrast, stroke alert", "stroke", "emergency", "ED 4", 214,
    "Acute subdural hematoma on the left, twelve millimeters, with midline shift.",
)  # fmt: skip
TRAUMA = Case(
    "CT", "CHEST", "CT chest, abdomen and pelvis with contrast, trauma", "trauma", "emergency", "Trauma bay 1", 862,
    "Tension pneumothorax on the right.",
)  # fmt: skip
ROUTINE_XR = Case(
    "DX", "CHEST", "Chest, two views", "routine", "outpatient", "Clinic 2", 2,
    "New nodule of fourteen millimeters in the right upper lobe.", 3,
)  # fmt: skip
DICOM_CT = Case(
    "CT", "CHEST", "CT pulmonary angiogram", "stat", "emergency", "ED 7", 1, "Saddle pulmonary embolism."
)  # fmt: skip


@dataclass
class Ordered:
    """A study that this hospital has sent, and what has been said about it since."""

    facility: str
    accession_number: str
    study_instance_uid: str
    description: str
    finding: str
    category: int
    patient: str
    sent_at: str
    told: list[str] = field(default_factory=list)  #: the event types sent for it, oldest first


@dataclass(frozen=True)
class Delivered:
    """One signed request to the product, exactly as it went out."""

    url: str
    headers: dict[str, str]
    body: bytes
    status: int | None
    answer: str


def secret_bytes(secret: str) -> bytes:
    """Return the key in a ``whsec_`` secret (Standard Webhooks: "Symmetric secrets")."""
    return base64.b64decode(secret.removeprefix("whsec_") + "==")


def sign(secret: str, delivery_id: str, timestamp: str, body: bytes) -> str:
    """Return the ``webhook-signature`` of a body; the library takes only text, DICOM objects are bytes."""
    signed = f"{delivery_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(secret_bytes(secret), signed, hashlib.sha256).digest()).decode()


class Hospital:
    """Sends studies and findings of one site; every method returns (status, body) of the product's answer."""

    def __init__(
        self,
        product_url: str,
        *,
        events_secret: str,
        dicom_secret: str,
        site: Site,
        now: Callable[[], datetime] = wall_clock,
    ) -> None:
        self.site = site  #: where the next study comes from; may be changed at any time
        self.modality_facility = site.facility  #: DICOM objects do not say it: their source names one facility
        self.studies: list[Ordered] = []
        self.sent: list[Delivered] = []
        self.on_change: Callable[[], None] = lambda: None
        self._url = product_url.rstrip("/")
        self._secrets = {"events": events_secret, "dicom": dicom_secret}
        self._now = now
        self._lock = threading.Lock()
        self._client = loopback.client(timeout=_TIMEOUT)

    def send_stroke_ct(self, **over: Any) -> tuple[int, str]:
        """Send a stroke CT from the emergency department."""
        return self.send_study(STROKE, **over)

    def send_trauma(self, **over: Any) -> tuple[int, str]:
        """Send a trauma CT of chest, abdomen and pelvis."""
        return self.send_study(TRAUMA, **over)

    def send_routine_xr(self, **over: Any) -> tuple[int, str]:
        """Send a routine chest X-ray of an outpatient."""
        return self.send_study(ROUTINE_XR, **over)

    def send_study(self, case: Case = STROKE, **over: Any) -> tuple[int, str]:
        """Send ``study.received``; ``over`` replaces any field of its data, and None leaves one out."""
        data = {**self._study(case), **over}
        data = {key: value for key, value in data.items() if value is not None}
        uid, name = data.get("study_instance_uid", ""), data.get("patient", {}).get("name", "")
        self._remember(case, data["accession_number"], uid, name, data["facility"])
        return self._tell("study.received", data)

    def send_dicom_ct(self, slices: int = 1, **over: Any) -> tuple[int, str]:
        """Send ``slices`` DICOM objects of one CT study; ``over`` sets DICOM keywords. The last answer is returned."""
        number = len(self.studies) + 1
        accession, uid, name = self._accession(number), str(generate_uid()), f"{FAMILY}^{_GIVEN[number % 10]}"
        self._remember(DICOM_CT, accession, uid, name, self.modality_facility)
        answer = (0, "")
        for position in range(1, slices + 1):
            header = {
                "AccessionNumber": accession,
                "StudyInstanceUID": uid,
                "PatientName": name,
                "PatientID": f"SBX-{number:04d}",
                "InstanceNumber": position,
                "StudyDescription": DICOM_CT.description,
                "BodyPartExamined": DICOM_CT.body_part,
                **over,
            }
            answer = self._post("dicom", dicom_object(header, self._now()), "application/dicom", str(uuid.uuid4()))
        self._note(accession, "dicom")
        return answer

    def open_study(self, by: str, accession: str | None = None, **over: Any) -> tuple[int, str]:
        """Send ``study.opened``: somebody opens a study in the PACS, the newest one unless told which."""
        return self._tell("study.opened", self._viewing(by, accession, **over))

    def close_study(self, by: str, accession: str | None = None, **over: Any) -> tuple[int, str]:
        """Send ``study.closed``."""
        return self._tell("study.closed", self._viewing(by, accession, **over))

    def report_critical_finding(
        self, accession: str | None = None, text: str | None = None, **over: Any
    ) -> tuple[int, str]:
        """Send ``finding.reported`` for a study, the newest one unless told which."""
        return self._tell("finding.reported", self._finding(accession, text, **over))

    def amend_finding(self, text: str, accession: str | None = None, **over: Any) -> tuple[int, str]:
        """Send ``finding.amended``: the same finding in other words, or of another category."""
        return self._tell("finding.amended", self._finding(accession, text, **over))

    def retract_finding(self, accession: str | None = None, **over: Any) -> tuple[int, str]:
        """Send ``finding.retracted``: it was entered in error."""
        return self._tell("finding.retracted", {**self._which(accession), **over})

    def update_study(self, accession: str | None = None, **changed: Any) -> tuple[int, str]:
        """Send ``study.updated`` with the fields that changed."""
        return self._tell("study.updated", {**self._which(accession), **changed})

    def cancel_study(self, accession: str | None = None) -> tuple[int, str]:
        """Send ``study.canceled``."""
        return self._tell("study.canceled", self._which(accession))

    def report_preliminary(self, accession: str | None = None, **over: Any) -> tuple[int, str]:
        """Send ``report.preliminary``, signed by the site's reader."""
        return self._tell("report.preliminary", self._report(accession, **over))

    def report_final(self, accession: str | None = None, **over: Any) -> tuple[int, str]:
        """Send ``report.final``, signed by the site's reader."""
        return self._tell("report.final", self._report(accession, **over))

    def send_event(self, kind: str, data: Json, delivery_id: str | None = None) -> tuple[int, str]:
        """Send any event; the same delivery id twice is a repeat."""
        body = json.dumps({"type": kind, "timestamp": self._now().isoformat(), "data": data}).encode()
        return self._post("events", body, "application/json", delivery_id or f"msg_{uuid.uuid4().hex}")

    def trickle(self, timeline: Timeline, every: timedelta) -> Callable[[], None]:
        """Send a study now and then, until the function returned is called."""
        kinds = (ROUTINE_XR, STROKE, TRAUMA)
        stopped = threading.Event()

        def next_one() -> None:
            if not stopped.is_set():
                self.send_study(kinds[len(self.studies) % len(kinds)])
                timeline.after(every.total_seconds(), next_one)

        timeline.after(every.total_seconds(), next_one)
        return stopped.set

    def latest(self) -> Ordered:
        """Return the newest study; LookupError when none was sent."""
        if not self.studies:
            raise LookupError("no study was sent yet; send one first")
        return self.studies[-1]

    def snapshot(self) -> list[Json]:
        """Return, as JSON-able values, the studies sent."""
        return [vars(study) | {"told": list(study.told)} for study in self.studies]

    def restore(self, kept: list[Json]) -> None:
        """Continue from a snapshot."""
        self.studies = [Ordered(**study) for study in kept]

    def stop(self) -> None:
        """Close the connections."""
        self._client.close()

    def _study(self, case: Case) -> Json:
        number, now = len(self.studies) + 1, self._now()
        born = (now - timedelta(days=365 * (34 + number * 7 % 50) + number)).date()
        name = f"{FAMILY}^{_GIVEN[number % len(_GIVEN)]}"
        return {
            "facility": self.site.facility,
            "accession_number": self._accession(number),
            "study_instance_uid": str(generate_uid()),
            "patient": {
                "id": f"SBX-{number:04d}",
                "name": name,
                "birth_date": born.isoformat(),
                "sex": "FM"[number % 2],
            },
            "modality": case.modality,
            "body_part": case.body_part,
            "description": case.description,
            "priority": case.priority,
            "patient_class": case.patient_class,
            "patient_state": self.site.state,
            "location": case.location,
            "ordering_contact": self.site.orderers.get(case.priority, self.site.orderers.get(case.patient_class)),
            "ordered_at": (now - timedelta(minutes=25)).isoformat(),
            "last_image_at": (now - timedelta(minutes=2)).isoformat(),
            "ready": True,
            "instance_count": case.images,
        }

    def _finding(self, accession: str | None, text: str | None, **over: Any) -> Json:
        study = self._find(accession)
        data = {
            **self._which(accession),
            "category": study.category if study else STROKE.category,
            "text": text or (study.finding if study else STROKE.finding),
            "found_by": self.site.reader or None,
            "found_at": self._now().isoformat(),
            **over,
        }
        return {key: value for key, value in data.items() if value is not None}

    def _viewing(self, by: str, accession: str | None, **over: Any) -> Json:
        return {**self._which(accession), "by": by, "at": self._now().isoformat(), **over}

    def _report(self, accession: str | None, **over: Any) -> Json:
        signed = {"signed_by": self.site.reader, "signed_at": self._now().isoformat()}
        return {**self._which(accession), **signed, **over}

    def _which(self, accession: str | None) -> Json:
        study = self._find(accession)
        facility = study.facility if study else self.site.facility
        return {"facility": facility, "accession_number": accession or self.latest().accession_number}

    def _find(self, accession: str | None) -> Ordered | None:
        wanted = accession or self.latest().accession_number
        return next((study for study in self.studies if study.accession_number == wanted), None)

    def _accession(self, number: int) -> str:
        return f"SBX{self._now():%y%m%d}{number:04d}"

    def _remember(self, case: Case, accession: str, uid: str, name: str, facility: str = "") -> None:
        where, words = facility or self.site.facility, (case.description, case.finding, case.category)
        with self._lock:
            self.studies.append(Ordered(where, accession, uid, *words, name, self._now().isoformat()))

    def _note(self, accession: str, kind: str) -> None:
        for study in self.studies:
            if study.accession_number == accession:
                study.told.append(kind)
        self.on_change()

    def _tell(self, kind: str, data: Json) -> tuple[int, str]:
        answer = self.send_event(kind, data)
        self._note(data["accession_number"], kind)
        return answer

    def _post(self, door: str, body: bytes, content_type: str, delivery_id: str) -> tuple[int, str]:
        timestamp = str(int(wall_clock().timestamp()))
        headers = {
            "Content-Type": content_type,
            "webhook-id": delivery_id,
            "webhook-timestamp": timestamp,
            "webhook-signature": sign(self._secrets[door], delivery_id, timestamp, body),
        }
        url = f"{self._url}/webhooks/{door}"
        try:
            response = self._client.post(url, content=body, headers=headers)
            status, answer = response.status_code, response.text
        except httpx.HTTPError as error:
            status, answer = 0, f"the product does not answer: {type(error).__name__}"
        with self._lock:
            self.sent.append(Delivered(url, headers, body, status or None, answer))
        return status, answer
