"""What arrives in a night: when, from where, of which class, and whether at once or image by image."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from benchmarks.night.town import BEGINS, Town
from sandbox.hospital import FAMILY

#: How much of the night's work arrives in each of its hours, 19:00 to 07:00 in the east.
PROFILE = (11, 11, 10, 10, 9, 8, 7, 6, 5, 5, 6, 8)
CLASSES = {"stroke": 3, "trauma": 5, "stat": 30, "urgent": 27, "routine": 35}
#: Modalities of each class, in percent.
MODALITIES = {
    "stroke": {"CT": 90, "MR": 10},
    "trauma": {"CT": 100},
    "stat": {"CT": 58, "US": 14, "DX": 23, "MR": 5},
    "urgent": {"CT": 38, "DX": 38, "US": 19, "MR": 5},
    "routine": {"DX": 72, "CT": 15, "US": 9, "MR": 4},
}
PATIENT_CLASS = {
    "stroke": "emergency",
    "trauma": "emergency",
    "stat": "emergency",
    "urgent": "inpatient",
    "routine": "outpatient",
}
WORDS = {
    "CT": ("ABDOMEN", "CT abdomen and pelvis with contrast", 480),
    "MR": ("BRAIN", "MR brain without contrast", 620),
    "US": ("ABDOMEN", "US right upper quadrant", 38),
    "DX": ("CHEST", "Chest, two views", 2),
}
PAN_SCAN = ("HEAD", "CSPINE", "CHEST", "ABDOMEN")
_GIVEN = ("AVERY", "BLAIR", "CASEY", "DEVON", "ELLIS", "FINLEY", "GREER", "HARPER", "INDIGO", "JULES")


class Manner(StrEnum):
    """How a study comes."""

    WHOLE = "whole"  # one event, ready
    ARRIVING = "arriving"  # announced, then updated until it is ready
    IMAGES = "images"  # DICOM objects, ready once none has come for a while


@dataclass(frozen=True, slots=True)
class Arrival:
    """One study that will come."""

    at: datetime
    accession: str
    uid: str
    site: str
    state: str
    priority: str
    modality: str
    body_part: str
    description: str
    images: int
    patient: int
    sex: str
    born: date
    group: str = ""
    manner: Manner = Manner.WHOLE
    #: How long its images take to come, where they do not come at once.
    takes: timedelta = timedelta()
    #: When the site cancels it, where it does.
    canceled_after: timedelta | None = None

    @property
    def name(self) -> str:
        """Return a patient's name that nobody has."""
        return f"{FAMILY}^{_GIVEN[self.patient % len(_GIVEN)]}"

    @property
    def patient_id(self) -> str:
        """Return the site's number of the patient."""
        return f"SBX-{self.patient:05d}"

    @property
    def patient_class(self) -> str:
        """Return where the patient is treated."""
        return PATIENT_CLASS[self.priority]


def arrivals(chance: random.Random, town: Town, count: int) -> list[Arrival]:
    """Return so many studies, in the order in which they come."""
    found: list[Arrival] = []
    patient = 0
    while len(found) < count:
        patient += 1
        found += _examined(chance, town, patient)
    return sorted(found[:count], key=lambda one: (one.at, one.accession))


def _examined(chance: random.Random, town: Town, patient: int) -> Iterator[Arrival]:
    """Yield the studies of one patient: one, or the linked accessions of a pan-scan."""
    first = _arrival(chance, town, patient)
    if first.priority != "trauma" or chance.random() < 0.4:
        yield first
        return
    for number, part in enumerate(PAN_SCAN[: chance.randint(2, len(PAN_SCAN))]):
        yield replace(
            first,
            at=first.at + timedelta(seconds=20 * number),
            accession=f"{first.accession}-{number}",
            uid=f"{first.uid}.{number + 1}",
            body_part=part,
            description=f"CT {part.lower()}, trauma",
            group=f"PAN-{patient}",
            manner=Manner.WHOLE,
            canceled_after=None,
        )


def _arrival(chance: random.Random, town: Town, patient: int) -> Arrival:
    hour = chance.choices(range(len(PROFILE)), PROFILE)[0]
    at = BEGINS + timedelta(hours=hour, seconds=round(chance.uniform(0, 3599), 3))
    priority = chance.choices(list(CLASSES), list(CLASSES.values()))[0]
    modality = chance.choices(list(MODALITIES[priority]), list(MODALITIES[priority].values()))[0]
    site = chance.choices(list(town.shares), list(town.shares.values()))[0]
    body_part, description, images = WORDS[modality]
    if priority == "stroke":
        body_part, description = "HEAD", f"{modality} head, stroke alert"
    return Arrival(
        at=at,
        accession=f"N{patient:05d}",
        uid=f"2.25.{chance.getrandbits(100)}",
        site=site,
        state=town.states[site],
        priority=priority,
        modality=modality,
        body_part=body_part,
        description=description,
        images=max(1, int(images * chance.uniform(0.6, 1.4))),
        patient=patient,
        sex=chance.choice("FM"),
        born=date(1930, 1, 1) + timedelta(days=chance.randrange(70 * 365)),
        manner=_manner(chance, town, site, priority, modality),
        takes=timedelta(seconds=round(chance.uniform(60, 420), 3)),
        canceled_after=timedelta(minutes=round(chance.uniform(1, 20), 3)) if chance.random() < 0.015 else None,
    )


def _manner(chance: random.Random, town: Town, site: str, priority: str, modality: str) -> Manner:
    drawn = chance.random()
    if site == town.scanner_site and (priority, modality) == ("stat", "CT"):
        return Manner.IMAGES
    return Manner.ARRIVING if modality in ("CT", "MR") and drawn < 0.25 else Manner.WHOLE
