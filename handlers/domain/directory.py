"""Who and what radrelay knows: facilities, people, numbers, agreements and policies, as frozen values.

The directory is one checked, versioned file. Everything here is read live when it is needed, except a policy's rungs and
waits, which a running relay keeps as they were when it started.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo


class Priority(StrEnum):
    """The turnaround class of a study, most urgent first."""

    STROKE = "stroke"
    TRAUMA = "trauma"
    STAT = "stat"
    URGENT = "urgent"
    ROUTINE = "routine"


class PatientClass(StrEnum):
    """Where the patient is treated (HL7 PV1-2 in words)."""

    EMERGENCY = "emergency"
    INPATIENT = "inpatient"
    OUTPATIENT = "outpatient"


class NumberKind(StrEnum):
    """What answers at a number; it decides what may be done there."""

    MOBILE = "mobile"
    DIRECT = "direct"
    UNIT = "unit"
    SWITCHBOARD = "switchboard"
    ANSWERING_SERVICE = "answering_service"
    PAGER = "pager"
    FAX = "fax"


class Role(StrEnum):
    """What a person is, as a policy's ``ended_by`` names them."""

    PHYSICIAN = "physician"
    NP = "np"
    PA = "pa"
    RN = "rn"
    CLERK = "clerk"
    UNIT = "unit"


class StaffRole(StrEnum):
    """What a member of staff may do in radrelay."""

    PACS_ADMIN = "pacs_admin"
    AUDITOR = "auditor"


#: Roles that a licensed independent practitioner's key (1) may stand for.
PRACTITIONERS = frozenset({Role.PHYSICIAN, Role.NP, Role.PA})
#: Kinds of number that the robot may dial and speak with.
DIALABLE = frozenset(
    {NumberKind.MOBILE, NumberKind.DIRECT, NumberKind.UNIT, NumberKind.SWITCHBOARD, NumberKind.ANSWERING_SERVICE}
)
#: Kinds of number where a machine may be left the callback number and code.
TAKES_VOICEMAIL = frozenset({NumberKind.MOBILE, NumberKind.DIRECT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """A dated agreement (a Business Associate Agreement); both dates are inclusive, in the facility's zone."""

    effective: date
    expires: date

    def is_active(self, on: date) -> bool:
        """Tell whether the agreement is in force on that day."""
        return self.effective <= on <= self.expires


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A telephone number in E.164 with what is known of it. Only verified, consented numbers are dialed by the robot."""

    e164: str
    kind: NumberKind
    extension: str = ""
    #: Digits sent after the answer, with ``w`` for half a second's pause (Twilio's SendDigits).
    send_digits: str = ""
    #: The day on which consent to automated calls was recorded (TCPA); None is no consent.
    consent: date | None = None
    #: Whether that consent covers text messages.
    sms_consent: bool = False
    verified: date | None = None

    def may_be_dialed(self) -> bool:
        """Tell whether the robot may call this number at all (invariant: verified, consented, a kind that speaks)."""
        return self.kind in DIALABLE and self.consent is not None and self.verified is not None

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

    def serves(self, facility: str) -> bool:
        """Tell whether this contact belongs to a facility."""
        return "*" in self.facilities or facility in self.facilities

    def may_be_called(self) -> bool:
        """Tell whether the robot may call this contact at any number at all."""
        return not self.retired and any(number.may_be_dialed() for number in self.numbers)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Staff:
    """A member of staff and the facilities (``*`` is all) for which each role holds."""

    id: str
    name: str
    slack_user: str
    roles: Mapping[StaffRole, tuple[str, ...]]

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
class Step:
    """One rung: whom to call, over what, how often, for how long.

    ``within`` counts from the moment the rung was decided on, not from the first ring.
    """

    to: str
    channels: tuple[str, ...] = ("call",)
    tries: int = 1
    retry_after: timedelta = timedelta(minutes=2)
    within: timedelta = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskRung:
    """The last rung, which never closes: the desk that rings, and how often until somebody takes it."""

    who: str
    every: timedelta = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationPolicy:
    """The ladder of a relay and the roles whose confirmation ends it."""

    name: str
    steps: tuple[Step, ...]
    ended_by: tuple[Role, ...]
    desk: DeskRung

    def calls(self, receiver: str) -> bool:
        """Tell whether a rung calls somebody whom a finding names: the ordering clinician's rung, or one of their own."""
        return any(rung.to in ("ordering", receiver) for rung in self.steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """Weekly hours in a facility's own zone; a window whose end is not after its start runs past midnight."""

    days: tuple[int, ...]  #: Monday is 0
    start: time
    end: time

    def contains(self, local: datetime) -> bool:
        """Tell whether a local instant lies inside the window."""
        at = local.time()
        if self.start < self.end:
            return local.weekday() in self.days and self.start <= at < self.end
        if at >= self.start:
            return local.weekday() in self.days
        return at < self.end and (local.weekday() - 1) % 7 in self.days


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRule:
    """Where a policy applies: categories × patient classes × hours; the first rule that fits wins."""

    policy: EscalationPolicy
    categories: tuple[int, ...] = (1, 2, 3)
    patient_classes: tuple[PatientClass, ...] = tuple(PatientClass)
    hours: Hours | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Storm:
    """How many relays a facility may start within a span before calls are held and the desk rings."""

    relays: int = 10
    within: timedelta = timedelta(minutes=15)


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
    recording: bool = False
    storm: Storm = Storm()
    #: ``https://pacs.example/viewer?acc={accession_number}``; filled on the case page only.
    pacs_link: str = ""

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
        local = self.local(instant)
        for rule in self.rules:
            in_hours = rule.hours is None or rule.hours.contains(local)
            if category in rule.categories and patient_class in rule.patient_classes and in_hours:
                return rule.policy
        return None


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
    phrases: Mapping[str, Phrase] = field(default_factory=dict)
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
