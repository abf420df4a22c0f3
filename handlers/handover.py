"""Handover: at a change of shift what somebody holds, and what is under way, is listed to whoever follows by name.

Nothing moves silently: desk tasks move when it is accepted, and a read is then judged as a claim is. What the incoming
person may not read stays with its holder and is named.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from handlers import claims, desk, duty, holding, people, showing
from handlers.domain import case_code, oncall
from handlers.domain.directory import Directory
from handlers.domain.errors import Rejection
from handlers.domain.handovers import Handover, OnDuty, Place
from handlers.domain.machinery import SYSTEM, AuditFact, Deadline, DeadlineKind, Effect, EffectKind, slack_lane
from handlers.domain.rotas import Rota, next_change
from handlers.domain.studies import Read
from handlers.domain.tasks import DeskTask, TaskKind
from handlers.held import Held, beside, held, held_at, person
from handlers.once import facility_or_reject, in_transaction, once
from handlers.ports import House, Reading, Transaction

ROBOT = "robot"
#: By then every process has read a directory that was loaded.
SEEN_EVERYWHERE = timedelta(seconds=3)
#: How long a handover may wait before its person is reminded, and once more before the desk is told.
ACCEPT_WITHIN = timedelta(minutes=10)
#: After the second reminder, which is the desk's, nobody is told again.
DESK_TOLD = 2
#: So long what nobody accepted is offered to each next shift; the desk has its task all the while.
LEFT_FOR = timedelta(days=3)
UNKNOWN = "This handover does not exist any more."


# --- changes of shift ------------------------------------------------------------------------------------------------


def plan(tx: Transaction, directory: Directory) -> None:
    """Have every rota looked at whose changes hand work over; called when a directory is loaded."""
    for rota in oncall.handed_over(directory):
        tx.deadline(Deadline(kind=DeadlineKind.ROTA_CHANGE, subject=rota.id, due_at=tx.now + SEEN_EVERYWHERE))


def look_at(tx: Transaction, directory: Directory, rota: Rota) -> None:
    """Have one rota looked at now: its calendar says something else."""
    if rota in oncall.handed_over(directory):
        tx.deadline(Deadline(kind=DeadlineKind.ROTA_CHANGE, subject=rota.id, due_at=tx.now))


def change_due(tx: Transaction, house: House, rota_id: str) -> None:
    """See who is on duty now; where it is somebody else than before, offer what that one holds. Plan the next look."""
    directory = house.directory()
    rota = directory.rotas.get(rota_id)
    if rota is None:
        return
    shifts = duty.shifts(tx, directory)
    now = oncall.holder(directory, rota_id, shifts, tx.now)
    before = tx.get(OnDuty, rota_id)
    if before is None:
        tx.add(OnDuty(id=rota_id, facility=SYSTEM, who=now, since=tx.now))
        _changed(tx, rota, None, now)
    elif before.who != now:
        tx.put(replace(before, who=now, since=tx.now))
        _changed(tx, rota, before.who, now)
        for place, at in _places(directory, rota):
            _readdress(tx, house, rota, place, at, now)
            _offer(tx, house, rota, place, at, before.who, now)
    following = next_change(rota, shifts.get(rota_id, ()), tx.now)
    if following is not None:
        tx.deadline(Deadline(kind=DeadlineKind.ROTA_CHANGE, subject=rota_id, due_at=following))


def _changed(tx: Transaction, rota: Rota, before: str | None, now: str | None) -> None:
    tx.audit(AuditFact(action="rota:change", actor=ROBOT, subject=rota.id, facts={"from": before, "to": now}))


def _places(directory: Directory, rota: Rota) -> Iterator[tuple[Place, str]]:
    for pool in oncall.pools_of(directory, rota.id):
        yield Place.POOL, pool.id
    for one in oncall.desks_of(directory, rota.id):
        yield Place.DESK, one.id


def _offer(
    tx: Transaction, house: House, rota: Rota, place: Place, at: str, outgoing: str | None, incoming: str | None
) -> None:
    if outgoing is None:
        return
    waits = held_at(tx, house.directory(), rota, place, at, outgoing)
    around = beside(tx, house.directory(), place, at)
    if not waits.facilities and (incoming is None or not around):
        return
    handover = Handover(
        id=house.chance.token(),
        facility=SYSTEM,
        rota=rota.id,
        place=place,
        at=at,
        outgoing=outgoing,
        incoming=incoming or "",
        offered_at=tx.now,
    )
    tx.add(handover)
    seen: dict[str, int] = {"relays": len(around.relays), "waiting": sum(around.waiting.values())}
    _record(tx, handover, "handover:offer", ROBOT, reads=len(waits.reads), tasks=len(waits.tasks), **seen)
    show(tx, house, handover)
    if incoming is None:
        _to_desk(tx, house, handover)
    elif waits.facilities:
        _plan_reminder(tx, handover)


# --- reminders -------------------------------------------------------------------------------------------------------


def _readdress(tx: Transaction, house: House, rota: Rota, place: Place, at: str, incoming: str | None) -> None:
    """Offer what an earlier shift left and nobody accepted to whoever comes now, except to those who hold it themselves."""
    for waiting in tx.all(Handover, rota=rota.id, place=place, at=at, accepted_at=None):
        is_old = tx.now - waiting.offered_at > LEFT_FOR
        if incoming is None or is_old or waiting.outgoing == incoming:
            continue
        if held(tx, house.directory(), waiting).facilities:
            again = tx.put(replace(waiting, incoming=incoming, reminders=0))
            _record(tx, again, "handover:offer", ROBOT, again=True)
            show(tx, house, again)
            _plan_reminder(tx, again)


def _plan_reminder(tx: Transaction, handover: Handover) -> None:
    due_at = tx.now + ACCEPT_WITHIN
    tx.deadline(Deadline(kind=DeadlineKind.HANDOVER_LATE, subject=handover.id, due_at=due_at))


def late_due(tx: Transaction, house: House, handover_id: str) -> None:
    """Remind the incoming person of what was not accepted; the second time the desk is told. Nothing left ends its task."""
    handover = tx.get(Handover, handover_id)
    if handover is None:
        return
    waits = held(tx, house.directory(), handover)
    kind = TaskKind.HANDOVER if handover.accepted_at is None else TaskKind.READS_LEFT
    if not (waits.facilities if handover.accepted_at is None else waits.reads):
        desk.settle(tx, house, kind, handover.id, "nothing_left")
        show(tx, house, handover)
        return
    if handover.accepted_at is not None:
        _plan_reminder(tx, handover)
        return
    if handover.reminders >= DESK_TOLD:
        _plan_reminder(tx, handover)  # to end the desk's task when nothing is left to be accepted
        return
    if handover.reminders:
        _to_desk(tx, house, handover)
        return
    handover = tx.put(replace(handover, reminders=1))
    _record(tx, handover, "handover:remind", ROBOT, told="incoming")
    name = person(house.directory(), handover, handover.incoming).name
    lane = slack_lane(channel(house.directory(), handover))
    args = {"text": f"{name}, this waits to be accepted by you.", "mention": "yes"}
    tx.effect(Effect(kind=EffectKind.HANDOVER_NOTE, subject=handover.id, lane=lane, args=args, rank=3))
    _plan_reminder(tx, handover)


def _to_desk(tx: Transaction, house: House, handover: Handover) -> None:
    directory = house.directory()
    handover = tx.put(replace(handover, reminders=DESK_TOLD))
    _record(tx, handover, "handover:remind", ROBOT, told="desk")
    _plan_reminder(tx, handover)
    desk.open_task(tx, house, TaskKind.HANDOVER, subject_id=handover.id, desk=_desk_of(directory, handover))


def _desk_of(directory: Directory, handover: Handover) -> str | None:
    of_pool = (one.desk for one in directory.facilities.values() if one.pool == handover.at)
    return handover.at if handover.place is Place.DESK else next(of_pool, None)


# --- accepting -------------------------------------------------------------------------------------------------------


def accept_handover(house: House, handover_id: str, slack_user: str, delivery: str) -> str:
    """Accept by name: the incoming person, or a PACS administrator in their name. Tasks move, reads are judged and move.

    Each site's part is one transaction of that site, and the last one says that it is accepted: a crash in between
    leaves the rest to the next click, and moves nothing twice.
    """
    facility_or_reject(house, Handover, "unknown_handover", UNKNOWN, id=handover_id)
    directory = house.directory()
    with house.memory.reading() as look:
        handover = look.get(Handover, handover_id)
        if handover is None:
            raise Rejection("unknown_handover", UNKNOWN)
        actor = _may_accept(directory, handover, slack_user)
        by = people.name_of(directory, slack_user)
        left = Held() if handover.accepted_at is not None else held(look, directory, handover)
    for facility in left.facilities:
        in_transaction(house, facility, lambda tx: _move(tx, house, handover, actor, by))
    return once(house, SYSTEM, delivery, lambda tx: _accepted(tx, house, handover_id, actor, left))


def _may_accept(directory: Directory, handover: Handover, slack_user: str) -> str:
    actor = people.actor_of(directory, slack_user)
    if not handover.incoming:
        raise Rejection("nobody_follows", "Nobody is on duty to accept this. Take over each task, or claim each read.")
    mine = person(directory, handover, handover.incoming)
    if slack_user != mine.slack_user and not people.is_admin(directory, slack_user, "*"):
        raise Rejection(
            "not_incoming", f"Only {mine.name}, or a PACS administrator of all facilities, can accept this handover."
        )
    if slack_user == person(directory, handover, handover.outgoing).slack_user:
        raise Rejection(
            "own_handover", f"This is your own shift's work: {mine.name}, or another PACS administrator, accepts it."
        )
    return actor


def _move(tx: Transaction, house: House, handover: Handover, actor: str, by: str) -> None:
    """Move what of one site is held still: a task to the incoming person's name, a read to them where they may read it."""
    directory = house.directory()
    fresh = held(tx, directory, handover)
    former, name = (person(directory, handover, one).name for one in (handover.outgoing, handover.incoming))
    accepted = "" if by == name else f", accepted by {by}"
    for task in (one for one in fresh.tasks if one.facility == tx.facility):
        desk.taken(tx, house, task, name, actor, took=f"{name} has this now: handed over by {former}{accepted}.")
    for read in (one for one in fresh.reads if one.facility == tx.facility):
        _pass_on(tx, house, handover, read, actor)


def _pass_on(tx: Transaction, house: House, handover: Handover, read: Read, actor: str) -> None:
    directory = house.directory()
    reader = directory.radiologists.get(handover.incoming)
    if reader is None:
        return  # they have left the directory: the read stays, and the answer says with whom
    facts = {"from": handover.outgoing, "to": reader.id}
    try:
        waived = claims.judge(tx, directory, read, reader)
    except Rejection as no:
        tx.audit(
            AuditFact(
                action="read:refuse",
                actor=actor,
                case_code=read.case_code,
                subject=read.id,
                facts={**facts, "rules": no.code},
            )
        )
        return
    read = holding.begin(tx, house, read, reader)
    said = claims.standing(tx, directory, read, reader) | facts | ({"waived": waived} if waived else {})
    tx.audit(AuditFact(action="read:hand_over", actor=actor, case_code=read.case_code, subject=read.id, facts=said))
    former = person(directory, handover, handover.outgoing).name
    showing.note_read(tx, house, read, f"Handed over by {former} to {reader.name}.")


def _accepted(tx: Transaction, house: House, handover_id: str, actor: str, before: Held) -> str:
    handover = tx.get(Handover, handover_id)
    if handover is None:
        raise Rejection("unknown_handover", UNKNOWN)
    if handover.accepted_at is not None:
        raise Rejection("handover_accepted", "This handover was accepted already.")
    directory = house.directory()
    handover = tx.put(replace(handover, accepted_at=tx.now, accepted_by=actor))
    left = held(tx, directory, handover)
    reads, tasks = _moved(tx, directory, handover, before)
    _record(tx, handover, "handover:accept", actor, reads=reads, tasks=tasks, kept=len(left.reads))
    tx.forget(handover.id, DeadlineKind.HANDOVER_LATE)
    desk.settle(tx, house, TaskKind.HANDOVER, handover.id, "accepted")
    if left.reads:
        where = _desk_of(directory, handover)
        desk.open_task(tx, house, TaskKind.READS_LEFT, subject_id=handover.id, desk=where)
        _plan_reminder(tx, handover)
    show(tx, house, handover)
    if not before.facilities:
        return "Accepted: nothing was held, so nothing moves. What is under way is on the card and in `/worklist`."
    return f"Accepted: {_counted(reads, 'read')}, {_counted(tasks, 'desk task')}.{_kept(tx, directory, handover, left)}"


def _moved(look: Reading, directory: Directory, handover: Handover, before: Held) -> tuple[int, int]:
    """Count what the incoming person has now of what was held before."""
    name = person(directory, handover, handover.incoming).name
    reads = [look.get(Read, one.id) for one in before.reads]
    tasks = [look.get(DeskTask, one.id) for one in before.tasks]
    return (
        sum(one is not None and one.claimed_by == handover.incoming for one in reads),
        sum(one is not None and one.taken_by == name for one in tasks),
    )


def _kept(look: Reading, directory: Directory, handover: Handover, left: Held) -> str:
    """Say which reads stay with their holder, by the rules that fail."""
    if not left.reads:
        return ""
    incoming, outgoing = (person(directory, handover, one).name for one in (handover.incoming, handover.outgoing))
    reader = directory.radiologists.get(handover.incoming)
    if reader is None:
        return f" {incoming} is not in the directory any more, so reads stay with {outgoing}. The desk is told."
    by_rules: dict[str, list[str]] = defaultdict(list)
    for read in left.reads:
        rules = ", ".join(one.code.replace("_", " ") for one in claims.keeps_from(look, directory, read, reader))
        by_rules[rules].append(case_code.shown(read.case_code))
    whys = "; ".join(f"{rules}: {', '.join(cases)}" for rules, cases in by_rules.items())
    return f" {incoming} may not read these, so they stay with {outgoing}, and the desk is told. {whys[:1].upper()}{whys[1:]}."


def _counted(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


# --- showing ---------------------------------------------------------------------------------------------------------


def channel(directory: Directory, handover: Handover) -> str:
    """Return the channel of the pool or desk that a handover is of; "" for one that has left."""
    where = directory.pools if handover.place is Place.POOL else directory.desks
    found = where.get(handover.at)
    return "" if found is None else found.channel


def show(tx: Transaction, house: House, handover: Handover) -> None:
    """Ask for a handover's card to be posted or redrawn."""
    where = channel(house.directory(), handover)
    if where:
        once_only = f"handover:{handover.id}"
        tx.effect(
            Effect(kind=EffectKind.HANDOVER_CARD, subject=handover.id, lane=slack_lane(where), once=once_only, rank=3)
        )


def _record(tx: Transaction, handover: Handover, action: str, actor: str, **facts: str | int | bool | None) -> None:
    said = {"rota": handover.rota, handover.place.value: handover.at}
    who = {"from": handover.outgoing, "to": handover.incoming}
    tx.audit(AuditFact(action=action, actor=actor, subject=handover.id, facts={**said, **who, **facts}))
