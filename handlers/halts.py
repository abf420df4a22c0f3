"""Stopping all calls of a site or of everybody, and letting them go again; each by a PACS administrator, told to the desks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from handlers import desk, lines, people, relays, rungs, showing
from handlers.domain.errors import Rejection
from handlers.domain.machinery import SYSTEM, AuditFact
from handlers.domain.relays import OPEN_ATTEMPT, Attempt, Halt, Relay, RelayState
from handlers.domain.tasks import DeskTask, TaskKind
from handlers.once import in_transaction, once
from handlers.ports import House, Reading, Transaction


def _facilities(house: House, facility: str | None) -> list[str]:
    known = house.directory().facilities
    if facility is None:
        return sorted(known)
    if facility not in known:
        raise Rejection("unknown_facility", f"There is no such facility. Known: {', '.join(sorted(known))}.")
    return [facility]


def _named(house: House, facilities: list[str]) -> str:
    """Return sites as people call them: ``Lakeside, Mercy and Prairie``."""
    known = house.directory().facilities
    *others, last = [known[one].alias for one in facilities]
    return f"{', '.join(others)} and {last}" if others else last


def _where(house: House, facility: str | None) -> str:
    return "all facilities" if facility is None else _named(house, [facility])


def _command(verb: str, facility: str | None) -> str:
    return f"`/relay {verb}{f' {facility}' if facility else ''}`"


def _tell_desks(tx: Transaction, house: House, facility: str | None, text: str) -> None:
    directory = house.directory()
    desks = [directory.facilities[one].desk for one in _facilities(house, facility)]
    showing.tell_desks(tx, house, desks if facility else [*desks, directory.front_desk], text)


def halt(house: House, facility: str | None, slack_user: str, delivery: str) -> str:
    """Stop all calls: nothing is dialed, what rings is hung up, a live conversation is left to end.

    Halting what is halted already hangs up what may ring all the same: a process may have died between the two.
    """
    concerned = _facilities(house, facility)
    actor = people.admin(house.directory(), slack_user, facility or "*")
    name = people.name_of(house.directory(), slack_user)
    answer = once(house, facility or SYSTEM, delivery, lambda tx: _record_halt(tx, house, facility, actor, name))
    trouble = f"What rings there may ring on, since it could not be hung up: {_command('halt', facility)} tries again."
    _in_each(house, concerned, lambda tx: _stop_calls(tx, house), answer, trouble)
    return answer


def _in_each(
    house: House, facilities: list[str], act: Callable[[Transaction], None], answer: str, trouble: str
) -> None:
    """Act in each site's own transaction, past one that fails; which those were is told with what was done all the same."""
    failed: list[str] = []
    error: Exception | None = None
    for one in facilities:
        try:
            in_transaction(house, one, act)
        except Exception as caught:  # noqa: BLE001 - one site's trouble must not keep another's telephones ringing
            failed.append(one)
            error = caught
    if failed:
        raise Rejection(
            "partly_done", f"{answer} But not all was done at {_named(house, failed)}. {trouble}"
        ) from error


def _record_halt(tx: Transaction, house: House, facility: str | None, actor: str, name: str) -> str:
    where, until = _where(house, facility), f"Nothing is dialed until {_command('resume', facility)}."
    if tx.one(Halt, facility=tx.facility, lifted_at=None, reason="halt") is not None:
        return f"Calls of {where} are halted already. {until}"
    tx.add(Halt(id=house.chance.token(), facility=tx.facility, by=actor, at=tx.now, reason="halt"))
    tx.audit(AuditFact(action="calls:halt", actor=actor, facts={"facility": facility or "*"}))
    _tell_desks(tx, house, facility, f"Calls of {where} are halted by {name}. {until}")
    return f"Calls of {where} are halted. {until}"


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
    name = people.name_of(house.directory(), slack_user)
    answer = once(house, facility or SYSTEM, delivery, lambda tx: _lift(tx, house, facility, actor, name))
    trouble = f"Relays that were held there are held still: {_command('resume', facility)} tries again."
    _in_each(house, concerned, lambda tx: _let_go(tx, house, actor), answer, trouble)
    return answer


def _lift(tx: Transaction, house: House, facility: str | None, actor: str, name: str) -> str:
    lifted = tx.all(Halt, facility=tx.facility, lifted_at=None)
    for halt in lifted:
        tx.put(replace(halt, lifted_at=tx.now))
    tx.audit(AuditFact(action="calls:resume", actor=actor, facts={"facility": facility or "*"}))
    answer = _still_halted(tx, house, facility, was_halted=bool(lifted))
    if lifted:
        _tell_desks(tx, house, facility, f"Resumed by {name}. {answer}")
    return answer


def _still_halted(tx: Transaction, house: House, facility: str | None, *, was_halted: bool) -> str:
    """Say what goes on, and which halt is in force all the same."""
    where = _where(house, facility)
    if facility is not None and tx.one(Halt, facility=SYSTEM, lifted_at=None, reason="halt") is not None:
        done = f"The halt of {where} is lifted" if was_halted else f"{where} has no halt of its own"
        return f"{done}, but calls of all facilities are halted: nothing is dialed until {_command('resume', None)}."
    halted = {one.facility for one in tx.all(Halt, lifted_at=None, reason="halt")}
    done = f"Calls of {where} go on" if was_halted else f"Calls of {where} were not halted"
    done += "" if was_halted else _held_goes_on(tx, [one for one in _facilities(house, facility) if one not in halted])
    own = [one for one in _facilities(house, None) if one in halted] if facility is None else []
    if not own:
        return f"{done}."
    have = "has a halt of its own" if len(own) == 1 else "have halts of their own"
    return f"{done}, but {_named(house, own)} {have}: {', '.join(_command('resume', one) for one in own)}."


def _held_goes_on(look: Reading, facilities: list[str]) -> str:
    """Return that what is held goes on, "" where nothing is."""
    held = {one.hold_reason for one in look.all(Relay, facility=tuple(facilities), state=RelayState.HELD)}
    if not held:
        return ""
    return "; what a storm held goes on" if "storm" in held else "; what was held goes on"


def _let_go(tx: Transaction, house: House, actor: str) -> None:
    if desk.halted(tx, tx.facility) is not None:
        return
    held = tx.all(Relay, facility=tx.facility, state=RelayState.HELD)
    for task in tx.all(DeskTask, facility=tx.facility, kind=TaskKind.STORM, state=desk.OPEN):
        desk.finished(tx, house, task, actor, "resumed", actor)
    for relay in held:
        relays.resume(tx, house, relay)
