"""Who may lawfully read a study: a pure judgment, failing closed, that names every rule that fails at once.

Sources: license in the patient's state, 42 CFR 482.22(a)(3)(iii); privileges, 42 CFR 482.22(a)(3)-(4) and 485.616(c);
Business Associate Agreement, 45 CFR 164.502(e).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from handlers.domain.directory import Facility
from handlers.domain.standing import Pool, Privilege, Radiologist


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One rule that failed: a stable code and a sentence for the reader who asked."""

    code: str
    sentence: str


def refusals(
    radiologist: Radiologist, facility: Facility, pool: Pool, *, modality: str, patient_state: str, now: datetime
) -> tuple[Refusal, ...]:
    """Return every reason why ``radiologist`` may not read such a study at ``now``; empty means that they may."""
    today = facility.today(now)
    return (
        *_membership(radiologist, pool),
        *_license(radiologist, patient_state, today),
        *_privilege(radiologist, facility, modality, today),
        *_agreement(facility, today),
    )


def _membership(radiologist: Radiologist, pool: Pool) -> Iterator[Refusal]:
    if radiologist.id not in pool.members:
        yield Refusal(
            code="not_in_pool",
            sentence=f"You are not a member of the pool {pool.id}. A PACS administrator can add you to it.",
        )


def _license(radiologist: Radiologist, state: str, today: date) -> Iterator[Refusal]:
    held = [entry for entry in radiologist.licenses if entry.state == state]
    if not held:
        yield Refusal(
            code="license_missing",
            sentence=f"You have no license on file in {state}, where the patient is. Ask credentialing to add it.",
        )
        return
    if any(entry.expires >= today and (entry.effective is None or entry.effective <= today) for entry in held):
        return
    started = [entry for entry in held if entry.effective is None or entry.effective <= today]
    if not started:
        first = min(entry.effective for entry in held if entry.effective is not None)
        yield Refusal(code="license_not_yet", sentence=f"Your {state} license begins on {first.isoformat()}.")
        return
    last = max(entry.expires for entry in started)
    yield Refusal(
        code="license_expired",
        sentence=f"Your {state} license expired on {last.isoformat()}. Ask credentialing to record its renewal.",
    )


def _covers(privilege: Privilege, modality: str) -> bool:
    return "*" in privilege.modalities or modality in privilege.modalities


def _privilege(radiologist: Radiologist, facility: Facility, modality: str, today: date) -> Iterator[Refusal]:
    here = [entry for entry in radiologist.privileges if entry.facility == facility.id]
    fitting = [entry for entry in here if _covers(entry, modality)]
    if not fitting:
        what = f"for {modality} " if here else ""
        yield Refusal(
            code="privilege_missing",
            sentence=f"You have no privilege {what}at {facility.alias}. Ask the medical staff office to grant it.",
        )
        return
    begun = [entry for entry in fitting if entry.effective is None or entry.effective <= today]
    if any(entry.expires is None or entry.expires >= today for entry in begun):
        return
    if not begun:
        first = min(entry.effective for entry in fitting if entry.effective is not None)
        yield Refusal(
            code="privilege_not_yet", sentence=f"Your privilege at {facility.alias} begins on {first.isoformat()}."
        )
        return
    last = max(entry.expires for entry in begun if entry.expires is not None)
    yield Refusal(
        code="privilege_expired",
        sentence=f"Your privilege for {modality} at {facility.alias} expired on {last.isoformat()}.",
    )


def _agreement(facility: Facility, today: date) -> Iterator[Refusal]:
    if facility.baa is None or not facility.baa.is_active(today):
        yield Refusal(
            code="baa_inactive",
            sentence=f"No Business Associate Agreement with {facility.alias} is in force. Tell a PACS administrator.",
        )
