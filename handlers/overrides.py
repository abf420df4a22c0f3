"""Waiving a rule of the house for one read: one person asks, another grants, the claim uses it up, the card says so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from handlers import desk, duties, hands, overrides_told, people, showing
from handlers.domain import case_code as codes
from handlers.domain.directory import Directory
from handlers.domain.eligibility import WAIVABLE, Refusal, sentences
from handlers.domain.errors import Rejection
from handlers.domain.machinery import AuditFact
from handlers.domain.overrides import LIVES, Override, OverrideReason
from handlers.domain.regions import Region
from handlers.domain.standing import Radiologist
from handlers.domain.studies import Read, ReadState, Study
from handlers.domain.tasks import DeskTask, TaskKind
from handlers.once import once
from handlers.ports import House, Reading, Transaction

GRANT, DENY = "grant", "deny"
REASONS = ", ".join(reason.value for reason in OverrideReason)


def override(house: House, case: str, words: tuple[str, ...], slack_user: str, delivery: str) -> str:
    """Ask for an override (``REASON``, or ``READER REASON`` for somebody else), or ``grant`` or ``deny`` what was asked.

    Of a split study the first word may name the region.
    """
    code = hands.parse_case(case)
    facility = hands.facility_of_case(house, code)
    region, words = (words[0].lower(), words[1:]) if words and words[0].lower() in tuple(Region) else ("", words)
    said = tuple(word.lower() for word in words)
    if said == (GRANT,):
        return once(house, facility, delivery, lambda tx: _grant(tx, house, code, region, slack_user))
    if said == (DENY,):
        return once(house, facility, delivery, lambda tx: _deny(tx, house, code, region, slack_user))
    reader, reason = _meant(house.directory(), said, slack_user, facility)
    return once(house, facility, delivery, lambda tx: _ask(tx, house, code, region, reader, reason, slack_user))


def _meant(
    directory: Directory, words: tuple[str, ...], slack_user: str, facility: str
) -> tuple[Radiologist, OverrideReason]:
    """Return for whom and why, or refuse: readers ask for themselves, PACS administrators for a reader they name."""
    *named, why = words or ("",)
    if why not in tuple(OverrideReason):
        raise Rejection("bad_reason", f"Say why, as one of: {REASONS}. Example: `/relay override 4821-0934 volume`.")
    if not named:
        return people.radiologist(directory, slack_user), OverrideReason(why)
    people.admin(directory, slack_user, facility)
    reader = directory.radiologists.get(named[0])
    if reader is None:
        raise Rejection("unknown_reader", "There is no such radiologist. The id is what the directory file calls them.")
    return reader, OverrideReason(why)


def _ask(
    tx: Transaction,
    house: House,
    code: str,
    region: str,
    reader: Radiologist,
    reason: OverrideReason,
    slack_user: str,
) -> str:
    read = open_read(tx, code, region)
    failing = _judged(tx, house.directory(), read, reader)
    unwaivable = [one for one in failing if one.code not in WAIVABLE]
    if unwaivable:
        raise Rejection(",".join(one.code for one in unwaivable), _never(reader, unwaivable, slack_user))
    if not failing:
        raise Rejection("nothing_to_waive", f"No rule keeps {reader.name} from this read: claim it.")
    if any(one.is_asked() and one.reader == reader.id for one in tx.all(Override, read_id=read.id)):
        raise Rejection("already_asked", f"This is asked for {reader.name} already; it waits for a second person.")
    asked = Override(
        id=house.chance.token(),
        facility=read.facility,
        read_id=read.id,
        reader=reader.id,
        reason=reason,
        asked_by=people.actor_of(house.directory(), slack_user),
        asked_at=tx.now,
    )
    tx.add(asked)
    rules = ",".join(one.code for one in failing)
    _audit(tx, read, "override:ask", asked.asked_by, reader=reader.id, reason=reason.value, rules=rules)
    desk.open_task(tx, house, TaskKind.OVERRIDE_ASKED, case_code=code, subject_id=asked.id)
    showing.show_read(tx, house, read)
    to_grant = f"`/relay override {codes.shown(code)}{f' {read.region}' if read.region else ''} grant`"
    another = "Another" if people.is_admin(house.directory(), slack_user, read.facility) else "A"
    return f"Asked for {reader.name}. {another} PACS administrator grants it: {to_grant}."


def _never(reader: Radiologist, failing: Sequence[Refusal], slack_user: str) -> str:
    """Say what the law asks, to the reader or to whoever asked for them."""
    if reader.slack_user == slack_user:
        return f"Nobody can waive this for you. {' '.join(sentences(failing))}"
    return f"Nobody can waive this for {reader.name}. {' '.join(sentences(failing, to_another=True))}"


def _asked(tx: Transaction, house: House, code: str, region: str, slack_user: str) -> tuple[Read, Override, str]:
    """Return what was asked last of a case's open reads, with the administrator who answers it; or refuse."""
    reads = {one.id: one for one in open_reads(tx, code, region)}
    actor = people.admin(house.directory(), slack_user, next(iter(reads.values())).facility)
    known = tx.all(Override, read_id=tuple(reads))
    asked = [one for one in known if one.is_asked()]
    granted = [one for one in known if one.is_good(tx.now)]
    if not asked and granted:
        name = overrides_told.name_of(house.directory(), f"radiologist:{granted[-1].reader}")
        raise Rejection("granted_already", f"The override for {name} is granted already, and was not used yet.")
    if not asked:
        raise Rejection("nothing_asked", f"No override of case {codes.shown(code)} waits to be granted.")
    return reads[asked[-1].read_id], asked[-1], actor


def _deny(tx: Transaction, house: House, code: str, region: str, slack_user: str) -> str:
    _, asked, actor = _asked(tx, house, code, region, slack_user)
    by = people.name_of(house.directory(), slack_user)
    for task in tx.all(DeskTask, kind=TaskKind.OVERRIDE_ASKED, subject_id=asked.id, state=desk.OPEN):
        desk.finished(tx, house, task, by, "denied", actor)
    name = overrides_told.name_of(house.directory(), f"radiologist:{asked.reader}")
    return f"Denied: no rule is waived for {name}. It is said under the card."


def _grant(tx: Transaction, house: House, code: str, region: str, slack_user: str) -> str:
    directory = house.directory()
    read, asked, actor = _asked(tx, house, code, region, slack_user)
    if asked.asked_by == actor:
        raise Rejection("same_person", "You asked for this yourself. A second person has to grant it.")
    if asked.reader == actor.removeprefix("radiologist:"):
        raise Rejection("same_person", "This is for yourself. Somebody else has to grant it.")
    granted = tx.put(replace(asked, granted_by=actor, granted_at=tx.now))
    _audit(tx, read, "override:grant", actor, reader=asked.reader, reason=asked.reason.value, asked_by=asked.asked_by)
    desk.settle(tx, house, TaskKind.OVERRIDE_ASKED, asked.id, "granted")
    showing.show_read(tx, house, read)
    minutes = int(LIVES.total_seconds() // 60)
    name = overrides_told.name_of(directory, f"radiologist:{granted.reader}")
    reader = directory.radiologists.get(granted.reader)
    told = f"{name}, {people.name_of(directory, slack_user)} granted the override: claim this within {minutes} minutes."
    showing.note_read(tx, house, read, told, to="" if reader is None else reader.slack_user)
    return f"Granted: {name} may claim this read within {minutes} minutes, once. The card and the record say so."


def open_reads(look: Reading, code: str, region: str = "") -> list[Read]:
    """Return the open reads of a case, of a region where one is named, the one due first first; or refuse."""
    waiting = [one for one in look.all(Read, case_code=code, state=ReadState.OPEN) if region in ("", one.region)]
    if not waiting:
        of_region = f" of the {region}" if region else ""
        raise Rejection("not_open", f"No read{of_region} of case {codes.shown(code)} is open on the worklist.")
    return sorted(waiting, key=lambda one: (one.due_at, one.id))


def open_read(look: Reading, code: str, region: str = "") -> Read:
    """Return the open read of a case, or refuse."""
    return open_reads(look, code, region)[0]


def _judged(tx: Transaction, directory: Directory, read: Read, reader: Radiologist) -> tuple[Refusal, ...]:
    study = tx.get(Study, read.study_id)
    if study is None:
        raise LookupError(f"the study of read {read.id} is missing")
    duty = duties.of_read(directory, read, study, tx.now)
    held = duties.held_by(tx, reader)
    return duties.refused(directory, reader, duty, held, tx.now)


def good(look: Reading, read: Read, reader: Radiologist) -> Override | None:
    """Return the override that this reader's claim of this read may use now."""
    granted = look.all(Override, read_id=read.id, reader=reader.id)
    return next((one for one in reversed(granted) if one.is_good(look.now)), None)


def good_ones(look: Reading, reader: Radiologist) -> list[Override]:
    """Return the overrides that this reader's claims may use now."""
    return [one for one in look.all(Override, reader=reader.id) if one.is_good(look.now)]


def unwaived(look: Reading, read: Read, reader: Radiologist, failing: Iterable[Refusal]) -> tuple[Refusal, ...]:
    """Return what keeps a reader from a read of the rules that fail: not those of the house that an override waives."""
    found = tuple(failing)
    waives = any(one.code in WAIVABLE for one in found) and good(look, read, reader) is not None
    return tuple(one for one in found if not waives or one.code not in WAIVABLE)


def used(tx: Transaction, held: Override) -> None:
    """Use an override up."""
    tx.put(replace(held, used_at=tx.now))


def _audit(tx: Transaction, read: Read, action: str, actor: str, **facts: str) -> None:
    tx.audit(AuditFact(action=action, actor=actor, case_code=read.case_code, subject=read.id, facts=facts))
