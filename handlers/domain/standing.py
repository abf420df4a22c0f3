"""What lets somebody read: licenses, privileges and agreements, each with its dates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
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
class ProxyAgreement:
    """A written agreement by which a hospital relies on the distant site's credentialing of its readers.

    42 CFR 482.22(a)(3)-(4) for hospitals and 485.616(c) for critical access hospitals: besides the agreement the distant
    site keeps a current list of each reader's privileges.
    """

    id: str
    term: Agreement
    #: The day of the distant site's privilege list, and how old it may become.
    list_as_of: date
    list_limit: timedelta

    @property
    def list_holds_through(self) -> date:
        """The last day on which the privilege list still counts as current."""
        return self.list_as_of + self.list_limit


@dataclass(frozen=True, slots=True, kw_only=True)
class License:
    """A medical license of a state; compact membership is not a license. ``expires`` is its last day."""

    state: str
    number: str
    expires: date
    effective: date | None = None

    def is_active(self, on: date) -> bool:
        """Tell whether it is in force on a day."""
        return (self.effective is None or self.effective <= on) and on <= self.expires


@dataclass(frozen=True, slots=True, kw_only=True)
class Privilege:
    """A privilege to read at a facility, for the modalities named (``*`` is all)."""

    facility: str
    modalities: tuple[str, ...] = ("*",)
    effective: date | None = None
    expires: date | None = None
    #: The proxy agreement by which it was granted; "" for one that the facility granted itself.
    proxy: str = ""

    def covers(self, modality: str) -> bool:
        """Tell whether it is for this modality."""
        return "*" in self.modalities or modality in self.modalities


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """The days between which somebody reads for us; an end that is not known yet is None."""

    begins: date | None = None
    ends: date | None = None


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
    #: Directory ids of what they read as an expert.
    subspecialties: tuple[str, ...] = ()
    #: The country (ISO 3166-1 alpha-2) in which they sit while they read.
    located: str = "US"
    service: Service = field(default_factory=Service)
    #: How many reads they hold at most; None is as many as their pool allows.
    queue_cap: int | None = None
    #: By state and by facility: everybody is judged for every study that waits, so neither is looked for one by one.
    _licenses_in: Mapping[str, tuple[License, ...]] = field(init=False, repr=False, compare=False)
    _privileges_at: Mapping[str, tuple[Privilege, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Prepare both for looking up, once."""
        licenses: dict[str, tuple[License, ...]] = {}
        for license_ in self.licenses or ():
            licenses[license_.state] = (*licenses.get(license_.state, ()), license_)
        privileges: dict[str, tuple[Privilege, ...]] = {}
        for privilege in self.privileges or ():
            privileges[privilege.facility] = (*privileges.get(privilege.facility, ()), privilege)
        object.__setattr__(self, "_licenses_in", licenses)
        object.__setattr__(self, "_privileges_at", privileges)

    def licenses_in(self, state: str) -> tuple[License, ...]:
        """Return the licenses of a state, in their order."""
        return self._licenses_in.get(state, ())

    def privileges_at(self, facility: str) -> tuple[Privilege, ...]:
        """Return the privileges at a facility, in their order."""
        return self._privileges_at.get(facility, ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """Readers who share a Slack channel of worklist cards."""

    id: str
    channel: str
    members: tuple[str, ...]
    #: How many reads a member holds at most, stroke and trauma apart; None is any number.
    queue_cap: int | None = None
    #: The rota of the reader who is rung when nobody claims; "" where there is none.
    oncall: str = ""
    #: How long a holder may be silent before they are asked; None is the usual length of each class.
    lease: timedelta | None = None
    #: Its reads are handed out, next read by next read, instead of chosen from the cards; stroke and trauma may be chosen.
    hands_out: bool = False
    _ids: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Prepare the members for looking up, once: a pool may have a thousand."""
        object.__setattr__(self, "_ids", frozenset(self.members or ()))  # a file that is being read may lack them

    def has(self, reader: str) -> bool:
        """Tell whether a reader is a member."""
        return reader in self._ids


Proxies = Mapping[str, ProxyAgreement]
