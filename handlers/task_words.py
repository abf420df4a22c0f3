"""What a desk's task says of what happened, with what a fixed sentence cannot say: whom, which read, why. No identifiers."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from handlers import bounced, channels, hindered, lockouts, outages, overrides_told, people, privacy, showing
from handlers.domain import expiries, regions
from handlers.domain.access import InboundCall
from handlers.domain.clocks import Shares
from handlers.domain.directory import Directory
from handlers.domain.overrides import Override
from handlers.domain.problems import Problem
from handlers.domain.relays import Attempt
from handlers.domain.studies import EarlyReport, Read, ReadState, Report
from handlers.domain.tasks import ABOUT_READING, RINGS, DeskTask, TaskKind, TaskState
from handlers.ports import Reading
from handlers.tasks_told import told
from handlers.troubles import ACCOUNT

#: So many of the vendor's errors a card tells.
ERRORS_SHOWN = 2
#: What is odd about a report, in words, where its code does not say it.
_FLAGS = {
    "other_reader": "signed by somebody else than its reader",
    "never_claimed": "nobody had claimed its read",
    "unknown_reader": "its signer is not in the directory",
    "other_region": "on a region that is no read here",
}


def words_of(look: Reading, directory: Directory, task: DeskTask) -> tuple[str, str]:
    """Return (what happened, what to do next) of a task, as things stand now."""
    shadow = showing.in_shadow(look, directory, task.facility, task.relay_id)
    what, todo = _told_in_shadow(task.kind) if shadow else told(task.kind)
    what = _in_particular(look, directory, task) or what
    return what + _no_phone_rings(look, task) + _errors_met(look, task) + _reads_meant(look, task), todo


def _no_phone_rings(look: Reading, task: DeskTask) -> str:
    """Return that the vendor is out on every card that waits for somebody and would ring; its own kind says so already."""
    waits = task.rings and task.state is TaskState.OPEN and task.kind is not TaskKind.TELEPHONE_DOWN
    return f" {outages.DOWN}" if waits and outages.is_out(look) else ""


def _errors_met(look: Reading, task: DeskTask) -> str:
    """Return what the telephone vendor's errors on a relay's way meant, the newest ones; "" where there were none."""
    attempts = look.all(Attempt, relay_id=task.relay_id) if task.relay_id else []
    said = list(dict.fromkeys(one.vendor_says for one in reversed(attempts) if one.vendor_says))
    return "".join(f" {one}" for one in said[:ERRORS_SHOWN])


def _told_in_shadow(kind: TaskKind) -> tuple[str, str]:
    """Return what a desk is told of a task in shadow: what would have rung, and what would have been to do."""
    what, todo = told(kind)
    if kind is TaskKind.SHADOW or kind in ABOUT_READING:  # what the site sends is read, in shadow too
        return what, todo
    rang = " Here the desk's phones would have rung." if kind in RINGS else ""
    return f"SHADOW, nobody is called. {what}{rang}", f"Nothing, in shadow. Otherwise: {todo}"


def _in_particular(look: Reading, directory: Directory, task: DeskTask) -> str:
    """Return what happened where a fixed sentence would not say whom or what it is about; "" where it does."""
    words = _PARTICULAR.get(task.kind)
    return "" if words is None else words(look, directory, task)


def _expiry(_look: Reading, directory: Directory, task: DeskTask) -> str:
    return expiries.told(expiries.expiry_of(task.subject_id)[0], directory)


def _account(look: Reading, _directory: Directory, task: DeskTask) -> str:
    """Say what the vendor's code means with which it refuses our account."""
    met = look.one(Attempt, vendor_code=task.subject_id.removeprefix(ACCOUNT))
    return "" if met is None else f"{told(task.kind)[0]} {met.vendor_says}"


def _missed(look: Reading, directory: Directory, task: DeskTask) -> str:
    call = look.one(InboundCall, token=task.subject_id.partition(":")[2])
    return "" if call is None else f"{_caller(directory, call.caller)} {told(task.kind)[0]}"


def _asked(look: Reading, directory: Directory, task: DeskTask) -> str:
    override = look.get(Override, task.subject_id)
    return "" if override is None else f"{overrides_told.asked_words(directory, override)}."


def _opted_out(_look: Reading, directory: Directory, task: DeskTask) -> str:
    """Say who answered STOP: whoever of the directory has that number."""
    owners = task.subject_id.partition(":")[2]
    known = [directory.contacts[one].name for one in owners.split(",") if one in directory.contacts]
    return f"{' and '.join(known) or 'A number that is not in the directory'} answered STOP and is not texted any more. Calls go on."


def _caller(directory: Directory, number: str) -> str:
    """Say whose telephone it was, where the directory knows: who really called is not proved by that."""
    known = [one.name for one in directory.contacts.values() if any(line.e164 == number for line in one.numbers)]
    return f"The telephone of {' or '.join(known)}." if known else "A telephone that is not in the directory."


def _problem(look: Reading, _directory: Directory, task: DeskTask) -> str:
    problem = look.get(Problem, task.subject_id)
    if problem is None:
        return ""
    still = " While it lasts the clock of its read stands still." if problem.pauses else ""
    return f"{told(TaskKind.STUDY_PROBLEM)[0]} Reported: {problem.kind.words}.{still}"


def _odd(look: Reading, directory: Directory, task: DeskTask) -> str:
    report = look.get(Report, task.subject_id)
    if report is None:
        return ""
    signer = directory.radiologists.get(report.signed_by)
    name = "a reader who is not in the directory" if signer is None else signer.name
    of = f" on the {report.region}" if report.region else ""
    odd = ", ".join(_FLAGS.get(flag, flag.replace("_", " ")) for flag in report.flags)
    return f"A {report.kind} report{of}, signed by {name}, is odd: {odd}."


def _early(look: Reading, directory: Directory, task: DeskTask) -> str:
    early = look.get(EarlyReport, task.subject_id)
    if early is None:
        return ""
    known = people.resolve_radiologist(directory, early.signed_by)
    signer = "a reader who is not in the directory" if known is None else known.name
    return f"A {early.kind.removeprefix('report.')} report signed by {signer} came. {told(TaskKind.UNKNOWN_REPORT)[0]}"


def _unclaimed(look: Reading, directory: Directory, task: DeskTask) -> str:
    """Return why nobody has a read: its time is gone, or whoever is on call will not have it."""
    read = look.get(Read, task.subject_id)
    if read is None:
        return ""
    site = directory.facilities.get(read.facility)
    shares = Shares() if site is None else site.unclaimed
    if task.opened_at >= read.at_share(shares.desk):
        return ""
    why = hindered.by_calls(look, directory, read)
    pool = directory.pools.get(read.pool)
    if why is None and task.state is TaskState.OPEN and pool is not None and pool.oncall:
        why = hindered.by_standing(look, directory, read, pool)
    return f"Nobody has this read. {'Whoever is on call did not take it.' if why is None else why.words}"


#: The kinds whose sentence says whom or what it is about.
_PARTICULAR: Mapping[TaskKind, Callable[[Reading, Directory, DeskTask], str]] = {
    TaskKind.EXPIRES_SOON: _expiry,
    TaskKind.OPTED_OUT: _opted_out,
    TaskKind.MISSED_CALLER: _missed,
    TaskKind.LOCKED_OUT: lockouts.told,
    TaskKind.FIND_NUMBER: bounced.told,
    TaskKind.WRONG_PERSON_TOLD: privacy.told,
    TaskKind.ACCOUNT_REFUSED: _account,
    TaskKind.CHANNEL_REFUSED: lambda _look, directory, task: channels.told(directory, task.subject_id),
    TaskKind.OVERRIDE_ASKED: _asked,
    TaskKind.ODD_REPORT: _odd,
    TaskKind.UNKNOWN_REPORT: _early,
    TaskKind.UNCLAIMED: _unclaimed,
    TaskKind.STUDY_PROBLEM: _problem,
}


def _reads_meant(look: Reading, task: DeskTask) -> str:
    """Return, of a case of several reads, which one a task is about, and of a split study which are open; else ""."""
    reads = regions.in_order(look.all(Read, case_code=task.case_code) if task.case_code else [])
    if len(reads) < 2:  # noqa: PLR2004 - only of several one is meant
        return ""
    problem = look.get(Problem, task.subject_id)
    subject = task.subject_id if problem is None else problem.read_id
    meant = "".join(f" It is about {regions.named(read, reads)} only." for read in reads if read.id == subject)
    if not any(read.region for read in reads):
        return meant
    still = ", ".join(read.region for read in reads if read.region and read.state is ReadState.OPEN)
    return f"{meant} Split by region; open: {still or 'none'}."
