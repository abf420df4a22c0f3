"""Coverage agreements that cannot hold, that none can reach, or that overlap so that only their order decides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from functools import reduce
from operator import or_

from bot.directory.hours import ALWAYS, minutes, named
from bot.directory.problems import Marks, Problem, Severity, suggestion
from handlers.domain.agreements import CoverageAgreement, CoverageModel, OwedRead
from handlers.domain.clocks import GENERAL_AFTER
from handlers.domain.directory import Directory

_COMBINATIONS: tuple[set[OwedRead], ...] = (
    set(),
    {OwedRead.PRELIMINARY},
    {OwedRead.FINAL},
    {OwedRead.CLIENT_FINAL},
    {OwedRead.PRELIMINARY, OwedRead.FINAL},
    {OwedRead.PRELIMINARY, OwedRead.CLIENT_FINAL},
)
#: Models whose overlap with others is what they are for.
_BESIDE = frozenset({CoverageModel.OVERFLOW, CoverageModel.SUBSPECIALTY})


def problems(directory: Directory, marks: Marks, today: date) -> Iterator[Problem]:
    """Yield what is wrong with each agreement, and with those of a facility together; one with an error says nothing of others."""
    every = {one.id: one for facility in directory.facilities.values() for one in facility.coverage}
    alone = {key: list(_alone(directory, agreement, marks, today)) for key, agreement in every.items()}
    broken = {key for key, found in alone.items() if any(one.severity is Severity.ERROR for one in found)}
    for found in alone.values():
        yield from found
    for facility in directory.facilities.values():
        yield from _together(facility.id, [one for one in facility.coverage if one.id not in broken], marks)


def _alone(directory: Directory, agreement: CoverageAgreement, marks: Marks, today: date) -> Iterator[Problem]:
    path = f"coverage.{agreement.id}"
    for key, pool in (("pool", agreement.pool), ("final_pool", agreement.final_pool)):
        if pool and pool not in directory.pools:
            sentence = f'there is no pool "{pool}".{suggestion(pool, directory.pools)}'
            yield marks.error(f"{path}.{key}", sentence)
        elif pool and not directory.pools[pool].members:
            yield marks.error(f"pools.{pool}", f'the pool "{pool}" has no members, so nobody may read: add some.')
    if agreement.expires < agreement.effective:
        sentence = f"this ends ({agreement.expires}) before it begins ({agreement.effective}): swap the dates."
        yield marks.error(path, sentence)
    elif agreement.expires < today:
        sentence = f"this expired on {agreement.expires} and covers nothing any more: renew or remove it."
        yield marks.warning(path, sentence)
    yield from _reads(agreement, marks, path)
    yield from _model(agreement, marks, path)


def _reads(agreement: CoverageAgreement, marks: Marks, path: str) -> Iterator[Problem]:
    made = set(agreement.reads)
    if made not in _COMBINATIONS or len(made) != len(agreement.reads):
        sentence = (
            "reads is one of [preliminary], [final], [client_final], [preliminary, final], [preliminary, client_final]:"
            " a study has one final."
        )
        yield marks.error(f"{path}.reads", sentence)
    reading = agreement.model is not CoverageModel.PACS_ADMINISTRATION
    if reading and not made:
        yield marks.error(f"{path}.reads", "this makes no read: name some, or the model is pacs_administration.")
    if not reading and made:
        yield marks.error(f"{path}.reads", "pacs_administration makes no read: leave reads out, or name another model.")
    follows = made == {OwedRead.PRELIMINARY, OwedRead.FINAL}
    if (agreement.final_pool or agreement.final_targets) and not follows:
        sentence = "final_pool and final_targets are for [preliminary, final]: write pool and targets."
        yield marks.warning(path, sentence)


def _model(agreement: CoverageAgreement, marks: Marks, path: str) -> Iterator[Problem]:
    is_overflow = agreement.model is CoverageModel.OVERFLOW
    limits = agreement.overflow
    if is_overflow and limits is None:
        sentence = "overflow is missing: say when it opens and closes, as in overflow: {opens: 20, closes: 10}."
        yield marks.error(path, sentence)
    elif not is_overflow and limits is not None:
        yield marks.error(f"{path}.overflow", "only the model overflow opens and closes: remove this, or change model.")
    elif limits is not None and limits.closes >= limits.opens:
        sentence = f"it would close ({limits.closes}) as soon as it opens ({limits.opens}): closes is the lower one."
        yield marks.error(f"{path}.overflow", sentence)
    if agreement.model is CoverageModel.SUBSPECIALTY and agreement.subspecialty is None:
        yield marks.error(path, "subspecialty is missing: name one of the section subspecialties.")
    if agreement.subspecialty is None and agreement.general_after != GENERAL_AFTER:
        sentence = "general_after is for an agreement with a subspecialty: remove it, or name the subspecialty."
        yield marks.warning(f"{path}.general_after", sentence)


def _mask(agreement: CoverageAgreement) -> int:
    return reduce(or_, (minutes(window) for window in agreement.hours), 0) if agreement.hours else ALWAYS


def _together(facility: str, coverage: Sequence[CoverageAgreement], marks: Marks) -> Iterator[Problem]:
    """Yield an agreement that earlier ones leave nothing to, and pairs that overlap in part: the first of them wins."""
    for at, later in enumerate(coverage):
        path = f"coverage.{later.id}"
        left = mask = _mask(later)
        for earlier in coverage[:at]:
            if earlier.model is not CoverageModel.OVERFLOW and _contains(earlier, later):
                left &= ~_mask(earlier)
        if not left and not later.holidays:
            yield marks.warning(path, f"this is never reached at {facility}: the agreements before it cover it.")
            continue
        for earlier in coverage[:at]:
            shared = mask & _mask(earlier)
            if shared and later.hours and _collide(earlier, later):
                sentence = f"at {facility} this overlaps with {earlier.id} on {named(shared)}: {earlier.id} wins."
                yield marks.warning(path, sentence)


def _contains(earlier: CoverageAgreement, later: CoverageAgreement) -> bool:
    """Tell whether whatever the later one is about, while it holds, the earlier one is about, too."""
    in_dates = earlier.effective <= later.effective and later.expires <= earlier.expires
    modalities = "*" in earlier.modalities or set(later.modalities) <= set(earlier.modalities)
    return in_dates and modalities and earlier.subspecialty in (None, later.subspecialty)


def _collide(earlier: CoverageAgreement, later: CoverageAgreement) -> bool:
    if earlier.model in _BESIDE or later.model in _BESIDE:
        return False
    in_dates = earlier.effective <= later.expires and later.effective <= earlier.expires
    everything = "*" in (*earlier.modalities, *later.modalities)
    return in_dates and (everything or bool(set(earlier.modalities) & set(later.modalities)))
