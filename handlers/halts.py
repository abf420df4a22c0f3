"""Stopping all calls of a site or of everybody, and letting them go again; each by a PACS administrator."""

from __future__ import annotations

from dataclasses import replace

from handlers import desk, lines, people, relays, rungs
from handlers.domain.errors import Rejection
from handlers.domain.machinery import SYSTEM, AuditFact
from handlers.domain.relays import OPEN_ATTEMPT, Attempt, Halt, Relay, RelayState
from handlers.domain.tasks import DeskTask, TaskKind
from handlers.once import in_transaction, once
from handlers.ports import House, Transaction


def _facilities(house: House, facility: str | None) -> list[str]:
    known = house.directory().facilities
    if facility is None:
        return sorted(known)
    if facility not in known:
        raise Rejection("unknown_facility", f"There is no such facility. Known: {', '.join(sorted(known))}.")
    return [facility]


def halt(house: House, facility: str | None, slack_user: str, delivery: str) -> str:
    """Stop all calls: nothing is dialed, what rings is hung up, a live conversation is left to end."""
    concerned = _facilities(house, facility)
    actor = people.admin(house.directory(), slack_user, facility or "*")
    answer = once(house, facility or SYSTEM, delivery, lambda tx: _record_halt(tx, house, facility, actor))
    for one in concerned:
        in_transaction(house, one, lambda tx: _stop_calls(tx, house))
    return answer


def _record_halt(tx: Transaction, house: House, facility: str | None, actor: str) -> str:
    where = "all facilities" if facility is None else house.directory().facilities[facility].alias
    if tx.one(Halt, facility=tx.facility, lifted_at=None, reason="halt") is not None:
        raise Rejection("already_halted", f"Calls of {where} are halted already.")
    tx.add(Halt(id=house.chance.token(), facility=tx.facility, by=actor, at=tx.now, reason="halt"))
    tx.audit(AuditFact(action="calls:halt", actor=actor, facts={"facility": facility or "*"}))
    return f"Calls of {where} are halted. Nothing is dialed until `/relay resume{f' {facility}' if facility else ''}`."


def _stop_calls(tx: Transaction, house: House) -> None:
    for attempt in tx.all(Attempt, facility=tx.facility, state=tuple(OPEN_ATTEMPT)):
        relay = tx.get(Relay, attempt.relay_id) if attempt.relay_id else None
        lines.stop(tx, attempt, case_code="" if relay is None else relay.case_code)
    for relay in tx.all(Relay, facility=tx.facility, state=(RelayState.CALLING, RelayState.BETWEEN), shadow=False):
        talking = any(one.state in lines.LIVE for one in lines.open_of_relay(tx, relay.id))
        if not talking:
            rungs.hold(tx, house, relay, "halt")


def resume(house: House, facility: str | None, slack_user: str, delivery: str) -> str:
    """Let calls go again; held relays go on from the rung that they had reached, storm and halt alike."""
    concerned = _facilities(house, facility)
    actor = people.admin(house.directory(), slack_user, facility or "*")
    answer = once(house, facility or SYSTEM, delivery, lambda tx: _lift(tx, house, facility, actor))
    for one in concerned:
        in_transaction(house, one, lambda tx: _let_go(tx, house, actor))
    return answer


def _lift(tx: Transaction, house: House, facility: str | None, actor: str) -> str:
    where = "all facilities" if facility is None else house.directory().facilities[facility].alias
    for halt in tx.all(Halt, facility=tx.facility, lifted_at=None):
        tx.put(replace(halt, lifted_at=tx.now))
    tx.audit(AuditFact(action="calls:resume", actor=actor, facts={"facility": facility or "*"}))
    return f"Calls of {where} go on."


def _let_go(tx: Transaction, house: House, actor: str) -> None:
    if desk.halted(tx, tx.facility) is not None:
        return
    held = tx.all(Relay, facility=tx.facility, state=RelayState.HELD)
    for task in tx.all(DeskTask, facility=tx.facility, kind=TaskKind.STORM, state=desk.OPEN):
        desk.finished(tx, house, task, actor, "resumed", actor)
    for relay in held:
        relays.resume(tx, house, relay)
