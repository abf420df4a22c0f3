"""From the file's text to the directory, or to everything that is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from bot.directory import people, rotas, sites
from bot.directory.checks import check
from bot.directory.coverage import with_coverage
from bot.directory.nodes import Entry, Value, compose
from bot.directory.policies import SPECIAL, Policies
from bot.directory.problems import DirectoryProblems, Log, Marks, Problem, Severity
from bot.directory.scalars import opened
from handlers.domain.directory import Directory
from handlers.domain.standing import Agreement

#: Those who are sent something of ours.
VENDORS = ("slack", "twilio")


@dataclass(frozen=True, slots=True)
class Inspection:
    """What reading a file gave: the directory where there was no error, and every problem in the order of the file."""

    directory: Directory | None
    problems: tuple[Problem, ...]
    marks: Marks

    @property
    def errors(self) -> tuple[Problem, ...]:
        """Those that keep the directory from being used."""
        return tuple(problem for problem in self.problems if problem.severity is Severity.ERROR)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """Those that are told and accepted."""
        return tuple(problem for problem in self.problems if problem.severity is Severity.WARNING)


def read(text: str) -> Directory:
    """Return the directory that ``text`` says; errors raise `DirectoryProblems`. Depends on nothing but the text."""
    inspection = inspect(text)
    if inspection.directory is None:
        raise DirectoryProblems(inspection.errors)
    return inspection.directory


def inspect(text: str, now: datetime | None = None) -> Inspection:
    """Read and check a file; ``now`` (else the clock's) is what dates are judged by, and only warnings depend on it.

    References and reachability are checked once every value could be read.
    """
    log = Log()
    try:
        root = compose(text, log)
    except DirectoryProblems as refused:
        return Inspection(None, refused.problems, log.marks)
    directory = root.read(lambda value: _directory(value, log))
    if not log.has_errors():
        for problem in check(directory, log.marks, (now or datetime.now(UTC)).astimezone(UTC)):
            log.add(problem)
    usable = None if log.has_errors() else directory
    return Inspection(usable, tuple(sorted(log.found)), log.marks)


def _directory(root: Value, log: Log) -> Directory:
    with root.entry() as top:
        known = frozenset(top.get("facilities", people.ids, ()) or ())
        desks = people.table(top, "desks", people.desk)
        defaults = sites.shared(top)
        for_contacts = (defaults, people.SHARED_BY_CONTACTS)
        contacts = people.table(top, "contacts", people.contacts(known), SPECIAL, for_contacts)
        policies = Policies(top, log)
        facilities = with_coverage(top, sites.facilities(top, policies, defaults), policies)
        policies.warn_of_unused()
        return Directory(
            facilities=facilities,
            pools=people.table(top, "pools", people.pool),
            radiologists=people.table(top, "radiologists", people.radiologists(known)),
            contacts=contacts,
            desks=desks,
            staff=people.table(top, "staff", people.staff(known)),
            proxy_agreements=people.table(top, "proxy_agreements", people.proxy_agreement),
            sources=sites.sources(top, known),
            sinks=sites.sinks(top, known),
            phrases=people.table(top, "phrases", sites.phrase),
            rotas=people.table(top, "rotas", rotas.rota, SPECIAL),
            front_desk=top.get("front_desk", people.identifier, next(iter(desks)) if len(desks) == 1 else ""),
            vendor_baas=top.get("vendor_baas", opened(_vendors), {}),
        )


def _vendors(entry: Entry) -> dict[str, Agreement]:
    found = {vendor: entry.get(vendor, people.agreement, None) for vendor in VENDORS}
    return {vendor: agreement for vendor, agreement in found.items() if agreement is not None}
