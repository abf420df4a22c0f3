"""The pickup page's side: a link in a text, one visit by code and PIN, each look recorded, and an ending by keyed code.

What is shown, its code and what came of it stand in an attempt of channel ``page``, so that the record and what guards the
finding hold here as on the telephone.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass, replace

from handlers import call_facts, desk, endings, identity, lines, lockouts, outcomes, people
from handlers.cases import digest
from handlers.domain import pickups, turns
from handlers.domain.dialog import Prompt
from handlers.domain.directory import Contact
from handlers.domain.errors import Rejection
from handlers.domain.machine import step
from handlers.domain.machinery import AuditFact, Deadline, DeadlineKind
from handlers.domain.pickups import PAGE, PICKUP_TABLE, Keyed, Pickup, PickupEvent, PickupState
from handlers.domain.relays import Attempt, AttemptState, Ending, Outcome, Purpose, ReceiverRole, Relay, RelayState
from handlers.domain.tasks import TaskKind
from handlers.once import facility_or_reject, in_transaction, once
from handlers.ports import House, Reading, Transaction

GONE = (
    "This link opens once, on one telephone, for a limited time, and not any more. "
    "Call the number in the text and give its code."
)
WRONG = "Code or PIN did not match. Check both and try again, or call the number in the text."
LEFT = "This page is closed. Call the number in the text and give its code."
OPENED, IS_GONE, IS_WRONG, HAND_ON = "opened", "gone", "wrong", "hand_on"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What the page shows: the finding as in the telling, or, where ``over`` says why, nothing of it."""

    facility: str
    our_number: str
    told: Prompt | None = None
    #: It differs from what was shown before, whose code confirms nothing any more.
    changed: bool = False
    over: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a form came to, and what is said of it."""

    keyed: Keyed
    sentence: str


# --- the link --------------------------------------------------------------------------------------------------------


def offer(tx: Transaction, house: House, text: Attempt, relay: Relay) -> str:
    """Return the token of a link for this text, "" where the policy, the contact's role or the want of a PIN forbids it."""
    contact = house.directory().contacts.get(text.who)
    if contact is None or not pickups.allowed(relay) or contact.role not in relay.policy.ended_by:
        return ""
    if not identity.usable(tx, [contact]):
        return ""
    token = house.chance.token()
    pickup = Pickup(
        id=digest(token),
        facility=tx.facility,
        relay_id=relay.id,
        text_id=text.id,
        contact=contact.id,
        state=PickupState.OFFERED,
        made_at=tx.now,
        expires_at=tx.now + relay.policy.pickup_within,
    )
    tx.add(pickup)
    _record(tx, relay, pickup, "pickup:offer", lines.ROBOT)
    return token


def is_offered(look: Reading, relay: Relay, number: str) -> bool:
    """Tell whether a text to this number carried a link that opens now."""
    texts = {one.id for one in look.all(Attempt, relay_id=relay.id, number=number, channel="sms")}
    found = look.all(Pickup, relay_id=relay.id, state=PickupState.OFFERED)
    return any(one.text_id in texts and pickups.opens(one, relay, look.now) for one in found)


# --- who it is -------------------------------------------------------------------------------------------------------


def identify(house: House, token: str, *, code: str, pin: str, key: str) -> str:
    """Exchange a link for its one visit, by code and PIN, and return the visit's token.

    The same form sent again gets the same answer, since a telephone loses answers; any other one finds the link used. What
    was wrong is never said.

    Args:
        house: what every verb needs.
        token: of the link.
        code: the relay's call-back code, as keyed.
        pin: the contact's PIN, as keyed.
        key: the form's own, unguessable; the visit's token is made of it and the link's.
    """
    facility = facility_or_reject(house, Pickup, "pickup_gone", GONE, id=digest(token))
    visit = hmac.new(token.encode(), key.encode(), hashlib.sha256).hexdigest()

    def act(tx: Transaction) -> str:
        pickup = tx.get(Pickup, digest(token))
        relay = None if pickup is None else tx.get(Relay, pickup.relay_id)
        if pickup is None or relay is None:
            return IS_GONE
        if not pickups.opens(pickup, relay, tx.now):
            _record(tx, relay, pickup, "pickup:refuse", "caller")
            return IS_GONE
        contact = _receiver(tx, house, pickup, pin)
        if contact is None or not hmac.compare_digest(code.encode(), relay.callback_code.encode()):
            return _wrong(tx, house, relay, pickup)
        return _opened(tx, house, relay, pickup, contact, digest(visit))

    came_to = once(house, facility, f"pickup-open:{digest(token)}:{digest(key)}", act)
    if came_to == IS_GONE:
        raise Rejection("pickup_gone", GONE)
    if came_to == IS_WRONG:
        raise Rejection("pickup_wrong", WRONG)
    if came_to == HAND_ON:
        number = house.number_at(facility)
        raise Rejection(
            "pickup_hand_on",
            f"Thank you. Your role may not take this finding. Please ask a responsible clinician to call {number} now, and "
            "give them the code in the text.",
        )
    return visit


def _receiver(tx: Transaction, house: House, pickup: Pickup, pin: str) -> Contact | None:
    """Return the contact whom the link was sent to, where they still work there and the PIN is theirs."""
    contact = house.directory().contacts.get(pickup.contact)
    if contact is None or contact.retired or not contact.serves(tx.facility):
        return None
    return contact if identity.is_theirs(tx, house, contact, pin) else None


def _wrong(tx: Transaction, house: House, relay: Relay, pickup: Pickup) -> str:
    """Count a wrong entry, for the link and for the contact; the third closes the link, and the desk is told."""
    wrong = pickup.wrong + 1
    pickup = tx.put(replace(pickup, wrong=wrong))
    _record(tx, relay, pickup, "pickup:wrong", "caller", wrong=wrong)
    lockouts.wrong(tx, house, [lockouts.of_contact(pickup.contact)])
    if wrong < pickups.MAX_WRONG:
        return IS_WRONG
    pickup = _over(tx, pickup)
    _record(tx, relay, pickup, "pickup:lock", lines.ROBOT)
    desk.open_task(tx, house, TaskKind.PICKUP_LOCKED, case_code=relay.case_code, subject_id=pickup.id)
    return IS_GONE


def _opened(tx: Transaction, house: House, relay: Relay, pickup: Pickup, contact: Contact, visit: str) -> str:
    """Begin the visit; whose role may not end the relay is asked to hand it on, and is shown nothing."""
    attempt = _attempt(tx, house, relay, contact)
    if contact.role not in relay.policy.ended_by:
        pickup = _over(tx, replace(pickup, attempt_id=attempt.id))
        _record(tx, relay, pickup, "pickup:hand_on", f"contact:{contact.id}", role=contact.role.value)
        outcomes.finish(tx, house, attempt, Outcome.MESSAGE_LEFT, line_over=True)
        return HAND_ON
    pickup = replace(
        pickup,
        state=step(PICKUP_TABLE, pickup.state, PickupEvent.OPEN),
        visit=visit,
        opened_at=tx.now,
        attempt_id=attempt.id,
    )
    pickup = tx.put(pickup)
    tx.deadline(Deadline(kind=DeadlineKind.PICKUP_OVER, subject=pickup.id, due_at=pickup.visit_ends()))
    _record(tx, relay, pickup, "pickup:open", f"contact:{contact.id}", role=contact.role.value)
    endings.shown(tx, house, relay, f"{contact.name} opened the pickup page.")
    return OPENED


def _attempt(tx: Transaction, house: House, relay: Relay, contact: Contact) -> Attempt:
    plan = lines.Plan(
        purpose=Purpose.CALLBACK,
        channel=PAGE,
        who=contact.id,
        number="",
        number_kind=PAGE,
        relay_id=relay.id,
        case_code=relay.case_code,
        step=-1,
        inbound=True,
    )
    attempt = lines.plan(tx, house, plan)
    return tx.put(replace(attempt, receiver_role=ReceiverRole(contact.role.value)))


# --- the visit -------------------------------------------------------------------------------------------------------


def look(house: House, visit: str) -> Shown:
    """Return the finding as it is now, and record that it was looked at; or how the relay ended meanwhile."""
    facility = facility_or_reject(house, Pickup, "pickup_gone", LEFT, visit=digest(visit))

    def act(tx: Transaction) -> Shown:
        pickup, relay, attempt = _visited(tx, visit)
        site = people.facility_of(house.directory(), facility)
        shown = Shown(facility=site.alias, our_number=house.number_at(facility))
        over = _why_over(tx, house, relay, attempt)
        if over:
            _leave(tx, house, relay, pickup, attempt)
            return replace(shown, over=over)
        changed = attempt.told_at is not None and attempt.revision != relay.revision
        facts = replace(call_facts.facts_for(tx, house, attempt), recording=False)
        said = turns.telling(attempt, facts, tx.now)
        tx.put(replace(said.attempt, telling_seconds=0.0))
        actor = f"contact:{pickup.contact}"
        _record(tx, relay, pickup, "pickup:view", actor, revision=relay.revision, changed=changed)
        return replace(shown, told=said.prompt, changed=changed)

    return in_transaction(house, facility, act)


def confirm(house: House, visit: str, *, ticked: bool, code: str, key: str) -> Answer:
    """Take tick and code: the relay ends where they are of what is shown now. The same form again gets the same answer."""
    facility = facility_or_reject(house, Pickup, "pickup_gone", LEFT, visit=digest(visit))

    def act(tx: Transaction) -> str:
        pickup, relay, attempt = _visited(tx, visit)
        came_to = pickups.keyed(attempt, relay, ticked=ticked, code=code)
        sentence = _sentence(tx, house, relay, attempt, came_to)
        _record(tx, relay, pickup, "pickup:key", f"contact:{pickup.contact}", result=came_to.value)
        if came_to is Keyed.CONFIRMED:
            _over(tx, pickup)
            outcomes.finish(tx, house, attempt, Outcome.CONFIRMED_ON_PAGE, line_over=True)
        elif came_to in (Keyed.ENDED, Keyed.CALL_INSTEAD, Keyed.TOO_MANY):
            _leave(tx, house, relay, pickup, attempt)
        elif came_to is Keyed.WRONG:
            tx.put(replace(attempt, wrong=attempt.wrong + 1))
        return json.dumps({"keyed": came_to.value, "sentence": sentence})

    kept = json.loads(once(house, facility, f"pickup-key:{digest(visit)}:{digest(key)}", act))
    return Answer(keyed=Keyed(kept["keyed"]), sentence=kept["sentence"])


def _visited(tx: Transaction, visit: str) -> tuple[Pickup, Relay, Attempt]:
    """Return what a visit is about, or refuse where it is over."""
    pickup = tx.one(Pickup, visit=digest(visit))
    relay = None if pickup is None else tx.get(Relay, pickup.relay_id)
    attempt = None if pickup is None else tx.get(Attempt, pickup.attempt_id or "")
    if pickup is None or relay is None or attempt is None or not pickups.is_visited(pickup, tx.now):
        raise Rejection("pickup_gone", LEFT)
    return pickup, relay, attempt


def _why_over(tx: Transaction, house: House, relay: Relay, attempt: Attempt) -> str:
    """Return why nothing is shown any more, "" while the page may end the relay."""
    if relay.state is RelayState.ENDED:
        if relay.ending in (Ending.RETRACTED, Ending.WITHDRAWN):
            return "The radiologist has taken this finding back. Nothing is to be done; please do not act on it."
        return f"This is done. {call_facts.facts_for(tx, house, attempt).ended_words}."
    if not pickups.allowed(relay):
        return f"This has become urgent and is told by telephone. Call {house.number_at(relay.facility)} now."
    return ""


def _sentence(tx: Transaction, house: House, relay: Relay, attempt: Attempt, came_to: Keyed) -> str:
    fixed = {
        Keyed.CONFIRMED: "Thank you. It is recorded that you have read this and take responsibility.",
        Keyed.CHANGED: "The finding has changed. Please read it again; it has another code.",
        Keyed.UNTICKED: "Tick that you have read this and take responsibility.",
        Keyed.WRONG: "That is not the code below the finding. Nothing is confirmed yet.",
        Keyed.TOO_MANY: f"That was not the code. Nothing is confirmed: call {house.number_at(relay.facility)} now.",
    }
    return fixed.get(came_to) or _why_over(tx, house, relay, attempt)


def visit_over(tx: Transaction, house: House, pickup_id: str) -> None:
    """End a visit whose time has passed; whoever saw the finding and did not confirm it has taken nothing."""
    pickup = tx.get(Pickup, pickup_id)
    if pickup is None or pickup.state is not PickupState.OPENED:
        return
    relay, attempt = tx.get(Relay, pickup.relay_id), tx.get(Attempt, pickup.attempt_id or "")
    if relay is not None and attempt is not None:
        _leave(tx, house, relay, pickup, attempt)


def _leave(tx: Transaction, house: House, relay: Relay, pickup: Pickup, attempt: Attempt) -> None:
    """End a visit without a confirmation: the ladder has gone on meanwhile, and the thread knows who saw the finding."""
    pickup = _over(tx, pickup)
    _record(tx, relay, pickup, "pickup:over", lines.ROBOT, told=attempt.told_at is not None)
    if attempt.state is AttemptState.FINISHED:
        return
    outcome = Outcome.CANCELED if attempt.told_at is None else Outcome.REACHED_WITHOUT_READ_BACK
    outcomes.finish(tx, house, attempt, outcome, line_over=True)
    if attempt.told_at is not None and relay.state is not RelayState.ENDED:
        contact = house.directory().contacts.get(pickup.contact)
        name = pickup.contact if contact is None else contact.name
        endings.shown(tx, house, relay, f"{name} saw the finding on the pickup page and did not confirm it.")


def _over(tx: Transaction, pickup: Pickup) -> Pickup:
    tx.forget(pickup.id, DeadlineKind.PICKUP_OVER)
    return tx.put(replace(pickup, state=step(PICKUP_TABLE, pickup.state, PickupEvent.END)))


def _record(
    tx: Transaction, relay: Relay, pickup: Pickup, action: str, actor: str, **facts: str | int | bool | None
) -> None:
    """Append what happened to a pickup to the record: ids only, and never its link."""
    said = {"relay": relay.id, "who": pickup.contact, **facts}
    tx.audit(AuditFact(action=action, actor=actor, case_code=relay.case_code, subject=pickup.text_id, facts=said))
