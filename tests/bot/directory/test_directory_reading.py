"""The file as YAML: every value that cannot be read is named with its line, and nothing can exhaust the reader."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.directory import DirectoryProblems, inspect, read
from handlers.domain.classes import PatientClass, Priority
from handlers.domain.clocks import ClockStart, Shares
from handlers.domain.directory import Directory
from handlers.domain.problems import ProblemKind
from handlers.domain.standing import Privilege
from tests.bot.directory.sample import GOOD, inspected, line_of, many, spoiled

ROOT = Path(__file__).parents[3]


#: (what is written, instead of what, on which line it is found, what is said)
def _sink(url: str) -> tuple[str, str]:
    """Return how a sink with this address comes into the good directory."""
    return "vendor_baas:", f"sinks: {{pacs: {{facilities: [north], url: '{url}', secrets: [P_S]}}}}\nvendor_baas:"


UNREADABLE = [
    ("    zone: America/Chicago\n", "    zone: [\n", "desk: front", "in what began in line 7"),
    ("    state: IL\n", "    state: !!python/name:os.system IL\n", "state:", "the tag"),
    ("    state: IL\n", "    state: {a: b}\n", "state:", "one value belongs here, not a mapping"),
    ("    state: IL\n", "    state:\n", "state:", "it is empty"),
    ("    state: IL\n", "    state: XX\n", "state: XX", "not a state"),
    ("    state: IL\n", "    stat: IL\n", "stat: IL", 'Did you mean "state"?'),
    ("    state: IL\n", "    stat: IL\n", "north:", '"state" is missing: add it here or in defaults'),
    ("    state: IL\n", "    state: IL\n    state: NY\n", "state: NY", "stands here twice, first in line 6"),
    ("    state: IL\n", "    state: IL\n    [a, b]: IL\n", "[a, b]", "a key is one word"),
    ("    state: IL\n", "    state: IL\n    <<: [yes]\n", "<<", "merges mappings only"),
    ("  north:\n", "  North:\n", "North:", "is not an id"),
    ("  north:\n", "  system:\n", "system:", "means something else"),
    ("  north-charge:\n", "  ordering:\n", "  ordering:", "means something else"),
    ("facilities:\n", "facilitys:\n", "facilitys:", 'Did you mean "facilities"?'),
    ("    pool: night\n", "", "north:", '"pool" is missing'),
    ("    desk: front\n", "", "north:", '"desk" is missing'),
    ("    policy: standard\n", "", "north:", '"policy" is missing'),
    (", routine: 24h}", "}", "north:", "targets lack routine"),
    ("defaults:\n", "defaults:\n  name: X\n", "name: X", '"name" is not a key here'),
    ("stroke: 15m", "stroke: 15", "stroke", "not a duration"),
    ("zone: America/Chicago", "zone: Chicago", "zone: Chicago", "not a time zone"),
    ('"+13125550100"', '"312"', '"312"', "not in E.164"),
    ("2026-01-01, expires", "01/01/2026, expires", "01/01/2026", "not a date"),
    ("baa: {", "baa: {from: 1, ", "baa:", '"from" is not a key here'),
    ("shadow: false", "shadow: perhaps", "shadow", "not true or false"),
    ("shadow: false", "clock: first_image", "clock", "is not one of order, last_image, received, ready"),
    ("shadow: false", "pauses: [missing_priors]", "pauses", 'Did you mean "missing_prior"?'),
    ("shadow: false", "problem_reminder: often", "problem_reminder", "is not a duration"),
    ("shadow: false", "unclaimed: {pool: 150}", "unclaimed", "from 0 to 100"),
    ("shadow: false", "unclaimed: {pool: 90}", "unclaimed", "phone 20, pool 90, desk 80: each is told after"),
    ("shadow: false", "unclaimed: {phone: 60}", "unclaimed", "phone 60, pool 50, desk 80: each is told after"),
    ("{accession_number}", "{acc}", "{acc}", "braces may hold only"),
    ("roles: {charge:", "roles: {desk:", "roles:", "is its key desk, not a role"),
    ("roles: {charge:", "roles: {chrage:", "roles:", "add charge: CONTACT to the roles of north"),
    ("policy: standard", "policy: standrad", "standrad", 'no policy set "standrad". Did you mean "standard"?'),
    ("policy: standard", "policy: [{use: critcal}]", "critcal", 'no policy "critcal". Did you mean "critical"?'),
    ("policy: standard", "policy: [{}]", "policy: [{}]", "a rule names one policy"),
    ("policy: standard", "policy: [{use: critical, set: standard}]", "set: standard", "a rule names one policy"),
    ("policy: standard", "policy: [{set: standard, categories: [1]}]", "set: standard", "a set has its own rules"),
    ("    - {use: critical}", "    - {set: standard}", "{set: standard}", "may not hold another set"),
    ("{use: critical}", "{use: critical, categories: [4]}", "[4]", "from 1 to 3"),
    ("{use: critical}", "{use: critical, patient_class: icu}", "icu", "not one of emergency, inpatient"),
    ("{use: critical}", "{use: critical, hours: {days: fry}}", "fry", "not a day"),
    ("{use: critical}", '{use: critical, hours: {from: "7"}}', '"7"', "not a time"),
    ("{to: $charge,", "{to: $desk,", "$desk,", "the desk is the last rung"),
    ("[call, sms]", "[call, email]", "email", "not a channel"),
    (
        "desk: {who: $desk, every: 2m}",
        "desk: {who: $desk, every: 5m}\n    pickup: [1, 2]",
        "1, 2",
        "never picked up on a page",
    ),
    (
        "desk: {who: $desk, every: 2m}",
        "desk: {who: $desk, every: 2m}\n    pickup: [2]\n    pickup_within: 3d",
        "3d",
        "at most 24 hours",
    ),
    ("[call, sms]", "[sms]", "[sms]", "a text alone confirms nothing"),
    ("tries: 2", "tries: 0", "tries: 0", "from 1 to 10"),
    ("within: 5m}", "within: soon}", "soon", "not a duration"),
    ("[physician, rn]", "[physician, nurse]", "nurse", "not one of physician"),
    ("    desk: {who: $desk, every: 2m}\n", "", "critical:", '"desk" is missing'),
    ("channel: C000000001", "channel: night-reads", "night-reads", "not a Slack channel id"),
    ("U000000001", "maya", "slack_user: maya", "not a Slack user id"),
    ('"1234567893"', '"1234567890"', "npi", "check digit"),
    ('{facilities: "*"}]', "{facilities: [nroth]}]", "nroth", 'no facility "nroth". Did you mean "north"?'),
    ("facilities: [north]", "facilities: [south]", "[south]", 'no facility "south"'),
    ("role: unit", "role: nurses", "nurses", "not one of physician"),
    ("kind: unit", "kind: celular", "celular", "not one of mobile"),
    ("kind: unit", "pin: 2748, kind: unit", "pin: 2748", '"pin" is not a key here'),
    ("    role: unit\n", "    role: unit\n    pin_hash: 2748\n", "pin_hash", "never write the PIN itself"),
    ("pacs_admin: ", "admin: ", "admin:", '"admin" is not a key here. Did you mean "pacs_admin"?'),
    ("secrets: [RIS_SECRET]", "secrets: [whsec_abc]", "whsec_abc", "not the name of an environment variable"),
    ("secrets: [RIS_SECRET]", "secrets: [A_A, B_B, C_C]", "ris:", "one secret, or two"),
    ('ris: {facilities: "*"', "ris: {facilities: []", "ris:", "at least one facility"),
    ("twilio: {eff", "twillio: {eff", "twillio", 'Did you mean "twilio"?'),
    ("members: [lee]}", "members: [lee], lease: 30s}", "lease:", "not between 1m and 1d"),
    ("vendor_baas:", "sinks: {pacs: {facilities: [north], secrets: [P_S]}}\nvendor_baas:", "pacs:", "url"),
    (*_sink("http://pacs.example/h"), "sinks:", "not https"),
    (*_sink("https://u:p@pacs.example/h"), "sinks:", "holds a user, a password"),
    (*_sink("https://pacs.example/{accession_number}"), "sinks:", "not an address"),
    (*_sink("https:///h"), "sinks:", "not an address"),
    (
        "vendor_baas:",
        "sinks: {pacs: {facilities: [], url: 'https://p.example', secrets: [P_S]}}\nvendor_baas:",
        "pacs:",
        "at least one facility",
    ),
    ("category: 1}", "category: high}", "high", "from 1 to 3"),
    ("Intracranial hemorrhage", "x" * 76, "x" * 76, "longer than the 75 characters"),
]


@pytest.mark.parametrize(("old", "new", "at", "says"), UNREADABLE)
def test_what_cannot_be_read_is_named_with_its_line(old: str, new: str, at: str, says: str) -> None:
    """One thing spoiled gives an error on its own line that says what to do, and no directory."""
    text = spoiled(old, new)
    found = inspected(text)
    assert found.directory is None
    assert any(says in problem.sentence and problem.line == line_of(text, at) for problem in found.errors), (
        found.problems
    )
    with pytest.raises(DirectoryProblems) as refused:
        read(text)
    assert refused.value.problems == found.errors


def test_all_that_cannot_be_read_is_told_at_once() -> None:
    """Three mistakes in one contact are three problems, in the order of the file."""
    text = (
        spoiled("role: unit", "role: nurses").replace("kind: unit", "kind: celular").replace("IL-1,", "IL-1, end: 1,")
    )
    assert [problem.line for problem in inspected(text).errors] == [
        line_of(text, part) for part in ("end: 1", "nurses", "celular")
    ]


def test_a_refusal_never_repeats_a_secret_or_a_pin() -> None:
    """Neither a pasted secret nor a PIN is part of what is printed."""
    text = spoiled("secrets: [RIS_SECRET]", "secrets: [whsec_c2VjcmV0]").replace(
        "    role: unit\n", "    pin_hash: 2748\n"
    )
    told = "\n".join(map(str, inspected(text).problems))
    assert "c2VjcmV0" not in told
    assert "2748" not in told


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "the file is empty"),
        ("# nothing\n", "the file is empty"),
        ("just words", "a mapping (key: value) belongs here"),
        ("- a\n- b\n", "a mapping (key: value) belongs here, not a list"),
        ("a: 1\n---\nb: 2\n", "not YAML"),
        ("a: \x07", "not YAML"),
        ("a: \ud800", "not YAML"),
        ("a: *b", "not YAML"),
        ("a: &a [*a]", "holds itself"),
        ("[" * 5000, "nested more than 20 deep"),
        ("a: {" * 5000, "nested more than 20 deep"),
        ("x" * 4_000_001, "more than 4000000 characters"),
        ("facilities: {}\n", "there is no facility"),
        ("pools: {}\n", '"facilities" is missing'),
    ],
)
def test_what_is_no_directory_is_refused_in_a_sentence(text: str, says: str) -> None:
    """Empty, torn, nested or endless files give one sentence each, never another exception."""
    assert says in "\n".join(problem.sentence for problem in inspected(text).errors)


def test_a_billion_laughs_are_refused_before_they_are_followed() -> None:
    """Aliases that would multiply beyond the limit are counted, not expanded."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{at}: &a{at} [{', '.join([f'*a{at - 1}'] * 10)}]" for at in range(1, 12)]
    begun = time.perf_counter()
    found = inspected("\n".join(lines))
    assert "once its aliases are followed" in found.errors[0].sentence
    assert found.errors[0].line > 1
    assert time.perf_counter() - begun < 1


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_torn_file_is_problems_and_never_a_crash(data: st.DataObject) -> None:
    """Whatever is cut out of a directory, the answer is a directory or a list of problems."""
    start = data.draw(st.integers(0, len(GOOD)))
    end = data.draw(st.integers(start, min(len(GOOD), start + 60)))
    put = data.draw(st.sampled_from(["", "\n", "[]", "{}", ": ", "- ", "*", "null", "7"]))
    found = inspected(GOOD[:start] + put + GOOD[end:])
    assert (found.directory is None) == bool(found.errors)


def test_values_stay_as_they_were_written() -> None:
    """Unquoted times, numbers and extensions are text, not YAML's numbers."""
    text = spoiled("{use: critical}", "{use: critical, hours: {from: 18:00, to: 18:00}}").replace(
        '"+13125550102"', "+13125550102"
    )
    directory = read(text.replace("kind: unit", "kind: switchboard, extension: 0440, send_digits: ww0440"))
    number = directory.contacts["north-charge"].numbers[0]
    assert (number.e164, number.extension, number.send_digits) == ("+13125550102", "0440", "ww0440")


def test_anchors_and_merges_spare_repetition() -> None:
    """A site may be merged from another and override what differs."""
    text = spoiled("  north:\n", "  north: &north\n").replace(
        "policies:\n", "  south:\n    <<: *north\n    name: South\n", 1
    )
    text = text.replace("    name: South\n", "    name: South\npolicies:\n").replace("[north]", "[north, south]")
    directory = read(text)
    assert directory.facilities["south"].name == "South"
    assert directory.facilities["south"].rules == directory.facilities["north"].rules


def test_templates_are_filled_in_for_each_facility() -> None:
    """``$charge`` is the facility's contact or the rule's own, ``$desk`` its desk; the first fitting rule wins."""
    other = spoiled(
        "policy: standard", "policy: [{use: critical, categories: [2], with: {charge: b}}, {set: standard}]"
    )
    other = other.replace(
        "desks:\n", GOOD.split("contacts:\n")[1].split("desks:\n")[0].replace("north-charge", "b") + "desks:\n"
    )
    north = read(other).facilities["north"]
    assert [rule.policy.steps[1].to for rule in north.rules] == ["b", "north-charge"]
    assert {rule.policy.desk.who for rule in north.rules} == {"front"}
    assert [rule.categories for rule in north.rules] == [(2,), (1, 2, 3)]
    assert north.rules[0].policy.name == "critical"


def test_several_windows_become_several_rules() -> None:
    """A rule with two windows applies in both."""
    hours = 'hours: [{days: mon-fri, from: "18:00", to: "07:00"}, {days: [sat, sun]}]'
    text = spoiled("    - {use: critical}", f"    - {{use: critical, {hours}}}\n    - {{use: critical}}")
    rules = read(text).facilities["north"].rules
    assert [rule.hours and rule.hours.days for rule in rules] == [(0, 1, 2, 3, 4), (5, 6), None]


def test_targets_are_completed_from_the_defaults() -> None:
    """A facility that says one target has the others from ``defaults``."""
    north = read(spoiled("    shadow: false\n", "    targets: {routine: 12h}\n")).facilities["north"]
    assert north.targets[Priority.ROUTINE] == timedelta(hours=12)
    assert north.targets[Priority.STROKE] == timedelta(minutes=15)
    assert north.shadow, "shadow is the default"


def test_the_star_of_privileges_and_sources_is_written_out() -> None:
    """``"*"`` there is every facility of the file, by name."""
    directory = read(many(3))
    names = ("north0", "north1", "north2")
    assert directory.sources["ris"].facilities == names
    assert directory.radiologists["lee"].privileges == tuple(Privilege(facility=name) for name in names)
    assert directory.staff["quinn"].roles == {"pacs_admin": ("*",)}


@pytest.fixture(scope="module")
def demo() -> Directory:
    """Return the demo hospital's directory."""
    return read((ROOT / "sandbox/demo/directory.yaml").read_text())


def test_the_example_has_no_problem() -> None:
    """examples/directory.yaml is clean on any day of its agreements."""
    assert inspected((ROOT / "examples/directory.yaml").read_text()).problems == ()


def test_the_demo_has_only_the_two_warnings_that_it_demonstrates() -> None:
    """The sandbox's directory warns of its expired license and of its contact without consent, and of nothing else."""
    found = inspected((ROOT / "sandbox/demo/directory.yaml").read_text())
    assert found.errors == ()
    assert [problem.path for problem in found.warnings] == [
        "radiologists.haddad.licenses[0]",
        "contacts.mercy-hospitalist",
    ]


def test_the_demo_tells_a_nights_inpatient_finding_to_physicians_only(demo: Directory) -> None:
    """At Lakeside the policy depends on category, patient class and local hour."""
    lakeside = demo.facilities["lakeside"]
    night = lakeside.local(datetime(2026, 6, 1, 12, tzinfo=UTC)).replace(hour=23)
    policies = [lakeside.policy_for(1, PatientClass.INPATIENT, at) for at in (night, night.replace(hour=12))]
    assert [policy and policy.name for policy in policies] == ["physicians_only", "critical"]


def test_sixty_sites_are_read_within_a_second() -> None:
    """A file of sixty facilities that share templates is read and checked in less than a second."""
    text = many(60)
    begun = time.perf_counter()
    found = inspect(text)
    assert time.perf_counter() - begun < 1
    assert found.directory is not None, found.problems
    assert len(found.directory.facilities) == 60


def test_a_site_says_what_starts_and_stops_its_clocks() -> None:
    """Itself, or in defaults; unless it does, the last image starts them and every problem pauses them."""
    north = read(GOOD).facilities["north"]
    assert (north.clock, north.pauses) == (ClockStart.LAST_IMAGE, frozenset(ProblemKind))
    assert north.problem_reminder == timedelta(minutes=20)
    said = "    clock: received\n    pauses: [missing_prior]\n    problem_reminder: 45m\n"
    north = read(spoiled("    shadow: false\n", said)).facilities["north"]
    assert (north.clock, north.pauses) == (ClockStart.RECEIVED, frozenset({ProblemKind.MISSING_PRIOR}))
    assert north.problem_reminder == timedelta(minutes=45)
    assert north.unclaimed == Shares(phone=20, pool=50, desk=80)
    told = spoiled("    shadow: false\n", "    unclaimed: {pool: 30, desk: 60}\n")
    assert read(told).facilities["north"].unclaimed == Shares(phone=20, pool=30, desk=60)
    shared = read(spoiled("defaults:\n", "defaults:\n  clock: order\n  pauses: []\n")).facilities["north"]
    assert (shared.clock, shared.pauses) == (ClockStart.ORDER, frozenset())
