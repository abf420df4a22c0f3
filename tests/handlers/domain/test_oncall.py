"""Where rotas are used: who stands on a rung, at a desk, for a pool."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.directory import read
from handlers.domain import oncall
from handlers.domain.agreements import CoverageAgreement, CoverageModel
from handlers.domain.directory import Directory
from handlers.domain.rotas import Shift
from handlers.domain.standing import Pool
from tests.flows.rotas import BEFORE_SEVEN, with_rotas

AFTER = BEFORE_SEVEN + timedelta(minutes=30)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
NONE: oncall.Shifts = {}


@pytest.fixture(scope="module")
def directory() -> Directory:
    """Read the demo hospital's directory, with rotas."""
    return read(with_rotas())


def test_the_reader_on_call_is_the_rotas(directory: Directory) -> None:
    """Of whoever is on duty at that instant; a calendar's shift comes first; without a rota or before it, nobody."""
    pool = directory.pools["night"]

    def rung(at: datetime, shifts: oncall.Shifts = NONE) -> str | None:
        reader = oncall.on_call_reader(directory, shifts, pool, at)
        return None if reader is None else reader.id

    assert [rung(at) for at in (LONG_AGO, BEFORE_SEVEN, AFTER)] == [None, "lee", "stone"]
    asked = {"night-readers": [Shift(who="haddad", begins=BEFORE_SEVEN, ends=AFTER)]}
    assert [rung(at, asked) for at in (BEFORE_SEVEN, AFTER)] == ["haddad", "stone"]
    assert oncall.on_call_reader(directory, NONE, replace(pool, oncall=""), AFTER) is None
    assert oncall.on_call_reader(directory, NONE, replace(pool, oncall="gone"), AFTER) is None


def test_a_desks_first_telephones(directory: Directory) -> None:
    """That of whoever is on duty; all where nobody is, where they have none there, or where the desk has no rota."""
    desk = directory.desks["night-desk"]

    def ringing(at: datetime) -> list[str]:
        return [one.who for one in oncall.phones_first(directory, desk, NONE, at)]

    everybody = ["Pat Quinn", "Night supervisor"]
    assert ringing(BEFORE_SEVEN) == ["Pat Quinn"]
    assert ringing(AFTER) == everybody  # Ana Silva has no telephone there
    assert ringing(LONG_AGO) == everybody
    assert oncall.phones_first(directory, replace(desk, rota=""), NONE, BEFORE_SEVEN) == desk.phones


def test_a_rungs_contact_and_the_rotas_of_a_facility(directory: Directory) -> None:
    """Mercy's ladder asks the nurses' rota; Lakeside's does not, and shares the desk's and the pool's."""
    found = [oncall.contact_on_duty(directory, "nurses", NONE, at) for at in (LONG_AGO, BEFORE_SEVEN, AFTER)]
    assert [None if one is None else one.id for one in found] == [None, "mercy-ed-charge", "mercy-supervisor"]
    assert list(oncall.rotas_of(directory, directory.facilities["mercy"])) == ["nurses", "desk-staff", "night-readers"]
    assert list(oncall.rotas_of(directory, directory.facilities["lakeside"])) == ["desk-staff", "night-readers"]
    assert [one.id for one in oncall.handed_over(directory)] == ["desk-staff", "night-readers"]


def test_the_rotas_of_a_facilitys_agreements_are_its_own_too(directory: Directory) -> None:
    """An agreement names another pool, and a ladder with the nurses' rota: whoever is on duty there is asked for."""
    mercy, lakeside = directory.facilities["mercy"], directory.facilities["lakeside"]
    agreement = CoverageAgreement(
        id="days",
        facility="lakeside",
        model=CoverageModel.FINAL,
        effective=date(2026, 1, 1),
        expires=date(2026, 12, 31),
        pool="days",
        rules=mercy.rules,
    )
    days = Pool(id="days", channel="C9", members=("lee",), oncall="day-readers")
    rota = replace(directory.rotas["night-readers"], id="day-readers")
    more = replace(directory, pools={**directory.pools, "days": days}, rotas={**directory.rotas, rota.id: rota})
    found = oncall.rotas_of(more, replace(lakeside, coverage=(agreement,)))
    assert found == {
        "nurses": "on the ladder",
        "desk-staff": "Night desk",
        "night-readers": "readers of the pool night",
        "day-readers": "readers of the pool days",
    }
