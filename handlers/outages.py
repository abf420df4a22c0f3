"""Whether the telephone vendor can be reached: each request's fate is counted, in the database, for all processes together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from handlers import showing
from handlers.domain import outage
from handlers.domain.errors import DeliveryFailed, DeliveryInDoubt, DeliveryRefused
from handlers.domain.machinery import SYSTEM, AuditFact, Effect, EffectKind
from handlers.domain.outage import FIRST, SECOND, VendorHealth
from handlers.domain.relays import Attempt
from handlers.once import in_transaction
from handlers.ports import House, Reading, Sending, Transaction

DOWN = "The telephone vendor cannot be reached: nobody is called, and no phone rings. Call by hand what waits."
BACK = "The telephone vendor answers again. What nobody has taken goes on by itself."
OTHER = "The telephone vendor's account cannot be reached: calls go over the second account."
AGAIN = "The telephone vendor's first account answers again: calls go over it."


def is_out(look: Reading) -> bool:
    """Tell whether no account of ours at the telephone vendor can be reached."""
    used = [one for one in look.all(VendorHealth) if one.used]
    return bool(used) and all(one.out_since is not None for one in used)


def account_for(look: Reading, house: House) -> str:
    """Return the account over which something new goes: the first, or the second while the first is out."""
    first = look.get(VendorHealth, FIRST)
    is_away = first is not None and first.out_since is not None
    return SECOND if is_away and house.second_number and not is_account_out(look, SECOND) else FIRST


def over_account(look: Reading, house: House, attempt: Attempt) -> Attempt:
    """Return an attempt that is about to leave, with the account that makes it and the number that it comes from."""
    account = account_for(look, house)
    ours = attempt.ours if account == FIRST else house.second_number
    if account == FIRST and attempt.account == SECOND:
        ours = house.number_at(attempt.facility)
    return replace(attempt, account=account, ours=ours)


def is_account_out(look: Reading, account: str) -> bool:
    """Tell whether one account can not be reached."""
    found = look.get(VendorHealth, account)
    return found is not None and found.out_since is not None


@contextmanager
def watched(house: House, account: str, thing: str) -> Iterator[None]:
    """Count how a request to the vendor goes: whatever is answered, a refusal too, shows that it is there."""
    try:
        yield
    except DeliveryInDoubt:
        _failed(house, account, thing)
        raise
    except DeliveryFailed as failed:
        if failed.answered:
            _answered(house, account)
        else:
            _failed(house, account, thing)
        raise
    except DeliveryRefused:
        _answered(house, account)
        raise
    else:
        _answered(house, account)


def _failed(house: House, account: str, thing: str) -> None:
    def act(tx: Transaction) -> None:
        before = _health_of(tx, house, account)
        now = outage.failed(before, thing, tx.now)
        if before.out_since is None:
            tx.put(now)
            _record(tx, "vendor:fail", now)
            if now.out_since is not None:
                _record(tx, "vendor:out", now)
                _turned(tx, house, now)
        wait = outage.ASK_AGAIN if now.out_since is None else outage.ASK_WHILE_OUT
        effect = Effect(kind=EffectKind.PROBE_VENDOR, subject=account, lane="control", rank=0)
        tx.effect(replace(effect, due_at=tx.now + wait, once=f"probe:{account}"))

    in_transaction(house, SYSTEM, act)


def _health_of(tx: Transaction, house: House, account: str) -> VendorHealth:
    """Return how an account does; from the first failure on each one that is configured has its row."""
    configured = {FIRST, SECOND} if house.second_number else {FIRST}
    for one in (FIRST, SECOND):
        found = tx.get(VendorHealth, one)
        if found is None and one in configured:
            fresh = VendorHealth(id=one, facility=SYSTEM, used=True, failures=0, things="", failing_since=tx.now)
            tx.add(fresh)
        elif found is not None and found.used is not (one in configured):
            tx.put(replace(found, used=one in configured))
    found = tx.get(VendorHealth, account)
    if found is None:
        raise LookupError(f"the account {account} is not configured")
    return found


def _answered(house: House, account: str) -> None:
    with house.memory.reading() as look:
        known = look.get(VendorHealth, account)
    if known is None or known.failures == 0:
        return

    def act(tx: Transaction) -> None:
        before = tx.get(VendorHealth, account)
        if before is None or before.failures == 0:
            return
        now = tx.put(outage.answered(before))
        if before.out_since is None:
            _record(tx, "vendor:answer", now)
        else:
            _record(tx, "vendor:back", now)
            _turned(tx, house, now)

    in_transaction(house, SYSTEM, act)


def _turned(tx: Transaction, house: House, health: VendorHealth) -> None:
    """Tell that an account is out, or is back; each site's relays follow in transactions of their own."""
    out = health.out_since is not None
    others = house.second_number and not is_account_out(tx, SECOND if health.id == FIRST else FIRST)
    if health.id == FIRST or not others:
        words = (OTHER if others else DOWN) if out else (AGAIN if others else BACK)
        directory = house.directory()
        desks = [one.desk for one in directory.facilities.values()]
        showing.tell_desks(tx, house, [*desks, directory.front_desk], words)
    tx.effect(Effect(kind=EffectKind.VENDOR_TURNED, subject=health.id, lane="control", rank=0))


def _record(tx: Transaction, action: str, health: VendorHealth) -> None:
    facts: dict[str, str | int | bool | None] = {"failures": health.failures, "out": health.out_since is not None}
    tx.audit(AuditFact(action=action, actor="robot", subject=health.id, facts=facts))


def probe(house: House, ask: Callable[[], None], sending: Sending) -> None:
    """Ask an account whether it is there; while it is not, the question is asked again."""
    house.memory.effect_done(sending)  # what asks again is a new effect
    try:
        with watched(house, sending.effect.subject, outage.PROBE):
            ask()
    except (DeliveryFailed, DeliveryInDoubt, DeliveryRefused):
        return
