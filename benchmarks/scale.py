"""What many cost: 1,000 radiologists, each with 8 licenses and 60 privileges, judged for one study; 10,000 open reads."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta

from benchmarks import waiting
from benchmarks.figures import Bound, Figure
from handlers.domain.classes import Priority, ReadKind
from handlers.domain.directory import Facility
from handlers.domain.eligibility import Duty, refusals
from handlers.domain.standing import Agreement, License, Pool, Privilege, Proxies, ProxyAgreement, Radiologist

RADIOLOGISTS = 1000
FACILITIES = 60
STATES = ("IL", "NY", "AZ", "IN", "TX", "OH", "CA", "FL", "GA", "WA", "MA", "NV", "UT", "KS", "MN", "ME")
LICENSES = 8
TARGET_MS = 5.0
NOW = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)
TERM = Agreement(effective=date(2020, 1, 1), expires=date(2030, 1, 1))
PROXY = ProxyAgreement(id="apex", term=TERM, list_as_of=date(2026, 11, 1), list_limit=timedelta(days=90))


def measure(runs: int, *, quick: bool) -> list[Figure]:
    """Judge everybody for one study again and again, of one site after the other; SystemExit unless half of them may read it.

    Then ask for worklists.
    """
    studies = FACILITIES if quick else FACILITIES * 5
    readers = [_reader(number) for number in range(RADIOLOGISTS)]
    pool = Pool(id="night", channel="C1", members=tuple(one.id for one in readers), queue_cap=20)
    duties = [_duty(number, pool) for number in range(FACILITIES)]
    wall, processor = [], []
    for _ in range(runs):
        took = [_judged(readers, duties[number % FACILITIES]) for number in range(studies)]
        wall.append([each[0] for each in took])
        processor.append([each[1] for each in took])
    return [
        Figure.of_samples(_NAME, "ms", wall, 0.95, Bound.AT_MOST, TARGET_MS),
        Figure.of_samples("  its p50", "ms", wall, 0.50, None, 0.0),
        Figure.of_samples("  p95 of the processor's time alone", "ms", processor, 0.95, None, 0.0),
        Figure.of_samples("  p50 of the processor's time alone", "ms", processor, 0.50, None, 0.0),
        *waiting.measure(runs, quick=quick),
    ]


_NAME = f"eligibility of {RADIOLOGISTS:,} radiologists for a study, p95"


def _reader(number: int) -> Radiologist:
    """Return a reader with half of the states; each fifth reads everywhere by proxy."""
    held = STATES[:LICENSES] if number % 2 else STATES[LICENSES:]
    return Radiologist(
        id=f"reader{number}",
        name=f"Reader {number}",
        slack_user=f"U{number}",
        npi=str(number),
        phone="",
        licenses=tuple(License(state=state, number="1", expires=TERM.expires) for state in held),
        privileges=tuple(
            Privilege(facility=f"site{site}", expires=TERM.expires, proxy="" if number % 5 else PROXY.id)
            for site in range(FACILITIES)
        ),
    )


def _duty(number: int, pool: Pool) -> Duty:
    facility = Facility(
        id=f"site{number}",
        name=f"Site {number}",
        alias=f"Site {number}",
        state=STATES[number % len(STATES)],
        zone="America/Chicago",
        pool=pool.id,
        desk="desk",
        callback_number="",
        baa=TERM,
        rules=(),
        targets={},
    )
    return Duty(
        facility=facility,
        pool=pool,
        kind=ReadKind.FINAL,
        modality="CT",
        patient_state=facility.state,
        priority=Priority.ROUTINE,
    )


def _judged(readers: list[Radiologist], duty: Duty) -> tuple[float, float]:
    """Return the milliseconds that it took by the clock, and those of this thread alone: others may hold the processor."""
    proxies: Proxies = {PROXY.id: PROXY}
    clock, processor = time.perf_counter(), time.thread_time()
    may = sum(not refusals(one, duty, proxies=proxies, held=0, now=NOW) for one in readers)
    took = (time.perf_counter() - clock) * 1000, (time.thread_time() - processor) * 1000
    if may != RADIOLOGISTS // 2:
        raise SystemExit(f"scale: {may} of {RADIOLOGISTS} readers may read, half of them should")
    return took
