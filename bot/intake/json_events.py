"""JSON bodies → events. What is wrong with one is told by field and rule, never by value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from pydantic import TypeAdapter, ValidationError

from bot.intake import shapes
from bot.intake.problems import BadEvent, Problem
from handlers.domain.directory import Directory
from handlers.domain.events import Event, EventKind, FindingEvent, ReportEvent, StudyEvent, ViewingEvent

#: How far a sender's clock may run ahead of ours.
AHEAD = timedelta(minutes=5)
#: An acquisition longer ago than this is a prior's, or a modality's wrong clock: no turnaround is counted from it.
STALE = timedelta(days=7)

#: A key that looks like a field of somebody's schema (a person's name begins with a capital), and how many are named.
_FIELD_NAME, MOST_NAMED = re.compile(r"[a-z][A-Za-z_]{0,39}"), 3

_ENVELOPE: TypeAdapter[shapes.Envelope] = TypeAdapter(shapes.Envelope)
_DICOM = TypeAdapter(shapes.DicomStudy)
_NO_PATIENT, _NOT_STATED = shapes.Patient(), shapes.Stated.model_construct()
_ONE_OF_THE_EVENTS = f"must be one of {', '.join(EventKind)}"
_TAGS = frozenset({*EventKind, shapes.ID_TAG, shapes.STATED_TAG})


def parse(body: bytes) -> Event:
    """Return the event in a JSON body, or raise ``BadEvent``."""
    try:
        envelope = _ENVELOPE.validate_json(body)
    except ValidationError as error:
        raise BadEvent(_explained(error)) from None
    kind, at = EventKind(envelope.type), envelope.timestamp
    match envelope.data:
        case shapes.StudyData() as data:
            return _study(kind, at, data)
        case shapes.ReportData() as data:
            return ReportEvent(
                kind=kind,
                at=at,
                facility=data.facility,
                accession_number=data.accession_number,
                signed_by=data.signed_by,
                signed_at=data.signed_at,
                region=data.region,
            )
        case shapes.ViewingData() as data:
            return ViewingEvent(
                kind=kind,
                at=at,
                facility=data.facility,
                accession_number=data.accession_number,
                by=data.by,
                acted_at=data.at,
            )
        case data:
            said: dict[str, Any] = {name: getattr(data, name) for name in type(data).model_fields}
            return FindingEvent(kind=kind, at=at, **said)


def parse_dicom(body: bytes, received_at: datetime) -> StudyEvent:
    """Return the event in a DICOM header that the door wrote as JSON; the object itself does not say when it was sent."""
    try:
        header = _DICOM.validate_json(body)
    except ValidationError as error:
        raise BadEvent(_explained(error)) from None
    acquired = (one for one in header.acquired if received_at - STALE <= one <= received_at + AHEAD)
    event = _study(EventKind.STUDY_RECEIVED, received_at, header.data)
    born = None if _born_later(event.birth_date, received_at) else event.birth_date
    last_image = next(acquired, None)
    return replace(event, one_instance=True, instance=header.instance, last_image_at=last_image, birth_date=born)


def _born_later(birth_date: date | None, now: datetime) -> bool:
    """Tell whether a birth date lies ahead, whatever the zone."""
    return birth_date is not None and birth_date > now.date() + timedelta(days=1)


def _study(kind: EventKind, at: datetime, data: shapes.StudyData) -> StudyEvent:
    patient, ordering = data.patient or _NO_PATIENT, data.ordering_contact
    stated = ordering if isinstance(ordering, shapes.Stated) else _NOT_STATED
    return StudyEvent(
        kind=kind,
        at=at,
        facility=data.facility,
        accession_number=data.accession_number,
        study_instance_uid=data.study_instance_uid,
        patient_id=patient.id,
        patient_name=patient.name,
        birth_date=patient.birth_date,
        sex=patient.sex,
        modality=data.modality,
        body_part=data.body_part,
        description=data.description,
        priority=data.priority,
        patient_class=data.patient_class,
        patient_state=data.patient_state,
        location=data.location,
        ordering_contact=ordering if isinstance(ordering, str) else None,
        ordering_npi=stated.npi,
        ordering_name=stated.name,
        ordering_phone=stated.phone,
        callback_phone=data.callback_phone,
        ordered_at=data.ordered_at,
        last_image_at=data.last_image_at,
        ready=data.ready,
        instance_count=data.instance_count,
        group=data.group,
        test=data.test,
    )


def check(event: Event, directory: Directory, now: datetime) -> None:
    """Raise ``BadEvent`` where an event names what the directory does not have, or an instant that has not come."""
    problems = [*_unknown(event, directory), *_ahead(event, now)]
    if problems:
        raise BadEvent(problems)


def is_contact_of(directory: Directory, facility: str, contact_id: str) -> bool:
    """Tell whether a facility has this contact. A retired one counts: it is known, and the desk is told."""
    contact = directory.contacts.get(contact_id)
    return contact is not None and ("*" in contact.facilities or facility in contact.facilities)


def _unknown(event: Event, directory: Directory) -> Iterator[Problem]:
    if event.facility not in directory.facilities:
        yield Problem("data.facility", "must be the id of a facility in the directory")
        return
    field, contact = "", None
    if isinstance(event, StudyEvent):
        field, contact = "data.ordering_contact", event.ordering_contact
    elif isinstance(event, FindingEvent):
        field, contact = "data.to", event.to
    if contact is not None and not is_contact_of(directory, event.facility, contact):
        hint = "; state one the directory does not know as an object" if isinstance(event, StudyEvent) else ""
        yield Problem(field, f"must be the id of one of the facility's contacts in the directory{hint}")


def _ahead(event: Event, now: datetime) -> Iterator[Problem]:
    latest = now + AHEAD
    stated: list[tuple[str, datetime | None]] = [("timestamp", event.at)]
    match event:
        case StudyEvent():
            stated += [("data.ordered_at", event.ordered_at), ("data.last_image_at", event.last_image_at)]
            if _born_later(event.birth_date, now):
                yield Problem("data.patient.birth_date", "must not lie in the future")
        case ReportEvent():
            stated.append(("data.signed_at", event.signed_at))
        case ViewingEvent():
            stated.append(("data.at", event.acted_at))
        case FindingEvent():
            stated.append(("data.found_at", event.found_at))
    for field, instant in stated:
        if instant is not None and instant > latest:
            yield Problem(field, "must not lie more than five minutes in the future; compare the sender's clock")


# --- explaining pydantic's errors without its words, which may quote what was sent ------------------------------------

_FIXED = {
    "missing": "is required",
    "bool_type": "must be true or false",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "int_parsing_size": "must be a whole number of sensible size",
    "list_type": "must be a list",
    "string_type": "must be a string",
    "string_too_short": "must not be empty",
    "union_tag_not_found": "must be a contact's id, or an object with npi, name or phone",
}
_OBJECT = ("model_type", "model_attributes_type", "dict_type", "dataclass_type")


def _explained(error: ValidationError) -> list[Problem]:
    found = error.errors(include_url=False, include_input=False)
    extra: dict[str, list[str]] = {}
    for one in found:
        if one["type"] == "extra_forbidden":
            *parents, name = [str(part) for part in one["loc"] if part not in _TAGS]
            extra.setdefault(".".join(parents) or "the body", []).append(name)
    rest = [_problem(one) for one in found if one["type"] != "extra_forbidden"]
    return [*rest, *(Problem(where, _unknown_fields(names)) for where, names in extra.items())]


def _unknown_fields(names: Sequence[str]) -> str:
    """Return the rule, with the names that were sent where they look like a schema's: a key may be a value by mistake."""
    shown = [one for one in dict.fromkeys(names) if _FIELD_NAME.fullmatch(one)][:MOST_NAMED]
    which = f"; sent: {', '.join(shown)}" if shown else ""
    return f"must not have fields other than those in docs/events.md{which}"


def _problem(error: Mapping[str, Any]) -> Problem:
    """Return field and rule. Only names of our own fields and bounds are used."""
    path = [str(part) for part in error["loc"] if part not in _TAGS]
    kind, bounds = error["type"], error.get("ctx", {})
    if kind == "json_invalid":
        return Problem("the body", "must be one JSON object in UTF-8")
    if kind.startswith("union_tag") and not path:
        return Problem("type", _ONE_OF_THE_EVENTS)
    return Problem(".".join(path) or "the body", _rule(kind, path[-1] if path else "", bounds))


def _rule(kind: str, name: str, bounds: Mapping[str, Any]) -> str:
    if kind in _OBJECT:
        return "must be an object"
    if kind == "string_pattern_mismatch":
        return shapes.RULES.get(name, shapes.NOT_PRINTABLE)
    if kind == "string_too_long":
        return f"must have at most {bounds['max_length']} characters"
    if kind == "greater_than_equal":
        return f"must be at least {bounds['ge']}"
    if kind == "less_than_equal":
        return f"must be at most {bounds['le']}"
    if kind in {"enum", "literal_error"}:
        return f"must be one of {bounds['expected']}"
    if kind == "value_error":
        return str(bounds["error"])
    return _FIXED.get(kind, "is malformed")
