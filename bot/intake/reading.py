"""Reading an accepted body again, when its turn has come."""

from __future__ import annotations

from bot.intake import json_events
from handlers.domain.events import Event
from handlers.ports import Delivered

#: The kind of a delivery that came as a DICOM object.
DICOM = "dicom"


def parse(item: Delivered) -> Event:
    """Return the event that the door accepted, or raise ``BadEvent`` (a body of an older release)."""
    accepted = item.accepted
    if accepted.kind == DICOM:
        return json_events.parse_dicom(accepted.body, accepted.received_at)
    return json_events.parse(accepted.body)
