"""The ladder, carried out: rungs begun, tried, left, and at last the desk. People and numbers are read live."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from handlers import bridges, desk, duty, endings, limits, lines, outages, waiting
from handlers import numbers as known_numbers
from handlers.domain import ladder
from handlers.domain.directory import Contact, Number
from handlers.domain.limits import Full
from handlers.domain.machinery import Deadline, DeadlineKind
from handlers.domain.quiet import Quiet, Then
from handlers.domain.relays import TELEPHONE, Attempt, Ending, Outcome, Purpose, Relay, RelayEvent, RelayState
from handlers.domain.tasks import TaskKind
from handlers.domain.troubles import is_about_the_number
from handlers.domain.waits import TOLD, Wait, Why
from handlers.optouts import opted_out
from handlers.ports import House, Transaction
from handlers.quiet import quiet_now

#: A line that another call of ours holds is tried again so soon; the try is not counted.
LINE_BUSY = timedelta(seconds=15)
#: While a clinician is on the line the ladder waits, and looks again so soon.
SOMEBODY_TALKS = timedelta(seconds=30)
TEXT, CALL = "sms", "call"


def hold(tx: Transaction, house: House, relay: Relay, reason: str) -> Relay:
    """Keep a relay from calling, and tell the desk; a storm rings it."""
    relay = tx.put(replace(endings.moved(relay, RelayEvent.HOLD), hold_reason=reason))
    tx.forget(relay.id, DeadlineKind.RUNG_RETRY, DeadlineKind.RUNG_OVER)
    endings.record(tx, relay, "relay:hold", reason=reason)
    if reason == "storm":
        desk.open_task(tx, house, TaskKind.STORM, subject_id=f"storm:{relay.facility}")
    else:
        desk.open_task(tx, house, TaskKind.HALTED, case_code=relay.case_code, relay_id=relay.id)
    endings.shown(tx, house, relay, f"Held ({reason}): nobody is being called.")
    return relay


def enter_rung(tx: Transaction, house: House, relay: Relay, index: int) -> Relay:
    """Begin a rung; its time counts from now."""
    if index >= len(relay.policy.steps):
        return to_desk(tx, house, relay, TaskKind.LADDER_EXHAUSTED)
    relay = replace(endings.moved(relay, RelayEvent.CALL), step=index, tries=0, hold_reason="", wait=None)
    relay = tx.put(replace(relay, step_started_at=tx.now, counts_from=None))
    endings.record(tx, relay, "rung:enter", to=relay.policy.steps[index].to)
    due_at = ladder.rung_ends(relay.policy.steps[index], tx.now)
    tx.deadline(Deadline(kind=DeadlineKind.RUNG_OVER, subject=relay.id, due_at=due_at))
    return try_rung(tx, house, relay)


def try_rung(tx: Transaction, house: House, relay: Relay) -> Relay:
    """Make the next try of the rung, with people and numbers as they are now."""
    if not relay.shadow and desk.halted(tx, relay.facility) is not None:
        return hold(tx, house, relay, "halt")
    quiet = quiet_now(tx, house, relay)
    if quiet is not None:
        return _in_quiet_hours(tx, house, relay, quiet)
    if not relay.shadow and outages.is_out(tx):
        return telephone_down(tx, house, relay)
    rung = relay.policy.steps[relay.step]
    if rung.to == "radiologist":
        return _try_radiologist(tx, house, relay)
    contact = _contact(tx, house, relay, rung.to)
    numbers = [] if contact is None or contact.retired else _dialable(tx, relay, contact)
    if contact is None and rung.to in house.directory().rotas:
        return _nobody_to_dial(tx, house, relay, rung.to, "nobody is on duty")
    if contact is None or not numbers:
        return _nobody_to_dial(tx, house, relay, rung.to)
    if TEXT in rung.channels and relay.tries == 0:
        _text(tx, house, relay, contact)
    if CALL not in rung.channels:
        return _tried(tx, relay)
    full = limits.full(tx, relay, contact)
    if full is not None:
        return _limited(tx, house, relay, contact, full)
    return _call(tx, house, relay, contact, numbers[relay.tries % len(numbers)])


def _in_quiet_hours(tx: Transaction, house: House, relay: Relay, quiet: Quiet) -> Relay:
    """Wait until they end, the rung's time counting from then; or leave it to the desk, where the site says so."""
    if quiet.then is Then.DESK:
        return to_desk(tx, house, relay, TaskKind.QUIET_HOURS)
    return _wait(tx, house, _counts_from(tx, relay, quiet.until), Wait(why=Why.QUIET, until=quiet.until))


def judge_anew(tx: Transaction, house: House, relay: Relay) -> Relay:
    """Look again at a relay that a limit or quiet hours held, now that it is more urgent."""
    if relay.state is not RelayState.BETWEEN or relay.wait is None or relay.wait.why not in TOLD:
        return relay
    tx.forget(relay.id, DeadlineKind.RUNG_RETRY)
    return try_rung(tx, house, tx.put(endings.moved(relay, RelayEvent.CALL)))


def _limited(tx: Transaction, house: House, relay: Relay, contact: Contact, full: Full) -> Relay:
    """Wait for the contact's limit. A rung that has called nobody yet is not ended by it: its time counts from then on.

    One that has tried already goes on to the next rung where no time would be left, as after any try.
    """
    rung = relay.policy.steps[relay.step]
    if full.until >= ladder.rung_ends(rung, began(relay)):
        if relay.tries > 0:
            return follow(tx, house, relay, ladder.next_rung(relay.policy, relay.step))
        relay = _counts_from(tx, relay, full.until)
    return _wait(tx, house, relay, Wait(why=Why.LIMIT, until=full.until, who=contact.id, limit=full.limit))


def contact_of(tx: Transaction, house: House, relay: Relay) -> Contact | None:
    """Return whom the rung that a relay is on means at this moment; None for the radiologist and for nobody."""
    return (
        _contact(tx, house, relay, relay.policy.steps[relay.step].to) if relay.step < len(relay.policy.steps) else None
    )


def wait_for_line(tx: Transaction, house: House, relay: Relay) -> Relay:
    """Let a relay wait for a number that another call of ours is on."""
    return _wait(tx, house, relay, Wait(why=Why.LINE, until=tx.now + LINE_BUSY))


def began(relay: Relay) -> datetime:
    """Return from when a rung's time counts."""
    found = relay.counts_from or relay.step_started_at
    if found is None:
        raise LookupError(f"relay {relay.id} is on no rung")
    return found


def _counts_from(tx: Transaction, relay: Relay, at: datetime) -> Relay:
    """Let the whole of a rung's time begin at an instant to come."""
    due_at = ladder.rung_ends(relay.policy.steps[relay.step], at)
    tx.deadline(Deadline(kind=DeadlineKind.RUNG_OVER, subject=relay.id, due_at=due_at))
    return replace(relay, counts_from=at)


def _contact(tx: Transaction, house: House, relay: Relay, to: str) -> Contact | None:
    directory = house.directory()
    if to in directory.rotas:
        return duty.contact(tx, directory, to)
    wanted = relay.ordering if to == "ordering" else to
    return None if wanted is None else directory.contacts.get(wanted)


def _dialable(tx: Transaction, relay: Relay, contact: Contact) -> list[Number]:
    """Return a contact's numbers that may be dialed, without those that the vendor refused in this rung, if any is left."""
    numbers = known_numbers.dialable(tx, contact)
    tried = tx.all(Attempt, relay_id=relay.id, channel=CALL, step=relay.step, outcome=Outcome.REFUSED)
    refused = {one.number for one in tried if _is_of_this_rung(relay, one)}
    return [one for one in numbers if one.e164 not in refused] or numbers


def _other_number(tx: Transaction, house: House, relay: Relay, attempt: Attempt) -> bool:
    """Tell whether an attempt failed for its number alone, and whoever it was for has another one."""
    if not attempt.vendor_code or not is_about_the_number(house.trouble_of(attempt.vendor_code)):
        return False
    contact = _contact(tx, house, relay, relay.policy.steps[relay.step].to)
    return contact is not None and any(one.e164 != attempt.number for one in _dialable(tx, relay, contact))


def _nobody_to_dial(
    tx: Transaction, house: House, relay: Relay, to: str, reason: str = "no number that may be dialed"
) -> Relay:
    """Skip a rung that no robot may dial: a human finds the person while the ladder goes on at once."""
    endings.record(tx, relay, "rung:skip", to=to, reason=reason)
    if isinstance(ladder.next_rung(relay.policy, relay.step), ladder.ToDesk):
        return to_desk(tx, house, relay, TaskKind.FIND_CONTACT)
    if relay.shadow:
        endings.shown(tx, house, relay, f"Would ask the desk to find somebody: nobody may be dialed for {to}.")
    else:
        desk.open_task(tx, house, TaskKind.FIND_CONTACT, case_code=relay.case_code, relay_id=relay.id, rings=False)
    return follow(tx, house, relay, ladder.next_rung(relay.policy, relay.step))


def _text(tx: Transaction, house: House, relay: Relay, contact: Contact) -> None:
    number = known_numbers.textable(tx, contact)
    if number is None or opted_out(tx, number.e164) or _was_texted(tx, relay):
        return
    _place(tx, house, relay, _plan_for(house, relay, Purpose.CONTACT, contact.id, number, channel=TEXT))
    if relay.shadow:
        endings.shown(tx, house, relay, f"Would text {contact.name}.")


def _was_texted(tx: Transaction, relay: Relay) -> bool:
    """Tell whether this rung has sent its text: a try that found the line busy is made again, its text is not."""
    texts = tx.all(Attempt, relay_id=relay.id, channel=TEXT, step=relay.step)
    return any(_is_of_this_rung(relay, one) for one in texts)


def _call(tx: Transaction, house: House, relay: Relay, contact: Contact, number: Number) -> Relay:
    if not relay.shadow and bridges.is_busy(tx, house.directory(), number.e164):
        return wait_for_line(tx, house, relay)
    relay = _tried(tx, relay)
    attempt = _place(tx, house, relay, _plan_for(house, relay, Purpose.CONTACT, contact.id, number))
    endings.shown(tx, house, relay, f"{_calling(relay)} {contact.name}, try {relay.tries}.")
    return after(tx, house, relay, attempt) if attempt.outcome is not None else relay


def _calling(relay: Relay) -> str:
    return "Would call" if relay.shadow else "Calling"


def _try_radiologist(tx: Transaction, house: House, relay: Relay) -> Relay:
    reader = house.directory().radiologists.get(relay.delegated_by)
    if reader is None or not reader.phone:
        endings.record(tx, relay, "rung:skip", to="radiologist", reason="no radiologist known")
        return follow(tx, house, relay, ladder.next_rung(relay.policy, relay.step))
    if not relay.shadow and bridges.is_busy(tx, house.directory(), reader.phone):
        return wait_for_line(tx, house, relay)
    relay = _tried(tx, relay)
    plan = lines.Plan(
        purpose=Purpose.RADIOLOGIST,
        channel=CALL,
        who=reader.id,
        number=reader.phone,
        number_kind="mobile",
        relay_id=relay.id,
        case_code=relay.case_code,
        step=relay.step,
        try_no=relay.tries,
        rank=relay.category - 1,
    )
    attempt = _place(tx, house, relay, plan)
    endings.shown(tx, house, relay, f"{_calling(relay)} the radiologist, try {relay.tries}.")
    return after(tx, house, relay, attempt) if attempt.outcome is not None else relay


def _plan_for(
    house: House, relay: Relay, purpose: Purpose, who: str, number: Number, channel: str = CALL
) -> lines.Plan:
    return lines.Plan(
        purpose=purpose,
        channel=channel,
        who=who,
        number=number.e164,
        number_kind=number.kind.value,
        send_digits=number.keyed(house.number_at(relay.facility), relay.callback_code),
        relay_id=relay.id,
        case_code=relay.case_code,
        step=relay.step,
        try_no=max(relay.tries, 1),
        rank=relay.category - 1,
    )


def _place(tx: Transaction, house: House, relay: Relay, plan: lines.Plan) -> Attempt:
    """Plan a call or text; in shadow it is recorded as what would have happened, and no line is taken."""
    if not relay.shadow:
        return lines.plan(tx, house, plan)
    attempt = lines.plan(tx, house, replace(plan, inbound=True))
    attempt = replace(attempt, inbound=False, answered_at=None)  # nobody called us, and nobody answered
    return lines.finish(tx, attempt, Outcome.SHADOW, case_code=relay.case_code, line_over=True)


def _tried(tx: Transaction, relay: Relay) -> Relay:
    relay = tx.put(replace(relay, tries=relay.tries + 1, wait=None))
    endings.record(tx, relay, "rung:try", tries=relay.tries)
    return relay


def _wait(tx: Transaction, house: House, relay: Relay, wait: Wait) -> Relay:
    """Let a relay wait, and show why and until when; a wait that only goes on is shown already."""
    goes_on = relay.wait is not None and relay.wait.why is wait.why and wait.why in (Why.LINE, Why.TALK)
    if relay.state is RelayState.CALLING:
        relay = endings.moved(relay, RelayEvent.RETRY_LATER)
    relay = tx.put(replace(relay, wait=wait))
    seconds = int((wait.until - tx.now).total_seconds())
    facts: dict[str, str | int | bool | None] = {"why": wait.why.value, "seconds": seconds, **_limit_facts(wait)}
    endings.record(tx, relay, "relay:wait", endings.ROBOT, **facts)
    tx.deadline(Deadline(kind=DeadlineKind.RUNG_RETRY, subject=relay.id, due_at=wait.until))
    if not goes_on:
        words = waiting.of_wait(house.directory(), relay.facility, wait, tx.now)
        endings.shown(tx, house, relay, f"{words[0].upper()}{words[1:]}." if wait.why in TOLD else "")
    return relay


def _limit_facts(wait: Wait) -> dict[str, str | int | bool | None]:
    if wait.limit is None:
        return {}
    return {"to": wait.who, "calls": wait.limit.calls, "within": int(wait.limit.within.total_seconds())}


def begin_again_after_talk(tx: Transaction, house: House, relay: Relay) -> Relay:
    """Put a relay back to the first rung of its policy; it calls as soon as whoever listens now has hung up."""
    relay = tx.put(replace(relay, step=0, step_started_at=tx.now, counts_from=None, tries=0))
    endings.record(tx, relay, "rung:enter", to=relay.policy.steps[0].to)
    due_at = ladder.rung_ends(relay.policy.steps[0], tx.now)
    tx.deadline(Deadline(kind=DeadlineKind.RUNG_OVER, subject=relay.id, due_at=due_at))
    return _wait(tx, house, relay, _until_talk_ends(tx))


def _until_talk_ends(tx: Transaction) -> Wait:
    return Wait(why=Why.TALK, until=tx.now + SOMEBODY_TALKS)


def after(tx: Transaction, house: House, relay: Relay, attempt: Attempt) -> Relay:
    """Move the ladder after one of its attempts has finished; an attempt of an earlier rung moves nothing."""
    outcome = attempt.outcome
    working = relay.state in (RelayState.CALLING, RelayState.BETWEEN) and relay.step_started_at is not None
    if outcome is None or not working or not _is_of_this_rung(relay, attempt) or attempt.channel != CALL:
        return relay
    if somebody_talks(tx, relay):
        return _wait(tx, house, relay, _until_talk_ends(tx))
    move = ladder.after_attempt(
        relay.policy,
        step=relay.step,
        tries=relay.tries,
        started_at=began(relay),
        outcome=outcome,
        now=tx.now,
        other_number=_other_number(tx, house, relay, attempt),
    )
    return follow(tx, house, relay, move)


def _is_of_this_rung(relay: Relay, attempt: Attempt) -> bool:
    """Tell whether an attempt was made by the rung as it is now.

    A rung's number alone does not say: a redirect puts another rung in its place, and a new ladder begins at 0 again,
    while whoever was called before may still be talking.
    """
    since = relay.step_started_at
    return attempt.step == relay.step and (since is None or attempt.planned_at >= since)


def follow(tx: Transaction, house: House, relay: Relay, move: ladder.Move) -> Relay:
    """Carry out what the ladder decided."""
    match move:
        case ladder.TryAgain(at):
            return _wait(tx, house, relay, Wait(why=Why.RETRY, until=at))
        case ladder.NextRung(index):
            stop_ringing(tx, relay)
            return enter_rung(tx, house, relay, index)
        case ladder.ToDesk():
            stop_ringing(tx, relay)
            return to_desk(tx, house, relay, TaskKind.LADDER_EXHAUSTED)
        case _:
            return relay


def somebody_talks(tx: Transaction, relay: Relay) -> bool:
    """Tell whether anybody is on the line about this relay at this moment."""
    return any(one.state in lines.LIVE for one in lines.open_of_relay(tx, relay.id) if one.channel == CALL)


def stop_ringing(tx: Transaction, relay: Relay) -> None:
    """Hang up what of a relay rings; a live conversation and the desk's phones are left alone."""
    for attempt in lines.open_of_relay(tx, relay.id):
        if attempt.purpose is not Purpose.DESK and attempt.channel == CALL:
            lines.stop(tx, attempt, case_code=relay.case_code)


def to_desk(tx: Transaction, house: House, relay: Relay, kind: TaskKind, taken_by: str = "") -> Relay:
    """Reach the last rung: a desk's phones ring until somebody takes it by name. It never closes by itself."""
    relay = tx.put(endings.moved(relay, RelayEvent.REACH_DESK))
    tx.forget(relay.id, DeadlineKind.RUNG_RETRY, DeadlineKind.RUNG_OVER)
    endings.record(tx, relay, "relay:at_desk", kind=kind.value, taken_by=taken_by)
    endings.shown(
        tx, house, relay, "At the desk." if not taken_by else f"{taken_by} has it; the outcome is to be recorded."
    )
    if relay.shadow:
        desk.open_task(tx, house, TaskKind.SHADOW, case_code=relay.case_code, relay_id=relay.id, rings=False)
        return endings.end(tx, house, relay, Ending.SHADOW, by="radrelay", actor=endings.ROBOT)
    rung = relay.policy.desk
    desk.open_task(
        tx,
        house,
        kind,
        case_code=relay.case_code,
        relay_id=relay.id,
        desk=rung.who,
        every=rung.every,
        rings=True,
        taken_by=taken_by,
    )
    return relay


def telephone_down(tx: Transaction, house: House, relay: Relay) -> Relay:
    """Give a relay to its desk at once, since the telephone vendor cannot be reached; every card of it says so."""
    relay = tx.put(replace(relay, hold_reason=TELEPHONE))
    endings.record(tx, relay, "relay:telephone_down")
    return to_desk(tx, house, relay, TaskKind.TELEPHONE_DOWN)


def retry_due(tx: Transaction, house: House, relay_id: str) -> None:
    """Try the rung again, unless a clinician is on the line at this moment."""
    relay = tx.get(Relay, relay_id)
    if relay is None or relay.state is not RelayState.BETWEEN:
        return
    if somebody_talks(tx, relay):
        _wait(tx, house, relay, _until_talk_ends(tx))
        return
    try_rung(tx, house, tx.put(endings.moved(relay, RelayEvent.CALL)))


def retry_now(tx: Transaction, house: House, relay: Relay, number: str) -> None:
    """Try the rung again without waiting, where it waits for the contact who has this number and a further try is left."""
    rung = relay.policy.steps[relay.step]
    contact = None if rung.to == "radiologist" else _contact(tx, house, relay, rung.to)
    has_it = contact is not None and any(one.e164 == number for one in contact.numbers)
    if has_it and relay.state is RelayState.BETWEEN:
        tx.forget(relay.id, DeadlineKind.RUNG_RETRY)
        retry_due(tx, house, relay.id)


def rung_over(tx: Transaction, house: House, relay_id: str) -> None:
    """End a rung whose time is up: what still rings is hung up, what talks is left to end, and the next rung begins."""
    relay = tx.get(Relay, relay_id)
    if relay is None or relay.state not in (RelayState.CALLING, RelayState.BETWEEN):
        return
    if somebody_talks(tx, relay):
        tx.deadline(Deadline(kind=DeadlineKind.RUNG_OVER, subject=relay.id, due_at=tx.now + SOMEBODY_TALKS))
        return
    endings.record(tx, relay, "rung:over")
    tx.forget(relay.id, DeadlineKind.RUNG_RETRY)
    follow(tx, house, relay, ladder.next_rung(relay.policy, relay.step))
