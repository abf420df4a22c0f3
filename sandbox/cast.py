"""Who there is in the demo: read from the demo directory itself, so that the sandbox and the product know the same people.

Only the file is shared, not a line of the product's code.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import yaml

from sandbox.hospital import Site

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

#: Someone with a Slack account whom the directory does not know.
STRANGER = ("U000000099", "Robin Doe (not in the directory)")
#: Any other telephone in town.
PASSER_BY = ("+13125550199", "a telephone nobody knows")


@dataclass(frozen=True)
class Cast:
    """The demo's people and places, by the ids that Slack, telephones and the directory know them by."""

    channels: dict[str, str]
    users: dict[str, str]
    parts: dict[str, str]  #: Slack user to what they are and may do
    people: dict[str, str]  #: directory id to name
    telephones: dict[str, str]  #: number to who answers it
    sites: tuple[Site, ...]
    secret_names: tuple[str, ...]  #: every environment variable that a secret of a source or a sink is read from
    events_secret: str  #: the variable of the source that sends events
    dicom_secret: str  #: the variable of the source that sends DICOM objects
    dicom_facility: str
    pacs_secrets: tuple[str, ...]  #: the variables of what signs messages to the PACS; none where nobody is told
    readers: dict[str, str]  #: Slack user to the directory id of a radiologist


def read_cast(path: Path) -> Cast:
    """Read the demo directory (see its own comments for the format)."""
    town = yaml.safe_load(path.read_text(encoding="utf-8"))
    sources = list(town["sources"].values())
    sinks = list(town.get("sinks", {}).values())
    modality = next((source for source in sources if "defaults" in source), sources[-1])
    return Cast(
        channels=_channels(town),
        users=_users(town),
        parts=_parts(town),
        people=_people(town),
        telephones=_telephones(town),
        sites=tuple(_site(town, facility) for facility in town["facilities"]),
        secret_names=tuple(name for one in [*sources, *sinks] for name in one["secrets"]),
        events_secret=sources[0]["secrets"][0],
        dicom_secret=modality["secrets"][0],
        dicom_facility=next(iter(town["facilities"])) if modality["facilities"] == "*" else modality["facilities"][0],
        pacs_secrets=tuple(name for sink in sinks for name in sink["secrets"]),
        readers={one["slack_user"]: id_ for id_, one in town["radiologists"].items()},
    )


def _channels(town: Mapping[str, Any]) -> dict[str, str]:
    pools = {pool["channel"]: f"reads-{name}" for name, pool in town["pools"].items()}
    return pools | {desk["channel"]: name for name, desk in town["desks"].items()}


def _users(town: Mapping[str, Any]) -> dict[str, str]:
    people = [*town["radiologists"].values(), *town.get("staff", {}).values()]
    return {one["slack_user"]: one["name"] for one in people} | dict([STRANGER])


def _parts(town: Mapping[str, Any]) -> dict[str, str]:
    readers = {one["slack_user"]: _reader(one) for one in town["radiologists"].values()}
    staff = {
        one["slack_user"]: ", ".join(role.replace("pacs_admin", "PACS administrator") for role in one["roles"])
        for one in town.get("staff", {}).values()
    }
    return readers | staff | {STRANGER[0]: "a stranger to radrelay"}


def _reader(one: Mapping[str, Any]) -> str:
    """Say where a radiologist may read, and where not any more."""
    today = datetime.now(UTC).date()
    good = [held["state"] for held in one["licenses"] if held["expires"] >= today]
    gone = [f"{held['state']} license expired" for held in one["licenses"] if held["expires"] < today]
    where = [held["facilities"] for held in one["privileges"] if held["facilities"] != "*"]
    only = [f"only at {', '.join(site.title() for site in sites)}" for sites in where]
    return " · ".join([f"radiologist, {', '.join(good)}", *gone, *only])


def _people(town: Mapping[str, Any]) -> dict[str, str]:
    groups = ("contacts", "radiologists", "staff", "desks", "facilities")
    return {id_: one.get("alias", one["name"]) for group in groups for id_, one in town.get(group, {}).items()}


def _telephones(town: Mapping[str, Any]) -> dict[str, str]:
    answered = {
        number["number"]: f"{contact['name']}, by switchboard" if number["kind"] == "switchboard" else contact["name"]
        for contact in town["contacts"].values()
        for number in contact["numbers"]
    }
    for desk in town["desks"].values():
        answered |= {phone["number"]: f"{phone['who']}, {desk['name'].lower()}" for phone in desk["phones"]}
    answered |= {one["phone"]: one["name"] for one in town["radiologists"].values() if "phone" in one}
    for facility in town["facilities"].values():
        answered.setdefault(facility["callback_number"], f"{facility['alias']}, reading room")
    return answered | dict([PASSER_BY])


def _site(town: Mapping[str, Any], facility: str) -> Site:
    """Let the first clinician of a facility order emergencies, the last one outpatients; one at a switchboard, traumas."""
    orderers = [
        id_
        for id_, contact in town["contacts"].items()
        if contact["role"] in ("physician", "np", "pa") and facility in contact.get("facilities", ())
    ]
    inpatient = orderers[min(1, len(orderers) - 1)]
    by_class = {"emergency": orderers[0], "inpatient": inpatient, "outpatient": orderers[-1]}
    behind = [id_ for id_ in orderers if town["contacts"][id_]["numbers"][0]["kind"] == "switchboard"]
    if behind:
        by_class["trauma"] = behind[0]
    state = town["facilities"][facility]["state"]
    return Site(facility, state, reader=next(iter(town["radiologists"])), orderers=by_class)
