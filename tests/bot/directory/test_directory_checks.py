"""What a readable directory may still have wrong: each problem with its line, its severity and what to do."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from bot.directory import Severity, inspect, read
from tests.bot.directory.sample import GOOD, NOW, inspected, line_of, spoiled

UNIT = '      - {number: "+13125550102", kind: unit, consent: 2026-01-15, verified: 2026-01-15}\n'
STEPS = GOOD[GOOD.index("    steps:\n") : GOOD.index("    ended_by")]
DESK = '    phones: [{number: "+13125550151", who: Pat Quinn}]\n'
OTHER_DESK = "  other: {channel: C000000009}\n"
TWIN = '  twin: {name: Twin, slack_user: U000000009, npi: "1000000012", phone: "+13125550142"}\n'
DAY = 'hours: {from: "07:00", to: "19:00"}'

#: (what is written, instead of what, on which line it is found, what is said)
ERRORS = [
    ("pool: night\n", "pool: nigth\n", "nigth", 'no pool "nigth". Did you mean "night"?'),
    ("desk: front\n", "desk: back\n", "back", 'no desk "back". There are: front.'),
    ("members: [lee]", "members: [leigh]", "leigh", 'no radiologist "leigh"'),
    ("members: [lee]", "members: []", "night: {", 'the pool "night" has no members'),
    ("staff:\n", "front_desk: bakc\nstaff:\n", "bakc", 'no desk "bakc"'),
    ("staff:\n", OTHER_DESK + "staff:\n", "defaults:", "front_desk is missing"),
    ("staff:\n", OTHER_DESK + "front_desk: other\nstaff:\n", "front_desk:", 'the desk "other" has no phone'),
    (DESK, "", "  front:", 'the desk "front" has no phone that could ring'),
    (DESK, "", "desk: {who", 'this ladder ends at the desk "front", which has no phone'),
    ("{who: $desk,", "{who: frnt,", "frnt", 'no desk "frnt". Did you mean "front"?'),
    ("policy: standard", "policy: []", "north:", "no policy applies here"),
    ("[physician, rn]", "[]", "ended_by", "nobody may end a relay"),
    ("[physician, rn]", "[clerk, unit]", "ended_by", "nobody may end a relay of this policy: name at least one of"),
    (
        "charge: north-charge",
        "charge: north-chrage",
        "roles:",
        'no contact "north-chrage". Did you mean "north-charge"?',
    ),
    ("{to: $charge,", "{to: north,", "to: north,", 'no contact "north"'),
    ("{to: $charge,", "{to: odering,", "odering", 'Did you mean "ordering"?'),
    (UNIT, "      []\n", "roles:", "has no numbers: add one"),
    ("consent: 2026-01-15, v", "v", "roles:", '"north-charge" has given no consent to automated calls'),
    (", verified: 2026-01-15", "", "roles:", "has no verified number"),
    ("kind: unit", "kind: fax", "roles:", "only fax numbers"),
    ("kind: unit", 'kind: pager, send_digits: "wwwwwwww12345"', "kind: pager", "at most 12 signs fit before them"),
    (
        UNIT,
        UNIT.replace(", verified: 2026-01-15", "") + UNIT.replace("consent: 2026-01-15, ", ""),
        "roles:",
        "no number with both consent and verified",
    ),
    ("    facilities: [north]\n", "    facilities: []\n", "roles:", "is not of north"),
    (UNIT, UNIT.replace("consent: 2026-01-15, ", ""), "roles:", "nobody could answer rung 2 of critical at north: the"),
    ("    role: unit\n", "    role: unit\n    retired: true\n", "roles:", "is retired: name another"),
    ('    phone: "+13125550141"\n', "", "lee:", "has no phone, but policies.critical.steps[2] calls the radiologist"),
    ("{use: critical}", "{use: critical, categories: [1, 2]}", "policy: standard", "no policy applies to category 3"),
    ("{use: critical}", "{use: critical, patient_class: inpatient}", "policy: standard", "category 1 emergency"),
    ("{use: critical}", "{use: critical, " + DAY + "}", "policy: standard", "on mon-sun 19:00–07:00"),
    (
        "contacts:\n",
        TWIN.replace("U000000009", "U000000001") + "contacts:\n",
        "twin",
        "already that of radiologists.lee",
    ),
    ("contacts:\n", TWIN.replace("1000000012", "1234567893") + "contacts:\n", "twin", "the NPI 1234567893 is already"),
    (
        "sources:\n",
        "  two: {name: Two, slack_user: U000000003, roles: {}}\nsources:\n",
        "  two:",
        "already that of staff.quinn.slack_user (line 50)",
    ),
    (
        "desks:\n",
        '  a: {name: A, role: np, npi: "1000000012"}\n  b: {name: B, role: np, npi: "1000000012"}\ndesks:\n',
        "  b:",
        "the NPI 1000000012 is already that of contacts.a.npi",
    ),
    ("[RIS_SECRET]", "[RIS_SECRET, RIS_SECRET]", "RIS_SECRET", "already that of sources.ris.secrets[0]"),
    ("[RIS_SECRET]", "[RIS_SECRET], defaults: {ordering_contact: who}", "who}", 'no contact "who"'),
    ("2026-01-01, expires: 2035", "2036-01-01, expires: 2035", "baa:", "before it begins"),
    ("number: IL-1,", "number: IL-1, effective: 2036-01-01,", "licenses", "before it begins"),
    ('"*"}]', '"*", effective: 2026-01-01, expires: 2025-01-01}]', "privileges", "before it begins"),
    ("+13125550100", "+13121110100", "callback_number", "not a number that exists"),
    ("+13125550141", "+9999999999", "phone:", "not a number that exists"),
    ("+13125550102", "+19995550102", "kind: unit", "not a number that exists"),
    ("+13125550151", "+44123456", "phones:", "not a number that exists"),
]

WARNINGS = [
    ("[physician, rn]", "[physician, clerk]", "ended_by", '"clerk" can end nothing'),
    (STEPS, "    steps: []\n", "critical:", "every relay goes straight to the desk"),
    ("retry_after: 1m", "retry_after: 5m", "tries: 2", "only 1 of 2 tries fit"),
    ("tries: 2, retry_after: 1m", "tries: 9, retry_after: 2m", "tries: 9", "only 3 of 9 tries fit"),
    ("{to: $charge,", "{to: $charge, channels: [call, sms],", "roles:", "no text will go with the call"),
    ("{use: critical}", "{use: critical}\n    - {use: critical, categories: [1]}", "[1]", "never reached at north"),
    (
        "{use: critical}",
        "{use: critical, categories: [1, 2]}\n    - {use: critical, " + DAY + "}",
        "policy: standard",
        "no policy applies to category 3 emergency",
    ),
    ("policy_sets:\n", "policy_sets:\n  spare: [{use: critical}]\n", "spare", "no facility uses this"),
    ("    baa: {effective: 2026-01-01, expires: 2035-12-31}\n", "", "north:", "there is no baa"),
    ("expires: 2035-12-31}\n    roles", "expires: 2026-05-31}\n    roles", "baa:", "expired on 2026-05-31"),
    ("2026-01-01, expires", "2026-07-01, expires", "baa:", "begins on 2026-07-01"),
    (
        "  twilio: {effective: 2026-01-01, expires: 2035-12-31}",
        "  slack: {effective: 2026-01-01, expires: 2026-02-01}",
        "slack: {",
        "nothing identifying goes to slack",
    ),
    ("  twilio: {", "  slack: {", "vendor_baas", "twilio has no agreement"),
    ("IL-1, expires: 2035", "IL-1, expires: 2025", "licenses", "the IL license of Dr. Maya Lee expired"),
    ('"*"}]', '"*", expires: 2025-01-01}]', "privileges", "the one at north expired on 2025-01-01"),
    ('    privileges: [{facilities: "*"}]\n', "", "lee:", "has no privilege, so may read nothing"),
    ("kind: unit,", "kind: unit, sms_consent: true,", "kind: unit", "texts go to mobiles only"),
    ("desks:\n", "  a: {name: A, role: np}\ndesks:\n", "  a:", "the robot may dial none of the numbers"),
    (
        "desks:\n",
        '  a: {name: A, role: np, numbers: [{number: "+13125550109", kind: mobile, sms_consent: true}]}\ndesks:\n',
        "  a:",
        "sms_consent without consent",
    ),
    ('ris: {facilities: "*", secrets: [RIS_SECRET]}', "{}", "north:", "no source may send for this facility"),
]


def test_the_good_directory_has_no_problem() -> None:
    """What the tables below spoil is clean before."""
    assert inspected(GOOD).problems == ()


def test_a_rung_of_whoever_orders_that_nobody_could_answer_is_named() -> None:
    """No contact of the site may be called: whoever the order names, the desk is asked instead."""
    text = spoiled("      - {to: $charge, within: 5m}\n", "").replace("consent: 2026-01-15, ", "")
    said = [problem.sentence for problem in inspected(text).problems]
    assert any(one.startswith("nobody could answer rung 1 of critical at north: no contact of north") for one in said)


@pytest.mark.parametrize(("old", "new", "at", "says"), ERRORS)
def test_what_would_fail_a_patient_is_an_error_with_its_line(old: str, new: str, at: str, says: str) -> None:
    """An error keeps the directory from being used, stands on its own line and says what to do."""
    text = spoiled(old, new)
    found = inspected(text)
    assert found.directory is None
    assert any(says in problem.sentence and problem.line == line_of(text, at) for problem in found.errors), (
        found.problems
    )


@pytest.mark.parametrize(("old", "new", "at", "says"), WARNINGS)
def test_what_is_odd_or_lapsed_is_a_warning_with_its_line(old: str, new: str, at: str, says: str) -> None:
    """A warning is told on its own line, and the directory is used."""
    text = spoiled(old, new)
    found = inspected(text)
    assert found.directory is not None, found.problems
    assert any(says in problem.sentence and problem.line == line_of(text, at) for problem in found.warnings), (
        found.problems
    )


@pytest.mark.parametrize(("old", "new", "at", "says"), [*ERRORS, *WARNINGS])
def test_every_sentence_names_a_path_and_ends(old: str, new: str, at: str, says: str) -> None:
    """Each problem is one sentence after its path, on a line that the file has."""
    text = spoiled(old, new)
    for problem in inspected(text).problems:
        assert re.search(r"[.?]$", problem.sentence)
        assert 1 <= problem.line <= len(text.splitlines())
        assert str(problem).startswith(f"{problem.line}: {problem.severity}: ")


def test_only_warnings_depend_on_the_day() -> None:
    """A directory that could be loaded can be read again on any later day, whatever has lapsed since."""
    later = inspect(GOOD, datetime(2099, 1, 1, tzinfo=UTC))
    assert later.errors == ()
    assert {problem.severity for problem in later.problems} == {Severity.WARNING}
    assert read(GOOD) == inspect(GOOD, NOW).directory


def test_two_people_of_one_name_are_warned_of() -> None:
    """Cards and desk tasks show names; one person who reads and is staff, too, has one Slack user and is no other."""
    text = spoiled("name: Pat Quinn, slack", "name: dr. maya  LEE, slack")
    (found,) = [one for one in inspected(text).problems if "also the name" in one.sentence]
    assert (found.severity, found.path) == (Severity.WARNING, "staff.quinn")
    assert f"radiologists.lee (line {line_of(text, '  lee:')})" in found.sentence
    herself = text.replace("slack_user: U000000003", "slack_user: U000000001")
    assert not [one for one in inspected(herself).problems if "also the name" in one.sentence]
