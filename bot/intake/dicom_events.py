"""DICOM Part 10 objects → the JSON that the inbox keeps: header only, never pixels.

PS3.10 section 7.1 (preamble, ``DICM``, file meta information), PS3.5 sections 6.2 (values) and A.5 (deflated). Reading
ends at the last element that is wanted, (0020,1208), so a few megabytes of the object's beginning are enough.
"""

from __future__ import annotations

import logging
import re
import warnings
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from io import BytesIO
from typing import Any, Final
from zoneinfo import ZoneInfo

import orjson
from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset
from pydicom.multival import MultiValue
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ImplicitVRLittleEndian

from bot.intake import json_events
from bot.intake.problems import BadEvent, Problem
from bot.intake.shapes import MAX_COUNT
from handlers.domain.directory import Directory, Facility, Source

#: How much of an object is kept to read its header from; the rest is only checked against the signature.
MAX_HEAD: Final = 4 * 1024 * 1024

_PREAMBLE: Final = 128
_META_GROUP: Final = 0x0002
_UNDEFINED: Final = 0xFFFFFFFF
#: Sequence Delimitation Item (PS3.5 section 7.5), in either byte order.
_DELIMITERS: Final = (b"\xfe\xff\xdd\xe0\0\0\0\0", b"\xff\xfe\xe0\xdd\0\0\0\0")
_DA = re.compile(r"(\d{4})\.?(\d\d)\.?(\d\d)", re.ASCII)
_TM = re.compile(r"(\d\d):?(\d\d)?:?(\d\d)?(?:\.(\d{1,6}))?", re.ASCII)
_DT = re.compile(r"(\d{8})(\d{2,6}(?:\.\d{1,6})?)([+-]\d{4})?", re.ASCII)
_OFFSET = re.compile(r"([+-])(0\d|1[0-4])([0-5]\d)", re.ASCII)

# pydicom's warnings and log lines quote values, which are patients' data.
warnings.filterwarnings("ignore", category=UserWarning, module=r"pydicom\b")
logging.getLogger("pydicom").addFilter(lambda _record: False)


def _text(value: Any) -> str:
    parts = value if isinstance(value, MultiValue) else [value]
    return _whole("\\".join(str(part) for part in parts))


def _whole(text: str) -> str:
    """Return text without padding, and with nothing in it that JSON cannot hold."""
    return text.encode("utf-8", "replace").decode().strip(" \0")


def _name(value: Any) -> str:
    """Return a PN as it stands (DOE^JANE); of several representations the alphabetic one, which can be spoken."""
    one = value[0] if isinstance(value, MultiValue) else value
    alphabetic, *others = str(one).split("=")
    return _whole(alphabetic or "".join(others[:1]))


def _count(value: Any) -> int:
    count = int(str(value))
    if not 0 <= count <= MAX_COUNT:
        raise ValueError("is no number of images")
    return count


def _date(value: Any) -> str:
    """Return a DA, or its form before 1993 (with dots), as a JSON date."""
    return _day(_text(value)).isoformat()


def _day(text: str) -> date:
    match = _DA.fullmatch(text)
    if match is None:
        raise ValueError("is not a DICOM date")
    return date(int(match[1]), int(match[2]), int(match[3]))


#: Keyword, where it belongs in the event, and how it is read. PS3.6 names them.
_FIELDS: Final[tuple[tuple[str, tuple[str, ...], Callable[[Any], Any]], ...]] = (
    ("AccessionNumber", ("accession_number",), _text),
    ("StudyInstanceUID", ("study_instance_uid",), _text),
    ("PatientID", ("patient", "id"), _text),
    ("PatientName", ("patient", "name"), _name),
    ("PatientBirthDate", ("patient", "birth_date"), _date),
    ("PatientSex", ("patient", "sex"), _text),
    ("Modality", ("modality",), _text),
    ("BodyPartExamined", ("body_part",), _text),
    ("StudyDescription", ("description",), _text),
    ("ReferringPhysicianName", ("ordering_contact", "name"), _name),
    ("NumberOfStudyRelatedInstances", ("instance_count",), _count),
)
#: Which image of the study it is: one that comes again is counted once.
_INSTANCE: Final = "SOPInstanceUID"
_KEYWORD_OF = {".".join(("data", *path)): keyword for keyword, path, _ in _FIELDS} | {"instance": _INSTANCE}
#: When the images were made, the best first; each needs both.
_ACQUIRED = (
    ("AcquisitionDate", "AcquisitionTime"),
    ("ContentDate", "ContentTime"),
    ("SeriesDate", "SeriesTime"),
    ("StudyDate", "StudyTime"),
)
_TAGS = [
    0x00080005, 0x00080018, 0x00080020, 0x00080021, 0x00080022, 0x00080023, 0x0008002A, 0x00080030, 0x00080031, 0x00080032, 0x00080033,
    0x00080050, 0x00080060, 0x00080090, 0x00080201, 0x00081030, 0x00100010, 0x00100020, 0x00100030, 0x00100040, 0x00180015,
    0x0020000D, 0x00201208,
]  # fmt: skip
_LAST: Final = max(_TAGS)
_REQUIRED: Final = {"AccessionNumber": "(0008,0050)", "StudyInstanceUID": "(0020,000D)"}
#: Shape does not depend on when an object came.
_ANY_TIME: Final = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Header:
    """What one object's header says, and what of it could not be read, with the reason; no reason repeats a value."""

    said: dict[str, Any]
    ignored: list[str] = field(default_factory=list)


def header(head: bytes, size: int) -> Header:
    """Read the beginning of an object of ``size`` bytes, or raise ``BadEvent``.

    Without its accession number nobody knows what an object belongs to. Every whole object has a Study Instance UID (type 1
    in PS3.3 section C.7.2.1), which follows the patient: one cut off between two elements is told by its absence.
    """
    try:
        dataset = _dataset(head, size)
        found = _said(dataset)
    except BadEvent:
        raise
    except Exception:  # noqa: BLE001 - whatever pydicom stumbles over is the object's fault, and may quote it
        raise _bad("cannot be read as DICOM") from None
    for keyword, tag in _REQUIRED.items():
        if keyword not in found.said:
            raise BadEvent(
                [Problem(f"{keyword} {tag}", "is required; set it at the modality, and send the whole object")]
            )
    return found


def _bad(rule: str) -> BadEvent:
    return BadEvent([Problem("the body", rule)])


def _dataset(head: bytes, size: int) -> Dataset:
    if head[_PREAMBLE : _PREAMBLE + 4] != b"DICM":
        raise _bad("must be a DICOM Part 10 object: 128 bytes, DICM, then the file meta information")
    stream = BytesIO(head)
    stream.seek(_PREAMBLE + 4)
    meta = read_dataset(
        stream,
        is_implicit_VR=False,
        is_little_endian=True,
        stop_when=lambda tag, _vr, _length: tag.group != _META_GROUP,
    )
    syntax = meta.get("TransferSyntaxUID")
    if not syntax:
        raise _bad("must name its transfer syntax (0002,0010)")
    rest, cut = head[stream.tell() :], size > len(head)
    if syntax == DeflatedExplicitVRLittleEndian:
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        rest = inflater.decompress(rest, MAX_HEAD)
        cut = not inflater.eof
    return _elements(rest, cut=cut, implicit=syntax == ImplicitVRLittleEndian, little=syntax != ExplicitVRBigEndian)


class _Reach:
    """Stops behind the last element that is wanted, and knows how far reading had to go."""

    def __init__(self, stream: BytesIO) -> None:
        self._stream = stream
        self.passed = False
        self.end: int | None = 0

    def __call__(self, tag: int, _vr: str | None, length: int) -> bool:
        self.passed = tag > _LAST
        self.end = None if length == _UNDEFINED else self._stream.tell() + length
        return self.passed


def _elements(rest: bytes, *, cut: bool, implicit: bool, little: bool) -> Dataset:
    stream = BytesIO(rest)
    reach = _Reach(stream)
    dataset = read_dataset(stream, implicit, little, stop_when=reach, specific_tags=_TAGS)
    if reach.passed:
        return dataset
    if cut:
        raise _bad("has more than 4 MiB before (0020,1208), or ends too early; send it without private elements")
    if reach.end != len(rest) and not (reach.end is None and rest.endswith(_DELIMITERS)):
        raise _bad("ends in the middle of an element; send the whole object")
    return dataset


def _said(dataset: Dataset) -> Header:
    """Return the values read, by keyword; times are kept as text until the zone is known."""
    found = Header({})
    for keyword, _, read in _FIELDS:
        try:
            value = dataset.get(keyword)
            if value is not None and (said := read(value)) != "":
                found.said[keyword] = said
        except Exception:  # noqa: BLE001 - one bad value must not keep a study away; its words may quote it
            found.ignored.append(f"{keyword} is malformed")
    for keyword in (
        _INSTANCE,
        "AcquisitionDateTime",
        "TimezoneOffsetFromUTC",
        *(name for pair in _ACQUIRED for name in pair),
    ):
        value = _text(dataset.get(keyword) or "")
        if value:
            found.said[keyword] = value
    return found


# --- with what the directory adds ---------------------------------------------------------------------------------------


def body(
    found: Header, digest: str, facility: Facility, source: Source, directory: Directory
) -> tuple[bytes, list[str]]:
    """Return the JSON that stands for the object in the inbox, and what was ignored of it.

    The same object of the same source always gives the same bytes, so that a repeat is known as one. An optional value
    that breaks a rule of docs/events.md is left out; a bad accession number raises ``BadEvent``.
    """
    ignored = list(found.ignored)
    data: dict[str, Any] = {"facility": facility.id}
    for keyword, path, _ in _FIELDS:
        if keyword in found.said:
            place = data
            for name in path[:-1]:
                place = place.setdefault(name, {})
            place[path[-1]] = found.said[keyword]
    data |= _defaults(source, facility, directory, ignored)
    acquired = [one.isoformat() for one in _instants(found.said, ZoneInfo(facility.zone), ignored)]
    whole = {"object": digest, "data": data, "acquired": acquired}
    if _INSTANCE in found.said:
        whole["instance"] = found.said[_INSTANCE]
    return _without_what_breaks_a_rule(whole, ignored), ignored


def _defaults(source: Source, facility: Facility, directory: Directory, ignored: list[str]) -> dict[str, str]:
    said = dict(source.defaults)
    contact = said.get("ordering_contact")
    if contact is not None and not json_events.is_contact_of(directory, facility.id, contact):
        ignored.append("the source's default ordering_contact is no contact of the facility")
        del said["ordering_contact"]
    return said


def _without_what_breaks_a_rule(whole: dict[str, Any], ignored: list[str]) -> bytes:
    written = orjson.dumps(whole, option=orjson.OPT_SORT_KEYS)
    try:
        json_events.parse_dicom(written, _ANY_TIME)
    except BadEvent as error:
        for problem in error.problems:
            keyword = _KEYWORD_OF.get(problem.field, problem.field)
            if problem.field in {"data.accession_number", "data.facility"} or not _removed(whole, problem.field):
                raise BadEvent([Problem(keyword, problem.rule)]) from None
            ignored.append(f"{keyword} {problem.rule}")
        return _without_what_breaks_a_rule(whole, ignored)
    return written


def _removed(whole: dict[str, Any], path: str) -> bool:
    *parents, name = path.split(".")
    place: Any = whole
    for parent in parents:
        place = place.get(parent, {}) if isinstance(place, dict) else {}
    return isinstance(place, dict) and place.pop(name, None) is not None


def _instants(said: dict[str, Any], zone: tzinfo, ignored: list[str]) -> Iterator[datetime]:
    """Yield when the object says that it was acquired, the best first, in UTC."""
    local = zone
    if "TimezoneOffsetFromUTC" in said:
        try:
            local = _offset(said["TimezoneOffsetFromUTC"])
        except ValueError:
            ignored.append("TimezoneOffsetFromUTC is malformed; the facility's zone was used")
    if "AcquisitionDateTime" in said:
        match = _DT.fullmatch(said["AcquisitionDateTime"])
        if match is None:
            ignored.append("AcquisitionDateTime is malformed")
        else:
            yield from _instant("AcquisitionDateTime", match[1], match[2], match[3], local, ignored)
    for day, time in _ACQUIRED:
        if day in said and time in said:
            yield from _instant(f"{day} with {time}", said[day], said[time], None, local, ignored)


def _instant(
    keyword: str, day: str, time: str, offset: str | None, local: tzinfo, ignored: list[str]
) -> Iterator[datetime]:
    try:
        match = _TM.fullmatch(time)
        if match is None:
            raise ValueError("is not a DICOM time")  # noqa: TRY301 - told below as all that is malformed
        hour, minute, second = (int(part or 0) for part in match.group(1, 2, 3))
        at = datetime.combine(_day(day), datetime.min.time(), _offset(offset) if offset else local)
        found = at.replace(
            hour=hour, minute=minute, second=min(second, 59), microsecond=int((match[4] or "0").ljust(6, "0"))
        )
        if found.year < 1970:  # noqa: PLR2004 - no modality ran before, and JSON events refuse it, too
            raise ValueError("is too early")  # noqa: TRY301
        yield found.astimezone(UTC)
    except (ValueError, OverflowError):
        ignored.append(f"{keyword} is malformed")


def _offset(text: str) -> timezone:
    """Return (0008,0201): &ZZXX, hours and minutes east of UTC."""
    match = _OFFSET.fullmatch(text)
    if match is None:
        raise ValueError("is not an offset")
    east = timedelta(hours=int(match[2]), minutes=int(match[3]))
    return timezone(east if match[1] == "+" else -east)
