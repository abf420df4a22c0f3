"""What somebody may see and read, in order: for ``/worklist``, the Home, and whoever asks why not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from handlers import duties, hands, people, showing
from handlers.domain import case_code as codes
from handlers.domain.cards import Barred, Worklist
from handlers.domain.directory import Directory
from handlers.domain.eligibility import Duty, Refusal, refusals
from handlers.domain.errors import Rejection
from handlers.domain.standing import Radiologist
from handlers.domain.studies import Read, ReadState, Study
from handlers.domain.worklists import Alike, Waiting, Whose
from handlers.ports import House, Reading

#: A card takes several looks; no more are made than any drawing of the worklist shows.
CARDS_AT_MOST = 40
#: Reads are fetched so many at a time until enough of them may be read.
PAGE = 200
#: Nobody is shown more reasons than these at a time.
REASONS_AT_MOST = 20


class Judge:
    """Judges one reader for many reads: what is alike is judged once."""

    def __init__(self, look: Reading, directory: Directory, reader: Radiologist) -> None:
        self._directory = directory
        self._reader = reader
        self._held = duties.held_by(look, reader)
        self._now = look.now
        self._judged: dict[tuple[str | bool, ...], tuple[Refusal, ...]] = {}

    def failing(self, one: Waiting | Alike) -> tuple[Refusal, ...]:
        """Return every rule that keeps the reader from such a read."""
        of = one.read if isinstance(one, Waiting) else one
        general = duties.is_general(one.read, self._now) if isinstance(one, Waiting) else one.is_general
        key = (of.facility, of.pool, of.priority, of.kind, of.subspecialty, general, one.modality, one.patient_state)
        if key not in self._judged:
            duty = duties.of(self._directory, of, modality=one.modality, state=one.patient_state, is_general=general)
            self._judged[key] = self._refusals(duty)
        return self._judged[key]

    def _refusals(self, duty: Duty) -> tuple[Refusal, ...]:
        proxies = self._directory.proxy_agreements
        return refusals(self._reader, duty, proxies=proxies, held=self._held, now=self._now)


def seen_by(directory: Directory, slack_user: str) -> list[str]:
    """Return the facilities whose worklist somebody may see; a stranger is refused."""
    people.name_of(directory, slack_user)
    return [one for one in directory.facilities if people.roles_at(directory, slack_user, one)]


def worklist(house: House, slack_user: str) -> Worklist:
    """Return what is theirs, what they may read, and what others hold; all counted, the first as cards.

    A reader is not shown as open what they may not read: it is counted, with every rule that fails.
    """
    directory = house.directory()
    facilities = seen_by(directory, slack_user)
    reader = directory.radiologist_of_slack(slack_user)
    holder = "" if reader is None else reader.id
    with house.memory.reading() as look:
        judge = None if reader is None else Judge(look, directory, reader)
        counts: Counter[Whose] = Counter()
        barred: Counter[tuple[Refusal, ...]] = Counter()
        for one in look.alike(facilities, holder):
            failing = _keeps_from(judge, one)
            if failing:
                barred[failing] += one.count
            else:
                counts[one.whose] += one.count
        first = [one for one, _ in zip(_shown(look, judge, facilities, holder), range(CARDS_AT_MOST), strict=False)]
        cards = tuple(showing.read_card(look, directory, one.read) for one in first)
    return Worklist(
        cards=cards,
        mine=counts[Whose.MINE],
        ready=counts[Whose.READY],
        arriving=counts[Whose.ARRIVING],
        others=counts[Whose.OTHERS],
        barred=tuple(
            Barred(count=count, why=tuple(one.sentence for one in failing))
            for failing, count in barred.most_common(REASONS_AT_MOST)
        ),
        barred_reads=barred.total(),
    )


def _keeps_from(judge: Judge | None, one: Waiting | Alike) -> tuple[Refusal, ...]:
    """Return what keeps somebody from an open read; what is claimed already is not judged."""
    is_open = one.whose in (Whose.READY, Whose.ARRIVING)
    return judge.failing(one) if judge is not None and is_open else ()


def _shown(look: Reading, judge: Judge | None, facilities: list[str], holder: str) -> Iterator[Waiting]:
    """Yield the worklist in its order, without what this reader may not read."""
    past = 0
    while facilities:
        page = look.worklist(facilities, holder, many=PAGE, past=past)
        yield from (one for one in page if not _keeps_from(judge, one))
        if len(page) < PAGE:
            return
        past += PAGE


def may_read(look: Reading, directory: Directory, reader: Radiologist) -> Iterator[Waiting]:
    """Yield the open reads that a reader may claim now, in the worklist's order."""
    facilities = seen_by(directory, reader.slack_user)
    judge = Judge(look, directory, reader)
    for one in _shown(look, judge, facilities, reader.id):
        if one.whose is Whose.OTHERS:
            return
        if one.whose is not Whose.MINE and one.read.paused_since is None:
            yield one


def why(house: House, case: str, slack_user: str) -> list[str]:
    """Return every rule that keeps a reader from the reads of a case, a sentence each (``/relay why CASE``)."""
    directory = house.directory()
    reader = people.radiologist(directory, slack_user)
    code = hands.parse_case(case)
    with house.memory.reading() as look:
        reads = [one for one in look.all(Read, case_code=code) if one.state in (ReadState.OPEN, ReadState.CLAIMED)]
        if not reads:
            raise Rejection("not_open", f"No read of case {codes.shown(code)} is open on the worklist.")
        held = duties.held_by(look, reader)
        found: list[str] = []
        for read in reads:
            study = look.get(Study, read.study_id)
            if study is not None:
                duty = duties.of_read(directory, read, study, look.now)
                proxies = directory.proxy_agreements
                failing = refusals(reader, duty, proxies=proxies, held=held, now=look.now)
                found += [one.sentence for one in failing] + _taken(directory, read, reader)
    return list(dict.fromkeys(found))


def _taken(directory: Directory, read: Read, reader: Radiologist) -> list[str]:
    if read.state is not ReadState.CLAIMED:
        return []
    holder = directory.radiologists.get(read.claimed_by or "")
    name = "You have" if read.claimed_by == reader.id else f"{'Somebody' if holder is None else holder.name} has"
    return [f"{name} it already."]
