"""Rotas in the file: what is read, and what is wrong with one or with its use."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest

from bot.directory import Severity
from bot.directory.explain import explained
from handlers.domain.rotas import Feed, Override, Rota, RotaKind, Rotation
from tests.bot.directory.sample import GOOD, inspected

ROTAS = """\
rotas:
  nurses:
    for: contacts
    zone: America/Chicago
    rotation: {people: [north-charge], begins: 2026-01-05, at: "07:00", every: 1d}
    calendar: {url_env: RADRELAY_CALENDAR_NURSES, names: {"Nurse: days": north-charge}}
  front:
    for: desk
    zone: America/Chicago
    rotation: {people: [quinn], begins: 2026-01-05, at: "07:00"}
  night:
    for: readers
    zone: America/New_York
    rotation: {people: [lee], begins: 2026-01-05, at: "19:00", every: 2w}
    overrides:
      - {from: "2026-12-24 18:00", to: "2026-12-25 08:00", who: lee}
"""
WITH_ROTAS = (
    GOOD.replace("{to: $charge, within: 5m}", "{to: nurses, within: 5m}")
    .replace("  front:\n    channel", "  front:\n    rota: front\n    channel")
    .replace("members: [lee]}", "members: [lee], oncall: night}")
    + ROTAS
)


def said(text: str) -> list[str]:
    """Return every problem of a file as severity and sentence."""
    return [f"{one.severity}: {one.path}: {one.sentence}" for one in inspected(text).problems]


def test_rotas_are_read() -> None:
    """People in turn and overrides, by local time in the rota's own zone; without ``every`` a turn is a week."""
    found = inspected(WITH_ROTAS)
    assert found.problems == ()
    directory = found.directory
    assert directory is not None
    assert directory.rotas["night"] == Rota(
        id="night",
        kind=RotaKind.READERS,
        zone="America/New_York",
        rotation=Rotation(people=("lee",), begins=date(2026, 1, 5), at=time(19), days=14),
        overrides=(
            Override(
                who="lee",
                begins=datetime.fromisoformat("2026-12-24 18:00"),
                ends=datetime.fromisoformat("2026-12-25 08:00"),
            ),
        ),
    )
    assert [one.rotation.days for one in directory.rotas.values() if one.rotation is not None] == [1, 7, 14]
    assert directory.rotas["nurses"].calendar == Feed(
        url_env="RADRELAY_CALENDAR_NURSES", names={"Nurse: days": "north-charge"}
    )
    assert (directory.desks["front"].rota, directory.pools["night"].oncall) == ("front", "night")
    assert any("whoever is on nurses 5m" in line for line in explained(directory))


CALENDAR = '    calendar: {url_env: RADRELAY_CALENDAR_NURSES, names: {"Nurse: days": north-charge}}\n'
PEOPLE = "people: [north-charge]"
UNIT = "consent: 2026-01-15, verified: 2026-01-15"


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("for: contacts", "for: nurses", '"nurses" is not one of contacts, readers, desk'),
        (PEOPLE, "people: [nroth-charge]", 'there is no contact "nroth-charge". Did you mean "north-charge"?'),
        (PEOPLE, "people: []", "nobody takes turns here: name people."),
        ("people: [quinn]", "people: [quin]", 'there is no member of staff "quin". Did you mean "quinn"?'),
        ('{"Nurse: days": north-charge}', '{"Nurse: days": someone}', 'there is no contact "someone"'),
        ('{"Nurse: days": north-charge}', "{}", "no title means anybody here"),
        (
            '{"Nurse: days": north-charge}',
            '{"Nurse: days": north-charge, "NURSE:  Days": north-charge}',
            '"Nurse: days" and "NURSE:  Days" are the same title, capitals and spaces aside: keep one.',
        ),
        ("RADRELAY_CALENDAR_NURSES", "https://calendar.example/private-1", "not the name of an environment variable"),
        ("every: 1d", "every: 12h", '"12h" is not how long a turn lasts'),
        ("every: 2w", "every: 60w", '"60w" is not how long a turn lasts'),
        ('from: "2026-12-24 18:00"', "from: 2026-12-24", "is not a local time"),
        ('from: "2026-12-24 18:00"', 'from: "2026-12-26 18:00"', "swap from and to"),
        ("{to: nurses,", "{to: nruses,", 'there is no contact "nruses". Did you mean "nurses"?'),
        ("{to: nurses,", "{to: night,", 'the rota "night" is for readers: a rung calls a rota of contacts.'),
        (UNIT, "verified: 2026-01-15", 'at north: the contact "north-charge" has given no'),
        ("rota: front", "rota: frnt", 'there is no rota "frnt". Did you mean "front"?'),
        ("rota: front", "rota: night", 'the rota "night" is for readers: name one that is for desk.'),
        ("oncall: night", "oncall: nurses", 'the rota "nurses" is for contacts: name one that is for readers.'),
        ("\n  nurses:\n", "\n  north-charge:\n", "a contact has this id, too"),
        ("\n  nurses:\n", "\n  ordering:\n", '"ordering" means something else in a directory'),
        ("    rotation: {people: [quinn], begins: 2026-01-05", "    # {", "a rota names people"),
    ],
)
def test_an_error_names_what_to_do(old: str, new: str, sentence: str) -> None:
    """Each keeps the file from being used."""
    assert old in WITH_ROTAS
    found = said(WITH_ROTAS.replace(old, new))
    assert any(one.startswith("error: ") and sentence in one for one in found), found


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('begins: 2026-01-05, at: "07:00", every: 1d', 'begins: 2026-06-10, at: "07:00"', "2026-06-01 07:00 CDT to 2026-06-10 07:00 CDT: add somebody, else a rung is skipped then."),
        ("[quinn], begins: 2026-01-05", "[quinn], begins: 2026-06-03", "2026-06-03 07:00 CDT: add somebody, else all telephones of the desk ring"),
        ("[lee], begins: 2026-01-05", "[lee], begins: 2026-06-03", "2026-06-03 19:00 EDT: add somebody, else nobody is rung for an unclaimed stroke"),
        ("who: Pat Quinn", "who: Somebody", "Pat Quinn has no phone at this desk, so all of them ring"),
        (", oncall: night", "", "nothing uses this: name it in a step's to, a desk's rota or a pool's oncall."),
    ],
)  # fmt: skip
def test_a_warning_is_told_and_accepted(old: str, new: str, sentence: str) -> None:
    """Hours without anybody in the next 14 days, a desk without the person's telephone, a rota that nothing uses."""
    assert old in WITH_ROTAS
    found = inspected(WITH_ROTAS.replace(CALENDAR, "").replace(old, new))
    assert found.directory is not None
    assert any(sentence in one.sentence for one in found.problems if one.severity is Severity.WARNING), found.problems


def test_a_reader_on_call_has_a_phone_and_is_of_the_pool() -> None:
    """Whom a pool's rota names can be rung, and may read what it is rung for."""
    other = 'radiologists:\n  osei: {name: Dr. Osei, slack_user: U000000008, npi: "1000000012"}\n'
    text = WITH_ROTAS.replace("radiologists:\n", other).replace("people: [lee]", "people: [lee, osei]")
    assert any("Dr. Osei is on this rota but not of the pool night: add osei to it." in one for one in said(text))
    text = text.replace("members: [lee]", "members: [lee, osei]")
    assert any("Dr. Osei is on this rota and has no phone" in one for one in said(text))
