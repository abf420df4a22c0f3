"""Coverage: which agreement wins, which reads it makes, on ordinary nights and on those on which clocks change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.domain.agreements import CoverageAgreement, CoverageModel, OverflowLimits, OwedRead, Subspecialty
from handlers.domain.classes import Priority, ReadKind
from handlers.domain.coverage import (
    JUDGED_EVERY,
    Exam,
    OverflowChange,
    covering,
    duties,
    next_judgment,
    overflow_change,
    target_of,
)
from handlers.domain.directory import Facility
from handlers.domain.hours import Hours
from handlers.domain.studies import Read, ReadBy, ReadState

NOON = datetime(2026, 6, 3, 17, tzinfo=UTC)  #: a Wednesday, 12:00 in Chicago
EVERY_DAY = tuple(range(7))
NIGHT = Hours(days=EVERY_DAY, start=time(19), end=time(7))
DAY = Hours(days=EVERY_DAY, start=time(7), end=time(19))
CT = Exam(modality="CT", body_part="HEAD", priority=Priority.STROKE)
NEURO = Subspecialty(id="neuro", modalities=("CT", "MR"), body_parts=("HEAD",))
TARGETS = {priority: timedelta(hours=1) for priority in Priority}
LIMITS = OverflowLimits(opens=5, closes=2, late=2, late_share=80, at_least=timedelta(minutes=10))
FINAL = CoverageAgreement(
    id="final",
    facility="north",
    model=CoverageModel.FINAL,
    effective=date(2026, 1, 1),
    expires=date(2026, 12, 31),
    reads=(OwedRead.FINAL,),
)
OVERFLOW = replace(FINAL, id="overflow", model=CoverageModel.OVERFLOW, overflow=LIMITS, pool="second")


def north(*coverage: CoverageAgreement, zone: str = "America/Chicago") -> Facility:
    """Return a facility with these agreements."""
    return Facility(
        id="north",
        name="North",
        alias="North",
        state="IL",
        zone=zone,
        pool="night",
        desk="front",
        callback_number="+13125550100",
        baa=None,
        rules=(),
        targets=TARGETS,
        coverage=coverage,
    )


def wins(*coverage: CoverageAgreement, exam: Exam = CT, at: datetime = NOON, opened: Sequence[str] = ()) -> str:
    """Return the id of the agreement that covers an examination, or ""."""
    found = covering(north(*coverage), exam, at, opened)
    return "" if found is None else found.id


def test_without_agreements_a_study_is_one_final_read_by_us() -> None:
    """As it was before there were any: the facility's pool, the facility's target."""
    (only,) = duties(north(), CT, NOON)
    assert (only.kind, only.by, only.pool, only.target) == (ReadKind.FINAL, ReadBy.US, "night", timedelta(hours=1))
    assert (only.coverage, only.subspecialty) == ("", "")


#: (what of the agreement differs, whether it covers a CT of the head on Wednesday at noon)
RULES = [
    ({}, True),
    ({"modalities": ("CT",)}, True),
    ({"modalities": ("MR", "US")}, False),
    ({"subspecialty": NEURO}, True),
    ({"subspecialty": replace(NEURO, body_parts=("KNEE",))}, False),
    ({"subspecialty": replace(NEURO, modalities=("MR",))}, False),
    ({"hours": (DAY,)}, True),
    ({"hours": (NIGHT,)}, False),
    ({"hours": (NIGHT, DAY)}, True),
    ({"hours": (NIGHT,), "holidays": frozenset({date(2026, 6, 3)})}, True),
    ({"hours": (NIGHT,), "holidays": frozenset({date(2026, 6, 4)})}, False),
    ({"effective": date(2026, 6, 3)}, True),
    ({"effective": date(2026, 6, 4)}, False),
    ({"expires": date(2026, 6, 3)}, True),
    ({"expires": date(2026, 6, 2)}, False),
    ({"model": CoverageModel.OVERFLOW}, False),
]


@pytest.mark.parametrize(("differs", "covers"), RULES)
def test_each_rule_alone_decides(differs: dict[str, object], covers: bool) -> None:
    """Modality, subspecialty, hours, holidays, dates, overflow."""
    assert wins(replace(FINAL, **differs)) == ("final" if covers else "")  # type: ignore[arg-type]


@pytest.mark.parametrize(("one", "first"), RULES)
@pytest.mark.parametrize(("other", "second"), RULES)
def test_every_pair_of_rules_holds_together(
    one: dict[str, object], other: dict[str, object], first: bool, second: bool
) -> None:
    """An agreement that two rules bear on covers only where both do, as long as they speak of different things."""
    if set(one) & set(other):
        return
    alone = {**one, **other}
    hours_beside_holidays = "holidays" in alone and "hours" in alone
    assert hours_beside_holidays or wins(replace(FINAL, **alone)) == ("final" if first and second else "")  # type: ignore[arg-type]


def test_the_first_that_covers_wins() -> None:
    """The order is the directory's; an overflow counts only while it is open."""
    neuro = replace(FINAL, id="neuro", subspecialty=NEURO)
    assert wins(neuro, FINAL) == "neuro"
    assert wins(FINAL, neuro) == "final"
    assert wins(neuro, FINAL, exam=replace(CT, body_part="chest")) == "final"
    assert wins(OVERFLOW, FINAL) == "final"
    assert wins(OVERFLOW, FINAL, opened=["overflow"]) == "overflow"


def test_a_body_part_is_compared_whatever_its_case() -> None:
    """Modalities write HEAD, orders write Head."""
    assert wins(replace(FINAL, subspecialty=NEURO), exam=replace(CT, body_part="Head")) == "final"


def test_both_reads_by_us_have_their_own_pool_and_target() -> None:
    """The final after a preliminary goes where the agreement says; what it does not say is the agreement's, then the facility's."""
    both = replace(
        FINAL,
        reads=(OwedRead.PRELIMINARY, OwedRead.FINAL),
        pool="first",
        final_pool="second",
        targets={Priority.STROKE: timedelta(minutes=10)},
        final_targets={Priority.STROKE: timedelta(hours=8)},
    )
    preliminary, final = duties(north(both), CT, NOON)
    assert (preliminary.kind, preliminary.pool, preliminary.target) == (
        ReadKind.PRELIMINARY,
        "first",
        timedelta(minutes=10),
    )
    assert (final.kind, final.pool, final.target) == (ReadKind.FINAL, "second", timedelta(hours=8))
    (_, usual) = duties(north(replace(both, final_targets={}, final_pool="")), CT, NOON)
    assert (usual.pool, usual.target) == ("first", timedelta(minutes=10))
    (routine, _) = duties(north(both), replace(CT, priority=Priority.ROUTINE), NOON)
    assert routine.target == timedelta(hours=1)


def test_administration_makes_no_read() -> None:
    """It covers the study, so that nobody is told of a gap, and makes nothing."""
    relays = replace(FINAL, model=CoverageModel.PACS_ADMINISTRATION, reads=())
    assert wins(relays) == "final"
    assert duties(north(relays), CT, NOON) == ()


# --- nights on which clocks change -----------------------------------------------------------------------------------

ZONES = ("America/New_York", "America/Phoenix", "America/Indiana/Indianapolis")
#: A week around each change of 2026, spring and autumn.
WEEKS = (datetime(2026, 3, 5, tzinfo=UTC), datetime(2026, 10, 29, tzinfo=UTC))
WINDOWS = st.tuples(st.integers(0, 1439), st.integers(0, 1439)).filter(lambda ends: ends[0] != ends[1])


def _clock(minute: int) -> time:
    return time(minute // 60, minute % 60)


@given(
    zone=st.sampled_from(ZONES),
    week=st.sampled_from(WEEKS),
    minute=st.integers(0, 7 * 24 * 60 - 1),
    ends=WINDOWS,
    holiday=st.booleans(),
)
def test_complementary_agreements_partition_every_instant(
    zone: str, week: datetime, minute: int, ends: tuple[int, int], holiday: bool
) -> None:
    """At each minute of the weeks of the changes one of the two holds and not the other, whatever the hours that divide them."""
    at = week + timedelta(minutes=minute)
    start, end = map(_clock, ends)
    day = at.astimezone(ZoneInfo(zone)).date()
    days = frozenset({day} if holiday else ())
    inside = replace(FINAL, id="in", hours=(Hours(days=EVERY_DAY, start=start, end=end),), holidays=days)
    outside = replace(FINAL, id="out", hours=(Hours(days=EVERY_DAY, start=end, end=start),))
    first, second = (
        [one.is_in_force(north(zone=zone).local(at)) for one in pair] for pair in ((inside, outside), (outside, inside))
    )
    assert first == second[::-1]
    assert sum(first) == 1 + (holiday and first[1])
    facility = north(inside, outside, zone=zone)
    assert len(duties(facility, CT, at)) == 1
    assert covering(facility, CT, at) is (inside if first[0] else outside)


@pytest.mark.parametrize(
    ("zone", "change", "hours"),
    [
        ("America/New_York", datetime(2026, 3, 8, 12, tzinfo=UTC), 11),
        ("America/New_York", datetime(2026, 11, 1, 12, tzinfo=UTC), 13),
        ("America/Indiana/Indianapolis", datetime(2026, 3, 8, 12, tzinfo=UTC), 11),
        ("America/Indiana/Indianapolis", datetime(2026, 11, 1, 12, tzinfo=UTC), 13),
        ("America/Phoenix", datetime(2026, 3, 8, 12, tzinfo=UTC), 12),
        ("America/Phoenix", datetime(2026, 11, 1, 12, tzinfo=UTC), 12),
    ],
)
def test_a_night_is_as_long_as_the_wall_clock_makes_it(zone: str, change: datetime, hours: int) -> None:
    """From 19:00 to 07:00 there are eleven hours in spring and thirteen in autumn, where the clocks change."""
    facility = north(replace(FINAL, hours=(NIGHT,)), zone=zone)
    noon_before = (change - timedelta(days=1)).astimezone(ZoneInfo(zone)).replace(hour=12)
    begins = noon_before.astimezone(UTC)
    held = sum(covering(facility, CT, begins + timedelta(minutes=minute)) is not None for minute in range(24 * 60))
    assert held == hours * 60


# --- overflow --------------------------------------------------------------------------------------------------------


def waiting(count: int, *, opened: datetime = NOON, due_in: timedelta = timedelta(hours=8)) -> list[Read]:
    """Return so many open reads."""
    return [
        Read(
            id=f"read-{at}",
            facility="north",
            study_id=f"study-{at}",
            case_code="48210934",
            pool="night",
            priority=Priority.ROUTINE,
            state=ReadState.OPEN,
            opened_at=opened,
            due_at=opened + due_in,
            clock_started_at=opened,
            target_seconds=int(due_in.total_seconds()),
            coverage="final",
        )
        for at in range(count)
    ]


def change_of(reads: list[Read], since: datetime | None, now: datetime = NOON) -> OverflowChange | None:
    """Judge the overflow agreement."""
    return overflow_change(OVERFLOW, north(OVERFLOW, FINAL), reads, since, now)


def test_overflow_opens_at_the_upper_mark_and_closes_at_the_lower_one() -> None:
    """Between the two nothing changes, and not before its least span is over."""
    long_ago = NOON - timedelta(hours=1)
    assert change_of(waiting(4), None) is None
    assert change_of(waiting(5), None) is OverflowChange.OPEN_BACKLOG
    assert change_of(waiting(3), long_ago) is None
    assert change_of(waiting(2), long_ago) is OverflowChange.CLOSE
    assert change_of(waiting(2), NOON - timedelta(minutes=9)) is None
    assert change_of(waiting(2), NOON - timedelta(minutes=10)) is OverflowChange.CLOSE


def test_late_reads_open_it_and_keep_it_open() -> None:
    """Two that have waited for 80 % of their time; while one of them waits it stays."""
    late = waiting(2, opened=NOON - timedelta(minutes=80), due_in=timedelta(minutes=100))
    assert change_of(late, None) is OverflowChange.OPEN_LATE
    assert change_of(late[:1], None) is None
    assert change_of(late[:1], NOON - timedelta(hours=1)) is None
    assert change_of(late, None, NOON - timedelta(seconds=1)) is None
    assert next_judgment(OVERFLOW, late, None, NOON - timedelta(seconds=1)) == NOON


def test_a_pause_makes_no_read_late() -> None:
    """A clock that stands still since 79 minutes of 100 were gone is not late, and is looked at again soon."""
    late = waiting(2, opened=NOON - timedelta(minutes=80), due_in=timedelta(minutes=100))
    still = [replace(one, paused_since=NOON - timedelta(minutes=1)) for one in late]
    assert change_of(still, None) is None
    assert change_of(still, None, NOON + timedelta(days=1)) is None
    assert next_judgment(OVERFLOW, still, None, NOON) == NOON + JUDGED_EVERY
    gone_on = [replace(one, due_at=one.due_at + timedelta(minutes=30)) for one in late]
    assert change_of(gone_on, None, NOON + timedelta(minutes=30, seconds=-1)) is None
    assert change_of(gone_on, None, NOON + timedelta(minutes=30)) is OverflowChange.OPEN_LATE
    assert next_judgment(OVERFLOW, gone_on, None, NOON) == NOON + timedelta(minutes=30)


def test_what_overflow_took_and_what_is_claimed_does_not_count() -> None:
    """Else its own studies would keep it open for ever."""
    taken = [replace(one, coverage="overflow") for one in waiting(9)]
    claimed = [replace(one, state=ReadState.CLAIMED) for one in waiting(9)]
    assert change_of([*taken, *claimed], None) is None
    assert change_of([*taken, *claimed], NOON - timedelta(hours=1)) is OverflowChange.CLOSE


def test_outside_its_hours_and_dates_it_is_closed() -> None:
    """At once, however many wait."""
    night = replace(OVERFLOW, hours=(NIGHT,))
    assert overflow_change(night, north(night), waiting(9), NOON, NOON) is OverflowChange.CLOSE
    assert overflow_change(night, north(night), waiting(9), None, NOON) is None


def test_an_open_one_is_looked_at_again_soon() -> None:
    """A claim tells overflow nothing; within minutes it is seen."""
    assert next_judgment(OVERFLOW, [], NOON, NOON) == NOON + JUDGED_EVERY
    assert next_judgment(OVERFLOW, [], None, NOON) is None


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 20)), min_size=1, max_size=60))
def test_it_never_flaps(steps: list[tuple[int, int]]) -> None:
    """However the backlog goes: open lasts at least its span; an opening saw the upper mark, a closing the lower one."""
    now, since = NOON, None
    for count, minutes in steps:
        now += timedelta(minutes=minutes)
        change = change_of(waiting(count, opened=now), since, now)
        if change is OverflowChange.CLOSE:
            assert since is not None
            assert now - since >= LIMITS.at_least
            assert count <= LIMITS.closes
            since = None
        elif change is not None:
            assert since is None
            assert count >= LIMITS.opens
            since = now


def test_a_read_keeps_its_agreements_target_when_its_class_changes() -> None:
    """An agreement that has left the directory leaves the facility's."""
    own = replace(FINAL, targets={Priority.STAT: timedelta(minutes=20)})
    (read,) = waiting(1)
    assert target_of(north(own), read, Priority.STAT) == timedelta(minutes=20)
    assert target_of(north(own), read, Priority.ROUTINE) == timedelta(hours=1)
    assert target_of(north(), read, Priority.STAT) == timedelta(hours=1)
