"""Names that lead nowhere, names that lead to two, and lists that are empty where somebody must be."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator

from bot.directory.problems import Marks, Problem, suggestion
from handlers.domain.agreements import CoverageModel
from handlers.domain.directory import Directory, Facility, StaffRole

#: Slack's limit of options in a select menu.
_MOST_PHRASES = 100


def problems(directory: Directory, marks: Marks) -> Iterator[Problem]:
    """Yield what refers to nothing, and what is doubled."""
    for facility in directory.facilities.values():
        yield from _facility(directory, facility, marks)
    yield from _readers(directory, marks)
    for pool in directory.pools.values():
        for at, member in enumerate(pool.members):
            yield from _known(marks, f"pools.{pool.id}.members[{at}]", "radiologist", member, directory.radiologists)
    if not directory.facilities:
        yield marks.error("facilities", "there is no facility: add at least one.")
    yield from _front_desk(directory, marks)
    yield from _sources(directory, marks)
    yield from _doubles(directory, marks)
    if len(directory.phrases) > _MOST_PHRASES:
        yield marks.error(
            "phrases", f"there are more than {_MOST_PHRASES} phrases, which Slack cannot list: remove some."
        )


def _known(marks: Marks, path: str, what: str, name: str, among: Iterable[str]) -> Iterator[Problem]:
    if name not in among:
        yield marks.error(path, f'there is no {what} "{name}".{suggestion(name, among)}')


def _facility(directory: Directory, facility: Facility, marks: Marks) -> Iterator[Problem]:
    path = f"facilities.{facility.id}"
    for what, name, among in (("pool", facility.pool, directory.pools), ("desk", facility.desk, directory.desks)):
        own = f"{path}.{what}"
        yield from _known(marks, own if own in marks.lines else f"defaults.{what}", what, name, among)
    yield from _privacy_officer(directory, facility, marks)
    desk, pool = directory.desks.get(facility.desk), directory.pools.get(facility.pool)
    if desk is not None and not desk.phones:
        yield marks.error(f"desks.{desk.id}", f'the desk "{desk.id}" has no phone that could ring: add phones.')
    if pool is not None and not pool.members:
        yield marks.error(f"pools.{pool.id}", f'the pool "{pool.id}" has no members, so nobody may read: add some.')
    if not any(facility.id in source.facilities for source in directory.sources.values()):
        yield marks.warning(path, "no source may send for this facility: name it in a source's facilities.")


def _privacy_officer(directory: Directory, facility: Facility, marks: Marks) -> Iterator[Problem]:
    own = f"facilities.{facility.id}.privacy_officer"
    path = own if own in marks.lines else "defaults.privacy_officer"
    name = facility.privacy_officer
    if not name:
        sentence = (
            "there is no privacy_officer: a finding told to the wrong person is left to the desk. Name one of staff."
        )
        yield marks.warning(f"facilities.{facility.id}", sentence)
        return
    yield from _known(marks, path, "member of staff", name, directory.staff)
    officer = directory.staff.get(name)
    if officer is not None and not any(officer.may(role, facility.id) for role in StaffRole):
        sentence = f"{officer.name} has no role at {facility.id}, so cannot open the case: add auditor."
        yield marks.warning(path, sentence)


def _readers(directory: Directory, marks: Marks) -> Iterator[Problem]:
    agreements = [one for facility in directory.facilities.values() for one in facility.coverage]
    asked_for = {one.subspecialty.id for one in agreements if one.subspecialty}
    # An agreement that names none where it must has an error of its own, and may mean any of them.
    is_known = all(one.subspecialty or one.model is not CoverageModel.SUBSPECIALTY for one in agreements)
    for reader in directory.radiologists.values():
        path = f"radiologists.{reader.id}"
        for proxy in dict.fromkeys(one.proxy for one in reader.privileges if one.proxy):
            among = directory.proxy_agreements
            yield from _known(marks, f"{path}.privileges", "proxy agreement", proxy, among)
        for at, name in enumerate(reader.subspecialties):
            if is_known and name not in asked_for:
                sentence = f'no coverage agreement asks for "{name}".{suggestion(name, asked_for)}'
                yield marks.warning(f"{path}.subspecialties[{at}]", sentence)


def _front_desk(directory: Directory, marks: Marks) -> Iterator[Problem]:
    if not directory.front_desk:
        yield marks.error("", "front_desk is missing: name the desk that answers callers without a valid code.")
        return
    yield from _known(marks, "front_desk", "desk", directory.front_desk, directory.desks)
    desk = directory.desks.get(directory.front_desk)
    if desk is not None and not desk.phones:
        yield marks.error("front_desk", f'the desk "{desk.id}" has no phone that could ring: add phones.')


def _sources(directory: Directory, marks: Marks) -> Iterator[Problem]:
    for source in directory.sources.values():
        ordering = source.defaults.get("ordering_contact")
        if ordering is None:
            continue
        path = f"sources.{source.id}.defaults.ordering_contact"
        yield from _known(marks, path, "contact", ordering, directory.contacts)
        if ordering in directory.contacts and directory.ordering(source.facilities[0], ordering) is None:
            yield marks.error(
                path, f'the contact "{ordering}" is retired or not of {source.facilities[0]}: name another.'
            )


def _doubles(directory: Directory, marks: Marks) -> Iterator[Problem]:
    radiologists, staff = directory.radiologists.values(), directory.staff.values()
    yield from _twice(
        marks, "Slack user", ((f"radiologists.{one.id}.slack_user", one.slack_user) for one in radiologists)
    )
    yield from _twice(marks, "Slack user", ((f"staff.{one.id}.slack_user", one.slack_user) for one in staff))
    yield from _twice(marks, "NPI", ((f"radiologists.{one.id}.npi", one.npi) for one in radiologists))
    active = [one for one in directory.contacts.values() if one.npi is not None and not one.retired]
    yield from _twice(marks, "NPI", ((f"contacts.{one.id}.npi", one.npi) for one in active))
    secrets = (
        (f"{section}.{one.id}.secrets[{at}]", name)
        for section, held in (("sources", directory.sources), ("sinks", directory.sinks))
        for one in held.values()
        for at, name in enumerate(one.secret_env)
    )
    yield from _twice(marks, "secret", secrets)
    yield from _namesakes(directory, marks)


def _namesakes(directory: Directory, marks: Marks) -> Iterator[Problem]:
    """Yield people whose names cannot be told apart; one person who stands in both sections has one Slack user."""
    people = [(f"radiologists.{one.id}", one.name, one.slack_user) for one in directory.radiologists.values()]
    people += [(f"staff.{one.id}", one.name, one.slack_user) for one in directory.staff.values()]
    seen: dict[str, tuple[str, str]] = {}
    for path, name, slack_user in people:
        first, user = seen.setdefault(" ".join(name.split()).casefold(), (path, slack_user))
        if user != slack_user:
            sentence = (
                f"{name} is also the name of {first} (line {marks.line(first)}): cards show names, so make them differ."
            )
            yield marks.warning(path, sentence)


def _twice(marks: Marks, what: str, found: Iterable[tuple[str, Hashable]]) -> Iterator[Problem]:
    seen: dict[Hashable, str] = {}
    for path, value in found:
        if value in seen:
            where = f"{seen[value]} (line {marks.line(seen[value])})"
            yield marks.error(path, f"the {what} {value} is already that of {where}: each has its own.")
        seen.setdefault(value, path)
