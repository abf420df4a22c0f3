"""The case page's side: one-time links, short sessions, and the view with identifiers, each look at it recorded."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from handlers import findings, leases, people
from handlers.case_view import view_of
from handlers.domain import case_code as codes
from handlers.domain.access import LINK_LIVES, SESSION_IDLE, SESSION_LIVES, Link, PageSession
from handlers.domain.case_page import CaseView
from handlers.domain.errors import Rejection
from handlers.domain.machinery import AuditFact
from handlers.domain.relays import Recording, RecordingState, Relay, RelayState
from handlers.domain.studies import Read, Study
from handlers.domain.tasks import DeskTask
from handlers.hands import facility_of_case, parse_case
from handlers.once import facility_or_reject, in_transaction
from handlers.ports import House, Transaction
from handlers.session import Session
from handlers.statement import statement_of

#: Characters of a finding typed on the page; it is read aloud.
MAX_TEXT = 400
PURPOSES = ("view", "start", "log")
GONE = "This link has been used or has expired. Ask for a new one in Slack: `/relay open CASE`."
GIVEN = "A link was given for this already, and it is given only once. Ask again for a new one."
SIGNED_OUT = "You are signed out of this case. Ask for a new link in Slack: `/relay open CASE`."


def digest(token: str) -> str:
    """Return what the store keeps of a token: its digest, so that a copy of the database opens nothing."""
    return hashlib.sha256(token.encode()).hexdigest()


def open_link(house: House, case: str, slack_user: str, delivery: str, *, purpose: str = "view") -> str:
    """Return the path of a link to a case: once, for 60 seconds, for this Slack user in the roles they hold now."""
    code = parse_case(case)
    facility = facility_of_case(house, code)
    if purpose != "view":
        _has_its_form(house, code, people.roles_at(house.directory(), slack_user, facility), purpose)
    return _link(house, code, facility, slack_user, delivery, purpose)


def _has_its_form(house: House, code: str, roles: tuple[str, ...], purpose: str) -> None:
    """Refuse a link to a page that would not have the form asked for; whoever may not see the page is refused that."""
    if roles and not {"radiologist", "pacs_admin"} & set(roles):
        raise Rejection("not_yours", "Only a radiologist of this site's pool or a PACS administrator can do this.")
    if not roles or purpose != "log":
        return
    with house.memory.reading() as look:
        relay = look.one(Relay, case_code=code)
    if relay is None:
        raise Rejection("no_relay", f"Case {codes.shown(code)} has no critical relay, so there is nothing to log.")
    if relay.state is RelayState.ENDED:
        raise Rejection("relay_ended", f"The relay of case {codes.shown(code)} has ended, so there is nothing to log.")


def open_link_for_read(house: House, read_id: str, slack_user: str, delivery: str) -> str:
    """Return a link to the case of a read's card."""
    facility = facility_or_reject(house, Read, "unknown_read", "This read does not exist any more.", id=read_id)
    with house.memory.reading() as look:
        read = look.get(Read, read_id)
    return _link(house, "" if read is None else read.case_code, facility, slack_user, delivery, "view")


def open_link_for_task(house: House, task_id: str, slack_user: str, delivery: str) -> str:
    """Return a link to the case of a desk task."""
    facility = facility_or_reject(house, DeskTask, "unknown_task", "This task does not exist any more.", id=task_id)
    with house.memory.reading() as look:
        task = look.get(DeskTask, task_id)
    if task is None or not task.case_code:
        raise Rejection("no_case", "This task belongs to no case.")
    return _link(house, task.case_code, facility, slack_user, delivery, "log")


def _link(house: House, code: str, facility: str, slack_user: str, delivery: str, purpose: str) -> str:
    """Make a link, once for each click or command: a token is never kept, and a replayed request gets no fresh one."""
    directory = house.directory()
    actor = people.actor_of(directory, slack_user)
    roles = people.roles_at(directory, slack_user, facility)
    if not roles:
        raise Rejection("not_your_case", "This case belongs to a site you do not work for.")
    token = house.chance.token()

    def act(tx: Transaction) -> None:
        if tx.earlier_answer(delivery) is not None:
            raise Rejection("link_given", GIVEN)
        tx.keep_answer(delivery, "a link")
        link = Link(
            id=digest(token),
            facility=facility,
            case_code=code,
            slack_user=slack_user,
            name=people.name_of(directory, slack_user),
            roles=roles,
            purpose=purpose if purpose in PURPOSES else "view",
            made_at=tx.now,
            expires_at=tx.now + LINK_LIVES,
        )
        tx.add(link)
        facts = {"purpose": link.purpose, "asked": delivery[:80]}
        tx.audit(AuditFact(action="link:make", actor=actor, case_code=code, facts=facts))
        leases.act_on_case(tx, house, code, slack_user, "slack")

    in_transaction(house, facility, act)
    return f"/open/{token}"


def redeem(house: House, token: str) -> Session:
    """Exchange a link for a session, once."""
    facility = facility_or_reject(house, Link, "link_gone", GONE, id=digest(token))
    fresh = house.chance.token()

    def act(tx: Transaction) -> PageSession:
        link = tx.get(Link, digest(token))
        if link is None or link.used_at is not None or link.expires_at < tx.now:
            raise Rejection("link_gone", GONE)
        _still_may(house, link.slack_user, facility, link.roles)
        tx.put(replace(link, used_at=tx.now))
        session = PageSession(
            id=digest(fresh),
            facility=facility,
            case_code=link.case_code,
            slack_user=link.slack_user,
            name=link.name,
            roles=link.roles,
            purpose=link.purpose,
            opened_at=tx.now,
            seen_at=tx.now,
        )
        tx.add(session)
        actor = people.actor_of(house.directory(), link.slack_user)
        tx.audit(AuditFact(action="link:use", actor=actor, case_code=link.case_code))
        return session

    return _as_session(fresh, in_transaction(house, facility, act))


def _still_may(house: House, slack_user: str, facility: str, roles: tuple[str, ...]) -> None:
    """Refuse somebody whose roles were taken away since."""
    if not set(roles) & set(people.roles_at(house.directory(), slack_user, facility)):
        raise Rejection("link_gone", GONE)


def _as_session(token: str, kept: PageSession) -> Session:
    return Session(
        token=token,
        facility=kept.facility,
        case_code=kept.case_code,
        slack_user=kept.slack_user,
        name=kept.name,
        roles=kept.roles,
        purpose=kept.purpose,
        expires_at=min(kept.seen_at + SESSION_IDLE, kept.opened_at + SESSION_LIVES),
    )


def session(house: House, token: str, case: str) -> Session:
    """Return the session of a cookie for this case, and let it live on; or refuse."""
    facility = facility_or_reject(house, PageSession, "signed_out", SIGNED_OUT, id=digest(token))

    def act(tx: Transaction) -> PageSession:
        kept = tx.get(PageSession, digest(token))
        if kept is None or kept.case_code != codes.parse(case):
            raise Rejection("signed_out", SIGNED_OUT)
        if tx.now - kept.seen_at > SESSION_IDLE or tx.now - kept.opened_at > SESSION_LIVES:
            raise Rejection("signed_out", SIGNED_OUT)
        _still_may(house, kept.slack_user, facility, kept.roles)
        return tx.put(replace(kept, seen_at=tx.now))

    return _as_session(token, in_transaction(house, facility, act))


def view(house: House, opened: Session) -> CaseView:
    """Return the case with its identifiers, and record that this person saw it."""

    def act(tx: Transaction) -> CaseView:
        study = tx.one(Study, case_code=opened.case_code)
        if study is None:
            raise Rejection("unknown_case", "This case does not exist any more.")
        actor = people.actor_of(house.directory(), opened.slack_user)
        facts = {"roles": ",".join(opened.roles)}
        tx.audit(AuditFact(action="case:view", actor=actor, case_code=opened.case_code, facts=facts))
        leases.act_on_case(tx, house, opened.case_code, opened.slack_user, "page")
        return view_of(tx, house, study, opened)

    return in_transaction(house, opened.facility, act)


def start(
    house: House,
    opened: Session,
    *,
    contact_id: str | None,
    category: int,
    text: str,
    found_by: str,
    delivery: str,
) -> str:
    """Start a relay from the page, where the patient was shown before it dials; it names whose finding it is."""
    with house.memory.reading() as look:
        study = look.one(Study, case_code=opened.case_code)
    if study is None:
        raise Rejection("unknown_case", "This case does not exist any more.")
    words = " ".join(text.split())
    if not words or len(words) > MAX_TEXT:
        raise Rejection("bad_text", f"Enter the finding in 1 to {MAX_TEXT} characters; it is read aloud.")
    return findings.report(
        house,
        study_id=study.id,
        slack_user=opened.slack_user,
        category=category,
        phrase_id=None,
        text=words,
        delivery=delivery,
        to=contact_id or None,
        found_by=found_by,
    )


def recording(house: House, opened: Session, recording_id: str) -> tuple[bytes, str]:
    """Return a recorded read-back, and record that this person played it."""

    def act(tx: Transaction) -> tuple[bytes, str]:
        kept = tx.get(Recording, recording_id)
        study = tx.one(Study, case_code=opened.case_code)
        ours = kept is not None and study is not None and kept.relay_id in _relay_ids(tx, study)
        if kept is None or not ours or kept.state is not RecordingState.STORED:
            raise Rejection("no_recording", "This recording is not here.")
        if hashlib.sha256(kept.audio).hexdigest() != kept.sha256:
            raise Rejection("recording_changed", "This recording does not have the checksum it was stored with.")
        actor = people.actor_of(house.directory(), opened.slack_user)
        tx.audit(AuditFact(action="recording:play", actor=actor, case_code=opened.case_code, subject=kept.id))
        return kept.audio, kept.media_type

    return in_transaction(house, opened.facility, act)


def _relay_ids(tx: Transaction, study: Study) -> set[str]:
    return {relay.id for relay in tx.all(Relay, study_id=study.id)}


def statement(house: House, case: str) -> str:
    """Return the sentence for the report, claiming no more than happened."""
    code = parse_case(case)
    facility_of_case(house, code)
    with house.memory.reading() as look:
        return statement_of(look, house.directory(), code)
