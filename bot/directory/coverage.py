"""Reads coverage agreements and subspecialties; an agreement that names several facilities becomes one for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from bot.directory import scalars
from bot.directory.calendar import public_holidays
from bot.directory.nodes import Entry, Value
from bot.directory.people import day, flag, identifier, some, table
from bot.directory.policies import Policies, Rule, rules, windows
from bot.directory.problems import Unfit, suggestion
from bot.directory.scalars import each, lifted, opened
from handlers.domain.agreements import CoverageAgreement, CoverageModel, OverflowLimits, OwedRead, Subspecialty
from handlers.domain.classes import Priority
from handlers.domain.clocks import GENERAL_AFTER
from handlers.domain.directory import Facility

#: What a model makes where the agreement does not say it.
_USUAL = {
    CoverageModel.NIGHTHAWK: (OwedRead.PRELIMINARY, OwedRead.CLIENT_FINAL),
    CoverageModel.OVERFLOW: (OwedRead.FINAL,),
    CoverageModel.SUBSPECIALTY: (OwedRead.FINAL,),
    CoverageModel.FINAL: (OwedRead.FINAL,),
    CoverageModel.PACS_ADMINISTRATION: (),
}
#: Holidays are written out; longer agreements than this are written by mistake.
_LONGEST = timedelta(days=366 * 50)
_modalities = each(lifted(scalars.modality))
_whole = lifted(scalars.whole(1, 100_000))


@dataclass(frozen=True, slots=True)
class Written:
    """An agreement as it stands in the file: its values, where it applies, and what each facility fills in by itself."""

    agreement: CoverageAgreement
    facilities: tuple[str, ...]
    rules: tuple[Rule, ...]
    holidays: bool


def with_coverage(top: Entry, facilities: Mapping[str, Facility], policies: Policies) -> dict[str, Facility]:
    """Return the facilities with their agreements, in the order of the file."""
    known = table(top, "subspecialties", _subspecialty)
    ids = frozenset(facilities)

    def read(name: str, entry: Entry) -> Written:
        return _agreement(name, entry, known, ids)

    covered = dict(facilities)
    for written in table(top, "coverage", read).values():
        for place in written.facilities or ():
            facility = covered[place]
            covered[place] = replace(facility, coverage=(*facility.coverage, _at(facility, written, policies)))
    return covered


def _at(facility: Facility, written: Written, policies: Policies) -> CoverageAgreement:
    """Return an agreement as it is at a facility: its contacts, its calendar."""
    one = written.agreement
    days: frozenset[date] = frozenset()
    if written.holidays and facility.state and one.effective and one.expires:
        days = public_holidays(facility.state, one.effective, one.expires)
    place = policies.place(facility.id)
    ladders = () if place is None else policies.at(place, written.rules)
    return replace(one, facility=facility.id, rules=ladders, holidays=days)


def _subspecialty(name: str, entry: Entry) -> Subspecialty:
    return Subspecialty(
        id=name,
        modalities=entry.get("modalities", _modalities, ("*",)),
        body_parts=entry.get("body_parts", each(lifted(_body_part)), ("*",)),
    )


def _body_part(written: str) -> str:
    return scalars.text(written).upper()


def _agreement(name: str, entry: Entry, known: Mapping[str, Subspecialty], ids: frozenset[str]) -> Written:
    model = entry.need("model", lifted(scalars.choice(CoverageModel)))
    effective, expires = entry.need("effective", day), entry.need("expires", day)
    if effective and expires and expires - effective > _LONGEST:
        entry.missing("this lasts longer than 50 years: write the day on which it really ends.")
    one = CoverageAgreement(
        id=name,
        facility="",
        model=model,
        effective=effective,
        expires=expires,
        reads=entry.get("reads", each(lifted(scalars.choice(OwedRead))), _USUAL.get(model, ())),
        modalities=entry.get("modalities", _modalities, ("*",)),
        subspecialty=entry.get("subspecialty", _one_of(known), None),
        hours=entry.get("hours", windows, ()),
        pool=entry.get("pool", identifier, ""),
        final_pool=entry.get("final_pool", identifier, ""),
        targets=entry.get("targets", opened(_targets), {}),
        final_targets=entry.get("final_targets", opened(_targets), {}),
        overflow=entry.get("overflow", opened(_limits), None),
        general_after=entry.get("general_after", lifted(scalars.whole(0, 100)), GENERAL_AFTER),
    )
    return Written(
        one,
        entry.need("facilities", some(ids, "facility")),
        entry.get("policy", rules, ()),
        entry.get("holidays", flag, default=False),
    )


def _one_of(known: Mapping[str, Subspecialty]) -> Callable[[Value], Subspecialty]:
    def parse(value: Value) -> Subspecialty:
        name = value.text()
        if name not in known:
            raise Unfit(f'there is no subspecialty "{name}".{suggestion(name, known)}')
        return known[name]

    return parse


def _targets(entry: Entry) -> dict[Priority, timedelta]:
    found = {priority: entry.get(priority.value, lifted(scalars.duration), None) for priority in Priority}
    return {priority: length for priority, length in found.items() if length is not None}


def _limits(entry: Entry) -> OverflowLimits:
    return OverflowLimits(
        opens=entry.need("opens", _whole),
        closes=entry.need("closes", lifted(scalars.whole(0, 100_000))),
        late=entry.get("late", _whole, 3),
        late_share=entry.get("late_share", lifted(scalars.whole(1, 100)), 80),
        at_least=entry.get("at_least", lifted(scalars.duration), timedelta(minutes=30)),
    )
