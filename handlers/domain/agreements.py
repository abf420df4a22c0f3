"""Coverage agreements: for which studies and hours a facility has engaged us, and which reads that makes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from handlers.domain.classes import Priority
from handlers.domain.clocks import GENERAL_AFTER
from handlers.domain.hours import Hours
from handlers.domain.policies import PolicyRule


class CoverageModel(StrEnum):
    """What a facility has engaged us for."""

    NIGHTHAWK = "nighthawk"  # nights, weekends and holidays
    OVERFLOW = "overflow"  # what is more than the facility's readers can read in time
    SUBSPECIALTY = "subspecialty"  # what belongs to experts
    FINAL = "final"  # signed reports of record
    PACS_ADMINISTRATION = "pacs_administration"  # relays and the desk; no reading


class OwedRead(StrEnum):
    """A read that an agreement makes of every study that it covers."""

    PRELIMINARY = "preliminary"  # by us
    FINAL = "final"  # by us
    CLIENT_FINAL = "client_final"  # by the facility's own radiologists: awaited, never claimed, no breach


@dataclass(frozen=True, slots=True, kw_only=True)
class Subspecialty:
    """Which studies belong to a subspecialty: of one of these modalities *and* of one of these body parts (``*`` is all)."""

    id: str
    modalities: tuple[str, ...] = ("*",)
    #: Values of BodyPartExamined (DICOM PS3.3 (0018,0015)) in capitals.
    body_parts: tuple[str, ...] = ("*",)

    def holds(self, modality: str, body_part: str) -> bool:
        """Tell whether such a study belongs to it."""
        return _is_of(modality, self.modalities) and _is_of(body_part.upper(), self.body_parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class OverflowLimits:
    """When overflow opens and when it closes again; the distance between the two keeps it from flapping."""

    #: It opens when so many reads of the facility wait unclaimed, and closes when no more than ``closes`` do.
    opens: int
    closes: int
    #: It also opens when so many of them are late: unclaimed after ``late_share`` percent of the time that they came with.
    late: int
    late_share: int = 80
    #: Once open it stays so for at least so long.
    at_least: timedelta = timedelta(minutes=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageAgreement:
    """One agreement at one facility. Hours, holidays and dates (both inclusive) are the facility's own calendar's."""

    id: str
    facility: str
    model: CoverageModel
    effective: date
    expires: date
    reads: tuple[OwedRead, ...] = ()
    modalities: tuple[str, ...] = ("*",)
    subspecialty: Subspecialty | None = None
    #: Weekly hours; empty is at all hours.
    hours: tuple[Hours, ...] = ()
    #: Days on which it holds around the clock, whatever the weekly hours say.
    holidays: frozenset[date] = frozenset()
    #: "" is the facility's own pool.
    pool: str = ""
    #: Where finals that follow a preliminary go; "" is the agreement's pool.
    final_pool: str = ""
    #: Classes that lack here have the facility's target.
    targets: Mapping[Priority, timedelta] = field(default_factory=dict)
    #: The targets of a final that follows a preliminary; classes that lack here have ``targets``.
    final_targets: Mapping[Priority, timedelta] = field(default_factory=dict)
    #: Ladders in place of the facility's; where none of them fits, the facility's do.
    rules: tuple[PolicyRule, ...] = ()
    #: A subspecialty's read is open to general readers once so many percent of its target are gone.
    general_after: int = GENERAL_AFTER
    overflow: OverflowLimits | None = None

    def is_in_force(self, local: datetime) -> bool:
        """Tell whether the agreement holds at a local instant: its dates, and its hours or a holiday."""
        today = local.date()
        if not self.effective <= today <= self.expires:
            return False
        return not self.hours or today in self.holidays or any(window.contains(local) for window in self.hours)

    def is_about(self, modality: str, body_part: str) -> bool:
        """Tell whether it is about such a study."""
        if self.subspecialty is not None and not self.subspecialty.holds(modality, body_part):
            return False
        return _is_of(modality, self.modalities)

    def pool_of(self, owed: OwedRead) -> str:
        """Return the pool of one of its reads; "" is the facility's."""
        follows = owed is OwedRead.FINAL and OwedRead.PRELIMINARY in self.reads
        return (self.final_pool if follows else "") or self.pool

    def target_of(self, owed: OwedRead, priority: Priority) -> timedelta | None:
        """Return the target of one of its reads; None is the facility's."""
        follows = owed is not OwedRead.PRELIMINARY and OwedRead.PRELIMINARY in self.reads
        own = self.targets.get(priority)
        return self.final_targets.get(priority, own) if follows else own


def _is_of(value: str, among: tuple[str, ...]) -> bool:
    return "*" in among or value in among
