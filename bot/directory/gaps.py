"""Gaps found ahead: hours of the next two weeks in which a study would find no reader, or a finding nobody to call.

Time is cut where anything may change (a window of an agreement or a rule, a local midnight, a change of the clocks); in
between it is judged once, by the same pure functions that judge a study when it comes.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from itertools import product
from zoneinfo import ZoneInfo

from handlers.domain import eligibility
from handlers.domain.agreements import CoverageModel
from handlers.domain.classes import PatientClass, Priority
from handlers.domain.coverage import Duty, Exam, covering, duties, policy_for
from handlers.domain.directory import Directory, Facility
from handlers.domain.policies import EscalationPolicy
from handlers.domain.studies import ReadBy

AHEAD = timedelta(days=14)
_HOUR = timedelta(hours=1)
_CATEGORIES = (1, 2, 3)
#: Stretches of time, in order.
Ranges = list[tuple[datetime, datetime]]
#: A modality that nobody names: it is only held by ``*``.
_OTHER = ""


@dataclass(frozen=True, slots=True)
class Gap:
    """Hours without somebody: where, what for, why, and from when to when (in UTC)."""

    facility: str
    zone: str
    what: str
    why: str
    ranges: tuple[tuple[datetime, datetime], ...]
    #: Whether it is all of the time that was looked at.
    whole: bool

    def __str__(self) -> str:
        """Write the gap as one line, in the facility's own time."""
        zone = ZoneInfo(self.zone)
        days = AHEAD.days
        when = [f"{_said(begins.astimezone(zone))} to {_said(ends.astimezone(zone))}" for begins, ends in self.ranges]
        return f"{self.facility}: {self.what}: {self.why}: {f'all {days} days' if self.whole else '; '.join(when)}."


def gaps(directory: Directory, now: datetime) -> list[Gap]:
    """Return every gap from ``now`` on, by facility."""
    begins = now.astimezone(UTC).replace(second=0, microsecond=0)
    return [
        gap
        for facility in directory.facilities.values()
        for gap in (*_of_readers(directory, facility, begins), *_of_contacts(directory, facility, begins))
    ]


def _said(local: datetime) -> str:
    return local.strftime("%a %Y-%m-%d %H:%M %Z")


# --- where time is cut -----------------------------------------------------------------------------------------------


def _cuts(facility: Facility, begins: datetime) -> list[datetime]:
    """Return the instants from ``begins`` on at which anything may change, in order."""
    zone, ends = ZoneInfo(facility.zone), begins + AHEAD
    windows = [window for agreement in facility.coverage for window in agreement.hours]
    rules = [*facility.rules, *(rule for agreement in facility.coverage for rule in agreement.rules)]
    windows += [rule.hours for rule in rules if rule.hours is not None]
    clocks = {time(0)} | {at for window in windows for at in (window.start, window.end)}
    today = begins.astimezone(zone).date()
    days = [today + timedelta(days=count) for count in range(AHEAD.days + 2)]
    found = {begins} | {
        datetime.combine(day, at, zone).replace(fold=fold).astimezone(UTC)
        for day in days
        for at in clocks
        for fold in (0, 1)
    }
    found |= set(_changes_of_clocks(zone, begins, ends))
    return sorted(instant for instant in found if begins <= instant < ends)


def _changes_of_clocks(zone: ZoneInfo, begins: datetime, ends: datetime) -> Iterator[datetime]:
    hour = begins.replace(minute=0)
    while hour < ends:
        if hour.astimezone(zone).utcoffset() != (hour - _HOUR).astimezone(zone).utcoffset():
            yield hour
        hour += _HOUR


def _ranges(cuts: list[datetime], ends: datetime, why_at: Callable[[datetime], str]) -> dict[str, Ranges]:
    """Return, for each reason that ``why_at`` gives, the joined stretches of time for which it does ("" is no gap)."""
    found: dict[str, Ranges] = defaultdict(list)
    for begin, end in zip(cuts, [*cuts[1:], ends], strict=True):
        why = why_at(begin)
        if not why:
            continue
        if found[why] and found[why][-1][1] == begin:
            found[why][-1] = (found[why][-1][0], end)
        else:
            found[why].append((begin, end))
    return found


def _grouped(facility: Facility, begins: datetime, found: Iterator[tuple[str, str, Ranges]]) -> Iterator[Gap]:
    """Yield gaps, those that differ only in what they are about as one."""
    alike: dict[tuple[str, tuple[tuple[datetime, datetime], ...]], list[str]] = defaultdict(list)
    for what, why, ranges in found:
        names = alike[why, tuple(ranges)]
        if what not in names:
            names.append(what)
    for (why, when), names in alike.items():
        whole = when == ((begins, begins + AHEAD),)
        yield Gap(facility.id, facility.zone, ", ".join(names), why, when, whole)


# --- readers ---------------------------------------------------------------------------------------------------------


def _of_readers(directory: Directory, facility: Facility, begins: datetime) -> Iterator[Gap]:
    readers, cuts, ends = _Readers(directory, facility), _cuts(facility, begins), begins + AHEAD
    overflows = frozenset(one.id for one in facility.coverage if one.model is CoverageModel.OVERFLOW)

    def found() -> Iterator[tuple[str, str, Ranges]]:
        for what, exam in _exams(directory, facility):
            usual = _ranges(cuts, ends, partial(readers.why_unread, exam, frozenset()))
            yield from ((what, why, when) for why, when in usual.items())
            if overflows:
                busy = _ranges(cuts, ends, partial(readers.why_unread, exam, overflows))
                name = f"{what} while overflow is open"
                yield from ((name, why, when) for why, when in busy.items() if usual.get(why) != when)

    yield from _grouped(facility, begins, found())


class _Readers:
    """Who may read at a facility, asked once for each kind of read, modality and day: standing changes by the day."""

    def __init__(self, directory: Directory, facility: Facility) -> None:
        self._directory, self._facility = directory, facility
        self._known: dict[tuple[str, str, str, str, date], str] = {}

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


def _unread(directory: Directory, facility: Facility, duty: Duty, modality: str, instant: datetime) -> str:
    """Return why nobody of a pool may read such a study, with how many fail for what; "" where somebody may."""
    asked = eligibility.Duty(
        facility=facility,
        pool=directory.pools[duty.pool],
        kind=duty.kind,
        modality=modality,
        patient_state=facility.state,
        priority=Priority.ROUTINE,
        subspecialty=duty.subspecialty,
    )
    failing: Counter[str] = Counter()
    for member in asked.pool.members:
        reader = directory.radiologists[member]
        found = eligibility.refusals(reader, asked, proxies=directory.proxy_agreements, held=None, now=instant)
        if not found:
            return ""
        failing.update(one.code for one in found)
    why = ", ".join(f"{code.replace('_', ' ')} {count}" for code, count in sorted(failing.items()))
    return f"nobody of the pool {duty.pool} may read them ({why})"


# --- contacts --------------------------------------------------------------------------------------------------------


def _of_contacts(directory: Directory, facility: Facility, begins: datetime) -> Iterator[Gap]:
    rules = [*facility.rules, *(rule for agreement in facility.coverage for rule in agreement.rules)]
    mute = {rule.policy for rule in rules if not _reaches_anybody(directory, facility, rule.policy)}
    if not mute:
        return
    cuts, ends = _cuts(facility, begins), begins + AHEAD

    def why(category: int, patient_class: PatientClass, exam: Exam, instant: datetime) -> str:
        policy = policy_for(facility, exam, category, patient_class, instant)
        if policy is None or policy not in mute:
            return ""
        return f"nobody on the ladder {policy.name} can be called, only its desk"

    def found() -> Iterator[tuple[str, str, Ranges]]:
        sorts = [exam for _, exam in _exams(directory, facility)]
        for category, patient_class, exam in product(_CATEGORIES, PatientClass, sorts):
            for reason, when in _ranges(cuts, ends, partial(why, category, patient_class, exam)).items():
                yield f"findings of category {category}, {patient_class.value}", reason, when

    yield from _grouped(facility, begins, found())


def _reaches_anybody(directory: Directory, facility: Facility, policy: EscalationPolicy) -> bool:
    """Tell whether the robot can call somebody on one rung at least; who orders is one of the facility's contacts."""
    callable_here = {one.id for one in directory.contacts.values() if one.serves(facility.id) and one.may_be_called()}
    members = (member for pool in facility.pools() for member in directory.pools[pool].members)
    on_call = any(directory.radiologists[member].phone for member in members)
    return any(
        (step.to == "ordering" and callable_here) or (step.to == "radiologist" and on_call) or step.to in callable_here
        for step in policy.steps
    )
