"""The worklist's order and its counts, as the database gives them."""

from __future__ import annotations

import dataclasses
from collections import Counter
from datetime import timedelta
from itertools import product

import pytest

from handlers.domain.classes import Priority
from handlers.domain.eligibility import UNCAPPED
from handlers.domain.studies import Read, ReadState, Study
from handlers.domain.worklists import OPEN, ORDER, Whose
from store.memory import SqlMemory
from tests.clock import NOON
from tests.store.test_values import example_of

STATES: list[tuple[ReadState, bool, str | None]] = [(ReadState.OPEN, True, None), (ReadState.OPEN, False, None)]
STATES += [(ReadState.CLAIMED, True, "lee"), (ReadState.CLAIMED, True, "stone"), (ReadState.REPORTED, True, "lee")]


def filled(memory: SqlMemory) -> None:
    """Put in every class in every state, in an order that is none, at two sites."""
    with memory.transaction("north") as tx:
        for number, (priority, (state, ready, holder), site) in enumerate(
            product(reversed(Priority), STATES, ["north", "south"])
        ):
            due = NOON + timedelta(minutes=(number * 37) % 90)
            still = NOON - timedelta(minutes=(number * 13) % 50) if number % 3 == 0 else None
            study = example_of(
                Study, id=f"s-{number}", facility=site, accession_number=f"A{number}", case_code=f"c-{number}",
                ready=ready, modality="CT" if number % 2 else "MR", patient_state="IL",
            )  # fmt: skip
            read = example_of(
                Read, id=f"r-{number:03}", facility=site, study_id=study.id, pool="night", priority=priority, state=state,
                claimed_by=holder, claimed_at=NOON if holder else None, due_at=due, paused_since=still, general_at=None,
            )  # fmt: skip
            tx.add(study)
            tx.add(read)


def test_mine_comes_first_then_what_is_ready_then_what_arrives_then_others(memory: SqlMemory) -> None:
    """Each of the four by class, then by the time that is left; what is over is not listed, nor another site."""
    filled(memory)
    with memory.reading() as look:
        listed = look.worklist(["north"], "lee", many=99, past=0)
    assert len(listed) == 4 * len(ORDER)
    keys = [(one.whose, ORDER.index(one.read.priority), one.read.due_at - one.read.clock_at(NOON)) for one in listed]
    assert keys == sorted(keys)
    assert {one.whose for one in listed} == set(Whose)
    assert all(one.read.claimed_by == "lee" for one in listed if one.whose is Whose.MINE)
    assert {one.read.facility for one in listed} == {"north"}


def test_pages_are_the_whole_without_gap_or_repetition(memory: SqlMemory) -> None:
    """Whatever their size."""
    filled(memory)
    with memory.reading() as look:
        whole = look.worklist(["north", "south"], "lee", many=99, past=0)
        paged = [one for past in range(0, 49, 7) for one in look.worklist(["north", "south"], "lee", many=7, past=past)]
    assert paged == whole


def test_a_clock_that_stands_still_does_not_move_its_read_up(memory: SqlMemory) -> None:
    """Twenty minutes are left of it, an hour after it stopped as then: what has fifteen left comes before it."""
    with memory.transaction("north") as tx:
        for key, minutes, still in (("still", -40, 60), ("runs", 15, None), ("later", 25, None)):
            since = None if still is None else NOON - timedelta(minutes=still)
            tx.add(example_of(Study, id=f"of-{key}", facility="north", accession_number=key, case_code=key, ready=True))
            tx.add(
                example_of(
                    Read,
                    id=key,
                    facility="north",
                    study_id=f"of-{key}",
                    state=ReadState.OPEN,
                    claimed_by=None,
                    priority=Priority.STAT,
                    due_at=NOON + timedelta(minutes=minutes),
                    paused_since=since,
                )
            )
    with memory.reading() as look:
        assert [one.read.id for one in look.worklist(["north"], "lee", many=9, past=0)] == ["runs", "still", "later"]


@pytest.mark.parametrize("kept", [0, 1, 5, 20])
def test_of_what_is_open_only_what_is_alike_to_these_is_listed(memory: SqlMemory, kept: int) -> None:
    """Page by page, in the same order; what is claimed is listed whatever it is like."""
    filled(memory)
    sites = ["north", "south"]
    with memory.reading() as look:
        open_to = look.alike(sites, "lee")[:kept]
        whole = look.worklist(sites, "lee", many=99, past=0)
        paged = [
            one for past in range(0, 49, 7) for one in look.worklist(sites, "lee", many=7, past=past, open_to=open_to)
        ]
    likenesses = {(one.facility, one.modality, one.priority in UNCAPPED) for one in open_to}
    fitting = [
        one
        for one in whole
        if one.whose not in OPEN or (one.read.facility, one.modality, one.read.priority in UNCAPPED) in likenesses
    ]
    assert paged == fitting


def test_a_page_may_be_asked_for_some_classes_only(memory: SqlMemory) -> None:
    """As the whole list is, without the others."""
    filled(memory)
    asked = {Priority.STAT, Priority.ROUTINE}
    with memory.reading() as look:
        whole = look.worklist(["north"], "lee", many=99, past=0)
        some = look.worklist(["north"], "lee", many=99, past=0, classes=asked)
    assert some == [one for one in whole if one.read.priority in asked]


def test_what_is_alike_adds_up_to_what_is_listed(memory: SqlMemory) -> None:
    """Counted by what is judged: site, pool, class, modality, state; and by whose it is."""
    filled(memory)
    with memory.reading() as look:
        listed = look.worklist(["north", "south"], "lee", many=99, past=0)
        alike = look.alike(["north", "south"], "lee")
        nothing = look.alike([], "lee")
    assert sum(one.mine + one.open + one.others for one in alike) == len(listed)
    for one in alike:
        fitting = Counter(
            each.whose
            for each in listed
            if (each.read.facility, each.modality) == (one.facility, one.modality)
            and each.read.priority is one.priority
        )
        counted = {Whose.MINE: one.mine, Whose.READY: one.ready, Whose.ARRIVING: one.arriving, Whose.OTHERS: one.others}
        assert fitting == Counter(counted)
    assert nothing == []


def test_work_is_counted_by_who_claimed_it_and_when(memory: SqlMemory) -> None:
    """What is held counts always, what is done since an instant."""
    filled(memory)
    with memory.reading() as look:
        all_of_it = look.claimed_since(NOON)
        held = look.claimed_since(NOON + timedelta(seconds=1))
    assert {one.reader for one in all_of_it} == {"lee", "stone"}
    assert sum(one.count for one in all_of_it if one.reader == "lee") == 4 * len(ORDER)
    assert all(one.is_held for one in held)
    assert sum(one.count for one in held) == 4 * len(ORDER)
    assert all(one.last == NOON for one in all_of_it)
    assert dataclasses.is_dataclass(held[0])
