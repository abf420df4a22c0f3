"""Gaps found ahead: hours of the next two weeks in which a study would find no reader, or a finding nobody to call."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import partial
from itertools import product

from bot.directory.stretches import AHEAD, Gap, Ranges, cuts, grouped, joined
from handlers.domain import eligibility
from handlers.domain.agreements import CoverageModel
from handlers.domain.classes import PatientClass, Priority
from handlers.domain.coverage import Duty, Exam, covering, duties, policy_for
from handlers.domain.directory import Directory, Facility
from handlers.domain.oncall import contact_on_duty, holder
from handlers.domain.policies import EscalationPolicy
from handlers.domain.rotas import Rota
from handlers.domain.standing import Radiologist
from handlers.domain.studies import ReadBy

_CATEGORIES = (1, 2, 3)
#: A modality that nobody names: it is only held by ``*``.
_OTHER = ""


def gaps(directory: Directory, now: datetime) -> list[Gap]:
    """Return every gap from ``now`` on, by facility."""
    begins = now.astimezone(UTC).replace(second=0, microsecond=0)
    return [
        gap
        for facility in directory.facilities.values()
        for gap in (
            *_of_readers(directory, facility, begins),
            *_of_on_call(directory, facility, begins),
            *_of_contacts(directory, facility, begins),
        )
    ]


def _knows(directory: Directory, rota_id: str) -> Rota | None:
    """Return a rota of which the file alone says who is on duty; what a calendar says is known to the service only."""
    rota = directory.rotas.get(rota_id)
    return None if rota is None or rota.calendar is not None else rota


# --- readers ---------------------------------------------------------------------------------------------------------


def _of_readers(directory: Directory, facility: Facility, begins: datetime) -> Iterator[Gap]:
    readers, marks, ends = _Readers(directory, facility), cuts(facility, begins), begins + AHEAD
    overflows = frozenset(one.id for one in facility.coverage if one.model is CoverageModel.OVERFLOW)

    def found() -> Iterator[tuple[str, str, Ranges]]:
        for what, exam in _exams(directory, facility):
            usual = joined(marks, ends, partial(readers.why_unread, exam, frozenset()))
            yield from ((what, why, when) for why, when in usual.items())
            if overflows:
                busy = joined(marks, ends, partial(readers.why_unread, exam, overflows))
                name = f"{what} while overflow is open"
                yield from ((name, why, when) for why, when in busy.items() if usual.get(why) != when)

    yield from grouped(facility, begins, found())


class _Readers:
    """Who may read at a facility, asked once for each kind of read, modality and day: standing changes by the day."""

    def __init__(self, directory: Directory, facility: Facility) -> None:
        self._directory, self._facility = directory, facility
        self._known: dict[tuple[str, str, str, str, date], str] = {}
        self._single: dict[tuple[str, str, str, str, str, date], tuple[str, ...]] = {}

    def why_unread(self, exam: Exam, opened: frozenset[str], instant: datetime) -> str:
        """Return why a study that arrives at an instant would find no reader; "" where it would, or needs none of ours."""
        facility = self._facility
        if facility.coverage and covering(facility, exam, instant, opened) is None:
            return "no agreement covers them"
        ours = (duty for duty in duties(facility, exam, instant, opened) if duty.by is ReadBy.US)
        return next((why for duty in ours if (why := self._unread(duty, exam.modality, instant))), "")

    def _unread(self, duty: Duty, modality: str, instant: datetime) -> str:
        key = (duty.pool, duty.kind, duty.subspecialty, modality, self._facility.today(instant))
        if key not in self._known:
            self._known[key] = _unread(self._directory, self._facility, duty, modality, instant)
        return self._known[key]

    def failing(self, reader: Radiologist, duty: Duty, modality: str, instant: datetime) -> tuple[str, ...]:
        """Return the codes of what keeps one reader from a stroke of this kind on that day."""
        key = (reader.id, duty.pool, duty.kind, duty.subspecialty, modality, self._facility.today(instant))
        if key not in self._single:
            asked = _asked(self._directory, self._facility, duty, modality, Priority.STROKE)
            self._single[key] = tuple(one.code for one in _refusals(self._directory, reader, asked, instant))
        return self._single[key]


def _exams(directory: Directory, facility: Facility) -> Iterator[tuple[str, Exam]]:
    """Yield an examination of each sort that may be judged differently, with its name."""
    subspecialties = {one.subspecialty.id: one.subspecialty for one in facility.coverage if one.subspecialty}
    named = {modality for one in facility.coverage for modality in one.modalities}
    named |= {modality for one in subspecialties.values() for modality in one.modalities}
    members = {member for pool in facility.pools() for member in directory.pools[pool].members}
    for reader in (directory.radiologists[member] for member in members):
        here = (privilege for privilege in reader.privileges if privilege.facility == facility.id)
        named |= {modality for privilege in here for modality in privilege.modalities}
    promised = not facility.coverage or any("*" in one.modalities for one in facility.coverage)
    for modality in (*sorted(named - {"*"}), *([_OTHER] if promised else [])):
        others = "other modalities" if named - {"*"} else "all modalities"
        name = modality or others
        yield name, Exam(modality=modality, body_part="")
        for one in subspecialties.values():
            if {modality, "*"} & set(one.modalities) and "*" not in one.body_parts:
                yield f"{name} ({one.id})", Exam(modality=modality, body_part=one.body_parts[0])


def _asked(directory: Directory, facility: Facility, duty: Duty, modality: str, priority: Priority) -> eligibility.Duty:
    return eligibility.Duty(
        facility=facility,
        pool=directory.pools[duty.pool],
        kind=duty.kind,
        modality=modality,
        patient_state=facility.state,
        priority=priority,
        subspecialty=duty.subspecialty,
    )


def _refusals(
    directory: Directory, reader: Radiologist, asked: eligibility.Duty, instant: datetime
) -> tuple[eligibility.Refusal, ...]:
    return eligibility.refusals(reader, asked, proxies=directory.proxy_agreements, held=None, now=instant)


def _unread(directory: Directory, facility: Facility, duty: Duty, modality: str, instant: datetime) -> str:
    """Return why nobody of a pool may read such a study, with how many fail for what; "" where somebody may."""
    asked = _asked(directory, facility, duty, modality, Priority.ROUTINE)
    failing: Counter[str] = Counter()
    for member in asked.pool.members:
        reader = directory.radiologists[member]
        found = _refusals(directory, reader, asked, instant)
        if not found:
            return ""
        failing.update(one.code for one in found)
    why = ", ".join(f"{code.replace('_', ' ')} {count}" for code, count in sorted(failing.items()))
    return f"nobody of the pool {duty.pool} may read them ({why})"


# --- whoever is on call ----------------------------------------------------------------------------------------------


def _of_on_call(directory: Directory, facility: Facility, begins: datetime) -> Iterator[Gap]:
    """Yield the hours in which whoever is on call for a pool may not read the stroke for which they are rung."""
    pools = {pool: rota for pool in facility.pools() if (rota := _knows(directory, directory.pools[pool].oncall))}
    if not pools:
        return
    marks, ends, readers = cuts(facility, begins, pools.values()), begins + AHEAD, _Readers(directory, facility)

    def why(exam: Exam, instant: datetime) -> str:
        if readers.why_unread(exam, frozenset(), instant):
            return ""  # nobody at all may: that gap is named already
        ours = (duty for duty in duties(facility, exam, instant) if duty.by is ReadBy.US and duty.pool in pools)
        return next((no for duty in ours if (no := _not_on_call(duty, exam, instant))), "")

    def _not_on_call(duty: Duty, exam: Exam, instant: datetime) -> str:
        rota = pools[duty.pool]
        reader = directory.radiologists.get(holder(directory, rota.id, {}, instant) or "")
        if reader is None:
            return f"nobody is on call of {rota.id}, so the desk is asked"
        failing = readers.failing(reader, duty, exam.modality, instant)
        codes = ", ".join(code.replace("_", " ") for code in failing)
        return (
            f"{reader.name} ({reader.id}), who is on call of {rota.id}, may not read them ({codes}), so the desk is asked"
            if codes
            else ""
        )

    def found() -> Iterator[tuple[str, str, Ranges]]:
        for what, exam in _exams(directory, facility):
            for no, when in joined(marks, ends, partial(why, exam)).items():
                yield what, no, when

    yield from grouped(facility, begins, found(), "unclaimed stroke or trauma of ")


# --- contacts --------------------------------------------------------------------------------------------------------


def _of_contacts(directory: Directory, facility: Facility, begins: datetime) -> Iterator[Gap]:
    policies = dict.fromkeys(rule.policy for rule in facility.ladders())
    used = {step.to for policy in policies for step in policy.steps}
    known = [rota for rota in map(partial(_knows, directory), sorted(used)) if rota is not None]
    here = _callable_at(directory, facility)
    always = {policy for policy in policies if _reaches_anybody(directory, here, policy, None)}
    if always == set(policies):
        return
    marks, ends = cuts(facility, begins, known), begins + AHEAD

    def why(category: int, patient_class: PatientClass, exam: Exam, instant: datetime) -> str:
        policy = policy_for(facility, exam, category, patient_class, instant)
        if policy is None or policy in always or _reaches_anybody(directory, here, policy, instant):
            return ""
        return f"nobody on the ladder {policy.name} can be called, only its desk"

    def found() -> Iterator[tuple[str, str, Ranges]]:
        sorts = [exam for _, exam in _exams(directory, facility)]
        for category, patient_class, exam in product(_CATEGORIES, PatientClass, sorts):
            for reason, when in joined(marks, ends, partial(why, category, patient_class, exam)).items():
                yield f"findings of category {category}, {patient_class.value}", reason, when

    yield from grouped(facility, begins, found())


def _callable_at(directory: Directory, facility: Facility) -> frozenset[str]:
    """Return to whom a rung of a facility's ladder may lead so that the robot can call: contacts, and what stands for one."""
    contacts = {one.id for one in directory.contacts.values() if one.serves(facility.id) and one.may_be_called()}
    members = (member for pool in facility.pools() for member in directory.pools[pool].members)
    on_call = any(directory.radiologists[member].phone for member in members)
    return frozenset(contacts | ({"ordering"} if contacts else set()) | ({"radiologist"} if on_call else set()))


def _reaches_anybody(
    directory: Directory, here: frozenset[str], policy: EscalationPolicy, instant: datetime | None
) -> bool:
    """Tell whether the robot can call somebody on one rung at least: at an instant, or, without one, at whatever time.

    A rota with a calendar counts as somebody, since what it says is known to the service only.
    """

    def reaches(to: str) -> bool:
        if to not in directory.rotas:
            return to in here
        if _knows(directory, to) is None:
            return True
        on_duty = None if instant is None else contact_on_duty(directory, to, {}, instant)
        return on_duty is not None and on_duty.id in here

    return any(reaches(step.to) for step in policy.steps)
