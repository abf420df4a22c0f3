"""What an outage of the telephone vendor does to relays: they go to their desks at once, and on from there when it is over."""

from __future__ import annotations

from dataclasses import replace

from handlers import desk, endings, lines, outages, rungs, showing
from handlers.domain import ladder
from handlers.domain.relays import AttemptState, Outcome, Relay, RelayState
from handlers.domain.tasks import DeskTask, TaskKind, TaskState
from handlers.domain.waits import Why
from handlers.once import in_transaction
from handlers.ports import House, Sending, Transaction

WAITS_FOR_CALL = (RelayState.CALLING, RelayState.BETWEEN)


def turned(house: House, sending: Sending) -> None:
    """Follow what became of the vendor, site by site; doing it twice does nothing more."""
    for facility in sorted(house.directory().facilities):
        in_transaction(house, facility, lambda tx: _follow(tx, house))
    house.memory.effect_done(sending)


def _follow(tx: Transaction, house: House) -> None:
    relays = sorted(
        tx.all(Relay, facility=tx.facility, state=WAITS_FOR_CALL, shadow=False), key=lambda one: one.category
    )
    waiting = [one for one in relays if not _may_wait(one) and not rungs.somebody_talks(tx, one)]
    if outages.is_out(tx):
        for relay in waiting:
            _stop(tx, relay)
            rungs.telephone_down(tx, house, relay)
    else:
        for relay in waiting:
            _not_for_doubt(tx, house, relay)
        _go_on(tx, house)
    for task in tx.all(DeskTask, facility=tx.facility, state=TaskState.OPEN, rings=True):
        showing.show_task(tx, house, task)


def _may_wait(relay: Relay) -> bool:
    """Tell whether a relay would call nobody now in any case: it waits for the end of the site's quiet hours."""
    return relay.state is RelayState.BETWEEN and relay.wait is not None and relay.wait.why is Why.QUIET


def _stop(tx: Transaction, relay: Relay) -> None:
    """Stop what of a relay is on its way: whoever calls by hand is not to be crossed by it when the vendor is back."""
    rungs.stop_ringing(tx, relay)
    for text in lines.open_of_relay(tx, relay.id):
        if text.channel == "sms":
            lines.finish(tx, text, Outcome.CANCELED, case_code=relay.case_code, line_over=True)


def _not_for_doubt(tx: Transaction, house: House, relay: Relay) -> None:
    """Go to the next rung where the only call is in doubt at an account that is out: nobody can look it up there.

    Its number is not dialed over the other account before that was done.
    """
    calls = [one for one in lines.open_of_relay(tx, relay.id) if one.channel == "call"]
    if calls and all(one.state is AttemptState.IN_DOUBT and outages.is_account_out(tx, one.account) for one in calls):
        endings.record(tx, relay, "rung:over", reason="in doubt at an account that is out")
        rungs.follow(tx, house, relay, ladder.next_rung(relay.policy, relay.step))


def _go_on(tx: Transaction, house: House) -> None:
    """Let what an outage brought to the desk and nobody has taken call again, from the rung that it had reached."""
    found = tx.all(DeskTask, facility=tx.facility, kind=TaskKind.TELEPHONE_DOWN, state=desk.OPEN)
    stranded = [(tx.get(Relay, task.relay_id or ""), task) for task in found]
    for relay, task in sorted(((one, task) for one, task in stranded if one is not None), key=_urgency):
        if task.state is TaskState.TAKEN:
            if relay.hold_reason:
                endings.record(tx, tx.put(replace(relay, hold_reason="")), "relay:telephone_back")
                endings.shown(tx, house, relay)
            continue
        desk.finished(tx, house, task, "radrelay", "telephone answers again", lines.ROBOT)
        if relay.state is RelayState.AT_DESK:
            endings.record(tx, relay, "relay:telephone_back")
            endings.shown(tx, house, relay, "The telephone vendor answers again: calling goes on.")
            rungs.enter_rung(tx, house, relay, relay.step)


def _urgency(one: tuple[Relay, DeskTask]) -> tuple[int, str]:
    return one[0].category, one[1].id
