"""No claim ever exists without every rule true at its instant: whatever is clicked, whenever, however standing changes.

The rules are written once more here, over the plain dates that were drawn, and share no code with the product's.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handlers import claims, nexts, overdue, passing
from handlers.domain.case_code import with_check_digit
from handlers.domain.classes import Priority
from handlers.domain.directory import Desk, DeskPhone, Directory, Facility, Staff, StaffRole
from handlers.domain.errors import Rejection
from handlers.domain.standing import Agreement, License, Pool, Privilege, Radiologist, Service
from handlers.domain.studies import Read, ReadState, Study
from handlers.ports import House
from store.memory import SqlMemory
from telephony.script import CallScript
from tests.clock import ManualClock, SeededChance
from tests.conftest import MakeMemory
from tests.store.test_values import example_of

ZONES = {"north": ("IL", "America/Chicago"), "south": ("AZ", "America/Phoenix")}
READERS = ("lee", "stone")
CAP = 2
RUNS = itertools.count()
STUDY: Study = example_of(Study, modality="CT", group="", test=False)
URGENT = (Priority.STROKE, Priority.TRAUMA)


@dataclass(frozen=True)
class Dates:
    """Days from the first on which things end, for one reader or site."""

    license_ends: int
    privilege_ends: int
    service_ends: int


DATES = st.builds(Dates, st.integers(-1, 4), st.integers(-1, 4), st.integers(-1, 6))
#: (what, reader, read, hours to move on)
ACTIONS = st.tuples(
    st.sampled_from(["claim", "claim", "next", "release", "reassign", "wait"]),
    st.sampled_from(READERS),
    st.integers(0, 5),
    st.integers(0, 30),
)


class Town:
    """Two sites in two zones, two readers, six reads; standing as it was drawn."""

    def __init__(self, memory: SqlMemory, clock: ManualClock, dates: dict[str, Dates], baa_ends: int) -> None:
        self.memory, self.clock, self.dates = memory, clock, dates
        self.first = clock.now().date()
        self.baa_last = self._day(baa_ends)
        self.directory = self._directory()
        self.reads: list[str] = []
        self.house = House(
            memory=memory,
            directory=lambda: self.directory,
            clock=clock,
            chance=SeededChance(next(RUNS)),
            script=CallScript(),
            our_number="+15035550100",
            pin_pepper=b"pepper",
        )
        self._fill()

    def _day(self, count: int) -> date:
        return self.first + timedelta(days=count)

    def _directory(self) -> Directory:
        long_ago = date(2020, 1, 1)
        site = Facility(
            id="north", name="North", alias="North", state="IL", zone="America/Chicago", pool="night", desk="desk",
            callback_number="+13125550100", baa=Agreement(effective=long_ago, expires=self.baa_last), rules=(),
            targets=dict.fromkeys(Priority, timedelta(hours=400)), shadow=True,
        )  # fmt: skip
        sites = {name: replace(site, id=name, state=state, zone=zone) for name, (state, zone) in ZONES.items()}
        readers = {
            name: Radiologist(
                id=name, name=name, slack_user=f"U-{name}", npi="1", phone="",
                licenses=tuple(
                    License(state=state, number="1", expires=self._day(self.dates[name].license_ends))
                    for state, _ in ZONES.values()
                ),
                privileges=tuple(
                    Privilege(facility=one, expires=self._day(self.dates[name].privilege_ends)) for one in ZONES
                ),
                service=Service(ends=self._day(self.dates[name].service_ends)),
            )
            for name in READERS
        }  # fmt: skip
        desk = Desk(id="desk", name="Desk", channel="C2", phones=(DeskPhone(number="+13125550151", who="Pat"),))
        return Directory(
            version=1,
            facilities=sites,
            pools={"night": Pool(id="night", channel="C1", members=READERS, queue_cap=CAP)},
            radiologists=readers,
            desks={"desk": desk},
            staff={"pat": Staff(id="pat", name="Pat", slack_user="U-pat", roles={StaffRole.PACS_ADMIN: ("*",)})},
            front_desk="desk",
        )

    def _fill(self) -> None:
        run = next(RUNS)
        for number, (site, priority) in enumerate(itertools.product(ZONES, [*URGENT[:1], *[Priority.ROUTINE] * 2])):
            key = f"{run}-{number}"
            state = ZONES[site][0]
            study = replace(
                STUDY, id=f"s-{key}", facility=site, accession_number=key, case_code=with_check_digit(f"{run:06}{number}"),
                patient_state=state,
            )  # fmt: skip
            now = self.clock.now()
            read = Read(
                id=f"r-{key}", facility=site, study_id=study.id, case_code=study.case_code, pool="night",
                priority=priority, state=ReadState.OPEN, opened_at=now, due_at=now + timedelta(hours=400),
                clock_started_at=now, target_seconds=400 * 3600,
            )  # fmt: skip
            with self.memory.transaction(site) as tx:
                tx.add(study)
                tx.add(read)
            self.reads.append(read.id)

    def held(self) -> dict[str, Read]:
        """Return the reads that somebody holds."""
        with self.memory.reading() as look:
            found = [look.get(Read, key) for key in self.reads]
        return {one.id: one for one in found if one is not None and one.state is ReadState.CLAIMED}

    def lawful(self, read: Read) -> bool:
        """Tell whether whoever holds a read may, on the site's calendar day of this instant."""
        today = self.clock.now().astimezone(ZoneInfo(ZONES[read.facility][1])).date()
        dates = self.dates[read.claimed_by or ""]
        ends = (dates.license_ends, dates.privilege_ends, dates.service_ends)
        return all(today <= self._day(last) for last in ends) and today <= self.baa_last

    def act(self, what: str, reader: str, number: int, hours: int) -> None:
        """Do one thing; what is refused is refused."""
        read, user, delivery = self.reads[number], f"U-{reader}", f"d-{next(RUNS)}"
        verbs: dict[str, Callable[[], object]] = {
            "claim": lambda: claims.claim(self.house, read, user, delivery),
            "release": lambda: claims.release(self.house, read, user, delivery),
            "next": lambda: nexts.next_read(self.house, user, delivery),
            "reassign": lambda: passing.reassign(self.house, self._case(read), reader, "U-pat", delivery),
            "wait": lambda: self._wait(hours),
        }
        with suppress(Rejection):
            verbs[what]()

    def _case(self, read_id: str) -> str:
        with self.memory.reading() as look:
            read = look.get(Read, read_id)
        assert read is not None
        return read.case_code

    def _wait(self, hours: int) -> None:
        for _ in range(hours):
            self.clock.advance(timedelta(hours=1))
            overdue.handle_due(self.house, _fail)


def _fail(error: Exception) -> None:
    raise AssertionError("a deadline's handler failed") from error


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    dates=st.fixed_dictionaries(dict.fromkeys(READERS, DATES)),
    baa_ends=st.integers(0, 5),
    actions=st.lists(ACTIONS, min_size=5, max_size=25),
)
def test_no_claim_exists_without_all_rules_true_at_its_instant(
    make_memory: MakeMemory, dates: dict[str, Dates], baa_ends: int, actions: list[tuple[str, str, int, int]]
) -> None:
    """After each thing that happens: what was claimed by it may be read by its holder, within the cap of the queue."""
    clock = ManualClock()
    town = Town(make_memory(clock=clock), clock, dates, baa_ends)
    before = town.held()
    for action in actions:
        town.act(*action)
        now = town.held()
        for key, read in now.items():
            taken = key not in before or before[key].claimed_at != read.claimed_at
            if not taken:
                continue
            assert read.claimed_at is not None
            assert town.lawful(read), f"{read.claimed_by} holds {key} unlawfully"
            counted = [one for one in now.values() if one.priority not in URGENT and one.id != key]
            theirs = [one for one in counted if one.claimed_by == read.claimed_by]
            assert read.priority in URGENT or len(theirs) < CAP
        if action[0] == "wait":
            assert all(town.lawful(read) for read in now.values()), "a claim outlived its reader's standing"
        before = now
