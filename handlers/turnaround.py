"""Turnaround figures for those who may see a site: counts, percentiles and the share in target, by class."""

from __future__ import annotations

from handlers import people
from handlers.domain.cards import Turnaround
from handlers.domain.directory import Directory
from handlers.domain.errors import Rejection
from handlers.domain.turnaround import Span, by_class
from handlers.ports import House

_NAMED = 12  #: facilities that a refusal names


def turnaround(house: House, slack_user: str, facility_id: str, span: str) -> Turnaround:
    """Return the figures of the reads that ended within a span, of one facility or of all that this person may see."""
    directory = house.directory()
    people.name_of(directory, slack_user)
    seen = [one for one in directory.facilities if people.roles_at(directory, slack_user, one)]
    if span not in set(Span):
        raise Rejection("unknown_span", f"Say how far back: {', '.join(Span)}.")
    asked = [facility_id] if facility_id else seen
    if not asked or not set(asked) <= set(seen):
        raise Rejection("unknown_facility", _unknown(seen))
    with house.memory.reading() as look:
        ended = look.ended_reads(look.now - Span(span).length, look.now, asked)
    return Turnaround(where=_where(directory, asked, every=not facility_id), span=span, classes=by_class(ended))


def _where(directory: Directory, asked: list[str], *, every: bool) -> str:
    if every and len(asked) > 1:
        return f"all {len(asked)} facilities that you may see"
    return directory.facilities[asked[0]].alias


def _unknown(seen: list[str]) -> str:
    if not seen:
        return "There is no facility whose reads you may see. A PACS administrator can add you to one."
    more = f" and {len(seen) - _NAMED} more" if len(seen) > _NAMED else ""
    return f"You may see no such facility. Name one by its id: {', '.join(sorted(seen)[:_NAMED])}{more}."
