"""Reads facilities, and the sources that send for them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from bot.directory import scalars
from bot.directory.nodes import Entry, Value
from bot.directory.people import SHARED_BY_CONTACTS, Reader, agreement, e164, flag, identifier, some, table, text
from bot.directory.policies import Place, Policies, roles, rules
from bot.directory.problems import Unfit
from bot.directory.quiet import quiet
from bot.directory.scalars import each, lifted, opened
from handlers.domain.classes import PatientClass, Priority
from handlers.domain.clocks import ClockStart, Shares
from handlers.domain.contact_pins import PIN_LASTS
from handlers.domain.directory import PROBLEM_REMINDER, Facility, Phrase, Source
from handlers.domain.policies import Storm
from handlers.domain.problems import ProblemKind
from handlers.domain.recordings import KEPT_FOR, Recorded
from handlers.domain.sinks import Sink

#: What a facility may leave to ``defaults``.
SHARED = frozenset(
    {
        "pool", "desk", "policy", "targets", "storm", "quiet", "shadow", "recording", "recordings_kept", "finals_from_abroad", "zone",
        "state", "baa", "callback_number", "caller_number", "roles", "pacs_link", "clock", "pauses", "problem_reminder", "pin_lasts",
        "privacy_officer",
        "unclaimed",
    }
)  # fmt: skip
#: ``system`` is the chain of what belongs to no facility.
RESERVED = frozenset({"system"})
_MOST_SECRETS = 2
_percent = lifted(scalars.whole(0, 100))
#: Slack shows at most this many characters of an option.
_LONGEST_PHRASE = 75
_SOURCE_DEFAULTS = ("priority", "patient_class", "ordering_contact")


def shared(top: Entry) -> Entry | None:
    """Return the defaults of the file, opened, or None where it has none."""
    defaults = top.get("defaults", lambda value: value.entry(), None)
    if defaults is not None:
        defaults.refuse_unknown(SHARED | SHARED_BY_CONTACTS)
    return defaults


def facilities(top: Entry, policies: Policies, defaults: Entry | None) -> dict[str, Facility]:
    """Read every facility, with the defaults of the file."""

    def read(name: str, entry: Entry) -> Facility:
        return _facility(name, entry, policies)

    if top.find("facilities") is None:
        top.missing('"facilities" is missing: a directory has at least one.')
    return table(top, "facilities", read, RESERVED, (defaults, SHARED))


def _facility(name: str, entry: Entry, policies: Policies) -> Facility:
    called = entry.need("name", text)
    desk = entry.need("desk", identifier)
    place = Place(facility=name, roles=_completed(entry, "roles", roles), desk=desk)
    return Facility(
        id=name,
        name=called,
        alias=entry.get("alias", text, called),
        state=entry.need("state", lifted(scalars.state)),
        zone=entry.need("zone", lifted(scalars.zone)),
        pool=entry.need("pool", identifier),
        desk=desk,
        callback_number=entry.need("callback_number", e164),
        baa=entry.get("baa", agreement, None),
        rules=policies.at(place, entry.need("policy", rules) or ()),
        targets=_targets(entry),
        shadow=entry.get("shadow", flag, default=True),
        caller_number=entry.get("caller_number", e164, ""),
        recording=entry.get("recording", _recorded, Recorded()),
        recordings_kept=entry.get("recordings_kept", lifted(scalars.long_duration), KEPT_FOR),
        finals_from_abroad=entry.get("finals_from_abroad", flag, default=False),
        storm=entry.get("storm", opened(_storm), Storm()),
        quiet=entry.get("quiet", quiet, ()),
        pacs_link=entry.get("pacs_link", lifted(scalars.link), ""),
        clock=entry.get("clock", lifted(scalars.choice(ClockStart)), ClockStart.LAST_IMAGE),
        pauses=entry.get("pauses", _pauses, frozenset(ProblemKind)),
        privacy_officer=entry.get("privacy_officer", identifier, ""),
        pin_lasts=entry.get("pin_lasts", lifted(scalars.duration), PIN_LASTS),
        problem_reminder=entry.get("problem_reminder", lifted(scalars.duration), PROBLEM_REMINDER),
        unclaimed=entry.get("unclaimed", opened(_shares), Shares()),
    )


def _pauses(value: Value) -> frozenset[ProblemKind]:
    return frozenset(each(lifted(scalars.choice(ProblemKind)))(value))


def _recorded(value: Value) -> Recorded:
    """Read what may be recorded: of each kind by itself, or true for read-backs alone."""
    if value.is_text():
        return Recorded(read_back=flag(value))
    return opened(_each_recorded)(value)


def _each_recorded(entry: Entry) -> Recorded:
    return Recorded(
        read_back=entry.get("read_back", flag, default=False), finding=entry.get("finding", flag, default=False)
    )


def _shares(entry: Entry) -> Shares:
    usual = Shares()
    found = Shares(
        phone=entry.get("phone", _percent, usual.phone),
        pool=entry.get("pool", _percent, usual.pool),
        desk=entry.get("desk", _percent, usual.desk),
    )
    is_read = None not in (found.phone, found.pool, found.desk)  # what cannot be read has its own problem
    if is_read and not found.phone <= found.pool < found.desk:
        entry.missing(
            f"phone {found.phone}, pool {found.pool}, desk {found.desk}: each is told after the one before it; "
            "write them in this order, as in unclaimed: {phone: 20, pool: 50, desk: 80}."
        )
    return found


def _completed(entry: Entry, key: str, parse: Callable[[Value], dict[str, str]]) -> dict[str, str]:
    shared, own = entry.inherited(key), entry.find(key)
    found = [part.read(parse) for part in (shared, own) if part is not None]
    return {name: contact for part in found for name, contact in (part or {}).items()}


def _targets(entry: Entry) -> dict[Priority, timedelta]:
    def read(part: Entry) -> dict[Priority, timedelta | None]:
        return {priority: part.get(priority.value, lifted(scalars.duration), None) for priority in Priority}

    parts = [part for part in (entry.inherited("targets"), entry.find("targets")) if part is not None]
    found: dict[Priority, timedelta] = {}
    for part in parts:
        targets = part.read(opened(read)) or {}
        found |= {priority: length for priority, length in targets.items() if length is not None}
    lacking = [priority.value for priority in Priority if priority not in found]
    if lacking:
        entry.missing(
            f"targets lack {', '.join(lacking)}: add them here or in defaults, as in targets: {{stroke: 15m}}."
        )
    return found


def _storm(entry: Entry) -> Storm:
    usual = Storm()
    return Storm(
        relays=entry.get("relays", lifted(scalars.whole(1, 1000)), usual.relays),
        within=entry.get("within", lifted(scalars.duration), usual.within),
    )


def sources(top: Entry, known: frozenset[str]) -> dict[str, Source]:
    """Read every source."""
    return table(top, "sources", _source(known))


def _source(known: frozenset[str]) -> Reader[Source]:
    def read(name: str, entry: Entry) -> Source:
        places = entry.need("facilities", some(known, "facility"))
        secrets = entry.need("secrets", each(lifted(scalars.environment_name)))
        defaults = entry.get("defaults", opened(_defaults), None) or {}
        if places == ():
            entry.missing("a source stands for at least one facility: name it in facilities.")
        if secrets is not None and not 1 <= len(secrets) <= _MOST_SECRETS:
            entry.missing("a source has one secret, or two during a rotation: name their environment variables.")
        if defaults and places is not None and len(places) != 1:
            entry.missing("defaults are for a DICOM source, which stands for exactly one facility: name one.")
        return Source(id=name, facilities=places, secret_env=secrets, defaults=defaults)

    return read


def sinks(top: Entry, known: frozenset[str]) -> dict[str, Sink]:
    """Read every sink."""

    def read(name: str, entry: Entry) -> Sink:
        places = entry.need("facilities", some(known, "facility"))
        secrets = entry.need("secrets", each(lifted(scalars.environment_name)))
        if places == ():
            entry.missing("a sink is told of at least one facility: name it in facilities.")
        if secrets is not None and not 1 <= len(secrets) <= _MOST_SECRETS:
            entry.missing("a sink has one secret, or two during a rotation: name their environment variables.")
        return Sink(id=name, facilities=places, url=entry.need("url", lifted(scalars.address)), secret_env=secrets)

    return table(top, "sinks", read)


def _defaults(entry: Entry) -> dict[str, str]:
    kinds = (scalars.choice(Priority), scalars.choice(PatientClass), scalars.identifier)
    found = {key: entry.get(key, lifted(kind), None) for key, kind in zip(_SOURCE_DEFAULTS, kinds, strict=True)}
    return {key: str(value) for key, value in found.items() if value is not None}


def phrase(name: str, entry: Entry) -> Phrase:
    """Read a finding that can be picked in Slack."""
    return Phrase(id=name, text=entry.need("text", lifted(_short)), category=entry.need("category", _category))


def _category(value: Value) -> int:
    return scalars.whole(1, 3)(value.text())


def _short(written: str) -> str:
    if len(written) > _LONGEST_PHRASE:
        raise Unfit(f"this is longer than the {_LONGEST_PHRASE} characters that Slack shows: shorten it.")
    return scalars.text(written)
