"""Our number, called: the relay's code goes on as the relay's own script, anything else is connected to the desk.

A caller is not an attempt of any relay before a valid code was given; until then the call belongs to the system's chain.
"""

from __future__ import annotations

from dataclasses import replace

from handlers import bridges, call_facts, calls, desk, lines, lockouts
from handlers.domain import dialog
from handlers.domain.access import InboundCall
from handlers.domain.dialog import Lead, Leg, Prompt, PromptKind
from handlers.domain.machinery import SYSTEM, AuditFact
from handlers.domain.relays import Attempt, Purpose, Relay
from handlers.domain.tasks import TaskKind
from handlers.domain.turns import DESK
from handlers.once import in_transaction, once
from handlers.ports import House, Reading, Transaction


def is_inbound(house: House, token: str) -> bool:
    """Tell whether a token names a call to our number that gave no code yet."""
    return house.memory.facility_of(InboundCall, token=token) is not None


def answer(house: House, token: str, turn: int, heard: calls.Heard) -> calls.Reply:
    """Take an answer of any call: ours, or one to our number."""
    take = _keyed if is_inbound(house, token) else calls.answer
    return take(house, token, turn, heard)


def dialed(house: House, token: str, turn: int, *, status: str, bridged: bool) -> calls.Reply:
    """Take the end of a bridge of any call."""
    if is_inbound(house, token):
        return _desk_dialed(house, token, turn, bridged=bridged)
    return calls.dialed(house, token, turn, status=status, bridged=bridged)


def whispered(house: House, token: str, leg: str, turn: int, heard: calls.Heard) -> calls.Reply:
    """Take an answer of the one being bridged to any call."""
    if not is_inbound(house, token):
        return calls.whispered(house, token, leg, turn, heard)
    prompt = Prompt(kind=calls.whisper_kind(turn, heard), facility="radrelay")
    return calls.Reply(token=token, turn=turn + 1, prompt=prompt)


def _desk_dialed(house: House, token: str, turn: int, *, bridged: bool) -> calls.Reply:
    """Take the end of connecting a caller without a code to the desk; where nobody came, the desk is rung."""

    def act(tx: Transaction) -> str:
        tx.audit(AuditFact(action="call:desk_over", actor=lines.ROBOT, facts={"answered": bridged}))
        if bridged:
            return PromptKind.HANG_UP.value
        desk.open_task(tx, house, TaskKind.MISSED_CALLER, subject_id=f"caller:{token}")
        return PromptKind.REFERRED.value

    kind = PromptKind(once(house, SYSTEM, f"desk-dialed:{token}:{turn}", act))
    return calls.Reply(token=token, turn=turn + 1, prompt=Prompt(kind=kind))


def called(house: House, *, call_sid: str, caller: str) -> calls.Reply:
    """Answer a call to our number: it asks for the code, and connects to the desk without one."""

    def act(tx: Transaction) -> calls.Reply:
        call = tx.get(InboundCall, call_sid)
        if call is None:
            call = tx.add(
                InboundCall(
                    id=call_sid,
                    facility=SYSTEM,
                    token=house.chance.token(),
                    caller=caller,
                    turn=0,
                    wrong=0,
                    attempt_id=None,
                    at=tx.now,
                )
            )
            _record(tx, call, "call:inbound")
        return calls.Reply(token=call.token, turn=1, prompt=_ask_callback(house, Lead.NONE))

    return in_transaction(house, SYSTEM, act)


def _ask_callback(house: House, lead: Lead) -> Prompt:
    return Prompt(kind=PromptKind.CALLBACK, lead=lead, callback_number=house.our_number)


def _keyed(house: House, token: str, turn: int, heard: calls.Heard) -> calls.Reply:
    """Take a keyed callback code: a valid one goes on as the relay's own script, in its facility's transaction."""
    number = (heard.digits or dialog.digits_said(heard.speech)).strip("#*")
    relay_facility = (
        house.memory.facility_of(Relay, callback_code=number) if len(number) == dialog.CALLBACK_DIGITS else None
    )
    with house.memory.reading() as look:
        call = look.one(InboundCall, token=token)
        locked = call is not None and _is_locked_out(look, call)
    if call is None:
        raise calls.unknown_call()
    if relay_facility is not None and not locked:
        reply = in_transaction(house, relay_facility, lambda tx: _join(tx, house, call, number))
        in_transaction(house, SYSTEM, lambda tx: _joined(tx, call, reply))
        return reply
    return in_transaction(house, SYSTEM, lambda tx: _no_code(tx, house, token, turn, number))


def _is_locked_out(look: Reading, call: InboundCall) -> bool:
    """Tell whether a caller's codes do not count now; a code that was taken on this call stays taken."""
    joined = look.one(Attempt, sid=call.id) is not None
    return not joined and lockouts.is_locked(look, lockouts.of_caller(call.caller))


def _join(tx: Transaction, house: House, call: InboundCall, code: str) -> calls.Reply:
    """Begin the script on a call that came in, once per call."""
    earlier = tx.one(Attempt, sid=call.id)
    if earlier is not None:
        kept = calls.kept_reply(tx, earlier, 0)
        if kept is None:
            raise calls.unknown_call()
        return kept
    relay = tx.one(Relay, callback_code=code)
    if relay is None:
        raise calls.unknown_call()
    who = _contact_of_caller(house, relay, call.caller)
    plan = lines.Plan(
        purpose=Purpose.CALLBACK,
        channel="call",
        who=who,
        number=call.caller,
        number_kind="inbound",
        relay_id=relay.id,
        case_code=relay.case_code,
        step=-1,
        inbound=True,
        sid=call.id,
    )
    attempt = lines.plan(tx, house, plan)
    return calls.say(
        tx, house, calls.picked_up(attempt, call_facts.facts_for(tx, house, attempt), tx), 0, calls.Heard()
    )


def _contact_of_caller(house: House, relay: Relay, caller: str) -> str:
    """Return the contact of the ladder whose number is calling; caller ID names nobody else and proves nothing."""
    directory = house.directory()
    for rung in relay.policy.steps:
        rota = directory.rotas.get(rung.to)
        wanted = (relay.ordering if rung.to == "ordering" else rung.to,) if rota is None else rota.people
        for contact in (directory.contacts.get(one or "") for one in wanted):
            if contact is not None and any(number.e164 == caller for number in contact.numbers):
                return contact.id
    return ""


def _joined(tx: Transaction, call: InboundCall, reply: calls.Reply) -> None:
    fresh = tx.get(InboundCall, call.id)
    if fresh is not None and fresh.attempt_id is None:
        tx.put(replace(fresh, attempt_id=reply.token))
        _record(tx, fresh, "call:callback_code")


def _no_code(tx: Transaction, house: House, token: str, turn: int, number: str) -> calls.Reply:
    call = tx.one(InboundCall, token=token)
    if call is None:
        raise calls.unknown_call()
    delivery = f"inbound:{call.id}:{turn}"
    kept = tx.earlier_answer(delivery)
    if kept is not None:
        return calls.Reply(token=token, turn=turn + 1, prompt=dialog.prompt_from_text(kept))
    if turn <= call.turn:
        return calls.Reply(token=token, turn=call.turn + 1, prompt=_after_no_code(tx, house, call, number))
    is_wrong = number not in ("", "0")
    locked = is_wrong and _is_locked_out(tx, call)
    wrong = dialog.MAX_WRONG if locked else call.wrong + is_wrong
    _record(tx, call, "call:wrong_callback_code" if is_wrong else "call:no_callback_code", wrong=wrong, locked=locked)
    call = tx.put(replace(call, turn=turn, wrong=wrong))
    if is_wrong:
        lockouts.wrong(tx, house, [lockouts.of_caller(call.caller)])
    prompt = _after_no_code(tx, house, call, number)
    if prompt.kind is PromptKind.BRIDGE:
        _record(tx, call, "call:to_desk")
    tx.keep_answer(delivery, dialog.prompt_to_text(prompt))
    return calls.Reply(token=token, turn=turn + 1, prompt=prompt)


def _after_no_code(tx: Transaction, house: House, call: InboundCall, number: str) -> Prompt:
    """Ask again after a wrong code; silence, 0 or three wrong ones connect the desk, and any code of who is locked out."""
    if number not in ("", "0") and call.wrong < dialog.MAX_WRONG:
        return _ask_callback(house, Lead.WRONG_CODE)
    directory = house.directory()
    front = directory.desks.get(directory.front_desk) or next(iter(directory.desks.values()))
    phones = tuple(Leg(key=f"d{index}", number=phone.number) for index, phone in enumerate(front.phones))
    ((_, legs),) = bridges.free(tx, directory, ((DESK, phones),))
    lead = Lead.NONE if number in ("", "0") else Lead.WRONG_CODE
    return Prompt(kind=PromptKind.BRIDGE, lead=lead, facility=front.name, dial=legs, callback_number=house.our_number)


def _record(tx: Transaction, call: InboundCall, action: str, **facts: int) -> None:
    """Append what a caller did to the record: the vendor's id of the call, never the number it came from."""
    tx.audit(AuditFact(action=action, actor="caller", subject=call.id, facts={**facts}))
