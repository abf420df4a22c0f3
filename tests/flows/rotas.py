"""The demo hospital with rotas: nurses on Mercy's ladder, the desk's staff, and the readers of the pool."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.flows.stage import DIRECTORY

#: 18:30 in Chicago; half an hour later all three rotas change.
BEFORE_SEVEN = datetime(2026, 6, 1, 23, 30, tzinfo=UTC)
ROTAS = """
rotas:
  nurses:
    for: contacts
    zone: America/Chicago
    rotation: {people: [mercy-ed-charge, mercy-supervisor], begins: 2026-05-31, at: "19:00", every: 1d}
  desk-staff:
    for: desk
    zone: America/Chicago
    rotation: {people: [quinn, silva], begins: 2026-05-31, at: "19:00", every: 1d}
  night-readers:
    for: readers
    zone: America/Chicago
    rotation: {people: [lee, stone], begins: 2026-05-31, at: "19:00", every: 1d}
"""


def with_rotas() -> str:
    """Return the demo directory with all three; Mercy's charge nurse is whoever is on duty."""
    text = DIRECTORY
    for old, new in (
        ("{charge_nurse: mercy-ed-charge, supervisor: mercy-supervisor}", "{charge_nurse: nurses, supervisor: mercy-supervisor}"),
        ("    name: Night desk\n", "    name: Night desk\n    rota: desk-staff\n"),
        ("members: [lee, haddad, stone]}", "members: [lee, haddad, stone], oncall: night-readers}"),
    ):  # fmt: skip
        assert old in text
        text = text.replace(old, new)
    return text + ROTAS
