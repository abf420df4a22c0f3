"""Who may read what, written anew from docs/directory.md over the directory's plain values.

Nothing of the product is called here: this is what the product's own judgment is held against.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Plain = dict[str, Any]
EXEMPT = frozenset({"stroke", "trauma"})


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be read."""

    site: str
    state: str
    modality: str
    priority: str


class Law:
    """The rules, over one directory."""

    def __init__(self, directory: Plain) -> None:
        self._directory = directory

    def zone(self, site: str) -> ZoneInfo:
        """Return a site's zone."""
        return ZoneInfo(self._directory["facilities"][site]["zone"])

    def broken(self, reader: str, work: Work, at: datetime, held: int = 0) -> list[str]:
        """Return the rules that keep a reader, who holds so many reads, from such a read at an instant."""
        site = self._directory["facilities"][work.site]
        person = self._directory["radiologists"][reader]
        today = at.astimezone(self.zone(work.site)).date()
        pool = self._directory["pools"][site["pool"]]
        service = person.get("service", {})
        facts = {
            "pool": reader in pool["members"],
            "service": service.get("begins", today) <= today <= service.get("ends", today),
            "license": any(one["state"] == work.state and _in_date(one, today) for one in person["licenses"]),
            "privilege": any(self._carries(one, work, today) for one in person["privileges"]),
            "agreement": _in_date(site.get("baa", self._directory["defaults"].get("baa")), today),
            "abroad": person.get("located", "US") == "US" or site.get("finals_from_abroad", False),
            "queue": work.priority in EXEMPT or all(held < cap for cap in _caps(person, pool)),
        }
        return [rule for rule, is_so in facts.items() if not is_so]

    def _carries(self, privilege: Plain, work: Work, today: date) -> bool:
        if work.site not in privilege["facilities"] or not _in_date(privilege, today):
            return False
        if work.modality not in privilege.get("modalities", [work.modality]):
            return False
        proxy = privilege.get("proxy")
        return proxy is None or self._is_current(self._directory["proxy_agreements"][proxy], today)

    @staticmethod
    def _is_current(agreement: Plain, today: date) -> bool:
        limit = timedelta(days=int(agreement["list_limit"].removesuffix("d")))
        return _in_date(agreement, today) and today <= agreement["list_as_of"] + limit


def _caps(person: Plain, pool: Plain) -> Iterator[int]:
    yield from (one["queue_cap"] for one in (person, pool) if "queue_cap" in one)


def _in_date(entry: Plain | None, today: date) -> bool:
    """Tell whether a dated entry is in force; both its days count, and a day that is not said is no limit."""
    return entry is not None and entry.get("effective", today) <= today <= entry.get("expires", today)
