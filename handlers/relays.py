"""Relays: started, joined by further findings, changed, and let go again after a hold."""

from __future__ import annotations

from dataclasses import replace

from handlers import coverage, desk, endings, rungs
from handlers.domain.dialog import CALLBACK_DIGITS, CODE_ALPHABET
from handlers.domain.machinery import DeadlineKind
from handlers.domain.policies import DeskRung, EscalationPolicy, Role
from handlers.domain.relays import Ending, Relay, RelayState
from handlers.domain.studies import Finding, FindingState, Study
from handlers.domain.tasks import DeskTask, TaskKind, TaskState
from handlers.ports import House, Transaction

#: Endings in which a clinician is known to have received what was told.
RECEIVED = (Ending.CONFIRMED_BY_CODE, Ending.CONFIRMED_ON_PAGE, Ending.READ_BACK_RECORDED, Ending.READ_BACK_TO_HUMAN)


def start(tx: Transaction, house: House, study: Study, finding: Finding, *, started_by: str, to: str | None) -> Relay:
    """Start a relay for a finding: freeze its policy, then call, hold, or go to the desk."""
    directory = house.directory()
    facility = directory.facilities[study.facility]
    policy = coverage.policy_now(tx, facility, study, finding.category)
    ordering = directory.ordering(study.facility, to or study.ordering_contact, study.ordering_npi or None)
    relay = Relay(
        id=house.chance.token(),
        facility=study.facility,
        study_id=study.id,
        case_code=study.case_code,
        callback_code=_callback_code(tx, house),
        category=finding.category,
        delegated_by=finding.found_by or "",
        delegated_at=tx.now,
        started_by=started_by,
        found_at=finding.found_at,
        ordering=None if ordering is None else ordering.id,
        policy=policy or _desk_only(facility.desk),
        state=RelayState.CALLING,
        shadow=facility.shadow or study.test,
    )
    tx.add(relay)
    endings.record(
        tx,
        relay,
        "relay:start",
        started_by,
        delegated_by=relay.delegated_by,
        policy=relay.policy.name,
        shadow=relay.shadow,
    )
    endings.shown(
        tx, house, relay, f"Critical relay started, category {relay.category}{', SHADOW' if relay.shadow else ''}."
    )
    if policy is None:
        return rungs.to_desk(tx, house, relay, TaskKind.NO_POLICY)
    held = _hold_reason(tx, house, relay)
    relay = rungs.hold(tx, house, relay, held) if held else rungs.enter_rung(tx, house, relay, 0)
    if to is not None and not policy.calls(to):
        _ask_about_receiver(tx, house, relay, finding)
    return relay


def _desk_only(desk_id: str) -> EscalationPolicy:
    ended_by = (Role.PHYSICIAN, Role.NP, Role.PA)
    return EscalationPolicy(name="none fits", steps=(), ended_by=ended_by, desk=DeskRung(who=desk_id))


def _callback_code(tx: Transaction, house: House) -> str:
    while True:
        code = house.chance.digits(CALLBACK_DIGITS, CODE_ALPHABET)
        if tx.one(Relay, callback_code=code) is None:
            return code


def _hold_reason(tx: Transaction, house: House, relay: Relay) -> str:
    """Return why this relay may not call now: a halt, or too many relays of its facility at once."""
    if relay.shadow:
        return ""
    if desk.halted(tx, relay.facility) is not None:
        return "halt"
    storm = house.directory().facilities[relay.facility].storm
    since = tx.now - storm.within
    started = tx.count_since(Relay, "delegated_at", since, facility=relay.facility, shadow=False)
    holding = tx.one(Relay, facility=relay.facility, state=RelayState.HELD, hold_reason="storm") is not None
    return "storm" if started > storm.relays or holding else ""


def resume(tx: Transaction, house: House, relay: Relay) -> Relay:
    """Let a held relay call again, from the rung it had reached."""
    endings.record(tx, relay, "relay:resume")
    desk.settle(tx, house, TaskKind.HALTED, relay.id, "resumed")
    return rungs.enter_rung(tx, house, relay, relay.step)


def take_up(tx: Transaction, house: House, study: Study, finding: Finding, *, started_by: str) -> Relay:
    """Bring a finding to its clinician: it starts a relay, joins the open one, or asks the desk."""
    relay = endings.open_relay(tx, study.id)
    received = None if relay is not None else _received_already(tx, study, finding)
    if received is not None:
        relay = _repeated_after_receipt(tx, house, received, finding, started_by)
    elif relay is not None:
        relay = _join(tx, house, relay, finding, started_by)
    else:
        relay = start(tx, house, study, finding, started_by=started_by, to=finding.to)
        tx.put(replace(finding, study_id=study.id, relay_id=relay.id, state=FindingState.RELAYED))
        endings.record(tx, relay, "finding:relay", started_by, finding=finding.id)
        return relay
    if finding.to not in (None, relay.ordering):
        _ask_about_receiver(tx, house, relay, finding)
    return relay


def _join(tx: Transaction, house: House, relay: Relay, finding: Finding, started_by: str) -> Relay:
    """Let a further finding join its study's open relay; the same one once more changes nothing."""
    twins = [
        one for one in endings.findings_of(tx, relay) if (one.text, one.category) == (finding.text, finding.category)
    ]
    tx.put(
        replace(
            finding,
            study_id=relay.study_id,
            relay_id=relay.id,
            state=FindingState.RELAYED if not twins else FindingState.REPEATED,
        )
    )
    if twins:
        endings.record(tx, relay, "finding:repeat", started_by)
        return relay
    endings.record(tx, relay, "finding:join", started_by, finding=finding.id)
    stood, what = relay.state, "An amended" if finding.amends else "A second"
    relay = changed(tx, house, relay, finding.category, f"{what} finding joined this relay.")
    if stood is relay.state is RelayState.AT_DESK:
        desk.open_task(
            tx, house, TaskKind.SECOND_FINDING, case_code=relay.case_code, relay_id=relay.id, subject_id=finding.id
        )
    return relay


def _received_already(tx: Transaction, study: Study, finding: Finding) -> Relay | None:
    """Return the relay in which a clinician confirmed exactly this finding: a slower system tells it once more."""
    relay = tx.one(Relay, study_id=study.id)
    if relay is None or relay.ending not in RECEIVED:
        return None
    said = [(one.text, one.category) for one in endings.findings_of(tx, relay)]
    return relay if (finding.text, finding.category) in said else None


def _repeated_after_receipt(tx: Transaction, house: House, relay: Relay, finding: Finding, started_by: str) -> Relay:
    """Ask the desk, in Slack only, about a finding that was received already; nobody is called a second time for it."""
    tx.put(replace(finding, study_id=relay.study_id, relay_id=relay.id, state=FindingState.REPEATED))
    endings.record(tx, relay, "finding:repeat", started_by)
    desk.open_task(
        tx,
        house,
        TaskKind.SECOND_FINDING,
        case_code=relay.case_code,
        relay_id=relay.id,
        subject_id=finding.id,
        rings=False,
    )
    endings.shown(
        tx, house, relay, "The same finding was reported again; it was confirmed already, so nobody is called."
    )
    return relay


def nobody_asks(tx: Transaction, house: House, finding: Finding, why: str) -> None:
    """Close what the desk was asked about a finding's receiver and nobody took: the finding is not what it was."""
    for task in tx.all(DeskTask, kind=TaskKind.OTHER_RECEIVER, subject_id=finding.id, state=TaskState.OPEN):
        desk.finished(tx, house, task, "radrelay", why, endings.ROBOT)


def _ask_about_receiver(tx: Transaction, house: House, relay: Relay, finding: Finding) -> None:
    """Ask the desk to tell a receiver whom a finding names and its relay does not call: nobody named is dropped."""
    if relay.shadow:
        endings.shown(tx, house, relay, "Shadow: the desk would be asked to tell a receiver whom no rung calls.")
        return
    desk.open_task(
        tx, house, TaskKind.OTHER_RECEIVER, case_code=relay.case_code, relay_id=relay.id, subject_id=finding.id
    )


def amended(tx: Transaction, house: House, relay: Relay, finding: Finding, *, to: str | None) -> Relay:
    """Tell an amended finding; where the amendment names another receiver (``to``), the ladder begins anew for them.

    A relay that tells another finding, too, stays its receiver's, and whoever listens at this moment may still confirm:
    then the desk is asked to tell the one who is named.
    """
    others = [one for one in endings.findings_of(tx, relay) if one.id != finding.id]
    anew = to not in (None, relay.ordering) and not others
    listens = anew and rungs.somebody_talks(tx, relay)
    if anew:
        meant = house.directory().ordering(relay.facility, to)
        relay = tx.put(replace(relay, ordering=None if meant is None else meant.id))
        endings.record(tx, relay, "relay:readdress", to=to)
    note = "The finding was amended; whoever heard the earlier one is told."
    relay = changed(tx, house, relay, finding.category, note, anew=anew)
    named = finding.to
    if named is not None and (listens or named != relay.ordering or not relay.policy.calls(named)):
        _ask_about_receiver(tx, house, relay, finding)
    return relay


def changed(tx: Transaction, house: House, relay: Relay, category: int, note: str, *, anew: bool = False) -> Relay:
    """Tell what has changed: an earlier telling confirms nothing; a more urgent category starts the ladder anew."""
    urgent = category < relay.category
    at = 0 if anew and relay.state is RelayState.HELD else relay.step
    relay = tx.put(replace(relay, revision=relay.revision + 1, category=min(category, relay.category), step=at))
    endings.shown(tx, house, relay, note)
    fitting = _policy_now(tx, house, relay) if urgent else None
    left_quietly = fitting is not None and _desk_has_it_quietly(tx, house, relay)
    works = left_quietly or relay.state in (RelayState.CALLING, RelayState.BETWEEN)
    if not (urgent or anew) or not works:
        return relay
    if fitting is None and not anew:
        return rungs.judge_anew(tx, house, relay)
    policy = fitting or relay.policy
    if fitting is not None:
        endings.record(tx, relay, "relay:upgrade", policy=policy.name)
    if policy.steps and rungs.somebody_talks(tx, relay):
        return rungs.begin_again_after_talk(tx, house, replace(relay, policy=policy))
    rungs.stop_ringing(tx, relay)
    tx.forget(relay.id, DeadlineKind.RUNG_RETRY)
    return rungs.enter_rung(tx, house, tx.put(replace(relay, policy=policy)), 0)


def _desk_has_it_quietly(tx: Transaction, house: House, relay: Relay) -> bool:
    """Tell whether quiet hours alone left a relay to the desk, and nobody has taken it: then the desk need not any more."""
    waiting = tx.all(DeskTask, kind=TaskKind.QUIET_HOURS, relay_id=relay.id, state=TaskState.OPEN)
    if relay.state is not RelayState.AT_DESK or not waiting or rungs.somebody_talks(tx, relay):
        return False
    desk.settle(tx, house, TaskKind.QUIET_HOURS, relay.id, "more urgent now: called")
    return True


def _policy_now(tx: Transaction, house: House, relay: Relay) -> EscalationPolicy | None:
    """Return the policy that fits a relay's category at this moment."""
    study = tx.get(Study, relay.study_id)
    facility = house.directory().facilities[relay.facility]
    return None if study is None else coverage.policy_now(tx, facility, study, relay.category)
