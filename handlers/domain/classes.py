"""How studies are classed: how soon they are to be read, and where the patient is treated."""

from __future__ import annotations

from enum import StrEnum


class Priority(StrEnum):
    """The turnaround class of a study, most urgent first."""

    STROKE = "stroke"
    TRAUMA = "trauma"
    STAT = "stat"
    URGENT = "urgent"
    ROUTINE = "routine"


class PatientClass(StrEnum):
    """Where the patient is treated (HL7 PV1-2 in words)."""

    EMERGENCY = "emergency"
    INPATIENT = "inpatient"
    OUTPATIENT = "outpatient"


class ReadKind(StrEnum):
    """What a read is for: a preliminary report directs care at once, the final one is the report of record."""

    PRELIMINARY = "preliminary"
    FINAL = "final"
