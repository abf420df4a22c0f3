"""What lets somebody read: licenses, privileges and agreements, each with its dates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """A dated agreement (a Business Associate Agreement); both dates are inclusive, in the facility's zone."""

    effective: date
    expires: date

    def is_active(self, on: date) -> bool:
        """Tell whether the agreement is in force on that day."""
        return self.effective <= on <= self.expires


@dataclass(frozen=True, slots=True, kw_only=True)
class License:
    """A medical license of a state; compact membership is not a license. ``expires`` is its last day."""

    state: str
    number: str
    expires: date
    effective: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Privilege:
    """A privilege to read at a facility, for the modalities named (``*`` is all)."""

    facility: str
    modalities: tuple[str, ...] = ("*",)
    effective: date | None = None
    expires: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Radiologist:
    """A reader: how Slack and the telephone find them, and what they may lawfully read."""

    id: str
    name: str
    slack_user: str
    npi: str
    phone: str
    licenses: tuple[License, ...] = ()
    privileges: tuple[Privilege, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """Readers who share a Slack channel of worklist cards."""

    id: str
    channel: str
    members: tuple[str, ...]
    #: How long a holder may be silent before they are asked; None is the usual length of each class.
    lease: timedelta | None = None
