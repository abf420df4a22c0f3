"""Gaps that rotas make: hours in which a ladder reaches nobody, and in which whoever is on call may not read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.directory.gaps import gaps
from bot.directory.stretches import Gap
from tests.bot.directory.sample import GOOD, inspected

MONDAY = datetime(2026, 6, 1, 12, tzinfo=UTC)  # 07:00 in Chicago
LADDER = GOOD[GOOD.index("      - {to: ordering") : GOOD.index("    ended_by")]
NURSES = """\
rotas:
  nurses:
    for: contacts
    zone: America/Chicago
    overrides:
      - {from: "2026-06-01 07:00", to: "2026-06-05 07:00", who: north-charge}
      - {from: "2026-06-06 07:00", to: "2026-07-01 07:00", who: north-charge}
"""
ONLY_NURSES = GOOD.replace(LADDER, "      - {to: nurses}\n") + NURSES
READERS = """\
rotas:
  night:
    for: readers
    zone: America/Chicago
    rotation: {people: [lee, kim], begins: 2026-06-01, at: "07:00", every: 1w}
"""
KIM = '  kim: {name: Dr. Kim, slack_user: U000000009, npi: "1000000012", phone: "+13125550142"}\ncontacts:\n'
ON_CALL = (
    GOOD.replace("members: [lee]}", "members: [lee, kim], oncall: night}").replace("contacts:\n", KIM, 1) + READERS
)


def found(text: str) -> list[Gap]:
    """Return the gaps of a usable directory from Monday on."""
    directory = inspected(text).directory
    assert directory is not None, inspected(text).problems
    return gaps(directory, MONDAY)


def test_hours_in_which_a_ladder_of_rotas_reaches_nobody() -> None:
    """The one day between two overrides; where another rung reaches somebody there is no gap."""
    (gap,) = found(ONLY_NURSES)
    assert gap.why == "nobody on the ladder critical can be called, only its desk"
    assert gap.ranges == ((datetime(2026, 6, 5, 12, tzinfo=UTC), datetime(2026, 6, 6, 12, tzinfo=UTC)),)
    assert found(ONLY_NURSES.replace("{to: nurses}", "{to: nurses}\n      - {to: radiologist}")) == []


def test_a_rota_on_which_nobody_is_all_the_time_is_a_whole_gap() -> None:
    """Its overrides are over: all of the fourteen days."""
    (gap,) = found(ONLY_NURSES.replace("2026-06-", "2025-06-").replace("2026-07-", "2025-07-"))
    assert gap.whole


def test_what_a_calendar_says_is_not_guessed() -> None:
    """The service reads it; the check does not, and names no gap for it."""
    feed = "    calendar: {url_env: RADRELAY_CALENDAR_NURSES, names: {Smith: north-charge}}\n"
    assert found(ONLY_NURSES + feed) == []


def test_whoever_is_on_call_and_may_not_read_is_a_gap() -> None:
    """Dr. Kim has neither license nor privilege: in her week an unclaimed stroke would go to the desk."""
    (gap,) = found(ON_CALL)
    assert gap.what == "unclaimed stroke or trauma of all modalities"
    assert gap.why == (
        "Dr. Kim (kim), who is on call of night, may not read them (license missing, privilege missing), so the desk is asked"
    )
    week = datetime(2026, 6, 8, 12, tzinfo=UTC)
    assert gap.ranges == ((week, week + timedelta(days=7)),)
    assert found(ON_CALL.replace("[lee, kim], begins", "[lee], begins")) == []


def test_modalities_of_one_gap_are_joined() -> None:
    """What is unclaimed is said once, however many modalities it is of."""
    named = '[{facilities: "*", modalities: [CT, MR]}]'
    (gap,) = [one for one in found(ON_CALL.replace('[{facilities: "*"}]', named)) if "Dr. Kim" in one.why]
    assert gap.what == "unclaimed stroke or trauma of CT, MR"


def test_nobody_on_call_is_a_gap_of_what_is_unclaimed() -> None:
    """Before its first turn a rota has nobody; where nobody of the pool may read at all, that alone is said."""
    (gap,) = found(ON_CALL.replace("[lee, kim], begins: 2026-06-01", "[lee], begins: 2026-06-03"))
    assert gap.why == "nobody is on call of night, so the desk is asked"
    assert gap.ranges[0][1] == datetime(2026, 6, 3, 12, tzinfo=UTC)
    (only,) = found(ON_CALL.replace("{state: IL,", "{state: WI,"))
    assert only.why.startswith("nobody of the pool night may read them")
