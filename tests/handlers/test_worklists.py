"""What a reader is shown is the whole list without what they may not read, however it is paged and counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import pytest

from handlers import duties, worklists
from handlers.domain.classes import Priority
from handlers.domain.directory import Directory, Facility
from handlers.domain.standing import Agreement, License, Pool, Privilege, Radiologist
from handlers.domain.studies import Read, ReadState, Study
from handlers.domain.worklists import OPEN, Waiting, Whose
from handlers.ports import Reading
from store.memory import SqlMemory
from tests.clock import NOON
from tests.store.test_values import example_of

TERM = Agreement(effective=date(2020, 1, 1), expires=date(2040, 1, 1))
SITES = {"north": "IL", "south": "NY", "west": "AZ"}
MANY = 130  #: several pages


def _facility(key: str, state: str) -> Facility:
    return Facility(
        id=key,
        name=key,
        alias=key,
        state=state,
        zone="America/Chicago",
        pool="night",
        desk="desk",
        callback_number="",
        baa=TERM,
        rules=(),
        targets={},
    )


def _reader(key: str, states: str, *, cap: int | None = None) -> Radiologist:
    return Radiologist(
        id=key,
        name=key,
        slack_user=f"U-{key}",
        npi="",
        phone="",
        queue_cap=cap,
        licenses=tuple(License(state=one, number="1", expires=TERM.expires) for one in states.split()),
        privileges=tuple(Privilege(facility=one, expires=TERM.expires) for one in SITES),
    )


READERS = {
    one.id: one
    for one in (
        replace(_reader("all", "IL NY AZ"), subspecialties=("neuro",)),
        _reader("some", "IL NY"),
        _reader("capped", "IL AZ", cap=1),
        _reader("few", "AZ"),
        _reader("none", ""),
    )
}
DIRECTORY = Directory(
    facilities={key: _facility(key, state) for key, state in SITES.items()},
    pools={"night": Pool(id="night", channel="C1", members=tuple(READERS))},
    radiologists=READERS,
)


def _fill(memory: SqlMemory) -> None:
    """Put in reads of every class, of two modalities, some for a subspecialty, each reader holding some."""
    holders = list(READERS)
    with memory.transaction("north") as tx:
        for number in range(MANY):
            site = list(SITES)[number % 3]
            is_held, is_special = number % 7 == 0, number % 5 == 0
            tx.add(
                example_of(
                    Study,
                    id=f"s-{number}",
                    facility=site,
                    accession_number=f"A{number}",
                    case_code=f"c-{number}",
                    ready=number % 4 != 0,
                    modality="CT" if number % 2 else "MR",
                    patient_state="NY" if number % 11 == 0 else SITES[site],
                )
            )
            tx.add(
                example_of(
                    Read,
                    id=f"r-{number:03}",
                    facility=site,
                    study_id=f"s-{number}",
                    pool="night",
                    priority=list(Priority)[number % len(Priority)],
                    state=ReadState.CLAIMED if is_held else ReadState.OPEN,
                    claimed_by=holders[number % len(holders)] if is_held else None,
                    subspecialty="neuro" if is_special else "",
                    general_at=NOON + timedelta(minutes=number % 3 - 1) if is_special else None,
                    paused_since=None,
                    due_at=NOON + timedelta(minutes=number * 37 % 90),
                )
            )


def _may(look: Reading, one: Waiting, reader: Radiologist) -> bool:
    """Judge one read by itself, as a claim does."""
    study = look.get(Study, one.read.study_id)
    assert study is not None
    duty = duties.of_read(DIRECTORY, one.read, study, look.now)
    return not duties.refused(DIRECTORY, reader, duty, duties.held_by(look, reader), look.now)


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
def test_pages_hold_what_the_judge_lets_through_and_nothing_else(memory: SqlMemory, reader: Radiologist) -> None:
    """In order, each once, whatever page it is on; counts and what is kept from the reader add up to everything."""
    _fill(memory)
    with memory.reading() as look:
        whole = look.worklist(list(SITES), reader.id, many=MANY, past=0)
        shown = [one for one in whole if one.whose not in OPEN or _may(look, one, reader)]
        found = worklists.survey(look, DIRECTORY, list(SITES), reader)
        paged = [one for past in range(0, MANY, worklists.PAGE) for one in found.page(look, past)]
        claimable = list(worklists.may_read(look, DIRECTORY, reader, list(SITES)))
        anywhere = [found.page(look, past) for past in range(len(shown))]
    assert paged == shown
    assert claimable == [one for one in shown if one.whose in OPEN]
    assert anywhere == [shown[past : past + worklists.PAGE] for past in range(len(shown))]
    assert Counter({whose: found.count(whose) for whose in Whose}) == Counter(one.whose for one in shown)
    assert found.barred.total() == len(whole) - len(shown)


def test_whoever_only_looks_sees_everything(memory: SqlMemory) -> None:
    """Nothing is judged for the desk."""
    _fill(memory)
    with memory.reading() as look:
        whole = look.worklist(list(SITES), "", many=MANY, past=0)
        found = worklists.survey(look, DIRECTORY, list(SITES), None)
        paged = [one for past in range(0, MANY, worklists.PAGE) for one in found.page(look, past)]
    assert paged == whole
    assert len(whole) == MANY
    assert not found.barred
