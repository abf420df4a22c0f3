"""A patient who exists nowhere else, in every form in which somebody could write or say what identifies her."""

from __future__ import annotations

import html
import re
from urllib.parse import unquote_plus

FAMILY, GIVEN = "DOEBLEQUIST", "JANEVIEVE"
NAME = f"{FAMILY}^{GIVEN}"
BIRTH_DATE = "1961-03-04"
#: Long enough that no digest or instant among the bytes of a database spells its digits by chance.
MRN = "MRN-773409182645"
ACCESSION, SECOND_ACCESSION, RECORDED_ACCESSION = "ACC-CANARY-5521", "ACC-CANARY-5522", "ACC-CANARY-5523"
DICOM_ACCESSION, LONELY_ACCESSION = "ACC-CANARY-5524", "ACC-CANARY-5525"
BY_HAND_ACCESSION = "ACC-CANARY-5527"
UID = "1.2.826.0.1.55210.44107.7"
FINDING = "Zebrawood hemorrhage of the left perisylvian quillfield, twelve millimeters."
AMENDED = "Zebrawood hemorrhage of the right perisylvian quillfield, nine millimeters."
TYPED = "Zebrawood embolus typed by hand on the page."
LOCATION = "Canarywing bed nine"
STATED_PHONE = "+14155550177"
PATIENT = {"id": MRN, "name": NAME, "birth_date": BIRTH_DATE, "sex": "F"}
EVERYTHING = f"{NAME} {GIVEN} {FAMILY} {BIRTH_DATE} {MRN} {ACCESSION} {UID} {FINDING} {LOCATION} {STATED_PHONE}"

#: Compared without regard to case, after runs of blanks have become one.
FORMS = tuple(
    form.casefold()
    for form in (
        *(NAME, FAMILY, GIVEN, f"{GIVEN} {FAMILY}", f"{FAMILY}, {GIVEN}", f"{FAMILY} {GIVEN}"),
        *(BIRTH_DATE, "19610304", "03/04/1961", "3/4/1961", "1961/03/04", "04.03.1961"),
        *("04/03/1961", "03-04-1961", "04-03-1961", "4.3.1961", "4/3/1961", "Mar 4, 1961", "Mar 4th, 1961"),
        *("March 4th, 1961", "March 4, 1961", "4 Mar 1961", "4 March 1961", "March fourth", "fourth of March"),
        *(MRN, "773409182645", "7, 7, 3, 4, 0, 9", "7 7 3 4 0 9 1", "7 7 3, 4 0 9, 1", "7 7 3 4, 0 9 1 8"),
        *("ACC-CANARY", "CANARY-55", "A, C, C, C, A, N, A, R, Y", UID, "55210.44107"),
        *(FINDING, "zebrawood", "perisylvian", "quillfield", LOCATION, "canarywing"),
        *(STATED_PHONE, "4155550177", "415-555-0177", "(415) 555-0177", "4 1 5, 5 5 5, 0 1 7 7"),
    )
)
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")


def found_in(text: str) -> list[str]:
    """Return the forms that occur in a text, as it is or as it reads without its encoding."""
    readings = {text, html.unescape(text), unquote_plus(text), _ESCAPED.sub(lambda one: chr(int(one[1], 16)), text)}
    plain = [re.sub(r"\s+", " ", reading).casefold() for reading in readings]
    return [form for form in FORMS if any(form in reading for reading in plain)]


def found_in_bytes(content: bytes) -> list[str]:
    """Return the forms that occur in bytes, in UTF-8 or UTF-16."""
    lowered = content.lower()
    return [form for form in FORMS if form.encode() in lowered or form.encode("utf-16-le") in lowered]
