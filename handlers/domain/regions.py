"""Regions of the body by which a trauma may be split: a read for each, all under one clock, and what a report covers of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from handlers.domain.classes import ReadKind
from handlers.domain.errors import Rejection
from handlers.domain.studies import DUE, Read, Report

#: Into how many reads one may be split.
FEWEST, MOST = 2, 6


class Region(StrEnum):
    """The regions there are."""

    HEAD = "head"
    NECK = "neck"
    CHEST = "chest"
    ABDOMEN = "abdomen"
    PELVIS = "pelvis"
    SPINE = "spine"
    EXTREMITIES = "extremities"


def asked(words: Sequence[str]) -> tuple[Region, ...]:
    """Return the regions that somebody typed, in their order, or refuse with those there are; nothing typed is repeated."""
    typed = [word.strip(",").lower() for word in words]
    known = ", ".join(f"`{region}`" for region in Region)
    if not set(typed) <= set(Region):
        raise Rejection("unknown_region", f"There is no such region. Say {FEWEST} to {MOST} of: {known}.")
    if len(set(typed)) < len(typed):
        raise Rejection("region_twice", f"A region is named twice. Say each once: {FEWEST} to {MOST} of {known}.")
    if not FEWEST <= len(typed) <= MOST:
        raise Rejection("how_many_regions", f"A read is split into {FEWEST} to {MOST} regions of: {known}.")
    return tuple(Region(word) for word in typed)


def in_order(reads: Iterable[Read]) -> list[Read]:
    """Return reads of the whole first, then by region from head to foot; those of one region stay as they came."""
    places = {"": 0} | {region.value: place for place, region in enumerate(Region, 1)}
    return sorted(reads, key=lambda read: places[read.region])


def in_turn(reads: Iterable[Read]) -> list[Read]:
    """Return a case's reads as people name them: preliminary ones first, each kind from the whole and head to foot."""
    return sorted(in_order(reads), key=lambda read: read.kind is not ReadKind.PRELIMINARY)


def named(read: Read, reads: Iterable[Read], *, begins: bool = False) -> str:
    """Return what tells a read from the others of its case: "the preliminary read", "the head", and "this read" of one.

    begins: whether a sentence begins with it.
    """
    words = _named(read, reads)
    return words[:1].upper() + words[1:] if begins else words


def _named(read: Read, reads: Iterable[Read]) -> str:
    of_case = list(reads)
    kind = f"{read.kind.value} " if len({one.kind for one in of_case}) > 1 else ""
    if not read.region:
        return f"the {kind}read" if len(of_case) > 1 else "this read"
    return f"the {kind}read of the {read.region}" if kind else f"the {read.region}"


def meant(reads: Sequence[Read], word: str) -> list[Read]:
    """Return the reads of a case that a word names: a region, ``preliminary`` or ``final``; all where it is "", or refuse."""
    if word not in ("", *ReadKind, *Region):
        known = ", ".join(f"`{one}`" for one in (*ReadKind, *Region))
        raise Rejection("unknown_read", f"There is no such read. Say one of: {known}.")
    found = [one for one in in_turn(reads) if word in ("", one.kind.value, one.region)]
    if not found and word in tuple(Region):
        raise Rejection("unknown_region", "This case has no read of that region. Its cards say into which it is split.")
    if not found:
        raise Rejection("unknown_read", f"This case has no {word} read. Its cards say which it has.")
    return found


def is_about(report: Report, read: Read, reads: Iterable[Read]) -> bool:
    """Tell whether a report that has come is about a read, of the reads of their study.

    It is about those that it ended. One that ended none is about the read of its region, and without such a one about all.
    """
    reads = list(reads)
    ended = [one.id for one in reads if _ended(report, one)]
    if ended:
        return read.id in ended
    return read.region == report.region or all(one.region != report.region for one in reads)


def _ended(report: Report, read: Read) -> bool:
    is_its_own = (read.reported_by, read.reported_at) == (report.signed_by, report.signed_at)
    return is_its_own and read.kind.value == report.kind and report.region in ("", read.region)


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """What a report covers of a study's reads: those it ends, and those that it makes superfluous."""

    ended: tuple[Read, ...]
    superseded: tuple[Read, ...]


def covered(reads: Sequence[Read], kind: str, region: str, signer: str) -> Covered:
    """Return what a report of a kind covers of what is still to be read.

    One that names a region covers that region and no read of the whole. One that names none covers, of a split study, what
    its signer holds; where they hold nothing, all of its kind. A final report also makes the preliminary reads superfluous
    of what it covers, and all of them once no final one is left.
    """
    due = [read for read in reads if read.state in DUE]
    of_kind = [read for read in due if read.kind.value == kind]
    if region:
        ended = [read for read in of_kind if read.region == region]
    else:
        ended = [read for read in of_kind if read.region and read.claimed_by == signer] or of_kind
    superseded: list[Read] = []
    if kind == ReadKind.FINAL:
        regions = {read.region for read in ended} | {region} - {""}
        is_all = len(ended) == len(of_kind) and (bool(ended) or not region)
        preliminary = [read for read in due if read.kind is ReadKind.PRELIMINARY]
        superseded = [read for read in preliminary if is_all or (read.region and read.region in regions)]
    return Covered(ended=tuple(ended), superseded=tuple(superseded))
