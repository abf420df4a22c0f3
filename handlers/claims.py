"""Claims: judged at the click, compared and set in the database, told with every reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from handlers import holding, people, showing
from handlers.domain.cards import Worklist
from handlers.domain.classes import Priority
from handlers.domain.directory import Directory
from handlers.domain.eligibility import refusals
from handlers.domain.errors import Rejection
from handlers.domain.machinery import AuditFact
from handlers.domain.standing import Radiologist
from handlers.domain.studies import Read, ReadState, Study
from handlers.once import facility_or_reject, once
from handlers.ports import House, Transaction

UNKNOWN = "This read does not exist any more."
#: A card takes several looks; no more are made than any drawing of the worklist shows.
CARDS_AT_MOST = 40
#: Whose a read is, in the order in which a worklist shows them.
_MINE, _OPEN, _OTHERS = range(3)
_REFUSED = "refused:"


def claim(house: House, read_id: str, slack_user: str, delivery: str) -> str:
    """Claim a read for the radiologist who clicked, or refuse with every rule that fails."""
    facility = facility_or_reject(house, Read, "unknown_read", UNKNOWN, id=read_id)
    reader = people.radiologist(house.directory(), slack_user)

    def act(tx: Transaction) -> str:
        return or_refused(tx, read_id, f"radiologist:{reader.id}", lambda: _claim(tx, house, read_id, reader))

    return told(once(house, facility, delivery, act))


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
    except Rejection as refused:
        read = tx.get(Read, read_id)
        if read is not None:
            _audit(tx, read, "read:refuse", actor, rules=refused.code)
        return f"{_REFUSED}{refused.code}:{refused.sentence}"


def _claim(tx: Transaction, house: House, read_id: str, reader: Radiologist) -> str:
    read = existing(tx, read_id)
    _still_open(house.directory(), read, reader)
    judge(tx, house.directory(), read, reader)
    read = holding.begin(tx, house, read, reader)
    _audit(tx, read, "read:claim", f"radiologist:{reader.id}")
    showing.note_study(tx, house, read.study_id, f"Claimed by {reader.name}.")
    return "It is yours."


def existing(tx: Transaction, read_id: str) -> Read:
    """Return a read, or refuse."""
    read = tx.get(Read, read_id)
    if read is None:
        raise Rejection("unknown_read", UNKNOWN)
    return read


def judge(tx: Transaction, directory: Directory, read: Read, reader: Radiologist) -> None:
    """Refuse, with every rule that fails, a reader who may not read this at this instant: the one judgment of a claim."""
    study = tx.get(Study, read.study_id)
    if study is None:
        raise Rejection("unknown_read", UNKNOWN)
    facility = directory.facilities[read.facility]
    failing = refusals(
        reader,
        facility,
        directory.pools[read.pool],
        modality=study.modality,
        patient_state=study.patient_state,
        now=tx.now,
    )
    if failing:
        raise Rejection(",".join(one.code for one in failing), " ".join(one.sentence for one in failing))


def _still_open(directory: Directory, read: Read, reader: Radiologist) -> None:
    if read.state is ReadState.OPEN:
        return
    if read.state is ReadState.CLAIMED:
        if read.claimed_by == reader.id:
            raise Rejection("already_yours", "You have this read already.")
        holder = directory.radiologists.get(read.claimed_by or "")
        facility = directory.facilities[read.facility]
        since = "" if read.claimed_at is None else f" since {showing.clock_time(facility, read.claimed_at)}"
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
        read = holding.end(tx, house, read)
        tx.audit(AuditFact(action="read:release", actor=actor, case_code=read.case_code, subject=read.id))
        showing.note_study(tx, house, read.study_id, f"Released by {people.name_of(directory, slack_user)}.")
        return "Released; it is on the worklist again."

    return once(house, facility, delivery, act)


def worklist(house: House, slack_user: str) -> Worklist:
    """Return the open and claimed reads that this user may see, their own first; all counted, the first as cards."""
    directory = house.directory()
    people.name_of(directory, slack_user)
    reader = directory.radiologist_of_slack(slack_user)
    seen = [one for one in directory.facilities if people.roles_at(directory, slack_user, one)]
    order = list(Priority)

    def whose(read: Read) -> int:
        if read.state is ReadState.OPEN:
            return _OPEN
        return _MINE if reader is not None and read.claimed_by == reader.id else _OTHERS

    with house.memory.reading() as look:
        reads = look.all(Read, state=(ReadState.OPEN, ReadState.CLAIMED), facility=tuple(seen)) if seen else []
        reads.sort(key=lambda read: (whose(read), order.index(read.priority), read.due_at))
        cards = tuple(showing.read_card(look, directory, read) for read in reads[:CARDS_AT_MOST])
    counts = Counter(whose(read) for read in reads)
    return Worklist(cards=cards, mine=counts[_MINE], open=counts[_OPEN], others=counts[_OTHERS])


def _audit(tx: Transaction, read: Read, action: str, actor: str, **facts: str) -> None:
    tx.audit(AuditFact(action=action, actor=actor, case_code=read.case_code, subject=read.id, facts=facts))
