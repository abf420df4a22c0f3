"""What a worklist of 10,000 open reads costs on either database: its counts and a page of it, and the cards of that page."""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet
from sqlalchemy import text

from benchmarks import postgresql
from benchmarks.figures import Bound, Figure
from handlers import drawing, worklists
from handlers.domain.classes import PatientClass, Priority
from handlers.domain.directory import Directory, Facility
from handlers.domain.standing import Agreement, License, Pool, Privilege, Radiologist
from handlers.domain.studies import Read, ReadState, Study, StudyStatus
from handlers.ports import Reading
from store import schema
from store.cipher import Cipher
from store.database import Database
from store.memory import SqlMemory
from store.queues import Pace

READS, FACILITIES = 10_000, 60
STATES = ("IL", "NY", "AZ", "IN", "TX", "OH", "CA", "FL")
#: Of a hundred reads.
MIX = {Priority.STROKE: 2, Priority.TRAUMA: 3, Priority.STAT: 25, Priority.URGENT: 20, Priority.ROUTINE: 50}
MODALITIES = ("CT", "MR", "CR", "US", "XA")
AWAY = 0.05  #: of the patients are not from the facility's state
DEEP = 2_000
TARGET_MS = 50.0
NOW = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)
TERM = Agreement(effective=date(2020, 1, 1), expires=date(2030, 1, 1))
Timed = tuple[list[float], list[float]]


class Still:
    """A clock that stands, and chance that is none: nothing here depends on either."""

    def now(self) -> datetime:
        """Return the instant."""
        return NOW

    def token(self) -> str:
        """Return a token."""
        return "bench"

    def digits(self, count: int, alphabet: str) -> str:
        """Return digits."""
        return alphabet[0] * count


def measure(runs: int, *, quick: bool) -> list[Figure]:
    """Ask again and again on both databases, in turn; PostgreSQL where its programs are."""
    asks = 5 if quick else 40
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="radrelay-bench-")))
        memories = {"SQLite": held.enter_context(_filled(f"sqlite:///{folder / 'radrelay.db'}"))}
        home = postgresql.programs()
        if home is None:
            print(f"scale: not measured on PostgreSQL, which is a miss: {postgresql.GET_IT}", file=sys.stderr)
        else:
            url = held.enter_context(postgresql.serving(home)).url.replace("postgresql:", "postgresql+psycopg:")
            memories["PostgreSQL"] = held.enter_context(_filled(url))
        taken: dict[tuple[str, str], list[Timed]] = {}
        for _ in range(runs):
            for engine, memory in memories.items():
                for what, ask in _asks().items():
                    with memory.reading() as look:
                        taken.setdefault((engine, what), []).append(_timed(ask, look, asks))
    figures = [figure for (engine, what), timed in taken.items() for figure in _figures(engine, what, timed)]
    if home is None:
        figures.append(
            Figure.not_measured(_name("PostgreSQL", "a page and the counts"), "ms", Bound.AT_MOST, TARGET_MS)
        )
    return figures


def _name(engine: str, what: str) -> str:
    return f"worklist of {READS:,} open reads, {engine}: {what}, p95"


def _figures(engine: str, what: str, timed: list[Timed]) -> list[Figure]:
    wall, processor = [each[0] for each in timed], [each[1] for each in timed]
    bound = None if what == _DRAWING else Bound.AT_MOST
    return [
        Figure.of_samples(_name(engine, what), "ms", wall, 0.95, bound, TARGET_MS),
        Figure.of_samples("  its p50", "ms", wall, 0.50, None, 0.0),
        Figure.of_samples("  p50 of this thread's time alone", "ms", processor, 0.50, None, 0.0),
    ]


def _timed(ask: Callable[[Reading], Callable[[], int]], look: Reading, asks: int) -> Timed:
    """Return the milliseconds of each ask, by the clock and of this thread alone."""
    doing = ask(look)
    wall, processor = [], []
    for _ in range(asks):
        clock, mine = time.perf_counter(), time.thread_time()
        found = doing()
        wall.append((time.perf_counter() - clock) * 1000)
        processor.append((time.thread_time() - mine) * 1000)
        if found != worklists.PAGE:
            raise SystemExit(f"scale: a page of {found} reads, {worklists.PAGE} were expected")
    return wall, processor


_DRAWING = f"drawing the {worklists.PAGE} cards of a page"


def _asks() -> dict[str, Callable[[Reading], Callable[[], int]]]:
    """Return what is asked, by its name."""
    sites = [f"site{number}" for number in range(FACILITIES)]
    directory = _directory()

    def first(reader: str) -> Callable[[Reading], Callable[[], int]]:
        who = directory.radiologists[reader]
        return lambda look: lambda: len(worklists.survey(look, directory, sites, who).page(look, 0))

    def deep(look: Reading) -> Callable[[], int]:
        """Ask for a page far on, as whoever goes from page to page does: counted once, at the first."""
        found = worklists.survey(look, directory, sites, directory.radiologists["half"])
        return lambda: len(found.page(look, DEEP))

    def drawn(look: Reading) -> Callable[[], int]:
        page = worklists.survey(look, directory, sites, directory.radiologists["half"]).page(look, 0)
        return lambda: len(drawing.read_cards(look, directory, [one.read for one in page]))

    return {
        "counts and first page of a reader of half of them": first("half"),
        f"the page after {DEEP:,}, counted before": deep,
        "counts and first page of a reader of almost nothing": first("few"),
        _DRAWING: drawn,
    }


def _directory() -> Directory:
    """Return 60 facilities in 8 states, a reader with half of the states, and one with one state and one facility."""
    sites = {f"site{number}": _facility(number) for number in range(FACILITIES)}
    readers = {"half": _reader("half", STATES[::2], list(sites)), "few": _reader("few", STATES[:1], ["site0"])}
    pool = Pool(id="night", channel="C1", members=tuple(readers))
    return Directory(facilities=sites, pools={pool.id: pool}, radiologists=readers)


def _facility(number: int) -> Facility:
    return Facility(
        id=f"site{number}",
        name=f"Site {number}",
        alias=f"Site {number}",
        state=STATES[number % len(STATES)],
        zone="America/Chicago",
        pool="night",
        desk="desk",
        callback_number="",
        baa=TERM,
        rules=(),
        targets={},
    )


def _reader(key: str, states: tuple[str, ...], facilities: list[str]) -> Radiologist:
    return Radiologist(
        id=key,
        name=f"Dr. {key}",
        slack_user=f"U{key}",
        npi="1234567893",
        phone="",
        licenses=tuple(License(state=state, number="1", expires=TERM.expires) for state in states),
        privileges=tuple(Privilege(facility=one, expires=TERM.expires) for one in facilities),
    )


@contextmanager
def _filled(url: str) -> Iterator[SqlMemory]:
    """Open a new database with the reads in it."""
    database = Database(url)
    try:
        schema.migrate(database)
        cipher = Cipher([Fernet.generate_key().decode()], b"index key of a bench, of 32 bytes")
        memory = SqlMemory(database, cipher, Still(), Still(), lambda _: Pace(timedelta(0), alone=False))
        chance = random.Random(1)
        with memory.transaction("site0") as tx:
            for number in range(READS):
                study = _study(number, chance)
                tx.add(study)
                tx.add(_read(study, chance))
        if not database.is_sqlite:  # where nothing of ours ever gathers statistics
            with database.writing() as connection:
                connection.execute(text("ANALYZE"))
        yield memory
    finally:
        database.close()


def _study(number: int, chance: random.Random) -> Study:
    site = number % FACILITIES
    unsaid: dict[str, Any] = dict.fromkeys(("location", "ordering_npi", "ordering_name", "ordering_phone", "group"), "")
    return Study(
        id=f"study-{chance.getrandbits(128):032x}",
        facility=f"site{site}",
        case_code=f"{number:08d}",
        accession_number=f"A{number}",
        study_instance_uid=f"1.2.840.{number}",
        patient_id=f"P{number}",
        patient_name="BENCH^NOBODY",
        birth_date=None,
        sex="F",
        modality=chance.choice(MODALITIES),
        body_part="HEAD",
        description="Of the head",
        priority=chance.choices(list(MIX), list(MIX.values()))[0],
        patient_class=PatientClass.EMERGENCY,
        patient_state=chance.choice(STATES) if chance.random() < AWAY else STATES[site % len(STATES)],
        ordering_contact=None,
        callback_phone="",
        ordered_at=None,
        last_image_at=NOW,
        ready=chance.random() > 0.2,
        instance_count=300,
        test=False,
        status=StudyStatus.OPEN,
        received_at=NOW,
        event_at=NOW,
        **unsaid,
    )


def _read(study: Study, chance: random.Random) -> Read:
    return Read(
        id=f"read-{chance.getrandbits(128):032x}",
        facility=study.facility,
        study_id=study.id,
        case_code=study.case_code,
        pool="night",
        priority=study.priority,
        state=ReadState.OPEN,
        opened_at=NOW,
        due_at=NOW + timedelta(minutes=chance.random() * 600),
        clock_started_at=NOW,
        target_seconds=36_000,
    )
