"""Who and what radrelay knows: facilities, people, numbers, agreements and policies, as frozen values.

The directory is one checked, versioned file. Everything here is read live when it is needed, except a policy's rungs and
waits, which a running relay keeps as they were when it started.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from handlers.domain.agreements import CoverageAgreement
from handlers.domain.classes import PatientClass, Priority
from handlers.domain.clocks import ClockStart, Shares
from handlers.domain.contact_pins import PIN_LASTS
from handlers.domain.limits import USUAL, Limit
from handlers.domain.policies import EscalationPolicy, PolicyRule, Role, Storm, first_fit
from handlers.domain.problems import ProblemKind
from handlers.domain.quiet import QuietRule
from handlers.domain.recordings import KEPT_FOR, Recorded
from handlers.domain.rotas import Rota
from handlers.domain.sinks import Sink
from handlers.domain.standing import Agreement, Pool, ProxyAgreement, Radiologist


class NumberKind(StrEnum):
    """What answers at a number; it decides what may be done there."""

    MOBILE = "mobile"
    DIRECT = "direct"
    UNIT = "unit"
    SWITCHBOARD = "switchboard"
    ANSWERING_SERVICE = "answering_service"
    PAGER = "pager"
    BADGE = "badge"  # worn on the body, and has no keypad: everything is said
    FAX = "fax"


class StaffRole(StrEnum):
    """What a member of staff may do in radrelay."""

    PACS_ADMIN = "pacs_admin"
    AUDITOR = "auditor"


#: Kinds of number that the robot may dial: all at which somebody, or a pager, takes a message. Never a fax.
DIALABLE = frozenset(NumberKind) - {NumberKind.FAX}


#: Kinds of number at which several people answer, so that a contact's name says nothing of who they are; ``inbound`` is a
#: call to our own number.
SHARED = frozenset({NumberKind.UNIT.value, NumberKind.SWITCHBOARD.value, NumberKind.BADGE.value, "inbound"})

#: Kinds of number where a machine may be left the callback number and code.
TAKES_VOICEMAIL = frozenset({NumberKind.MOBILE, NumberKind.DIRECT})


#: How often a desk is reminded of a problem, where its site says nothing of that.
PROBLEM_REMINDER = timedelta(minutes=20)


#: Twilio's SendDigits holds so many signs; so many of them are left for what a pager wants before our number.
MOST_DIGITS, PAGER_PREFIX = 32, 12
#: A pager terminal speaks for about two seconds before its tone.
PAGER_WAITS = "wwww"


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A telephone number in E.164 with what is known of it. Only verified, consented numbers are dialed by the robot."""

    e164: str
    kind: NumberKind
    extension: str = ""
    #: Digits sent after the answer, with ``w`` for half a second's pause (Twilio's SendDigits).
    send_digits: str = ""
    #: Whom an operator is asked for there; "" is the contact's name.
    ask_for: str = ""
    #: The day on which consent to automated calls was recorded (TCPA); None is no consent.
    consent: date | None = None
    #: Whether that consent covers text messages.
    sms_consent: bool = False
    verified: date | None = None

    def keyed(self, ours: str, code: str) -> str:
        """Return the digits that are keyed once it answers, with pauses: an extension, or to a pager our number and code.

        A pager shows digits only: our number without its country, a star, and the relay's code (Twilio's SendDigits holds 32).
        """
        if self.kind is NumberKind.PAGER:
            return f"{self.send_digits or PAGER_WAITS}{ours.removeprefix('+1').lstrip('+')}*{code}#"[:MOST_DIGITS]
        return self.dialed_after()

    def may_be_dialed(self) -> bool:
        """Tell whether the robot may call this number at all (invariant: verified, consented, a kind that speaks)."""
        return self.kind in DIALABLE and self.consent is not None and self.verified is not None

    def dialed_after(self) -> str:
        """Return the digits that are sent once it is answered: those written, else its extension after a second."""
        return self.send_digits or (f"ww{self.extension}" if self.extension else "")

    def may_be_texted(self) -> bool:
        """Tell whether the robot may text this number."""
        return self.kind is NumberKind.MOBILE and self.sms_consent and self.may_be_dialed()


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Somebody at a facility who can be told: a clinician, or a unit whose phone is answered by whoever is there."""

    id: str
    name: str
    role: Role
    numbers: tuple[Number, ...] = ()
    npi: str | None = None
    #: ``scrypt$…`` over PIN and the server-side pepper; None means that the menu's role keys identify the receiver.
    pin_hash: str | None = None
    facilities: tuple[str, ...] = ("*",)
    retired: bool = False
    #: How often the robot may call them, over all their numbers; category 1 is never held by it.
    limits: tuple[Limit, ...] = USUAL

    def serves(self, facility: str) -> bool:
        """Tell whether this contact belongs to a facility."""
        return "*" in self.facilities or facility in self.facilities

    def may_be_called(self) -> bool:
        """Tell whether the robot may call this contact at any number at all."""
        return not self.retired and any(number.may_be_dialed() for number in self.numbers)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskPhone:
    """A telephone that rings at a desk, and the name under which whoever answers it takes a task."""

    number: str
    who: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The humans at the end of every ladder: a Slack channel *and* telephones."""

    id: str
    name: str
    channel: str
    phones: tuple[DeskPhone, ...]
    #: The rota of whoever's telephone rings first; "" where all ring from the first round.
    rota: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Staff:
    """A member of staff and the facilities (``*`` is all) for which each role holds."""

    id: str
    name: str
    slack_user: str
    roles: Mapping[StaffRole, tuple[str, ...]]
    #: Rung when they ask to be connected to somebody.
    phone: str = ""

    def may(self, role: StaffRole, facility: str) -> bool:
        """Tell whether this person holds ``role`` for ``facility``."""
        held = self.roles.get(role, ())
        return "*" in held or facility in held


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A system that sends events: where it may speak for, and the environment variables that hold its secrets."""

    id: str
    facilities: tuple[str, ...]
    secret_env: tuple[str, ...]
    #: What a DICOM source's headers cannot say (priority, patient_class, ordering_contact); empty for JSON sources.
    defaults: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facility:
    """A site that sends studies."""

    id: str
    name: str
    #: What Slack shows and the telephone says instead of the name, where the site prefers that.
    alias: str
    state: str
    zone: str
    pool: str
    desk: str
    #: The staffed number that a clinician who does not trust a robot can call.
    callback_number: str
    baa: Agreement | None
    rules: tuple[PolicyRule, ...]
    targets: Mapping[Priority, timedelta]
    shadow: bool = True
    #: The number of ours that calls and texts for it, so that its people know who calls; "" is the one for all.
    caller_number: str = ""
    #: What it has agreed to have recorded.
    recording: Recorded = field(default_factory=Recorded)
    #: How long recordings are kept.
    recordings_kept: timedelta = KEPT_FOR
    #: Final reads are taken from readers who sit abroad; otherwise they read preliminaries only.
    finals_from_abroad: bool = False
    #: Directory id of the staff member whose privacy events are; "" leaves them to the desk.
    privacy_officer: str = ""
    #: How long a PIN that was told by telephone holds.
    pin_lasts: timedelta = PIN_LASTS
    storm: Storm = field(default_factory=Storm)
    #: When what is not category 1 is not called.
    quiet: tuple[QuietRule, ...] = ()
    #: ``https://pacs.example/viewer?acc={accession_number}``; filled on the case page only.
    pacs_link: str = ""
    #: What starts the clocks of its reads.
    clock: ClockStart = ClockStart.LAST_IMAGE
    #: The problems for which a read's clock stands still.
    pauses: frozenset[ProblemKind] = frozenset(ProblemKind)
    #: How often the desk is reminded of a problem without an outcome.
    problem_reminder: timedelta = PROBLEM_REMINDER
    #: When who is told of a read that nobody has.
    unclaimed: Shares = field(default_factory=Shares)
    #: Coverage agreements in the order in which they are asked; none is one final read by us of every study.
    coverage: tuple[CoverageAgreement, ...] = ()

    def pools(self) -> tuple[str, ...]:
        """Return every pool whose readers read here, the facility's own first."""
        named = (pool for one in self.coverage for pool in (one.pool, one.final_pool) if pool)
        return tuple(dict.fromkeys((self.pool, *named)))

    def ladders(self) -> tuple[PolicyRule, ...]:
        """Return every rule that names a ladder here, the facility's own first, then those of its agreements."""
        return (*self.rules, *(rule for one in self.coverage for rule in one.rules))

    def local(self, instant: datetime) -> datetime:
        """Return an instant in this facility's zone."""
        return instant.astimezone(ZoneInfo(self.zone))

    def today(self, instant: datetime) -> date:
        """Return the facility's calendar day at an instant."""
        return self.local(instant).date()

    def has_baa(self, instant: datetime) -> bool:
        """Tell whether a Business Associate Agreement is in force at an instant."""
        return self.baa is not None and self.baa.is_active(self.today(instant))

    def policy_for(self, category: int, patient_class: PatientClass, instant: datetime) -> EscalationPolicy | None:
        """Return the first policy that fits, or None: then the desk is told instead."""
        return first_fit(self.rules, category, patient_class, self.local(instant))


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """A finding that can be picked in Slack, where free text is never typed."""

    id: str
    text: str
    category: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """The whole directory, as of one version."""

    version: int = 0
    facilities: Mapping[str, Facility] = field(default_factory=dict)
    pools: Mapping[str, Pool] = field(default_factory=dict)
    radiologists: Mapping[str, Radiologist] = field(default_factory=dict)
    contacts: Mapping[str, Contact] = field(default_factory=dict)
    desks: Mapping[str, Desk] = field(default_factory=dict)
    staff: Mapping[str, Staff] = field(default_factory=dict)
    sources: Mapping[str, Source] = field(default_factory=dict)
    #: Agreements by which facilities rely on a distant site's privileges.
    proxy_agreements: Mapping[str, ProxyAgreement] = field(default_factory=dict)
    #: Clients' systems that are told who has a read.
    sinks: Mapping[str, Sink] = field(default_factory=dict)
    phrases: Mapping[str, Phrase] = field(default_factory=dict)
    rotas: Mapping[str, Rota] = field(default_factory=dict)
    #: The desk that answers calls to our number which carry no valid code.
    front_desk: str = ""
    #: Business Associate Agreements with vendors (``slack``, ``twilio``); a missing one keeps identifiers out.
    vendor_baas: Mapping[str, Agreement] = field(default_factory=dict)

    def radiologist_of_slack(self, user: str) -> Radiologist | None:
        """Return the radiologist who is this Slack user."""
        return next((r for r in self.radiologists.values() if r.slack_user == user), None)

    def staff_of_slack(self, user: str) -> Staff | None:
        """Return the member of staff who is this Slack user."""
        return next((s for s in self.staff.values() if s.slack_user == user), None)

    def vendor_may_hear(self, vendor: str, on: date) -> bool:
        """Tell whether a vendor's agreement allows patient data in its channel on that day."""
        agreement = self.vendor_baas.get(vendor)
        return agreement is not None and agreement.is_active(on)

    def ordering(self, facility: str, contact_id: str | None, npi: str | None = None) -> Contact | None:
        """Return a facility's contact who is meant by an id or, only where no id was given, by an NPI.

        An id that is unknown, retired or of another site means nobody: it never silently becomes somebody else. A number
        in an event names nobody.
        """
        if contact_id is not None:
            meant = [self.contacts[contact_id]] if contact_id in self.contacts else []
        else:
            meant = [one for one in self.contacts.values() if npi and one.npi == npi]
        return next((one for one in meant if not one.retired and one.serves(facility)), None)
