"""Dates that are reversed or past, numbers that cannot exist, and consent that does not fit its number."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import phonenumbers

from bot.directory.problems import Marks, Problem
from handlers.domain.directory import PAGER_PREFIX, Contact, Directory, NumberKind
from handlers.domain.standing import Agreement, Radiologist


def problems(directory: Directory, marks: Marks, today: date) -> Iterator[Problem]:
    """Yield what is not, or no longer, in good standing."""
    yield from _agreements(directory, marks, today)
    for radiologist in directory.radiologists.values():
        yield from _radiologist(radiologist, marks, today)
        yield from _service(radiologist, marks, today)
    for contact in directory.contacts.values():
        yield from _contact(contact, marks)
    for path, written in _numbers(directory):
        if not exists(written):
            yield marks.error(path, f'"{written}" is not a number that exists: compare it with the one that is dialed.')


def exists(written: str) -> bool:
    """Tell whether a number could be dialed, by its country's numbering plan; +1 NXX 555 01xx (fiction) counts."""
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(written))
    except phonenumbers.NumberParseException:
        return False


def _agreements(directory: Directory, marks: Marks, today: date) -> Iterator[Problem]:
    for facility in directory.facilities.values():
        own = f"facilities.{facility.id}.baa"
        if facility.baa is None:
            sentence = "there is no baa (Business Associate Agreement): its events are refused until one is in force."
            yield marks.warning(f"facilities.{facility.id}", sentence)
        else:
            path = own if own in marks.lines else "defaults.baa"
            yield from _agreement(facility.baa, path, "events are refused", marks, today)
    for vendor, agreement in directory.vendor_baas.items():
        consequence = f"nothing identifying goes to {vendor}"
        yield from _agreement(agreement, f"vendor_baas.{vendor}", consequence, marks, today)
    for proxy in directory.proxy_agreements.values():
        path = f"proxy_agreements.{proxy.id}"
        yield from _agreement(proxy.term, path, "privileges by this proxy do not count", marks, today)
        if proxy.list_holds_through < today:
            sentence = (
                f"the privilege list of {proxy.list_as_of} is older than {proxy.list_limit.days} days: privileges by this "
                "proxy do not count until list_as_of is that of a current one."
            )
            yield marks.warning(path, sentence)
    if "twilio" not in directory.vendor_baas:
        sentence = "twilio has no agreement here: calls will name neither patient nor finding."
        yield marks.warning("vendor_baas", sentence)


def _agreement(agreement: Agreement, path: str, consequence: str, marks: Marks, today: date) -> Iterator[Problem]:
    if agreement.expires < agreement.effective:
        yield marks.error(
            path, f"this ends ({agreement.expires}) before it begins ({agreement.effective}): swap the dates."
        )
    elif agreement.expires < today:
        yield marks.warning(path, f"this expired on {agreement.expires}: {consequence} until it is renewed.")
    elif today < agreement.effective:
        yield marks.warning(path, f"this begins on {agreement.effective}: {consequence} until then.")


def _service(radiologist: Radiologist, marks: Marks, today: date) -> Iterator[Problem]:
    service, path = radiologist.service, f"radiologists.{radiologist.id}.service"
    if service.begins is not None and service.ends is not None and service.ends < service.begins:
        sentence = f"this ends ({service.ends}) before it begins ({service.begins}): swap the dates."
        yield marks.error(path, sentence)
    elif service.ends is not None and service.ends < today:
        yield marks.warning(path, f"{radiologist.name} ended on {service.ends}, and may read nothing now.")


def _radiologist(radiologist: Radiologist, marks: Marks, today: date) -> Iterator[Problem]:
    path = f"radiologists.{radiologist.id}"
    for at, entry in enumerate(radiologist.licenses):
        here = f"{path}.licenses[{at}]"
        if entry.effective is not None and entry.expires < entry.effective:
            yield marks.error(
                here, f"this ends ({entry.expires}) before it begins ({entry.effective}): swap the dates."
            )
        elif entry.expires < today:
            sentence = (
                f"the {entry.state} license of {radiologist.name} expired on {entry.expires}: record its renewal."
            )
            yield marks.warning(here, sentence)
    for privilege in radiologist.privileges:
        if privilege.expires is None:
            continue
        if privilege.effective is not None and privilege.expires < privilege.effective:
            sentence = f"one ends ({privilege.expires}) before it begins ({privilege.effective}): swap the dates."
            yield marks.error(f"{path}.privileges", sentence)
        elif privilege.expires < today:
            sentence = f"the one at {privilege.facility} expired on {privilege.expires}: record its renewal."
            yield marks.warning(f"{path}.privileges", sentence)
    for what, held in (("license", radiologist.licenses), ("privilege", radiologist.privileges)):
        if not held:
            yield marks.warning(path, f"{radiologist.name} has no {what}, so may read nothing: add one.")


def _contact(contact: Contact, marks: Marks) -> Iterator[Problem]:
    path = f"contacts.{contact.id}"
    for at, number in enumerate(contact.numbers):
        here = f"{path}.numbers[{at}]"
        if number.kind is NumberKind.PAGER and len(number.send_digits) > PAGER_PREFIX:
            sentence = f"our number and the code follow these digits: at most {PAGER_PREFIX} signs fit before them."
            yield marks.error(f"{here}.send_digits", sentence)
        if number.sms_consent and number.kind is not NumberKind.MOBILE:
            yield marks.warning(here, f"texts go to mobiles only: sms_consent does nothing for a {number.kind} number.")
        elif number.sms_consent and number.consent is None:
            yield marks.warning(here, "sms_consent without consent does nothing: record the day of consent.")
    if not contact.retired and not any(number.may_be_dialed() for number in contact.numbers):
        sentence = (
            "the robot may dial none of the numbers (consent, verified, kind): the desk is asked to call instead."
        )
        yield marks.warning(path, sentence)


def _numbers(directory: Directory) -> Iterator[tuple[str, str]]:
    for facility in directory.facilities.values():
        own = f"facilities.{facility.id}.callback_number"
        yield own, facility.callback_number
        if facility.caller_number:
            yield f"facilities.{facility.id}.caller_number", facility.caller_number
    ours = (("radiologists", directory.radiologists.values()), ("staff", directory.staff.values()))
    yield from ((f"{kind}.{one.id}.phone", one.phone) for kind, people in ours for one in people if one.phone)
    for desk in directory.desks.values():
        for at, phone in enumerate(desk.phones):
            yield f"desks.{desk.id}.phones[{at}].number", phone.number
    for contact in directory.contacts.values():
        for at, number in enumerate(contact.numbers):
            yield f"contacts.{contact.id}.numbers[{at}].number", number.e164
