"""What somebody holds whose shift is over: the reads of a pool, the tasks of a desk, and the card that lists them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from handlers import drawing, endings, showing
from handlers.domain import case_code, oncall, worklists
from handlers.domain.cards import HandoverCard
from handlers.domain.classes import Priority, ReadKind
from handlers.domain.directory import Directory
from handlers.domain.handovers import Handover, Place
from handlers.domain.relays import Relay
from handlers.domain.rotas import Rota
from handlers.domain.studies import Read, ReadState
from handlers.domain.tasks import DeskTask, TaskState
from handlers.ports import Reading


@dataclass(frozen=True, slots=True)
class Held:
    """What somebody holds at a place."""

    reads: tuple[Read, ...] = ()
    tasks: tuple[DeskTask, ...] = ()

    @property
    def facilities(self) -> tuple[str, ...]:
        """Return whose transactions move it."""
        return tuple(dict.fromkeys([*(one.facility for one in self.reads), *(one.facility for one in self.tasks)]))


def held_at(look: Reading, directory: Directory, rota: Rota, place: Place, at: str, who: str) -> Held:
    """Return the open reads that somebody holds in a pool, and the tasks that they took for its sites or at a desk."""
    known = oncall.person(directory, rota, who)
    taken = [] if known is None else look.all(DeskTask, state=TaskState.TAKEN, taken_by=known.name)
    if place is Place.DESK:
        return Held(tasks=tuple(one for one in taken if one.desk == at))
    sites = {one.id for one in directory.facilities.values() if one.pool == at}
    reads = look.all(Read, state=ReadState.CLAIMED, claimed_by=who, pool=at)
    mine = tuple(one for one in reads if one.facility in directory.facilities)
    return Held(mine, tuple(one for one in taken if one.facility in sites))


@dataclass(frozen=True, slots=True)
class Beside:
    """What is under way at a place and moves with nobody: whoever comes on duty is to know of it."""

    relays: tuple[Relay, ...] = ()
    #: Tasks that nobody has taken.
    tasks: tuple[DeskTask, ...] = ()
    #: Reads that nobody has, by class.
    waiting: Mapping[Priority, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Tell whether there is anything."""
        return bool(self.relays or self.tasks or self.waiting)


def beside(look: Reading, directory: Directory, place: Place, at: str) -> Beside:
    """Return a pool's open reads and the relays of its sites; a desk's relays, and its tasks that nobody has taken."""
    relays = look.all(Relay, state=endings.OPEN)
    if place is Place.DESK:
        mine = {one.id for one in directory.facilities.values() if one.desk == at}
        theirs = tuple(one for one in relays if one.policy.desk.who == at or one.facility in mine)
        return Beside(theirs, tuple(look.all(DeskTask, state=TaskState.OPEN, desk=at)))
    sites = {one.id for one in directory.facilities.values() if one.pool == at}
    served = [one.id for one in directory.facilities.values() if at in one.pools()]
    waiting: Counter[Priority] = Counter()
    for one in look.alike(served, ""):
        if one.pool == at and one.open:
            waiting[one.priority] += one.open
    return Beside(tuple(one for one in relays if one.facility in sites), (), waiting)


def held(look: Reading, directory: Directory, handover: Handover) -> Held:
    """Return what the outgoing person of a handover still holds there."""
    rota = directory.rotas.get(handover.rota)
    if rota is None:
        return Held()
    return held_at(look, directory, rota, handover.place, handover.at, handover.outgoing)


def person(directory: Directory, handover: Handover, who: str) -> oncall.Person:
    """Return somebody of a handover; one who has left the directory goes by their id."""
    rota = directory.rotas.get(handover.rota)
    found = None if rota is None else oncall.person(directory, rota, who)
    return oncall.Person(who) if found is None else found


def card(look: Reading, directory: Directory, handover: Handover) -> HandoverCard:
    """Make a handover's card from how things stand now."""
    found = held(look, directory, handover)
    incoming = person(directory, handover, handover.incoming)
    rota = directory.rotas.get(handover.rota)
    around = Beside() if handover.accepted_at else beside(look, directory, handover.place, handover.at)
    by = handover.accepted_by.partition(":")[2]
    acceptor = directory.radiologists.get(by) or directory.staff.get(by)
    return HandoverCard(
        handover_id=handover.id,
        rota=handover.rota,
        outgoing=person(directory, handover, handover.outgoing).name,
        incoming=incoming.name,
        incoming_slack_user=incoming.slack_user,
        reads=tuple(_read_line(directory, read, look.now) for read in found.reads),
        tasks=tuple(_task_line(directory, task) for task in found.tasks),
        relays=tuple(_relay_line(directory, relay, look.now) for relay in around.relays),
        untaken=tuple(_task_line(directory, task) for task in around.tasks),
        waiting=_waiting_line(around.waiting),
        offered_at=handover.offered_at,
        zone="UTC" if rota is None else rota.zone,
        accepted_by=by if acceptor is None else acceptor.name,
        accepted_at=handover.accepted_at,
    )


def _read_line(directory: Directory, read: Read, now: datetime) -> str:
    site = directory.facilities[read.facility]
    due = "its clock stands still" if read.paused_since else f"due {showing.clock_time(site, read.due_at, now)}"
    kind = " preliminary" if read.kind is ReadKind.PRELIMINARY else ""
    region = f" · {read.region} only" if read.region else ""
    return f"{case_code.shown(read.case_code)} · {read.priority.value}{kind}{region} · {site.alias} · {due}"


def _task_line(directory: Directory, task: DeskTask) -> str:
    site = directory.facilities.get(task.facility)
    where = drawing.NO_SITE if site is None else site.alias
    case = f"{case_code.shown(task.case_code)} · " if task.case_code else ""
    return f"{case}{task.kind.value.replace('_', ' ')} · {where}"


def _relay_line(directory: Directory, relay: Relay, now: datetime) -> str:
    site = directory.facilities.get(relay.facility)
    where = drawing.NO_SITE if site is None else site.alias
    return f"{case_code.shown(relay.case_code)} · {where} · {drawing.relay_line(directory, relay, now)}"


def _waiting_line(waiting: Mapping[Priority, int]) -> str:
    """Return how many reads nobody has, most urgent first; "" where there are none."""
    if not waiting:
        return ""
    counted = ", ".join(f"{waiting[one]} {one.value}" for one in worklists.ORDER if waiting.get(one))
    return f"{sum(waiting.values())} ({counted}); `/worklist` lists them"
