"""Who an ordering clinician is: a name that was given is that person or nobody; the NPI speaks only where no id was."""

from __future__ import annotations

import pytest

from handlers.domain.directory import Contact, Directory
from handlers.domain.policies import Role

KIM = Contact(id="kim", name="Dr. Kim", role=Role.PHYSICIAN, npi="1", facilities=("north",))
CRUZ = Contact(id="cruz", name="Dr. Cruz", role=Role.PHYSICIAN, npi="2", facilities=("north", "south"))
ANYWHERE = Contact(id="locum", name="Dr. Locum", role=Role.PHYSICIAN, npi="3")
RETIRED = Contact(id="gone", name="Dr. Gone", role=Role.PHYSICIAN, npi="4", facilities=("north",), retired=True)
DIRECTORY = Directory(contacts={one.id: one for one in (KIM, CRUZ, ANYWHERE, RETIRED)})


@pytest.mark.parametrize("npi", [None, "1", "2", "3", "9"])
def test_an_id_goes_before_any_npi(npi: str | None) -> None:
    """Whoever was chosen is meant, whatever the study's NPI says and wherever they stand in the file."""
    assert DIRECTORY.ordering("north", "cruz", npi) is CRUZ


@pytest.mark.parametrize("contact", ["nobody", "gone", "kim", ""])
def test_an_id_that_is_nobody_s_here_never_becomes_somebody_else(contact: str) -> None:
    """Unknown, retired, of another site: a human finds the person; the NPI does not put another in their place."""
    where = "south" if contact == "kim" else "north"
    assert DIRECTORY.ordering(where, contact, "2") is None


@pytest.mark.parametrize(
    ("facility", "npi", "found"),
    [
        ("north", "1", KIM),
        ("south", "1", None),
        ("south", "2", CRUZ),
        ("south", "3", ANYWHERE),
        ("north", "4", None),
        ("north", "9", None),
        ("north", "", None),
        ("north", None, None),
    ],
)
def test_without_an_id_the_npi_finds_a_contact_of_the_site(
    facility: str, npi: str | None, found: Contact | None
) -> None:
    """Of this facility, not retired; an NPI that is not stated finds nobody."""
    assert DIRECTORY.ordering(facility, None, npi) is found
