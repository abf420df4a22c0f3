"""Directories as a site's administrator would change them: a facility, a contact, a desk or a pool is gone."""

from __future__ import annotations

from typing import Any

import yaml

Directory = dict[str, Any]


def read(text: str) -> Directory:
    """Return a directory's text as plain values."""
    found: Directory = yaml.safe_load(text)
    return found


def written(directory: Directory) -> str:
    """Return a directory as text again."""
    return yaml.safe_dump(directory, sort_keys=False, allow_unicode=True)


def without_facility(directory: Directory, facility: str) -> Directory:
    """Return a directory without a facility, and without what there was for it alone."""
    del directory["facilities"][facility]
    for contact in list(directory["contacts"]):
        left = [one for one in directory["contacts"][contact]["facilities"] if one != facility]
        directory["contacts"][contact]["facilities"] = left
        if not left:
            del directory["contacts"][contact]
    for source in [one for one, said in directory["sources"].items() if said["facilities"] == [facility]]:
        del directory["sources"][source]
    for reader in directory["radiologists"].values():
        for privilege in reader["privileges"]:
            if privilege["facilities"] != "*":
                privilege["facilities"] = [one for one in privilege["facilities"] if one != facility]
    return directory


def without_contact(directory: Directory, contact: str, instead: str) -> Directory:
    """Return a directory without a contact; another one has its place among the roles of the sites."""
    del directory["contacts"][contact]
    for facility in directory["facilities"].values():
        facility["roles"] = {role: instead if one == contact else one for role, one in facility["roles"].items()}
    return directory


def with_another(directory: Directory, kind: str, old: str, new: str) -> Directory:
    """Return a directory in which a pool or a desk goes by another id, with everything that names it."""
    directory[f"{kind}s"] = {new if one == old else one: said for one, said in directory[f"{kind}s"].items()}
    directory["defaults"][kind] = new
    if kind == "desk":
        directory["front_desk"] = new
    return directory
