"""Reads who can be told and who reads: contacts, radiologists, pools, desks, staff."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import TypeVar

from bot.directory import scalars
from bot.directory.nodes import Entry, Value
from bot.directory.problems import Unfit, suggestion
from bot.directory.scalars import each, lifted, opened
from handlers.domain.directory import Contact, Desk, DeskPhone, Number, NumberKind, Staff, StaffRole
from handlers.domain.limits import USUAL, Limit
from handlers.domain.policies import Role
from handlers.domain.standing import Agreement, License, Pool, Privilege, ProxyAgreement, Radiologist, Service

T = TypeVar("T")
Reader = Callable[[str, Entry], T]

#: How old a distant site's privilege list may become where the agreement says nothing of it.
LIST_LIMIT = timedelta(days=90)

#: What a contact may leave to ``defaults``.
SHARED_BY_CONTACTS = frozenset({"call_limits"})
#: A limit over a longer span than this is meant for something else.
_LONGEST_LIMIT = timedelta(days=1)

text = lifted(scalars.text)
identifier = lifted(scalars.identifier)
day = lifted(scalars.day)
flag = lifted(scalars.flag)
names = each(identifier)
e164 = lifted(scalars.e164)


def table(
    top: Entry,
    key: str,
    read: Reader[T],
    reserved: frozenset[str] = frozenset(),
    fallback: tuple[Entry | None, frozenset[str]] = (None, frozenset()),
) -> dict[str, T]:
    """Read a mapping of ids to entries; a missing one is empty. Ids in ``reserved`` mean something else and are refused."""

    def row(name: str, value: Value) -> T:
        _id(name, reserved)
        with value.entry(*fallback) as entry:
            return read(name, entry)

    def parse(value: Value) -> dict[str, T]:
        found = {name: part.read(partial(row, name)) for name, part in value.entry().pairs().items()}
        return {name: one for name, one in found.items() if one is not None}

    return top.get(key, parse, {}) or {}


def ids(value: Value) -> frozenset[str]:
    """Return the keys of a mapping, whether or not what stands there can be read."""
    return frozenset(value.entry().pairs())


def _id(name: str, reserved: frozenset[str]) -> str:
    if name in reserved:
        raise Unfit(f'"{name}" means something else in a directory: give it another id.')
    return scalars.identifier(name)


def some(known: frozenset[str], what: str) -> Callable[[Value], tuple[str, ...]]:
    """Return a parser of a list of known ids, or ``"*"`` for all of them, which it writes out."""

    def one(value: Value) -> str:
        name = value.text()
        if name not in known:
            raise Unfit(f'there is no {what} "{name}".{suggestion(name, known)}')
        return name

    def parse(value: Value) -> tuple[str, ...]:
        if value.is_text() and value.text() == "*":
            return tuple(sorted(known))
        return each(one)(value)

    return parse


def star_or(known: frozenset[str], what: str) -> Callable[[Value], tuple[str, ...]]:
    """Return a parser as of `some` that keeps ``"*"``, so that it holds for what is added later as well."""

    def parse(value: Value) -> tuple[str, ...]:
        if value.is_text() and value.text() == "*":
            return ("*",)
        return some(known, what)(value)

    return parse


def agreement(value: Value) -> Agreement:
    """Read a dated agreement."""
    return opened(lambda entry: Agreement(effective=entry.need("effective", day), expires=entry.need("expires", day)))(
        value
    )


def number(entry: Entry) -> Number:
    """Read a telephone number with what is known of it."""
    return Number(
        e164=entry.need("number", e164),
        kind=entry.need("kind", lifted(scalars.choice(NumberKind))),
        extension=entry.get("extension", lifted(scalars.extension), ""),
        send_digits=entry.get("send_digits", lifted(scalars.send_digits), ""),
        ask_for=entry.get("ask_for", text, ""),
        consent=entry.get("consent", day, None),
        sms_consent=entry.get("sms_consent", flag, default=False),
        verified=entry.get("verified", day, None),
    )


def contacts(facilities: frozenset[str]) -> Reader[Contact]:
    """Return a reader of contacts."""

    def read(name: str, entry: Entry) -> Contact:
        return Contact(
            id=name,
            name=entry.need("name", text),
            role=entry.need("role", lifted(scalars.choice(Role))),
            numbers=entry.get("numbers", each(opened(number)), ()),
            npi=entry.get("npi", lifted(scalars.npi), None),
            pin_hash=entry.get("pin_hash", lifted(scalars.pin_hash), None),
            facilities=entry.get("facilities", star_or(facilities, "facility"), ("*",)),
            retired=entry.get("retired", flag, default=False),
            limits=entry.get("call_limits", each(opened(_limit)), USUAL),
        )

    return read


def _limit(entry: Entry) -> Limit:
    return Limit(
        calls=entry.need("calls", lifted(scalars.whole(1, 1000))), within=entry.need("within", lifted(_limit_span))
    )


def _limit_span(written: str) -> timedelta:
    span = scalars.duration(written)
    if span > _LONGEST_LIMIT:
        raise Unfit(f"{written} is longer than a day: a contact would not be called for so long.")
    return span


def license_(entry: Entry) -> License:
    """Read a license of a state."""
    return License(
        state=entry.need("state", lifted(scalars.state)),
        number=entry.need("number", text),
        expires=entry.need("expires", day),
        effective=entry.get("effective", day, None),
    )


def privileges(facilities: frozenset[str]) -> Callable[[Value], tuple[Privilege, ...]]:
    """Return a parser of privileges; one written for several facilities becomes one for each."""

    def read(entry: Entry) -> tuple[Privilege, ...]:
        proxy = entry.get("proxy", identifier, "")
        places = entry.need("facilities", some(facilities, "facility"))
        modalities = entry.get("modalities", each(lifted(scalars.modality)), ("*",))
        effective, expires = entry.get("effective", day, None), entry.get("expires", day, None)
        return tuple(
            Privilege(facility=place, modalities=modalities, effective=effective, expires=expires, proxy=proxy)
            for place in places or ()
        )

    def parse(value: Value) -> tuple[Privilege, ...]:
        groups = each(opened(read))(value)
        return tuple(privilege for group in groups for privilege in group)

    return parse


def radiologists(facilities: frozenset[str]) -> Reader[Radiologist]:
    """Return a reader of radiologists."""

    def read(name: str, entry: Entry) -> Radiologist:
        return Radiologist(
            id=name,
            name=entry.need("name", text),
            slack_user=entry.need("slack_user", lifted(scalars.slack_user)),
            npi=entry.need("npi", lifted(scalars.npi)),
            phone=entry.get("phone", e164, ""),
            licenses=entry.get("licenses", each(opened(license_)), ()),
            privileges=entry.get("privileges", privileges(facilities), ()),
            subspecialties=entry.get("subspecialties", names, ()),
            located=entry.get("located", lifted(scalars.country), "US"),
            service=entry.get("service", opened(_service), Service()),
            queue_cap=entry.get("queue_cap", _cap, None),
        )

    return read


def _service(entry: Entry) -> Service:
    return Service(begins=entry.get("begins", day, None), ends=entry.get("ends", day, None))


def _cap(value: Value) -> int:
    return scalars.whole(1, 1000)(value.text())


def proxy_agreement(name: str, entry: Entry) -> ProxyAgreement:
    """Read a proxy agreement."""
    return ProxyAgreement(
        id=name,
        term=Agreement(effective=entry.need("effective", day), expires=entry.need("expires", day)),
        list_as_of=entry.need("list_as_of", day),
        list_limit=entry.get("list_limit", lifted(scalars.duration), LIST_LIMIT),
    )


def pool(name: str, entry: Entry) -> Pool:
    """Read a pool."""
    return Pool(
        id=name,
        channel=entry.need("channel", lifted(scalars.slack_channel)),
        members=entry.need("members", names),
        queue_cap=entry.get("queue_cap", _cap, None),
        oncall=entry.get("oncall", identifier, ""),
        lease=entry.get("lease", lifted(scalars.lease), None),
        hands_out=entry.get("hands_out", flag, default=False),
    )


def desk(name: str, entry: Entry) -> Desk:
    """Read a desk."""
    return Desk(
        id=name,
        name=entry.get("name", text, name),
        channel=entry.need("channel", lifted(scalars.slack_channel)),
        phones=entry.get("phones", each(opened(_phone)), ()),
        rota=entry.get("rota", identifier, ""),
    )


def _phone(entry: Entry) -> DeskPhone:
    return DeskPhone(number=entry.need("number", e164), who=entry.need("who", text))


def staff(facilities: frozenset[str]) -> Reader[Staff]:
    """Return a reader of staff."""
    held = star_or(facilities, "facility")

    def roles(entry: Entry) -> dict[StaffRole, tuple[str, ...]]:
        found = {role: entry.get(role.value, held, None) for role in StaffRole}
        return {role: places for role, places in found.items() if places is not None}

    def read(name: str, entry: Entry) -> Staff:
        return Staff(
            id=name,
            name=entry.need("name", text),
            slack_user=entry.need("slack_user", lifted(scalars.slack_user)),
            roles=entry.need("roles", opened(roles)),
            phone=entry.get("phone", e164, ""),
        )

    return read
