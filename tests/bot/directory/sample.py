"""A small directory without a problem, for tests to spoil in one place, and a large one."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.directory import Inspection, inspect

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)  # 07:00 in Chicago

GOOD = """\
defaults:
  targets: {stroke: 15m, trauma: 20m, stat: 30m, urgent: 60m, routine: 24h}
facilities:
  north:
    name: North Hospital
    state: IL
    zone: America/Chicago
    pool: night
    desk: front
    privacy_officer: quinn
    callback_number: "+13125550100"
    baa: {effective: 2026-01-01, expires: 2035-12-31}
    roles: {charge: north-charge}
    policy: standard
    shadow: false
    pacs_link: "https://pacs.example/v?acc={accession_number}"
policies:
  critical:
    steps:
      - {to: ordering, channels: [call, sms], tries: 2, retry_after: 1m, within: 5m}
      - {to: $charge, within: 5m}
      - {to: radiologist, within: 5m}
    ended_by: [physician, rn]
    desk: {who: $desk, every: 2m}
policy_sets:
  standard:
    - {use: critical}
pools:
  night: {channel: C000000001, members: [lee]}
radiologists:
  lee:
    name: Dr. Maya Lee
    slack_user: U000000001
    npi: "1234567893"
    phone: "+13125550141"
    licenses: [{state: IL, number: IL-1, expires: 2035-12-31}]
    privileges: [{facilities: "*"}]
contacts:
  north-charge:
    name: Charge nurse
    role: unit
    facilities: [north]
    numbers:
      - {number: "+13125550102", kind: unit, consent: 2026-01-15, verified: 2026-01-15}
desks:
  front:
    channel: C000000002
    phones: [{number: "+13125550151", who: Pat Quinn}]
staff:
  quinn: {name: Pat Quinn, slack_user: U000000003, roles: {pacs_admin: "*"}}
sources:
  ris: {facilities: "*", secrets: [RIS_SECRET]}
vendor_baas:
  twilio: {effective: 2026-01-01, expires: 2035-12-31}
phrases:
  ich: {text: Intracranial hemorrhage, category: 1}
"""


def spoiled(old: str, new: str) -> str:
    """Return the good directory with its first ``old`` replaced."""
    assert old in GOOD, f"the sample has no {old!r}"
    return GOOD.replace(old, new, 1)


def inspected(text: str) -> Inspection:
    """Inspect a text at the tests' instant."""
    return inspect(text, NOW)


def line_of(text: str, part: str) -> int:
    """Return the first line that holds ``part``."""
    return next(at for at, line in enumerate(text.splitlines(), 1) if part in line)


def many(sites: int) -> str:
    """Return a directory of many facilities that share templates: each says only what differs."""
    head, tail = GOOD.split("policies:\n", 1)
    site = head.split("facilities:\n", 1)[1]
    contact = tail.split("contacts:\n", 1)[1].split("desks:\n", 1)[0]
    names = [f"north{at}" for at in range(sites)]
    everyone = "".join(
        contact.replace("north", name).replace("550102", f"5501{at % 90:02}") for at, name in enumerate(names)
    )
    everywhere = "".join(site.replace("north", name) for name in names)
    people = tail.replace(f"contacts:\n{contact}", f"contacts:\n{everyone}", 1)
    return f"{head.split('  north:')[0]}{everywhere}policies:\n{people}"
