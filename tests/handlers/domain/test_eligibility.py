"""Who may read: every rule, every pair of rules, and their days' edges."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.domain.classes import Priority, ReadKind
from handlers.domain.directory import Facility
from handlers.domain.eligibility import RULES, UNCAPPED, WAIVABLE, Duty, Refusal, cap_of, refusals, sentences
from handlers.domain.standing import Agreement, License, Pool, Privilege, ProxyAgreement, Radiologist, Service

NOW = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)
TODAY = date(2026, 11, 24)
YESTERDAY, TOMORROW, LATER = TODAY - timedelta(days=1), TODAY + timedelta(days=1), date(2030, 1, 1)
TERM = Agreement(effective=date(2020, 1, 1), expires=LATER)
OVER = Agreement(effective=date(2020, 1, 1), expires=YESTERDAY)
FACILITY = Facility(
    id="mercy", name="Mercy General", alias="Mercy", state="IL", zone="America/Chicago", pool="night", desk="d",
    callback_number="+13125550100", baa=TERM, rules=(), targets={Priority.STROKE: timedelta(minutes=15)},
)  # fmt: skip
READER = Radiologist(
    id="lee", name="Dr. Lee", slack_user="U1", npi="1", phone="+1",
    licenses=(License(state="IL", number="1", expires=LATER),),
    privileges=(Privilege(facility="mercy", modalities=("CT", "MR")),),
)  # fmt: skip
PROXY = ProxyAgreement(id="apex", term=TERM, list_as_of=TODAY, list_limit=timedelta(days=90))
BY_PROXY = (Privilege(facility="mercy", modalities=("CT",), proxy="apex"),)


DUTY = Duty(
    facility=FACILITY, pool=Pool(id="night", channel="C1", members=("lee",), queue_cap=3), kind=ReadKind.FINAL,
    modality="CT", patient_state="IL", priority=Priority.ROUTINE,
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """One reader before one study."""

    reader: Radiologist = READER
    duty: Duty = DUTY
    proxy: ProxyAgreement | None = PROXY
    held: int | None = 0

    def judged(self, now: datetime = NOW) -> tuple[Refusal, ...]:
        """Return what is refused."""
        proxies = {} if self.proxy is None else {self.proxy.id: self.proxy}
        return refusals(self.reader, self.duty, proxies=proxies, held=self.held, now=now)

    def codes(self, now: datetime = NOW) -> list[str]:
        """Return the codes of what is refused."""
        return [one.code for one in self.judged(now)]


#: Another pool of the site, to which the reader belongs.
HOME = Pool(id="home", channel="C9", members=(READER.id,))


def reader(case: Case, **change: object) -> Case:
    return replace(case, reader=replace(case.reader, **change))  # type: ignore[arg-type]


def duty(case: Case, **change: object) -> Case:
    return replace(case, duty=replace(case.duty, **change))  # type: ignore[arg-type]


def license_(case: Case, **change: object) -> Case:
    return reader(case, licenses=(replace(READER.licenses[0], **change),))  # type: ignore[arg-type]


def privilege(case: Case, **change: object) -> Case:
    return reader(case, privileges=(replace(READER.privileges[0], **change),))  # type: ignore[arg-type]


def facility(case: Case, **change: object) -> Case:
    return duty(case, facility=replace(case.duty.facility, **change))  # type: ignore[arg-type]


#: Each rule, with the one change that breaks it.
BROKEN: dict[str, Callable[[Case], Case]] = {
    "not_at_site": lambda case: duty(case, pool=replace(case.duty.pool, members=()), site_pools=()),
    "not_in_pool": lambda case: duty(case, pool=replace(case.duty.pool, members=()), site_pools=(HOME,)),
    "service_not_yet": lambda case: reader(case, service=Service(begins=TOMORROW)),
    "service_over": lambda case: reader(case, service=Service(ends=YESTERDAY)),
    "license_missing": lambda case: license_(case, state="NY"),
    "license_expired": lambda case: license_(case, expires=YESTERDAY),
    "license_not_yet": lambda case: license_(case, effective=TOMORROW),
    "privilege_missing": lambda case: privilege(case, modalities=("US",)),
    "privilege_expired": lambda case: privilege(case, expires=YESTERDAY),
    "privilege_not_yet": lambda case: privilege(case, effective=TOMORROW),
    "proxy_inactive": lambda case: replace(reader(case, privileges=BY_PROXY), proxy=replace(PROXY, term=OVER)),
    "proxy_list_stale": lambda case: replace(
        reader(case, privileges=BY_PROXY), proxy=replace(PROXY, list_as_of=TODAY - timedelta(days=91))
    ),
    "baa_inactive": lambda case: facility(case, baa=OVER),
    "final_from_abroad": lambda case: reader(case, located="IN"),
    "subspecialty": lambda case: duty(case, subspecialty="neuro"),
    "queue_full": lambda case: replace(case, held=3),
}
#: Rules of which only one can fail at a time: they are ways in which one thing is wrong.
ONE_THING = ("not", "service", "license", "privilege", "proxy")


def thing(rule: str) -> str:
    found = next((one for one in ONE_THING if rule.startswith(one)), rule)
    return "privilege" if found == "proxy" else found


def test_a_reader_for_whom_every_rule_holds_may_read() -> None:
    """Nothing fails, nothing is said."""
    assert Case().codes() == []


@pytest.mark.parametrize("rule", BROKEN)
def test_each_rule_alone_refuses_and_is_named(rule: str) -> None:
    """One broken rule, one code."""
    assert BROKEN[rule](Case()).codes() == [rule]


@pytest.mark.parametrize(
    ("first", "second"), [pair for pair in combinations(BROKEN, 2) if thing(pair[0]) != thing(pair[1])]
)
def test_every_pair_of_rules_is_named_at_once(first: str, second: str) -> None:
    """Two broken rules, two codes: nobody has to mend one to hear of the other."""
    assert set(BROKEN[second](BROKEN[first](Case())).codes()) == {first, second}


def test_every_rule_there_is_has_a_case_that_breaks_it() -> None:
    """A rule that no case breaks would be a rule nobody tried."""
    assert len(RULES) == len({thing(rule) for rule in BROKEN})


def test_a_license_holds_through_its_last_day_in_the_facility_s_zone() -> None:
    """At 23:59 in Chicago it is the next day in UTC; the license still holds."""
    case = license_(Case(), expires=TODAY)
    assert not case.codes(datetime(2026, 11, 25, 5, 59, tzinfo=UTC))
    assert case.codes(datetime(2026, 11, 25, 6, 0, tzinfo=UTC)) == ["license_expired"]


def test_the_sentence_names_state_and_day() -> None:
    """A reader can act on what they are told."""
    (refusal,) = BROKEN["license_expired"](Case()).judged()
    assert "IL" in refusal.sentence
    assert "2026-11-23" in refusal.sentence


@pytest.mark.parametrize("rule", BROKEN)
def test_a_refusal_is_said_to_its_reader_or_about_them(rule: str) -> None:
    """Whoever is told of somebody else's standing does not read that it is their own."""
    failing = BROKEN[rule](Case()).judged()
    (to_them,), (to_another,) = sentences(failing), sentences(failing, to_another=True)
    assert "[" not in to_them + to_another
    assert not {"you", "your"} & set(to_another.lower().replace(".", " ").split())
    assert rule == "baa_inactive" or to_them != to_another


def test_hope_is_given_where_no_law_stands_in_its_way() -> None:
    """A read that opens to general readers later opens to nobody whose license has expired; its instant is said if known."""
    not_expert = BROKEN["subspecialty"](Case())
    assert sentences(not_expert.judged())[0].endswith("subspecialties. Later it may be open to you.")
    known = duty(not_expert, general_at=NOW + timedelta(minutes=7))
    assert sentences(known.judged())[0].endswith("Later it is open to readers without it, at 12:07 CST.")
    assert "Later" not in " ".join(sentences(BROKEN["license_expired"](known).judged()))


def test_one_read_is_one_read() -> None:
    """A cap of one is said in the singular."""
    (refusal,) = replace(reader(Case(), queue_cap=1), held=1).judged()
    assert refusal.sentence.startswith("You hold 1 read, and 1 is the most at a time.")


def test_a_privilege_by_proxy_carries_while_agreement_and_list_are_current() -> None:
    """On its last day the list is still current; a direct privilege needs neither."""
    by_proxy = reader(Case(), privileges=BY_PROXY)
    assert not by_proxy.codes()
    assert not replace(by_proxy, proxy=replace(PROXY, list_as_of=TODAY - timedelta(days=90))).codes()
    assert replace(by_proxy, proxy=None).codes() == ["proxy_inactive"]
    both = reader(Case(), privileges=(*BY_PROXY, *READER.privileges))
    assert not replace(both, proxy=replace(PROXY, term=OVER)).codes()


def test_from_abroad_preliminaries_are_read_and_finals_where_the_contract_says_so() -> None:
    """Medicare pays for no final read from abroad; a site may contract for it all the same."""
    abroad = reader(Case(), located="IN")
    assert not duty(abroad, kind=ReadKind.PRELIMINARY).codes()
    assert not facility(abroad, finals_from_abroad=True).codes()


def test_an_expert_reads_what_asks_for_one_and_a_second_pool_may_once_it_is_open() -> None:
    """Until then it is the experts' own; afterwards the facility's readers need not be of their pool."""
    assert not duty(reader(Case(), subspecialties=("neuro",)), subspecialty="neuro").codes()
    experts = Pool(id="neuro", channel="C2", members=("somebody",))
    assert duty(Case(), pool=experts, site_pools=(experts, DUTY.pool)).codes() == ["not_in_pool"]
    assert duty(Case(), pool=experts, site_pools=(experts,)).codes() == ["not_at_site"]
    assert not duty(Case(), pool=experts, general_pool=DUTY.pool).codes()


@pytest.mark.parametrize("priority", sorted(UNCAPPED))
def test_no_queue_keeps_anybody_from_a_stroke_or_a_trauma(priority: Priority) -> None:
    """However many reads are held."""
    assert not duty(replace(Case(), held=99), priority=priority).codes()


def test_the_smaller_cap_counts_and_none_is_no_cap() -> None:
    """A pool's, or a reader's own."""
    own = reader(Case(), queue_cap=2)
    assert cap_of(own.reader, own.duty) == 2
    assert replace(own, held=2).codes() == ["queue_full"]
    free = duty(Case(), pool=replace(Case().duty.pool, queue_cap=None))
    assert not replace(free, held=99).codes()


def test_what_the_law_asks_can_never_be_waived() -> None:
    """Only how the house shares its work."""
    assert {"not_in_pool", "subspecialty", "queue_full"} == WAIVABLE
    assert set(BROKEN) > WAIVABLE


@given(
    broken=st.sets(st.sampled_from(sorted(BROKEN))), kind=st.sampled_from(ReadKind), priority=st.sampled_from(Priority)
)
def test_nobody_may_read_while_any_rule_is_broken(broken: set[str], kind: ReadKind, priority: Priority) -> None:
    """Whatever is broken, in whatever number: what is not refused had nothing broken that binds this read."""
    case = duty(Case(), kind=kind, priority=priority)
    for rule in sorted(broken):
        case = BROKEN[rule](case)
    binds = set(broken)
    if kind is ReadKind.PRELIMINARY:
        binds.discard("final_from_abroad")
    if priority in UNCAPPED:
        binds.discard("queue_full")
    assert bool(case.codes()) == bool(binds)
    assert {thing(code) for code in case.codes()} == {thing(rule) for rule in binds}


def test_of_many_licenses_and_privileges_only_those_of_the_place_count() -> None:
    """They are looked up by state and by facility; several of one place keep their order."""
    privileges = (Privilege(facility="hill"), *BY_PROXY, Privilege(facility="mercy", modalities=("MR",)))
    licenses = (License(state="NY", number="1", expires=LATER), License(state="IL", number="2", expires=YESTERDAY))
    many = reader(Case(), privileges=privileges, licenses=licenses)
    assert many.codes() == ["license_expired"]
    assert many.reader.privileges_at("mercy") == privileges[1:]
    assert many.reader.licenses_in("NY") == licenses[:1]
    assert (many.reader.privileges_at("moon"), many.reader.licenses_in("WA")) == ((), ())


def test_a_reader_whose_licenses_change_is_judged_by_the_new_ones() -> None:
    """What is prepared for looking up never outlives what it was made from."""
    moved = replace(READER, licenses=(replace(READER.licenses[0], state="NY"),))
    assert Case(reader=moved).codes() == ["license_missing"]
    assert replace(moved, licenses=READER.licenses) == READER
