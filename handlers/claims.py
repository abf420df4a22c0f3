"""Claims: judged at the click, compared and set in the database, told with every reason."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from handlers import duties, holding, overrides, people, showing
from handlers.domain import case_code as codes
from handlers.domain.directory import Directory
from handlers.domain.eligibility import UNCAPPED, WAIVABLE, Refusal, sentences
from handlers.domain.errors import Rejection
from handlers.domain.machinery import AuditFact
from handlers.domain.standing import Radiologist
from handlers.domain.studies import Read, ReadState, Study
from handlers.once import facility_or_reject, once
from handlers.ports import House, Reading, Transaction

UNKNOWN = "This read does not exist any more."
_REFUSED = "refused:"
Facts = dict[str, str | int | bool | None]
#: Codes of refusals that say that somebody else was quicker.
GONE = frozenset({"already_claimed", "read_over", "unknown_read"})


def claim(house: House, read_id: str, slack_user: str, delivery: str, *, chosen: bool = True) -> str:
    """Claim a read for the radiologist who clicked, or refuse with every rule that fails; ``chosen`` by them, or handed out."""
    facility = facility_or_reject(house, Read, "unknown_read", UNKNOWN, id=read_id)
    reader = people.radiologist(house.directory(), slack_user)

    def act(tx: Transaction) -> str:
        return or_refused(tx, read_id, f"radiologist:{reader.id}", lambda: _claim(tx, house, read_id, reader, chosen))

    return told(once(house, facility, delivery, act))


def _claim(tx: Transaction, house: House, read_id: str, reader: Radiologist, chosen: bool) -> str:
    """Claim one read; a refusal that two people may waive says how that is asked for."""
    if chosen:
        may_choose(tx, house.directory(), existing(tx, read_id), reader)
    try:
        return claim_one(tx, house, read_id, reader)
    except Rejection as no:
        if set(no.code.split(",")) <= WAIVABLE:
            raise Rejection(no.code, f"{no.sentence} {way_out(existing(tx, read_id))}") from None
        raise


def is_handed_out(directory: Directory, read: Read) -> bool:
    """Tell whether a read is not chosen but handed out: so its pool says, and it is neither a stroke nor a trauma."""
    pool = directory.pools.get(read.pool)
    return pool is not None and pool.hands_out and read.priority not in UNCAPPED


def may_choose(look: Reading, directory: Directory, read: Read, reader: Radiologist) -> None:
    """Refuse to choose what is handed out; whoever two people let in has nothing to wait for."""
    if read.state is ReadState.OPEN and is_handed_out(directory, read) and overrides.good(look, read, reader) is None:
        raise Rejection(
            "handed_out", f"The pool {read.pool} hands out its reads: press Next read, or type `/relay next`."
        )


def way_out(read: Read) -> str:
    """Return how an exception from the rules of the house is asked for."""
    region = f" {read.region}" if read.region else ""
    return f"`/relay override {codes.shown(read.case_code)}{region} REASON` asks for an exception."


def told(answer: str) -> str:
    """Return the answer that was kept of a click, or refuse again what was refused."""
    if answer.startswith(_REFUSED):
        code, _, sentence = answer.removeprefix(_REFUSED).partition(":")
        raise Rejection(code, sentence)
    return answer


def or_refused(tx: Transaction, read_id: str, actor: str, act: Callable[[], str]) -> str:
    """Return what ``act`` answers; a refusal is recorded and kept as the answer: a repeat is refused the same."""
    try:
        return act()
    except Rejection as no:
        refused(tx, read_id, actor, no.code)
        return f"{_REFUSED}{no.code}:{no.sentence}"


def refused(tx: Transaction, read_id: str, actor: str, rules: str) -> None:
    """Record that somebody was refused a read, with the rules that failed."""
    read = tx.get(Read, read_id)
    if read is not None:
        _audit(tx, read, "read:refuse", actor, rules=rules)


def claim_one(tx: Transaction, house: House, read_id: str, reader: Radiologist, by: str = "slack") -> str:
    """Claim one read inside a transaction of its facility, or refuse with every rule that fails; ``by`` slack or phone."""
    read = existing(tx, read_id)
    _still_open(house.directory(), read, reader, tx.now)
    waived = judge(tx, house.directory(), read, reader)
    read = holding.begin(tx, house, read, reader)
    facts = standing(tx, house.directory(), read, reader) | {"by": by} | ({"waived": waived} if waived else {})
    _audit(tx, read, "read:claim", f"radiologist:{reader.id}", **facts)
    showing.note_read(tx, house, read, f"Claimed by {reader.name}.")
    return f"It is yours: {which(house.directory(), read, tx.now)}."


def which(directory: Directory, read: Read, now: datetime) -> str:
    """Return which read it is: ``8754-7661, stroke, Mercy, due 16:26 CST``, with the weekday of another day."""
    facility = directory.facilities[read.facility]
    due = "paused" if read.paused_since is not None else f"due {showing.clock_time(facility, read.due_at, now)}"
    region = [f"{read.region} only"] if read.region else []
    return ", ".join([codes.shown(read.case_code), read.priority.value, *region, facility.alias, due])


def existing(tx: Transaction, read_id: str) -> Read:
    """Return a read, or refuse."""
    read = tx.get(Read, read_id)
    if read is None:
        raise Rejection("unknown_read", UNKNOWN)
    return read


def judge(tx: Transaction, directory: Directory, read: Read, reader: Radiologist, *, to_another: bool = False) -> str:
    """Refuse with every rule that fails: the one judgment of a claim. Return the codes of those that two people waived.

    ``to_another`` says them about the reader, to somebody else who asked.
    """
    found = failing(tx, directory, read, reader)
    override = overrides.good(tx, read, reader) if found else None
    left = [one for one in found if override is None or one.code not in WAIVABLE]
    if left:
        raise Rejection(",".join(one.code for one in left), " ".join(sentences(left, to_another=to_another)))
    if override is not None:
        overrides.used(tx, override)
    return ",".join(one.code for one in found)


def standing(look: Reading, directory: Directory, read: Read, reader: Radiologist) -> Facts:
    """Return what the record says of why a reader might have a read: by which license, of which state and directory."""
    study, facility = look.get(Study, read.study_id), directory.facilities[read.facility]
    state = "" if study is None else study.patient_state
    today = facility.today(look.now)
    good = [one.number for one in reader.licenses_in(state) if one.is_active(today)]
    return {"directory": directory.version, "state": state, "license": next(iter(good), "")}


def keeps_from(look: Reading, directory: Directory, read: Read, reader: Radiologist) -> tuple[Refusal, ...]:
    """Return every rule that would keep a reader from a read now, for telling, but what is waived; a claim is judged by `judge`."""
    study = look.get(Study, read.study_id)
    if study is None:
        raise LookupError(f"the study of read {read.id} is missing")
    duty = duties.of_read(directory, read, study, look.now)
    found = duties.refused(directory, reader, duty, duties.held_by(look, reader), look.now)
    return overrides.unwaived(look, read, reader, found)


def failing(tx: Transaction, directory: Directory, read: Read, reader: Radiologist) -> tuple[Refusal, ...]:
    """Return every rule that keeps a reader from a read at this instant; whoever holds it is not asked here."""
    study = tx.get(Study, read.study_id)
    if study is None:
        raise LookupError(f"the study of read {read.id} is missing")
    return duties.failing(tx, directory, reader, duties.of_read(directory, read, study, tx.now))


def _still_open(directory: Directory, read: Read, reader: Radiologist, now: datetime) -> None:
    if read.state is ReadState.OPEN:
        return
    if read.state is ReadState.CLAIMED:
        if read.claimed_by == reader.id:
            raise Rejection("already_yours", "You have this read already.")
        holder = directory.radiologists.get(read.claimed_by or "")
        facility = directory.facilities[read.facility]
        since = "" if read.claimed_at is None else f" since {showing.clock_time(facility, read.claimed_at, now)}"
        raise Rejection(
            "already_claimed", f"{'Another reader' if holder is None else holder.name} has this read{since}."
        )
    raise Rejection("read_over", f"This read is {read.state.value}; there is nothing to claim.")


def release(house: House, read_id: str, slack_user: str, delivery: str) -> str:
    """Give a read back to the worklist: its holder, or a PACS administrator."""
    facility = facility_or_reject(house, Read, "unknown_read", UNKNOWN, id=read_id)
    directory = house.directory()
    actor = people.actor_of(directory, slack_user)

    def act(tx: Transaction) -> str:
        read = tx.get(Read, read_id)
        if read is None or read.state is not ReadState.CLAIMED:
            raise Rejection("not_claimed", "Nobody holds this read.")
        mine = actor == f"radiologist:{read.claimed_by}"
        if not mine and not people.is_admin(directory, slack_user, facility):
            raise Rejection("not_holder", "Only its holder or a PACS administrator can release this read.")
        former = None if mine else directory.radiologists.get(read.claimed_by or "")
        read = holding.end(tx, house, read)
        tx.audit(AuditFact(action="read:release", actor=actor, case_code=read.case_code, subject=read.id))
        name = people.name_of(directory, slack_user)
        if former is None:
            showing.note_read(tx, house, read, f"Released by {name}.")
            return "Released; it is on the worklist again."
        lost = f"Released by {name}: {former.name} does not have this any more."
        showing.note_read(tx, house, read, lost, to=former.slack_user)
        return f"Released; it is on the worklist again, and {former.name} is told."

    return once(house, facility, delivery, act)


def _audit(tx: Transaction, read: Read, action: str, actor: str, **facts: str | int | bool | None) -> None:
    tx.audit(AuditFact(action=action, actor=actor, case_code=read.case_code, subject=read.id, facts=facts))
