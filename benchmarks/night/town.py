"""The town of a night: its sites in several states, its readers with their licenses, and the directory that says so."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import yaml

from benchmarks.ground import number

#: A winter's Friday, 19:00 in New York; no clock is changed in this night.
BEGINS = datetime(2026, 1, 17, 0, 0, tzinfo=UTC)
HOURS = 12
SHIFT = timedelta(hours=8)
EVENTS_SECRET_NAME, EVENTS_SECRET = "RADRELAY_SOURCE_NIGHT_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SCANNER_SECRET_NAME, SCANNER_SECRET = "RADRELAY_SOURCE_SCANNER_SECRET", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
DESK_CHANNEL, DESK_USER = "C900000001", "U900000001"
#: State, zone, pool; a pool is a region, and so a channel.
STATES = (
    ("NY", "America/New_York", "east"),
    ("PA", "America/New_York", "east"),
    ("FL", "America/New_York", "east"),
    ("IN", "America/Indiana/Indianapolis", "central"),
    ("IL", "America/Chicago", "central"),
    ("TX", "America/Chicago", "central"),
    ("AZ", "America/Phoenix", "west"),
    ("CA", "America/Los_Angeles", "west"),
)
POOLS = {"east": "C000000001", "central": "C000000002", "west": "C000000003"}
TARGETS = {"stroke": "15m", "trauma": "20m", "stat": "30m", "urgent": "60m", "routine": "24h"}
#: Hours after the night's beginning at which shifts begin.
STARTS = (0, 0, 0, 0, 1, 2, 4, 4, 4, 4, 0, 4)
_TREES = ("Alder", "Birch", "Cedar", "Douglas", "Elm", "Fir", "Gingko", "Hazel", "Ivory", "Juniper", "Katsura", "Larch")
_BAA = {"effective": date(2020, 1, 1), "expires": date(2039, 12, 31)}
_LONG, _TONIGHT, _SOON = date(2039, 12, 31), date(2026, 1, 16), date(2026, 2, 12)


#: What is the same in every town.
_FIXED: dict[str, Any] = {
    "defaults": {
        "desk": "night-desk",
        "policy": "standard",
        "targets": TARGETS,
        "storm": {"relays": 10, "within": "15m"},
        "baa": _BAA,
        "shadow": False,
    },
    "policies": {
        "critical": {
            "steps": [{"to": "ordering", "within": "10m"}],
            "ended_by": ["physician", "np", "pa", "rn"],
            "desk": {"who": "$desk", "every": "10m"},
        }
    },
    "policy_sets": {"standard": [{"use": "critical", "categories": [1, 2, 3]}]},
    "proxy_agreements": {
        "apex": {**_BAA, "list_as_of": date(2025, 12, 1), "list_limit": "90d"},
        "stale": {**_BAA, "list_as_of": date(2025, 9, 1), "list_limit": "90d"},
    },
    "contacts": {},
    "desks": {
        "night-desk": {
            "name": "Night desk",
            "channel": DESK_CHANNEL,
            "phones": [{"number": number(1400), "who": "Pat Quinn"}],
        }
    },
    "front_desk": "night-desk",
    "staff": {"quinn": {"name": "Pat Quinn", "slack_user": DESK_USER, "roles": {"pacs_admin": "*"}}},
    "vendor_baas": {"slack": _BAA, "twilio": _BAA},
    "phrases": {"hemorrhage": {"text": "Acute intracranial hemorrhage", "category": 1}},
}


@dataclass(frozen=True, slots=True)
class Reader:
    """A radiologist of the town, and when they are at work."""

    id: str
    name: str
    slack_user: str
    pools: tuple[str, ...]
    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class Town:
    """Sites by id with their states, how much each sends, the readers, and the directory as plain values."""

    states: dict[str, str]
    shares: dict[str, float]
    readers: tuple[Reader, ...]
    directory: dict[str, Any]

    @property
    def scanner_site(self) -> str:
        """Return the site whose scanner sends its images to us itself."""
        return next(iter(self.states))

    def written(self) -> str:
        """Return the directory as a file's text."""
        return yaml.safe_dump(self.directory, sort_keys=False, allow_unicode=True)


def town(chance: random.Random, *, facilities: int, readers: int) -> Town:
    """Build a town."""
    sites = {f"site{index:02d}": STATES[index % len(STATES)] for index in range(facilities)}
    shares = {site: chance.lognormvariate(0, 0.5) for site in sites}
    shares[next(iter(sites))] += 2.0
    people = tuple(_reader(chance, index) for index in range(readers))
    directory = _FIXED | {
        "facilities": {site: _facility(chance, site, where) for site, where in sites.items()},
        "pools": {pool: _pool(pool, people) for pool in POOLS if any(pool in one.pools for one in people)},
        "radiologists": {one.id: _standing(chance, at, one, sites) for at, one in enumerate(people)},
        "sources": _sources(next(iter(sites))),
    }
    _only_pools_with_readers(directory)
    return Town({site: where[0] for site, where in sites.items()}, shares, people, directory)


def _sources(scanner_site: str) -> dict[str, Any]:
    """Return the hospitals' interface, and the one scanner that sends DICOM objects, which cannot say their class."""
    return {
        "hospitals": {"facilities": "*", "secrets": [EVENTS_SECRET_NAME]},
        "scanner": {
            "facilities": [scanner_site],
            "secrets": [SCANNER_SECRET_NAME],
            "defaults": {"priority": "stat", "patient_class": "emergency"},
        },
    }


def _reader(chance: random.Random, index: int) -> Reader:
    tree = _TREES[index % len(_TREES)]
    more = f" {index // len(_TREES) + 1}" if index >= len(_TREES) else ""
    own = list(POOLS)[index % len(POOLS)]
    others = tuple(pool for pool in POOLS if pool != own and chance.random() < 0.35)
    begins = BEGINS + timedelta(hours=STARTS[index % len(STARTS)])
    return Reader(
        f"{tree.lower()}{index:02d}", f"Dr. {tree}{more}", f"U{index + 1:09d}", (own, *others), begins, begins + SHIFT
    )


def _facility(chance: random.Random, site: str, where: tuple[str, str, str]) -> dict[str, Any]:
    state, zone, pool = where
    index = int(site.removeprefix("site"))
    return {
        "name": f"Fictional Hospital {index}",
        "alias": f"Site {index}",
        "state": state,
        "zone": zone,
        "pool": pool,
        "callback_number": number(index),
        "finals_from_abroad": chance.random() < 0.5,
    }


def _pool(pool: str, people: tuple[Reader, ...]) -> dict[str, Any]:
    members = [one.id for one in people if pool in one.pools]
    return {"channel": POOLS[pool], "members": members, **({"queue_cap": 3} if pool == "central" else {})}


def _only_pools_with_readers(directory: dict[str, Any]) -> None:
    """Give the sites of a region without readers to the first pool: a small town has fewer pools."""
    first = next(iter(directory["pools"]))
    for facility in directory["facilities"].values():
        if facility["pool"] not in directory["pools"]:
            facility["pool"] = first


def _standing(chance: random.Random, index: int, one: Reader, sites: dict[str, tuple[str, str, str]]) -> dict[str, Any]:
    """Return a radiologist's entry: four to eight states, most privileges of their pools, here and there a hole."""
    near = [state for state, _, pool in STATES if pool in one.pools]
    far = [state for state, _, pool in STATES if pool not in one.pools]
    held = [state for state in near if chance.random() < 0.9] or near[:1]
    wanted = chance.randint(4, len(STATES))
    held += [state for state in chance.sample(far, len(far)) if len(held) < wanted][: max(wanted - len(held), 0)]
    ends = dict.fromkeys(held, _LONG)
    if index == 1:
        ends |= dict.fromkeys(held[:3], _TONIGHT)  # the midnight of this night ends them
    if index == 2:
        ends[held[0]] = _SOON
    here = [site for site, (_, _, pool) in sites.items() if chance.random() < (0.88 if pool in one.pools else 0.3)]
    proxied = {site: chance.choice(("apex", "apex", "stale")) for site in here if chance.random() < 0.08}
    privileges: list[dict[str, Any]] = [{"facilities": [site for site in here if site not in proxied]}]
    if index % 5 == 3:
        privileges[0]["modalities"] = ["CT", "DX", "US"]
    privileges += [{"facilities": [site], "proxy": proxy} for site, proxy in proxied.items()]
    return {
        "name": one.name,
        "slack_user": one.slack_user,
        "npi": npi(index),
        "phone": number(1000 + index),
        "licenses": [
            {"state": state, "number": f"{state}-{index:05d}", "expires": expires} for state, expires in ends.items()
        ],
        "privileges": [entry for entry in privileges if entry["facilities"]],
        **({"queue_cap": 2} if index % 4 == 2 else {}),
        **({"located": "AU"} if index == 10 else {}),
    }


def npi(index: int) -> str:
    """Return a number with a right check digit (Luhn over the prefix 80840)."""
    body = f"1{index:08d}"
    doubled = [int(digit) * (2 - at % 2) for at, digit in enumerate(reversed(f"80840{body}"))]
    total = sum(value // 10 + value % 10 for value in doubled)
    return f"{body}{-total % 10}"
