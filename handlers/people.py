"""Who is asking, and whether they may: every role gate there is."""

from __future__ import annotations

from handlers.domain.directory import Directory, Facility, Staff, StaffRole
from handlers.domain.errors import Rejection
from handlers.domain.standing import Radiologist

STRANGER = "I do not know you yet. Ask a PACS administrator to add your Slack user to radrelay's directory."


def facility_of(directory: Directory, facility: str) -> Facility:
    """Return a facility that studies were accepted for, or refuse: one whose cases are all closed may have been dropped."""
    found = directory.facilities.get(facility)
    if found is None:
        raise Rejection("unknown_facility", f"The facility {facility} is not in the directory any more.")
    return found


def radiologist(directory: Directory, slack_user: str) -> Radiologist:
    """Return the radiologist who is this Slack user, or refuse kindly."""
    found = directory.radiologist_of_slack(slack_user)
    if found is None:
        if directory.staff_of_slack(slack_user) is None:
            raise Rejection("unknown_user", STRANGER)
        raise Rejection("not_a_radiologist", "Only a radiologist can do this. You are in the directory as staff.")
    return found


def name_of(directory: Directory, slack_user: str) -> str:
    """Return the name of somebody the directory knows, or refuse kindly."""
    person = directory.radiologist_of_slack(slack_user) or directory.staff_of_slack(slack_user)
    if person is None:
        raise Rejection("unknown_user", STRANGER)
    return person.name


def actor_of(directory: Directory, slack_user: str) -> str:
    """Return how the record names a Slack user: ``radiologist:ID`` or ``staff:ID``; an unknown one is refused."""
    reader = directory.radiologist_of_slack(slack_user)
    if reader is not None:
        return f"radiologist:{reader.id}"
    staff = directory.staff_of_slack(slack_user)
    if staff is not None:
        return f"staff:{staff.id}"
    raise Rejection("unknown_user", STRANGER)


def is_admin(directory: Directory, slack_user: str, facility: str) -> bool:
    """Tell whether this user is a PACS administrator of a facility (``*`` asks for all)."""
    staff: Staff | None = directory.staff_of_slack(slack_user)
    return staff is not None and staff.may(StaffRole.PACS_ADMIN, facility)


def admin(directory: Directory, slack_user: str, facility: str) -> str:
    """Return the record's name of a PACS administrator of the facility, or refuse."""
    actor = actor_of(directory, slack_user)
    if not is_admin(directory, slack_user, facility):
        where = "all facilities" if facility == "*" else directory.facilities[facility].alias
        raise Rejection("not_pacs_admin", f"Only a PACS administrator of {where} can do this.")
    return actor


def may_read_at(directory: Directory, reader: Radiologist, facility: str) -> bool:
    """Tell whether a radiologist belongs to one of the pools that read for a facility."""
    return any(reader.id in directory.pools[pool].members for pool in facility_of(directory, facility).pools())


def roles_at(directory: Directory, slack_user: str, facility: str) -> tuple[str, ...]:
    """Return the roles in which somebody may see a case of a facility; empty means that they may not."""
    facility_of(directory, facility)
    roles: list[str] = []
    reader = directory.radiologist_of_slack(slack_user)
    if reader is not None and may_read_at(directory, reader, facility):
        roles.append("radiologist")
    staff = directory.staff_of_slack(slack_user)
    if staff is not None:
        roles += [role.value for role in StaffRole if staff.may(role, facility)]
    return tuple(roles)


def hand_at(directory: Directory, slack_user: str, facility: str) -> str:
    """Return the record's name of somebody who works at a site: a radiologist of its pool, or its PACS administrator."""
    actor = actor_of(directory, slack_user)
    reader = directory.radiologist_of_slack(slack_user)
    reads_here = reader is not None and may_read_at(directory, reader, facility)
    if not reads_here and not is_admin(directory, slack_user, facility):
        raise Rejection("not_in_pool", "Only a radiologist of this site's pool or its PACS administrator can do this.")
    return actor


def resolve_radiologist(directory: Directory, stated: str | None) -> Radiologist | None:
    """Return the radiologist that an event names by directory id or NPI."""
    if not stated:
        return None
    by_id = directory.radiologists.get(stated)
    return by_id or next((one for one in directory.radiologists.values() if one.npi == stated), None)
