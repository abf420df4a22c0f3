"""Cards as values, made when they are sent from how things stand then: of reads, and of a desk's tasks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TypeVar

from handlers import bridged, claims, overrides_told, receipts, showing, task_words, waiting
from handlers.domain import case_code, leases, regions
from handlers.domain.cards import DeskCard, ReadCard, Viewer, age_shown
from handlers.domain.directory import Directory
from handlers.domain.leases import Lease
from handlers.domain.machinery import SYSTEM
from handlers.domain.overrides import Override
from handlers.domain.problems import UNSOLVED, Problem
from handlers.domain.relays import TELEPHONE, Attempt, Relay, RelayState
from handlers.domain.studies import WAITING, Read, ReadState, Report, Study
from handlers.domain.tasks import DeskTask, TaskKind, TaskState
from handlers.domain.viewings import Viewing
from handlers.domain.worklists import is_claimed_with
from handlers.ports import Reading
from handlers.tasks_told import outcomes_of

V = TypeVar("V")

#: What a card says of a relay that an outage brought to the desk.
NO_TELEPHONE = ": the telephone vendor cannot be reached, call by hand"
#: What a desk's card says where it is of no site, and where its site is not in the directory any more.
NO_SITE, LEFT = "all facilities", "a site that has left"


def relay_line(directory: Directory, relay: Relay | None, now: datetime) -> str:
    """Return what a card says of a study's relay."""
    if relay is None:
        return ""
    waits = waiting.words(directory, relay, now)
    role = f" ({receipts.role_words(relay.ended_role)})" if relay.ended_role else ""
    words = {
        RelayState.CALLING: f"calling, step {relay.step + 1} of {len(relay.policy.steps)}",
        RelayState.BETWEEN: f"{waits}, step {relay.step + 1} of {len(relay.policy.steps)}",
        RelayState.HELD: waits,
        RelayState.AT_DESK: f"at the desk{NO_TELEPHONE if relay.hold_reason == TELEPHONE else ''}",
        RelayState.ENDED: f"ended: {(relay.ending or '').replace('_', ' ')}{role}",
    }
    site = directory.facilities.get(relay.facility)
    since = f", open since {showing.clock_time(site, relay.delegated_at, now)}" if site is not None and waits else ""
    shadow = "shadow (nobody is called): " if relay.shadow else ""
    return f"Category {relay.category} relay — {shadow}{words[relay.state]}{since}"


def read_card(look: Reading, directory: Directory, read: Read) -> ReadCard:
    """Make a read's card from how things stand now."""
    return read_cards(look, directory, [read])[0]


class _Beside:
    """What cards show beside their reads: a look of each kind, however many reads there are."""

    def __init__(self, look: Reading, reads: Sequence[Read]) -> None:
        ids, of_studies = tuple(read.id for read in reads), tuple({read.study_id for read in reads})
        self.studies = {one.id: one for one in look.all(Study, id=of_studies)}
        groups = {(one.facility, one.group) for one in self.studies.values() if one.group}
        where = {"facility": tuple({site for site, _ in groups}), "group": tuple({group for _, group in groups})}
        self.linked = _by(look.all(Study, **where) if groups else (), _group)
        of_linked = tuple(one.id for found in self.linked.values() if len(found) > 1 for one in found)
        self.open = _by(look.all(Read, study_id=of_linked, state=ReadState.OPEN) if of_linked else (), _of_study)
        self.relays = {one.study_id: one for one in look.all(Relay, study_id=of_studies)}
        self.reports = _by(look.all(Report, study_id=of_studies), _of_study)
        self.viewings = _by(look.all(Viewing, study_id=of_studies, closed_at=None), _of_study)
        self.problems = _by(look.all(Problem, read_id=ids, state=UNSOLVED), lambda one: one.read_id)
        self.overrides = {one.read_id: one for one in look.all(Override, read_id=ids) if one.closed_at is None}
        self.leases = {one.id: one for one in look.all(Lease, id=ids)}
        several = {read.study_id for read in reads if read.region}
        several |= {study for study, found in self.reports.items() if any(one.flags for one in found)}
        of_several = look.all(Read, study_id=tuple(several)) if several else []
        #: All reads of a study, of one that was split or has an odd report.
        self.reads = _by(of_several, _of_study)

    def claimed_with(self, read: Read, study: Study) -> int:
        """Return how many other open reads are claimed with an open one: of its kind and pool, linked to it or split off."""
        linked = self.linked.get(_group(study), ()) if study.group else ()
        near = [one for each in linked for one in self.open.get(each.id, ())] or self.reads.get(study.id, [])
        return sum(one.state is ReadState.OPEN and one.id != read.id and is_claimed_with(read, one) for one in near)


def _group(study: Study) -> str:
    return f"{study.facility} {study.group}"


def _of_study(one: Read | Relay | Report | Viewing) -> str:
    return one.study_id


def _by(values: Iterable[V], key: Callable[[V], str]) -> dict[str, list[V]]:
    sorted_out: defaultdict[str, list[V]] = defaultdict(list)
    for one in values:
        sorted_out[key(one)].append(one)
    return sorted_out


def read_cards(look: Reading, directory: Directory, reads: Sequence[Read]) -> list[ReadCard]:
    """Make the cards of reads from how things stand now, with as many looks as for one."""
    beside = _Beside(look, reads)
    return [_card(look.now, directory, read, beside) for read in reads]


def _card(now: datetime, directory: Directory, read: Read, beside: _Beside) -> ReadCard:
    study = beside.studies.get(read.study_id)
    if study is None:
        raise LookupError(f"the study of read {read.id} is missing")
    facility = directory.facilities[read.facility]
    reader = directory.radiologists.get(read.claimed_by or "")
    since = study.last_image_at
    reads, problems = beside.reads.get(study.id, []), beside.problems.get(read.id, [])
    reports = [one for one in beside.reports.get(study.id, []) if one.flags and regions.is_about(one, read, reads)]
    standing = [problem.kind.words for problem in problems if problem.pauses]
    others = showing.other_reads(read, reads) if read.region else []
    return ReadCard(
        read_id=read.id,
        study_id=study.id,
        case_code=case_code.shown(read.case_code),
        priority=read.priority.value,
        facility=facility.alias,
        patient_class=study.patient_class.value,
        modality=study.modality,
        procedure=study.description or study.body_part,
        age=age_shown(study.birth_date, facility.today(now)),
        sex=study.sex,
        images=study.instance_count,
        last_image_minutes=None if since is None else max(0, int((now - since).total_seconds() // 60)),
        ready=study.ready,
        due_at=read.due_at,
        minutes_left=int((read.due_at - read.clock_at(now)).total_seconds() // 60),
        zone=facility.zone,
        state=read.state.value,
        claimed_by="" if reader is None else reader.name,
        claimed_slack_user="" if reader is None else reader.slack_user,
        claimed_at=read.claimed_at,
        reported_by=_signer(directory, read.reported_by),
        viewers=_viewers(beside.viewings.get(study.id, []), directory, read, now),
        lease=leases.shown(beside.leases.get(read.id), read) if read.state is ReadState.CLAIMED else "",
        linked=len(beside.linked[_group(study)]) - 1 if study.group else 0,
        claimed_with=beside.claimed_with(read, study),
        handed_out=read.state is ReadState.OPEN and claims.is_handed_out(directory, read),
        test=study.test,
        shadow=facility.shadow,
        relay=relay_line(directory, beside.relays.get(study.id), now),
        override=overrides_told.line(beside.overrides.get(read.id), directory, read, now),
        late=read.breached_at is not None,
        flags=tuple(dict.fromkeys(flag for report in reports for flag in report.flags)),
        kind=read.kind.value,
        subspecialty=read.subspecialty,
        region=read.region,
        regions=tuple(_region_line(directory, one) for one in others),
        problems=tuple(_problem_line(problem) for problem in problems),
        paused=", ".join(standing) if read.paused_since is not None else "",
        paused_since=read.paused_since,
    )


def _problem_line(problem: Problem) -> str:
    return f"{problem.kind.words}, {f'{problem.taken_by} has it' if problem.taken_by else 'nobody has taken it'}"


def _region_line(directory: Directory, read: Read) -> str:
    """Return ``chest: open``, ``pelvis: Dr. Ruth Stone``."""
    holder = _signer(directory, read.claimed_by) if read.state is ReadState.CLAIMED else ""
    return f"{read.region}: {holder or read.state.value}"


def _viewers(viewings: Sequence[Viewing], directory: Directory, read: Read, now: datetime) -> tuple[Viewer, ...]:
    """Return who has the study of a waiting read open in the PACS, the first one first."""
    if read.state not in WAITING:
        return ()
    seen = [one for one in viewings if one.is_open(now)]
    return tuple(
        Viewer(who=_signer(directory, one.who), since=one.opened_at)
        for one in sorted(seen, key=lambda one: one.opened_at)
    )


def _signer(directory: Directory, signed_by: str | None) -> str:
    if not signed_by:
        return ""
    known = directory.radiologists.get(signed_by)
    return known.name if known is not None else "a reader who is not in the directory"


def _rung(look: Reading, task: DeskTask) -> int:
    """Return in how many rounds since it was last free a telephone of the desk really rang for a task."""
    if not task.rings or task.state is not TaskState.OPEN:
        return task.rounds
    return min(task.rounds, len({one.try_no for one in look.all(Attempt, task_id=task.id)}))


#: What has an outcome of its own, however its relay stands.
_ENDS_BY_ITSELF = frozenset({TaskKind.WRONG_PERSON_TOLD})


def desk_card(look: Reading, directory: Directory, task: DeskTask) -> DeskCard:
    """Make a desk task's card from how things stand now."""
    relay = look.get(Relay, task.relay_id) if task.relay_id else None
    facility = directory.facilities.get(task.facility)
    what, todo = task_words.words_of(look, directory, task)
    read = showing.card_of(look, case_code=task.case_code) if task.case_code else None
    of_call = bridged.choices(look, task)
    ends_by_itself = bool(of_call) or task.kind in _ENDS_BY_ITSELF
    return DeskCard(
        task_id=task.id,
        kind=task.kind.value,
        case_code=case_code.shown(task.case_code) if task.case_code else "",
        facility=facility.alias if facility is not None else NO_SITE if task.facility == SYSTEM else LEFT,
        category=None if relay is None else relay.category,
        opened_at=task.opened_at,
        zone=facility.zone if facility is not None else "UTC",
        state=task.state.value,
        rounds=_rung(look, task),
        rings=task.rings,
        taken_by=task.taken_by,
        taken_at=task.taken_at,
        done_by=task.done_by,
        outcome=task.outcome,
        what=what,
        todo=todo,
        relay_open=relay is not None and relay.state is not RelayState.ENDED and not ends_by_itself,
        read_id="" if read is None else read.id,
        outcomes=of_call or tuple(outcomes_of(task.kind).items()),
    )
