"""What people do to a relay: withdraw it, send it to somebody else, document a call made by hand, close it with a reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from handlers import desk, endings, lines, numbers, overrides_told, people, privacy, receivers, relays, rungs, waiting
from handlers.domain import case_code as codes
from handlers.domain.directory import Directory
from handlers.domain.errors import Rejection
from handlers.domain.policies import EscalationPolicy, Role, Step
from handlers.domain.relays import (
    Attempt,
    AttemptEvent,
    Ending,
    Halt,
    Outcome,
    Purpose,
    ReceiverRole,
    Relay,
    RelayState,
    Stage,
)
from handlers.domain.studies import Finding, FindingState, Study
from handlers.domain.tasks import TaskKind
from handlers.once import SYSTEM, once
from handlers.ports import House, Reading, Transaction

#: Why a human may close a relay without its being received; each is kept in the record as its code.
CLOSE_REASONS = {
    "patient_died": "The patient has died",
    "already_known": "The responsible clinician already acted on it",
    "duplicate": "It is told in another relay",
    "not_reached_documented": "Nobody could be reached; documented and handed to the medical director",
}
AHEAD = timedelta(minutes=1)


def parse_case(case: str) -> str:
    """Return the case code that somebody typed, or refuse."""
    return codes.asked(case)


def facility_of_case(house: House, code: str) -> str:
    """Return the facility of a case, or refuse."""
    facility = house.memory.facility_of(Study, case_code=code)
    if facility is None:
        raise Rejection("unknown_case", f"There is no case {codes.shown(code)}.")
    return facility


def newest_relay(look: Reading, code: str) -> Relay:
    """Return the newest relay of a case, or refuse."""
    relay = look.one(Relay, case_code=code)
    if relay is None:
        raise Rejection("no_relay", f"Case {codes.shown(code)} has no critical relay.")
    return relay


def open_relay(look: Reading, code: str) -> Relay:
    """Return the relay of a case that has not ended, or refuse."""
    relay = newest_relay(look, code)
    if relay.state is RelayState.ENDED:
        how = (relay.ending or Ending.CLOSED).value.replace("_", " ")
        raise Rejection("relay_ended", f"The relay of case {codes.shown(code)} has ended: {how}.")
    return relay


def withdrawing(house: House, case: str, slack_user: str) -> str:
    """Return what somebody is asked before they withdraw their finding, or refuse: what it ends, and what goes on."""
    code = parse_case(case)
    facility_of_case(house, code)
    with house.memory.reading() as look:
        _, mine, others = _theirs(look, house.directory(), code, slack_user)
    what = "your finding" if len(mine) == 1 else f"your {len(mine)} findings"
    if others:
        rest = "another reader's finding" if len(others) == 1 else f"{len(others)} findings of other readers"
        return f"Withdraw {what} of case {codes.shown(code)}? The relay goes on with {rest}."
    return f"Withdraw {what} of case {codes.shown(code)}? Nobody will be called any more, and the record says you ended it."


def withdraw(house: House, case: str, slack_user: str, delivery: str) -> str:
    """Withdraw findings: only the radiologist whose they are. The relay ends with them, or goes on with what others found."""
    code = parse_case(case)
    facility = facility_of_case(house, code)
    directory = house.directory()
    actor = people.actor_of(directory, slack_user)

    def act(tx: Transaction) -> str:
        relay, mine, others = _theirs(tx, directory, code, slack_user)
        if endings.told(tx, relay):
            desk.open_task(tx, house, TaskKind.RETRACTED_AFTER_TELLING, case_code=code, relay_id=relay.id)
        if others:
            return _goes_on(tx, house, relay, mine, others, actor)
        rang = bool(lines.open_of_relay(tx, relay.id))
        endings.end(tx, house, relay, Ending.WITHDRAWN, by=people.name_of(directory, slack_user), actor=actor)
        stopped = " Calls that rang were hung up." if rang else " Nobody is called any more."
        return f"The relay of case {codes.shown(code)} is withdrawn.{stopped}"

    return once(house, facility, delivery, act)


def _theirs(
    look: Reading, directory: Directory, code: str, slack_user: str
) -> tuple[Relay, list[Finding], list[Finding]]:
    """Return a case's open relay with somebody's own findings and those of others, or refuse whoever has none there."""
    relay = open_relay(look, code)
    reader = directory.radiologist_of_slack(slack_user)
    found = endings.findings_of(look, relay)
    mine = [one for one in found if reader is not None and one.found_by == reader.id]
    if not mine:
        raise Rejection("not_yours", "Only the radiologist whose finding it is can withdraw it.")
    return relay, mine, [one for one in found if one not in mine]


def _goes_on(
    tx: Transaction, house: House, relay: Relay, mine: list[Finding], others: list[Finding], actor: str
) -> str:
    for one in mine:
        tx.put(replace(one, state=FindingState.RETRACTED))
        endings.record(tx, relay, "finding:retract", actor, finding=one.id)
        relays.nobody_asks(tx, house, one, "retracted")
    relay = tx.put(replace(relay, delegated_by=others[0].found_by or ""))
    relays.changed(tx, house, relay, relay.category, "A finding was retracted; another remains.")
    reader = house.directory().radiologists.get(relay.delegated_by)
    whose = "" if reader is None else f" of {reader.name}"
    return f"Your finding is withdrawn. The relay of case {codes.shown(relay.case_code)} goes on with that{whose}."


def redirect(house: House, case: str, contact_id: str, slack_user: str, delivery: str) -> str:
    """Send a relay to a contact of the directory, now; the ladder goes on from there to the desk."""
    code = parse_case(case)
    facility = facility_of_case(house, code)
    actor = may_handle(house, slack_user, facility)
    contact = house.directory().ordering(facility, contact_id)
    if contact is None:
        raise Rejection(
            "unknown_contact", "There is no such contact at this site. Its id is what the directory file calls it."
        )
    with house.memory.reading() as look:
        may_be_called = bool(numbers.dialable(look, contact))
    if not may_be_called:
        raise Rejection(
            "not_dialable", f"{contact.name} has no verified number with consent. Call by hand, then `/relay log`."
        )

    def act(tx: Transaction) -> str:
        relay = open_relay(tx, code)
        endings.record(tx, relay, "relay:redirect", actor, to=contact_id)
        for attempt in lines.open_of_relay(tx, relay.id):
            lines.stop(tx, attempt, case_code=code)
        for task in [one for one in desk.tasks_of(tx, relay.id) if one.kind not in desk.OUTLIVES]:
            desk.finished(tx, house, task, people.name_of(house.directory(), slack_user), "redirected", actor)
        rung = Step(to=contact_id, tries=3, retry_after=timedelta(minutes=2), within=timedelta(minutes=10))
        at = min(relay.step, len(relay.policy.steps))
        policy: EscalationPolicy = replace(
            relay.policy, steps=(*relay.policy.steps[:at], rung, *relay.policy.steps[at:])
        )
        relay = rungs.enter_rung(tx, house, tx.put(replace(relay, policy=policy)), at)
        return _redirected(house.directory(), relay, contact.name, tx.now)

    return once(house, facility, delivery, act)


def _redirected(directory: Directory, relay: Relay, name: str, now: datetime) -> str:
    """Say what came of it; a call is claimed only where one is being placed."""
    if relay.shadow:
        return f"Redirected to {name}. This site is in shadow, or the study is a test: nobody is called; the thread shows what would have happened."
    words_of = {
        RelayState.CALLING: f"Calling {name} now.",
        RelayState.BETWEEN: f"Redirected to {name}. The call {waiting.words(directory, relay, now)}.",
        RelayState.HELD: f"Redirected to {name}, but calls are held ({relay.hold_reason}): nobody is being called. The desk was told.",
    }
    return words_of.get(relay.state, f"{name} cannot be called by machine, so the desk is being rung.")


def may_handle(house: House, slack_user: str, facility: str) -> str:
    """Return the record's name of somebody who may act on a site's relays."""
    directory = house.directory()
    actor = people.actor_of(directory, slack_user)
    roles = people.roles_at(directory, slack_user, facility)
    if not {"radiologist", "pacs_admin"} & set(roles):
        raise Rejection("not_yours", "Only a radiologist of this site's pool or a PACS administrator can do this.")
    return actor


def log(
    house: House,
    case: str,
    slack_user: str,
    *,
    receiver: str,
    receiver_name: str,
    role: str,
    at: datetime,
    read_back: bool,
    delivery: str,
) -> str:
    """Document a call made by hand: who received it, in which role, when, and whether it was read back to a human."""
    code = parse_case(case)
    facility = facility_of_case(house, code)
    actor = may_handle(house, slack_user, facility)
    by = receivers.received_by(house.directory(), facility, receiver, receiver_name)
    if role not in {one.value for one in Role}:
        raise Rejection("bad_role", "Choose the receiver's role.")

    def act(tx: Transaction) -> str:
        relay = open_relay(tx, code)
        if not relay.found_at - AHEAD <= at <= tx.now + AHEAD:
            raise Rejection("bad_time", "The time must lie between the finding and now.")
        attempt = by_hand(tx, house, relay, by, role, at, read_back=read_back)
        if by == receivers.NOT_IN_DIRECTORY:
            receivers.keep_stated(tx, house, attempt, receiver_name, code)
        if role not in {one.value for one in relay.policy.ended_by}:
            return "Recorded as a message left: this role cannot end the relay, so it goes on."
        ending = Ending.READ_BACK_TO_HUMAN if read_back else Ending.REACHED_WITHOUT_READ_BACK
        caller = people.name_of(house.directory(), slack_user)
        endings.end(tx, house, relay, ending, by=by, actor=actor, role=role, attempt=attempt, told_by=caller)
        return f"Recorded. The relay of case {codes.shown(code)} has ended."

    return once(house, facility, delivery, act)


def by_hand(
    tx: Transaction, house: House, relay: Relay, who: str, role: str, at: datetime, *, read_back: bool
) -> Attempt:
    """Keep a call made by hand as a finished attempt; its actor and moment of entry are the server's."""
    plan = lines.Plan(
        purpose=Purpose.CONTACT,
        channel="hand",
        who=who,
        number="",
        number_kind="hand",
        relay_id=relay.id,
        case_code=relay.case_code,
        step=-1,
        inbound=True,
    )
    attempt = lines.plan(tx, house, plan)
    ends = role in {one.value for one in relay.policy.ended_by}
    outcome = Outcome.READ_BACK_TO_HUMAN if read_back else Outcome.REACHED_WITHOUT_READ_BACK
    done = replace(
        lines.move(attempt, AttemptEvent.FINISH),
        answered_at=at,
        told_at=at if ends else None,
        finished_at=tx.now,
        outcome=outcome if ends else Outcome.MESSAGE_LEFT,
        receiver_role=ReceiverRole(role),
        stage=Stage.OVER,
    )
    done = tx.put(done)
    lines.record(tx, done, "attempt:by_hand", relay.case_code, role=role, read_back=read_back, at=at.isoformat())
    return done


def close(house: House, case: str, slack_user: str, reason: str, delivery: str) -> str:
    """Close a relay without its being received, with a reason from the list: a PACS administrator, or its radiologist."""
    code = parse_case(case)
    facility = facility_of_case(house, code)
    actor = may_handle(house, slack_user, facility)
    is_admin = people.is_admin(house.directory(), slack_user, facility)
    if reason not in CLOSE_REASONS:
        raise Rejection("unknown_reason", "Choose one of the reasons in the list.")

    def act(tx: Transaction) -> str:
        relay = open_relay(tx, code)
        if not is_admin and actor != f"radiologist:{relay.delegated_by}":
            raise Rejection(
                "not_yours", "Only a PACS administrator or the radiologist whose finding it is can close it."
            )
        name = people.name_of(house.directory(), slack_user)
        endings.end(tx, house, relay, Ending.CLOSED, by=name, actor=actor, note=reason)
        return f"The relay of case {codes.shown(code)} is closed: {CLOSE_REASONS[reason]}."

    return once(house, facility, delivery, act)


def status_lines(house: House, slack_user: str) -> list[str]:
    """Return the halts and the open relays of the sites this user works for, a line each, without identifiers."""
    directory = house.directory()
    people.name_of(directory, slack_user)
    with house.memory.reading() as look:
        seen = [
            one for one in look.all(Relay, state=endings.OPEN) if people.roles_at(directory, slack_user, one.facility)
        ]
        private = privacy.status_lines(look, directory, slack_user)
        return [
            *_halted_lines(look, directory, slack_user),
            *private,
            *(_status_line(directory, one, look.now) for one in seen),
        ]


def _status_line(directory: Directory, relay: Relay, now: datetime) -> str:
    alias = directory.facilities[relay.facility].alias
    minutes = int((now - relay.delegated_at).total_seconds() // 60)
    where = waiting.words(directory, relay, now) or ("at the desk" if relay.state is RelayState.AT_DESK else "calling")
    rung = f"step {relay.step + 1} of {len(relay.policy.steps)}"
    return f"{codes.shown(relay.case_code)} · {alias} · category {relay.category} · {where} · {rung} · {minutes} min"


def _halted_lines(look: Reading, directory: Directory, slack_user: str) -> list[str]:
    """Return which halts are in force where somebody works, by whom and since when; the one for all first."""
    halts = {one.facility: one for one in look.all(Halt, lifted_at=None, reason="halt")}
    lines_out = []
    if (of_all := halts.get(SYSTEM)) is not None:
        since = f"{of_all.at:%a %H:%M} UTC"
        lines_out.append(f"Calls are halted: all facilities, by {_by(directory, of_all)} since {since}")
    for site in directory.facilities.values():
        halt = halts.get(site.id)
        if halt is not None and people.roles_at(directory, slack_user, site.id):
            since = f"{site.local(halt.at):%a %H:%M %Z}"
            lines_out.append(f"Calls are halted: {site.alias}, by {_by(directory, halt)} since {since}")
    return lines_out


def _by(directory: Directory, halt: Halt) -> str:
    return overrides_told.name_of(directory, halt.by)
