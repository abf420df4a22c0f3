"""Who may read: every rule, every pair of rules, and their days' edges."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import combinations

import pytest

from handlers.domain.classes import Priority
from handlers.domain.directory import Facility
from handlers.domain.eligibility import refusals
from handlers.domain.standing import Agreement, License, Pool, Privilege, Radiologist

NOW = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)
TODAY = date(2026, 11, 24)
FACILITY = Facility(
    id="mercy", name="Mercy General", alias="Mercy", state="IL", zone="America/Chicago", pool="night", desk="d",
    callback_number="+13125550100", baa=Agreement(effective=date(2020, 1, 1), expires=date(2030, 1, 1)), rules=(),
    targets={Priority.STROKE: timedelta(minutes=15)},
)  # fmt: skip
POOL = Pool(id="night", channel="C1", members=("lee",))
READER = Radiologist(
    id="lee", name="Dr. Lee", slack_user="U1", npi="1", phone="+1",
    licenses=(License(state="IL", number="1", expires=date(2030, 1, 1)),),
    privileges=(Privilege(facility="mercy", modalities=("CT", "MR")),),
)  # fmt: skip

BROKEN_READER = {
    "license_missing": lambda one: replace(one, licenses=(License(state="NY", number="1", expires=date(2030, 1, 1)),)),
    "license_expired": lambda one: replace(
        one, licenses=(License(state="IL", number="1", expires=TODAY - timedelta(days=1)),)
    ),
    "license_not_yet": lambda one: replace(
        one, licenses=(License(state="IL", number="1", expires=date(2030, 1, 1), effective=TODAY + timedelta(days=1)),)
    ),
    "privilege_missing": lambda one: replace(one, privileges=(Privilege(facility="mercy", modalities=("US",)),)),
    "privilege_expired": lambda one: replace(
        one, privileges=(Privilege(facility="mercy", expires=TODAY - timedelta(days=1)),)
    ),
    "privilege_not_yet": lambda one: replace(
        one, privileges=(Privilege(facility="mercy", effective=TODAY + timedelta(days=1)),)
    ),
}
RULES = [*BROKEN_READER, "not_in_pool", "baa_inactive"]


def judged(*broken: str) -> set[str]:
    reader, pool, facility = READER, POOL, FACILITY
    for rule in broken:
        if rule in BROKEN_READER:
            reader = BROKEN_READER[rule](reader)
        elif rule == "not_in_pool":
            pool = replace(pool, members=())
        else:
            facility = replace(facility, baa=Agreement(effective=date(2020, 1, 1), expires=TODAY - timedelta(days=1)))
    return {one.code for one in refusals(reader, facility, pool, modality="CT", patient_state="IL", now=NOW)}


def test_a_reader_for_whom_every_rule_holds_may_read() -> None:
    """Nothing fails, nothing is said."""
    assert judged() == set()


@pytest.mark.parametrize("rule", RULES)
def test_each_rule_alone_refuses_and_is_named(rule: str) -> None:
    """One broken rule, one code."""
    assert judged(rule) == {rule}


@pytest.mark.parametrize(("first", "second"), [pair for pair in combinations(RULES, 2) if pair[0][:7] != pair[1][:7]])
def test_every_pair_of_rules_is_named_at_once(first: str, second: str) -> None:
    """Two broken rules, two codes: nobody has to fix one to hear of the other."""
    assert judged(first, second) == {first, second}


def test_a_license_holds_through_its_last_day_in_the_facility_s_zone() -> None:
    """At 23:59 in Chicago it is the next day in UTC; the license still holds."""
    reader = replace(READER, licenses=(License(state="IL", number="1", expires=TODAY),))
    late = datetime(2026, 11, 25, 5, 59, tzinfo=UTC)
    over = datetime(2026, 11, 25, 6, 0, tzinfo=UTC)
    assert not refusals(reader, FACILITY, POOL, modality="CT", patient_state="IL", now=late)
    assert [one.code for one in refusals(reader, FACILITY, POOL, modality="CT", patient_state="IL", now=over)] == [
        "license_expired"
    ]


def test_the_sentence_names_state_and_day() -> None:
    """A reader can act on what they are told."""
    [refusal] = refusals(
        BROKEN_READER["license_expired"](READER), FACILITY, POOL, modality="CT", patient_state="IL", now=NOW
    )
    assert "IL" in refusal.sentence
    assert "2026-11-23" in refusal.sentence
