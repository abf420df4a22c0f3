"""DICOM objects for the demo hospital, made from headers that pydicom ships, with nobody's data in them."""

from __future__ import annotations

import functools
import io
from typing import TYPE_CHECKING, Any

import pydicom
from pydicom.data import get_testdata_file
from pydicom.uid import generate_uid

if TYPE_CHECKING:
    from datetime import datetime


def dicom_object(header: dict[str, Any], now: datetime, source: str = "CT_small.dcm") -> bytes:
    """Return a DICOM Part 10 object (PS3.10 section 7) from a header that pydicom ships.

    Private elements and pixels are dropped, identities are new, and ``header`` sets keywords (PS3.6) on top.
    """
    dataset = pydicom.dcmread(io.BytesIO(_nobodys(source)))
    fresh = {
        "PatientBirthDate": "19590314",
        "PatientSex": "F",
        "PatientAge": "072Y",
        "InstitutionName": "Sandbox General Hospital",
        "ReferringPhysicianName": "",
        "StudyDate": f"{now:%Y%m%d}",
        "StudyTime": f"{now:%H%M%S}",
        "TimezoneOffsetFromUTC": "+0000",
        "SeriesInstanceUID": str(generate_uid()),
        "SOPInstanceUID": str(generate_uid()),
    }
    for keyword, value in {**fresh, **header}.items():
        setattr(dataset, keyword, value)
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    return _written(dataset)


@functools.cache
def _nobodys(source: str) -> bytes:
    """Return a header without private elements and pixels; it is made once, since a study has hundreds of images."""
    dataset = pydicom.dcmread(str(get_testdata_file(source, download=False)))
    dataset.remove_private_tags()
    for keyword in ("PixelData", "DataSetTrailingPadding", "OtherPatientIDsSequence", "OtherPatientIDs"):
        if keyword in dataset:
            delattr(dataset, keyword)
    return _written(dataset)


def _written(dataset: pydicom.FileDataset) -> bytes:
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()
