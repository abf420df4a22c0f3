"""The sites of a night: each study comes when and how it was planned, whole, in parts, or image by image."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from benchmarks.night.arrivals import Arrival, Manner
from benchmarks.night.world import World

#: From the last image to the event that tells of it.
MEANWHILE = timedelta(seconds=30)


class Sites:
    """Sends the night's studies, each from its site."""

    def __init__(self, world: World) -> None:
        self._world = world

    def expect(self, arrival: Arrival) -> None:
        """Let a study come at its instant, and whatever follows it."""
        send: dict[Manner, Callable[[Arrival], None]] = {
            Manner.WHOLE: self._whole,
            Manner.ARRIVING: self._arriving,
            Manner.IMAGES: self._image_by_image,
        }
        self._world.at(arrival.at, lambda: send[arrival.manner](arrival))
        if arrival.canceled_after is not None:
            which = {"facility": arrival.site, "accession_number": arrival.accession}
            ends = arrival.at + arrival.canceled_after
            self._world.at(ends, lambda: self._world.hospital.send_event("study.canceled", which))

    def _whole(self, arrival: Arrival) -> None:
        self._received(arrival, ready=True, instance_count=arrival.images)

    def _arriving(self, arrival: Arrival) -> None:
        self._received(arrival, ready=False, instance_count=max(1, arrival.images // 4))
        for share in (0.5, 1.0):
            changed = {"instance_count": max(1, int(arrival.images * share)), "ready": share == 1.0}
            self._world.at(arrival.at + arrival.takes * share, partial(self._updated, arrival, changed))

    def _image_by_image(self, arrival: Arrival) -> None:
        for number in range(1, 5):
            at = arrival.at + arrival.takes * ((number - 1) / 12)
            self._world.at(at, partial(self._image, arrival, number))

    def _received(self, arrival: Arrival, *, ready: bool, instance_count: int) -> None:
        said = {
            "facility": arrival.site,
            "accession_number": arrival.accession,
            "study_instance_uid": arrival.uid,
            "patient": {
                "id": arrival.patient_id,
                "name": arrival.name,
                "birth_date": arrival.born.isoformat(),
                "sex": arrival.sex,
            },
            "modality": arrival.modality,
            "body_part": arrival.body_part,
            "description": arrival.description,
            "priority": arrival.priority,
            "patient_class": arrival.patient_class,
            "patient_state": arrival.state,
            "last_image_at": (self._world.clock.now() - MEANWHILE).isoformat(),
            "ready": ready,
            "instance_count": instance_count,
        }
        group = {"group": arrival.group} if arrival.group else {}
        self._world.hospital.send_event("study.received", said | group)

    def _updated(self, arrival: Arrival, changed: Mapping[str, object]) -> None:
        which = {"facility": arrival.site, "accession_number": arrival.accession}
        last = {"last_image_at": self._world.clock.now().isoformat()}
        self._world.hospital.send_event("study.updated", {**which, **last, **changed})

    def _image(self, arrival: Arrival, number: int) -> None:
        header: dict[str, Any] = {
            "AccessionNumber": arrival.accession,
            "StudyInstanceUID": arrival.uid,
            "SOPInstanceUID": f"{arrival.uid}.{number}",
            "PatientName": arrival.name,
            "PatientID": arrival.patient_id,
            "PatientBirthDate": f"{arrival.born:%Y%m%d}",
            "PatientSex": arrival.sex,
            "PatientAge": "",
            "InstanceNumber": number,
            "StudyDescription": arrival.description,
            "BodyPartExamined": arrival.body_part,
        }
        self._world.hospital.send_dicom_ct(**header)
