"""Problems with a study, reported by those who read or run the site: a desk task without ringing, and an end with an outcome."""

from __future__ import annotations

from handlers import desk, pauses, people, showing, unclaimed
from handlers.domain import case_code as codes
from handlers.domain import regions
from handlers.domain.cards import Choice
from handlers.domain.directory import Facility
from handlers.domain.errors import Rejection
from handlers.domain.machinery import AuditFact, Deadline, DeadlineKind
from handlers.domain.problems import UNSOLVED, Problem, ProblemKind, ProblemState
from handlers.domain.studies import WAITING, Read
from handlers.domain.tasks import DeskTask, TaskKind
from handlers.once import facility_or_reject, once
from handlers.ports import House, Reading, Transaction

UNKNOWN = "This read does not exist any more."
_MEANS = {
    ProblemKind.INCOMPLETE_SERIES: "Images are missing, or have not arrived",
    ProblemKind.MISSING_PRIOR: "An earlier study is needed to compare with",
    ProblemKind.MISSING_HISTORY: "Why it was done, or what is known, is not stated",
    ProblemKind.WRONG_PROTOCOL: "It was done in another way than was ordered",
    ProblemKind.BACK_TO_TECHNOLOGIST: "The technologist has to do something about it",
}


def problem_kinds(house: House, slack_user: str, read_id: str) -> tuple[Choice, ...]:
    """Return the problems that this person may report on a read, each with what follows from it."""
    facility_id = facility_or_reject(house, Read, "unknown_read", UNKNOWN, id=read_id)
    people.hand_at(house.directory(), slack_user, facility_id)
    with house.memory.reading() as look:
        _still_waiting(look.get(Read, read_id))
    facility = people.facility_of(house.directory(), facility_id)
    return tuple(
        Choice(
            code=kind.value,
            words=f"{kind.words.capitalize()}{'; the clock stands still' if kind in facility.pauses else ''}",
            means=_MEANS[kind],
        )
        for kind in ProblemKind
    )


def report_problem(house: House, read_id: str, kind: str, slack_user: str, delivery: str) -> str:
    """Report a problem with a read's study: its desk is told, and where the site says so its clock stands still."""
    facility_id = facility_or_reject(house, Read, "unknown_read", UNKNOWN, id=read_id)
    directory = house.directory()
    actor, name = people.hand_at(directory, slack_user, facility_id), people.name_of(directory, slack_user)
    if kind not in set(ProblemKind):
        known = ", ".join(f"`{one}`" for one in ProblemKind)
        raise Rejection("unknown_problem", f"There is no such problem. Say one of: {known}.")
    wrong, facility = ProblemKind(kind), people.facility_of(directory, facility_id)

    def act(tx: Transaction) -> str:
        read = _still_waiting(tx.get(Read, read_id))
        for twin in tx.all(Problem, read_id=read.id, kind=wrong, state=UNSOLVED):
            who = f"{twin.taken_by} has it" if twin.taken_by else "nobody has taken it yet"
            which = _with_which(tx, read)
            raise Rejection("problem_open", f"{wrong.words.capitalize()} is reported already{which}; {who}.")
        return _open(tx, house, facility, read, wrong, actor, name)

    return once(house, facility_id, delivery, act)


def report_problem_of_case(
    house: House, case: str, kind: str, slack_user: str, delivery: str, *, which: str = ""
) -> str:
    """Report a problem with a case by its code: with the read that ``which`` names, else with one of this person's, or that waits.

    Of several it is the first that has no such problem; preliminary ones come first, then regions from head to foot.
    """
    code = codes.asked(case)
    with house.memory.reading() as look:
        found = look.all(Read, case_code=code)
        known = look.all(Problem, case_code=code, state=UNSOLVED)
    if not found:
        raise Rejection("unknown_case", f"There is no case {codes.shown(code)}.")
    reads = regions.meant(found, which)
    waiting = [read for read in reads if read.state in WAITING]
    reader = house.directory().radiologist_of_slack(slack_user)
    mine = [read for read in waiting if reader is not None and read.claimed_by == reader.id]
    has_it = {one.read_id for one in known if one.kind.value == kind}
    concerned = min(mine or waiting or reads, key=lambda read: read.id in has_it)
    return report_problem(house, concerned.id, kind, slack_user, delivery)


def _still_waiting(read: Read | None) -> Read:
    if read is None:
        raise Rejection("unknown_read", UNKNOWN)
    if read.state not in WAITING:
        raise Rejection(
            "read_over", f"This read is {read.state.value}. Settle a problem with it with the site directly."
        )
    return read


def _open(
    tx: Transaction, house: House, facility: Facility, read: Read, kind: ProblemKind, actor: str, name: str
) -> str:
    problem = Problem(
        id=house.chance.token(),
        facility=read.facility,
        read_id=read.id,
        case_code=read.case_code,
        kind=kind,
        state=ProblemState.OPEN,
        pauses=kind in facility.pauses,
        opened_at=tx.now,
        opened_by=actor,
    )
    tx.add(problem)
    facts = {"kind": kind.value, "read": read.id, "pauses": problem.pauses}
    tx.audit(AuditFact(action="problem:open", actor=actor, case_code=read.case_code, subject=problem.id, facts=facts))
    read = pauses.retimed(tx, house, read, actor, kind.value)
    if read.paused_since is not None:
        unclaimed.over(tx, house, read, "paused")
    desk.open_task(tx, house, TaskKind.STUDY_PROBLEM, case_code=read.case_code, subject_id=problem.id)
    _plan_reminder(tx, house, problem)
    showing.show_read(tx, house, read)
    still = " The clock stands still until it ends." if problem.pauses else ""
    showing.note_read(tx, house, read, f"Problem reported by {name}: {kind.words}.{still}")
    return f"Reported{_with_which(tx, read)}: {kind.words}. The desk is told.{still}"


def _with_which(look: Reading, read: Read) -> str:
    """Return `` with the preliminary read`` where the case has several, "" where it has this one only."""
    reads = look.all(Read, case_code=read.case_code)
    return f" with {regions.named(read, reads)}" if len(reads) > 1 else ""


def _plan_reminder(tx: Transaction, house: House, problem: Problem) -> None:
    every = house.directory().facilities[problem.facility].problem_reminder
    tx.deadline(Deadline(kind=DeadlineKind.PROBLEM_REMINDER, subject=problem.id, due_at=tx.now + every))


def reminder_due(tx: Transaction, house: House, problem_id: str) -> None:
    """Remind the desk of a problem that has no outcome, again and again."""
    problem = tx.get(Problem, problem_id)
    if problem is None or problem.state not in UNSOLVED:
        return
    task = tx.one(DeskTask, kind=TaskKind.STUDY_PROBLEM, subject_id=problem.id, state=desk.OPEN)
    facts = {"kind": problem.kind.value, "taken_by": problem.taken_by}
    tx.audit(
        AuditFact(action="problem:remind", actor="robot", case_code=problem.case_code, subject=problem.id, facts=facts)
    )
    if task is not None:
        desk.remind(tx, house, task)
    _plan_reminder(tx, house, problem)


def end_all(tx: Transaction, house: House, read: Read, outcome: str) -> Read:
    """End every problem with a read that is over, and settle its clock at the instant at which it stopped."""
    for problem in tx.all(Problem, read_id=read.id, state=UNSOLVED):
        desk.settle(tx, house, TaskKind.STUDY_PROBLEM, problem.id, outcome)
    return pauses.retimed(tx, house, tx.get(Read, read.id) or read, "robot", outcome)
