"""What somebody may see and read, in order: for ``/worklist``, the Home, and the next read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from handlers import drawing, duties, overrides, people
from handlers.domain.cards import Barred, Worklist
from handlers.domain.classes import Priority
from handlers.domain.directory import Directory
from handlers.domain.eligibility import UNCAPPED, WAIVABLE, Refusal, sentences
from handlers.domain.standing import Radiologist
from handlers.domain.studies import Read, ReadState, Study
from handlers.domain.worklists import OPEN, ORDER, Alike, Waiting, Whose
from handlers.ports import House, Reading

#: A card takes several looks; no more are made than any drawing of the worklist shows. Reads are fetched so many at a time.
PAGE = 40
#: Nobody is shown more reasons than these at a time.
REASONS_AT_MOST = 20


#: All that is judged of a read.
_Likeness = tuple[str | bool, ...]


@dataclass(frozen=True, slots=True)
class Survey:
    """Everything that waits at some facilities, counted, and judged for one reader: what is judged alike is judged once."""

    facilities: Collection[str]
    #: The reader's id, "" for somebody who only looks.
    holder: str
    #: How many reads are listed, in the worklist's order.
    counts: Mapping[tuple[Whose, Priority], int]
    #: How many open reads are kept from the reader, by every rule that fails.
    barred: Counter[tuple[Refusal, ...]]
    #: What is open that they may read; None for somebody who only looks: all of it.
    open_to: Collection[Alike] | None
    #: Ids of open reads that they may read besides, since two people waived what kept them from it.
    waived: Collection[str] = ()

    def count(self, whose: Whose) -> int:
        """Return how many of these are listed."""
        return sum(self.counts[whose, priority] for priority in ORDER)

    def page(self, look: Reading, past: int) -> list[Waiting]:
        """Return so many reads of the worklist after the first ``past``, without what the reader may not read.

        Only the classes of which they can be are looked through.
        """
        classes: set[Priority] = set()
        before: list[tuple[Priority, int]] = []
        begins = 0
        for (_, priority), count in self.counts.items():
            if begins + count <= past:
                before.append((priority, count))
            elif begins < past + PAGE:
                classes.add(priority)
            begins += count
        past -= sum(count for priority, count in before if priority not in classes)
        return look.worklist(
            self.facilities,
            self.holder,
            many=PAGE,
            past=past,
            open_to=self.open_to,
            also=self.waived,
            classes=classes,
        )


def survey(look: Reading, directory: Directory, facilities: Collection[str], reader: Radiologist | None) -> Survey:
    """Count what waits at these facilities; what is claimed already is not judged."""
    holder = "" if reader is None else reader.id
    held = None if reader is None else duties.held_by(look, reader)
    counts = dict.fromkeys(product(Whose, ORDER), 0)
    judged: dict[_Likeness, tuple[Refusal, ...]] = {}
    open_to: dict[_Likeness, Alike] = {}
    kept: Counter[_Likeness] = Counter()
    for one in look.alike(facilities, holder):
        counts[Whose.MINE, one.priority] += one.mine
        counts[Whose.OTHERS, one.priority] += one.others
        likeness: _Likeness = (*one[:7], one.priority in UNCAPPED)
        if one.open and likeness not in judged:
            judged[likeness] = () if reader is None else _failing(look, directory, one, reader, held)
        if one.open and judged[likeness]:
            kept[likeness] += one.open
        elif one.open:
            open_to[likeness] = one
            counts[Whose.READY, one.priority] += one.ready
            counts[Whose.ARRIVING, one.priority] += one.arriving
    barred: Counter[tuple[Refusal, ...]] = Counter()
    for likeness, many in kept.items():
        barred[judged[likeness]] += many
    waived: list[str] = []
    for read, ready, failing in () if reader is None else _waived(look, directory, facilities, reader, held):
        waived.append(read.id)
        counts[Whose.READY if ready else Whose.ARRIVING, read.priority] += 1
        barred[failing] -= 1
    return Survey(facilities, holder, counts, +barred, None if reader is None else open_to.values(), waived)


def _waived(
    look: Reading, directory: Directory, facilities: Collection[str], reader: Radiologist, held: int | None
) -> Iterator[tuple[Read, bool, tuple[Refusal, ...]]]:
    """Yield the open reads that a reader may claim by an override only, whether each is ready, and what is waived."""
    granted = {one.read_id for one in overrides.good_ones(look, reader)}
    for read in look.all(Read, id=tuple(granted), state=ReadState.OPEN) if granted else ():
        study = look.get(Study, read.study_id)
        if study is None or read.facility not in facilities:
            continue
        failing = duties.refused(directory, reader, duties.of_read(directory, read, study, look.now), held, look.now)
        if failing and all(one.code in WAIVABLE for one in failing):
            yield read, study.ready, failing


def _failing(
    look: Reading, directory: Directory, one: Alike, reader: Radiologist, held: int | None
) -> tuple[Refusal, ...]:
    """Return every rule that keeps a reader from such reads."""
    duty = duties.of(directory, one, modality=one.modality, state=one.patient_state, is_general=one.is_general)
    return duties.refused(directory, reader, duty, held, look.now)


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
    with house.memory.reading() as look:
        found = survey(look, directory, facilities, reader)
        cards = drawing.read_cards(look, directory, [one.read for one in found.page(look, 0)])
    return Worklist(
        cards=tuple(cards),
        mine=found.count(Whose.MINE),
        ready=found.count(Whose.READY),
        arriving=found.count(Whose.ARRIVING),
        others=found.count(Whose.OTHERS),
        barred=tuple(
            Barred(count=count, why=sentences(failing)) for failing, count in found.barred.most_common(REASONS_AT_MOST)
        ),
        barred_reads=found.barred.total(),
        reads=reader is not None,
    )


def may_read(
    look: Reading, directory: Directory, reader: Radiologist, facilities: Collection[str]
) -> Iterator[Waiting]:
    """Yield the open reads of these facilities that a reader may claim and read now, in the worklist's order.

    A read whose clock stands still can be claimed, and not read: it is left out.
    """
    found = survey(look, directory, facilities, reader)
    last = sum(found.counts.values()) - found.count(Whose.OTHERS)
    for past in range(0, last, PAGE):
        yield from (one for one in found.page(look, past) if one.whose in OPEN and one.read.paused_since is None)
